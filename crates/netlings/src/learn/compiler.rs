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

/// An error's text, so that it can be told from warnings.
pub(crate) fn marked(error: &str) -> String {
    format!("{error}{END_OF_ERROR}")
}

/// Where the errors end, in bytes.
pub(crate) fn end_of_errors(text: &str) -> usize {
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
            text.insert_str(end_of_errors(&text), &marked(error));
        }
        assert_eq!(without_escapes(&text), "error 1\nerror 2\nwarning 1\n");
    }
}
