//! The two sockets that a demo of kind `sockets` drives itself.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// How long something may take to cross from one socket to the other.
const CROSSING: Duration = Duration::from_secs(5);

/// A listener, and a connection to it with both its ends.
#[derive(Default)]
pub(crate) struct Sockets {
    listener: Option<TcpListener>,
    client: Option<TcpStream>,
    server: Option<TcpStream>,
    /// The client's address, also when its socket is closed.
    client_addr: Option<SocketAddr>,
}

impl Sockets {
    /// Opens the listener and gives its address.
    pub(crate) fn listen(&mut self) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        self.listener = Some(listener);
        Ok(addr)
    }

    /// Where the listener listens.
    pub(crate) fn addr(&self) -> Option<SocketAddr> {
        self.listener.as_ref()?.local_addr().ok()
    }

    pub(crate) fn connect(&mut self) -> io::Result<()> {
        let to = self.addr().ok_or(ErrorKind::NotConnected)?;
        let client = TcpStream::connect_timeout(&to, CROSSING)?;
        self.client_addr = Some(client.local_addr()?);
        self.client = Some(client);
        Ok(())
    }

    /// Accepts the call that waits. There must be one.
    pub(crate) fn accept(&mut self) -> io::Result<()> {
        let listener = self.listener.as_ref().ok_or(ErrorKind::NotConnected)?;
        listener.set_nonblocking(true)?;
        let (server, _) = listener.accept()?;
        server.set_nonblocking(false)?;
        self.server = Some(server);
        Ok(())
    }

    /// The socket of one side.
    fn socket(&mut self, is_client: bool) -> &mut Option<TcpStream> {
        if is_client { &mut self.client } else { &mut self.server }
    }

    pub(crate) fn has(&self, is_client: bool) -> bool {
        if is_client { self.client.is_some() } else { self.server.is_some() }
    }

    /// Sends `bytes` and has the other side read them, where there is one that reads.
    pub(crate) fn send(&mut self, is_client: bool, bytes: &[u8]) -> io::Result<()> {
        let socket = self.socket(is_client).as_mut().ok_or(ErrorKind::NotConnected)?;
        socket.write_all(bytes)?;
        if let Some(other) = self.socket(!is_client) {
            other.set_read_timeout(Some(CROSSING))?;
            other.read_exact(&mut vec![0; bytes.len()])?;
        }
        Ok(())
    }

    pub(crate) fn half_close(&mut self, is_client: bool) -> io::Result<()> {
        let socket = self.socket(is_client).as_ref().ok_or(ErrorKind::NotConnected)?;
        socket.shutdown(Shutdown::Write)
    }

    pub(crate) fn close(&mut self, is_client: bool) -> io::Result<()> {
        self.socket(is_client).take().map(drop).ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Whether a row of the system's table is the client's (true), the server's (false) or
    /// somebody else's, by its two addresses.
    pub(crate) fn is_clients(&self, local: &str, remote: &str) -> Option<bool> {
        let client = self.client_addr.map(|addr| addr.to_string()).unwrap_or_default();
        let server = self.addr().map(|addr| addr.to_string()).unwrap_or_default();
        match (local, remote) {
            (local, remote) if local == client && remote == server => Some(true),
            (local, _) if local == server => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_opened_used_and_closed_side_by_side() {
        let mut sockets = Sockets::default();
        assert!(sockets.connect().is_err() && sockets.accept().is_err());
        let server = sockets.listen().unwrap().to_string();
        sockets.connect().unwrap();
        sockets.accept().unwrap();
        assert_eq!(sockets.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        sockets.send(true, b"hello").unwrap();
        sockets.send(false, b"hi").unwrap();
        let client = sockets.client_addr.unwrap().to_string();
        sockets.half_close(true).unwrap();
        sockets.close(true).unwrap();
        assert_eq!(sockets.is_clients(&client, &server), Some(true));
        assert_eq!(sockets.is_clients(&server, &client), Some(false));
        assert_eq!(sockets.is_clients(&server, "0.0.0.0:0"), Some(false));
        assert_eq!(sockets.is_clients(&client, "127.0.0.1:1"), None);
        assert!(sockets.close(true).is_err() && sockets.has(false));
    }
}
