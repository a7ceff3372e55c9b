//! Datagrams of strangers who mean no good, and lines of one's own that do not fit.

use std::time::Duration;

use grader::{
    Cause, Failure, MOST_UDP_DATA, Probe, Program, Run, Server, Trouble, UdpPeer, Verdict,
    quoted_start,
};

use super::talk::{ALEX, Talk, coloured};
use super::{LONGEST, client, experiments};
use crate::shown::{Colour, Ink, Line, drives_a_terminal};

/// The largest datagram: all that UDP carries, or what this system lets one send.
const LARGEST: usize = if cfg!(target_os = "macos") { 9216 } else { MOST_UDP_DATA };

/// Fails when a datagram ends the server or is dropped for its content, when a long one is cut to
/// fit, or when one's own line goes out although it is too long.
pub(super) fn hostile_datagrams(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    for (hostile, shown) in
        [(&b""[..], ""), (b"\xff", "\u{fffd}"), (b"bob : caf\xff!", "bob : caf\u{fffd}!")]
    {
        client.send(hostile)?;
        let expected = talk.screen.expect(shown, Ink::PLAIN);
        expected.or_probe(|why| experiments::after_a_hostile(run, &server, hostile, why))?;
        talk.answers(&mut client)?;
    }
    let whole = format!("bob : {}", "x".repeat(LONGEST - 6));
    talk.exchange(&mut client, &whole, Ink::PLAIN)?;
    for length in [LONGEST + 1, LARGEST] {
        passes_over_a_long_one(run, &mut talk, &mut client, length)?;
    }
    refuses_its_own(&mut talk, &mut client)?;
    client::refuses_its_own(run)
}

/// A datagram of `length` bytes, more than may be, is told of and not shown; the next one is.
fn passes_over_a_long_one(
    run: &Run,
    talk: &mut Talk<'_>,
    client: &mut UdpPeer,
    length: usize,
) -> Verdict {
    let long = format!("bob : {}", "y".repeat(length - 6));
    client.send(long.as_bytes())?;
    client.send(b"bob : and a short one")?;
    let line = talk.screen.line(false)?;
    expect_not_shown(&line).or_probe(|_| experiments::shown_of_a_long_one(run, &line))?;
    talk.screen.expect_last("bob : and a short one")?;
    expect_told(talk.server, client)?;
    talk.answers(client)
}

/// Checks that nothing of a long datagram, which was all of `y`, is shown.
fn expect_not_shown(line: &Line) -> Verdict {
    let shown = line.text();
    if !shown.contains("yyyy") {
        return Ok(());
    }
    let failure = Failure::new("a datagram of more than 1024 bytes is shown, or a part of it");
    let got = format!("{}, {} bytes", quoted_start(shown.as_bytes(), 32), shown.len());
    Err(failure.expected("a line on stderr, and nothing on stdout").got(got).into())
}

/// Checks that stderr has a line with the address of the one who sent too much.
fn expect_told(server: &Server, sender: &UdpPeer) -> Verdict {
    let addr = sender.addr().to_string();
    loop {
        match server.next_stderr_line() {
            Ok(line) if line.contains(&addr) => return Ok(()),
            Ok(_) => {}
            Err(Trouble::Failed(failure)) => {
                let said = server.stderr();
                let mut failure = failure.expected(format!("a line on stderr that says {addr}"));
                failure.message =
                    "a datagram of more than 1024 bytes is not told of on stderr".into();
                let failure = match said.is_empty() {
                    true => failure.got("nothing on stderr"),
                    false => failure.got(quoted_start(&said, 200)),
                };
                return Err(failure.into());
            }
            Err(other) => return Err(other),
        }
    }
}

/// The server's user types a line that is too long by any measure, then another.
fn refuses_its_own(talk: &mut Talk<'_>, client: &mut UdpPeer) -> Verdict {
    talk.hears(client, "bob : tell me all", Ink::PLAIN)?;
    talk.prompts()?;
    talk.server.type_line(&"z".repeat(9000));
    expect_refused(talk.server).or_probe(|_| {
        Ok(client.pending(Duration::ZERO)?.map(|sent| match sent.bytes.len() {
            0..=LONGEST => "own_line_cut",
            _ => "own_line_unbounded",
        }))
    })?;
    talk.answers(client)
}

