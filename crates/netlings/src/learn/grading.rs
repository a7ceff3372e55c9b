//! The seat's end of a grading in a process of its own ([`work`](crate::learn::work)).

use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::learn::message::Said;
use crate::learn::scratch;
use crate::learn::work::Whose;

/// The longest line that is taken from a grading, in bytes: it has a check's conversation in it,
/// which is bounded too.
const LONGEST_LINE: u64 = 16 << 20;

/// What to grade.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) root: PathBuf,
    pub(crate) lesson: String,
    /// Only these checks; empty: all.
    pub(crate) checks: Vec<String>,
    /// Nothing is graded: this is built alone.
    pub(crate) only_build: Option<Whose>,
    pub(crate) colored: bool,
}

/// A running grading. Dropping it ends it, with all that it started.
pub(crate) struct Grading {
    child: Option<Child>,
    /// Removed here where it could not do so.
    scratch: Option<tempfile::TempDir>,
}

impl Grading {
    /// Starts it. `tell` is called with what it says, from another thread; with nothing when it has
    /// ended.
    pub(crate) fn begin(
        job: &Job,
        mut tell: impl FnMut(Option<Said>) + Send + 'static,
    ) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("work").arg(&job.lesson).current_dir(&job.root);
        command.args(job.checks.iter().flat_map(|id| ["--check", id]));
        if let Some(whose) = job.only_build {
            command.args(["--build", whose.word()]);
        }
        if job.colored {
            command.arg("--colored");
        }
        let scratch = scratch::begin(&mut command)?;
        // Nobody reads its stderr: what is worth reading is told on stdout.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().expect("it was asked for");
        thread::Builder::new().name("grading".into()).spawn(move || {
            let mut lines = BufReader::new(stdout);
            while let Some(line) = next_line(&mut lines) {
                if let Ok(said) = serde_json::from_slice(&line) {
                    tell(Some(said));
                }
            }
            tell(None);
        })?;
        Ok(Self { child: Some(child), scratch: Some(scratch) })
    }
}

fn next_line(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let count = from.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    (count > 0).then_some(line)
}

impl Drop for Grading {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        drop(child.stdin.take()); // its lifeline
        #[cfg(not(unix))]
        let _ = child.kill();
        let scratch = self.scratch.take();
        let end = move || {
            let _ = child.wait();
            drop(scratch);
        };
        // Nobody waits for it: the next grading begins at once.
        let _ = thread::Builder::new().name("end of a grading".into()).spawn(end);
    }
}
