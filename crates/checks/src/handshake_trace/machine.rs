//! What `next` answers: RFC 9293's machine (section 3.3.2, figure 5) as the lesson's table has it.

use grader::{Cause, Failure, Finished, Probe, Run, Trouble, Verdict, quoted_start};

use crate::errors::{FAILED, USAGE};

/// State, event, answer.
pub(super) type Edge = (&'static str, &'static str, &'static str);

pub(super) const STATES: [&str; 11] = [
    "CLOSED",
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
];

const EVENTS: [&str; 11] = [
    "passive-open",
    "active-open",
    "send",
    "close",
    "rcv-syn",
    "rcv-syn-ack",
    "rcv-ack",
    "rcv-fin",
    "rcv-fin-ack",
    "rcv-rst",
    "timeout",
];

/// The life of the end that calls and closes first, then that of the one that is called.
pub(super) const PLAIN_LIFE: [Edge; 12] = [
    ("CLOSED", "active-open", "SYN-SENT send SYN"),
    ("SYN-SENT", "rcv-syn-ack", "ESTABLISHED send ACK"),
    ("ESTABLISHED", "close", "FIN-WAIT-1 send FIN"),
    ("FIN-WAIT-1", "rcv-ack", "FIN-WAIT-2"),
    ("FIN-WAIT-2", "rcv-fin", "TIME-WAIT send ACK"),
    ("TIME-WAIT", "timeout", "CLOSED"),
    ("CLOSED", "passive-open", "LISTEN"),
    ("LISTEN", "rcv-syn", "SYN-RECEIVED send SYN,ACK"),
    ("SYN-RECEIVED", "rcv-ack", "ESTABLISHED"),
    ("ESTABLISHED", "rcv-fin", "CLOSE-WAIT send ACK"),
    ("CLOSE-WAIT", "close", "LAST-ACK send FIN"),
    ("LAST-ACK", "rcv-ack", "CLOSED"),
];

/// All that can happen besides.
pub(super) const RARE_LIFE: [Edge; 19] = [
    ("FIN-WAIT-1", "rcv-fin", "CLOSING send ACK"),
    ("CLOSING", "rcv-ack", "TIME-WAIT"),
    ("FIN-WAIT-1", "rcv-fin-ack", "TIME-WAIT send ACK"),
    ("SYN-SENT", "rcv-syn", "SYN-RECEIVED send SYN,ACK"),
    ("LISTEN", "send", "SYN-SENT send SYN"),
    ("LISTEN", "close", "CLOSED"),
    ("SYN-SENT", "close", "CLOSED"),
    ("SYN-SENT", "rcv-rst", "CLOSED"),
    ("SYN-RECEIVED", "close", "FIN-WAIT-1 send FIN"),
    ("SYN-RECEIVED", "rcv-fin", "CLOSE-WAIT send ACK"),
    ("SYN-RECEIVED", "rcv-rst", "LISTEN"),
    ("TIME-WAIT", "rcv-fin", "TIME-WAIT send ACK"),
    ("ESTABLISHED", "rcv-rst", "CLOSED"),
    ("FIN-WAIT-1", "rcv-rst", "CLOSED"),
    ("FIN-WAIT-2", "rcv-rst", "CLOSED"),
    ("CLOSE-WAIT", "rcv-rst", "CLOSED"),
    ("CLOSING", "rcv-rst", "CLOSED"),
    ("LAST-ACK", "rcv-rst", "CLOSED"),
    ("TIME-WAIT", "rcv-rst", "CLOSED"),
];

/// Words after `next` that ask for nothing.
const NO_QUESTIONS: [&[&str]; 5] =
    [&["FIN-WAIT-3", "close"], &["LISTEN", "rcv-psh"], &["ESTABLISHED"], &[], &["close", "LISTEN"]];

/// How many programs run at once: each is short, and most of its time is its start.
const AT_ONCE: usize = 4;

/// Asks about `pairs` and has `judge` look at each answer, in order. Only the first wrong answer is
/// in the record: it is asked for once more.
fn ask_all<T: Copy>(
    run: &Run,
    pairs: &[T],
    words: impl Fn(T) -> Vec<&'static str>,
    judge: impl Fn(T, &Finished) -> Verdict,
) -> Verdict {
    let ask = |pair: &T| run.program("next").args(words(*pair));
    for some in pairs.chunks(AT_ONCE) {
        let started: Vec<_> =
            some.iter().map(|pair| ask(pair).unrecorded().start()).collect::<Verdict<_>>()?;
        for (pair, program) in some.iter().zip(started) {
            program.close_stdin();
            let judged = judge(*pair, &program.finished()?);
            if judged.is_err() {
                ask(pair).finish()?;
                return judged;
            }
        }
    }
    Ok(())
}

/// What `next STATE EVENT` prints; `None` when it ends otherwise than with 0.
fn answer(run: &Run, state: &'static str, event: &'static str) -> Verdict<Option<String>> {
    let asked = run.program("next").args([state, event]).finish()?;
    Ok((asked.exit.code == Some(0)).then(|| one_line(&asked)))
}

fn one_line(asked: &Finished) -> String {
    let said = String::from_utf8_lossy(&asked.output.stdout);
    said.trim_end_matches(['\n', '\r']).trim_start_matches(">>> ").to_owned()
}

fn expect_edge((state, event, expected): Edge, asked: &Finished) -> Verdict {
    let said = one_line(asked);
    if asked.exit.code == Some(0) && said == expected {
        return Ok(());
    }
    let got = match (asked.exit.code, &*said) {
        (Some(0), _) => quoted_start(said.as_bytes(), 80),
        (_, "") => asked.exit.to_string(),
        (_, _) => format!("{} and {}", quoted_start(said.as_bytes(), 80), asked.exit),
    };
    let failure = Failure::new(format!("the answer to `next {state} {event}` is wrong"));
    let mut failure = failure.expected(format!("\"{expected}\"")).got(got).cause(Cause::Exited);
    failure.received = said.into_bytes();
    Err(failure.into())
}

fn expect_edges(run: &Run, edges: &[Edge]) -> Verdict {
    ask_all(run, edges, |(state, event, _)| vec![state, event], expect_edge)
}

/// A failure means that an ordinary connection comes up or goes down in another way.
pub(super) fn opens_and_closes(run: &mut Run) -> Verdict {
    expect_edges(run, &PLAIN_LIFE).or_probe(|failure| what_life(run, &failure.message))
}

/// The rest of the table. A failure usually means that an edge was forgotten: two opens or two
/// closes that meet on the way, a FIN that brings the last acknowledgement along, a reset.
pub(super) fn every_edge(run: &mut Run) -> Verdict {
    expect_edges(run, &RARE_LIFE).or_probe(|failure| what_was_forgotten(run, &failure.message))
}

/// A failure means that something is answered where nothing can happen, or that a state nobody
/// has heard of is taken for one.
pub(super) fn no_such_edge(run: &mut Run) -> Verdict {
    ask_all(run, &no_edges(), |(state, event)| vec![state, event], expect_refusal)
        .or_probe(|failure| what_is_made_up(run, failure))?;
    ask_all(run, &NO_QUESTIONS, <[_]>::to_vec, expect_usage)
}

/// The pairs of a state and an event that have no row in the table.
fn no_edges() -> Vec<(&'static str, &'static str)> {
    let all = STATES.iter().flat_map(|state| EVENTS.iter().map(move |event| (*state, *event)));
    let is_edge = |(state, event): &(&str, &str)| {
        let mut edges = PLAIN_LIFE.iter().chain(&RARE_LIFE);
        edges.any(|(from, what, _)| (from, what) == (state, event))
    };
    all.filter(|pair| !is_edge(pair)).collect()
}

/// Checks that `next` with these words is refused as a wrong use of the program.
fn expect_usage(words: &[&'static str], asked: &Finished) -> Verdict {
    asked.expect_code(USAGE).map_err(|trouble| match trouble {
        Trouble::Failed(mut failure) => {
            failure.message = format!("`next {}` is no question", words.join(" "));
            Trouble::Failed(failure)
        }
        other => other,
    })
}

fn expect_refusal((state, event): (&'static str, &'static str), asked: &Finished) -> Verdict {
    if asked.exit.code == Some(FAILED) {
        return asked.expect_stderr_says(&[]);
    }
    let said = one_line(asked);
    let got = match &*said {
        "" => asked.exit.to_string(),
        _ => format!("{} and {}", quoted_start(said.as_bytes(), 80), asked.exit),
    };
    let failure = Failure::new(format!("in {state} there is no transition for {event}"));
    let expected = format!("exit code {FAILED}, and one line on stderr");
    let mut failure = failure.cause(Cause::Exited).expected(expected).got(got);
    failure.received = said.into_bytes();
    Err(failure.into())
}

/// The pair that a failure is about, from its message.
fn asked<'a>(message: &str, edges: &'a [Edge]) -> Option<&'a Edge> {
    edges.iter().find(|(state, event, _)| message.contains(&format!("`next {state} {event}`")))
}

