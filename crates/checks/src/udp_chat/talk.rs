//! A conversation with the student's server: what it shows, and what its user answers.

use grader::{Probe, Run, Server, UdpPeer, Verdict, expect_bytes, quoted_start};

use super::experiments;
use crate::datagrams::reply_of;
use crate::shown::{Ink, Screen};

/// alex: yellow on green.
pub(super) const ALEX: Ink = Ink::named(3, 2);

/// A server that shows colours, although its stdout is a pipe.
pub(super) fn coloured(run: &Run) -> Verdict<Server> {
    run.program("server").args(["--color", "always"]).listen()
}

/// The grader at both ends of the server: its clients write, and its user reads and types.
pub(super) struct Talk<'a> {
    pub(super) server: &'a Server,
    pub(super) screen: Screen<'a>,
    answers: u32,
    answer: String,
}

impl<'a> Talk<'a> {
    pub(super) fn with(server: &'a Server) -> Self {
        let screen = Screen::after_announcement(server);
        Talk { server, screen, answers: 0, answer: String::new() }
    }

    /// `peer` sends `message`, which is shown as it is and in these colours.
    pub(super) fn hears(&mut self, peer: &mut UdpPeer, message: &str, ink: Ink) -> Verdict {
        peer.send(message.as_bytes())?;
        let shown = self.screen.expect(message, ink);
        shown.or_probe(|_| experiments::seen_in_the_line(&self.screen, message, ink))
    }

    /// The server's user is asked for an answer.
    pub(super) fn prompts(&self) -> Verdict {
        self.screen.expect_prompt()
    }

    /// The user types a line unlike any before.
    pub(super) fn types(&mut self) {
        self.answers += 1;
        self.answer = format!("answer {}: 好", self.answers);
        self.server.type_line(&self.answer);
    }

    /// What was typed last.
    pub(super) fn answer(&self) -> &str {
        &self.answer
    }

    /// The user is asked, types a line, and `peer` gets exactly that.
    pub(super) fn answers(&mut self, peer: &mut UdpPeer) -> Verdict {
        self.prompts()?;
        self.types();
        self.expect_answer(peer)
    }

    fn expect_answer(&self, peer: &mut UdpPeer) -> Verdict {
        let (server, answer) = (self.server.addr(), self.answer.as_bytes());
        let expected = format!("{} at this client", quoted_start(answer, 64));
        let datagram = reply_of(server, peer, &expected, "answers_from_elsewhere")?;
        expect_bytes("another datagram came", answer, &datagram.bytes)
            .or_probe(|_| Ok(experiments::newline_behind(answer, &datagram.bytes)))
    }

    /// `peer` sends `message`; it is shown, and `peer` gets the answer to it.
    pub(super) fn exchange(&mut self, peer: &mut UdpPeer, message: &str, ink: Ink) -> Verdict {
        self.hears(peer, message, ink)?;
        self.answers(peer)
    }
}
