//! The checks of the lesson tcp-echo: the echo service of RFC 862 over TCP.
//!
//! Order matters here: a check asks for one thing and leaves the rest to a later one. So the first
//! four half-close before they expect the answer, which a server that answers only at the end of
//! the stream survives; `replies_before_close` is about that, and `half_close` about how the
//! stream ends.

use std::time::Duration;

use grader::{
    Cause, Check, Failure, Finished, Pattern, Probe, Run, Server, Suite, TcpPeer, Trouble, Verdict,
    check,
};

use crate::errors;

/// The lesson's checks.
pub(crate) const SUITE: Suite = Suite {
    lesson: "tcp-echo",
    checks: &[
        check!(echoes_hello),
        check!(client_prints_reply),
        check!(one_byte),
        check!(every_byte_value),
        check!(replies_before_close),
        check!(half_close),
        check!(next_client),
        check!(survives_reset),
        check!(random_chunks),
        Check { limit: SLOW, ..check!(large_both_ways) },
        Check { limit: SLOW, ..check!(stalled_reader) },
        check!(errors_are_clear),
        check!(restarts_at_once),
    ],
};

const MIB: usize = 1 << 20;
/// How long a check with much data may last: a program that takes single bytes is slow, not wrong.
const SLOW: Duration = Duration::from_secs(60);

/// Sends `bytes` as a whole conversation and gets them back. How the stream ends is left open.
fn exchange(server: &Server, bytes: &[u8]) -> Verdict<TcpPeer> {
    let mut client = server.connect()?;
    client.send(bytes)?;
    client.half_close()?;
    client.expect(bytes)?;
    Ok(client)
}

/// Nothing comes after the answer. That the stream does not end, or ends by a reset, is not what
/// this is about: `half_close` is.
fn nothing_more(mut client: TcpPeer) -> Verdict {
    match client.expect_end() {
        Err(Trouble::Failed(failure)) if !matches!(failure.cause, Cause::Differs { .. }) => Ok(()),
        other => other,
    }
}

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

/// A failure means that the server does not answer at all, or with something else.
fn echoes_hello(run: &mut Run) -> Verdict {
    let server = run.server()?;
    exchange(&server, b"hello!").map(drop).or_probe(|_| {
        run.note("a further experiment: a client that sends nothing, then one byte");
        let mut client = server.connect()?;
        let greeting = client.pending(Duration::from_millis(500))?;
        match (greeting.is_empty(), client.has_ended()) {
            (false, _) => return Ok(Some("speaks_first")),
            (true, true) => return Ok(Some("hangs_up_first")),
            (true, false) => client.send(b"x")?,
        }
        // A close that leaves bytes unread shows as a reset (RFC 9293 section 3.6.1, SHLD-3).
        let failure = client.expect(b"x").err();
        let is_reset = matches!(failure, Some(Trouble::Failed(f)) if f.cause == Cause::Reset);
        Ok(is_reset.then_some("hangs_up_without_reading"))
    })
}

/// The reply is not what was sent, so that a client that prints its own message shows. A failure
/// means that the client waits for ever, or adds to what it sends or prints.
fn client_prints_reply(run: &mut Run) -> Verdict {
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).arg("hello!").start()?;
    let mut peer = host.accept()?;
    peer.expect(b"hello!")?;
    peer.expect_end().or_probe(|failure| match failure.cause {
        Cause::Silence => waits_for_the_server(run),
        Cause::Differs { .. } => {
            run.note("a further experiment: another message");
            let host = run.tcp_host()?;
            let _client = run.program("client").addr(host.addr()).arg("ab").start()?;
            let mut peer = host.accept()?;
            peer.expect(b"ab")?;
            let also_more = peer.expect(&failure.received).is_ok();
            Ok(also_more.then_some("sends_more_than_the_message"))
        }
        _ => Ok(None),
    })?;
    let reply = b"!olleh, and a little more";
    peer.send(reply)?;
    peer.close();
    let client = client.finished()?;
    client.expect_stdout(reply).or_probe(|_| {
        run.note("a further experiment: the message `ask` is answered with `told`");
        let told = client_told(run, "ask", b"told")?.output.stdout;
        let has_reply = told.windows(4).any(|window| window == b"told");
        Ok(match (&*told, has_reply) {
            (b"ask", _) => Some("prints_what_it_sent"),
            (printed, true) if printed.len() > 4 => Some("prints_more_than_comes_back"),
            _ => None,
        })
    })?;
    client.expect_code(0)
}

/// The client has sent its message and no end. If it ends well as soon as the server closes, each
/// side had been waiting for the other.
fn waits_for_the_server(run: &Run) -> Verdict<Option<&'static str>> {
    run.note("a further experiment: a server that closes first");
    let client = client_told(run, "hello!", b"hello!")?;
    Ok((client.expect_code(0).is_ok()).then_some("no_half_close"))
}

