//! What `table` prints of files that the grader writes: rows as a little-endian Linux has them.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use grader::{Cause, Failure, Finished, PROMPT, Probe, Run, Trouble, Verdict, quoted_start};
use tempfile::NamedTempFile;

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
    let text = lines.concat().join("\n"); // the last row has no line end
    let expected: Vec<_> = rows.iter().map(Socket::shown).collect();
    let shown = table(run, text.as_bytes())?;
    expect_lines(&shown, &expected).or_probe(|_| what_it_stumbles_over(run, &rows))?;
    for (name, bytes) in nonsense() {
        run.note(&format!("a file with {name}"));
        let ended = table(run, &bytes)?;
        if ended.exit.code == Some(101) || ended.exit.signal.is_some() {
            let failure = Failure::new(format!("a file with {name} ends the program in disorder"));
            let failure = failure.expected("any clean end").got(ended.exit.to_string());
            return Err(Trouble::from(failure.cause(Cause::Exited)))
                .or_probe(|_| cuts_text_by_bytes(run));
        }
    }
    Ok(())
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

type Finding = Verdict<Option<&'static str>>;

/// Other addresses, ports and codes: do they come out as a wrong way of reading them would have it?
fn how_it_reads(run: &Run, seed: u32) -> Finding {
    run.note("a further experiment: other addresses and ports");
    let [a, b, c, d] = seed.to_be_bytes();
    let other = Ipv4Addr::new(10, a, 17, b);
    let (near, far) = (0x1f00 | u16::from(c | 1), 0xe100 | u16::from(d & 0x7e));
    let sockets = [
        Socket::new(&format!("10.1.2.3:{near}"), &format!("{other}:{far}"), 0x01),
        Socket::new(&format!("192.168.7.9:{far}"), &format!("{other}:{near}"), 0x06),
    ];
    let came = printed(&table(run, file_of(&sockets).as_bytes())?);
    let is_read_as = |wrong: &dyn Fn(Socket) -> String| {
        came == sockets.iter().map(|socket| wrong(*socket)).collect::<Vec<_>>()
    };
    let big_endian = |addr: SocketAddr| match addr.ip() {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            SocketAddr::from(([d, c, b, a], addr.port()))
        }
        IpAddr::V6(_) => addr,
    };
    let swapped = |addr: SocketAddr| SocketAddr::new(addr.ip(), addr.port().swap_bytes());
    let both = |socket: Socket, wrong: &dyn Fn(SocketAddr) -> SocketAddr| {
        let (local, remote) = (wrong(socket.local), wrong(socket.remote));
        Socket { local, remote, ..socket }.shown()
    };
    if is_read_as(&|socket| both(socket, &big_endian)) {
        return Ok(Some("address_big_endian"));
    }
    if is_read_as(&|socket| both(socket, &swapped)) {
        return Ok(Some("port_little_endian"));
    }
    if is_read_as(&|s| Socket { local: s.remote, remote: s.local, ..s }.shown()) {
        return Ok(Some("ends_swapped"));
    }
    which_codes(run)
}

/// All states' codes, then some that look like others in decimal, then unknown ones.
fn which_codes(run: &Run) -> Finding {
    run.note("further experiments: each code, then codes that nobody knows");
    let states = |codes: &[u8]| -> Verdict<Vec<Option<String>>> {
        let sockets = with_codes(codes);
        let shown = table(run, file_of(&sockets).as_bytes())?;
        shown.expect_code(0)?;
        let lines = printed(&shown);
        let of = |socket: &Socket| {
            let start = format!("{} {} ", socket.local, socket.remote);
            lines.iter().find_map(|line| line.strip_prefix(&start).map(str::to_owned))
        };
        Ok(sockets.iter().map(of).collect())
    };
    let tens = states(&[0x10, 0x11, 0x09])?;
    if tens.iter().map(Option::as_deref).eq([Some("LISTEN"), Some("CLOSING"), Some("LAST-ACK")]) {
        return Ok(Some("code_in_decimal"));
    }
    let known: Vec<u8> = (1..=12).collect();
    let came = states(&known)?;
    let in_the_rfcs_order = ["LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1"];
    if came.iter().zip(in_the_rfcs_order).all(|(came, name)| came.as_deref() == Some(name)) {
        return Ok(Some("codes_in_the_rfcs_order"));
    }
    let plain = |name: &str| name.replace(['-', '_'], "").replace("RECEIVED", "RECV");
    let alike = |name: &str, right: &str| {
        let (name, right) = (plain(name), plain(right));
        name == right || (name, right) == ("CLOSE".into(), "CLOSED".into())
    };
    let wrong: Vec<u8> =
        known.iter().copied().filter(|c| came[usize::from(*c) - 1] != Some(state(*c))).collect();
    let all_alike = came[..11]
        .iter()
        .zip(NAMES)
        .all(|(came, name)| came.as_ref().is_some_and(|came| alike(came, name)));
    match *wrong {
        [0x0c] if came[11].is_none() || came[11].as_deref() == Some("0C") => {
            return Ok(Some("code_0c_unknown"));
        }
        [0x0b] if came[10].is_none() || came[10].as_deref() == Some("0B") => {
            return Ok(Some("closing_has_no_code"));
        }
        [_, ..] => return Ok(all_alike.then_some("names_not_the_rfcs")),
        [] => {}
    }
    let strange = states(&[0x0d, 0x1e, 0x2a, 0xf0])?;
    Ok(match strange.iter().flatten().next() {
        None => Some("unknown_code_dropped"),
        Some(word) if strange.iter().all(|state| state.as_ref() == Some(word)) => {
            Some("unknown_code_without_its_number")
        }
        _ => None,
    })
}

