//! Where a line ends, and what is one, however its bytes arrive.

use grader::{Cause, Probe, Run, TcpPeer, Trouble, Verdict};

use super::{LONGEST, experiments};
use crate::chat::{self, Talk};

/// A failure means that something else than the line `q` is taken for it.
pub(super) fn near_quits(run: &mut Run) -> Verdict {
    let texts = ["qq", "q ", "Q", "quit"];
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    for text in texts {
        hears_and_goes_on(&mut talk, text).or_probe(|_| experiments::near_q(run, text))?;
    }
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    for text in texts {
        says_and_goes_on(&mut talk, text).or_probe(|_| experiments::near_q(run, text))?;
    }
    Ok(())
}

/// The peer's line `text` is shown, then the user's is heard, and so they go on.
fn hears_and_goes_on(talk: &mut Talk<'_>, text: &str) -> Verdict {
    talk.hears(text)?;
    talk.says(text)?;
    talk.hears("and on")?;
    talk.says("and on")
}

/// The same with the user's line first.
fn says_and_goes_on(talk: &mut Talk<'_>, text: &str) -> Verdict {
    talk.says(text)?;
    talk.hears(text)?;
    talk.says("and on")?;
    talk.hears("and on")
}

/// Two lines arrive together; the user types between them. A failure means that what one read
/// gives is taken for one message, or that what was read beyond the first line is lost.
pub(super) fn two_lines_one_segment(run: &mut Run) -> Verdict {
    let server = run.server()?;
    two_at_once(run, &mut Talk::with(&server)?)?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    two_at_once(run, &mut talk)
}

fn two_at_once(run: &Run, talk: &mut Talk<'_>) -> Verdict {
    talk.peer.send(b"the first\nthe second\n")?;
    talk.shows("the first").or_probe(|failure| experiments::one_by_one(run, failure))?;
    talk.says("I see")?;
    talk.shows("the second").or_probe(|_| {
        run.note("a further experiment: a third line");
        Ok(talk.hears("the third").is_ok().then_some("loses_what_it_read_ahead"))
    })?;
    talk.says("both")
}

/// A failure means that text is made of what one read gives, and not of the whole line.
pub(super) fn split_character(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    in_pieces(run, &mut talk, "one 好, two 好")?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    in_pieces(run, &mut talk, "好好")
}

/// The peer sends `text` as a line, byte by byte, and it is shown.
fn in_pieces(run: &Run, talk: &mut Talk<'_>, text: &str) -> Verdict {
    let sent = talk.peer.send_byte_by_byte(format!("{text}\n").as_bytes());
    sent.and_then(|()| talk.shows(text))
        .or_probe(|failure| experiments::whole_and_in_ascii(run, failure))
}

/// 3,000 bytes, then the most that a line may have, both ways; one more is refused. A failure
/// means a buffer of a fixed size, or a limit that counts the line's end too.
pub(super) fn long_line(run: &mut Run) -> Verdict {
    let lines = [long_text(3000), long_text(LONGEST)];
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    for line in &lines {
        talk.hears(line).or_probe(|failure| experiments::shorter_lines(run, line, failure))?;
        talk.says(line)?;
    }
    talk.peer.send(format!("{}\r\n", lines[1]).as_bytes())?;
    talk.shows(&lines[1])?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    for line in &lines {
        talk.says(line)?;
        talk.hears(line)?;
    }
    refuses_what_is_longer(&mut talk)
}

/// The user types a line that is too long by one byte, then another. Only that one goes out, and
/// something is said on stderr.
fn refuses_what_is_longer(talk: &mut Talk<'_>) -> Verdict {
    talk.program.type_line(&long_text(LONGEST + 1));
    talk.says("that was too long").or_probe(|failure| {
        let was_sent = failure.received == long_text(LONGEST + 1).as_bytes();
        Ok(was_sent.then_some("sends_what_is_too_long"))
    })?;
    match talk.program.next_stderr_line() {
        Err(Trouble::Failed(failure)) => {
            let failed: Verdict = Err(failure.expected("a line on stderr that says so").into());
            failed.or_probe(|_| {
                talk.hears("what was too long?")?;
                Ok(talk.program.stderr().is_empty().then_some("refuses_in_silence"))
            })
        }
        other => other.map(drop),
    }
}

/// A line of `length` bytes in which a piece that is lost or repeated shows.
fn long_text(length: usize) -> String {
    let mut text: String = (0..).map(|number| format!("{number}, ")).take(length).collect();
    text.truncate(length - 1);
    text + "."
}

/// A failure means that a line is thrown away when the end of the stream comes instead of its LF.
pub(super) fn last_line_without_lf(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("one more thing")?;
    talk.says("yes?")?;
    talk.peer.send(b"last words")?;
    talk.peer.half_close()?;
    talk.shows("last words").or_probe(|failure| experiments::last_line_with_lf(run, failure))?;
    let (client, peer) = chat::client(run)?;
    client.write_stdin(b"last words");
    client.close_stdin();
    let mut talk = Talk { program: &client, peer };
    heard_to_the_end(&mut talk.peer, "last words")
        .or_probe(|_| experiments::last_typed_line_with_lf(run))
}

/// The next line is `text`; at the end of the stream its LF may be missing.
fn heard_to_the_end(peer: &mut TcpPeer, text: &str) -> Verdict {
    match peer.expect_line(text) {
        Err(Trouble::Failed(failure))
            if failure.cause == Cause::Ended && failure.received == text.as_bytes() =>
        {
            Ok(())
        }
        other => other,
    }
}
