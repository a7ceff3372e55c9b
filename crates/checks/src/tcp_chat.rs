//! The checks of the lesson tcp-chat: two people, one connection, lines both ways.
//!
//! Up to the last check the grader keeps turns, the client first: one line there, one line back.
//! A program that takes turns reads nothing while it waits for its user, so whatever happens to
//! the connection happens when it is that program's turn to hear. What is asked of one role is
//! asked of the other. What a line is stands in [`lines`], how a conversation ends in [`ends`], and
//! what peers do that mean no good in [`hostile`]. What is tried when a check has failed stands in
//! [`experiments`].

use std::time::{Duration, Instant};

use grader::{Cause, Check, Failure, PROMPT, Probe, Program, Run, Suite, Verdict, check, quoted};

use crate::chat::{self, Talk};
use crate::errors;

mod ends;
mod experiments;
mod hostile;
mod lines;

use ends::{end_of_input, quit_from_client, quit_from_server, vanished_peer};
use hostile::{bad_utf8, endless_line, terminal_safety};
use lines::{last_line_without_lf, long_line, near_quits, split_character, two_lines_one_segment};

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
