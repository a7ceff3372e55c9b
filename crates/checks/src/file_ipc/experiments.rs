//! What is tried when a check of file-ipc has failed: one more experiment, whose outcome only one
//! misconception explains. It gives that misconception's id in lesson.toml, or `None`: open.
//!
//! Each says in the ladder, by a note, where the failure ends and the experiment begins.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use grader::{Finished, Program, Run, Verdict};

use super::mailbox::{Mailbox, finish};

/// The confirmed misconception, if any.
pub(super) type Finding = Verdict<Option<&'static str>>;

/// A message was there, and `recv` still waits. Does the same message sent again end the wait?
pub(super) fn sent_once_more(run: &Run, mailbox: &Mailbox<'_>) -> Finding {
    run.note("a further experiment: a recv waits; the same is sent again");
    let receiver = mailbox.waiting_receiver()?;
    mailbox.send("hello, mailbox!")?;
    let received = receiver.finished()?;
    Ok((received.output.stdout == b"hello, mailbox!").then_some("waits_for_a_change"))
}

/// More was received than sent. Does a message that ends its line get another line end? Does the
/// same stand around another message, and around one that no `send` has written?
pub(super) fn what_is_added(run: &Run, sent: &[u8], received: &[u8]) -> Finding {
    let Some(at) = received.windows(sent.len()).position(|window| window == sent) else {
        return Ok(None);
    };
    run.note("further experiments: a line, then another message");
    let mailbox = Mailbox::new(run)?;
    let (before, after) = (&received[..at], &received[at + sent.len()..]);
    if before.is_empty() && after == b"\n" {
        let line = mailbox.answer(b"ab\n")?;
        return Ok((line == b"ab\n\n").then_some("adds_a_newline"));
    }
    let surrounded = |message: &[u8]| [before, message, after].concat();
    if mailbox.answer(b"something else")? != surrounded(b"something else") {
        return Ok(None);
    }
    // It may have been put around the message by `send` already: so one that no `send` has written.
    run.note("then one that lies in the mailbox without a send");
    mailbox.put(b"by hand")?;
    let received = mailbox.receive()?.output.stdout;
    Ok(match &*received {
        b"by hand" => Some("puts_more_into_the_mailbox"),
        more if *more == surrounded(b"by hand") => Some("says_more_on_stdout"),
        _ => None,
    })
}

/// A message of no bytes was refused. Is one byte sent?
pub(super) fn one_byte_is_sent(run: &Run) -> Finding {
    run.note("a further experiment: a message of one byte");
    let mailbox = Mailbox::new(run)?;
    Ok((mailbox.answer(b"x")? == b"x").then_some("refuses_an_empty_message"))
}

/// A `recv` waits although there is an empty message. Does one byte end the wait?
pub(super) fn one_byte_ends_the_wait(run: &Run) -> Finding {
    run.note("a further experiment: a recv waits, then one byte is sent");
    let mailbox = Mailbox::new(run)?;
    mailbox.send("")?;
    let receiver = mailbox.waiting_receiver()?;
    mailbox.send("x")?;
    let received = receiver.finished()?;
    Ok((received.output.stdout == b"x").then_some("takes_empty_for_nothing_yet"))
}

/// Bytes have changed on their way. Which changes do a text's spaces and its lines suffer, and does
/// a text pass where a byte that is none doesn't?
pub(super) fn lines_and_text(run: &Run) -> Finding {
    run.note("further experiments: spaces, lines, text, a byte that is none");
    let is = |sent: &[u8], came: &[u8]| -> Verdict<bool> {
        // A program may also end with an error, or wait on: then nothing came.
        Ok(Mailbox::new(run)?.answer(sent).is_ok_and(|answer| answer == came))
    };
    if is(b" a b \n", b"a b")? || is(b" a b \n", b" a b")? || is(b" a b \n", b" a b ")? {
        return Ok(Some("trims"));
    }
    if is(b"one\ntwo\n", b"one\n")? || is(b"one\ntwo\n", b"one")? {
        return Ok(Some("takes_one_line"));
    }
    if is(b"one\r\ntwo\r\n", b"one\ntwo\n")? {
        return Ok(Some("changes_line_ends"));
    }
    let text_passes = is("a text, 好".as_bytes(), "a text, 好".as_bytes())?;
    let byte_passes = is(b"a byte, \xff", b"a byte, \xff")?;
    Ok((text_passes && !byte_passes).then_some("takes_bytes_for_text"))
}

