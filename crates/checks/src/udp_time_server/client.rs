//! The checks of the client: the grader is its server, and every stranger.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use grader::{
    Cause, Datagram, Failure, Probe, Program, Run, Start, Trouble, UdpPeer, Verdict, expect_bytes,
    quoted,
};

use crate::datagrams::{awaited, expect_line_that_says, expect_nobody_there, which_strangers};
use crate::refusal::closed_port;

mod experiments;

/// How long a client may take to start and to do the next thing. Generous: a slow machine is no
/// failure, and only a check that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(4);

/// A time limit that no check comes to, for clients that are answered.
const NEVER: &str = "1000";

fn client<'a>(run: &'a Run, server: &UdpPeer, words: &[&str]) -> Start<'a> {
    run.program("client").addr(server.addr()).args(words.iter().copied())
}

/// Fails when a reply is not printed as it came, when the interval is not kept, or when the client
/// does not know an `error:` reply from a time.
pub(super) fn counts_and_intervals(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    asks_at_once(run)?;
    keeps_count_and_interval(run)?;
    goes_on_without_a_count(run)?;
    stops_at_an_error_reply(run)
}

/// The interval lies between two replies, not before the first. The reply is not the time, and is
/// printed all the same.
fn asks_at_once(run: &Run) -> Verdict {
    let reply = "noon by the station clock";
    let ask_and_print = |interval: &str, reply: &str| {
        let mut server = run.udp_host("server")?;
        let words = ["%H:%M", "--count", "1", "--interval", interval, "--timeout", NEVER];
        let client = client(run, &server, &words).env("TZ", "UTC").start()?;
        let question = receive(&mut server)?;
        expect_bytes("the request is not the format", b"%H:%M", &question.bytes)?;
        server.send_to(question.from, reply.as_bytes())?;
        client.expect_line(reply)
    };
    ask_and_print("60", reply).or_probe(|failure| {
        if failure.cause == Cause::Silence && ask_and_print("0.1", reply).is_ok() {
            return Ok(Some("waits_first"));
        }
        let time_here = |hours| (Utc::now() + TimeDelta::hours(hours)).format("%H:%M").to_string();
        let believes_itself = ask_and_print("60", &time_here(0)).is_ok();
        let believes_others = ask_and_print("60", &time_here(5)).is_ok();
        Ok((believes_itself && !believes_others).then_some("own_clock"))
    })
}

