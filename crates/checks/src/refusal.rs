//! UDP ports that refuse. The system says so with an ICMP message, which only a connected socket is
//! told of (RFC 1122 section 4.1.3.3).

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use grader::{Trouble, Verdict};

/// A port that is closed to everybody, for as long as the socket lives that comes with it.
pub(crate) fn closed_port() -> Verdict<(SocketAddr, UdpSocket)> {
    // Connected to itself, it hears nobody else; and nobody else gets its number.
    let hold = || -> io::Result<_> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = socket.local_addr()?;
        socket.connect(addr)?;
        Ok((addr, socket))
    };
    hold().map_err(|error| Trouble::Machine(format!("cannot hold a port: {error}")))
}

/// A probe: whether the system refuses the datagram `question` that a newcomer sends to `addr`.
pub(crate) fn is_refused(addr: SocketAddr, question: &[u8]) -> bool {
    let ask = || {
        let newcomer = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        newcomer.connect(addr)?;
        newcomer.set_read_timeout(Some(Duration::from_secs(1)))?;
        newcomer.send(question)?;
        newcomer.recv(&mut [0; 64])
    };
    ask().is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_port_refuses_and_an_open_one_does_not() {
        let (addr, _held) = closed_port().unwrap();
        if cfg!(target_os = "linux") {
            assert!(is_refused(addr, b"anybody?"));
        }
        let open = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = open.local_addr().unwrap();
        let answers = std::thread::spawn(move || {
            let (_, asker) = open.recv_from(&mut [0; 8]).unwrap();
            open.send_to(b"yes", asker).unwrap();
        });
        assert!(!is_refused(addr, b"anybody?"));
        answers.join().unwrap();
    }
}