type Finding = Verdict<Option<&'static str>>;

/// An ordinary connection goes another way. What does that way look like from elsewhere?
fn what_life(run: &Run, message: &str) -> Finding {
    run.note("further experiments: other edges of the same kind");
    let Some(&(state, event, _)) = asked(message, &PLAIN_LIFE) else { return Ok(None) };
    let Some(wrong) = answer(run, state, event)? else { return Ok(None) };
    let is = |state, event, expected: &str| -> Verdict<bool> {
        Ok(answer(run, state, event)?.as_deref() == Some(expected))
    };
    Ok(match (state, event, &*wrong) {
        ("SYN-SENT", "rcv-syn-ack", "ESTABLISHED") => {
            let fin_is_acknowledged = is("ESTABLISHED", "rcv-fin", "CLOSE-WAIT send ACK")?;
            Some(if fin_is_acknowledged { "two_way_handshake" } else { "acknowledges_nothing" })
        }
        ("LISTEN", "rcv-syn", "SYN-RECEIVED send ACK") => Some("syn_only_acknowledged"),
        ("ESTABLISHED", "close", "CLOSED" | "CLOSED send FIN") => Some("close_is_the_end"),
        ("ESTABLISHED", "rcv-fin", "LAST-ACK send FIN" | "LAST-ACK send FIN,ACK") => {
            Some("fin_answered_with_fin")
        }
        ("FIN-WAIT-1", "rcv-ack", "TIME-WAIT" | "CLOSED") => Some("no_half_close"),
        ("FIN-WAIT-2", "rcv-fin", "CLOSED send ACK" | "CLOSED") => {
            let nowhere = !is("FIN-WAIT-1", "rcv-fin-ack", "TIME-WAIT send ACK")?
                && !is("CLOSING", "rcv-ack", "TIME-WAIT")?;
            nowhere.then_some("no_time_wait")
        }
        ("LAST-ACK", "rcv-ack", "TIME-WAIT") => {
            is("FIN-WAIT-2", "rcv-fin", "TIME-WAIT send ACK")?.then_some("both_ends_wait")
        }
        _ => None,
    })
}

