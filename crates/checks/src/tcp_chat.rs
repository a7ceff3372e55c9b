//! The checks of the lesson tcp-chat: two people, one connection, lines both ways.
//!
//! Up to the last check the grader keeps turns, the client first: one line there, one line back.
//! A program that takes turns reads nothing while it waits for its user, so whatever happens to
//! the connection happens when it is that program's turn to hear. What is asked of one role is
//! asked of the other. What is tried when a check has failed stands in [`experiments`].

use std::time::{Duration, Instant};

use grader::{
    Cause, Check, Failure, PROMPT, Probe, Program, Run, Server, Suite, TcpPeer, Trouble, Verdict,
    check, quoted,
};

use crate::chat::{self, Talk};
use crate::errors;
use crate::shown::drives_a_terminal;

mod experiments;

/// The lesson's checks.
pub(crate) const SUITE: Suite = Suite {
    lesson: "tcp-chat",
    checks: &[
        check!(one_exchange),
        check!(prompt_is_flushed),
        Check { limit: SLOW, ..check!(quit_from_client) },
        Check { limit: SLOW, ..check!(quit_from_server) },
        Check { limit: SLOW, ..check!(vanished_peer) },
        check!(empty_line),
        check!(near_quits),
        check!(two_lines_one_segment),
        check!(split_character),
        check!(long_line),
        check!(last_line_without_lf),
        check!(bad_utf8),
        check!(terminal_safety),
        Check { limit: SLOW, ..check!(endless_line) },
        check!(end_of_input),
        check!(errors_are_clear),
        Check { limit: SLOW, ..check!(both_at_once) },
    ],
};

const MIB: usize = 1 << 20;
/// How long a check may last that has much data, for a program that takes single bytes is slow, not
/// wrong; or that meets programs which never rest, and are waited for longest on a busy machine.
const SLOW: Duration = Duration::from_secs(60);
/// The most bytes that a line may have.
const LONGEST: usize = 8192;

/// A failure means that no line comes through at all, or that it looks otherwise than agreed.
fn one_exchange(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("good morning").or_probe(|_| experiments::two_callers(run, &talk))?;
    talk.says("good day").or_probe(|failure| experiments::next_answer(run, &mut talk, failure))?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("is anybody there?")
        .or_probe(|failure| experiments::next_question(run, &mut talk, failure))?;
    talk.hears("nobody but me").or_probe(|failure| {
        let shows_own = failure.received == b"is anybody there?";
        Ok((shows_own && talk.shows("nobody but me").is_ok()).then_some("shows_what_was_typed"))
    })
}

/// A failure means that the prompt waits in a buffer, as stdout keeps what has no line's end, or
/// that there is none, or that the cursor does not stay behind it.
fn prompt_is_flushed(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("your turn")?;
    server.expect_printed(PROMPT).or_probe(|_| experiments::when_it_prompts(run, &mut talk))?;
    cursor_stays(&server)?;
    let (client, peer) = chat::client(run)?;
    client
        .expect_printed(PROMPT)
        .or_probe(|_| experiments::when_it_prompts(run, &mut Talk { program: &client, peer }))?;
    cursor_stays(&client)
}

/// The prompt has no line's end. Before a peer's line, or after a typed one, that end would be
/// right; here the program has printed all that it will, and nobody says or types anything.
fn cursor_stays(program: &Program) -> Verdict {
    program.comes_to_rest(experiments::REST);
    let printed = program.stdout();
    let prompt = PROMPT.as_bytes();
    let is_line = |end: &[u8]| printed.strip_suffix(end).is_some_and(|rest| rest.ends_with(prompt));
    if !is_line(b"\n") && !is_line(b"\r\n") {
        return Ok(());
    }
    let failure = Failure::new("the prompt is a line of its own").expected(quoted(prompt));
    let got = quoted(format!("{PROMPT}\n").as_bytes());
    Err(failure.got(got).explain("prompt_is_a_line").into())
}

/// The client's side says `q`: the server closes although this peer doesn't, and serves the next.
/// The student's client, whose user types it, sends it and ends.
fn quit_from_client(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("hello, and good bye")?;
    talk.says("so soon?")?;
    talk.peer.send(b"q\n")?;
    is_closed(&mut talk.peer).or_probe(|_| experiments::after_q(run, &mut talk))?;
    goes_on(run, &server)?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    talk.hears("who is there?")?;
    talk.says("q").or_probe(|_| experiments::q_then_text(run))?;
    talk.peer.close();
    client.expect_exit(0).or_probe(|failure| experiments::what_ends_it(run, &client, failure))
}

/// The server's side says `q`: the student's client ends although this peer doesn't close. The
/// student's server, whose user types it, sends it and serves the next.
fn quit_from_server(run: &mut Run) -> Verdict {
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello")?;
    talk.peer.send(b"q\n")?;
    client.expect_exit(0).or_probe(|failure| match talk.is_ended_by_it()? {
        true => experiments::what_ends_it(run, &client, failure),
        false => experiments::after_q(run, &mut talk),
    })?;
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("hello")?;
    talk.says("q").or_probe(|_| experiments::q_then_text(run))?;
    talk.peer.close();
    goes_on(run, &server)
}

