//! The checks about whole messages: while they are rewritten, when a sender dies, with two senders.
//!
//! The messages have 1 MiB, and each line of them says whose it is ([`message`](super::message)).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use grader::{Cause, Failure, Finished, Probe, Program, Run, Trouble, Verdict};

use super::mailbox::{Mailbox, at_rest, expect_one_of, finish, typed};
use super::message::{LENGTH, large};

mod experiments;

/// How many reads `never_partial` makes, by two readers.
const READS: usize = 500;
/// On a machine, or with a language, where that many take longer: as many as this gives.
const READING: Duration = Duration::from_secs(40);
/// How many senders `broken_writer` kills.
const KILLS: usize = 40;
/// How often `two_writers` lets two senders go.
const ROUNDS: usize = 40;
/// How many mailboxes share these, side by side.
const LANES: usize = 2;

/// Fails when a reader can see a message that is still being written.
pub(super) fn never_partial(run: &mut Run) -> Verdict {
    let run = &*run;
    let mailbox = Mailbox::new(run)?;
    mailbox.send_bytes(large(0))?;
    mailbox
        .expect(large(0))
        .or_probe(|failure| experiments::where_it_is_cut(run, &mailbox, &failure.received))?;
    run.note("500 reads while the message is rewritten, not shown");
    read_while_rewritten(run, &mailbox.unrecorded()).or_probe(|failure| match failure.cause {
        Cause::Differs { .. } => experiments::whose_part_is_seen(run, true),
        _ => Ok(None),
    })
}

fn read_while_rewritten(run: &Run, mailbox: &Mailbox<'_>) -> Verdict {
    let late = Instant::now() + READING;
    let reads = AtomicUsize::new(0);
    let (is_read, was_read) = mpsc::channel();
    let send = move || -> Verdict {
        for number in 1.. {
            mailbox.send_bytes(large(number))?;
            // For three reads one message. When there are no more readers, that was the last.
            if (0..3).any(|_| was_read.recv().is_err()) {
                break;
            }
        }
        Ok(())
    };
    let read = |is_read: mpsc::Sender<()>| -> Verdict {
        let all = [0, 1, 2, 3].map(large);
        while reads.load(Ordering::Acquire) < READS && Instant::now() < late {
            let received = mailbox.receive()?;
            received.expect_code(0)?;
            expect_one_of(&received.output.stdout, &all)?;
            reads.fetch_add(1, Ordering::AcqRel);
            if is_read.send(()).is_err() {
                break; // the sender has failed
            }
        }
        Ok(())
    };
    let read = |is_read| {
        let outcome = read(is_read);
        if outcome.is_err() {
            let right = reads.swap(READS, Ordering::AcqRel); // the other reader may stop
            if right < READS {
                run.note(&format!("reads that were right before one that is not: {right}"));
            }
        }
        outcome
    };
    thread::scope(|scope| {
        let sending = scope.spawn(send);
        let reading = [is_read.clone(), is_read].map(|is_read| scope.spawn(|| read(is_read)));
        let reading = reading.map(joined).into_iter().fold(Ok(()), Verdict::and);
        reading.and(joined(sending))
    })
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, Verdict<T>>) -> Verdict<T> {
    thread.join().unwrap_or_else(|_| Err(Trouble::Machine("a thread of the check broke".into())))
}

/// Does `work` in every lane at the same time, each with its share of `all`.
fn in_lanes<T: Sync>(all: &[T], work: impl Fn(&[T]) -> Verdict + Sync) -> Verdict {
    thread::scope(|scope| {
        let work = &work;
        let shares = all.chunks(all.len().div_ceil(LANES));
        let lanes: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        lanes.into_iter().map(joined).fold(Ok(()), Verdict::and)
    })
}

/// Fails when a sender that ends midway leaves a part where readers look, or something that is in
/// the next sender's way.
pub(super) fn broken_writer(run: &mut Run) -> Verdict {
    // Each moment as a part of the time that a whole sending takes, in thousandths; some are late.
    let moments: Vec<u32> = (0..KILLS).map(|_| run.random().u32(0..1200)).collect();
    let run = &*run;
    ends_midway(run, End::Dies)?;
    ends_midway(run, End::Fails)?;
    in_lanes(&moments, |share| is_killed(run, share))
}

