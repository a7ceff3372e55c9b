//! The student's own editor, opened at a line.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::learn::compiler::Place;

/// An editor and how it is started.
pub(crate) struct Editor {
    words: Vec<String>,
    /// It opens a window of its own, and the terminal stays ours.
    pub(crate) has_window: bool,
}

impl Editor {
    /// The one that VISUAL or EDITOR names, or that whose terminal this is.
    pub(crate) fn of_environment() -> Option<Self> {
        let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| {
            let line = std::env::var(name).ok()?;
            shlex::split(&line).filter(|words| !words.is_empty())
        });
        let hosts = || match std::env::var("TERM_PROGRAM").as_deref() {
            Ok("vscode") => Some(vec!["code".into()]),
            Ok("zed") => Some(vec!["zed".into()]),
            _ => None,
        };
        named.or_else(hosts).map(Self::of_words)
    }

    fn of_words(words: Vec<String>) -> Self {
        let has_window = matches!(
            program(&words),
            "code"
                | "code-insiders"
                | "codium"
                | "cursor"
                | "windsurf"
                | "subl"
                | "zed"
                | "zeditor"
                | "gedit"
                | "kate"
                | "gvim"
                | "idea"
                | "rustrover"
                | "clion"
                | "mate"
        );
        Self { words, has_window }
    }

    pub(crate) fn name(&self) -> &str {
        &self.words[0]
    }

    /// The command that opens `place`.
    pub(crate) fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).args(arguments(program(&self.words), place));
        if self.has_window {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        }
        command
    }
}

fn program(words: &[String]) -> &str {
    let name = Path::new(&words[0]).file_stem().and_then(|name| name.to_str());
    name.unwrap_or(&words[0])
}

/// How each says a line. Of an editor that is not known here only the file is opened: a `+12` would
/// be another file to it.
fn arguments(program: &str, place: &Place) -> Vec<OsString> {
    let file = place.file.as_os_str().to_owned();
    let with_line = || {
        let mut word = file.clone();
        word.push(format!(":{}", place.line));
        word
    };
    match program {
        "code" | "code-insiders" | "codium" | "cursor" | "windsurf" => {
            vec!["--goto".into(), with_line()]
        }
        "hx" | "helix" | "subl" | "zed" | "zeditor" => vec![with_line()],
        "idea" | "rustrover" | "clion" | "kate" | "mate" => {
            vec!["--line".into(), place.line.to_string().into(), file]
        }
        "vi" | "vim" | "nvim" | "gvim" | "view" | "nano" | "pico" | "emacs" | "emacsclient"
        | "micro" | "kak" | "joe" | "jed" | "mg" | "ne" | "gedit" => {
            vec![format!("+{}", place.line).into(), file]
        }
        _ => vec![file],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        let place = Place { file: "/c/src/server.rs".into(), line: 41 };
        let line = |words: &[&str]| {
            let editor = Editor::of_words(words.iter().map(ToString::to_string).collect());
            let command = editor.command(&place);
            let arguments: Vec<_> =
                command.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
            (arguments.join(" "), editor.has_window)
        };
        assert_eq!(line(&["vim"]), ("+41 /c/src/server.rs".into(), false));
        assert_eq!(line(&["/usr/bin/hx"]), ("/c/src/server.rs:41".into(), false));
        assert_eq!(
            line(&["code", "--reuse-window"]),
            ("--reuse-window --goto /c/src/server.rs:41".into(), true)
        );
        assert_eq!(line(&["my-own"]), ("/c/src/server.rs".into(), false));
    }
}
