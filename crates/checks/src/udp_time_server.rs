//! The checks of the lesson udp-time-server.
//!
//! A server's answer is compared with the grader's own clock, read just before the question and
//! just after the answer ([`clock`]), in a zone that the grader chose ([`zones`]). The client is
//! asked by, and answered from, sockets of the grader ([`client`]).

mod client;
mod clock;
mod zones;

use std::time::Duration;

use client::{asks_again, counts_and_intervals, silent_server, stranger_ignored};
use clock::{Asker, FULL};
use grader::{Cause, Failure, Probe, Run, Server, Suite, Verdict, check, quoted_start};

use crate::errors;
use crate::refusal::is_refused;

/// The longest reply, in bytes.
const LONGEST_REPLY: usize = 1024;

/// The largest request, in bytes: all that UDP carries, or what this system lets one send.
const LARGEST_REQUEST: usize = if cfg!(target_os = "macos") { 9216 } else { grader::MOST_UDP_DATA };

/// The lesson's checks.
pub(crate) const SUITE: Suite = Suite {
    lesson: "udp-time-server",
    checks: &[
        check!(tells_the_time, waits),
        check!(literal_text),
        check!(default_format),
        check!(three_zones, waits),
        check!(bad_formats),
        check!(bad_bytes),
        check!(bounded_reply),
        check!(counts_and_intervals, waits),
        check!(asks_again, waits),
        check!(stranger_ignored, waits),
        check!(silent_server, waits),
        check!(twenty_clients),
        check!(errors_are_clear),
    ],
};

/// Fails when no reply comes, when it is not the time, or when the clock was read only once.
fn tells_the_time(run: &mut Run) -> Verdict {
    let (server, east) = zones::server_at_home(run)?;
    let mut client = Asker::of(&server)?;
    let first = client.ask(FULL)?;
    first.expect(FULL, east).or_probe(|_| client.is_told_the_same_whatever_it_asks())?;
    client.hears_nothing_for(Duration::from_millis(1100))?;
    let second = client.ask(FULL)?;
    second.expect(FULL, east).or_probe(|_| {
        let turned = "%S %M %H %d %m %Y";
        let third = client.ask(turned)?.dated_like(&first);
        let stands_still = second.bytes == first.bytes && third.is(turned, east);
        Ok(stands_still.then_some("clock_read_once"))
    })?;
    let every = "%y-%j %S:%M:%H %d.%m.%Y";
    let answer = client.ask(every)?;
    answer.expect(every, east).or_probe(|_| client.is_told_the_same_whatever_it_asks())
}

/// Fails when the request is not taken as it is: as UTF-8, with all that is no specifier in it.
fn literal_text(run: &mut Run) -> Verdict {
    let (server, east) = zones::server_at_home(run)?;
    let mut client = Asker::of(&server)?;
    for format in ["100%%", "时间%H", "%Y-%m\\%d %H:%M:%S", " {}%%n \\n 🦀 "] {
        let answer = client.ask(format)?;
        answer.expect(format, east).or_probe(|_| {
            let by_bytes: String = format.bytes().map(char::from).collect();
            Ok(answer.is(&by_bytes, east).then_some("bytes_as_characters"))
        })?;
    }
    Ok(())
}

/// Fails when a datagram of 0 bytes is taken for the end of something, or for no datagram.
fn default_format(run: &mut Run) -> Verdict {
    let (server, east) = zones::server_at_home(run)?;
    let answer = Asker::of(&server)?.ask("").or_probe(|_| {
        let ended = server.has_ended() && server.wait_exit()?.code == Some(0);
        let taken_for_the_end = ended || lives(&server);
        Ok(taken_for_the_end.then_some("empty_taken_for_the_end"))
    })?;
    let renders_nothing = answer.bytes.is_empty();
    answer.expect(FULL, east).or_probe(|_| Ok(renders_nothing.then_some("empty_rendered")))
}

