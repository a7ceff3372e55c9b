//! What the cell's first process tells its owner: messages of one size, over a pipe that no program
//! ever has. A message is shorter than PIPE_BUF, so it comes whole or not at all (pipe(7)).

use std::time::Duration;

use rustix::io::Errno;

use super::step::Step;

/// Why the program's run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It has ended.
    ItsOwn,
    Wall,
    Memory,
    /// The owner ordered the end.
    Owner,
}

impl Cause {
    const ALL: [Self; 4] = [Self::ItsOwn, Self::Wall, Self::Memory, Self::Owner];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Where it failed, which of several, and how.
    Failed(Step, usize, Errno),
    Started,
    /// `status` is what wait(2) says of the program; all processes are gone.
    Ended {
        cause: Cause,
        status: i32,
        cpu: Duration,
        peak: u64,
        left: u32,
    },
}

impl Message {
    pub(super) const SIZE: usize = 32;

    pub(super) fn to_bytes(self) -> [u8; Self::SIZE] {
        let (kind, one, two, numbers) = match self {
            Self::Failed(step, which, errno) => {
                let errno = u64::from(errno.raw_os_error().unsigned_abs());
                (0, step.number(), 0, [which as u64, errno, 0])
            }
            Self::Started => (1, 0, 0, [0; 3]),
            Self::Ended { cause, status, cpu, peak, left } => {
                let cpu = u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX);
                let both = u64::from(status.cast_unsigned()) << 32 | u64::from(left);
                (2, cause as u8, 0, [both, cpu, peak])
            }
        };
        let mut bytes = [0; Self::SIZE];
        bytes[..3].copy_from_slice(&[kind, one, two]);
        for (place, number) in bytes[8..].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_ne_bytes());
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        let mut numbers = bytes[8..]
            .chunks_exact(8)
            .map(|eight| eight.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)));
        let mut next = || {
            let number = numbers.next().unwrap_or(0);
            if cfg!(target_endian = "big") { number.swap_bytes() } else { number }
        };
        match bytes[0] {
            1 => Self::Started,
            2 => {
                let (both, cpu, peak) = (next(), next(), next());
                let cause = Cause::ALL.get(usize::from(bytes[1])).copied();
                Self::Ended {
                    cause: cause.unwrap_or(Cause::Owner),
                    status: ((both >> 32) as u32).cast_signed(),
                    cpu: Duration::from_micros(cpu),
                    peak,
                    left: both as u32,
                }
            }
            _ => {
                let (which, errno) = (next() as usize, next() as i32);
                Self::Failed(Step::numbered(bytes[1]), which, Errno::from_raw_os_error(errno))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_as_they_were_sent() {
        let ended = Message::Ended {
            cause: Cause::Memory,
            status: -2,
            cpu: Duration::from_micros(1_234_567),
            peak: u64::MAX - 5,
            left: 77,
        };
        for message in [Message::Started, ended, Message::Failed(Step::Bind, 3, Errno::NOENT)] {
            assert_eq!(Message::from_bytes(message.to_bytes()), message);
        }
    }
}
