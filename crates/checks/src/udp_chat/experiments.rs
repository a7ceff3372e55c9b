//! What is tried when a check of udp-chat has failed: one more experiment, whose outcome only one
//! misconception explains. It gives that misconception's id in lesson.toml, or `None`: open.
//!
//! Where what is shown is evidence by itself, no experiment is needed ([`seen_in_the_line`]).

use grader::{Cause, Failure, Run, Server, UdpPeer, Verdict};

use super::TAIBAI;
use super::talk::{ALEX, Talk, coloured};
use crate::MOMENT;
use crate::refusal::is_refused;
use crate::shown::{Colour, Ink, Line, Screen};

mod hostile;

pub(super) use hostile::{after_a_hostile, shown_of_a_long_one};

/// The confirmed misconception, if any.
pub(super) type Finding = Verdict<Option<&'static str>>;

/// How a server that was just started shows `message`.
fn fresh(run: &Run, message: &[u8]) -> Verdict<Line> {
    let server = coloured(run)?;
    server.udp()?.send(message)?;
    Screen::after_announcement(&server).line(message.is_empty())
}

/// Whether `message` makes a server panic that was just started.
fn ends(run: &Run, message: &[u8]) -> Verdict<bool> {
    let server = coloured(run)?;
    server.udp()?.send(message)?;
    let shown = Screen::after_announcement(&server).line(message.is_empty());
    Ok(shown.is_err() && server.has_ended() && server.wait_exit()?.code == Some(101))
}

/// The colours in which a new server shows `message`, if all of it is in the same.
fn fresh_ink(run: &Run, message: &str) -> Verdict<Option<Ink>> {
    let line = fresh(run, message.as_bytes())?;
    Ok(line.ink().filter(|_| line.text() == message))
}

/// Whether a server that was just started shows `message` and goes on to the next without having
/// asked its user for an answer.
fn goes_unanswered(run: &Run, message: &str) -> Verdict<bool> {
    let server = coloured(run)?;
    let mut screen = Screen::after_announcement(&server);
    let mut client = server.udp()?;
    client.send(message.as_bytes())?;
    screen.expect_text(message)?;
    client.send(b"bob : the next one")?;
    let goes_on = screen.expect_text("bob : the next one").is_ok();
    Ok(goes_on)
}

/// Whether a server that was just started shows the datagram after this one, but not this.
fn is_dropped(run: &Run, datagram: &[u8]) -> Verdict<bool> {
    let server = coloured(run)?;
    let mut screen = Screen::after_announcement(&server);
    let mut client = server.udp()?;
    client.send(datagram)?;
    client.send(b"bob : the next one")?;
    Ok(screen.expect_text("bob : the next one").is_ok())
}

/// What a line with wrong colours, or with colour codes in its text, says about its program.
pub(super) fn seen_in_the_line(screen: &Screen<'_>, text: &str, ink: Ink) -> Finding {
    let line = screen.last();
    if let Some((before, _)) = line.text().split_once(text) {
        // As in `␛[33;42malex : hi␛[0m`.
        let is_code = before.contains('[') && before.ends_with('m');
        if is_code && line.ink() == Some(Ink::PLAIN) {
            return Ok(Some("own_codes_made_visible"));
        }
    }
    if line.text() != text {
        return Ok(None);
    }
    if !line.ends_plain() {
        let next = screen.open_line(|line| line.begins_in().is_some())?;
        let finding =
            if next.begins_in() == line.end { "colour_not_reset" } else { "reset_after_the_line" };
        return Ok(Some(finding));
    }
    if ink == Ink::PLAIN {
        return Ok(None);
    }
    let seen = line.ink();
    let begins_right = line.cells().first().is_some_and(|cell| cell.ink == ink);
    Ok(match seen {
        Some(seen) if seen == (Ink { text: ink.ground, ground: ink.text }) => {
            Some("colours_swapped")
        }
        Some(seen) if seen != ink && without_brightness(seen) == ink => Some("bright_colours"),
        Some(seen) if seen == (Ink { ground: None, ..ink }) => Some("ground_left_out"),
        None if begins_right => Some("only_a_part_coloured"),
        _ => None,
    })
}

fn without_brightness(ink: Ink) -> Ink {
    let dark = |colour| match colour {
        Some(Colour::Number(number @ 8..16)) => Some(Colour::Number(number - 8)),
        other => other,
    };
    Ink { text: dark(ink.text), ground: dark(ink.ground) }
}