/// Fails when the time is UTC's, or when the distance from it is asked for only once.
fn three_zones(run: &mut Run) -> Verdict {
    for zone in ["UTC", "Asia/Shanghai", "America/New_York"] {
        let mut east = zones::seconds_east(zone)?;
        let server = zones::server_in(run, zone)?;
        let answer = Asker::of(&server)?.ask(FULL)?;
        if !answer.is(FULL, east) {
            east = zones::seconds_east(zone)?; // clocks may be changed at this very moment
        }
        answer.expect(FULL, east).or_probe(|_| {
            let everywhere =
                answers_in_utc(run, "Asia/Shanghai")? && answers_in_utc(run, "America/New_York")?;
            Ok(everywhere.then_some("answers_in_utc"))
        })?;
    }
    zones::when_clocks_change(run)
}

/// Fails when a format that cannot be rendered is rendered all the same, or ends the server.
fn bad_formats(run: &mut Run) -> Verdict {
    let (server, east) = zones::server_at_home(run)?;
    let mut client = Asker::of(&server)?;
    for format in ["%Q", "%", "%E", "%100000Y", "%H:%M %Q"] {
        expect_refusal(&mut client, format.as_bytes()).or_probe(|failure| {
            Ok(match failure.cause {
                Cause::Silence if lives(&server) => Some("bad_format_ignored"),
                Cause::Silence => None,
                Cause::Exited if ended_by_formatting(&server)? => Some("bad_format_panics"),
                Cause::Exited if ended_with_an_error(&server)? => Some("bad_format_is_the_end"),
                Cause::Exited => None,
                _ if failure.received == format.as_bytes() => Some("bad_format_is_text"),
                _ if failure.received.is_empty() => Some("bad_format_is_empty"),
                _ => None,
            })
        })?;
    }
    client.ask(FULL)?.expect(FULL, east)
}

/// Fails when bytes that are not UTF-8 are taken for text, or end the server.
fn bad_bytes(run: &mut Run) -> Verdict {
    let (server, east) = zones::server_at_home(run)?;
    let mut client = Asker::of(&server)?;
    for request in [b"\xff".as_slice(), b"\xe6\x97", b"%%\xff%%"] {
        expect_refusal(&mut client, request).or_probe(|failure| {
            let replaced = String::from_utf8_lossy(request).replace("%%", "%");
            Ok(match failure.cause {
                Cause::Silence if lives(&server) => Some("not_utf8_ignored"),
                Cause::Exited if server.wait_exit()?.code == Some(101) => Some("not_utf8_panics"),
                _ if failure.received == replaced.as_bytes() => Some("not_utf8_replaced"),
                _ => None,
            })
        })?;
    }
    client.ask("\0%H\0")?; // any answer is right, none is not
    client.ask(FULL)?.expect(FULL, east)
}

/// Fails when a buffer cuts a request, or when a reply may be as long as the asker likes.
fn bounded_reply(run: &mut Run) -> Verdict {
    let (server, east) = zones::server_at_home(run)?;
    let mut client = Asker::of(&server)?;
    let longest = "x".repeat(LONGEST_REPLY);
    for format in [longest.clone(), "%%".repeat(LONGEST_REPLY)] {
        let answer = client.ask(&*format)?;
        answer.expect(&format, east).or_probe(|_| is_request_cut(&mut client))?;
    }
    let too_long = [longest + "x", "时".repeat(400), "%Y".repeat(300), "x".repeat(LARGEST_REQUEST)];
    for format in too_long {
        expect_refusal(&mut client, format.as_bytes())
            .or_probe(|failure| what_bounds_a_reply(&mut client, &format, &failure.received))?;
    }
    client.ask(FULL)?.expect(FULL, east)
}

/// Fails when the server remembers something of one client and uses it for another.
fn twenty_clients(run: &mut Run) -> Verdict {
    let (server, east) = zones::server_at_home(run)?;
    let mut clients = twenty_with_words(run, &server)?;
    let (first, format) = &mut clients[0];
    first.ask(&**format)?.expect(format, east)?;
    run.random().shuffle(&mut clients[1..]);
    let mut asked = Vec::new();
    for (client, format) in &mut clients {
        asked.push(client.send(format.as_bytes())?);
    }
    for number in (0..clients.len()).rev() {
        let (client, format) = &mut clients[number];
        let format = format.clone();
        let answer = client
            .answer(asked[number])
            .or_probe(|_| what_the_first_has(&server, &mut clients[0].0, &format))?;
        answer.expect(&format, east)?;
    }
    Ok(())
}

