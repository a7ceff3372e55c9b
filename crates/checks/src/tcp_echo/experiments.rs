//! What is tried when a check of tcp-echo has failed: one more experiment, whose outcome only one
//! misconception explains. It gives that misconception's id in lesson.toml, or `None`: open.
//!
//! Each says in the ladder, by a note, where the failure ends and the experiment begins.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use grader::{Cause, Failure, Finished, Pattern, Program, Run, Server, TcpPeer, Trouble, Verdict};

use super::{MIB, client_fed, exchange};
use crate::MOMENT;

/// The confirmed misconception, if any.
type Finding = Verdict<Option<&'static str>>;

/// All that comes back in a conversation in which `bytes` were sent.
fn answer(server: &Server, bytes: &[u8]) -> Verdict<Vec<u8>> {
    let mut client = server.connect()?;
    client.send(bytes)?;
    client.half_close()?;
    client.read_to_end(4 * MIB)
}

/// Runs the student's client against a server that answers `message` with `reply`, whatever it is.
fn client_told(run: &Run, message: &str, reply: &[u8]) -> Verdict<Finished> {
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).arg(message).start()?;
    let mut peer = host.accept()?;
    peer.expect(message.as_bytes())?;
    peer.send(reply)?;
    peer.close();
    client.finished()
}

/// The exit code of a server that did not answer because it has ended by itself. Not by a signal:
/// that would be another story, such as SIGPIPE.
pub(super) fn has_ended(server: &Server, failure: &Failure) -> Verdict<Option<i32>> {
    match failure.cause {
        Cause::Silence => Ok(None), // it took the call, so it is there
        _ => Ok(server.wait_exit()?.code),
    }
}

/// Who sends nothing should get nothing, and stay connected. What does one byte change?
pub(super) fn silent_client(run: &Run, server: &Server) -> Finding {
    run.note("a further experiment: a client that sends nothing, then one byte");
    let mut client = server.connect()?;
    let greeting = client.pending(MOMENT)?;
    match (greeting.is_empty(), client.has_ended()) {
        (false, _) => return Ok(Some("speaks_first")),
        (true, true) => return Ok(Some("hangs_up_first")),
        (true, false) => client.send(b"x")?,
    }
    // A close that leaves bytes unread shows as a reset (RFC 9293 section 3.6.1, SHLD-3).
    let failure = client.expect(b"x").err();
    let is_reset = matches!(failure, Some(Trouble::Failed(f)) if f.cause == Cause::Reset);
    Ok(is_reset.then_some("hangs_up_without_reading"))
}

/// The client has sent its message and no end. If it ends well as soon as the server closes, each
/// side had been waiting for the other.
pub(super) fn server_closes_first(run: &Run) -> Finding {
    run.note("a further experiment: a server that closes first");
    let client = client_told(run, "hello!", b"hello!")?;
    Ok(client.expect_code(0).is_ok().then_some("no_half_close"))
}

/// Does the same `addition` follow another message?
pub(super) fn other_message(run: &Run, addition: &[u8]) -> Finding {
    run.note("a further experiment: another message");
    let host = run.tcp_host()?;
    let _client = run.program("client").addr(host.addr()).arg("ab").start()?;
    let mut peer = host.accept()?;
    peer.expect(b"ab")?;
    Ok(peer.expect(addition).is_ok().then_some("sends_more_than_the_message"))
}

/// What does the client print of a message and a reply that have nothing in common?
pub(super) fn other_reply(run: &Run) -> Finding {
    run.note("a further experiment: the message `ask` is answered with `told`");
    let printed = client_told(run, "ask", b"told")?.output.stdout;
    let has_reply = printed.windows(4).any(|window| window == b"told");
    Ok(match (&*printed, has_reply) {
        (b"ask", _) => Some("prints_what_it_sent"),
        (_, true) if printed.len() > 4 => Some("prints_more_than_comes_back"),
        _ => None,
    })
}

