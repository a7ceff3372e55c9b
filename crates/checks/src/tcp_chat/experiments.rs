//! What is tried when a check of tcp-chat has failed: one more experiment, whose outcome only one
//! misconception explains. It gives that misconception's id in lesson.toml, or `None`: open.
//!
//! Each says in the ladder, by a note, where the failure ends and the experiment begins.

use std::time::Duration;

use grader::{Cause, Failure, PROMPT, Run, Trouble, Verdict};

use super::{LONGEST, MIB, VOLLEY, chat};
use crate::chat::Talk;

mod ends;

pub(super) use ends::{
    after_q, instead_of_an_end, near_q, q_then_text, still_serves, what_ends_it, why_not_the_next,
};

/// How long a program may take to come to rest.
pub(super) const REST: Duration = Duration::from_secs(4);

/// The confirmed misconception, if any.
type Finding = Verdict<Option<&'static str>>;

/// A line was not shown as it should be. Is it the line after? Do two callers look the same?
pub(super) fn two_callers(run: &Run, talk: &Talk<'_>) -> Finding {
    if talk.shows("good morning").is_ok() {
        return Ok(Some("prints_more_than_is_said"));
    }
    run.note("a further experiment: two callers say the same to a new server");
    let server = run.server()?;
    for _ in 0..2 {
        let mut talk = Talk::with(&server)?;
        talk.peer.send(b"good day\n")?;
        let line = server.next_line()?;
        if line != format!("from {}: good day", server.addr()) {
            return Ok(None);
        }
        server.type_line("yes?"); // one that takes turns hears nothing before
        talk.peer.send(b"q\n")?;
    }
    Ok(Some("shows_its_own_address"))
}

/// What the server's user typed did not reach the peer as it should. The next line tells more.
pub(super) fn next_answer(run: &Run, talk: &mut Talk<'_>, failure: &Failure) -> Finding {
    run.note("a further experiment: the next line of the user");
    if failure.received != b"good day" {
        return Ok(None);
    }
    talk.hears("yes?")?;
    talk.program.type_line("good night");
    let failed = talk.peer.expect_line("good night").err();
    Ok(is_bare(failed, b"good night").then_some("sends_no_line_end"))
}

/// [`next_answer`] for the client.
pub(super) fn next_question(run: &Run, talk: &mut Talk<'_>, failure: &Failure) -> Finding {
    run.note("a further experiment: the next line of the user");
    if failure.received != b"is anybody there?" {
        return Ok(None);
    }
    talk.hears("yes?")?;
    talk.program.type_line("and now?");
    let failed = talk.peer.expect_line("and now?").err();
    Ok(is_bare(failed, b"and now?").then_some("sends_no_line_end"))
}

fn is_bare(failed: Option<Trouble>, text: &[u8]) -> bool {
    matches!(failed, Some(Trouble::Failed(failure)) if failure.received == text)
}

/// The program has not prompted. Does it once the user has typed, or when a whole line is printed?
pub(super) fn when_it_prompts(run: &Run, talk: &mut Talk<'_>) -> Finding {
    run.note("further experiments: the user types all the same, then a line comes back");
    run.patience(Duration::from_millis(500));
    let prompts = || String::from_utf8_lossy(&talk.program.stdout()).matches(PROMPT).count();
    talk.says("my turn?")?;
    if talk.program.expect_printed(PROMPT).is_ok() {
        // Two at once: the first one was held back, and what is the second one?
        return Ok((prompts() == 1).then_some("prompts_in_answer_only"));
    }
    talk.hears("yours")?;
    let never = !talk.program.stdout().contains(&b'>');
    Ok(match prompts() {
        0 => never.then_some("no_prompt"),
        _ => Some("prompt_held_back"),
    })
}

/// An empty line was not shown. Is the next one?
pub(super) fn after_hearing_nothing(run: &Run, talk: &mut Talk<'_>, failure: &Failure) -> Finding {
    run.note("a further experiment: a line with text");
    if let Cause::Differs { .. } = failure.cause {
        talk.peer.send(b"two spaces  \n")?;
        return Ok(talk.shows("two spaces").is_ok().then_some("trims_what_it_shows"));
    }
    if talk.peer.has_ended() || talk.is_ended_by_it()? {
        let program = talk.program;
        let is_well = program.comes_to_rest(REST) || program.wait_exit()?.code == Some(0);
        let is_well = is_well && (!program.has_ended() || program.wait_exit()?.code == Some(0));
        return Ok(is_well.then_some("empty_is_the_end"));
    }
    Ok(talk.hears("something").is_ok().then_some("hides_empty_lines"))
}

/// An empty line was not sent. Is the next one?
pub(super) fn after_saying_nothing(run: &Run, talk: &mut Talk<'_>) -> Finding {
    run.note("a further experiment: the user types something");
    if talk.peer.has_ended() || talk.is_ended_by_it()? {
        let program = talk.program;
        let is_well = program.comes_to_rest(REST) || program.wait_exit()?.code == Some(0);
        let is_well = is_well && (!program.has_ended() || program.wait_exit()?.code == Some(0));
        return Ok(is_well.then_some("empty_is_the_end"));
    }
    Ok(talk.says("something").is_ok().then_some("sends_no_empty_line"))
}

/// Two lines came together and the first was not shown by itself. Are they shown one by one?
pub(super) fn one_by_one(run: &Run, failure: &Failure) -> Finding {
    let both = String::from_utf8_lossy(&failure.received).into_owned();
    if !both.contains("the first") || !both.contains("the second") {
        return Ok(None);
    }
    run.note("a further experiment: the same two lines one by one");
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("the first")?;
    talk.says("I see")?;
    talk.hears("the second")?;
    Ok(Some("one_read_is_one_message"))
}

