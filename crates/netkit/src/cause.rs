//! The cause of a failure, in the same words on every system.

use std::io::{self, ErrorKind};

/// The cause of `error` in words.
///
/// The systems word the same failure differently, and Windows in the user's language. For the
/// causes that the lessons meet, the words are always these: `address already in use`,
/// `connection refused`, `timed out`, `invalid …`. Anything else keeps the system's own words.
#[must_use]
pub fn cause(error: &io::Error) -> String {
    if error.get_ref().is_some() {
        return error.to_string(); // made by a program, with words of its own
    }
    let words = match error.kind() {
        ErrorKind::AddrInUse => "address already in use",
        ErrorKind::AddrNotAvailable => "address not available on this machine",
        ErrorKind::ConnectionRefused => "connection refused, nobody listens there",
        ErrorKind::ConnectionReset => "connection reset by the peer",
        ErrorKind::ConnectionAborted => "connection aborted",
        ErrorKind::BrokenPipe => "the peer has closed the connection",
        // A socket's time limit is reported as WouldBlock on Unix and as TimedOut on Windows.
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "timed out",
        ErrorKind::InvalidInput => "invalid argument",
        ErrorKind::PermissionDenied => "permission denied",
        ErrorKind::NotFound => "not found",
        ErrorKind::UnexpectedEof => "the peer ended in the middle",
        _ => return error.to_string(),
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_timeout_say_timed_out() {
        assert_eq!(cause(&ErrorKind::WouldBlock.into()), "timed out");
        assert_eq!(cause(&ErrorKind::TimedOut.into()), "timed out");
    }

    #[test]
    fn a_message_of_the_programs_own_is_kept() {
        let error = io::Error::new(ErrorKind::TimedOut, "no answer after 4 tries, timed out");
        assert_eq!(cause(&error), "no answer after 4 tries, timed out");
    }
}
