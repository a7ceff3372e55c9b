//! The checks of the lesson file-ipc: two programs hand over messages through a file.
//!
//! A check acts through `send` and `recv` alone: what the file holds, and what stands beside it, is
//! the program's own affair. The first ones look at one message and at the wait for it; those in
//! [`whole`] at what a reader sees while a writer is at work, or has died. What is tried when a
//! check has failed stands in [`experiments`]; those may look into the folder, as evidence.

use std::time::{Duration, Instant};

use grader::{
    Cause, Check, Failure, Finished, Probe, Run, Suite, Verdict, check, expect_bytes, quoted_start,
};

use mailbox::{Mailbox, at_rest, expect_message, finish, typed};
use whole::{broken_writer, never_partial, two_writers};

mod experiments;
mod mailbox;
mod message;
mod whole;

/// The lesson's checks.
pub(crate) const SUITE: Suite = Suite {
    lesson: "file-ipc",
    checks: &[
        check!(text_round_trip),
        check!(empty_message),
        check!(exact_bytes),
        check!(reader_first),
        check!(times_out, waits),
        check!(replaces),
        check!(take),
        check!(missing_directory),
        Check { limit: SLOW, ..check!(never_partial, waits) },
        Check { limit: SLOW, ..check!(broken_writer) },
        Check { limit: SLOW, ..check!(two_writers) },
        check!(idle_is_cheap, waits),
    ],
};

/// How long a check that starts hundreds of programs may last: a language's start may be slow.
const SLOW: Duration = Duration::from_secs(180);

/// Fails when `recv` does not see what was sent before it began, or prints more than that.
fn text_round_trip(run: &mut Run) -> Verdict {
    let mailbox = Mailbox::new(run)?;
    mailbox.send("hello, mailbox!")?;
    let received =
        mailbox.receiver().start()?.finished().or_probe(|failure| match failure.cause {
            Cause::Silence => experiments::sent_once_more(run, &mailbox),
            _ => Ok(None),
        })?;
    expect_message(&received, b"hello, mailbox!")
        .or_probe(|failure| experiments::what_is_added(run, b"hello, mailbox!", &failure.received))
}

/// Fails when "nothing in it" is taken for "not there yet".
fn empty_message(run: &mut Run) -> Verdict {
    for through_stdin in [false, true] {
        let mailbox = Mailbox::new(run)?;
        let start = mailbox.sender();
        let sender = if through_stdin { typed(start, b"")? } else { start.arg("").start()? };
        let sent = sender.finished()?;
        sent.expect_code(0).or_probe(|_| experiments::one_byte_is_sent(run))?;
        let receiver = mailbox.waiting_receiver()?;
        let received = receiver.finished().or_probe(|failure| match failure.cause {
            Cause::Silence => experiments::one_byte_ends_the_wait(run),
            _ => Ok(None),
        })?;
        expect_message(&received, b"")?;
    }
    Ok(())
}

/// Fails when bytes are taken for text, or for lines of it.
fn exact_bytes(run: &mut Run) -> Verdict {
    let every: Vec<u8> = (0..=255).collect();
    let spaces = b"  \t two words \r\nand a second line \n\n";
    for message in [spaces.as_slice(), b"\0", b"\xff\xfe", &every, b"\r\n", b" "] {
        let mailbox = Mailbox::new(run)?;
        mailbox
            .send_bytes(message)
            .and_then(|()| mailbox.expect(message))
            .or_probe(|_| experiments::lines_and_text(run))?;
    }
    let mailbox = Mailbox::new(run)?;
    mailbox.send(" as an argument \n")?;
    mailbox.expect(b" as an argument \n").or_probe(|_| experiments::lines_and_text(run))
}

