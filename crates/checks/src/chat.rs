//! A conversation with a chat program: the grader's peer at one end, the program and its user,
//! played by the grader too, at the other.
//!
//! What a chat program shows is read here and nowhere else: a peer's line as `from IP:PORT: text`,
//! with prompts before it or not (the engine drops those).

use grader::{Program, Run, Server, TcpPeer, Verdict};

use crate::MOMENT;

/// A conversation over TCP that has begun.
pub(crate) struct Talk<'a> {
    /// The program under test. What is typed into it is what its user says.
    pub(crate) program: &'a Program,
    /// The grader's end of the connection.
    pub(crate) peer: TcpPeer,
}

impl<'a> Talk<'a> {
    /// Calls the program, a server.
    pub(crate) fn with(server: &'a Server) -> Verdict<Self> {
        Ok(Talk { program: server, peer: server.connect()? })
    }

    /// The peer says `text`, and the program shows it.
    pub(crate) fn hears(&mut self, text: &str) -> Verdict {
        self.peer.send(format!("{text}\n").as_bytes())?;
        self.shows(text)
    }

    /// The next line that the program prints shows that the peer has said `text`.
    pub(crate) fn shows(&self, text: &str) -> Verdict {
        self.program.expect_line(&format!("from {}: {text}", self.peer.addr()))
    }

    /// The user types `text`, and it reaches the peer as a line.
    pub(crate) fn says(&mut self, text: &str) -> Verdict {
        self.program.type_line(text);
        self.peer.expect_line(text)
    }

    /// Whether the program ends the conversation within a moment, without anything said.
    pub(crate) fn is_ended_by_it(&mut self) -> Verdict<bool> {
        self.peer.pending(MOMENT)?;
        Ok(self.peer.has_ended())
    }
}

/// Starts the program as a client and takes its call.
pub(crate) fn client(run: &Run) -> Verdict<(Program, TcpPeer)> {
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).start()?;
    let peer = host.accept()?;
    Ok((client, peer))
}