/// A failure means that the answer does not depend on how much was read.
fn one_byte(run: &mut Run) -> Verdict {
    let server = run.server()?;
    exchange(&server, b"x").and_then(nothing_more).or_probe(|failure| {
        run.note("further experiments: six bytes, then a line");
        let six = answer(&server, b"abcdef")?;
        if failure.received.len() > 64 && six.len() == 1 + failure.received.len() {
            return Ok(six.starts_with(b"abcdef").then_some("sends_whole_buffer"));
        }
        let line = answer(&server, b"ab\n")?;
        Ok(match (&*failure.received, &*six, &*line) {
            (b"\n", b"abcdef\n", b"ab\n\n") => Some("adds_a_newline"),
            (b"\n", b"abcdef\n", b"ab\n") => Some("thinks_in_lines"),
            _ => None,
        })
    })
}

/// A failure means that somewhere bytes are taken for text, or that one of them means something.
fn every_byte_value(run: &mut Run) -> Verdict {
    let every: Vec<u8> = (0..=255).collect();
    let server = run.server()?;
    exchange(&server, &every).and_then(nothing_more).or_probe(|_| {
        run.note("further experiments: two lines at once, one by one, then text, then 0xFF");
        let two_lines = b"one\ntwo\n";
        if answer(&server, two_lines)? == b"one\n" {
            let mut client = server.connect()?;
            for line in [b"one\n", b"two\n"] {
                client.send(line)?;
                client.expect(line)?;
            }
            return Ok(Some("loses_what_it_read_ahead"));
        }
        let text_comes_back = answer(&server, b"plain text")? == b"plain text";
        let byte_comes_back = exchange(&server, b"\xff").is_ok();
        Ok((text_comes_back && !byte_comes_back).then_some("takes_bytes_for_text"))
    })?;
    let client = client_fed(run, &every)?;
    client.expect_code(0).and(client.expect_stdout(&every)).or_probe(|_| {
        run.note("a further experiment: plain text on stdin");
        let client = client_fed(run, b"plain text")?;
        let text_comes_back = client.expect_stdout(b"plain text").is_ok();
        Ok(text_comes_back.then_some("takes_bytes_for_text"))
    })
}

/// Runs the student's client with `input` on its stdin against the grader's echo.
fn client_fed(run: &Run, input: &[u8]) -> Verdict<Finished> {
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).start()?;
    client.write_stdin(input);
    client.close_stdin();
    host.accept()?.echo()?;
    client.finished()
}

/// Fails when the server collects everything before it answers, holds its answers back, or
/// answers once per connection.
fn replies_before_close(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut client = server.connect()?;
    client.send(b"hello!")?;
    client.expect(b"hello!").or_probe(|_| {
        client.half_close()?;
        client.expect(b"hello!")?;
        comes_when(run, &server)
    })?;
    let mut again = || -> Verdict {
        client.send(b"and once more")?;
        client.expect(b"and once more")
    };
    again().or_probe(|failure| {
        if failure.cause == Cause::Silence {
            return Ok(None);
        }
        run.note("a further experiment: a client that says one thing and waits");
        let mut client = server.connect()?;
        client.send(b"just this")?;
        client.expect(b"just this")?;
        let more = client.pending(Duration::from_millis(500))?;
        Ok((more.is_empty() && client.has_ended()).then_some("one_answer_per_client"))
    })
}

/// The answer came after the half-close. But what was it that brought it: a line's end would have
/// done, or a full buffer, or nothing but the end?
fn comes_when(run: &Run, server: &Server) -> Verdict<Option<&'static str>> {
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

/// A failure means that the end of the stream is not understood: it is a read of 0 bytes.
fn half_close(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut client = server.connect()?;
    let pieces: Vec<String> = (1..=20).map(|number| format!("piece {number}, ")).collect();
    for piece in &pieces {
        client.send(piece.as_bytes())?;
    }
    client.half_close()?;
    client.expect(pieces.concat().as_bytes())?;
    client.expect_end().or_probe(|failure| {
        let is_spinning = failure.cause == Cause::Silence && stays_busy(&server, &mut client)?;
        Ok(is_spinning.then_some("takes_the_end_for_nothing_yet"))
    })
}

