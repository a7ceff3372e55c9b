//! The fields of a TCP segment (RFC 9293 section 3.1).

use std::fmt;

use etherparse::{TcpOptionElement, TcpSlice};
use serde::Serialize;

/// A TCP header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// The sender's port.
    pub source: u16,
    /// The receiver's port.
    pub destination: u16,
    /// The sequence number of the first byte of data, or of the SYN or FIN.
    pub seq: u32,
    /// Which sequence number the sender expects next; `None` without the ACK flag.
    pub ack: Option<u32>,
    /// The flags.
    pub flags: Flags,
    /// The window as it stands in the header, not scaled.
    pub window: u16,
    /// The options in their order, without padding. What is malformed ends the list.
    pub options: Vec<TcpOption>,
    /// How many bytes of data follow.
    pub data: usize,
}

/// The eight flags of a TCP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, clippy::struct_excessive_bools, reason = "as RFC 9293 names them")]
pub struct Flags {
    pub cwr: bool,
    pub ece: bool,
    pub urg: bool,
    pub ack: bool,
    pub psh: bool,
    pub rst: bool,
    pub syn: bool,
    pub fin: bool,
}

/// An option of a TCP header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpOption {
    /// The largest segment that the sender wants to receive, in bytes of data.
    MaximumSegmentSize(u16),
    /// By how many bits the windows of this sender are to be shifted (RFC 7323).
    WindowScale(u8),
    /// The sender understands selective acknowledgements (RFC 2018).
    SackPermitted,
    /// The blocks that arrived out of order, one to four in the sender's order: of each the first
    /// number, and the one behind it (RFC 2018 section 3). One below the acknowledgement arrived
    /// twice (RFC 2883 section 4).
    Sack(Vec<(u32, u32)>),
    /// The sender's clock, and the last that it saw of the other's (RFC 7323).
    Timestamps(u32, u32),
}

/// Whether number `a` comes before `b` (RFC 9293 section 3.4: the numbers are a circle).
pub(crate) fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

impl Tcp {
    pub(super) fn of(slice: &TcpSlice<'_>) -> Self {
        let flags = Flags {
            cwr: slice.cwr(),
            ece: slice.ece(),
            urg: slice.urg(),
            ack: slice.ack(),
            psh: slice.psh(),
            rst: slice.rst(),
            syn: slice.syn(),
            fin: slice.fin(),
        };
        let options =
            slice.options_iterator().map_while(Result::ok).filter_map(|element| option(&element));
        Self {
            source: slice.source_port(),
            destination: slice.destination_port(),
            seq: slice.sequence_number(),
            ack: slice.ack().then(|| slice.acknowledgment_number()),
            flags,
            window: slice.window_size(),
            options: options.collect(),
            data: slice.payload().len(),
        }
    }

    /// How many sequence numbers it takes: its data, and one each for SYN and FIN.
    pub fn space(&self) -> u32 {
        let data = u32::try_from(self.data).unwrap_or(u32::MAX);
        data.wrapping_add(u32::from(self.flags.syn)).wrapping_add(u32::from(self.flags.fin))
    }

    /// The sequence number behind it.
    pub fn end(&self) -> u32 {
        self.seq.wrapping_add(self.space())
    }

    /// Its options, with the blocks counted from where the other direction began, as `ack` is in
    /// relative numbers.
    pub(super) fn relative_options(&self, ack: Option<u32>) -> Vec<TcpOption> {
        let began = self.ack.zip(ack).map_or(0, |(wire, relative)| wire.wrapping_sub(relative));
        let relative =
            |(first, end): &(u32, u32)| (first.wrapping_sub(began), end.wrapping_sub(began));
        let mut options = self.options.clone();
        for option in &mut options {
            if let TcpOption::Sack(blocks) = option {
                *blocks = blocks.iter().map(relative).collect();
            }
        }
        options
    }
}

fn option(element: &TcpOptionElement) -> Option<TcpOption> {
    Some(match *element {
        TcpOptionElement::Noop => return None,
        TcpOptionElement::MaximumSegmentSize(size) => TcpOption::MaximumSegmentSize(size),
        TcpOptionElement::WindowScale(shift) => TcpOption::WindowScale(shift),
        TcpOptionElement::SelectiveAcknowledgementPermitted => TcpOption::SackPermitted,
        TcpOptionElement::SelectiveAcknowledgement(first, more) => {
            TcpOption::Sack([first].into_iter().chain(more.into_iter().flatten()).collect())
        }
        TcpOptionElement::Timestamp(own, echo) => TcpOption::Timestamps(own, echo),
    })
}

impl Flags {
    /// Those that are set, by name.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let all = [
            (self.syn, "SYN"),
            (self.fin, "FIN"),
            (self.rst, "RST"),
            (self.psh, "PSH"),
            (self.ack, "ACK"),
            (self.urg, "URG"),
            (self.ece, "ECE"),
            (self.cwr, "CWR"),
        ];
        all.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect()
    }
}

/// The flags that are set, `SYN, ACK`; `none` where none is.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.names();
        f.write_str(if set.is_empty() { "none" } else { "" })?;
        f.write_str(&set.join(", "))
    }
}

/// `mss 1460`, `wscale 7`, `sack 101–201, 301–401`, …
impl fmt::Display for TcpOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TcpOption::MaximumSegmentSize(size) => write!(f, "mss {size}"),
            TcpOption::WindowScale(shift) => write!(f, "wscale {shift}"),
            TcpOption::SackPermitted => f.write_str("sack ok"),
            TcpOption::Sack(blocks) => {
                f.write_str("sack ")?;
                for (place, (first, end)) in blocks.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    write!(f, "{comma}{first}–{end}")?;
                }
                Ok(())
            }
            TcpOption::Timestamps(own, echo) => write!(f, "timestamps {own} {echo}"),
        }
    }
}