/// `recv` ended without the message that came later. As what does it take the missing file, when
/// there is no sender at all?
pub(super) fn why_it_did_not_wait(run: &Run) -> Finding {
    run.note("further experiments: no sender; then a message first");
    let mailbox = Mailbox::new(run)?;
    let alone = mailbox.receive()?;
    let is_made = mailbox.path().exists();
    let found = Mailbox::new(run)?.answer(b"x")? == b"x";
    Ok(match (alone.exit.code, &*alone.output.stdout) {
        (Some(0), b"") if is_made => Some("recv_makes_the_mailbox"),
        (Some(0), b"") => Some("takes_nothing_for_empty"),
        (Some(1), b"") if found => Some("looks_once"),
        _ => None,
    })
}

/// No message came, and `recv` ended as if one had. Is an empty message told in the same way?
pub(super) fn empty_message_beside(run: &Run, timed_out: &Finished) -> Finding {
    run.note("a further experiment: an empty message");
    let mailbox = Mailbox::new(run)?;
    mailbox.send("")?;
    let empty = mailbox.receive()?;
    let looks_the_same = empty.exit == timed_out.exit;
    Ok(looks_the_same.then_some("timeout_looks_like_a_message"))
}

/// `recv` gave up too early. Does 1000 last a second, and 30 not?
pub(super) fn longer_timeout(run: &Run) -> Finding {
    run.note("further experiments: a timeout of 30, then one of 1000");
    let mailbox = Mailbox::new(run)?;
    let lasts = |timeout: &str| -> Verdict<Duration> {
        let begun = Instant::now();
        finish(mailbox.receiver().args(["--timeout", timeout]))?.expect_code(1)?;
        Ok(begun.elapsed())
    };
    let a_second = Duration::from_millis(900);
    let in_milliseconds = lasts("30")? < a_second && lasts("1000")? >= a_second;
    Ok(in_milliseconds.then_some("time_in_another_unit"))
}

/// A second `recv` waits. Was the message there until the first one had it?
pub(super) fn taken_by_the_first(run: &Run) -> Finding {
    run.note("a further experiment: two messages, each read once");
    let mailbox = Mailbox::new(run)?;
    let both_came = mailbox.answer(b"one")? == b"one" && mailbox.answer(b"two")? == b"two";
    let next = mailbox.waiting_receiver()?;
    mailbox.send("three")?;
    let waited = next.finished()?.output.stdout == b"three";
    Ok((both_came && waited).then_some("always_takes"))
}

/// `recv --take` did not hand out its message. Is that message gone all the same?
pub(super) fn is_it_gone(run: &Run, mailbox: &Mailbox<'_>) -> Finding {
    run.note("a further experiment: is the message still there?");
    let receiver = mailbox.waiting_receiver()?;
    mailbox.send("x")?;
    let received = receiver.finished()?;
    Ok((received.output.stdout == b"x").then_some("removes_before_reading"))
}

/// After `--take` the next `recv` did not wait for a new message, but got `received`. The same, or an empty message,
/// with every message?
pub(super) fn what_take_leaves(run: &Run, received: &[u8]) -> Finding {
    run.note("a further experiment: another message is taken");
    let mailbox = Mailbox::new(run)?;
    mailbox.send("another one")?;
    let taken = finish(mailbox.receiver().arg("--take"))?.output.stdout;
    let left = mailbox.receive()?;
    Ok(match (received, &*left.output.stdout) {
        (b"take me", b"another one") if taken == b"another one" => Some("take_leaves_it"),
        (b"", b"") if left.exit.code == Some(0) && taken == b"another one" => {
            Some("take_leaves_an_empty_message")
        }
        _ => None,
    })
}

/// `recv` waits at a missing folder. For nothing but a folder: does it say so when its time is over?
pub(super) fn waits_at_a_missing_folder(run: &Run, path: &Path) -> Finding {
    run.note("a further experiment: a timeout of 0.1");
    let receiver = run.program("recv").arg("--file").arg(path).args(["--timeout", "0.1"]);
    let received = finish(receiver)?;
    received.expect_code(1)?;
    received.expect_stderr_says(&["timed out"])?;
    Ok(Some("waits_for_the_folder"))
}

/// `recv` did not wait for a name without a folder. Does it wait with the folder before the name?
pub(super) fn same_file_with_its_folder(run: &Run, name: &str) -> Finding {
    run.note("a further experiment: the same file, with `./` before its name");
    let named = Path::new(".").join(name);
    let receiver = run.program("recv").arg("--file").arg(named).args(["--timeout", "0.1"]);
    let received = finish(receiver)?;
    received.expect_code(1)?;
    received.expect_stderr_says(&["timed out"])?;
    Ok(Some("bare_name_in_no_folder"))
}

/// Waiting costs much. Does the program ever sleep?
pub(super) fn never_at_rest(run: &Run, receiver: &Program) -> Finding {
    run.note("a further experiment: is it ever asleep, in 100 looks?");
    for _ in 0..100 {
        if receiver.asleep() {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(1)); // so that it gets its turn
    }
    Ok(Some("never_pauses"))
}