/// One byte brought `excess` besides itself. Is it always as much, or always a line's end?
pub(super) fn six_bytes_and_a_line(run: &Run, server: &Server, excess: &[u8]) -> Finding {
    run.note("further experiments: six bytes, then a line");
    let six = answer(server, b"abcdef")?;
    if excess.len() > 64 && six.len() == 1 + excess.len() {
        return Ok(six.starts_with(b"abcdef").then_some("sends_whole_buffer"));
    }
    let line = answer(server, b"ab\n")?;
    Ok(match (excess, &*six, &*line) {
        (b"\n", b"abcdef\n", b"ab\n\n") => Some("adds_a_newline"),
        (b"\n", b"abcdef\n", b"ab\n") => Some("thinks_in_lines"),
        _ => None,
    })
}

/// The server has ended, and the client runs on. Does the end of its input end it?
pub(super) fn end_of_its_input(run: &Run, client: &Program) -> Finding {
    run.note("a further experiment: the end of the client's input");
    client.close_stdin();
    Ok((client.wait_exit()?.code == Some(0)).then_some("waits_for_its_own_input"))
}

/// Do two lines get through apart, but not together? Does text get through, but not 0xFF?
pub(super) fn two_lines_and_text(run: &Run, server: &Server) -> Finding {
    run.note("further experiments: two lines at once, one by one, then text, then 0xFF");
    if answer(server, b"one\ntwo\n")? == b"one\n" {
        let mut client = server.connect()?;
        for line in [b"one\n", b"two\n"] {
            client.send(line)?;
            client.expect(line)?;
        }
        return Ok(Some("loses_what_it_read_ahead"));
    }
    let text_comes_back = answer(server, b"plain text")? == b"plain text";
    let byte_comes_back = exchange(server, b"\xff").is_ok();
    Ok((text_comes_back && !byte_comes_back).then_some("takes_bytes_for_text"))
}

/// Not every byte got through the client. Does text?
pub(super) fn text_on_stdin(run: &Run) -> Finding {
    run.note("a further experiment: plain text on stdin");
    let client = client_fed(run, b"plain text")?;
    Ok(client.expect_stdout(b"plain text").is_ok().then_some("takes_bytes_for_text"))
}

/// The answer came after the half-close. But what was it that brought it: would a line's end have
/// done, or a full buffer, or nothing but the end?
pub(super) fn what_brings_the_answer(run: &Run, server: &Server) -> Finding {
    run.patience(Duration::from_secs(1));
    run.note("further experiments: a line's end, then 60,000 bytes, then the half-close");
    let mut client = server.connect()?;
    client.send(b"hello!\n")?;
    if client.expect(b"hello!\n").is_ok() {
        return Ok(Some("waits_for_a_newline"));
    }
    let (most, pattern) = (60_000, Pattern::new(run.seed()));
    client.send(pattern.window(0, most))?;
    let full_buffer = client.expect(b"hello!\n").is_ok();
    client.half_close()?;
    if !full_buffer {
        client.expect(b"hello!\n")?;
    }
    client.expect_pattern(&pattern, 0, most)?;
    Ok(Some(if full_buffer { "holds_answers_back" } else { "answers_at_end_of_stream" }))
}

/// Is the answer followed by a close, although the client has said nothing of an end?
pub(super) fn one_thing_said(run: &Run, server: &Server) -> Finding {
    run.note("a further experiment: a client that says one thing and waits");
    let mut client = server.connect()?;
    client.send(b"just this")?;
    client.expect(b"just this")?;
    let more = client.pending(MOMENT)?;
    Ok((more.is_empty() && client.has_ended()).then_some("one_answer_per_client"))
}

/// Does a server that has nothing more to hear compute on: 200 ms of a processor within 2 s, never
/// asleep?
pub(super) fn stays_busy(server: &Server, client: &mut TcpPeer) -> Finding {
    let before = server.cpu()?;
    for _ in 0..100 {
        client.pending(Duration::from_millis(20))?;
        if server.asleep() || client.has_ended() {
            break;
        }
        if server.cpu()? >= before + Duration::from_millis(200) {
            return Ok(Some("takes_the_end_for_nothing_yet"));
        }
    }
    Ok(None)
}

