//! The table as macOS and Windows print it: `netstat -an`.
//!
//! Why a program's output and not a library: netstat2, the crate for this, needs bindgen, and so
//! libclang, on macOS, and finds sockets there by the processes that own them, which a connection
//! in TIME-WAIT no longer has. The calls of the systems themselves would be unsafe code.
//!
//! This is type-checked and tested on written-down output; it has never been run on those systems.
//! A Windows in another language may translate the states; such rows are left out.

#[cfg(not(target_os = "linux"))]
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::TcpRow;

/// The rows that `netstat` shows now.
#[cfg(not(target_os = "linux"))]
pub(super) fn rows() -> io::Result<Vec<TcpRow>> {
    // macOS shows both IP versions under `tcp`, Windows one under each name.
    let protocols: &[&str] = if cfg!(windows) { &["tcp", "tcpv6"] } else { &["tcp"] };
    let mut found = Vec::new();
    for protocol in protocols {
        let shown = std::process::Command::new("netstat").args(["-an", "-p", protocol]).output();
        let shown = shown.map_err(|error| {
            let why = format!("cannot run `netstat -an -p {protocol}`: {}", crate::cause(&error));
            io::Error::new(error.kind(), why)
        })?;
        found.extend(String::from_utf8_lossy(&shown.stdout).lines().filter_map(row));
    }
    Ok(found)
}

/// One line: `tcp4 0 0 127.0.0.1.9090 *.* LISTEN` or `TCP 127.0.0.1:9090 0.0.0.0:0 LISTENING`.
fn row(line: &str) -> Option<TcpRow> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (kind, remote, local, state) = match *fields {
        [kind, local, remote, state] => (kind, remote, local, state),
        // macOS: two queue lengths first, and in some versions more columns behind.
        [kind, _, _, local, remote, state, ..] => (kind, remote, local, state),
        _ => return None,
    };
    if !kind.to_ascii_lowercase().starts_with("tcp") {
        return None;
    }
    let of_ipv6 = kind.ends_with('6') || local.starts_with('[');
    let (local, remote) = (address(local, of_ipv6)?, address(remote, of_ipv6)?);
    Some(TcpRow { local, remote, state: name(state)?.into() })
}

fn address(shown: &str, of_ipv6: bool) -> Option<SocketAddr> {
    let (host, port) = shown.rsplit_once([':', '.'])?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.split('%').next()?; // without the interface's name
    let ip: IpAddr = match host {
        "*" if of_ipv6 => Ipv6Addr::UNSPECIFIED.into(),
        "*" => Ipv4Addr::UNSPECIFIED.into(),
        _ => host.parse().ok()?,
    };
    let port = if port == "*" { 0 } else { port.parse().ok()? };
    Some(SocketAddr::new(ip, port))
}

fn name(shown: &str) -> Option<&'static str> {
    Some(match shown {
        "CLOSED" => "CLOSED",
        "LISTEN" | "LISTENING" => "LISTEN",
        "SYN_SENT" => "SYN-SENT",
        "SYN_RCVD" | "SYN_RECEIVED" => "SYN-RECEIVED",
        "ESTABLISHED" => "ESTABLISHED",
        "FIN_WAIT_1" => "FIN-WAIT-1",
        "FIN_WAIT_2" => "FIN-WAIT-2",
        "CLOSE_WAIT" => "CLOSE-WAIT",
        "CLOSING" => "CLOSING",
        "LAST_ACK" => "LAST-ACK",
        "TIME_WAIT" => "TIME-WAIT",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let rows = text.lines().filter_map(row);
        rows.map(|row| format!("{} {} {}", row.local, row.remote, row.state)).collect()
    }

    #[test]
    fn what_macos_prints_is_understood() {
        let shown = "\
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  127.0.0.1.9090         127.0.0.1.52144        ESTABLISHED
tcp6       0      0  ::1.9090               *.*                    LISTEN
tcp46      0      0  *.8080                 *.*                    LISTEN
tcp4       0      0  127.0.0.1.52144        127.0.0.1.9090         FIN_WAIT_2
udp4       0      0  *.5353                 *.*
";
        let rows = [
            "127.0.0.1:9090 127.0.0.1:52144 ESTABLISHED",
            "[::1]:9090 [::]:0 LISTEN",
            "[::]:8080 [::]:0 LISTEN",
            "127.0.0.1:52144 127.0.0.1:9090 FIN-WAIT-2",
        ];
        assert_eq!(read(shown), rows);
    }

    #[test]
    fn what_windows_prints_is_understood() {
        let shown = "
Active Connections

  Proto  Local Address          Foreign Address        State
  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING
  TCP    127.0.0.1:9090         127.0.0.1:52144        TIME_WAIT
  TCP    [::1]:9090             [::]:0                 LISTENING
  TCP    [fe80::1%12]:52144     [fe80::2%12]:9090      SYN_RECEIVED
";
        let rows = [
            "0.0.0.0:135 0.0.0.0:0 LISTEN",
            "127.0.0.1:9090 127.0.0.1:52144 TIME-WAIT",
            "[::1]:9090 [::]:0 LISTEN",
            "[fe80::1]:52144 [fe80::2]:9090 SYN-RECEIVED",
        ];
        assert_eq!(read(shown), rows);
    }
}
