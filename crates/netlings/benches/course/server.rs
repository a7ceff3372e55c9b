//! The servers that are compared: the course's solutions, and the same in Python and with socat.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};

use crate::cargo_json;
use crate::held::{self, Held};
use crate::work_tree::{cargo, root};

/// How long a server may take until it says where it listens.
const START: Duration = Duration::from_secs(20);

/// A server that runs, on a free port of loopback. Ends with all it started when this is dropped.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    _program: Held,
}

impl Server {
    /// Starts a server and waits until it says `listening on … IP:PORT`, on either output.
    pub(crate) fn start(command: Command) -> anyhow::Result<Self> {
        let name = Path::new(command.get_program()).file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let program = Held::start(command).map_err(|error| unable(&name, error))?;
        let deadline = Instant::now() + START;
        let mut said = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = program.next_line(left) else {
                bail!("{name} does not listen; it said:\n    {}", said.join("\n    "));
            };
            if let Some(addr) = announced(&line.text) {
                return Ok(Self { addr, _program: program });
            }
            said.push(line.text);
        }
    }
}

/// The address in a line that announces one.
fn announced(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on ")?;
    rest.split_whitespace().next_back()?.parse().ok()
}

/// What is to be done when a program does not start.
fn unable(name: &str, error: io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::NotFound => {
            anyhow!("{name} is not installed; on Debian or Ubuntu: apt-get install {name}")
        }
        _ => anyhow!(error).context(format!("cannot start {name}")),
    }
}

/// The release build of a lesson's solution, built now.
pub(crate) fn solution(lesson: &str) -> anyhow::Result<PathBuf> {
    let package = format!("{lesson}-solution");
    let mut command = cargo(&root());
    command.args(["build", "--release", "--message-format=json", "--package", &package]);
    let ended = held::run_well(command, Duration::from_secs(900))?;
    let program = ended.out().find_map(|line| cargo_json::executable(&line.text, &package));
    program.ok_or_else(|| anyhow!("cargo names no program for {package}"))
}

/// The command that runs a solution as a server.
pub(crate) fn as_server(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["server", "--addr", "127.0.0.1:0"]);
    command
}

/// The command that runs one of the Python servers beside this file.
pub(crate) fn python(file: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/course").join(file));
    command
}

/// The command that joins two socat addresses and says which port it got.
pub(crate) fn socat(block: u32, listen: &str, echo: &str) -> Command {
    let mut command = Command::new("socat");
    // -d -d: port 0 becomes some port, and only a notice tells which.
    command.args(["-d", "-d", "-b", &block.to_string(), listen, echo]);
    command
}
