//! What is tried when a table was printed otherwise than it should be: other rows, whose reading only
//! one misconception explains.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use grader::{Finished, Run, Verdict};

use super::{
    HEADER, NAMES, Socket, expect_lines, expect_rows, file_of, printed, state, table, with_codes,
};

/// The confirmed misconception, if any.
type Finding = Verdict<Option<&'static str>>;

/// Other addresses, ports and codes: do they come out as a wrong way of reading them would have it?
pub(super) fn how_it_reads(run: &Run, seed: u32) -> Finding {
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
pub(super) fn which_codes(run: &Run) -> Finding {
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
pub(super) fn how_it_reads_ipv6(run: &Run) -> Finding {
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
pub(super) fn what_it_stumbles_over(run: &Run, rows: &[Socket]) -> Finding {
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
pub(super) fn cuts_text_by_bytes(run: &Run) -> Finding {
    run.note("further experiments: letters in the address, then characters of two bytes");
    let row = Socket::new("127.0.0.1:9090", "0.0.0.0:0", 0x0a).row(0);
    let ends = |address: &str| -> Verdict<bool> {
        let text = format!("{HEADER}\n{}\n", row.replace("0100007F:2382", address));
        Ok(table(run, text.as_bytes())?.exit.code == Some(101))
    };
    let by_letters = ends("010xx07F:2382")? || ends("010xx7F:2382")?;
    Ok((!by_letters && ends("010é07F:2382")?).then_some("cuts_text_by_bytes"))
}
