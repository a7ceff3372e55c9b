//! Netlink messages (netlink(7)), as far as interfaces and sock_diag need them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{RecvFlags, SendFlags};

const HEADER: usize = 16;

/// A message in the making.
pub(super) struct Message {
    bytes: Vec<u8>,
}

/// Where an attribute that holds others began.
#[derive(Clone, Copy)]
pub(super) struct Nest(usize);

impl Message {
    pub(super) fn new(kind: u16, flags: i32) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        let flags = u16::try_from(flags | libc::NLM_F_REQUEST).unwrap_or_default();
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        Self { bytes }
    }

    /// The family's own header, or another fixed part.
    pub(super) fn fixed(mut self, part: &[u8]) -> Self {
        self.bytes.extend_from_slice(part);
        self.pad();
        self
    }

    pub(super) fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.pad();
        self
    }

    pub(super) fn begin(&mut self, kind: u16) -> Nest {
        let nest = Nest(self.bytes.len());
        self.bytes.extend_from_slice(&[0; 2]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        nest
    }

    pub(super) fn end(&mut self, nest: Nest) {
        let length = u16::try_from(self.bytes.len() - nest.0).unwrap_or(u16::MAX);
        self.bytes[nest.0..nest.0 + 2].copy_from_slice(&length.to_ne_bytes());
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finished(mut self) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes[0..4].copy_from_slice(&length.to_ne_bytes());
        self.bytes
    }
}

/// A netlink socket that was opened in some namespace, and speaks of that.
#[derive(Debug)]
pub(super) struct Netlink {
    socket: OwnedFd,
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Netlink {
    pub(super) fn over(socket: OwnedFd) -> Self {
        Self { socket }
    }

    /// Sends a message and hands each part of the answer to `take`, by its kind and without its
    /// header. Returns at the answer's end, which is an acknowledgement, an error, or the one part
    /// of an answer that is no list.
    ///
    /// The caller sees to it that there is one question at a time.
    pub(super) fn ask(&self, message: Message, mut take: impl FnMut(u16, &[u8])) -> io::Result<()> {
        rustix::net::send(&self.socket, &message.finished(), SendFlags::empty())?;
        let mut buffer = vec![0; 32 << 10];
        loop {
            let (length, _) = rustix::net::recv(&self.socket, &mut buffer, RecvFlags::empty())?;
            let mut rest = buffer.get(..length).unwrap_or(&buffer);
            while let Some((kind, flags, body, next)) = part(rest) {
                match i32::from(kind) {
                    libc::NLMSG_DONE => return Ok(()),
                    libc::NLMSG_ERROR => return error(body),
                    _ => take(kind, body),
                }
                if i32::from(flags) & libc::NLM_F_MULTI == 0 {
                    return Ok(());
                }
                rest = next;
            }
        }
    }

    /// Sends a message that asks for an acknowledgement.
    pub(super) fn order(&self, message: Message) -> io::Result<()> {
        self.ask(message, |_, _| {})
    }
}

/// Kind, flags, body, and what follows.
fn part(bytes: &[u8]) -> Option<(u16, u16, &[u8], &[u8])> {
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let body = bytes.get(HEADER..length)?;
    let next = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((u16_at(bytes, 4)?, u16_at(bytes, 6)?, body, next))
}

/// An error of 0 is an acknowledgement.
fn error(body: &[u8]) -> io::Result<()> {
    match u32_at(body, 0).map_or(-libc::EBADMSG, u32::cast_signed) {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno.saturating_neg())),
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
