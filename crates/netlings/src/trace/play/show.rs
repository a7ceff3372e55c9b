//! One frame: it is shown, decided about, and shown again with what became of it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab::{Decoded, payload};

use super::gather::Carried;
use super::{Choice, Crossed, Enough, MOST_SEEN, Play, Seen, Waiting, told};
use crate::ending::Stop;
use crate::trace::scenario::{Prepared, PreparedFate, Side};
use crate::trace::stage::Watched;
use crate::trace::view::{End, Row};
use crate::words::trace as words;

impl<'a> Play<'a> {
    /// Looks at the connection of this frame from now on; what tells it from alice's others, where
    /// she has had some.
    fn look_at(&mut self, decoded: &Decoded, from: Side) -> Option<u16> {
        let ports = self.ports.as_mut()?;
        let (source, destination) = decoded.ends()?;
        let ends: [SocketAddr; 2] = match from {
            Side::Alice => [source, destination],
            Side::Bob => [destination, source],
        };
        let opens = decoded.tcp().is_some_and(|(_, tcp)| tcp.flags.syn && !tcp.flags.ack);
        if decoded.tcp().is_some() {
            self.stage.watched = Some(Watched { ends, opens });
        }
        ports.insert(ends[0].port());
        (ports.len() > 1).then_some(ends[0].port())
    }

    /// What the wire itself does to this frame.
    fn fate(&mut self, waiting: &Waiting<'_>) -> io::Result<Option<PreparedFate>> {
        if self.manner.drop == Some(self.frames) {
            return Ok(Some(PreparedFate::Lost));
        }
        let states = self.stage.states()?;
        let receiver = states[waiting.from.other().place()];
        let fits = |prepared: &Prepared| {
            prepared.from == waiting.from
                && prepared.kind == waiting.kind
                && prepared.receiver.is_none_or(|state| state == receiver)
        };
        let place = self.prepared.iter().position(fits);
        Ok(place.map(|place| self.prepared.remove(place).fate))
    }

    /// Shows a frame, has it decided about, and shows what became of it.
    pub(super) fn show(&mut self, waiting: Waiting<'a>) -> Result<Result<Crossed, Enough>, Stop> {
        if !waiting.late {
            self.frames += 1;
        }
        let decoded = waiting.frame.frame().decode();
        let numbers = self.numbers.relative(&decoded);
        let mut text = decoded.line(numbers, payload(&waiting.frame.frame().bytes));
        if let Some(port) = self.look_at(&decoded, waiting.from) {
            text = words::of_port(port, &text);
        }
        let mut row = Row { from: waiting.from, text, end: End::OnTheWire };
        let frame = waiting.frame.frame().clone();
        let crossed = {
            let from = waiting.from;
            move |end: End| Crossed { from, frame, end }
        };
        if let Carried::Gone(_) = waiting.frame {
            row.end = End::Delivered;
            self.view.frame(&row, "");
            self.come_to_rest(&row)?;
            return Ok(Ok(crossed(row.end)));
        }
        let fields = decoded.fields(numbers);
        let fate = if waiting.late { None } else { self.fate(&waiting).map_err(told)? };
        if let Some(PreparedFate::OvertakenBy(count)) = fate {
            row.end = End::HeldUp;
            self.view.frame(&row, "");
            self.waiting.push_front(Waiting { overtaken_by: count, late: true, ..waiting });
            return Ok(Ok(crossed(row.end)));
        }
        let will_be_lost = fate == Some(PreparedFate::Lost);
        let choice = match self.choose(&row, &fields, &waiting, will_be_lost)? {
            Ok(choice) => choice,
            Err(enough) => {
                self.view.settle();
                return Ok(Err(enough));
            }
        };
        row.end = match choice {
            Choice::Lose => End::Lost,
            Choice::Deliver if waiting.late => End::DeliveredLate,
            Choice::Deliver => End::Delivered,
            Choice::Duplicate => End::DeliveredTwice,
        };
        self.disturbed |= self.manner.drop == Some(self.frames)
            || !(will_be_lost || matches!(choice, Choice::Deliver));
        let note = self.note(&row, waiting.kind);
        if let Carried::Held(held) = waiting.frame {
            match choice {
                Choice::Lose => held.lose(),
                Choice::Deliver => held.release(),
                Choice::Duplicate => held.duplicate(),
            };
        }
        self.view.settle();
        self.view.frame(&row, "");
        let states = self.stage.states().map_err(told)?;
        if self.has_states() {
            let remark = self.remark(&row).map_err(told)?;
            self.view.states(states, &remark);
        }
        self.judge(states, note.as_deref());
        if self.seen.len() >= MOST_SEEN {
            self.seen.drain(..MOST_SEEN / 2);
        }
        let end = row.end;
        self.seen.push(Seen { row, fields, states });
        Ok(Ok(crossed(end)))
    }

    /// Shows the states behind the last of the frames that have gone by, where they belong.
    fn come_to_rest(&mut self, row: &Row) -> Result<(), Stop> {
        if !self.has_states() || !self.waiting.is_empty() {
            return Ok(());
        }
        let states = self.stage.states().map_err(told)?;
        let remark = self.remark(row).map_err(told)?;
        // What goes by only now has changed them already.
        if !self.gather(Duration::ZERO) {
            self.view.states(states, &remark);
        }
        Ok(())
    }
}
