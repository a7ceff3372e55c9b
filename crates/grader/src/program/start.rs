//! Preparing to start a program.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Process, Program, Server};
use crate::finished::Finished;
use crate::guard::{FileSizeLimit, Launch};
use crate::stage::Stage;
use crate::subject::Subject;
use crate::verdict::Verdict;

/// The most that is read of each of a program's two output streams, unless the check asks for more.
const OUTPUT_LIMIT: usize = 1 << 20;

/// How to start a program; made by [`Run::program`](crate::Run::program).
#[must_use = "nothing runs before start, listen or finish"]
pub struct Start<'a> {
    pub(crate) stage: &'a Arc<Stage>,
    pub(crate) subject: &'a Subject,
    pub(crate) role: String,
    name: Option<String>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    output_limit: usize,
    file_size_limit: Option<FileSizeLimit>,
    /// Where it was told to be.
    address: Option<SocketAddr>,
    recorded: bool,
}

impl<'a> Start<'a> {
    pub(crate) fn new(stage: &'a Arc<Stage>, subject: &'a Subject, role: &str) -> Self {
        Start {
            stage,
            subject,
            role: role.into(),
            name: None,
            arguments: Vec::new(),
            environment: Vec::new(),
            output_limit: OUTPUT_LIMIT,
            file_size_limit: None,
            address: None,
            recorded: true,
        }
    }

    /// Adds `--addr`.
    pub fn addr(mut self, addr: SocketAddr) -> Self {
        self.address = Some(addr);
        self.arg("--addr").arg(addr.to_string())
    }

    /// Sets what the record calls it; `your ROLE`, with a number from the second on, unless this
    /// is called.
    pub fn called(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds one argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the program's environment.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// How many bytes of each output stream are read; 1 MiB unless this is called. A program that
    /// prints more finds the pipe full.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.output_limit = bytes;
        self
    }

    /// The most bytes a file that the program writes may have (setrlimit(2), RLIMIT_FSIZE). A write
    /// beyond ends the program by SIGXFSZ, unless it ignores that signal. Linux only.
    pub fn file_size_limit(mut self, bytes: u64) -> Self {
        self.file_size_limit = Some(FileSizeLimit { bytes, is_fatal: true });
        self
    }

    /// [`Start::file_size_limit`], but a write beyond it fails (EFBIG) and the program lives: it is
    /// started with SIGXFSZ ignored. Linux only.
    pub fn file_size_error(mut self, bytes: u64) -> Self {
        self.file_size_limit = Some(FileSizeLimit { bytes, is_fatal: false });
        self
    }

    /// Leaves it out of the record: for one of hundreds, whose rows nobody would read. What is worth
    /// telling of it the check tells in a note.
    pub fn unrecorded(mut self) -> Self {
        self.recorded = false;
        self
    }

    /// Runs it. Its stdin stays open until [`Program::close_stdin`].
    ///
    /// # Errors
    /// The command cannot be run, which is the machine's trouble, not the program's.
    pub fn start(self) -> Verdict<Program> {
        let mut arguments = self.subject.own_arguments().to_vec();
        arguments.push(self.role.clone().into());
        arguments.extend(self.arguments);
        let words: Vec<_> =
            arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let command = words[self.subject.own_arguments().len()..].join(" ");
        let plain = format!("your {}", self.role);
        // What is not recorded uses up no number either.
        let numbered = || if self.recorded { self.stage.name(&plain) } else { plain.clone() };
        let name = self.name.clone().unwrap_or_else(numbered);
        let launch = Launch {
            program: self.subject.program_word(),
            arguments,
            environment: self.environment,
            file_size_limit: self.file_size_limit,
        };
        let recorder = &self.stage.recorder;
        let recorder = if self.recorded { recorder.clone() } else { recorder.silent() };
        let process =
            Process::start(self.stage, &launch, name, &command, self.output_limit, recorder)?;
        let process = Arc::new(process);
        self.stage.add(&process)?;
        Ok(Program { stage: Arc::clone(self.stage), process })
    }

    /// Runs it as a server, on a free port unless [`Start::addr`] was called, and waits until it
    /// announces its address.
    ///
    /// # Errors
    /// The program's first line is not `listening on IP:PORT`, or does not come.
    pub fn listen(self) -> Verdict<Server> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let start = if self.address.is_some() { self } else { self.addr(free) };
        let asked = start.address.map(|addr| addr.ip());
        let program = start.start()?;
        let addr = program
            .announced_address(asked)
            // Why a server ended before it announced itself stands on its stderr.
            .inspect_err(|_| program.process.wait_for_last_words())?;
        Ok(Server { program, addr })
    }

    /// Runs it with nothing on its stdin and waits for its end.
    ///
    /// # Errors
    /// It does not end within 5 s.
    pub fn finish(self) -> Verdict<Finished> {
        let program = self.start()?;
        program.close_stdin();
        program.finished()
    }
}