/// Whether a server that has nothing more to hear computes on: 200 ms of a processor within 2 s,
/// never asleep.
fn stays_busy(server: &Server, client: &mut TcpPeer) -> Verdict<bool> {
    let before = server.cpu()?;
    for _ in 0..100 {
        client.pending(Duration::from_millis(20))?;
        if server.asleep() || client.has_ended() {
            return Ok(false);
        }
        if server.cpu()? >= before + Duration::from_millis(200) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A failure means that the server accepts once, or that a conversation that is over keeps it.
fn next_client(run: &mut Run) -> Verdict {
    let server = run.server()?;
    exchange(&server, b"the first").map(TcpPeer::close)?;
    exchange(&server, b"the second").map(drop).or_probe(|failure| {
        if failure.cause == Cause::Silence {
            return Ok(None); // it is there, and does not answer
        }
        let ended_well = server.wait_exit()?.code == Some(0);
        Ok(ended_well.then_some("ends_with_its_first_client"))
    })
}

/// Three ways to vanish: after an answer, with answers unread, and without a word. A failure means
/// that an error of one conversation is passed up to where it ends them all.
fn survives_reset(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut after_an_answer = server.connect()?;
    after_an_answer.send(b"hello!")?;
    after_an_answer.expect(b"hello!")?;
    after_an_answer.reset()?;
    let goes_on = || {
        exchange(&server, b"still there?").map(drop).or_probe(|failure| {
            if failure.cause == Cause::Silence {
                return Ok(None); // it is there, and does not answer
            }
            // By a signal would be another story: SIGPIPE, where a program lets it.
            let has_ended = server.wait_exit()?.code.is_some();
            Ok(has_ended.then_some("one_reset_ends_the_server"))
        })
    };
    goes_on()?;
    let mut with_answers_unread = server.connect()?;
    with_answers_unread.send(&Pattern::new(run.seed()).bytes(256 * 1024))?;
    with_answers_unread.reset()?;
    server.connect()?.reset()?;
    goes_on()
}

/// Pieces of random sizes, up to 8 KiB; a random half of them waits until all before has come
/// back. A failure means that something depends on how the bytes happen to arrive.
fn random_chunks(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let pattern = Pattern::new(run.seed());
    let mut client = server.connect()?;
    let (mut sent, mut back) = (0, 0);
    let mut talk = || -> Verdict {
        while sent < 40_000 {
            let most = 1 << run.random().u32(0..=13);
            // The first is a large one, and comes alone: it fills more than a small buffer.
            let size = if sent == 0 { 5000 } else { run.random().usize(1..=most) };
            client.send(pattern.window(sent, size))?;
            sent += size;
            if sent == 5000 || run.random().bool() {
                client.expect_pattern(&pattern, back, sent)?;
                back = sent;
            }
        }
        client.half_close()?;
        client.expect_pattern(&pattern, back, sent)
    };
    talk().or_probe(|_| cuts_each_read(run, &server))
}

/// Two pieces of different sizes come back cut at the same length, and the conversation goes on.
fn cuts_each_read(run: &Run, server: &Server) -> Verdict<Option<&'static str>> {
    run.patience(Duration::from_secs(1));
    run.note("further experiments: pieces of 4000 and of 6000 bytes");
    let kept = |size: usize| -> Verdict<usize> {
        let mut client = server.connect()?;
        let piece = vec![b'x'; size];
        client.send(&piece)?;
        let length = match client.expect(&piece) {
            Err(Trouble::Failed(failure)) if failure.cause == Cause::Silence => {
                failure.received.len()
            }
            other => other.map(|()| size)?,
        };
        client.send(b"and on")?;
        client.expect(b"and on")?;
        Ok(length)
    };
    let (of_4000, of_6000) = (kept(4000)?, kept(6000)?);
    Ok((0 < of_4000 && of_4000 < 4000 && of_4000 == of_6000).then_some("cuts_each_read"))
}

/// 16 MiB through the client, against a server that doesn't read while it can't write. A failure
/// means that the client sends everything before it reads anything, or loses a part.
fn large_both_ways(run: &mut Run) -> Verdict {
    let all = long_lines(run, 16 * MIB);
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).output_limit(17 * MIB).start()?;
    client.write_stdin(&all);
    client.close_stdin();
    host.accept()?.echo().map(drop).or_probe(|failure| match failure.cause {
        Cause::Blocked => patient_server_is_enough(run, &all),
        Cause::Reset => ends_before_the_server(run),
        _ => Ok(None),
    })?;
    let client = client.finished()?;
    let printed = &client.output.stdout;
    expect_all(&all, printed).or_probe(|_| match all.starts_with(printed) {
        true => ends_before_the_server(run),
        false => leaves_gaps(run),
    })?;
    client.expect_code(0)
}

/// Random bytes in lines of about 5000: where a program's output is held back at line ends, this
/// gives it long lines and parts of lines to deal with.
fn long_lines(run: &Run, length: usize) -> Vec<u8> {
    let mut block = Pattern::new(run.seed()).bytes(65_521);
    for (at, byte) in block.iter_mut().enumerate() {
        match *byte {
            _ if at % 5000 == 4999 => *byte = b'\n',
            b'\n' => *byte = b'.',
            _ => {}
        }
    }
    let mut all = block.repeat(length.div_ceil(block.len()));
    all.truncate(length);
    all
}

