//! What is tried when a datagram that no right client sends was taken otherwise than it should be.

use grader::{Cause, Failure, Run, Server};

use super::{Finding, ends, fresh, is_dropped};
use crate::shown::Line;

/// After an empty datagram or one that is not UTF-8: what became of the server?
pub(in crate::udp_chat) fn after_a_hostile(
    run: &Run,
    server: &Server,
    hostile: &[u8],
    failure: &Failure,
) -> Finding {
    let empty = hostile.is_empty();
    // The one thing that is to blame, and what differs from it only in that.
    let (blamed, harmless) = match empty {
        true => (&b""[..], &b"hello"[..]),
        false => (&b"bob : caf\xff"[..], &b"bob : cafe"[..]),
    };
    match failure.cause {
        Cause::Ended if empty => {
            let is_the_end = server.wait_exit()?.code == Some(0);
            Ok(is_the_end.then_some("empty_taken_for_the_end"))
        }
        Cause::Ended => {
            run.note("further experiments: a word with a broken character, and without");
            let panics = ends(run, blamed)? && !ends(run, harmless)?;
            Ok(panics.then_some("not_utf8_panics"))
        }
        Cause::Silence => {
            run.note("further experiments: is it passed over, and what is like it?");
            let dropped = is_dropped(run, blamed)? && !is_dropped(run, harmless)?;
            let finding = if empty { "empty_ignored" } else { "not_utf8_dropped" };
            Ok(dropped.then_some(finding))
        }
        _ => Ok(None),
    }
}

/// Something of a datagram that is too long was shown.
pub(in crate::udp_chat) fn shown_of_a_long_one(run: &Run, line: &Line) -> Finding {
    run.note("a further experiment: 3,000 bytes");
    let long = format!("bob : {}", "y".repeat(3000 - 6));
    let again = fresh(run, long.as_bytes())?.text();
    Ok(match (line.text().len(), again.len()) {
        (_, 3000) if again == long => Some("long_one_shown"),
        (first, second) if first == second && long.starts_with(&again) => Some("long_one_cut"),
        _ => None,
    })
}
