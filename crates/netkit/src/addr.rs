//! `HOST:PORT` as a user types it.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use crate::cause;

/// An address as the user typed it, `HOST:PORT`, checked for its form but not yet looked up.
///
/// HOST is an IPv4 address, an IPv6 address in brackets (`[::1]`, RFC 3986 section 3.2.2) or a
/// name. PORT is 0 to 65535; a server that binds port 0 is given a free one by the system.
///
/// It is shown ([`fmt::Display`]) exactly as it was typed, and it can be handed to anything that
/// takes [`ToSocketAddrs`]: `TcpListener::bind(addr)`, `TcpStream::connect(addr)`.
///
/// ```
/// let addr: netkit::Addr = "[::1]:9090".parse().unwrap();
/// assert_eq!(addr.to_string(), "[::1]:9090");
/// assert!("127.0.0.1".parse::<netkit::Addr>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addr {
    typed: String,
    host: String,
    port: u16,
}

impl Addr {
    /// The port as it was typed.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Addr {
    type Err = String;

    /// Checks the form only. A name that does not exist is found out when the address is used.
    fn from_str(typed: &str) -> Result<Self, String> {
        let advice = "invalid address, write HOST:PORT, for example 127.0.0.1:9090 or [::1]:9090";
        let (host, port) = typed.rsplit_once(':').ok_or(advice)?;
        let port = match port.parse::<u16>() {
            Ok(value) if port.bytes().all(|byte| byte.is_ascii_digit()) => value,
            _ => return Err(format!("invalid port `{port}`, a port is a number from 0 to 65535")),
        };
        let host = match host.strip_prefix('[') {
            Some(rest) => rest
                .strip_suffix(']')
                .filter(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
                .ok_or("invalid IPv6 address, write it in brackets like [::1]:9090")?,
            None if host.contains(':') => {
                return Err(
                    "invalid address, an IPv6 address stands in brackets: [::1]:9090".into()
                );
            }
            None => host,
        };
        let strange = |c: char| c.is_whitespace() || c.is_control() || "/@[]".contains(c);
        if host.is_empty() || host.contains(strange) {
            return Err(advice.into());
        }
        let looks_like_ipv4 = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if looks_like_ipv4 && host.parse::<std::net::Ipv4Addr>().is_err() {
            return Err(format!("invalid IPv4 address `{host}`, four numbers from 0 to 255"));
        }
        Ok(Addr { typed: typed.into(), host: host.into(), port })
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl ToSocketAddrs for Addr {
    type Iter = std::vec::IntoIter<SocketAddr>;

    /// Looks the host up. A name that does not resolve is an error that says so in words.
    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        (self.host.as_str(), self.port).to_socket_addrs().map_err(|error| {
            let why = format!("`{}` is not known here: {}", self.host, cause(&error));
            io::Error::new(error.kind(), why)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_form_are_taken_and_shown_as_typed() {
        for typed in ["127.0.0.1:0", "[::1]:8898", "localhost:65535", "my-host.example:9090"] {
            assert_eq!(typed.parse::<Addr>().unwrap().to_string(), typed);
        }
        assert_eq!("[::1]:8898".parse::<Addr>().unwrap().port(), 8898);
    }

    #[test]
    fn a_wrong_form_is_refused_with_the_word_invalid() {
        let wrong = [
            "",
            ":",
            "127.0.0.1",
            "127.0.0.1:",
            ":80",
            "::1:80",
            "[::1]",
            "[::1:80",
            "1.2.3:80",
            "256.0.0.1:80",
            "127.0.0.1:65536",
            "127.0.0.1:-1",
            "127.0.0.1:+1",
            "a b:80",
            "[localhost]:80",
            "http://localhost:80",
        ];
        for typed in wrong {
            let error = typed.parse::<Addr>().expect_err(typed);
            assert!(error.contains("invalid"), "{typed}: {error}");
        }
    }

    #[test]
    fn an_ipv6_address_in_brackets_is_looked_up_without_them() {
        let addr: Addr = "[::1]:80".parse().unwrap();
        let found: Vec<_> = addr.to_socket_addrs().unwrap().collect();
        assert_eq!(found, ["[::1]:80".parse().unwrap()]);
    }
}