/// Two messages of unequal length take equally many characters: the whole buffer is shown.
pub(super) fn two_lengths(run: &Run) -> Finding {
    run.note("a further experiment: a long message, then a short one");
    let messages = ["bob : a message that is rather long", "bob : short"];
    let server = coloured(run)?;
    let mut screen = Screen::after_announcement(&server);
    let mut client = server.udp()?;
    let mut lengths = Vec::new();
    let mut padded = false;
    for message in messages {
        client.send(message.as_bytes())?;
        let line = screen.line(false)?;
        let text = line.text();
        let Some(behind) = text.strip_prefix(message) else { return Ok(None) };
        padded |= behind.starts_with(' ');
        lengths.push(line.cells().len());
        server.type_line("ok");
    }
    let all_alike = lengths[0] == lengths[1] && lengths[0] > messages[0].len();
    Ok((all_alike && !padded).then_some("rest_of_the_buffer"))
}

/// The prompt that did not come: does it, once the line has been typed and another is shown?
pub(super) fn prompt_after_typing(talk: &mut Talk<'_>, peer: &mut UdpPeer) -> Finding {
    let prompted = |server: &Server| server.stdout().windows(3).any(|it| it == b">>>");
    if prompted(talk.server) {
        return Ok(None); // it did come, but not as it should
    }
    talk.types();
    peer.send(b"bob : and now")?;
    talk.screen.expect_text("bob : and now")?;
    Ok(Some(if prompted(talk.server) { "prompt_held_back" } else { "no_prompt" }))
}

/// The answer came again where the next one was expected.
pub(super) fn came_again(before: &str, failure: &Failure) -> Option<&'static str> {
    (failure.received == before.as_bytes()).then_some("answered_twice")
}

/// The datagram that was expected, and a newline.
pub(super) fn newline_behind(expected: &[u8], got: &[u8]) -> Option<&'static str> {
    let behind = got.strip_prefix(expected)?;
    matches!(behind, b"\n" | b"\r\n").then_some("newline_sent")
}

/// No colour for `alex : …`, but for `alex: …`: the space is part of the name.
pub(super) fn name_as_it_stands(run: &Run) -> Finding {
    run.note("a further experiment: the name with a space behind it, and without");
    let untrimmed = fresh_ink(run, "alex : hi")? == Some(Ink::PLAIN)
        || fresh_ink(run, " alex: hi")? == Some(Ink::PLAIN);
    let exact = fresh_ink(run, "alex: hi")? == Some(ALEX);
    Ok((untrimmed && exact).then_some("name_not_trimmed"))
}

/// Which names and texts are coloured that should not be?
pub(super) fn nearly_alex(run: &Run) -> Finding {
    run.note("further experiments: names and texts that have alex in them");
    let coloured = |message: &str| -> Verdict<bool> { Ok(fresh_ink(run, message)? == Some(ALEX)) };
    Ok(if coloured("bob : hi alex")? {
        (!coloured("bob : hi")?).then_some("name_anywhere")
    } else if coloured("alexa : hi")? {
        (!coloured("malex : hi")?).then_some("name_begins_with")
    } else if coloured("ALEX : hi")? {
        Some("case_ignored")
    } else {
        None
    })
}

/// What does a second colon do?
pub(super) fn later_colons(run: &Run) -> Finding {
    run.note("further experiments: messages with one colon and with two");
    if fresh(run, b"bob : a:b")?.text() == "bob : a" {
        return Ok(Some("second_colon_ends_the_text"));
    }
    let by_the_last = fresh_ink(run, "alex : a:b")? == Some(Ink::PLAIN);
    if by_the_last && fresh_ink(run, "alex : ab")? == Some(ALEX) {
        return Ok(Some("name_up_to_the_last_colon"));
    }
    Ok(None)
}

/// A datagram without a colon was not shown, or not as text only.
pub(super) fn without_a_colon(run: &Run, server: &Server, failure: &Failure) -> Finding {
    if failure.cause == Cause::Ended {
        let panicked = server.wait_exit()?.code == Some(101);
        run.note("further experiments: the same words without a colon, and with one");
        let without = ends(run, b"just words")?;
        let only_without = without && !ends(run, b"just : words")?;
        return Ok((panicked && only_without).then_some("no_colon_ends_the_server"));
    }
    run.note("further experiments: a name with a colon, and without");
    if failure.cause == Cause::Silence {
        let dropped = is_dropped(run, b"no colon")? && !is_dropped(run, b"one : colon")?;
        return Ok(dropped.then_some("no_colon_dropped"));
    }
    let alone = fresh_ink(run, "alex")? == Some(ALEX) && fresh_ink(run, "太白")? == Some(TAIBAI);
    Ok(alone.then_some("text_taken_for_the_name"))
}