/// Are two pieces of different sizes cut at the same length, and does the conversation go on as if
/// nothing had happened?
pub(super) fn pieces_of_two_sizes(run: &Run, server: &Server) -> Finding {
    run.patience(Duration::from_secs(1));
    for (small, large) in [(4000, 6000), (30_000, 60_000)] {
        run.note(&format!("further experiments: a piece of {small} bytes, then one of {large}"));
        let of_small = kept(server, small)?;
        if of_small < small {
            let is_the_same = of_small > 0 && of_small == kept(server, large)?;
            return Ok(is_the_same.then_some("cuts_each_read"));
        }
    }
    Ok(None)
}

/// How much of a piece of `size` bytes comes back, in a conversation that then goes on.
fn kept(server: &Server, size: usize) -> Verdict<usize> {
    let mut client = server.connect()?;
    let piece = vec![b'x'; size];
    client.send(&piece)?;
    let length = match client.expect(&piece) {
        Err(Trouble::Failed(failure)) if failure.cause == Cause::Silence => failure.received.len(),
        other => other.map(|()| size)?,
    };
    client.send(b"and on")?;
    client.expect(b"and on")?;
    Ok(length)
}

/// The client stopped reading while its own sending was blocked. If it does well with a server
/// that reads everything before it writes anything, it is the order that is wrong.
pub(super) fn patient_server(run: &Run, all: &[u8]) -> Finding {
    run.note("a further experiment: a server that reads it all, then sends it all");
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).output_limit(17 * MIB).start()?;
    client.write_stdin(all);
    client.close_stdin();
    let mut peer = host.accept()?;
    let came = peer.read_to_end(all.len())?;
    peer.send(&came)?;
    peer.close();
    let is_whole = client.finished()?.output.stdout == all;
    Ok(is_whole.then_some("sends_all_before_receiving"))
}

/// The client hung up in the middle. Does a small reply's first piece end it, too, while the
/// server has not ended?
pub(super) fn server_that_stays(run: &Run) -> Finding {
    run.note("a further experiment: a server that sends a piece and does not close");
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).arg("hello!").start()?;
    let mut peer = host.accept()?;
    peer.expect(b"hello!")?;
    peer.send(b"one piece")?;
    let client = client.finished()?;
    let ended_well = client.expect_code(0).and(client.expect_stdout(b"one piece")).is_ok();
    Ok(ended_well.then_some("ends_before_the_server"))
}

/// Is what comes later printed, and a part of what came before missing?
pub(super) fn long_line_then_short(run: &Run) -> Finding {
    run.note("a further experiment: a long line, then a short one");
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).arg("hello!").start()?;
    let mut peer = host.accept()?;
    peer.expect(b"hello!")?;
    let long = [b"first\n".to_vec(), vec![b'x'; 100_000]].concat();
    peer.send(&long)?;
    client.expect_line("first")?; // so that the next piece is read, and printed, by itself
    peer.send(b"last\n")?;
    peer.close();
    let printed = client.finished()?.output.stdout;
    let has_gap = printed.len() < long.len() + 5 && printed.ends_with(b"last\n");
    Ok(has_gap.then_some("prints_a_part"))
}

/// Does a client that takes each answer before it sends on get everything, however large the
/// pieces are?
pub(super) fn quick_reader(run: &Run, server: &Server, pattern: &Pattern) -> Finding {
    run.note("a further experiment: 16 MB, each 200 KB read before the next is sent");
    let mut client = server.connect()?;
    let (mut sent, mut back) = (0, 0);
    while sent < 16_000_000 {
        for _ in 0..4 {
            client.send(pattern.window(sent, 50_000))?;
            sent += 50_000;
        }
        client.expect_pattern(pattern, back, sent)?;
        back = sent;
    }
    Ok(Some("loses_what_is_not_taken"))
}

/// All processes of the killed server are gone. If its address still can't be bound, it is the old
/// connection that keeps it.
pub(super) fn grader_listens_there(run: &Run, addr: SocketAddr) -> Finding {
    run.note("all its processes are gone; can the grader listen there?");
    let held = TcpListener::bind(addr).is_err_and(|error| error.kind() == ErrorKind::AddrInUse);
    Ok(held.then_some("port_left_in_time_wait"))
}
