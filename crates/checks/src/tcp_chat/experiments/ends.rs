//! What is tried when a conversation has not ended as it should, or has ended when it should not.

use std::time::Duration;

use grader::{Cause, Failure, Program, Run, Server, Verdict};

use super::super::ends::is_closed;
use super::{Finding, REST};
use crate::MOMENT;
use crate::chat::{self, Talk};

/// The peer has said `q` and holds the connection open. Was `q` shown? Does a close of the peer's
/// make a difference?
pub(in crate::tcp_chat) fn after_q(run: &Run, talk: &mut Talk<'_>) -> Finding {
    run.note("further experiments: was `q` shown, and what does a half-close change?");
    let start = format!("from {}: ", talk.peer.addr());
    run.patience(Duration::from_millis(500));
    if let Ok(line) = talk.program.next_line() {
        return Ok(match line.strip_prefix(&start) {
            Some("q") => Some("shows_q"),
            Some("hello, and good byeq" | "hello, and good bye\u{240a}q") => {
                Some("line_not_cleared")
            }
            _ => None,
        });
    }
    talk.peer.half_close()?;
    run.patience(Duration::from_secs(2));
    Ok(is_closed(&mut talk.peer).is_ok().then_some("waits_for_the_other_side"))
}

/// The user's `q` did not arrive. Does other text?
pub(in crate::tcp_chat) fn q_then_text(run: &Run) -> Finding {
    run.note("a further experiment: another client, whose user types `p`, then `q`");
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("p")?;
    talk.hears("p?")?;
    client.type_line("q");
    let leaves = talk.peer.expect_end().is_ok();
    Ok(leaves.then_some("leaves_without_q"))
}

/// The conversation is over, and the client runs on. What is it waiting for?
pub(in crate::tcp_chat) fn what_ends_it(run: &Run, client: &Program, failure: &Failure) -> Finding {
    if failure.cause != Cause::Silence {
        return Ok(None);
    }
    if let Some(found) = spins(run, client)? {
        return Ok(Some(found));
    }
    // Typed into another one, so that the first, which has waited longer, shows what time alone does.
    run.note("a further experiment: a second client, whose peer leaves");
    let (second, peer) = chat::client(run)?;
    peer.close();
    run.patience(MOMENT);
    if second.expect_exit(0).is_ok() {
        return Ok(None);
    }
    run.note("its user types a line, then its input ends");
    second.type_line("hello?");
    second.close_stdin();
    let ends = second.expect_exit(0).is_ok() && !client.has_ended();
    Ok(ends.then_some("waits_for_the_keyboard"))
}

/// Does a program whose peer has gone compute on, as it does not while it has one? Or does it print
/// the same line again and again?
fn spins(run: &Run, program: &Program) -> Finding {
    let printed = program.stdout();
    let text = String::from_utf8_lossy(&printed);
    if text.lines().filter(|line| line.ends_with(": ")).count() > 100 {
        return Ok(Some("end_shown_as_lines"));
    }
    if program.rests(Duration::from_millis(200))? {
        return Ok(None); // or on a machine so busy that nothing can be said
    }
    run.note("a further experiment: does it rest while its peer is there?");
    let (client, _peer) = chat::client(run)?;
    Ok(client.comes_to_rest(REST).then_some("takes_the_end_for_nothing_yet"))
}

/// The next caller was not served. Has the server ended, and how? Or does it do something else?
pub(in crate::tcp_chat) fn why_not_the_next(
    run: &Run,
    server: &Server,
    failure: &Failure,
) -> Finding {
    run.note("a further experiment: does the server still run, and what does it do?");
    if failure.cause == Cause::Silence {
        return spins(run, server); // it took the call, so it is there
    }
    Ok(match server.wait_exit()?.code {
        Some(0) => Some("quits_with_its_peer"),
        Some(_) => Some("one_peer_ends_the_server"),
        None => None,
    })
}

/// Something near `q` has ended a conversation. Which lines do, when a peer says them, and when the
/// user does?
pub(in crate::tcp_chat) fn near_q(run: &Run, text: &str) -> Finding {
    run.note("further experiments: a conversation for each of several lines; which ones end it?");
    let when_heard = what_quits(text, |line| {
        let server = run.server()?;
        let mut talk = Talk::with(&server)?;
        talk.peer.send(format!("{line}\n").as_bytes())?;
        talk.is_ended_by_it()
    })?;
    if when_heard.is_some() {
        return Ok(when_heard);
    }
    what_quits(text, |line| {
        let (client, peer) = chat::client(run)?;
        client.type_line(line);
        Talk { program: &client, peer }.is_ended_by_it()
    })
}

fn what_quits(text: &str, quits: impl Fn(&str) -> Verdict<bool>) -> Finding {
    if !quits("q")? || quits("p")? {
        return Ok(None);
    }
    Ok(match text {
        "qq" | "quit" => match (quits("queue")?, quits(text)?) {
            (true, true) => Some("quits_on_a_prefix"),
            (false, true) => Some("quits_on_other_words"),
            _ => None,
        },
        "q " => match (quits("\tq")?, quits("qq")?) {
            (true, false) => Some("trims_before_it_compares"),
            _ => None,
        },
        "Q" => quits("Q")?.then_some("ignores_case"),
        _ => None,
    })
}

/// The user's input has ended, and the peer did not see an end. What did it see?
pub(in crate::tcp_chat) fn instead_of_an_end(
    run: &Run,
    talk: &mut Talk<'_>,
    failure: &Failure,
) -> Finding {
    match (&*failure.received, failure.cause) {
        (b"q\n", _) => Ok(Some("says_q_at_the_end")),
        ([b'\n', ..], _) => {
            let more = talk.peer.pending(MOMENT)?;
            let only_ends = more.len() > 10 && more.iter().all(|byte| *byte == b'\n');
            Ok(only_ends.then_some("end_sent_as_lines"))
        }
        (_, Cause::Silence) => {
            run.note("a further experiment: the peer ends first");
            talk.peer.half_close()?;
            let follows = talk.program.expect_exit(0).is_ok();
            Ok(follows.then_some("no_half_close"))
        }
        _ => Ok(None),
    }
}

/// The server's user has ended the input, the conversation is over, and it runs on. Does it serve?
pub(in crate::tcp_chat) fn still_serves(run: &Run, server: &Server, failure: &Failure) -> Finding {
    if failure.cause != Cause::Silence {
        return Ok(None);
    }
    run.note("a further experiment: one more caller");
    Talk::with(server)?.hears("anybody there?")?;
    Ok(Some("serves_without_its_user"))
}