fn expect_all(all: &[u8], printed: &[u8]) -> Verdict {
    if printed == all {
        return Ok(());
    }
    let at = printed.iter().zip(all).position(|(got, wanted)| got != wanted);
    let at = at.unwrap_or(printed.len().min(all.len()));
    let part = |bytes: &[u8]| bytes[at..bytes.len().min(at + 24)].to_vec();
    let (got, wanted) = (printed.len(), all.len());
    let message = format!("{got} bytes were printed instead of {wanted}; byte {at} is wrong");
    Err(Failure::bytes(message, &part(all), &part(printed)).into())
}

/// The client stopped reading while its own sending was blocked. If it does well with a server
/// that reads everything before it writes anything, it is the order that is wrong.
fn patient_server_is_enough(run: &Run, all: &[u8]) -> Verdict<Option<&'static str>> {
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

/// The client hung up in the middle. Does a small reply's first piece end it, too, while the server
/// has not ended?
fn ends_before_the_server(run: &Run) -> Verdict<Option<&'static str>> {
    run.note("a further experiment: a server that sends a piece and does not close");
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).arg("hello!").start()?;
    let mut peer = host.accept()?;
    peer.expect(b"hello!")?;
    peer.send(b"one piece")?;
    let ended_well = client.wait_exit()?.code == Some(0);
    Ok((ended_well && client.stdout() == b"one piece").then_some("ends_before_the_server"))
}

/// What comes later is printed, a part of what came before is not.
fn leaves_gaps(run: &Run) -> Verdict<Option<&'static str>> {
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

/// A failure means that the server reads on although it can't write, and keeps what it has read,
/// or that it gives up on a client that only takes its time.
fn stalled_reader(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let pattern = Pattern::new(run.seed());
    let mut client = server.connect()?;
    client.send(pattern.window(0, 64_000))?; // warm: what a conversation needs at all is there
    client.expect_pattern(&pattern, 0, 64_000)?;
    let before = server.memory()?;
    let taken = client.send_until_blocked(&pattern, 64 * MIB)?;
    let grown = server.memory()?.saturating_sub(before);
    if grown >= 8 * MIB as u64 {
        let failure = Failure::new("the server's memory grows while its client does not read");
        let (grown, taken_in) = (grader::size(grown), grader::size(taken as u64));
        let got = format!("{grown} more, after it took in {taken_in}");
        let failure = failure.expected("less than 8 MiB more").got(got);
        return Err(failure.into()).or_probe(|_| {
            run.note("is everything still there?");
            client.half_close()?;
            client.expect_pattern(&pattern, 0, taken)?;
            Ok(Some("queues_without_bound"))
        });
    }
    client.half_close()?;
    client.expect_pattern(&pattern, 0, taken).or_probe(|failure| match failure.cause {
        Cause::Differs { .. } => quick_reader_loses_nothing(run, &server, &pattern),
        _ => Ok(None),
    })?;
    client.expect_end()
}

/// As much as got lost, but taken piece by piece as it comes.
fn quick_reader_loses_nothing(
    run: &Run,
    server: &Server,
    pattern: &Pattern,
) -> Verdict<Option<&'static str>> {
    run.note("a further experiment: 16 MiB, each piece read before the next is sent");
    let mut client = server.connect()?;
    for at in (0..16 * MIB).step_by(32 * 1024) {
        client.send(pattern.window(at, 32 * 1024))?;
        client.expect_pattern(pattern, at, at + 32 * 1024)?;
    }
    Ok(Some("loses_what_is_not_taken"))
}

/// In use, refused, malformed.
fn errors_are_clear(run: &mut Run) -> Verdict {
    errors::tcp_port_in_use(run, "server")?;
    errors::tcp_refused(run, "client", &["hello!"])?;
    errors::bad_address(run, "server")?;
    errors::bad_address(run, "client")
}

/// The server ends first, so that TIME-WAIT is its side's. A failure means that the address is
/// bound without SO_REUSEADDR.
fn restarts_at_once(run: &mut Run) -> Verdict {
    let first = run.server()?;
    let mut client = first.connect()?;
    client.send(b"hello!")?;
    client.expect(b"hello!")?;
    first.kill()?;
    client.expect_end()?;
    client.close();
    let second = run.program("server").addr(first.addr()).listen().or_probe(|_| {
        run.note("all its processes are gone; can the grader listen there?");
        let held = std::net::TcpListener::bind(first.addr())
            .is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse);
        Ok(held.then_some("port_left_in_time_wait"))
    })?;
    exchange(&second, b"and again").map(drop)
}
