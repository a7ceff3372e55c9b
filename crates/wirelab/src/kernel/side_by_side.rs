//! The same work for many hosts, some at a time.

use std::sync::Mutex;
use std::thread;

use namespaces::Refusal;

use crate::locked::locked;

/// So many at a time. Most of the work is waiting: the kernel has each change of a network wait until
/// all processors have passed a quiet point, and who waits side by side waits for the same one.
const AT_ONCE: usize = 16;

/// Does `work` for each of `items`, and gives what came of them in their order, or a refusal: of
/// several the one that stands first. After a refusal nothing more is begun.
pub(super) fn side_by_side<T: Send, R: Send>(
    items: impl ExactSizeIterator<Item = T> + Send,
    work: impl Fn(usize, T) -> Result<R, Refusal> + Sync,
) -> Result<Vec<R>, Refusal> {
    let count = items.len();
    let mut done: Vec<Option<Result<R, Refusal>>> = Vec::new();
    done.resize_with(count, || None);
    let (ahead, done) = (Mutex::new(items.enumerate()), Mutex::new(done));
    let serve = || {
        while let Some((place, item)) = { locked(&ahead).next() } {
            let came = work(place, item);
            if came.is_err() {
                locked(&ahead).by_ref().for_each(drop);
            }
            locked(&done)[place] = Some(came);
        }
    };
    thread::scope(|scope| {
        for _ in 1..count.min(AT_ONCE) {
            // A machine that gives no more threads does it with those there are.
            let _ = thread::Builder::new().spawn_scoped(scope, serve);
        }
        serve();
    });
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.into_iter().flatten().collect() // only behind a refusal there may be none
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use namespaces::Step;

    use super::*;

    fn refused(what: &str) -> Refusal {
        Refusal::new(Step::Configure, Some(what), io::ErrorKind::Other.into())
    }

    #[test]
    fn what_comes_is_in_order_whoever_is_first_done() {
        // Whoever is there first waits for the others.
        let all = Barrier::new(AT_ONCE);
        let work = |place: usize, item: usize| {
            all.wait();
            Ok(place * 100 + item)
        };
        let made = side_by_side(0..AT_ONCE, work).expect("nobody refuses");
        assert_eq!(made, (0..AT_ONCE).map(|at| at * 101).collect::<Vec<_>>());
        assert_eq!(side_by_side(0..0, |_, _| Ok(())).expect("nobody refuses"), []);
    }

    #[test]
    fn after_a_refusal_nothing_more_is_begun_and_the_first_is_told() {
        let begun = AtomicUsize::new(0);
        let work = |place: usize, _| {
            begun.fetch_add(1, Ordering::SeqCst);
            if place == 0 { Ok(()) } else { Err(refused(&format!("host {place}"))) }
        };
        let refusal = side_by_side(0..1000, work).expect_err("host 1 is refused");
        assert!(refusal.to_string().contains("host 1"), "{refusal}");
        assert!(begun.into_inner() <= 1 + AT_ONCE, "each goes on after its own refusal");
    }
}
