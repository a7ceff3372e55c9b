//! What is tried when a check about whole messages has failed. How a sender writes is found out by
//! holding it, or ending it, in the middle; what then stands in the folder is evidence.

use std::fs;
use std::path::PathBuf;

use grader::{Program, Run, Verdict};

use super::super::experiments::Finding;
use super::super::mailbox::{Mailbox, at_rest, finish};
use super::super::message::{LENGTH, large};
use super::{End, held, send_limited};

/// A large message does not arrive, although nobody else is at work. Is it whole in the mailbox?
pub(super) fn where_it_is_cut(run: &Run, mailbox: &Mailbox<'_>, received: &[u8]) -> Finding {
    run.note("a further look: what the mailbox's file holds");
    let stands_there = fs::read(mailbox.path()).unwrap_or_default();
    let is_part = received.len() < LENGTH && large(0).starts_with(received);
    Ok(match stands_there {
        all if is_part && all == large(0) => Some("receives_one_part"),
        part if is_part && part == received => Some("sends_one_part"),
        _ => None,
    })
}

/// A part was received. While its sender was at work, in the place where readers look; or from a
/// draft that stands elsewhere?
///
/// `all_ended_well` says that no sender of the failure had come to grief: then a part in the
/// mailbox is one that was seen while it was written.
pub(super) fn whose_part_is_seen(run: &Run, all_ended_well: bool) -> Finding {
    run.note("a further experiment: a sender is held with half a message");
    let mailbox = Mailbox::new(run)?;
    mailbox.send_bytes(large(0))?;
    let sender = held(&mailbox, &large(1)[..LENGTH / 2])?;
    at_rest(&sender);
    // A receiver may wait for the sender to be done; then this one tells nothing.
    let seen = finish(mailbox.receiver().args(["--timeout", "1"])).map(|it| it.output.stdout);
    let stands_there = fs::read(mailbox.path()).unwrap_or_default();
    let is_part = |bytes: &[u8]| bytes.len() < LENGTH && large(1).starts_with(bytes);
    let finding = match seen {
        Ok(seen) if is_part(&seen) && stands_there == seen => Some("written_in_place"),
        Ok(seen) if is_part(&seen) && stands_there == large(0) => Some("reads_drafts"),
        _ => None,
    };
    sender.kill()?;
    if finding.is_some() { Ok(finding) } else { part_of_a_dead_sender(run, all_ended_well) }
}

fn part_of_a_dead_sender(run: &Run, all_ended_well: bool) -> Finding {
    let is_part = |bytes: &[u8]| bytes.len() < LENGTH && large(1).starts_with(bytes);
    let after = |end: End| -> Verdict<_> {
        let mailbox = Mailbox::new(run)?;
        mailbox.send_bytes(large(0))?;
        let sent = send_limited(run, &mailbox, large(1), end)?;
        let seen = finish(mailbox.receiver().args(["--timeout", "1"]))?.output.stdout;
        Ok((sent.exit, seen, fs::read(mailbox.path()).unwrap_or_default()))
    };
    let (exit, seen, stands_there) = after(End::Dies)?;
    if is_part(&seen) {
        // A signal ends a program where it stands: it can't have published anything after that.
        let in_place = stands_there == seen && (exit.signal.is_some() || all_ended_well);
        let elsewhere = stands_there == large(0);
        let of_draft = elsewhere.then_some("reads_drafts");
        return Ok(if in_place { Some("written_in_place") } else { of_draft });
    }
    // To die in that write left nothing in the mailbox. What does it leave if the write fails?
    let (_, later_seen, later_there) = after(End::Fails)?;
    let published = exit.signal.is_some() && stands_there == large(0) && is_part(&later_seen);
    Ok((published && later_there == later_seen).then_some("publishes_after_a_failure"))
}

/// After a sender that ended in the middle, the next one does not work. Does it, if what the dead
/// one left beside the mailbox is removed first?
pub(super) fn without_leftovers(run: &Run) -> Finding {
    let mailbox = Mailbox::new(run)?;
    mailbox.send_bytes(large(0))?;
    send_limited(run, &mailbox, large(1), End::Dies)?;
    let leftovers = mailbox.files_beside();
    let names = leftovers.iter().filter_map(|path| path.file_name());
    let names: Vec<_> = names.map(|name| netkit::visible(name.as_encoded_bytes())).collect();
    run.note(&format!("the grader removes what it left: {}", names.join(", ")));
    let removed = leftovers.iter().filter(|path| fs::remove_file(path).is_ok()).count();
    mailbox.send_bytes(large(2))?;
    mailbox.expect(large(2))?;
    Ok((removed > 0).then_some("leftovers_in_the_way"))
}

/// Two senders came into each other's way. What does the second do while the first is held in the
/// middle, and under which name does each write, with both of them held?
pub(super) fn one_is_held(run: &Run) -> Finding {
    run.note("a further experiment: one sender is held, then a second");
    let mailbox = Mailbox::new(run)?;
    let half = LENGTH / 2;
    let first = held(&mailbox, &large(0)[..half])?;
    at_rest(&first);
    let of_first = drafts(&mailbox, large(0));
    let second = held(&mailbox, &large(1)[..half])?;
    at_rest(&second);
    // That the first one's draft is gone would not do: the second may have removed it.
    let is_one_name = of_first.len() == 1 && of_first == drafts(&mailbox, large(1));
    let ended = |sender: Program, rest: &[u8]| {
        sender.write_stdin(rest);
        sender.close_stdin();
        sender.finished()
    };
    let second = ended(second, &large(1)[half..])?;
    let first = ended(first, &large(0)[half..])?;
    if second.exit.code != Some(0) && first.exit.code == Some(0) {
        return Ok(Some("refuses_a_second_sender"));
    }
    if second.exit.code == Some(0) && is_one_name {
        return Ok(Some("one_name_for_all_drafts"));
    }
    names_of_drafts(run)
}

/// Two senders end in the middle, one after the other. Under which names do their drafts stand?
fn names_of_drafts(run: &Run) -> Finding {
    let mailbox = Mailbox::new(run)?;
    send_limited(run, &mailbox, large(0), End::Dies)?;
    let of_first = drafts(&mailbox, large(0));
    send_limited(run, &mailbox, large(1), End::Dies)?;
    let of_second = drafts(&mailbox, large(1));
    let is_one_name = of_first.len() == 1 && of_first == of_second;
    Ok(is_one_name.then_some("one_name_for_all_drafts"))
}

/// The files beside the mailbox that hold a part of `message`, from its beginning.
fn drafts(mailbox: &Mailbox<'_>, message: &[u8]) -> Vec<PathBuf> {
    let holds_a_part = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        !bytes.is_empty() && message.starts_with(&bytes)
    };
    mailbox.files_beside().into_iter().filter(holds_a_part).collect()
}
