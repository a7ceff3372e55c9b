//! The operating system's table of TCP sockets, whoever they belong to.

use std::io;
use std::net::SocketAddr;

#[cfg(any(not(target_os = "linux"), test))]
mod netstat;

/// What the system tells of its TCP sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpTable {
    /// Linux: the text of `/proc/net/tcp`, and behind it that of `/proc/net/tcp6`, as the kernel
    /// wrote them (proc_net_tcp(5)). Reading it is the lesson handshake-trace.
    Text(Vec<u8>),
    /// Elsewhere: what the system's own `netstat` shows, row by row.
    Rows(Vec<TcpRow>),
}

/// One socket in the system's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpRow {
    /// This end of the connection, or where a listening socket listens.
    pub local: SocketAddr,
    /// The other end; of a listening socket the unspecified address and port 0.
    pub remote: SocketAddr,
    /// The state by its name in RFC 9293 section 3.3.2, such as `FIN-WAIT-1`.
    pub state: String,
}

/// Reads the system's table of TCP sockets, IPv4 and IPv6, now.
///
/// It is read piece by piece while the sockets live on, so a row may be missing in one reading and
/// there in the next.
///
/// # Errors
/// On Linux: `/proc/net/tcp` can't be read; the message names it. Elsewhere: `netstat` can't be run.
pub fn tcp_table() -> io::Result<TcpTable> {
    #[cfg(target_os = "linux")]
    return proc_text().map(TcpTable::Text);
    #[cfg(not(target_os = "linux"))]
    return netstat::rows().map(TcpTable::Rows);
}

#[cfg(target_os = "linux")]
fn proc_text() -> io::Result<Vec<u8>> {
    let mut text = std::fs::read("/proc/net/tcp").map_err(|error| {
        let why =
            format!("cannot read /proc/net/tcp ({}); is /proc mounted?", crate::cause(&error));
        io::Error::new(error.kind(), why)
    })?;
    match std::fs::read("/proc/net/tcp6") {
        Ok(ipv6) => text.extend(ipv6),
        // A kernel without IPv6 has no such file, and no such sockets.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(text)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_listening_socket_is_in_the_text() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let row = format!("0100007F:{port:04X} 00000000:0000 0A");
        let is_there = || {
            let TcpTable::Text(text) = tcp_table().unwrap() else { panic!("rows on Linux") };
            String::from_utf8(text).unwrap().contains(&row)
        };
        // One reading may miss a row.
        assert!((0..100).any(|_| is_there()), "no {row}");
    }
}
