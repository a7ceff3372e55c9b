//! What `table` prints of files that the grader writes: rows as a little-endian Linux has them.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use grader::{Cause, Failure, Finished, PROMPT, Probe, Run, Trouble, Verdict, quoted_start};
use tempfile::NamedTempFile;

mod experiments;

use experiments::{
    cuts_text_by_bytes, how_it_reads, how_it_reads_ipv6, what_it_stumbles_over, which_codes,
};

/// The first line of `/proc/net/tcp`.
const HEADER: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   \
                      uid  timeout inode                                                     ";
/// The first line of `/proc/net/tcp6`.
const HEADER6: &str = "  sl  local_address                         remote_address                        \
                       st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/// The states by their codes, from 01 on.
const NAMES: [&str; 12] = [
    "ESTABLISHED",
    "SYN-SENT",
    "SYN-RECEIVED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSED",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECEIVED",
];

/// One socket.
#[derive(Clone, Copy)]
struct Socket {
    local: SocketAddr,
    remote: SocketAddr,
    code: u8,
}

impl Socket {
    fn new(local: &str, remote: &str, code: u8) -> Self {
        let addr = |text: &str| text.parse().expect("an address of the grader's own");
        Socket { local: addr(local), remote: addr(remote), code }
    }

    /// Its row in the file.
    fn row(&self, number: usize) -> String {
        let (local, remote) = (in_hex(self.local), in_hex(self.remote));
        let inode = 20_000 + number;
        format!(
            "{number:4}: {local} {remote} {:02X} 00000000:00000000 00:00000000 00000000  1000        \
             0 {inode} 1 0000000000000000 100 0 0 10 0",
            self.code
        )
    }

    /// What is to be printed of it.
    fn shown(&self) -> String {
        format!("{} {} {}", self.local, self.remote, state(self.code))
    }
}

/// Each 4 bytes of the address are a number in the machine's own order; the port is a number.
fn in_hex(addr: SocketAddr) -> String {
    let bytes = match addr.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let turned = bytes.chunks(4).flat_map(|word| word.iter().rev());
    let ip: String = turned.map(|byte| format!("{byte:02X}")).collect();
    format!("{ip}:{:04X}", addr.port())
}

fn state(code: u8) -> String {
    let name = NAMES.get(usize::from(code).wrapping_sub(1));
    name.map_or(format!("{code:02X}"), |name| (*name).into())
}

/// Whether the system's own table has the row that is printed as `line`. One reading may miss a
/// row, so a few are made.
pub(super) fn is_held(line: &str) -> bool {
    let mut words = line.split(' ');
    let mut addr = || words.next().and_then(|word| word.parse::<SocketAddr>().ok());
    let (Some(local), Some(remote)) = (addr(), addr()) else { return false };
    let state = words.next().unwrap_or_default();
    let codes = (1..).zip(NAMES).filter(|(_, name)| *name == state);
    let rows: Vec<String> = codes
        .map(|(code, _)| format!("{} {} {code:02X} ", in_hex(local), in_hex(remote)))
        .collect();
    (0..20).any(|_| {
        let text = system_text();
        rows.iter().any(|row| text.contains(row))
    })
}

/// Whether the system's own table has a row with this port at either end, such as what is left of
/// an earlier connection.
pub(super) fn has_port(port: u16) -> bool {
    system_text().contains(&format!(":{port:04X} "))
}

fn system_text() -> String {
    let read = |name| std::fs::read_to_string(name).unwrap_or_default();
    read("/proc/net/tcp") + &read("/proc/net/tcp6")
}

/// A whole file of rows.
fn file_of(sockets: &[Socket]) -> String {
    let header = if sockets.iter().any(|s| s.local.is_ipv6()) { HEADER6 } else { HEADER };
    let rows = sockets.iter().enumerate().map(|(number, socket)| socket.row(number) + "\n");
    format!("{header}\n{}", rows.collect::<String>())
}

