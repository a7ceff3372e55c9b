//! Preparing to start a program.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Process, Program, Server};
use crate::finished::Finished;
use crate::guard::Launch;
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
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    output_limit: usize,
    file_size_limit: Option<u64>,
    addressed: bool,
    quiet: bool,
}

impl<'a> Start<'a> {
    pub(crate) fn new(stage: &'a Arc<Stage>, subject: &'a Subject, role: &str) -> Self {
        Start {
            stage,
            subject,
            role: role.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            output_limit: OUTPUT_LIMIT,
            file_size_limit: None,
            addressed: false,
            quiet: false,
        }
    }

    /// Adds `--addr`.
    pub fn addr(mut self, addr: SocketAddr) -> Self {
        self.addressed = true;
        self.arg("--addr").arg(addr.to_string())
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

    /// The most bytes a file that the program writes may have; a write beyond it fails or ends the
    /// program (setrlimit(2), RLIMIT_FSIZE). Linux only.
    pub fn file_size_limit(mut self, bytes: u64) -> Self {
        self.file_size_limit = Some(bytes);
        self
    }

    /// Keeps this run out of the record, for one of very many that are all alike. Who finds one of
    /// them wrong runs it once more, not quietly, so that the failure shows it.
    pub fn quietly(mut self) -> Self {
        self.quiet = true;
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
        let name = match self.quiet {
            true => format!("your {}", self.role),
            false => self.stage.name(&format!("your {}", self.role)),
        };
        let record = (!self.quiet).then_some(&self.stage.recorder);
        let launch = Launch {
            program: self.subject.program_word(),
            arguments,
            environment: self.environment,
            file_size_limit: self.file_size_limit,
        };
        let process = Process::start(record, &launch, name, &command, self.output_limit)?;
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
        let start = if self.addressed { self } else { self.addr(free) };
        let program = start.start()?;
        let addr = program.announced_address()?;
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