/// Other IPv6 addresses: as what do they come out?
fn how_it_reads_ipv6(run: &Run) -> Finding {
    run.note("a further experiment: other IPv6 addresses, and a file of IPv4");
    let sockets = [
        Socket::new("[2001:db8:aa:bb:cc:dd:ee:ff]:443", "[fe80::1234:5678]:52147", 0x01),
        Socket::new("[::ffff:10.1.2.3]:443", "[::ffff:10.4.5.6]:52148", 0x04),
    ];
    let came = printed(&table(run, file_of(&sockets).as_bytes())?);
    let ipv4 = [Socket::new("127.0.0.1:9090", "0.0.0.0:0", 0x0a)];
    if came.is_empty() && expect_rows(run, &ipv4).is_ok() {
        return Ok(Some("ipv6_passed_over"));
    }
    let read_as = |wrong: &dyn Fn([u8; 16]) -> [u8; 16]| {
        let turned = |addr: SocketAddr| match addr.ip() {
            IpAddr::V6(ip) => {
                SocketAddr::new(Ipv6Addr::from(wrong(ip.octets())).into(), addr.port())
            }
            IpAddr::V4(_) => addr,
        };
        let wrong = sockets.iter().map(|s| Socket {
            local: turned(s.local),
            remote: turned(s.remote),
            ..*s
        });
        came == wrong.map(|socket| socket.shown()).collect::<Vec<_>>()
    };
    // What is in the file: each four bytes turned round. Not turned back at all:
    let as_it_stands = |mut bytes: [u8; 16]| {
        bytes.chunks_mut(4).for_each(<[u8]>::reverse);
        bytes
    };
    // Turned round as one number of 16 bytes: the order of the four is turned, too.
    let as_one_number = |bytes: [u8; 16]| {
        let mut turned = as_it_stands(bytes);
        turned.reverse();
        turned
    };
    if read_as(&as_it_stands) {
        return Ok(Some("ipv6_not_turned"));
    }
    if read_as(&as_one_number) {
        return Ok(Some("ipv6_turned_as_one"));
    }
    let lines = |mapped: &dyn Fn(&str) -> String| {
        let shown: Vec<_> = sockets.iter().map(|socket| mapped(&socket.shown())).collect();
        came == shown
    };
    let unmapped = |line: &str| {
        line.split(' ')
            .map(|word| match word.strip_prefix("[::ffff:") {
                Some(rest) => rest.replace(']', ""),
                None => word.into(),
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    if lines(&unmapped) {
        return Ok(Some("v4_mapped_shown_as_ipv4"));
    }
    if lines(&|line| line.replace(['[', ']'], "")) {
        return Ok(Some("ipv6_without_brackets"));
    }
    Ok(None)
}

/// Which of the odd lines is it, each kind alone between two rows?
fn what_it_stumbles_over(run: &Run, rows: &[Socket]) -> Finding {
    run.note("further experiments: only rows; a blank line between them; short ones");
    let (first, second) = (rows[0].row(0), rows[1].row(1));
    let both = [rows[0].shown(), rows[1].shown()];
    let with = |odd: &str| table(run, format!("{HEADER}\n{first}\n{odd}{second}\n").as_bytes());
    let stumbles = |shown: &Finished| expect_lines(shown, &both).is_err();
    if stumbles(&with("")?) {
        return Ok(None);
    }
    let blank = with("\n")?;
    let short = with("   8: 0100007F:2382\n   9: 0100007F:2382 00000000:0000\n")?;
    let stops = |shown: &Finished| shown.exit.code == Some(0) && printed(shown) == both[..1];
    Ok(match (stumbles(&blank), stumbles(&short)) {
        (true, true) if stops(&blank) && stops(&short) => Some("stops_at_an_odd_line"),
        (_, true) if short.exit.code == Some(101) => Some("short_line_unwrapped"),
        _ => None,
    })
}

/// Do two-byte characters end it, where as many letters don't?
fn cuts_text_by_bytes(run: &Run) -> Finding {
    run.note("further experiments: letters in the address, then characters of two bytes");
    let row = Socket::new("127.0.0.1:9090", "0.0.0.0:0", 0x0a).row(0);
    let ends = |address: &str| -> Verdict<bool> {
        let text = format!("{HEADER}\n{}\n", row.replace("0100007F:2382", address));
        Ok(table(run, text.as_bytes())?.exit.code == Some(101))
    };
    let by_letters = ends("010xx07F:2382")? || ends("010xx7F:2382")?;
    Ok((!by_letters && ends("010é07F:2382")?).then_some("cuts_text_by_bytes"))
}