/// Has the program print a file with these bytes.
fn table(run: &Run, bytes: &[u8]) -> Verdict<Finished> {
    let write = || -> std::io::Result<NamedTempFile> {
        let mut file = NamedTempFile::with_prefix("table-")?;
        file.write_all(bytes)?;
        file.flush()?;
        Ok(file)
    };
    let file =
        write().map_err(|error| Trouble::Machine(format!("cannot write a file: {error}")))?;
    run.program("table").arg(file.path()).finish()
}

/// The lines that it prints, whole. Where a state is two hex digits they are given in upper case:
/// the contract leaves open in which they are printed.
fn printed(table: &Finished) -> Vec<String> {
    let text = String::from_utf8_lossy(&table.output.stdout);
    text.lines().map(|line| with_upper_digits(line.trim_start_matches(PROMPT))).collect()
}

fn with_upper_digits(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((ends, code)) if code.len() == 2 && u8::from_str_radix(code, 16).is_ok() => {
            format!("{ends} {}", code.to_ascii_uppercase())
        }
        _ => line.into(),
    }
}

/// Checks that exactly these lines are printed, in this order.
fn expect_lines(table: &Finished, expected: &[String]) -> Verdict {
    let got = printed(table);
    if table.exit.code == Some(0) && got == expected {
        return Ok(());
    }
    let at = got.iter().zip(expected).take_while(|(got, wanted)| got == wanted).count();
    let shown = |line: Option<&String>| {
        line.map_or("the end".into(), |line| quoted_start(line.as_bytes(), 100))
    };
    let (wanted, came) = (shown(expected.get(at)), shown(got.get(at)));
    let failure = match table.exit.code {
        Some(0) => Failure::new(format!("line {} should be another one", at + 1)).got(came),
        _ => Failure::new("the program should print the rows and end with 0")
            .got(format!("{came}, and {}", table.exit)),
    };
    let expected =
        if table.exit.code == Some(0) { wanted } else { format!("{wanted}, and exit code 0") };
    Err(failure.cause(Cause::Other).expected(expected).into())
}

/// Has the program print a file of these rows. A failure says which row it is about.
fn expect_rows(run: &Run, sockets: &[Socket]) -> Verdict {
    let table = table(run, file_of(sockets).as_bytes())?;
    let expected: Vec<_> = sockets.iter().map(Socket::shown).collect();
    expect_lines(&table, &expected).map_err(|trouble| {
        let wrong = printed(&table).iter().zip(&expected).take_while(|(a, b)| a == b).count();
        match (trouble, sockets.get(wrong)) {
            (Trouble::Failed(mut failure), Some(socket)) => {
                let Socket { local, remote, code } = *socket;
                let row = format!("{} {} {code:02X}", in_hex(local), in_hex(remote));
                failure.message = format!("{}; the file has {row}", failure.message);
                Trouble::Failed(failure)
            }
            (other, _) => other,
        }
    })
}

/// `0100007F:2382` is 127.0.0.1:9090. A failure means that a column is read in another order, or
/// in another base, than it was written.
pub(super) fn table_row(run: &mut Run) -> Verdict {
    let sockets = [
        Socket::new("127.0.0.1:9090", "0.0.0.0:0", 0x0a),
        Socket::new("127.0.0.1:9090", "192.168.1.10:52144", 0x01),
    ];
    expect_rows(run, &sockets).or_probe(|_| {
        let seed = run.random().u32(..);
        how_it_reads(run, seed)
    })
}

/// A failure means that a code is missing, stands for another state, or ends the program.
pub(super) fn all_codes(run: &mut Run) -> Verdict {
    let codes: Vec<u8> = (0x01..=0x0c).chain([0x0d, 0x10, 0x2a, 0xff]).collect();
    expect_rows(run, &with_codes(&codes)).or_probe(|_| which_codes(run))
}

