//! The grader's side of a TCP connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::escape;
use crate::late::Late;
use crate::program::{Process, Program};
use crate::record::What;
use crate::stage::{Stage, socket_trouble};
use crate::verdict::{Cause, Failure, Trouble, Verdict};

mod bulk;
mod host;
mod lines;

pub use host::TcpHost;

/// Before it sends, a peer looks what has come, so that the record has it at its time; no further.
const LOOK_AHEAD: usize = 1 << 20;

/// One TCP connection between the grader and the program.
pub struct TcpPeer {
    stage: Arc<Stage>,
    stream: TcpStream,
    name: String,
    program: Option<Arc<Process>>,
    /// What has come and was not yet expected.
    inbox: Vec<u8>,
    ended: Option<End>,
    closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Orderly,
    Reset,
}

impl TcpPeer {
    pub(crate) fn connect(program: &Program, addr: SocketAddr) -> Verdict<Self> {
        let stage = &program.stage;
        let name = stage.name("client");
        stage.recorder.with(&name, &program.process.name, What::Connect, b"", addr);
        let patience = stage.late().left();
        let stream = TcpStream::connect_timeout(&addr, patience.max(Duration::from_millis(1)))
            .map_err(|error| match error.kind() {
                ErrorKind::TimedOut => Failure::new(format!("cannot connect to {addr}: timed out"))
                    .cause(Cause::Silence)
                    .into(),
                _ => socket_trouble(&format!("cannot connect to {addr}"), &error),
            })?;
        TcpPeer::new(stage, stream, name, Some(Arc::clone(&program.process)))
    }

    fn new(
        stage: &Arc<Stage>,
        stream: TcpStream,
        name: String,
        program: Option<Arc<Process>>,
    ) -> Verdict<Self> {
        // Small pieces must travel when they are sent, not when Nagle's algorithm lets them.
        stream
            .set_nodelay(true)
            .map_err(|error| socket_trouble("cannot set TCP_NODELAY", &error))?;
        let (inbox, ended) = (Vec::new(), None);
        Ok(TcpPeer { stage: Arc::clone(stage), stream, name, program, inbox, ended, closed: false })
    }