/// Fails when `recv` looks only once, or too seldom.
fn reader_first(run: &mut Run) -> Verdict {
    unless_cut_short(run, b"worth waiting for", |mailbox| {
        let receiver = mailbox.waiting_receiver()?;
        run.note("recv has looked; now there is a message");
        mailbox.send("worth waiting for")?;
        receiver.finished()
    })
    .or_probe(|failure| match failure.cause {
        Cause::Silence => Ok(None),
        _ => experiments::why_it_did_not_wait(run),
    })
}

/// A `recv` that waits may meet a sender that writes in place just when no more than the message's
/// beginning stands there. `never_partial` is about that, so here it is tried again. One that does
/// not wait gets too little every time.
fn unless_cut_short(
    run: &Run,
    message: &[u8],
    round: impl Fn(&Mailbox<'_>) -> Verdict<Finished>,
) -> Verdict {
    let is_cut = |received: &Finished| {
        let printed = &received.output.stdout;
        received.exit.code == Some(0) && printed != message && message.starts_with(printed)
    };
    let mut received = round(&Mailbox::new(run)?)?;
    if is_cut(&received) {
        run.note("too little; the same four times more, not shown");
        for _ in 0..4 {
            received = round(&Mailbox::new(run)?.unrecorded())?;
            if !is_cut(&received) {
                break;
            }
        }
    }
    expect_message(&received, message)
}

/// Fails when `--timeout` is not heeded, or what comes of it can't be told from a message.
fn times_out(run: &mut Run) -> Verdict {
    let mailbox = Mailbox::new(run)?;
    let begun = Instant::now();
    let receiver = mailbox.receiver().args(["--timeout", "1.2"]).start()?;
    receiver.wait_exit().or_probe(|_| {
        run.note("a further experiment: does a message end the wait?");
        mailbox.send("x")?;
        Ok(receiver.wait_exit().is_ok().then_some("ignores_the_timeout"))
    })?;
    let took = begun.elapsed();
    let received = receiver.finished()?;
    received.expect_code(1).or_probe(|_| experiments::empty_message_beside(run, &received))?;
    received.expect_stdout(b"")?;
    received.expect_stderr_says(&["timed out"])?;
    expect_waited(took).or_probe(|_| experiments::longer_timeout(run))
}

/// Checks that `recv`, whose time was 1.2 s, waited so long. A tenth is for clocks that don't agree.
/// What it took counts from before the program's start, so a busy machine can only make it longer;
/// the time is long beside a start, or a program that gives up early would be taken for a slow one.
fn expect_waited(took: Duration) -> Verdict {
    if took >= Duration::from_millis(1080) {
        return Ok(());
    }
    let failure = Failure::new("recv gave up before its time was over");
    let failure = failure.expected("1.2 s").got(format!("{:.3} s", took.as_secs_f64()));
    Err(failure.into())
}

/// Fails when a message is added to the one before, or leaves a part of it.
fn replaces(run: &mut Run) -> Verdict {
    let mailbox = Mailbox::new(run)?;
    let (first, second) = ("the first message, a long one", "the second");
    mailbox.send(first)?;
    mailbox.send(second).or_probe(|_| {
        run.note("a further experiment: a mailbox without a message");
        Ok(Mailbox::new(run)?.send(second).is_ok().then_some("refuses_a_full_mailbox"))
    })?;
    mailbox.expect(second.as_bytes()).or_probe(|failure| {
        let tail = [second.as_bytes(), &first.as_bytes()[second.len()..]].concat();
        if failure.received == tail {
            return Ok(Some("leaves_the_old_tail"));
        }
        run.note("a further experiment: a third message");
        mailbox.send(", the third")?;
        let all = [first, second, ", the third"].concat();
        Ok((mailbox.receive()?.output.stdout == all.as_bytes()).then_some("appends"))
    })
}

/// Fails when a message is taken without being asked for, or stays although it is.
fn take(run: &mut Run) -> Verdict {
    let mailbox = Mailbox::new(run)?;
    mailbox.send("take me")?;
    mailbox.expect(b"take me")?;
    mailbox.expect(b"take me").or_probe(|failure| match failure.cause {
        Cause::Silence => experiments::taken_by_the_first(run),
        _ => Ok(None),
    })?;
    unless_cut_short(run, b"a new one", |mailbox| {
        mailbox.send("take me")?;
        takes(run, mailbox, b"take me")?;
        let next = mailbox.waiting_receiver()?;
        run.note("the next recv has looked; now there is a new message");
        mailbox.send("a new one")?;
        next.finished()
    })
    .or_probe(|failure| experiments::what_take_leaves(run, &failure.received))
}

/// `recv --take` hands out `message`.
fn takes(run: &Run, mailbox: &Mailbox<'_>, message: &[u8]) -> Verdict {
    let taker = mailbox.receiver().arg("--take").start()?;
    let took = taker
        .expect_exit(0)
        .and_then(|()| expect_bytes("--take printed something else", message, &taker.stdout()));
    took.or_probe(|_| {
        taker.kill()?;
        experiments::is_it_gone(run, mailbox)
    })
}

/// Fails when a missing folder is taken for a message that will come, or is made, or not named; or
/// when a name without a folder is taken for one in a folder that is missing. At once means: long
/// before the 60 seconds are over. A program's start counts, and may be slow.
fn missing_directory(run: &mut Run) -> Verdict {
    let mailbox = Mailbox::new(run)?;
    let path = mailbox.path_beside("no-such-folder").join("mailbox");
    let named = path.to_string_lossy().into_owned();
    let cases = [("send", vec!["hello"]), ("recv", vec![]), ("recv", vec!["--timeout", "60"])];
    for (role, arguments) in cases {
        let program = run.program(role).args(arguments).arg("--file").arg(&path).start()?;
        let finished = program.finished().or_probe(|_| match role {
            "recv" => experiments::waits_at_a_missing_folder(run, &path),
            _ => Ok(None),
        })?;
        finished
            .expect_code(1)
            .or_probe(|_| Ok((role == "send" && path.exists()).then_some("makes_the_folder")))?;
        finished.expect_stderr_says(&[&named])?;
        expect_another_cause(&finished)?;
    }
    waits_for_a_bare_name(run, &mailbox)
}

/// Checks that a missing folder is not called a wait that took too long.
fn expect_another_cause(finished: &Finished) -> Verdict {
    let said = &finished.output.stderr;
    if !String::from_utf8_lossy(said).to_lowercase().contains("timed out") {
        return Ok(());
    }
    let failure = Failure::new("the folder is missing, and that is not what is said");
    let failure = failure.expected("another cause than `timed out`").got(quoted_start(said, 400));
    Err(failure.into())
}

/// A name without a folder is in the folder that the program runs in, and that one is there. Nobody
/// sends, so a right program makes nothing there.
fn waits_for_a_bare_name(run: &Run, mailbox: &Mailbox<'_>) -> Verdict {
    let name = mailbox.name_of_nothing();
    let receiver = run.program("recv").arg("--file").arg(&name).args(["--timeout", "0.1"]);
    let received = finish(receiver)?;
    received
        .expect_code(1)
        .and_then(|()| received.expect_stderr_says(&["timed out"]))
        .or_probe(|_| experiments::same_file_with_its_folder(run, &name))
}

/// Fails when `recv` asks again and again without a pause.
fn idle_is_cheap(run: &mut Run) -> Verdict {
    let mailbox = Mailbox::new(run)?;
    let receiver = mailbox.receiver().start()?;
    at_rest(&receiver);
    let share = 100.0 * receiver.cpu_share(Duration::from_secs(2))?;
    if share >= 20.0 {
        let failure = Failure::new("waiting costs too much of a processor");
        let failure = failure.expected("less than 20 % of a processor");
        return Err(failure.got(format!("{share:.0} %")).into())
            .or_probe(|_| experiments::never_at_rest(run, &receiver));
    }
    mailbox.send("at last")?;
    expect_message(&receiver.finished()?, b"at last")
}
