//! The record as a pcapng file (draft-ietf-opsawg-pcapng), as Wireshark opens it.
//!
//! Each host is an interface of the file, with its name. What became of a frame, and what the hosts'
//! states were then, is the packet's comment.

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::UNIX_EPOCH;

use super::{Deed, Event, Fate, Recorder};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const NAMES: u32 = 4;
const PACKET: u32 = 6;

/// A block's body: numbers in the byte order that the section header shows, all little-endian here.
#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        // Longer than any comment here; the format has no room for more.
        let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
        self.0.extend(code.to_le_bytes());
        self.0.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.0.extend(value);
        self.pad();
    }

    fn write(mut self, kind: u32, out: &mut impl Write) -> io::Result<()> {
        self.pad();
        let length = u32::try_from(self.0.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
        out.write_all(&kind.to_le_bytes())?;
        out.write_all(&length)?;
        out.write_all(&self.0)?;
        out.write_all(&length)
    }
}

impl Recorder {
    /// Writes what became of each frame as a pcapng file: hosts by name, and for each packet a
    /// comment with its fate, the states of both hosts, and which of `deeds`, which are in their
    /// order, were done since the packet before. Behind the last packet there is no place for any, so
    /// those are in its comment too, as done after it.
    ///
    /// # Errors
    /// If `out` doesn't take it.
    pub fn write_pcapng(&self, deeds: &[Deed], mut out: impl Write) -> io::Result<()> {
        let mut section = Body::default();
        section.0.extend(0x1a2b_3c4d_u32.to_le_bytes());
        section.0.extend([1, 0, 0, 0]); // version 1.0
        section.0.extend(u64::MAX.to_le_bytes()); // of any length
        section.option(4, b"wirelab");
        section.option(0, b"");
        section.write(SECTION, &mut out)?;
        for name in self.hosts() {
            let mut interface = Body::default();
            interface.0.extend([1, 0, 0, 0]); // Ethernet
            interface.0.extend(0u32.to_le_bytes()); // whole frames
            interface.option(2, name.as_bytes());
            interface.option(9, &[9]); // times in nanoseconds
            interface.option(0, b"");
            interface.write(INTERFACE, &mut out)?;
        }
        self.names_block().write(NAMES, &mut out)?;
        let events = self.ends();
        let mut deeds = deeds.iter().peekable();
        for (place, event) in events.iter().enumerate() {
            let mut comment = comment(self, event);
            while let Some(deed) = deeds.next_if(|deed| deed.before <= event.number) {
                comment.push_str(&format!("; before: {} {}", self.name(deed.host), deed.text));
            }
            let is_last = place + 1 == events.len();
            while let Some(deed) = deeds.next_if(|_| is_last) {
                comment.push_str(&format!("; after: {} {}", self.name(deed.host), deed.text));
            }
            self.packet_block(event, &comment).write(PACKET, &mut out)?;
        }
        out.flush()
    }

    fn names_block(&self) -> Body {
        let mut names = Body::default();
        for (place, name) in self.hosts().iter().enumerate() {
            // Of hosts that share an address none can be named by it.
            let is_its_own = |address: &&IpAddr| {
                let mut others = (0..self.hosts().len()).filter(|other| *other != place);
                !others.any(|other| self.addresses(other).contains(address))
            };
            for address in self.addresses(place).iter().filter(is_its_own) {
                let (kind, mut record) = match address {
                    IpAddr::V4(four) => (1, four.octets().to_vec()),
                    IpAddr::V6(six) => (2, six.octets().to_vec()),
                };
                record.extend(name.as_bytes());
                record.push(0);
                names.option(kind, &record);
            }
        }
        names.option(0, b"");
        names
    }

    fn packet_block(&self, event: &Event, comment: &str) -> Body {
        let began = self.began().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = u64::try_from((began + event.time).as_nanos()).unwrap_or(u64::MAX);
        let bytes = &event.frame.bytes;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut packet = Body::default();
        packet.0.extend(u32::try_from(event.frame.from).unwrap_or(0).to_le_bytes());
        packet.0.extend(((time >> 32) as u32).to_le_bytes());
        packet.0.extend((time as u32).to_le_bytes());
        packet.0.extend(length.to_le_bytes());
        packet.0.extend(length.to_le_bytes());
        packet.0.extend(bytes.iter());
        packet.pad();
        packet.option(1, comment.as_bytes());
        let direction: u32 = if event.fate == Fate::Injected { 1 } else { 2 }; // in, out
        packet.option(2, &direction.to_le_bytes());
        packet.option(0, b"");
        packet
    }
}

/// `delivered after 1.5 s; alice SYN-SENT, bob SYN-RECEIVED`
fn comment(recorder: &Recorder, event: &Event) -> String {
    let mut text = event.fate.to_string();
    let after = event.time.saturating_sub(event.frame.time);
    if after.as_millis() > 0 {
        text.push_str(&format!(" after {:.3} s", after.as_secs_f64()));
    }
    for (at, seen) in event.states.iter().enumerate() {
        let mark = if at == 0 { ';' } else { ',' };
        text.push_str(&format!("{mark} {} {}", recorder.name(seen.host), seen.state()));
    }
    text
}