/// What readers may find: no message, or one of those.
struct Possible(Vec<&'static [u8]>);

impl Possible {
    /// A reader gets one of the messages, whole, or runs out of time. If it got one, it is that.
    fn expect_in(&mut self, mailbox: &Mailbox<'_>) -> Verdict {
        let received = finish(mailbox.receiver().args(["--timeout", "0.2"]))?;
        if received.exit.code == Some(1) && received.output.stdout.is_empty() {
            return received.expect_stderr_says(&["timed out"]);
        }
        received.expect_code(0)?;
        expect_one_of(&received.output.stdout, &self.0)?;
        self.0.retain(|message| *message == received.output.stdout);
        Ok(())
    }
}

/// What a sender meets that may not write a file of more than half its message: a signal, or a
/// failure of the write. Either comes in the middle, whatever else the machine does.
#[derive(Clone, Copy)]
enum End {
    Dies,
    Fails,
}

fn ends_midway(run: &Run, end: End) -> Verdict {
    let mailbox = Mailbox::new(run)?;
    mailbox.send_bytes(large(0))?;
    let sent = send_limited(run, &mailbox, large(1), end)?;
    let mut possible = Possible(vec![large(0), large(1)]);
    possible
        .expect_in(&mailbox)
        .and_then(|()| if sent.exit.code == Some(0) { is_sent(&mailbox, large(1)) } else { Ok(()) })
        .or_probe(|failure| match failure.cause {
            Cause::Differs { .. } => experiments::whose_part_is_seen(run, false),
            _ => Ok(None),
        })?;
    next_send_works(run, &mailbox)
}

/// Runs a sender whose files may have half its message's length.
fn send_limited(run: &Run, mailbox: &Mailbox<'_>, message: &[u8], end: End) -> Verdict<Finished> {
    let half = LENGTH as u64 / 2;
    let (start, then) = match end {
        End::Dies => (mailbox.sender().file_size_limit(half), "dies"),
        End::Fails => (mailbox.sender().file_size_error(half), "gets an error"),
    };
    run.note(&format!("a sender that {then} when its file has 512 KiB"));
    typed(start, message)?.finished()
}

/// Who ends with 0 has sent.
fn is_sent(mailbox: &Mailbox<'_>, message: &[u8]) -> Verdict {
    mailbox.expect(message).map_err(|trouble| match trouble {
        Trouble::Failed(mut failure) => {
            failure.message = "the sender ended well, but its message is not there".into();
            failure.cause = Cause::Other;
            Trouble::Failed(failure)
        }
        other => other,
    })
}

/// Kills one sender after another at these moments.
fn is_killed(run: &Run, moments: &[u32]) -> Verdict {
    let mailbox = Mailbox::new(run)?.unrecorded();
    let first = typed(mailbox.sender(), large(0))?;
    let begun = Instant::now();
    first.finished()?.expect_code(0)?;
    let whole = begun.elapsed().min(Duration::from_millis(500));
    let mut possible = Possible(vec![large(0)]);
    for (number, moment) in moments.iter().enumerate() {
        let sender = typed(mailbox.sender(), large(number + 1))?;
        let moment = whole * *moment / 1000;
        thread::sleep(moment); // a moment of the sender's life, not a wait
        sender.kill()?;
        possible.0.push(large(number + 1));
        possible.expect_in(&mailbox).or_probe(|failure| {
            let moment = moment.as_secs_f64() * 1000.0;
            run.note(&format!("a sender was killed {moment:.2} ms after its start"));
            match failure.cause {
                Cause::Differs { .. } => experiments::whose_part_is_seen(run, false),
                _ => Ok(None),
            }
        })?;
    }
    next_send_works(run, &mailbox)
}

fn next_send_works(run: &Run, mailbox: &Mailbox<'_>) -> Verdict {
    let next = large(2);
    let works = || mailbox.send_bytes(next).and_then(|()| mailbox.expect(next));
    works().or_probe(|_| experiments::without_leftovers(run))
}

/// Fails when two senders get into each other's way.
pub(super) fn two_writers(run: &mut Run) -> Verdict {
    let run = &*run;
    two_at_once(&Mailbox::new(run)?, 0).or_probe(|failure| getting_in_the_way(run, failure))?;
    run.note("the same 39 times more, not shown");
    let rounds: Vec<usize> = (1..ROUNDS).collect();
    in_lanes(&rounds, |share| {
        let mailbox = Mailbox::new(run)?.unrecorded();
        share.iter().try_for_each(|round| two_at_once(&mailbox, *round))
    })
    .or_probe(|failure| getting_in_the_way(run, failure))
}

fn getting_in_the_way(run: &Run, failure: &Failure) -> Verdict<Option<&'static str>> {
    match failure.cause {
        Cause::Exited | Cause::Differs { .. } => experiments::one_is_held(run),
        _ => Ok(None),
    }
}

/// Two senders have all of their messages but not the end. They get that at the same moment.
fn two_at_once(mailbox: &Mailbox<'_>, round: usize) -> Verdict {
    let messages = [large(2 * round), large(2 * round + 1)];
    let senders = thread::scope(|scope| {
        let second = scope.spawn(|| held(mailbox, messages[1]));
        held(mailbox, messages[0]).and_then(|first| Ok([first, joined(second)?]))
    })?;
    senders.iter().for_each(at_rest);
    senders.iter().for_each(Program::close_stdin);
    for sender in senders {
        sender.finished()?.expect_code(0)?;
    }
    let received = mailbox.receive()?;
    received.expect_code(0)?;
    expect_one_of(&received.output.stdout, &messages)
}

/// A sender that has been given `bytes`, and waits for more.
fn held(mailbox: &Mailbox<'_>, bytes: &[u8]) -> Verdict<Program> {
    let sender = mailbox.sender().arg("-").start()?;
    sender.write_stdin(bytes);
    Ok(sender)
}
