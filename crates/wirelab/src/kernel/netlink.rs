//! Netlink messages (netlink(7)), as far as interfaces and sock_diag need them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;
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

    fn finished(mut self, number: u32) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes[0..4].copy_from_slice(&length.to_ne_bytes());
        self.bytes[8..12].copy_from_slice(&number.to_ne_bytes());
        self.bytes
    }
}

/// A netlink socket that was opened in some namespace, and speaks of that.
#[derive(Debug)]
pub(super) struct Netlink {
    socket: OwnedFd,
    /// How many questions there were. Each has its number, and so has each part of its answer.
    asked: AtomicU32,
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Netlink {
    pub(super) fn over(socket: OwnedFd) -> Self {
        Self { socket, asked: AtomicU32::new(0) }
    }

    /// Sends a message and hands each part of the answer to `take`, by its kind and without its
    /// header. Returns at the answer's end, which is an acknowledgement, an error, or the one part
    /// of an answer that is no list.
    ///
    /// The caller sees to it that there is one question at a time. What is left of the answer to an
    /// earlier one, which went wrong halfway, is passed over.
    pub(super) fn ask(&self, message: Message, mut take: impl FnMut(u16, &[u8])) -> io::Result<()> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        rustix::net::send(&self.socket, &message.finished(number), SendFlags::empty())?;
        let mut buffer = vec![0; 32 << 10];
        loop {
            let received = rustix::net::recv(&self.socket, &mut buffer, RecvFlags::empty());
            let length = match received {
                Err(Errno::INTR) => continue,
                received => received?.0,
            };
            let mut rest = buffer.get(..length).unwrap_or(&buffer);
            while !rest.is_empty() {
                let part = part(rest).ok_or(Errno::BADMSG)?;
                rest = part.next;
                if part.number != number {
                    continue;
                }
                match i32::from(part.kind) {
                    libc::NLMSG_DONE => return Ok(()),
                    libc::NLMSG_ERROR => return error(part.body),
                    _ => take(part.kind, part.body),
                }
                if i32::from(part.flags) & libc::NLM_F_MULTI == 0 {
                    return Ok(());
                }
            }
        }
    }

    /// Sends a message that asks for an acknowledgement.
    pub(super) fn order(&self, message: Message) -> io::Result<()> {
        self.ask(message, |_, _| {})
    }
}

/// One part of an answer, and what follows it.
struct Part<'a> {
    kind: u16,
    flags: u16,
    number: u32,
    body: &'a [u8],
    next: &'a [u8],
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let body = bytes.get(HEADER..length)?;
    let next = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    let (kind, flags, number) = (u16_at(bytes, 4)?, u16_at(bytes, 6)?, u32_at(bytes, 8)?);
    Some(Part { kind, flags, number, body, next })
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

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::*;

    /// Somebody who answers the next question as is written here.
    fn answered(answers: &[(u16, u32, &[u8])]) -> (Netlink, UnixDatagram) {
        let (ours, kernel) = UnixDatagram::pair().expect("a pair");
        for (kind, number, body) in answers {
            let message = Message::new(*kind, 0).fixed(body);
            kernel.send(&message.finished(*number)).expect("there is room");
        }
        (Netlink { socket: ours.into(), asked: AtomicU32::new(7) }, kernel)
    }

    #[test]
    fn what_is_left_of_an_earlier_answer_is_passed_over() {
        let (netlink, _kernel) = answered(&[(20, 6, b"old!"), (20, 7, b"new!")]);
        let mut got = Vec::new();
        netlink.ask(Message::new(20, 0), |_, body| got.extend_from_slice(body)).expect("it came");
        assert_eq!(got, b"new!");
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error() {
        let (ours, kernel) = UnixDatagram::pair().expect("a pair");
        kernel.send(&[99, 0, 0, 0, 20, 0]).expect("there is room");
        let error = Netlink::over(ours.into()).order(Message::new(20, 0)).expect_err("cut off");
        assert_eq!(error.raw_os_error(), Some(libc::EBADMSG));
    }
}