/// A failure means that an IPv6 address is read as one number instead of four, or not at all.
pub(super) fn ipv6_rows(run: &mut Run) -> Verdict {
    let sockets = [
        Socket::new("[::1]:80", "[::]:0", 0x0a),
        Socket::new("[::1]:80", "[::1]:52144", 0x01),
        Socket::new("[2001:db8::17]:52145", "[2001:db8:1:2:3:4:5:6]:443", 0x02),
        Socket::new("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:52146", 0x08),
    ];
    expect_rows(run, &sockets).or_probe(|_| how_it_reads_ipv6(run))
}

/// Lines that are no rows stand between rows. A failure means that such a line ends the program,
/// or takes rows with it. What a line of nonsense becomes is left open; a panic is not.
pub(super) fn ragged_table(run: &mut Run) -> Verdict {
    let rows: Vec<Socket> = (1..=4)
        .map(|n| Socket::new(&format!("127.0.0.1:{}", 9090 + n), "0.0.0.0:0", 0x0a))
        .collect();
    let expected: Vec<_> = rows.iter().map(Socket::shown).collect();
    let shown = table(run, with_odd_lines(&rows).as_bytes())?;
    expect_lines(&shown, &expected).or_probe(|_| what_it_stumbles_over(run, &rows))?;
    for (name, bytes) in nonsense() {
        run.note(&format!("a file with {name}"));
        let ended = table(run, &bytes)?;
        expect_clean_end(name, &ended).or_probe(|_| cuts_text_by_bytes(run))?;
    }
    Ok(())
}

/// A file of these four rows, with lines between them that are none: blank ones and short ones.
fn with_odd_lines(rows: &[Socket]) -> String {
    let whole: Vec<_> = rows.iter().enumerate().map(|(n, row)| row.row(n)).collect();
    let short = ["   7:", "   8: 0100007F:2382", "   9: 0100007F:2382 00000000:0000", "x"];
    let lines = [
        &[HEADER, &whole[0], ""][..],
        &[&whole[1], "    \t "],
        &short[..2],
        &[&whole[2]],
        &short[2..],
        &[&whole[3]],
    ];
    lines.concat().join("\n") // the last row has no line end
}

/// Checks that the program took a file with `name` without a panic, and that no signal ended it.
fn expect_clean_end(name: &str, ended: &Finished) -> Verdict {
    if ended.exit.code != Some(101) && ended.exit.signal.is_none() {
        return Ok(());
    }
    let failure = Failure::new(format!("a file with {name} ends the program in disorder"));
    let failure = failure.expected("any clean end").got(ended.exit.to_string());
    Err(failure.cause(Cause::Exited).into())
}

/// Files that hold no rows, with what they hold.
fn nonsense() -> [(&'static str, Vec<u8>); 5] {
    let row = Socket::new("127.0.0.1:9090", "0.0.0.0:0", 0x0a).row(0);
    let with = |address: &str| format!("{HEADER}\n{}\n", row.replace("0100007F:2382", address));
    let huge = "7".repeat(1 << 20);
    [
        (
            "bytes that are not UTF-8",
            [HEADER.as_bytes(), b"\n  0: \xff\xfe:\xe5 \x00 0A\n"].concat(),
        ),
        ("numbers too large", with("FFFFFFFFFFFF:FFFFFFFF").into_bytes()),
        ("a column of 1 MiB", with(&huge).into_bytes()),
        ("characters of two bytes where digits should be", with("010é07F:2382").into_bytes()),
        ("colons and nothing else", with(":::").replace(" 0A ", " : ").into_bytes()),
    ]
}

fn with_codes(codes: &[u8]) -> Vec<Socket> {
    let socket = |(n, code): (usize, &u8)| {
        Socket::new(&format!("127.0.0.1:{}", 9000 + n), "192.168.1.10:52144", *code)
    };
    codes.iter().enumerate().map(socket).collect()
}
