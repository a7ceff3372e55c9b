//! A program that has ended by itself, and all it printed.

use std::process::{ExitStatus, Output};

use assert_cmd::assert::OutputAssertExt;
use predicates::Predicate;

use crate::escape;
use crate::guard::Exit;
use crate::stage::expect_bytes;
use crate::verdict::{Cause, Failure, Verdict};

/// What is left of a program: its exit and its output, for judging.
#[derive(Clone, Debug)]
pub struct Finished {
    /// As the standard library has it, for assert_cmd and other judges.
    pub output: Output,
    /// How it ended.
    pub exit: Exit,
    name: String,
}

impl Finished {
    pub(crate) fn new(exit: Exit, stdout: Vec<u8>, stderr: Vec<u8>, name: String) -> Self {
        Finished { output: Output { status: status(exit), stdout, stderr }, exit, name }
    }

    /// Checks the exit code.
    ///
    /// # Errors
    /// It is another one, or there is none.
    pub fn expect_code(&self, code: i32) -> Verdict {
        if self.output.clone().assert().try_code(code).is_ok() {
            return Ok(());
        }
        let message = format!("{} ended otherwise than it should", self.name);
        let failure = Failure::new(message).cause(Cause::Exited);
        Err(failure.expected(format!("exit code {code}")).got(self.exit.to_string()).into())
    }

    /// Checks that stdout is exactly `expected`.
    ///
    /// # Errors
    /// It differs.
    pub fn expect_stdout(&self, expected: &[u8]) -> Verdict {
        if self.output.clone().assert().try_stdout(expected.to_vec()).is_ok() {
            return Ok(());
        }
        expect_bytes("stdout is not what it should be", expected, &self.output.stdout)
    }

    /// Checks that stderr is one line that contains each of `words`, in any case.
    ///
    /// # Errors
    /// It is empty or longer, or a word is missing.
    pub fn expect_stderr_says(&self, words: &[&str]) -> Verdict {
        let said = String::from_utf8_lossy(&self.output.stderr).to_lowercase();
        let mut wrong = Vec::new();
        let line = said.trim_end_matches(['\n', '\r']);
        if line.is_empty() || line.contains('\n') {
            wrong.push("one line".to_owned());
        }
        for word in words {
            if !predicates::str::contains(word.to_lowercase()).eval(&said) {
                wrong.push(format!("the words `{word}`"));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let shown = match &*self.output.stderr {
            [] => "nothing on stderr".into(),
            some => escape::quoted_start(some, 400),
        };
        let message = format!("the diagnostic on stderr lacks {}", wrong.join(" and "));
        let all: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        let expected = format!("one line on stderr that says {}", all.join(" and "));
        Err(Failure::new(message).expected(expected).got(shown).into())
    }
}

#[cfg(unix)]
fn status(exit: Exit) -> ExitStatus {
    use std::os::unix::process::ExitStatusExt;
    ExitStatus::from_raw(exit.code.map_or(exit.signal.unwrap_or(0), |code| code << 8))
}

#[cfg(windows)]
fn status(exit: Exit) -> ExitStatus {
    use std::os::windows::process::ExitStatusExt;
    ExitStatus::from_raw(exit.code.unwrap_or(1).cast_unsigned())
}
