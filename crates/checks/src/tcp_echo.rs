//! The checks of the lesson tcp-echo: the echo service of RFC 862 over TCP.
//!
//! Order matters here: a check asks for one thing and leaves the rest to a later one. So the first
//! four half-close before they expect the answer, which a server that answers only at the end of
//! the stream survives; `replies_before_close` is about that, and `half_close` about how the
//! stream ends. What is tried when a check has failed stands in [`experiments`].

use std::time::Duration;

use grader::{
    Cause, Check, Failure, Finished, Pattern, Probe, Run, Server, Suite, TcpPeer, Trouble, Verdict,
    check,
};

use crate::errors;

mod experiments;

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

/// A failure means that the server does not answer at all, or with something else.
fn echoes_hello(run: &mut Run) -> Verdict {
    let server = run.server()?;
    exchange(&server, b"hello!").map(drop).or_probe(|_| experiments::silent_client(run, &server))
}

/// The reply is not what was sent, so that a client that prints its own message shows. A failure
/// means that the client waits for ever, or adds to what it sends or prints.
fn client_prints_reply(run: &mut Run) -> Verdict {
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).arg("hello!").start()?;
    let mut peer = host.accept()?;
    peer.expect(b"hello!")?;
    peer.expect_end().or_probe(|failure| match failure.cause {
        Cause::Silence => experiments::server_closes_first(run),
        Cause::Differs { .. } => experiments::other_message(run, &failure.received),
        _ => Ok(None),
    })?;
    let reply = b"!olleh, and a little more";
    peer.send(reply)?;
    peer.close();
    let client = client.finished()?;
    client.expect_stdout(reply).or_probe(|_| experiments::other_reply(run))?;
    client.expect_code(0)
}

/// A failure means that the answer does not depend on how much was read.
fn one_byte(run: &mut Run) -> Verdict {
    let server = run.server()?;
    exchange(&server, b"x")
        .and_then(nothing_more)
        .or_probe(|failure| experiments::six_bytes_and_a_line(run, &server, &failure.received))
}

/// A failure means that somewhere bytes are taken for text, or that one of them means something.
fn every_byte_value(run: &mut Run) -> Verdict {
    let every: Vec<u8> = (0..=255).collect();
    let server = run.server()?;
    exchange(&server, &every)
        .and_then(nothing_more)
        .or_probe(|_| experiments::two_lines_and_text(run, &server))?;
    let client = client_fed(run, &every)?;
    client
        .expect_code(0)
        .and(client.expect_stdout(&every))
        .or_probe(|_| experiments::text_on_stdin(run))
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
        experiments::what_brings_the_answer(run, &server)
    })?;
    let mut again = || -> Verdict {
        client.send(b"and once more")?;
        client.expect(b"and once more")
    };
    again().or_probe(|failure| match failure.cause {
        Cause::Silence => Ok(None), // it is still connected
        _ => experiments::one_thing_said(run, &server),
    })
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
    client.expect_end().or_probe(|failure| match failure.cause {
        Cause::Silence => experiments::stays_busy(&server, &mut client),
        _ => Ok(None),
    })
}

/// A failure means that the server accepts once, or that a conversation that is over keeps it.
fn next_client(run: &mut Run) -> Verdict {
    let server = run.server()?;
    exchange(&server, b"the first").map(TcpPeer::close)?;
    exchange(&server, b"the second").map(drop).or_probe(|failure| {
        let has_ended = experiments::has_ended(&server, failure)?;
        Ok(has_ended.is_some_and(|code| code == 0).then_some("ends_with_its_first_client"))
    })
}

/// Three ways to vanish: after an answer, with answers unread, and without a word. A failure means
/// that an error of one conversation is passed up to where it ends them all.
fn survives_reset(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let goes_on = || {
        exchange(&server, b"still there?").map(drop).or_probe(|failure| {
            let has_ended = experiments::has_ended(&server, failure)?;
            Ok(has_ended.map(|_| "one_reset_ends_the_server"))
        })
    };
    let mut after_an_answer = server.connect()?;
    after_an_answer.send(b"hello!")?;
    after_an_answer.expect(b"hello!")?;
    after_an_answer.reset()?;
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
        while sent < 100_000 {
            let most = 1 << run.random().u32(0..=13);
            // The first is a large one, and comes alone: it fills more than most buffers.
            let size = if sent == 0 { 60_000 } else { run.random().usize(1..=most) };
            client.send(pattern.window(sent, size))?;
            sent += size;
            if sent == 60_000 || run.random().bool() {
                client.expect_pattern(&pattern, back, sent)?;
                back = sent;
            }
        }
        client.half_close()?;
        client.expect_pattern(&pattern, back, sent)
    };
    talk().or_probe(|_| experiments::pieces_of_two_sizes(run, &server))
}

/// 16 MiB through the client, against a server that doesn't read while it can't write; then a
/// server that ends while the client's stdin is open. A failure means that one direction waits for
/// the other: the client sends everything before it reads anything, or loses a part, or does not
/// end before its input does.
fn large_both_ways(run: &mut Run) -> Verdict {
    let all = long_lines(run, 16 * MIB);
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).output_limit(17 * MIB).start()?;
    client.write_stdin(&all);
    client.close_stdin();
    host.accept()?.echo().map(drop).or_probe(|failure| match failure.cause {
        Cause::Blocked => experiments::patient_server(run, &all),
        Cause::Reset => experiments::server_that_stays(run),
        _ => Ok(None),
    })?;
    let client = client.finished()?;
    let printed = &client.output.stdout;
    expect_all(&all, printed).or_probe(|_| match all.starts_with(printed) {
        true => experiments::server_that_stays(run),
        false => experiments::long_line_then_short(run),
    })?;
    client.expect_code(0)?;
    ends_with_the_server(run)
}

/// The server ends, and nobody has typed anything, nor the end of it. The client exits then.
fn ends_with_the_server(run: &Run) -> Verdict {
    let host = run.tcp_host()?;
    let client = run.program("client").addr(host.addr()).start()?;
    host.accept()?.close();
    client.expect_exit(0).or_probe(|failure| match failure.cause {
        Cause::Silence => experiments::end_of_its_input(run, &client),
        _ => Ok(None),
    })
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
    bounded(grown, taken).or_probe(|_| {
        run.note("is everything still there?");
        client.half_close()?;
        client.expect_pattern(&pattern, 0, taken)?;
        Ok(Some("queues_without_bound"))
    })?;
    client.half_close()?;
    client.expect_pattern(&pattern, 0, taken).or_probe(|failure| match failure.cause {
        Cause::Differs { .. } => experiments::quick_reader(run, &server, &pattern),
        _ => Ok(None),
    })?;
    client.expect_end()
}

fn bounded(grown: u64, taken: usize) -> Verdict {
    if grown < 8 * MIB as u64 {
        return Ok(());
    }
    let failure = Failure::new("the server's memory grows while its client does not read");
    let (grown, taken) = (grader::size(grown), grader::size(taken as u64));
    let got = format!("{grown} more, after it took in {taken}");
    Err(failure.expected("less than 8 MiB more").got(got).into())
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
    let again = run.program("server").addr(first.addr()).listen();
    let second = again.or_probe(|_| experiments::grader_listens_there(run, first.addr()))?;
    exchange(&second, b"and again").map(drop)
}