/// The program has closed the connection. How is left open: a reset does it, too.
fn is_closed(peer: &mut TcpPeer) -> Verdict {
    match peer.expect_end() {
        Err(Trouble::Failed(failure)) if failure.cause == Cause::Reset => Ok(()),
        other => other,
    }
}

/// The next caller is served.
fn goes_on(run: &Run, server: &Server) -> Verdict {
    let exchange = || -> Verdict {
        let mut talk = Talk::with(server)?;
        talk.hears("is it my turn?")?;
        talk.says("it is")
    };
    exchange().or_probe(|failure| experiments::why_not_the_next(run, server, failure))
}

/// Three ways to vanish: with a close, with a reset, and without a word. A failure means that the
/// end of a stream is taken for something else, or that one peer's error is everybody's.
fn vanished_peer(run: &mut Run) -> Verdict {
    let server = run.server()?;
    for resets in [false, true] {
        let mut talk = Talk::with(&server)?;
        talk.hears("I must leave")?;
        talk.says("good bye")?;
        if resets {
            talk.peer.reset()?;
        } else {
            talk.peer.close();
        }
        goes_on(run, &server)?;
    }
    server.connect()?.reset()?;
    goes_on(run, &server)?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("hello?")?;
    talk.peer.close();
    client.expect_exit(0).or_probe(|failure| experiments::what_ends_it(run, &client, failure))
}

/// A failure means that a line without text is taken for no line.
fn empty_line(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("")
        .or_probe(|failure| experiments::after_hearing_nothing(run, &mut talk, failure))?;
    talk.says("").or_probe(|_| experiments::after_saying_nothing(run, &mut talk))?;
    talk.hears("still there?")?;
    talk.says("still here")?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("").or_probe(|_| experiments::after_saying_nothing(run, &mut talk))?;
    talk.hears("")
        .or_probe(|failure| experiments::after_hearing_nothing(run, &mut talk, failure))?;
    talk.says("still there?")?;
    talk.hears("still here")
}

/// A failure means that something else than the line `q` is taken for it.
fn near_quits(run: &mut Run) -> Verdict {
    let texts = ["qq", "q ", "Q", "quit"];
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    for text in texts {
        let mut is_text = || -> Verdict {
            talk.hears(text)?;
            talk.says(text)?;
            talk.hears("and on")?;
            talk.says("and on")
        };
        is_text().or_probe(|_| experiments::near_q(run, text))?;
    }
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    for text in texts {
        let mut is_text = || -> Verdict {
            talk.says(text)?;
            talk.hears(text)?;
            talk.says("and on")?;
            talk.hears("and on")
        };
        is_text().or_probe(|_| experiments::near_q(run, text))?;
    }
    Ok(())
}

