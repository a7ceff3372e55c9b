//! The grader as a TCP server.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::TcpPeer;
use crate::late::Late;
use crate::locked::locked;
use crate::program::Process;
use crate::record::What;
use crate::stage::Stage;
use crate::verdict::{Cause, Failure, Trouble, Verdict};

/// How often a waiting accept looks whether there is anybody left to connect.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A socket on which the grader waits for the program to connect.
pub struct TcpHost {
    stage: Arc<Stage>,
    listener: TcpListener,
}

impl TcpHost {
    pub(crate) fn bind(stage: &Arc<Stage>) -> Verdict<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .map_err(|error| Trouble::machine("cannot listen on loopback", &error))?;
        Ok(TcpHost { stage: Arc::clone(stage), listener })
    }

    /// Where it listens.
    ///
    /// # Panics
    /// Never: a bound socket has an address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.listener.local_addr().expect("a bound socket has an address")
    }

    /// Waits for the program, the one that was started last, to connect.
    ///
    /// # Errors
    /// It does not, within 5 s, or it ends without.
    pub fn accept(&self) -> Verdict<TcpPeer> {
        let since = Instant::now();
        let mut late = Late::after(&self.stage, Duration::from_secs(5));
        let program = newest_process(&self.stage);
        let exit = || program.as_ref().and_then(|process| process.exit());
        match accept_unless(&self.listener, || exit().is_some() || late.is_over()) {
            Ok((stream, from)) => {
                let name = self.stage.name("server");
                let on = program.as_ref().map_or("", |process| &process.name);
                self.stage.recorder.with(&name, on, What::Accept, b"", from);
                TcpPeer::new(&self.stage, stream, name, program)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let failure = match exit() {
                    Some(exit) => Failure::new("the program ended without connecting")
                        .cause(Cause::Exited)
                        .got(exit.to_string()),
                    None => self.stage.nothing_came(since, "", "the program did not connect"),
                };
                Err(failure.expected(format!("a connection to {}", self.addr())).into())
            }
            Err(error) => Err(Trouble::machine("cannot accept a connection", &error)),
        }
    }
}

fn newest_process(stage: &Stage) -> Option<Arc<Process>> {
    locked(&stage.processes).last().cloned()
}

/// accept(2) that gives up (WouldBlock) once `hopeless` says so. On Linux the receive time limit of
/// a listening socket bounds accept (socket(7)); elsewhere it is asked again and again.
fn accept_unless(
    listener: &TcpListener,
    mut hopeless: impl FnMut() -> bool,
) -> io::Result<(TcpStream, SocketAddr)> {
    loop {
        // Looked at before accept: what connected and then ended is in the queue by now.
        let last_look = hopeless();
        if !cfg!(target_os = "linux") {
            listener.set_nonblocking(true)?;
        } else {
            let time = if last_look { Duration::from_millis(1) } else { LOOK_AGAIN };
            socket2::SockRef::from(listener).set_read_timeout(Some(time))?;
        }
        match listener.accept() {
            Ok((stream, addr)) => {
                stream.set_nonblocking(false)?;
                return Ok((stream, addr));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock && !last_look => {
                if !cfg!(target_os = "linux") {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            other => return other,
        }
    }
}
