//! What a program prints without a line's end, such as a prompt.

use std::time::Instant;

use super::Program;
use crate::escape;
use crate::stage::Stage;
use crate::verdict::{Cause, Failure, Verdict};

impl Program {
    /// Waits until `text` stands somewhere in what it has printed on stdout since its start, taken
    /// line by line or not. For what has no end of line, such as a prompt.
    ///
    /// # Errors
    /// It is not printed.
    pub fn expect_printed(&self, text: &str) -> Verdict {
        let since = Instant::now();
        let mut late = Stage::late(&self.stage);
        let wanted = text.as_bytes();
        let stands_in = |bytes: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
        loop {
            let state = self.process.stdout.wait(late.until(), |state| stands_in(&state.bytes));
            if stands_in(&state.bytes) {
                return Ok(());
            }
            let is_over = state.ended || state.full.is_some();
            let rest = escape::quoted_start(state.rest(), 64);
            drop(state);
            if !is_over && !late.is_over() {
                continue;
            }
            let shown = escape::quoted(wanted);
            let failure = if is_over {
                Failure::new(format!("stdout ended without {shown}")).cause(Cause::Ended)
            } else {
                let message = format!("{} did not print {shown}", self.process.name);
                self.stage.nothing_came(since, "", &message)
            };
            let got = if rest == "\"\"" { "nothing more".into() } else { rest };
            return Err(failure.expected(format!("{shown} on stdout")).got(got).into());
        }
    }
}