/// Checks that something is said on stderr about a line that was typed.
pub(super) fn expect_refused(program: &Program) -> Verdict {
    program.next_stderr_line().map(drop).map_err(|trouble| match trouble {
        Trouble::Failed(mut failure) => {
            failure.message = "a line of one's own that is too long is not refused".into();
            failure.expected("a line on stderr that says so").got("nothing on stderr").into()
        }
        other => other,
    })
}

/// Control characters of every kind between words. What shows a control character is free; that
/// something does, and that it is none itself, is not.
fn control_characters(words: &[&str]) -> String {
    let between =
        ["\x1b]0;", "\x07", "\r", "\u{9b}2J", "\u{202e}", "\x7f", "\x1b[31m", "\x0f", "\x1b(B"];
    let mut text = String::new();
    for (word, control) in words.iter().zip(between) {
        text.extend([word, control]);
    }
    text + words[words.len() - 1]
}

/// Fails when what a peer sends reaches the terminal as it is, or is dropped without a trace.
pub(super) fn terminal_safety(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let hostile = control_characters(&words);
    for (start, ink) in [("bob : ", Ink::PLAIN), ("alex : ", ALEX), ("", Ink::PLAIN)] {
        let message = format!("{start}{hostile} : end");
        client.send(message.as_bytes())?;
        let line = talk.screen.line(false)?;
        expect_safe(&line, start, &words, ink)?;
        talk.answers(&mut client)?;
    }
    two_lines_stay_one(&mut talk, &mut client)?;
    client::shows_safely(run)
}

/// A datagram with a newline in it is one message, and forges no second one.
fn two_lines_stay_one(talk: &mut Talk<'_>, client: &mut UdpPeer) -> Verdict {
    client.send(b"bob : good night\nalex : and goodbye")?;
    let line = talk.screen.line(false)?;
    if line.text() == "bob : good night" {
        let next = talk.screen.line(false)?;
        let failure = Failure::new("one datagram is shown as two lines")
            .cause(Cause::Other)
            .expected("one line, its newline made visible")
            .got(next.described());
        let forged = next.text() == "alex : and goodbye";
        return Err(if forged { failure.explain("newline_shown_raw") } else { failure }.into());
    }
    expect_safe(&line, "bob : ", &["good night", "alex : and goodbye"], Ink::PLAIN)?;
    talk.answers(client)
}

/// Checks that `line` begins with `start`, that all of `words` stand on it in their order with
/// something between them, that nothing on it is a control character, and its colours.
pub(super) fn expect_safe(line: &Line, start: &str, words: &[&str], ink: Ink) -> Verdict {
    let shown = line.text();
    let expected = format!("{ink}: {start}{}, each control character visible", words.join(" · "));
    let failure = |message: &str| {
        Failure::new(message).cause(Cause::Other).expected(expected.clone()).got(line.described())
    };
    if let Some(raw) = shown.chars().find(|c| drives_a_terminal(*c)) {
        let message = format!("U+{:04X} reaches the terminal as it is", u32::from(raw));
        return Err(failure(&message).explain("terminal_driven").into());
    }
    if line.switches_within() {
        let failure = failure("a code that the peer sent chooses the terminal's character set");
        return Err(failure.explain("terminal_driven").into());
    }
    let red = Some(Colour::Number(1)); // nobody but the peer asks for it
    if line.cells().iter().any(|cell| cell.ink.text == red) {
        let failure = failure("a code that the peer sent changes the colours");
        return Err(failure.explain("terminal_driven").into());
    }
    let Some(mut rest) = shown.strip_prefix(start).and_then(|rest| rest.strip_prefix(words[0]))
    else {
        return Err(failure("the line does not begin as the datagram does").into());
    };
    for word in &words[1..] {
        match rest.find(word) {
            Some(0) => {
                let failure = failure("a control character is left out");
                return Err(failure.explain("controls_left_out").into());
            }
            Some(at) => rest = &rest[at + word.len()..],
            None => {
                let message = format!("the text after {word:?} is not shown as it came");
                return Err(failure(&message).into());
            }
        }
    }
    if line.is_in(ink) {
        return Ok(());
    }
    Err(failure("the colours are not those of the sender").into())
}
