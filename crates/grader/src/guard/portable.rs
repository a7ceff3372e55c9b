//! The guard where there is no child subreaper: a process group on macOS, a job object on Windows.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use process_wrap::std::{ChildWrapper, CommandWrap};

use super::{Exit, Launch, Life, NOT_INHERITED, Pipes, StartError};
use crate::locked::locked;

pub(crate) struct Control {
    child: Arc<Mutex<Box<dyn ChildWrapper>>>,
    root: u32,
}

impl Control {
    pub(crate) fn root(&self) -> u32 {
        self.root
    }

    pub(crate) fn order_end(&self) {
        // Fails where all have ended already.
        let _ = locked(&self.child).start_kill();
    }

    /// The group or job was killed as a whole; there is nothing more to try.
    pub(super) fn force_end(&self) {}

    /// The thread that follows the program has waited for it already.
    pub(super) fn reap(&self) {}
}

/// There are no guards that could be idle here.
#[derive(Default)]
pub(crate) struct Idle;

pub(super) fn start(
    launch: &Launch<'_>,
    _idle: &Arc<Idle>,
    life: &Arc<Life>,
    on_exit: impl FnOnce(Exit) + Send + 'static,
) -> Result<(Control, Pipes), StartError> {
    let (program_stdin, stdin) = io::pipe()?;
    let (stdout, program_stdout) = io::pipe()?;
    let (stderr, program_stderr) = io::pipe()?;
    let mut command = Command::new(launch.program);
    command
        .args(&launch.arguments)
        .stdin(program_stdin)
        .stdout(program_stdout)
        .stderr(program_stderr);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
    let mut wrapped = CommandWrap::from(command);
    #[cfg(unix)]
    wrapped.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    wrapped.wrap(process_wrap::std::JobObject);
    let child = wrapped.spawn().map_err(StartError::of_the_command)?;
    drop(wrapped); // and with it the program's ends of the pipes
    let root = child.id();
    let child = Arc::new(Mutex::new(child));
    let (followed, life) = (Arc::clone(&child), Arc::clone(life));
    thread::Builder::new().name("guard".into()).spawn(move || {
        let exit = wait(&followed);
        on_exit(exit);
        // The program has ended; what it started in its group or job has not yet.
        life.update(|state| state.exit = Some(exit));
        let _ = locked(&followed).start_kill();
        life.update(|state| state.gone = true);
    })?;
    Ok((Control { child, root }, Pipes { stdin, stdout, stderr }))
}

/// Waits by asking, so that the lock is free for whoever orders the end.
fn wait(child: &Mutex<Box<dyn ChildWrapper>>) -> Exit {
    loop {
        let status = locked(child).try_wait();
        match status {
            Ok(Some(status)) => return exit_of(status),
            Ok(None) => thread::sleep(Duration::from_millis(2)),
            Err(_) => return Exit { code: None, signal: None },
        }
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    Exit { code: status.code(), signal }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufRead, BufReader, Read};
    use std::time::Instant;

    use super::*;

    fn shell(script: &str) -> (Control, Pipes, Arc<Life>) {
        let program = "sh".into();
        let arguments = vec!["-c".into(), script.into()];
        let (environment, file_size_limit) = (Vec::new(), None);
        let launch = Launch { program: &program, arguments, environment, file_size_limit };
        let life = Arc::new(Life::default());
        let (control, pipes) = start(&launch, &Arc::default(), &life, |_| {}).expect("sh starts");
        (control, pipes, life)
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn the_exit_code_is_reported() {
        let (_control, _pipes, life) = shell("exit 7");
        assert_eq!(life.exit(soon()), Some(Exit { code: Some(7), signal: None }));
    }

    #[test]
    fn a_group_is_killed_as_a_whole() {
        let (control, pipes, life) = shell("sleep 1000 & echo ready; wait");
        let mut stdout = BufReader::new(pipes.stdout);
        stdout.read_line(&mut String::new()).expect("the shell speaks");
        control.order_end();
        assert_eq!(life.exit(soon()).and_then(|exit| exit.signal), Some(9));
        // The end of stdout comes when the last process that holds it, the sleeper, is gone.
        assert_eq!(stdout.read_to_end(&mut Vec::new()).expect("a pipe can be read"), 0);
    }

    #[test]
    fn what_a_program_leaves_in_its_group_is_killed_after_its_end() {
        let (_control, pipes, _life) = shell("sleep 1000 & exit 0");
        let mut stdout = BufReader::new(pipes.stdout);
        assert_eq!(stdout.read_to_end(&mut Vec::new()).expect("a pipe can be read"), 0);
    }
}