/// Two lines arrive together; the user types between them. A failure means that what one read
/// gives is taken for one message, or that what was read beyond the first line is lost.
fn two_lines_one_segment(run: &mut Run) -> Verdict {
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
fn split_character(run: &mut Run) -> Verdict {
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
fn long_line(run: &mut Run) -> Verdict {
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
    client.type_line(&long_text(LONGEST + 1));
    talk.says("that was too long").or_probe(|failure| {
        let was_sent = failure.received == long_text(LONGEST + 1).as_bytes();
        Ok(was_sent.then_some("sends_what_is_too_long"))
    })?;
    match client.next_stderr_line() {
        Err(Trouble::Failed(failure)) => {
            let failed: Verdict = Err(failure.expected("a line on stderr that says so").into());
            failed.or_probe(|_| {
                talk.hears("what was too long?")?;
                Ok(client.stderr().is_empty().then_some("refuses_in_silence"))
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
fn last_line_without_lf(run: &mut Run) -> Verdict {
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

/// Two bytes that are no UTF-8, each by itself. A failure means that a stranger's bytes are
/// believed to be text.
fn bad_utf8(run: &mut Run) -> Verdict {
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
fn terminal_safety(run: &mut Run) -> Verdict {
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

/// A peer sends without LF until it is cut off. A failure means that the program waits for the LF
/// and keeps what has come, however much it is.
fn endless_line(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("warm")?; // what a conversation needs at all is there
    talk.says("up")?;
    let before = server.memory()?;
    let (piece, mut sent, mut grown) = ([b'x'; 64 * 1024], 0, 0);
    while sent < 64 * MIB && !is_cut_off(&mut talk.peer, &piece)? {
        sent += piece.len();
        if sent.is_multiple_of(4 * MIB) {
            grown = grown.max(server.memory()?.saturating_sub(before));
        }
    }
    let (much, most) = (grader::size(sent as u64), 8 * MIB as u64);
    if sent >= 64 * MIB {
        let failure = Failure::new("a line without end is not cut off").cause(Cause::Silence);
        let failure = failure
            .expected("end of stream or a reset, soon after 8192 bytes")
            .got(format!("{much} were taken; memory grew by {}", grader::size(grown)));
        let failed: Verdict = Err(failure.into());
        return failed.or_probe(|_| experiments::where_it_went(run, &mut talk, grown, sent));
    }
    if grown >= most {
        let failure = Failure::new("memory grows with a line that does not end");
        let got = format!("{} more, after {much}", grader::size(grown));
        return Err(failure.expected("less than 8 MiB more").got(got).into());
    }
    talk.peer.close(); // a server may wait for that, so that its last words arrive
    goes_on(run, &server)
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

/// The user's input ends, and the peer is not done yet. A failure means that the two directions
/// are taken for one.
fn end_of_input(run: &mut Run) -> Verdict {
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    talk.says("that was all")?;
    talk.hears("not from me")?;
    client.close_stdin();
    ends_its_half(run, &mut talk)?;
    talk.peer.close();
    client.expect_exit(0)?;
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    talk.hears("that was not all")?;
    server.close_stdin();
    ends_its_half(run, &mut talk)?;
    talk.peer.close();
    server.expect_exit(0).or_probe(|failure| experiments::still_serves(run, &server, failure))?;
    ends_without_a_peer(run)
}

/// The peer sees the end of the stream, and what it says after that is shown.
fn ends_its_half(run: &Run, talk: &mut Talk<'_>) -> Verdict {
    talk.peer
        .expect_end()
        .or_probe(|failure| experiments::instead_of_an_end(run, talk, failure))?;
    let mut last_words = || -> Verdict {
        talk.peer.send(b"there is more\nand more\n")?;
        talk.shows("there is more")?;
        talk.shows("and more")
    };
    last_words().or_probe(|_| {
        let code = talk.program.wait_exit()?.code;
        Ok((code == Some(0)).then_some("leaves_at_the_end_of_input"))
    })
}

/// A server whose user has nothing more to say and that talks with nobody ends: now, or after the
/// next conversation. That one lasts until the server has seen its input end, which may be later
/// than the call.
fn ends_without_a_peer(run: &Run) -> Verdict {
    let server = run.server()?;
    server.close_stdin();
    match Talk::with(&server) {
        Ok(mut talk) => {
            let _ = talk.peer.send(b"anybody there?\n"); // fails where it is ending just now
            is_closed(&mut talk.peer)?;
            talk.peer.close();
        }
        Err(Trouble::Failed(_)) => {} // it has ended already
        Err(other) => return Err(other),
    }
    server.expect_exit(0)
}

/// In use, refused, malformed.
fn errors_are_clear(run: &mut Run) -> Verdict {
    errors::tcp_port_in_use(run, "server")?;
    errors::tcp_refused(run, "client", &[])?;
    errors::bad_address(run, "server")?;
    errors::bad_address(run, "client")
}

/// Nobody keeps turns any more. A failure means that the program waits for its user while its peer
/// talks, or that what two threads print gets mixed.
fn both_at_once(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut talk = Talk::with(&server)?;
    three_in_a_row(run, &mut talk)?;
    volley(run, &mut talk)?;
    let (client, peer) = chat::client(run)?;
    let mut talk = Talk { program: &client, peer };
    three_in_a_row(run, &mut talk)?;
    volley(run, &mut talk)
}

/// The user types nothing, and the peer says three lines.
fn three_in_a_row(run: &Run, talk: &mut Talk<'_>) -> Verdict {
    for text in ["one thing", "and another", "and a third"] {
        talk.hears(text).or_probe(|failure| match failure.cause {
            Cause::Silence => {
                run.note("a further experiment: the user types a line");
                talk.says("aha")?;
                Ok(talk.shows(text).is_ok().then_some("takes_turns"))
            }
            _ => Ok(None),
        })?;
    }
    Ok(())
}

/// How many lines go each way at most in a volley, and how long they are: in all more than a pipe holds,
/// so that the program is still printing while the last ones are typed.
const VOLLEY: usize = 600;
const VOLLEY_LINE: usize = 250;
/// How long a volley goes on, for a program that looks now and then is slow, not wrong; and how
/// many lines it has even so.
const VOLLEY_TIME: Duration = Duration::from_secs(5);
const SHORT_VOLLEY: usize = 3;

/// Both talk at the same time, and a lot: for each line that is shown, the user types one.
fn volley(run: &Run, talk: &mut Talk<'_>) -> Verdict {
    let text = |number: usize| format!("line {number:.<VOLLEY_LINE$}");
    let all: String = (1..=VOLLEY).map(|number| text(number) + "\n").collect();
    talk.peer.send(all.as_bytes())?;
    let (began, mut typed) = (Instant::now(), 0);
    for number in 1..=VOLLEY {
        if number > SHORT_VOLLEY && began.elapsed() > VOLLEY_TIME {
            break;
        }
        typed = number;
        talk.program.type_line(&format!("my line {number}"));
        talk.shows(&text(number)).or_probe(|failure| experiments::lines_in_peace(run, failure))?;
    }
    for number in 1..=typed {
        talk.peer.expect_line(&format!("my line {number}"))?;
    }
    Ok(())
}
