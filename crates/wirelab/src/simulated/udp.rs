//! A simulated host's UDP sockets.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, RecvError, SendError, Socket};

use super::node::{Node, ends};

/// Datagrams that wait to be read or sent, and bytes of them.
const MOST: (usize, usize) = (256, 256 << 10);
/// What fits into one frame behind the headers of IPv4 and UDP, or of IPv6 and UDP.
const FITS: (usize, usize) = (1500 - 28, 1500 - 48);

impl Node {
    fn udp(&mut self, number: u32) -> io::Result<&mut Socket<'static>> {
        let handle: &SocketHandle = self.datagrams.get(&number).ok_or(ErrorKind::InvalidInput)?;
        Ok(self.sockets.get_mut(*handle))
    }

    pub(super) fn bind(&mut self, port: u16) -> io::Result<u32> {
        let taken = |node: &Self, port| {
            let mut sockets = node.datagrams.values();
            sockets.any(|it| node.sockets.get::<Socket<'_>>(*it).endpoint().port == port)
        };
        let port = self.port(port, taken)?;
        let room = || PacketBuffer::new(vec![PacketMetadata::EMPTY; MOST.0], vec![0; MOST.1]);
        let mut socket = Socket::new(room(), room());
        socket.bind(port).map_err(|_| ErrorKind::AddrNotAvailable)?;
        let (number, handle) = (self.number(), self.sockets.add(socket));
        self.datagrams.insert(number, handle);
        Ok(number)
    }

    pub(super) fn send_to(
        &mut self,
        number: u32,
        data: &[u8],
        to: SocketAddr,
    ) -> io::Result<usize> {
        let fits = if to.is_ipv4() { FITS.0 } else { FITS.1 };
        if data.len() > fits {
            let text = format!("a simulated host sends no datagram of more than {fits} bytes");
            return Err(io::Error::new(ErrorKind::InvalidInput, text));
        }
        if to.ip() != IpAddr::from(Ipv4Addr::BROADCAST) && !to.ip().is_multicast() {
            self.source_for(to.ip())?;
        }
        match self.udp(number)?.send_slice(data, to) {
            Ok(()) => Ok(data.len()),
            Err(SendError::BufferFull) => Err(ErrorKind::WouldBlock.into()),
            Err(SendError::Unaddressable) => Err(ErrorKind::AddrNotAvailable.into()),
        }
    }

    /// The oldest datagram, as much of it as fits.
    pub(super) fn receive_from(
        &mut self,
        number: u32,
        into: &mut [u8],
    ) -> io::Result<Option<(usize, SocketAddr)>> {
        match self.udp(number)?.recv() {
            Ok((data, meta)) => {
                let count = data.len().min(into.len());
                into[..count].copy_from_slice(&data[..count]);
                Ok(Some((count, ends(meta.endpoint))))
            }
            Err(RecvError::Exhausted | RecvError::Truncated) => Ok(None),
        }
    }

    pub(super) fn bound_to(&mut self, number: u32) -> io::Result<SocketAddr> {
        let port = self.udp(number)?.endpoint().port;
        let all: IpAddr = match self.first() {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        Ok((all, port).into())
    }

    pub(super) fn unbind(&mut self, number: u32) {
        if let Some(handle) = self.datagrams.remove(&number) {
            self.sockets.remove(handle);
        }
    }
}
