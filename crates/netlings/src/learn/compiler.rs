//! What the compiler said: errors before warnings, and where the first of them is.

use std::path::{Path, PathBuf};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    /// From 1.
    pub(crate) line: usize,
}

/// Stands behind each error; a terminal shows nothing of it, and nor do we.
const END_OF_ERROR: char = '\u{2}';

/// So much is kept, in bytes. All of it is laid out anew whenever the screen is drawn.
const MOST: usize = 128 << 10;

/// Adds what the compiler said: the first error comes first, and warnings stand behind all errors. What
/// is too much is left out, warnings before errors.
pub(crate) fn add(text: &mut String, said: &str, is_error: bool) {
    let errors = end_of_errors(text);
    let before = if is_error { errors } else { text.len() };
    let said = &said[..said.floor_char_boundary(MOST.saturating_sub(before))];
    if said.is_empty() {
        return;
    }
    match is_error {
        true => text.insert_str(errors, &format!("{said}{END_OF_ERROR}")),
        false => text.push_str(said),
    }
    text.truncate(text.floor_char_boundary(MOST + END_OF_ERROR.len_utf8()));
}

/// Where the errors end, in bytes.
fn end_of_errors(text: &str) -> usize {
    text.rfind(END_OF_ERROR).map_or(0, |at| at + END_OF_ERROR.len_utf8())
}

/// The place that the first arrow (`  --> src/server.rs:12:5`) points to.
pub(crate) fn first_place(text: &str, root: &Path) -> Option<Place> {
    let plain = without_escapes(text);
    let (_, behind) = plain.split_once("--> ")?;
    let mut parts = behind.lines().next()?.rsplitn(3, ':');
    let (_column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Place { file: root.join(file), line: line.parse().ok()? })
}

/// The text without what colours it.
pub(crate) fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => {
                // CSI … final byte; the compiler writes nothing else.
                letters.by_ref().skip(1).find(|letter| ('\u{40}'..='\u{7e}').contains(letter));
            }
            END_OF_ERROR => {}
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_read_through_colours() {
        let text = "\u{1b}[1m\u{1b}[91merror\u{1b}[0m: expected `;`\n \u{1b}[1m\u{1b}[94m--> \u{1b}[0mexercises/tcp-echo/src/server.rs:41:5\n  |\n";
        let place = first_place(text, Path::new("/clone")).unwrap();
        assert_eq!(place.file, Path::new("/clone/exercises/tcp-echo/src/server.rs"));
        assert_eq!(place.line, 41);
        assert_eq!(first_place("error: no place", Path::new("/clone")), None);
    }

    #[test]
    fn errors_stand_before_warnings_in_their_own_order() {
        let mut text = String::from("warning 1\n");
        for error in ["error 1\n", "error 2\n"] {
            add(&mut text, error, true);
        }
        assert_eq!(without_escapes(&text), "error 1\nerror 2\nwarning 1\n");
    }

    #[test]
    fn too_much_is_left_out_but_not_the_first_error() {
        let mut text = String::new();
        let long = "时".repeat(MOST);
        add(&mut text, &long, false);
        add(&mut text, "error 1\n", true);
        assert!(text.starts_with("error 1\n"), "{:?}", &text[..20]);
        add(&mut text, &long, true);
        add(&mut text, "error 2\n", true);
        add(&mut text, "warning\n", false);
        let plain = without_escapes(&text);
        assert!(plain.starts_with("error 1\n时"));
        assert!(plain.len() <= MOST && !plain.contains("error 2") && !plain.contains("warning"));
    }
}