    /// This end's address.
    ///
    /// # Panics
    /// Never: a connected socket has an address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.stream.local_addr().expect("a connected socket has an address")
    }

    fn record(&self, what: What, bytes: &[u8]) {
        let on = self.program.as_ref().map_or("", |process| &process.name);
        self.stage.recorder.bytes(&self.name, on, what, bytes);
    }

    /// Sends `bytes`.
    ///
    /// # Errors
    /// The program stopped taking them ([`Cause::Blocked`]), or hung up ([`Cause::Reset`]).
    pub fn send(&mut self, bytes: &[u8]) -> Verdict {
        self.look()?;
        self.record(What::Sent, bytes);
        self.send_all(bytes)
    }

    fn send_all(&mut self, bytes: &[u8]) -> Verdict {
        let since = Instant::now();
        let patience = Some(self.stage.patience());
        self.stream.set_write_timeout(patience).map_err(|error| self.trouble(&error))?;
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    self.stage.waited(since, &self.name, "no more is taken");
                    let left = escape::size((bytes.len() - sent) as u64);
                    let message =
                        format!("the program stopped taking data, {left} were left to send");
                    return Err(Failure::new(message).cause(Cause::Blocked).into());
                }
                Err(error) => return Err(self.trouble(&error)),
            }
        }
        Ok(())
    }

    fn trouble(&self, error: &io::Error) -> Trouble {
        let trouble = socket_trouble("the connection broke", error);
        if let Trouble::Failed(_) = trouble {
            self.record(What::ResetReceived, b"");
        }
        trouble
    }

    /// Takes in what has already come, without waiting.
    fn look(&mut self) -> Verdict {
        self.stream.set_nonblocking(true).map_err(|error| self.trouble(&error))?;
        let looked = loop {
            if self.ended.is_some() || self.inbox.len() >= LOOK_AHEAD {
                break Ok(());
            }
            match self.read_once() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(trouble) => break Err(trouble),
            }
        };
        self.stream.set_nonblocking(false).map_err(|error| self.trouble(&error))?;
        looked
    }

    /// One read into the inbox; false when nothing has come.
    fn read_once(&mut self) -> Verdict<bool> {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(0) => {
                self.ended = Some(End::Orderly);
                self.record(What::End, b"");
            }
            Ok(count) => {
                self.record(What::Received, &buffer[..count]);
                self.inbox.extend_from_slice(&buffer[..count]);
            }
            Err(error) if is_timeout(&error) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let trouble = socket_trouble("the connection broke", &error);
                if !matches!(trouble, Trouble::Failed(_)) {
                    return Err(trouble);
                }
                self.ended = Some(End::Reset);
                self.record(What::ResetReceived, b"");
            }
        }
        Ok(true)
    }

    /// Waits until something comes, the stream ends (both: true) or it is `late` (false).
    fn fill(&mut self, late: &mut Late) -> Verdict<bool> {
        loop {
            if self.ended.is_some() {
                return Ok(true);
            }
            match self.stream.set_read_timeout(Some(late.left())) {
                // macOS refuses once both directions are shut down. Then no read waits anyway.
                Err(error) if error.kind() == ErrorKind::InvalidInput => {}
                set => set.map_err(|error| self.trouble(&error))?,
            }
            if self.read_once()? {
                return Ok(true);
            }
            if late.is_over() {
                return Ok(false);
            }
        }
    }

    /// Checks that exactly these bytes come next. What comes after them stays for later.
    ///
    /// # Errors
    /// Other bytes come, the stream ends, or too few come.
    pub fn expect(&mut self, bytes: &[u8]) -> Verdict {
        let since = Instant::now();
        let mut late = self.stage.late();
        loop {
            let shared = self.inbox.len().min(bytes.len());
            if self.inbox[..shared] != bytes[..shared] {
                self.pending_more()?; // what follows helps to see what it is
                let got = std::mem::take(&mut self.inbox);
                return Err(Failure::bytes("other bytes came", bytes, &got).into());
            }
            if shared == bytes.len() {
                self.inbox.drain(..shared);
                return Ok(());
            }
            let (before, ended) = (self.inbox.len(), self.ended);
            if ended.is_some() || !self.fill(&mut late)? {
                return Err(self.too_little(bytes, since).into());
            }
            if self.inbox.len() > before {
                late = self.stage.late();
            }
        }
    }

    fn too_little(&mut self, expected: &[u8], since: Instant) -> Failure {
        let (message, cause) = match self.ended {
            Some(End::Orderly) => ("the stream ended before the bytes had come", Cause::Ended),
            Some(End::Reset) => {
                ("the connection was reset before the bytes had come", Cause::Reset)
            }
            None if self.inbox.is_empty() => {
                self.stage.waited(since, &self.name, "nothing came");
                ("nothing came", Cause::Silence)
            }
            None => {
                self.stage.waited(since, &self.name, "nothing more came");
                ("not all of it came", Cause::Silence)
            }
        };
        let got = std::mem::take(&mut self.inbox);
        let failure = Failure::bytes(message, expected, &got).cause(cause);
        match cause {
            _ if !got.is_empty() => failure,
            Cause::Ended => failure.got("end of stream"),
            Cause::Reset => failure.got("a reset"),
            _ => failure.got("nothing"),
        }
    }

    /// Takes in what comes within a moment.
    fn pending_more(&mut self) -> Verdict {
        let mut late = Late::after(&self.stage, Duration::from_millis(20));
        while self.ended.is_none() && self.inbox.len() < LOOK_AHEAD && self.fill(&mut late)? {}
        Ok(())
    }

    /// Checks that the program ends the stream, in order, with nothing before the end.
    ///
    /// # Errors
    /// Data comes, or a reset, or no end.
    pub fn expect_end(&mut self) -> Verdict {
        let since = Instant::now();
        let mut late = self.stage.late();
        loop {
            if !self.inbox.is_empty() {
                self.pending_more()?;
                let got = std::mem::take(&mut self.inbox);
                let failure = Failure::bytes("more came where the stream should end", b"", &got);
                return Err(failure.expected("end of stream").into());
            }
            let failure = match self.ended {
                Some(End::Orderly) => return Ok(()),
                Some(End::Reset) => Failure::new("the connection was reset, not closed")
                    .cause(Cause::Reset)
                    .got("a reset"),
                None => {
                    if self.fill(&mut late)? {
                        continue;
                    }
                    self.stage
                        .nothing_came(since, &self.name, "the stream did not end")
                        .got("the connection stays open")
                }
            };
            return Err(failure.expected("end of stream").into());
        }
    }

    /// What has come and what comes next, at least one byte.
    ///
    /// # Errors
    /// Nothing comes, or the stream ends.
    pub fn read_some(&mut self) -> Verdict<Vec<u8>> {
        let since = Instant::now();
        let mut late = self.stage.late();
        while self.inbox.is_empty() {
            if self.ended.is_some() || !self.fill(&mut late)? {
                return Err(self.too_little(b"", since).expected("some bytes").into());
            }
        }
        Ok(std::mem::take(&mut self.inbox))
    }

    /// All that comes until the stream's end, at most `limit` bytes.
    ///
    /// # Errors
    /// The end does not come, or more than `limit` bytes do, or a reset.
    pub fn read_to_end(&mut self, limit: usize) -> Verdict<Vec<u8>> {
        let since = Instant::now();
        loop {
            if self.inbox.len() > limit {
                let most = escape::size(limit as u64);
                let message = format!("more than {most} came and no end of stream");
                return Err(Failure::new(message).expected("end of stream").into());
            }
            match self.ended {
                Some(End::Orderly) => return Ok(std::mem::take(&mut self.inbox)),
                Some(End::Reset) => return Err(self.too_little(b"", since).into()),
                None => {
                    let mut late = self.stage.late();
                    if !self.fill(&mut late)? {
                        let came = escape::quoted_start(&self.inbox, 48);
                        let failure =
                            self.stage.nothing_came(since, &self.name, "the stream did not end");
                        let got = format!("{came} and no end");
                        return Err(failure.expected("end of stream").got(got).into());
                    }
                }
            }
        }
    }

    /// What comes within `time`, and what follows it at once; for probes. Stops early at the
    /// stream's end.
    ///
    /// # Errors
    /// The machine's only.
    pub fn pending(&mut self, time: Duration) -> Verdict<Vec<u8>> {
        let mut late = Late::after(&self.stage, time);
        if self.fill(&mut late)? {
            self.pending_more()?;
        }
        Ok(std::mem::take(&mut self.inbox))
    }

    /// Whether the program has ended its side, in order or by a reset.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Closes this side's sending half: a FIN goes out, receiving goes on.
    ///
    /// # Errors
    /// The program has reset the connection.
    pub fn half_close(&mut self) -> Verdict {
        self.look()?;
        self.record(What::HalfClose, b"");
        match self.stream.shutdown(Shutdown::Write) {
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(()), // it was reset
            result => result.map_err(|error| self.trouble(&error)),
        }
    }

    /// Resets the connection: an RST goes out.
    ///
    /// # Errors
    /// The machine's only.
    pub fn reset(mut self) -> Verdict {
        self.look()?;
        self.record(What::Reset, b"");
        self.closed = true;
        socket2::SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .map_err(|error| socket_trouble("cannot reset the connection", &error))
    }

    /// Closes the connection.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if !self.closed {
            self.closed = true;
            self.record(What::Close, b"");
            // Fails where the program has reset it.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
