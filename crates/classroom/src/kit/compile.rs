//! Compiling one submission.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Kit;
pub(crate) use super::diagnostics::CompileError;
use super::diagnostics::Said;
use crate::words::grading as words;

/// So much of what rustc says is read. Then it is ended: it says no more that is of use.
const MOST_SAID: u64 = 4 << 20;

/// What came of compiling.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Compiled {
    /// The program, where there is one.
    pub(crate) program: Option<PathBuf>,
    /// Why there is none, in a sentence.
    pub(crate) why: Option<String>,
    pub(crate) errors: Vec<CompileError>,
    /// Crates that the program wants and this exercise does not offer.
    pub(crate) not_available: Vec<String>,
    /// It was ended since it took too long.
    pub(crate) timed_out: bool,
    pub(crate) duration_ms: u64,
    /// The machine was in the way, in words.
    pub(crate) machine: Option<String>,
}

/// Compiles `src/main.rs` below `folder`, for `limit` at most.
pub(crate) fn compile(kit: &Kit, folder: &Path, limit: Duration) -> Compiled {
    let began = Instant::now();
    let mut compiled = Compiled::default();
    if !folder.join("src/main.rs").is_file() {
        compiled.why = Some(words::NO_MAIN.into());
        return compiled;
    }
    let program = folder.join(&kit.lesson);
    let mut rustc = kit.rustc(folder, &program);
    rustc.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    match rustc.spawn().and_then(|child| finish(child, limit)) {
        Err(error) => compiled.machine = Some(words::no_rustc(&error)),
        Ok(end) => {
            compiled.duration_ms = began.elapsed().as_millis() as u64;
            judge(&mut compiled, kit, &program, limit, &end);
        }
    }
    compiled
}

/// How rustc ended.
struct End {
    said: Vec<u8>,
    status: ExitStatus,
    /// It was ended, since the time was over.
    late: bool,
    /// It was ended, since it said too much.
    loud: bool,
}

/// Waits until rustc has ended, and ends it where it takes too long.
fn finish(mut child: Child, limit: Duration) -> std::io::Result<End> {
    let stderr = child.stderr.take();
    let (sender, said) = mpsc::channel();
    // Not waited for: what rustc started could hold the other end for ever.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stderr) = stderr {
            let _ = stderr.take(MOST_SAID).read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    let said = said.recv_timeout(limit);
    let late = said.is_err();
    let said = said.unwrap_or_default();
    let loud = said.len() as u64 >= MOST_SAID;
    if late || loud {
        // What it started, the linker, is in this process's group, which ends with it.
        let _ = child.kill();
    }
    Ok(End { said, status: child.wait()?, late, loud })
}

/// Whether a process ended by a fault of its own, a stack that overflowed or an allocation that failed.
#[cfg(unix)]
fn has_crashed(status: ExitStatus) -> bool {
    use signal_hook::consts::{SIGABRT, SIGBUS, SIGILL, SIGSEGV};
    use std::os::unix::process::ExitStatusExt;
    status.signal().is_some_and(|it| [SIGABRT, SIGBUS, SIGILL, SIGSEGV].contains(&it))
}

#[cfg(not(unix))]
fn has_crashed(_: ExitStatus) -> bool {
    false
}

fn judge(compiled: &mut Compiled, kit: &Kit, program: &Path, limit: Duration, end: &End) {
    if end.late {
        compiled.timed_out = true;
        compiled.why = Some(words::compile_time(limit));
        return;
    }
    if end.status.success() && program.is_file() {
        compiled.program = Some(program.to_owned());
        return;
    }
    let said = Said::read(&end.said);
    let is_full = |text: &str| {
        ["No space left on device", "Cannot allocate memory", "Too many open files"]
            .iter()
            .any(|sign| text.contains(sign))
    };
    let first_full =
        said.errors.iter().map(|error| error.shown.as_str()).find(|text| is_full(text));
    if let Some(full) = first_full.or(Some(&*said.other).filter(|text| is_full(text))) {
        compiled.machine = Some(words::machine_while_compiling(full));
        return;
    }
    // A compiler that crashes does so for the source's sake, and will again on every machine.
    let was_killed = end.status.code().is_none() && !end.loud && !has_crashed(end.status);
    if was_killed && said.errors.is_empty() {
        compiled.machine = Some(words::rustc_was_ended(end.status));
        return;
    }
    compiled.not_available = said.not_there.into_iter().collect();
    compiled.why = Some(match (&compiled.not_available[..], said.errors.first()) {
        ([name, ..], _) => words::not_available(name, kit.offered.keys()),
        ([], Some(first)) => first.message.clone(),
        ([], None) if end.loud => words::LOUD.into(),
        ([], None) => words::compiler_broke(&said.other),
    });
    compiled.errors = said.errors;
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_told_from_an_end_by_others() {
        let ended = |signal: &str| {
            let script = format!("kill -{signal} $$");
            std::process::Command::new("sh").args(["-c", &script]).status().unwrap()
        };
        assert!(has_crashed(ended("SEGV")) && has_crashed(ended("ABRT")));
        assert!(!has_crashed(ended("KILL")) && !has_crashed(ended("TERM")));
    }
}