/// One of the rarer edges is wrong or missing. Is it alone?
fn what_was_forgotten(run: &Run, message: &str) -> Finding {
    run.note("further experiments: other edges of the same kind");
    let Some(&(state, event, _)) = asked(message, &RARE_LIFE) else { return Ok(None) };
    let wrong = answer(run, state, event)?;
    let is_there = |state, event| -> Verdict<bool> { Ok(answer(run, state, event)?.is_some()) };
    Ok(match (state, event, wrong.as_deref()) {
        ("FIN-WAIT-1", "rcv-fin", None) => {
            (!is_there("CLOSING", "rcv-ack")?).then_some("closing_forgotten")
        }
        ("FIN-WAIT-1", "rcv-fin", Some("TIME-WAIT send ACK")) => Some("closes_that_cross_skip"),
        ("FIN-WAIT-1", "rcv-fin-ack", None) => Some("fin_with_ack_forgotten"),
        ("SYN-SENT", "rcv-syn", None) => Some("simultaneous_open_forgotten"),
        ("SYN-SENT", "rcv-rst", None) => {
            let none = !is_there("ESTABLISHED", "rcv-rst")? && !is_there("FIN-WAIT-2", "rcv-rst")?;
            none.then_some("resets_forgotten")
        }
        ("SYN-RECEIVED", "rcv-rst", Some("CLOSED")) => Some("reset_ends_the_listener"),
        ("TIME-WAIT", "rcv-fin", None) => Some("time_wait_is_deaf"),
        _ => None,
    })
}

/// Something is answered where nothing can happen. Is that so wherever?
fn what_is_made_up(run: &Run, failure: &Failure) -> Finding {
    run.note("further experiments: other pairs that are no transitions");
    let said = String::from_utf8_lossy(&failure.received).into_owned();
    if failure.message.contains("the diagnostic") || said.is_empty() {
        return Ok(None);
    }
    let says = |state, event, expected: &str| -> Verdict<bool> {
        Ok(answer(run, state, event)?.as_deref() == Some(expected))
    };
    let is_about = |words: &str| failure.message.contains(words);
    if is_about(&format!("in {said} "))
        && says("CLOSED", "timeout", "CLOSED")?
        && says("LISTEN", "rcv-ack", "LISTEN")?
    {
        return Ok(Some("stays_where_it_is"));
    }
    if is_about("rcv-rst")
        && says("CLOSED", "rcv-rst", "CLOSED")?
        && says("LISTEN", "rcv-rst", "CLOSED")?
    {
        return Ok(Some("reset_closes_everything"));
    }
    if is_about("in ESTABLISHED ") && says("ESTABLISHED", "rcv-ack", "ESTABLISHED")? {
        return Ok(is_about("rcv-ack").then_some("any_ack_is_an_event"));
    }
    Ok(None)
}
