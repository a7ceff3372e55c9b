//! What waits on the wire: frames that are held, and frames that are on their way for a while.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use crate::frame::Frame;

/// So many bytes may wait, as the record keeps so many: programs that send without end must not fill
/// the memory.
pub(super) const ROOM: usize = 64 << 20;
/// What each frame takes besides its bytes.
const EACH: usize = 256;

#[derive(Default)]
pub(crate) struct Pending {
    held: VecDeque<Frame>,
    /// What goes later: when, in which order, what.
    due: BinaryHeap<Reverse<Due>>,
    delays: u64,
    taken: usize,
}

struct Due {
    time: Duration,
    order: u64,
    frame: Frame,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.time, self.order) == (other.time, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.order).cmp(&(other.time, other.order))
    }
}

fn size(frame: &Frame) -> usize {
    frame.bytes.len() + EACH
}

impl Pending {
    pub(super) fn has_room_for(&self, frame: &Frame) -> bool {
        self.taken + size(frame) <= ROOM
    }

    pub(super) fn hold(&mut self, frame: Frame) {
        self.taken += size(&frame);
        self.held.push_back(frame);
    }

    pub(crate) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// The oldest frame that is held, which somebody takes in hand.
    pub(crate) fn take_held(&mut self) -> Option<Frame> {
        let frame = self.held.pop_front()?;
        self.taken -= size(&frame);
        Some(frame)
    }

    pub(super) fn delay(&mut self, frame: Frame, time: Duration) {
        self.taken += size(&frame);
        self.delays += 1;
        self.due.push(Reverse(Due { time, order: self.delays, frame }));
    }

    /// When the next delayed frame goes.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.due.peek().map(|Reverse(due)| due.time)
    }

    /// The next frame that is due by now.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Frame> {
        self.next_due().filter(|time| *time <= now)?;
        let Reverse(due) = self.due.pop()?;
        self.taken -= size(&due.frame);
        Some(due.frame)
    }
}
