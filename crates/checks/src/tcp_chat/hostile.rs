//! Peers that mean no good: bytes that are no text, codes for the terminal, a line without end.

use grader::{Cause, Failure, Probe, Run, Server, TcpPeer, Trouble, Verdict, quoted};

use super::ends::goes_on;
use super::{MIB, experiments};
use crate::chat::{self, Talk};
use crate::shown::drives_a_terminal;

/// Two bytes that are no UTF-8, each by itself. A failure means that a stranger's bytes are
/// believed to be text.
pub(super) fn bad_utf8(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    shows_replaced(run, &mut talk)?;
    talk.says("pardon?")?;
    talk.hears("never mind")?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    shows_replaced(run, &mut talk)?;
    talk.says("pardon?")
}

fn shows_replaced(run: &Run, talk: &mut Talk<'_>) -> Verdict {
    talk.peer.send(b"caf\xe9, \xff?\n")?;
    talk.shows("caf\u{fffd}, \u{fffd}?")
        .or_probe(|failure| experiments::how_bad_bytes_go(run, failure))?;
    let printed = talk.program.stdout();
    if std::str::from_utf8(&printed).is_ok() {
        return Ok(());
    }
    let failure = Failure::new("bytes that are no UTF-8 were printed as they came");
    let failure = failure.expected("U+FFFD in the place of each").got(quoted(b"caf\xe9, \xff?"));
    Err(failure.explain("terminal_driven").into())
}

/// What would drive a terminal: ESC, CR, other C0 and C1 controls, DEL, two that reorder text.
const HOSTILE: [&str; 10] = [
    "\x1b[31m",
    "\r",
    "\x08",
    "\x07",
    "\x0b",
    "\x7f",
    "\u{9b}31m",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
];

/// What stands between them: not in any spelling of a character's number.
const BETWEEN: [&str; 11] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百"];

/// A failure means that a peer can move the cursor, recolour the screen or forge a line.
pub(super) fn terminal_safety(run: &mut Run) -> Verdict {
    let server = run.server()?;
    shows_safely(&mut Talk::with(&server)?)?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    shows_safely(&mut talk)
}

fn shows_safely(talk: &mut Talk<'_>) -> Verdict {
    let pieces: String =
        BETWEEN.iter().zip(HOSTILE.iter().chain(&[""])).flat_map(|(a, b)| [*a, *b]).collect();
    talk.peer.send(format!("{pieces}\n").as_bytes())?;
    let line = talk.program.next_line()?;
    let fail = |message: &str| {
        let expected = "each control character made visible, the text around it unchanged";
        Failure::new(message).expected(expected).got(quoted(line.as_bytes()))
    };
    let start = format!("from {}: ", talk.peer.addr());
    let Some(mut rest) = line.strip_prefix(&start) else {
        return Err(fail("the line is not shown as a whole").into());
    };
    if let Some(c) = rest.chars().find(|c| drives_a_terminal(*c)) {
        let is_raw = rest == pieces;
        let failure = fail(&format!("U+{:04X} was printed as it came", u32::from(c)));
        let id = match (is_raw, rest.contains('\x1b')) {
            (true, _) => "terminal_driven",
            (_, false) => "some_controls_only",
            _ => return Err(failure.into()),
        };
        return Err(failure.explain(id).into());
    }
    let is_stripped = rest.chars().eq(pieces.chars().filter(|c| !drives_a_terminal(*c)));
    for (number, mark) in BETWEEN.iter().enumerate() {
        let Some((before, after)) = rest.split_once(mark) else {
            return Err(fail(&format!("`{mark}` is missing")).into());
        };
        if before.is_empty() != (number == 0) {
            let failure = fail("a control character has gone without a trace");
            return Err(
                if is_stripped { failure.explain("controls_dropped") } else { failure }.into()
            );
        }
        rest = after;
    }
    Ok(())
}

/// So much of a line without LF is sent, and no more, in bytes.
const MOST_SENT: usize = 64 * MIB;

/// A peer sends without LF until it is cut off. A failure means that the program waits for the LF
/// and keeps what has come, however much it is.
pub(super) fn endless_line(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("warm")?; // what a conversation needs at all is there
    talk.says("up")?;
    let (sent, grown) = sends_without_lf(&server, &mut talk.peer)?;
    expect_cut_off(sent, grown)
        .or_probe(|_| experiments::where_it_went(run, &mut talk, grown, sent))?;
    expect_little_memory(sent, grown)?;
    talk.peer.close(); // a server may wait for that, so that its last words arrive
    goes_on(run, &server)
}

/// Sends until the program has closed the connection, or has taken 64 MiB. Gives how many bytes it
/// took, and by how many its memory grew.
fn sends_without_lf(server: &Server, peer: &mut TcpPeer) -> Verdict<(usize, u64)> {
    let before = server.memory()?;
    let (piece, mut sent, mut grown) = ([b'x'; 64 * 1024], 0, 0);
    while sent < MOST_SENT && !is_cut_off(peer, &piece)? {
        sent += piece.len();
        if sent.is_multiple_of(4 * MIB) {
            grown = grown.max(server.memory()?.saturating_sub(before));
        }
    }
    Ok((sent, grown))
}

fn expect_cut_off(sent: usize, grown: u64) -> Verdict {
    if sent < MOST_SENT {
        return Ok(());
    }
    let (much, more) = (grader::size(sent as u64), grader::size(grown));
    let failure = Failure::new("a line without end is not cut off").cause(Cause::Silence);
    let failure = failure.expected("end of stream or a reset, soon after 8192 bytes");
    Err(failure.got(format!("{much} were taken; memory grew by {more}")).into())
}

fn expect_little_memory(sent: usize, grown: u64) -> Verdict {
    if grown < 8 * MIB as u64 {
        return Ok(());
    }
    let (much, more) = (grader::size(sent as u64), grader::size(grown));
    let failure = Failure::new("memory grows with a line that does not end");
    Err(failure.expected("less than 8 MiB more").got(format!("{more} more, after {much}")).into())
}

/// Sends one more piece, unless the program has closed the connection.
fn is_cut_off(peer: &mut TcpPeer, piece: &[u8]) -> Verdict<bool> {
    if peer.has_ended() {
        return Ok(true);
    }
    match peer.send(piece) {
        Err(Trouble::Failed(failure)) if failure.cause == Cause::Reset => Ok(true),
        // Who has closed its sending half and waits for ours has cut us off, too.
        Err(Trouble::Failed(_)) if peer.has_ended() => Ok(true),
        other => other.map(|()| peer.has_ended()),
    }
}
