//! Linux's table of TCP sockets, as the files `/proc/net/tcp` and `/proc/net/tcp6` have it.
//!
//!       sl  local_address rem_address   st tx_queue rx_queue tr tm->when …
//!        0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 …
//!           ────┬─── ──┬─ ────┬─── ──┬─ ┬
//!           127.0.0.1  │   0.0.0.0   0  LISTEN        01 00 00 7F: a number in the machine's
//!                     9090                            own byte order, so turned round here
//!
//! An IPv6 address is four such numbers: each is turned round, and they keep their order.
//! The port is a plain number: 0x2382 is 9090.
//!
//! Run it:   cargo run -p handshake-trace -- table /proc/net/tcp
//! Grade it: cargo test -p handshake-trace
//! Read:     proc_net_tcp(5)

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use netkit::{TcpTable, screen};

use crate::state::State;

/// One socket of the table. It is shown as `LOCAL REMOTE STATE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// This end of the connection, or where a listening socket listens.
    pub(crate) local: SocketAddr,
    /// The other end; port 0 where there is none.
    pub(crate) remote: SocketAddr,
    pub(crate) state: State,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.local, self.remote, self.state)
    }
}

/// Prints the rows of the file at `path`.
pub(crate) fn run(path: &Path) -> io::Result<()> {
    rows(&std::fs::read(path)?).iter().try_for_each(screen::line)
}

/// The rows of the system's own table, as it is now.
pub(crate) fn now() -> io::Result<Vec<Row>> {
    Ok(match netkit::tcp_table()? {
        TcpTable::Text(text) => rows(&text),
        TcpTable::Rows(rows) => rows.iter().filter_map(Row::of_another_system).collect(),
    })
}

impl Row {
    /// Not on Linux: netkit has read the table already.
    fn of_another_system(row: &netkit::TcpRow) -> Option<Row> {
        let state = clap::ValueEnum::from_str(&row.state, false).ok()?;
        Some(Row { local: row.local, remote: row.remote, state })
    }
}

/// All rows in `text`. Lines that are none are passed over: the header, a blank one, half a row.
///
/// The text may come from anywhere, so no line of it, however odd, may stop the program.
fn rows(text: &[u8]) -> Vec<Row> {
    String::from_utf8_lossy(text).lines().filter_map(row).collect()
}

/// The row that a line is, or `None`.
fn row(line: &str) -> Option<Row> {
    // step 4: split the line at spaces; make a Row of columns 2 to 4: local, remote, state in hex
    let mut columns = line.split_whitespace().skip(1);
    let local = address(columns.next()?)?;
    let remote = address(columns.next()?)?;
    // Hex, although most codes look the same in decimal: LISTEN is 0A.
    let code = u8::from_str_radix(columns.next()?, 16).ok()?;
    Some(Row { local, remote, state: State::from_code(code) })
    // end of step 4
}

/// The address that `0100007F:2382` means, IPv4 by its 8 digits, IPv6 by its 32, or `None`.
///
/// The file is taken to come from a little-endian machine, as nearly all are today.
fn address(column: &str) -> Option<SocketAddr> {
    // step 5: split at `:`; read both as hex; bring each 4 bytes of the address into order
    let (ip, port) = column.split_once(':')?;
    let ip: IpAddr = match ip.len() {
        8 => u32::from_str_radix(ip, 16).ok()?.to_le_bytes().into(),
        32 => {
            // Not `to_le_bytes` on the whole: it would turn the four numbers' order round as well.
            let mut bytes = u128::from_str_radix(ip, 16).ok()?.to_be_bytes();
            bytes.chunks_mut(4).for_each(<[u8]>::reverse);
            bytes.into()
        }
        _ => return None,
    };
    // No slicing like `&ip[..8]` above: a stranger's file may have a character there, cut in two.
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
    // end of step 5
}