/// The clients, each with a format unlike the others'.
fn twenty_with_words(run: &mut Run, server: &Server) -> Verdict<Vec<(Asker, String)>> {
    let mut clients = Vec::new();
    for number in 1..=20 {
        let word = run.random().u32(..);
        clients.push((Asker::of(server)?, format!("client {number}, word {word:x}: %H %j")));
    }
    Ok(clients)
}

/// Fails when the server starts on a port it cannot have, or says too little about why not.
fn errors_are_clear(run: &mut Run) -> Verdict {
    errors::udp_port_in_use(run, "server")?;
    errors::bad_address(run, "server")?;
    errors::bad_address(run, "client")
}

/// A probe: whether a server in `zone` answers in UTC.
fn answers_in_utc(run: &Run, zone: &str) -> Verdict<bool> {
    let server = zones::server_in(run, zone)?;
    Ok(Asker::of(&server)?.ask(FULL)?.is(FULL, 0))
}

/// A probe: whether a request is cut. One that is gives a short reply also where no reply is long.
fn is_request_cut(client: &mut Asker) -> Verdict<Option<&'static str>> {
    let (cut, again) = (client.ask("%%".repeat(700))?, client.ask("%%".repeat(900))?);
    let is_start = cut.bytes.len() < 700 && cut.bytes.iter().all(|byte| *byte == b'%');
    Ok((is_start && cut.bytes == again.bytes).then_some("request_cut"))
}

/// A probe: `reply` came where `format` should be refused. Is a reply cut, not bounded at all, or
/// bounded in characters?
fn what_bounds_a_reply(
    client: &mut Asker,
    format: &str,
    reply: &[u8],
) -> Verdict<Option<&'static str>> {
    if Some(reply) == format.as_bytes().get(..LONGEST_REPLY) {
        return Ok(Some("reply_cut"));
    }
    let whole = client.ask("x".repeat(2000))?.bytes.len() == 2000;
    let in_characters = !whole && client.ask("é".repeat(1000))?.bytes.len() == 2000;
    Ok(match (whole, in_characters) {
        (true, _) => Some("reply_unbounded"),
        (false, true) => Some("characters_counted"),
        (false, false) => None,
    })
}

/// A probe: a client got no answer to `format`. Has the first one got it, or is the server
/// connected to that one?
fn what_the_first_has(
    server: &Server,
    first: &mut Asker,
    format: &str,
) -> Verdict<Option<&'static str>> {
    if first.has_heard(&format[..16])? {
        return Ok(Some("answers_the_first"));
    }
    let first_is_served = first.ask(FULL).is_ok();
    let refused = first_is_served && is_refused(server.addr(), FULL.as_bytes());
    Ok(refused.then_some("connected_to_the_first"))
}

/// Whether the server answers somebody else's plain question.
fn lives(server: &Server) -> bool {
    Asker::of(server).and_then(|mut other| other.ask(FULL)).is_ok()
}

/// Whether the server ended with the words of `to_string` or `format!` for a value that refuses to
/// be shown.
fn ended_by_formatting(server: &Server) -> Verdict<bool> {
    server.wait_exit()?;
    let said = String::from_utf8_lossy(&server.stderr()).into_owned();
    Ok(said.contains("Display implementation returned an error")
        || said.contains("formatting trait implementation returned an error"))
}

/// Whether the server ended by itself, and neither with a panic nor by a signal.
fn ended_with_an_error(server: &Server) -> Verdict<bool> {
    Ok(server.wait_exit()?.code.is_some_and(|code| code != 101))
}

/// Asks what must be refused.
fn expect_refusal(client: &mut Asker, request: &[u8]) -> Verdict {
    let reply = client.ask(request)?.bytes;
    if reply.starts_with(b"error:") && reply.len() <= LONGEST_REPLY {
        return Ok(());
    }
    let message = match reply.len() {
        0..=LONGEST_REPLY => "what must be refused was answered otherwise",
        _ => "the reply is longer than 1024 bytes",
    };
    let mut failure = Failure::new(message)
        .expected("a reply that begins \"error:\", at most 1024 bytes")
        .got(format!("{}  {}", quoted_start(&reply, 48), grader::size(reply.len() as u64)));
    failure.received = reply;
    Err(failure.into())
}
