//! Words of the commands that are printed to be typed again, quoted for a shell.

use std::borrow::Cow;

/// `word` as a shell, and `--subject`, read it back: as it is, or in single quotes.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    // Within single quotes everything stands for itself, but for the quote that ends them.
    format!("'{}'", word.replace('\'', "'\\''")).into()
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use grader::Subject;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_for_something_else() {
        assert_eq!(quoted("/clone/target/tcp-echo--m_1.py"), "/clone/target/tcp-echo--m_1.py");
        assert_eq!(quoted("/my clone/echo"), "'/my clone/echo'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("a$b"), "'a$b'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn what_was_quoted_is_read_back_as_one_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my clone's \"echo\"");
        std::fs::write(&path, "").unwrap();
        let line = quoted(path.to_str().unwrap()).into_owned();
        assert!(Subject::command_line(&line).unwrap().can_be_found(), "{line}");
    }
}