/// Three replies, three lines, no closer than the interval, and the end.
fn keeps_count_and_interval(run: &Run) -> Verdict {
    let interval = Duration::from_millis(400);
    let mut server = run.udp_host("server")?;
    let words = ["%H", "--count", "3", "--interval", "0.4", "--timeout", NEVER];
    let client = client(run, &server, &words).start()?;
    let mut replied: Option<Instant> = None;
    for reply in ["half past six", "all is well, no error: at all", "\x1b[31mred\x07 时间"] {
        let question = receive(&mut server)?;
        let gap = replied.map(|replied| replied.elapsed());
        expect_interval(gap, interval).or_probe(|_| experiments::how_intervals_go(run))?;
        expect_bytes("the request is not the format", b"%H", &question.bytes)?;
        replied = Some(Instant::now());
        server.send_to(question.from, reply.as_bytes())?;
        expect_shown(&client, reply)?;
    }
    client.expect_exit(0).or_probe(|_| {
        let asks_on = server.pending(Duration::ZERO)?.is_some();
        Ok(asks_on.then_some("one_too_many"))
    })?;
    match client.next_line() {
        Ok(line) => {
            let failure = Failure::new("the client printed more lines than it got replies");
            Err(failure.expected("three lines").got(quoted(line.as_bytes())).into())
        }
        Err(Trouble::Failed(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

/// A right client prints before it waits, so between the grader's reply and the next question lies
/// at least the interval. A tenth of it is allowed for clocks that tick coarsely.
fn expect_interval(gap: Option<Duration>, interval: Duration) -> Verdict {
    match gap {
        Some(gap) if gap < interval * 9 / 10 => {
            let message = "the next question comes sooner than the interval after the reply";
            let expected = format!("{:.1} s or more", interval.as_secs_f64());
            Err(Failure::new(message)
                .expected(expected)
                .got(format!("{:.3} s", gap.as_secs_f64()))
                .into())
        }
        _ => Ok(()),
    }
}

/// Checks that the next line shows `reply`, and nothing of it that would drive a terminal.
fn expect_shown(client: &Program, reply: &str) -> Verdict {
    if !reply.contains('\x1b') {
        return client.expect_line(reply).or_probe(|_| {
            let taken_for_error = client.wait_exit()?.code == Some(1)
                && String::from_utf8_lossy(&client.stderr()).contains(reply);
            Ok(taken_for_error.then_some("error_anywhere"))
        });
    }
    let line = client.next_line()?;
    let safe = !line.chars().any(char::is_control);
    if safe && line.contains("red") && line.contains("时间") {
        return Ok(());
    }
    let failure = Failure::new("the reply is not shown safely")
        .expected("the text, its two control characters made visible")
        .got(quoted(line.as_bytes()));
    Err(if safe { failure } else { failure.explain("terminal_driven") }.into())
}

fn goes_on_without_a_count(run: &Run) -> Verdict {
    let mut server = run.udp_host("server")?;
    let words = ["%H", "--interval", "0.01", "--timeout", NEVER];
    let client = client(run, &server, &words).start()?;
    for number in 1..=4 {
        let question = receive(&mut server)?;
        let reply = format!("reply {number}");
        server.send_to(question.from, reply.as_bytes())?;
        client.expect_line(&reply)?;
    }
    client.kill()
}

fn stops_at_an_error_reply(run: &Run) -> Verdict {
    let mut server = run.udp_host("server")?;
    let words = ["%Q", "--count", "3", "--interval", "0.01", "--timeout", NEVER];
    let client = client(run, &server, &words).start()?;
    let question = receive(&mut server)?;
    server.send_to(question.from, b"error: no tea today")?;
    let printed = || String::from_utf8_lossy(&client.stdout()).contains("no tea today");
    client.expect_exit(1).or_probe(|_| Ok(printed().then_some("error_reply_printed")))?;
    if printed() {
        let failure = Failure::new("the `error:` reply is printed on stdout")
            .expected("nothing on stdout")
            .got(quoted(&client.stdout()));
        return Err(failure.into());
    }
    expect_line_that_says(&client.finished()?, &["no tea today"])
}

/// Fails when the client waits for a lost reply without a limit, or takes the limit for the end.
///
/// How long it waits is measured from before it began, so that a busy machine can only make that
/// longer. Its start is in it then, and where that was no small part of the limit it could hide a
/// wait that is too short; so there it is asked once more, for a longer one.
pub(super) fn asks_again(run: &mut Run) -> Verdict {
    for limit in [Duration::from_millis(1200), Duration::from_secs(6)] {
        run.patience(PATIENCE.max(2 * limit));
        if asks_again_after(run, limit)? <= limit / 4 {
            return Ok(());
        }
        run.note("it was so long in starting that this says little");
    }
    Err(Trouble::Machine("the program starts too slowly here to tell how long it waits".into()))
}

/// Gives the time from its start to its first question.
fn asks_again_after(run: &Run, limit: Duration) -> Verdict<Duration> {
    let mut server = run.udp_host("server")?;
    let timeout = format!("{:.1}", limit.as_secs_f64());
    let words = ["%H", "--count", "1", "--timeout", &timeout, "--retries", "20"];
    let began = Instant::now();
    let client = client(run, &server, &words).start()?;
    let lost = receive(&mut server)?;
    let asked = Instant::now();
    run.note("this question gets no reply, as if it were lost");
    let again = receive(&mut server).or_probe(|failure| match failure.cause {
        Cause::Silence => experiments::why_not_again(run),
        _ => experiments::ended_at_the_limit(&client, asked.elapsed()),
    })?;
    expect_bytes("the second ask is not the same question", &lost.bytes, &again.bytes)?;
    expect_limit(began.elapsed(), limit)?;
    server.send_to(again.from, b"at last")?;
    client.expect_line("at last")?;
    client.expect_exit(0)?;
    Ok(asked.duration_since(began))
}

/// Checks that the second question came no sooner than the limit allows. A tenth of it is allowed
/// for clocks that tick coarsely.
fn expect_limit(waited: Duration, limit: Duration) -> Verdict {
    if waited >= limit * 9 / 10 {
        return Ok(());
    }
    let failure = Failure::new("the second question comes before the time limit is over");
    let expected = format!("{:.1} s or more", limit.as_secs_f64());
    Err(failure.expected(expected).got(format!("{:.3} s", waited.as_secs_f64())).into())
}

/// Fails when the client takes a datagram for the reply that did not come from the server, or when
/// such datagrams keep it from noticing that no reply comes.
pub(super) fn stranger_ignored(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    disbelieves_strangers(run)?;
    strangers_do_not_lengthen_the_wait(run)
}

fn disbelieves_strangers(run: &Run) -> Verdict {
    let mut stranger = run.udp_host("stranger")?;
    let false_replies = |asker| {
        // As many as there are asks: a stranger's datagram must not cost one of them.
        (0..4).try_for_each(|_| stranger.send_to(asker, b"midnight, says a stranger"))
    };
    ask_beside(run, false_replies).or_probe(|failure| {
        if failure.cause != (Cause::Differs { at: 0 }) {
            let undisturbed = ask_beside(run, |_| Ok(())).is_ok();
            let ends = undisturbed && failure.cause == Cause::Ended;
            return Ok(ends.then_some("stranger_ends_it"));
        }
        which_strangers(run, b"midnight, says a stranger", |lies| ask_beside(run, lies))
    })
}

/// One question, one reply, and what `disturb` does between them.
fn ask_beside(run: &Run, disturb: impl FnOnce(SocketAddr) -> Verdict) -> Verdict {
    let mut server = run.udp_host("server")?;
    let client = client(run, &server, &["%H", "--count", "1", "--timeout", NEVER]).start()?;
    let question = receive(&mut server)?;
    disturb(question.from)?;
    server.send_to(question.from, b"noon, says the server")?;
    client.expect_line("noon, says the server")?;
    client.expect_exit(0)
}

fn strangers_do_not_lengthen_the_wait(run: &Run) -> Verdict {
    let (mut server, mut stranger) = (run.udp_host("server")?, run.udp_host("stranger")?);
    let words = ["%H", "--count", "1", "--timeout", "0.4", "--retries", "50"];
    let client = client(run, &server, &words).start()?;
    let first = receive(&mut server)?;
    let late = Instant::now() + PATIENCE;
    let again = loop {
        stranger.send_to(first.from, b"tick")?;
        if let Some(again) = server.pending(Duration::from_millis(50))? {
            break again;
        }
        if Instant::now() > late {
            let failure = Failure::new("while strangers send, the client does not ask again")
                .cause(Cause::Silence)
                .expected("the question again, 0.4 s after the first")
                .got("no datagram");
            let failed: Verdict = Err(failure.into());
            return failed.or_probe(|_| {
                run.note("the stranger is silent from now on");
                let asks_when_quiet = receive(&mut server).is_ok();
                Ok(asks_when_quiet.then_some("stranger_lengthens"))
            });
        }
    };
    server.send_to(again.from, b"noon")?;
    client.expect_line("noon")?;
    client.expect_exit(0)
}

/// Fails when the client asks too often, too seldom or without an end, or hides that it failed.
pub(super) fn silent_server(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    let (client, mut server) = ask_in_silence(run, "2")?;
    client.expect_exit(1).or_probe(|failure| {
        if failure.cause == Cause::Silence {
            let asks_on = questions(&mut server)? > 4;
            return Ok(asks_on.then_some("never_gives_up"));
        }
        Ok((client.wait_exit()?.code == Some(0)).then_some("silence_is_success"))
    })?;
    let asked = questions(&mut server)?;
    expect_questions(3, asked).or_probe(|_| {
        let (client, mut server) = ask_in_silence(run, "4")?;
        client.wait_exit()?;
        Ok((asked == 2 && questions(&mut server)? == 4).then_some("one_ask_less"))
    })?;
    expect_line_that_says(&client.finished()?, &["timed out", &server.addr().to_string()])?;
    nobody_there(run)
}

/// A client with `retries` that gets no reply, and the server that gives none.
fn ask_in_silence(run: &Run, retries: &str) -> Verdict<(Program, UdpPeer)> {
    let server = run.udp_host("server")?;
    let words = ["%H", "--count", "1", "--timeout", "0.2", "--retries", retries];
    Ok((client(run, &server, &words).start()?, server))
}

/// How many questions lie unread at `server`.
fn questions(server: &mut UdpPeer) -> Verdict<usize> {
    let mut count = 0;
    while server.pending(Duration::ZERO)?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn expect_questions(expected: usize, asked: usize) -> Verdict {
    if asked == expected {
        return Ok(());
    }
    let failure = Failure::new("the client asked another number of times");
    let expected = format!("{expected} questions: the first and --retries 2 further ones");
    Err(failure.expected(expected).got(format!("{asked} questions")).into())
}

/// A port that is closed to the client.
fn nobody_there(run: &Run) -> Verdict {
    let (addr, _closed) = closed_port()?;
    let words = ["%H", "--count", "1", "--timeout", "0.2", "--retries", "1"];
    expect_nobody_there(&run.program("client").addr(addr).args(words).finish()?, addr)
}

/// The client's next question.
fn receive(server: &mut UdpPeer) -> Verdict<Datagram> {
    awaited(server, "a question from the client")
}
