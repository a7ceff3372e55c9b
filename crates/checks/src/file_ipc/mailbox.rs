//! A mailbox in a folder of its own, and the student's two programs at it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use grader::{Cause, Failure, Finished, Program, Run, Start, Trouble, Verdict, expect_bytes, size};
use tempfile::TempDir;

use super::message::{self, told};

/// How long to wait for a program to come to rest, which one that never pauses does not.
const REST: Duration = Duration::from_millis(300);

/// A mailbox, at first without a message; its folder goes with it.
pub(super) struct Mailbox<'a> {
    run: &'a Run,
    folder: TempDir,
    path: PathBuf,
    is_recorded: bool,
}

impl<'a> Mailbox<'a> {
    pub(super) fn new(run: &'a Run) -> Verdict<Self> {
        let folder = tempfile::Builder::new().prefix("box-").rand_bytes(4).tempdir();
        let folder = folder.map_err(|error| {
            Trouble::Machine(format!("cannot make a folder for the mailbox: {error}"))
        })?;
        let path = folder.path().join("mailbox");
        Ok(Mailbox { run, folder, path, is_recorded: true })
    }

    /// From now on what is done here is left out of the record: there will be hundreds of rows.
    pub(super) fn unrecorded(self) -> Self {
        Mailbox { is_recorded: false, ..self }
    }

    /// One more mailbox in the same folder, or below it: nothing is made.
    pub(super) fn path_beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A name without a folder, such as `no-box-x4fz`, that no file has.
    pub(super) fn name_of_nothing(&self) -> String {
        let own = self.folder.path().file_name().unwrap_or_default();
        format!("no-{}", own.to_string_lossy())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's other files, sorted: drafts, locks, whatever the program needs.
    pub(super) fn files_beside(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path()).filter(|path| *path != self.path);
        let mut paths: Vec<_> = paths.collect();
        paths.sort();
        paths
    }

    /// `send`, with the mailbox named and the message still to come.
    pub(super) fn sender(&self) -> Start<'a> {
        self.program("send")
    }

    /// `recv`, with the mailbox named.
    pub(super) fn receiver(&self) -> Start<'a> {
        self.program("recv").output_limit(2 * message::LENGTH)
    }

    fn program(&self, role: &str) -> Start<'a> {
        let start = self.run.program(role).arg("--file").arg(&self.path);
        if self.is_recorded { start } else { start.unrecorded() }
    }

    /// Sends `text` as an argument.
    pub(super) fn send(&self, text: &str) -> Verdict {
        finish(self.sender().arg(text))?.expect_code(0)
    }

    /// Sends `bytes` through stdin.
    pub(super) fn send_bytes(&self, bytes: &[u8]) -> Verdict {
        typed(self.sender(), bytes)?.finished()?.expect_code(0)
    }

    /// Puts `bytes` there without any of the student's programs.
    pub(super) fn put(&self, bytes: &[u8]) -> Verdict {
        fs::write(&self.path, bytes)
            .map_err(|error| Trouble::Machine(format!("cannot write the mailbox: {error}")))
    }

    /// Runs `recv` to its end, for a message that is there.
    pub(super) fn receive(&self) -> Verdict<Finished> {
        finish(self.receiver())
    }

    /// The message that is there is `message`.
    pub(super) fn expect(&self, message: &[u8]) -> Verdict {
        expect_message(&self.receive()?, message)
    }

    /// What comes back of `bytes`, whatever it is.
    pub(super) fn answer(&self, bytes: &[u8]) -> Verdict<Vec<u8>> {
        self.send_bytes(bytes)?;
        let received = self.receive()?;
        received.expect_code(0)?;
        Ok(received.output.stdout)
    }

    /// Starts a `recv` and returns when it has looked: it has come to rest, or ended.
    pub(super) fn waiting_receiver(&self) -> Verdict<Program> {
        let receiver = self.receiver().start()?;
        at_rest(&receiver);
        Ok(receiver)
    }
}

/// Starts a sender, types `bytes` and the end of its input.
pub(super) fn typed(start: Start<'_>, bytes: &[u8]) -> Verdict<Program> {
    let sender = start.arg("-").start()?;
    sender.write_stdin(bytes);
    sender.close_stdin();
    Ok(sender)
}

/// Runs it to its end, waiting for it.
pub(super) fn finish(start: Start<'_>) -> Verdict<Finished> {
    start.start()?.finished()
}

/// Returns when the program rests, or has ended; or never rests.
pub(super) fn at_rest(program: &Program) {
    program.comes_to_rest(REST);
}

/// A `recv` has ended well and printed exactly `message`.
pub(super) fn expect_message(received: &Finished, message: &[u8]) -> Verdict {
    received.expect_code(0)?;
    let printed = &received.output.stdout;
    if message.len() < message::LENGTH {
        return expect_bytes("the message did not arrive as it was sent", message, printed);
    }
    expect_one_of(printed, &[message])
}

/// What was printed is one of these large messages, and whole.
pub(super) fn expect_one_of(printed: &[u8], messages: &[&[u8]]) -> Verdict {
    if messages.contains(&printed) {
        return Ok(());
    }
    let names: Vec<_> = messages.iter().map(|message| name(message)).collect();
    let expected = format!("{}, whole: {}", names.join(" or "), size(message::LENGTH as u64));
    let mut failure = Failure::new(match printed.len() {
        0 => "nothing was received, where a whole message should be",
        length if length < message::LENGTH => "only a part of a message was received",
        _ => "what was received is none of the messages that were sent",
    });
    failure.received = printed.to_vec();
    Err(failure.cause(Cause::Differs { at: 0 }).expected(expected).got(told(printed)).into())
}

/// `message 3`, as its lines begin.
fn name(message: &[u8]) -> String {
    String::from_utf8_lossy(&message[..9]).into_owned()
}
