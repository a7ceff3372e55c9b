//! The TCP sockets of a namespace, as the kernel tells them (sock_diag(7)).
//!
//! Of all ways to look, this one shows all eleven states, without any rights. /proc/net/tcp lacks
//! one, and TCP_INFO says CLOSE during TIME-WAIT.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::time::Duration;

use super::netlink::{Message, Netlink, u32_at};
use crate::locked::locked;
use crate::tcp_state::{TcpSocket, TcpState, Timer, TimerKind};

// linux/sock_diag.h
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const SOCK_DESTROY: u16 = 21;
/// Any socket with those addresses.
const NO_COOKIE: [u32; 2] = [u32::MAX; 2];
/// struct inet_diag_msg, without its attributes.
const ANSWER: usize = 72;

/// sock_diag of one namespace.
#[derive(Debug)]
pub(super) struct Diag {
    netlink: Mutex<Netlink>,
}

impl Diag {
    pub(super) fn over(socket: OwnedFd) -> Self {
        Self { netlink: Mutex::new(Netlink::over(socket)) }
    }

    /// All TCP sockets but those without a connection that don't listen.
    pub(super) fn all(&self) -> io::Result<Vec<TcpSocket>> {
        let mut found = Vec::new();
        for family in [libc::AF_INET, libc::AF_INET6] {
            let message = Message::new(SOCK_DIAG_BY_FAMILY, libc::NLM_F_DUMP)
                .fixed(&request(family, &[0; 48]));
            let answer = locked(&self.netlink).ask(message, |_, body| found.extend(socket(body)));
            match answer {
                // A kernel without IPv6 knows no such family.
                Err(error) if family == libc::AF_INET6 && found_nothing(&error) => {}
                answer => answer?,
            }
        }
        found.retain(|socket| socket.state != TcpState::Closed);
        Ok(found)
    }

    /// The socket for a connection, or else the listener that would take it.
    pub(super) fn one(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> io::Result<Option<TcpSocket>> {
        let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let id = ends(local, remote, NO_COOKIE);
        let message = Message::new(SOCK_DIAG_BY_FAMILY, 0).fixed(&request(family, &id));
        let mut found = None;
        let answer = locked(&self.netlink).ask(message, |_, body| found = socket(body));
        match answer {
            Err(error) if found_nothing(&error) => Ok(None),
            answer => answer.map(|()| found.filter(|it| it.state != TcpState::Closed)),
        }
    }

    /// Ends a socket as if its program had aborted it; a TIME-WAIT just ends. No frame is sent for
    /// a TIME-WAIT, a RST otherwise.
    pub(super) fn destroy(&self, socket: &TcpSocket) -> io::Result<()> {
        let family = if socket.local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let id = ends(socket.local, socket.remote, socket.cookie);
        let message = Message::new(SOCK_DESTROY, libc::NLM_F_ACK).fixed(&request(family, &id));
        locked(&self.netlink).order(message)
    }
}

fn found_nothing(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOENT)
}

/// struct inet_diag_req_v2: all states, no extras.
fn request(family: i32, id: &[u8; 48]) -> [u8; 56] {
    let mut request = [0; 56];
    request[0] = u8::try_from(family).unwrap_or_default();
    request[1] = u8::try_from(libc::IPPROTO_TCP).unwrap_or_default();
    request[4..8].copy_from_slice(&u32::MAX.to_ne_bytes());
    request[8..56].copy_from_slice(id);
    request
}

/// struct inet_diag_sockid.
fn ends(local: SocketAddr, remote: SocketAddr, cookie: [u32; 2]) -> [u8; 48] {
    let mut id = [0; 48];
    id[0..2].copy_from_slice(&local.port().to_be_bytes());
    id[2..4].copy_from_slice(&remote.port().to_be_bytes());
    for (at, address) in [(4, local.ip()), (20, remote.ip())] {
        match address {
            IpAddr::V4(four) => id[at..at + 4].copy_from_slice(&four.octets()),
            IpAddr::V6(six) => id[at..at + 16].copy_from_slice(&six.octets()),
        }
    }
    id[40..44].copy_from_slice(&cookie[0].to_ne_bytes());
    id[44..48].copy_from_slice(&cookie[1].to_ne_bytes());
    id
}

/// From struct inet_diag_msg.
fn socket(body: &[u8]) -> Option<TcpSocket> {
    let body: &[u8; ANSWER] = body.get(..ANSWER)?.try_into().ok()?;
    let port = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    let number = |at: usize| u32_at(body, at).unwrap_or_default();
    let address = |at: usize| -> IpAddr {
        if i32::from(body[0]) == libc::AF_INET {
            Ipv4Addr::new(body[at], body[at + 1], body[at + 2], body[at + 3]).into()
        } else {
            let six: [u8; 16] = body[at..at + 16].try_into().unwrap_or_default();
            // A socket of both families has IPv4 addresses in the form ::ffff:10.0.0.1.
            Ipv6Addr::from(six).to_canonical()
        }
    };
    let kind = match body[2] {
        1 => Some(TimerKind::Retransmission),
        2 => Some(TimerKind::KeepAlive),
        3 => Some(TimerKind::TimeWait),
        4 => Some(TimerKind::WindowProbe),
        _ => None,
    };
    Some(TcpSocket {
        local: (address(8), port(4)).into(),
        remote: (address(24), port(6)).into(),
        state: state(body[1])?,
        timer: kind.map(|kind| Timer { kind, left: Duration::from_millis(number(52).into()) }),
        retransmits: body[3],
        unread: number(56),
        unacknowledged: number(60),
        cookie: [number(44), number(48)],
    })
}

/// net/tcp_states.h. The last two are the kernel's own: a connection that isn't a full socket yet,
/// and a socket that is bound and nothing more.
fn state(number: u8) -> Option<TcpState> {
    Some(match number {
        1 => TcpState::Established,
        2 => TcpState::SynSent,
        3 | 12 => TcpState::SynReceived,
        4 => TcpState::FinWait1,
        5 => TcpState::FinWait2,
        6 => TcpState::TimeWait,
        7 | 13 => TcpState::Closed,
        8 => TcpState::CloseWait,
        9 => TcpState::LastAck,
        10 => TcpState::Listen,
        11 => TcpState::Closing,
        _ => return None,
    })
}