/// Does `：` do what `:` does?
pub(super) fn full_width(run: &Run) -> Finding {
    run.note("a further experiment: the full-width colon");
    let as_one = fresh_ink(run, "alex：hi")? == Some(ALEX)
        || goes_unanswered(run, "bob：q")? && !goes_unanswered(run, "bob：r")?;
    Ok(as_one.then_some("full_width_taken_for_a_colon"))
}

/// The second client's message is not shown, and the system refuses what newcomers send: the
/// server's socket is connected to the first.
pub(super) fn second_client_is_refused(server: &Server) -> Finding {
    let refused = !server.has_ended() && is_refused(server.addr(), b"eve : hello");
    Ok(refused.then_some("connected_to_the_first"))
}

/// The answer lies at `other`, who was not meant.
pub(super) fn went_to(other: &mut UdpPeer, answer: &str) -> Finding {
    while let Some(datagram) = other.pending(MOMENT)? {
        if datagram.bytes == answer.as_bytes() {
            return Ok(Some("answers_somebody_else"));
        }
    }
    Ok(None)
}

/// Another answer than the last one came, or none. Is it the one `before`, which was somebody
/// else's, or does the last one lie at `other`?
pub(super) fn whose_answer(
    before: &str,
    failure: &Failure,
    other: &mut UdpPeer,
    answer: &str,
) -> Finding {
    if failure.received == before.as_bytes() {
        return Ok(Some("answers_everybody"));
    }
    went_to(other, answer)
}

/// Answers go astray among clients of one name. Among others?
pub(super) fn names_of_their_own(run: &Run) -> Finding {
    run.note("a further experiment: the same with a name for each");
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let (mut ann, mut ben) = (server.udp()?, server.udp()?);
    for round in 1..=2 {
        talk.exchange(&mut ann, &format!("ann : {round}"), Ink::PLAIN)?;
        talk.exchange(&mut ben, &format!("ben : {round}"), Ink::PLAIN)?;
    }
    Ok(Some("known_by_name"))
}

/// After `alex : q` the next message was not shown.
pub(super) fn after_a_q(
    run: &Run,
    talk: &mut Talk<'_>,
    alex: &mut UdpPeer,
    failure: &Failure,
) -> Finding {
    if failure.cause == Cause::Ended {
        let by_itself = talk.server.wait_exit()?.code.is_some_and(|code| code != 101);
        return Ok(by_itself.then_some("a_clients_q_ends_the_server"));
    }
    talk.types();
    if went_to(alex, talk.answer())?.is_none() {
        return Ok(None);
    }
    run.note("further experiments: `q` alone, and without the space before it");
    let bare_is_known = goes_unanswered(run, "q")?;
    Ok(Some(match bare_is_known {
        true if goes_unanswered(run, "alex :q")? => "space_kept",
        true => "whole_datagram_compared",
        false => "goodbye_answered",
    }))
}

/// What else is taken for a goodbye?
pub(super) fn nearly_q(run: &Run) -> Finding {
    run.note("further experiments: texts that are nearly `q`");
    let gone = |text: &str| goes_unanswered(run, &format!("bob : {text}"));
    Ok(if gone("quick")? {
        (!gone("a quick one")?).then_some("begins_with_q")
    } else if gone("q ")? {
        Some("text_trimmed")
    } else if gone("Q")? {
        Some("capital_q")
    } else if gone("q: b")? {
        Some("second_colon_ends_the_text")
    } else {
        None
    })
}

/// Escape codes where there should be none. `line` is what was shown with them.
pub(super) fn codes_anyway(run: &Run, line: &Line, printed: &[u8]) -> Finding {
    if line.ink() == Some(Ink::PLAIN) && line.ends_plain() {
        let printed = String::from_utf8_lossy(printed);
        let resets = printed.contains("\x1b[0m") || printed.contains("\x1b[m");
        return Ok(resets.then_some("reset_without_a_colour"));
    }
    run.note("a further experiment: every way of switching colours off");
    for color in ["never", "auto"] {
        let start = run.program("server").args(["--color", color]).env("CLICOLOR_FORCE", "0");
        let server = start.listen()?;
        server.udp()?.send(b"alex : hi")?;
        if Screen::after_announcement(&server).line(false)?.ink() != Some(ALEX) {
            return Ok(None);
        }
    }
    Ok(Some("coloured_in_any_case"))
}
