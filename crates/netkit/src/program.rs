//! How a lesson's program ends: cleanly, with one line that says why not, or at a step to do.

use std::any::Any;
use std::io;
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use crate::screen::{self, StdoutClosed};
use crate::{cause, exit, visible};

/// Runs `work`, the whole of a program after its arguments, and gives the exit code for `main`.
///
/// - An error becomes one line on stderr, `error: ` and the chain of what was tried and why it
///   failed, and exit code [`exit::FAILED`].
/// - A closed stdout is no error: nobody reads on, so the program ends with [`exit::CLEAN`].
/// - A `todo!("step 2: …")` is told in words, without a backtrace, and ends the whole program with
///   [`exit::PANICKED`], also when another thread came to it. Other panics look as always.
pub fn run(work: impl FnOnce() -> anyhow::Result<()>) -> ExitCode {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        end_at_a_step(panic);
        usual(panic);
    }));
    match work() {
        Ok(()) => exit::CLEAN.into(),
        Err(error) if is_stdout_closed(&error) => exit::CLEAN.into(),
        Err(error) => {
            screen::diagnostic(format_args!("error: {}", one_line(&error)));
            exit::FAILED.into()
        }
    }
}

/// Ends the program if the panic is a step to do, or a `println!` that nobody reads.
fn end_at_a_step(panic: &PanicHookInfo<'_>) {
    let Some(text) = message(panic.payload()) else { return };
    if let Some(step) = text.strip_prefix("not yet implemented: step ") {
        screen::diagnostic(format_args!("still to do, step {step}"));
        if let Some(place) = panic.location() {
            let (file, line) = (place.file(), place.line());
            screen::diagnostic(format_args!("it waits in {file}, line {line}"));
        }
        std::process::exit(exit::PANICKED.into());
    }
    // The system's words: Unix says "Broken pipe"; Windows has 109 and 232 for it, in any language.
    let nobody_reads =
        ["roken pipe", "os error 109", "os error 232"].iter().any(|words| text.contains(words));
    if text.starts_with("failed printing to stdout") && nobody_reads {
        std::process::exit(exit::CLEAN.into());
    }
}

fn message(payload: &dyn Any) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(|s| &**s))
}

fn is_stdout_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|link| {
        link.downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .is_some_and(|inner| inner.is::<StdoutClosed>())
    })
}

/// The chain of an error, outermost first, as one line that cannot drive a terminal.
fn one_line(error: &anyhow::Error) -> String {
    let mut links: Vec<String> = Vec::new();
    for link in error.chain() {
        let words = match link.downcast_ref::<io::Error>() {
            Some(io_error) => cause(io_error),
            None => link.to_string(),
        };
        // An error of the program's own repeats its message as its source.
        if links.last() != Some(&words) {
            links.push(words);
        }
    }
    visible(links.join(": ").replace('\n', " ").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn an_error_is_one_line_with_the_address_and_the_cause() {
        let refused: io::Result<()> = Err(io::ErrorKind::ConnectionRefused.into());
        let error = refused.context("cannot reach 127.0.0.1:9\nnow").unwrap_err();
        assert_eq!(
            one_line(&error),
            "cannot reach 127.0.0.1:9 now: connection refused, nobody listens there"
        );
    }

    #[test]
    fn a_message_of_the_programs_own_is_said_once() {
        let own: io::Result<()> = Err(io::Error::other("the well is dry"));
        assert_eq!(one_line(&own.context("pump").unwrap_err()), "pump: the well is dry");
    }

    #[test]
    fn a_closed_stdout_is_told_apart_from_a_peer_that_hung_up() {
        let stdout = io::Error::new(io::ErrorKind::BrokenPipe, StdoutClosed);
        assert!(is_stdout_closed(&anyhow::Error::from(stdout).context("printing")));
        assert!(!is_stdout_closed(&io::Error::from(io::ErrorKind::BrokenPipe).into()));
    }
}
