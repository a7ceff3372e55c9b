//! The list of lessons in `crates/checks/src/lib.rs`: a `mod` each, and a line each in `SUITES`.

use grader::text::{Text, TextError};

use crate::words::author as words;

const LIST: &str = "static SUITES: &[Suite] = &[\n";
const LIST_END: &str = "];\n";

/// The text of lib.rs with one more lesson, each list in the order of the alphabet.
pub(super) fn with(text: &Text, module: &str) -> Result<String, TextError> {
    let lines: Vec<&str> = text.content.split_inclusive('\n').collect();
    let wrong = || text.wrong_at(&(0..0), words::NO_LIST_OF_SUITES, words::WRITE_LIST_OF_SUITES);
    let is_module = |line: &&str| line.starts_with("mod ") && line.ends_with(";\n");
    let first = lines.iter().position(is_module).ok_or_else(wrong)?;
    let modules = lines[first..].iter().take_while(|line| is_module(line)).count();
    let list = lines.iter().position(|line| *line == LIST).ok_or_else(wrong)? + 1;
    let suites = lines[list..].iter().position(|line| *line == LIST_END).ok_or_else(wrong)?;

    let mut all: Vec<String> = lines.iter().map(|&line| line.into()).collect();
    // The later place first, so that the earlier one stays where it is.
    insert(&mut all, list..list + suites, format!("    {module}::SUITE,\n"));
    insert(&mut all, first..first + modules, format!("mod {module};\n"));
    Ok(all.concat())
}

/// Inserts `line` before the first of `among` that comes after it.
fn insert(lines: &mut Vec<String>, among: std::ops::Range<usize>, line: String) {
    let place = among.clone().find(|&number| lines[number] > line).unwrap_or(among.end);
    lines.insert(place, line);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "//! Checks.\n\nuse a::b;\n\nmod errors;\nmod tcp_echo;\n\n/// All.\n\
                       static SUITES: &[Suite] = &[\n    tcp_echo::SUITE,\n];\n";

    fn added(content: &str, module: &str) -> Result<String, String> {
        let text = Text { path: "lib.rs".into(), content: content.into() };
        with(&text, module).map_err(|error| error.to_string())
    }

    #[test]
    fn a_lesson_is_added_to_both_lists_in_the_order_of_the_alphabet() {
        let first = added(LIB, "file_ipc").unwrap();
        assert!(first.contains("mod errors;\nmod file_ipc;\nmod tcp_echo;\n"), "{first}");
        assert!(first.contains("[\n    file_ipc::SUITE,\n    tcp_echo::SUITE,\n];"), "{first}");
        let last = added(LIB, "zoo").unwrap();
        assert!(last.contains("mod tcp_echo;\nmod zoo;\n\n"), "{last}");
        assert!(last.contains("    tcp_echo::SUITE,\n    zoo::SUITE,\n];"), "{last}");
    }

    #[test]
    fn a_list_of_another_form_is_not_touched_and_the_form_is_told() {
        for broken in
            [LIB.replace("&[\n", "&["), LIB.replace("mod ", "pub mod "), LIB.replace("];", "]")]
        {
            let error = added(&broken, "zoo").unwrap_err();
            assert!(error.contains("static SUITES: &[Suite]"), "{error}");
        }
    }
}
