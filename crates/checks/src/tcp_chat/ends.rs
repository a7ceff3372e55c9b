//! How a conversation ends: by `q` from either side, by a peer that vanishes, by the end of one's own
//! input. And what comes after it.

use grader::{Cause, Probe, Run, Server, TcpPeer, Trouble, Verdict};

use super::experiments;
use crate::chat::{self, Talk};

/// The client's side says `q`: the server closes although this peer doesn't, and serves the next.
/// The student's client, whose user types it, sends it and ends.
pub(super) fn quit_from_client(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("hello, and good bye")?;
    talk.says("so soon?")?;
    talk.peer.send(b"q\n")?;
    is_closed(&mut talk.peer).or_probe(|_| experiments::after_q(run, &mut talk))?;
    goes_on(run, &server)?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    talk.hears("who is there?")?;
    talk.says("q").or_probe(|_| experiments::q_then_text(run))?;
    talk.peer.close();
    client.expect_exit(0).or_probe(|failure| experiments::what_ends_it(run, &client, failure))
}

/// The server's side says `q`: the student's client ends although this peer doesn't close. The
/// student's server, whose user types it, sends it and serves the next.
pub(super) fn quit_from_server(run: &mut Run) -> Verdict {
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    talk.peer.send(b"q\n")?;
    client.expect_exit(0).or_probe(|failure| match talk.is_ended_by_it()? {
        true => experiments::what_ends_it(run, &client, failure),
        false => experiments::after_q(run, &mut talk),
    })?;
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("hello")?;
    talk.says("q").or_probe(|_| experiments::q_then_text(run))?;
    talk.peer.close();
    goes_on(run, &server)
}

/// The program has closed the connection. How is left open: a reset does it, too.
pub(super) fn is_closed(peer: &mut TcpPeer) -> Verdict {
    match peer.expect_end() {
        Err(Trouble::Failed(failure)) if failure.cause == Cause::Reset => Ok(()),
        other => other,
    }
}

/// The next caller is served.
pub(super) fn goes_on(run: &Run, server: &Server) -> Verdict {
    let exchange = || -> Verdict {
        let mut talk = Talk::with(server)?;
        talk.hears("is it my turn?")?;
        talk.says("it is")
    };
    exchange().or_probe(|failure| experiments::why_not_the_next(run, server, failure))
}

/// Three ways to vanish: with a close, with a reset, and without a word. A failure means that the
/// end of a stream is taken for something else, or that one peer's error is everybody's.
pub(super) fn vanished_peer(run: &mut Run) -> Verdict {
    let server = run.server()?;
    for resets in [false, true] {
        let mut talk = Talk::with(&server)?;
        talk.hears("I must leave")?;
        talk.says("good bye")?;
        if resets {
            talk.peer.reset()?;
        } else {
            talk.peer.close();
        }
        goes_on(run, &server)?;
    }
    server.connect()?.reset()?;
    goes_on(run, &server)?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello?")?;
    talk.peer.close();
    client.expect_exit(0).or_probe(|failure| experiments::what_ends_it(run, &client, failure))
}

/// The user's input ends, and the peer is not done yet. A failure means that the two directions
/// are taken for one.
pub(super) fn end_of_input(run: &mut Run) -> Verdict {
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("that was all")?;
    talk.hears("not from me")?;
    client.close_stdin();
    ends_its_half(run, &mut talk)?;
    talk.peer.close();
    client.expect_exit(0)?;
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("that was not all")?;
    server.close_stdin();
    ends_its_half(run, &mut talk)?;
    talk.peer.close();
    server.expect_exit(0).or_probe(|failure| experiments::still_serves(run, &server, failure))?;
    ends_without_a_peer(run)
}

/// The peer sees the end of the stream, and what it says after that is shown.
fn ends_its_half(run: &Run, talk: &mut Talk<'_>) -> Verdict {
    talk.peer
        .expect_end()
        .or_probe(|failure| experiments::instead_of_an_end(run, talk, failure))?;
    let mut last_words = || -> Verdict {
        talk.peer.send(b"there is more\nand more\n")?;
        talk.shows("there is more")?;
        talk.shows("and more")
    };
    last_words().or_probe(|_| {
        let code = talk.program.wait_exit()?.code;
        Ok((code == Some(0)).then_some("leaves_at_the_end_of_input"))
    })
}

/// A server whose user has nothing more to say and that talks with nobody ends: now, or after the
/// next conversation. That one lasts until the server has seen its input end, which may be later
/// than the call.
fn ends_without_a_peer(run: &Run) -> Verdict {
    let server = run.server()?;
    server.close_stdin();
    match Talk::with(&server) {
        Ok(mut talk) => {
            let _ = talk.peer.send(b"anybody there?\n"); // fails where it is ending just now
            is_closed(&mut talk.peer)?;
            talk.peer.close();
        }
        Err(Trouble::Failed(_)) => {} // it has ended already
        Err(other) => return Err(other),
    }
    server.expect_exit(0)
}