/// Text arrived byte by byte and was not shown. Is it when it comes whole? Is ASCII, in bytes?
pub(super) fn whole_and_in_ascii(run: &Run, failure: &Failure) -> Finding {
    if String::from_utf8_lossy(&failure.received).ends_with("å¥½") {
        return Ok(Some("bytes_as_characters"));
    }
    run.note("further experiments: the same in one piece, then ASCII byte by byte");
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("one 好, two 好")?;
    talk.says("I see")?;
    let sent = talk.peer.send_byte_by_byte(b"one, two, three, four\n");
    let in_ascii = sent.and_then(|()| talk.shows("one, two, three, four")).is_ok();
    Ok(Some(if in_ascii { "decodes_each_read" } else { "gives_up_on_pieces" }))
}

/// A long line was not shown whole. Is a shorter one, or is it cut at the same place?
pub(super) fn shorter_lines(run: &Run, line: &str, failure: &Failure) -> Finding {
    run.note("further experiments: lines that are a little shorter, then much");
    let try_line = |line: &str, end: &str| -> Verdict<(bool, Vec<u8>, bool)> {
        let server = run.server()?;
        let mut talk = Talk::with(&server)?;
        talk.peer.send(format!("{line}{end}").as_bytes())?;
        let shown = talk.shows(line);
        Ok((shown.is_ok(), received(shown), talk.is_ended_by_it()?))
    };
    if line.len() == LONGEST {
        let line = &line[..LONGEST - 1];
        let counts = try_line(line, "\n")?.0 && !try_line(line, "\r\n")?.0;
        return Ok(counts.then_some("limit_counts_the_end"));
    }
    let (_, shorter, hangs_up) = try_line(&line[..line.len() - 100], "\n")?;
    let text =
        |shown: &[u8]| shown.windows(2).position(|two| two == b": ").map(|at| shown.len() - at);
    if text(&shorter).is_some() && text(&shorter) == text(&failure.received) {
        return Ok(Some("cuts_long_lines"));
    }
    let (short_is_shown, _, goes_on) = try_line(&line[..500], "\n")?;
    Ok((hangs_up && short_is_shown && !goes_on).then_some("hangs_up_on_long_lines"))
}

/// What came instead of what was expected.
fn received(verdict: Verdict) -> Vec<u8> {
    match verdict {
        Err(Trouble::Failed(failure)) => failure.received,
        _ => Vec::new(),
    }
}

/// The last line, which had no LF, was not shown. Is it with an LF?
pub(super) fn last_line_with_lf(run: &Run, failure: &Failure) -> Finding {
    run.note("a further experiment: the same, and the last line has its LF");
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("one more thing")?;
    talk.says("yes?")?;
    talk.peer.send(b"last words\n")?;
    talk.peer.half_close()?;
    talk.shows("last words")?;
    let is_cut = failure.received.ends_with(b": last word");
    Ok(match failure.cause {
        Cause::Differs { .. } => is_cut.then_some("cuts_the_last_byte"),
        _ => Some("drops_the_last_line"),
    })
}

/// The last line of the input, which had no LF, was not sent. Is it with an LF?
pub(super) fn last_typed_line_with_lf(run: &Run) -> Finding {
    run.note("a further experiment: the same, and the last line has its LF");
    let (client, peer) = chat::client(run)?;
    client.type_line("last words");
    client.close_stdin();
    let mut talk = Talk { program: &client, peer };
    talk.peer.expect_line("last words")?;
    Ok(Some("drops_the_last_line"))
}

/// Bytes that are no UTF-8 were not shown as they should be. What came instead, and does plain
/// text go well?
pub(super) fn how_bad_bytes_go(run: &Run, failure: &Failure) -> Finding {
    let shown = String::from_utf8_lossy(&failure.received).into_owned();
    let text = shown.split_once(": ").map(|(_, text)| text);
    match text {
        Some("caf, ?") => return Ok(Some("bad_bytes_dropped")),
        Some(_) => return Ok(None),
        None => {}
    }
    run.note("further experiments: plain text, then one byte that is no UTF-8");
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("plain text")?;
    talk.says("I see")?;
    talk.peer.send(b"\xff\n")?;
    Ok(talk.is_ended_by_it()?.then_some("bad_bytes_end_it"))
}

/// 64 MiB without an LF were taken. Are they all in memory? Or does the next line show that they
/// were thrown away?
pub(super) fn where_it_went(run: &Run, talk: &mut Talk<'_>, grown: u64, sent: usize) -> Finding {
    if grown >= (sent - 8 * MIB) as u64 {
        return Ok(Some("reads_without_a_bound"));
    }
    run.note("a further experiment: the end of that line, and another one");
    talk.peer.send(b"\n")?;
    Ok(talk.hears("and now?").is_ok().then_some("skips_and_goes_on"))
}

/// A line came out mixed while both sides talked. Do the same lines come out well when the user
/// types nothing?
pub(super) fn lines_in_peace(run: &Run, failure: &Failure) -> Finding {
    // A whole line, but another one, would be another story.
    let printed = String::from_utf8_lossy(&failure.received).into_owned();
    let is_mixed = printed.contains(PROMPT) || !printed.starts_with("from ");
    if !is_mixed || !matches!(failure.cause, Cause::Differs { .. }) {
        return Ok(None);
    }
    run.note("a further experiment: as many lines while the user types nothing");
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    let lines: String = (1..=VOLLEY).map(|number| format!("line {number}\n")).collect();
    talk.peer.send(lines.as_bytes())?;
    for number in 1..=VOLLEY {
        talk.shows(&format!("line {number}"))?;
    }
    Ok(Some("mixes_its_output"))
}
