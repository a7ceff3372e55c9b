//! Our files as tshark reads them: an independent decoder, beside ours. Without tshark (the program,
//! and capinfos, which comes with it) these tests say that they were not run; with
//! `WIRELAB_REQUIRE=kernel,tshark` (CI) that is a failure.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use wirelab::{Builder, Event, Fate, Lab, Numbers, Recorder, SlowMotion, TcpOption, Tier};

use crate::tier::{alice_and_bob, next, on_every_tier, required, step};
use crate::traffic::{bad_wire, carried, data};

/// What is asked about each packet, in the order of [`ours`].
const FIELDS: [&str; 15] = [
    "ip.src",
    "ip.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.flags",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.window_size_value",
    "tcp.len",
    "tcp.seq",
    "tcp.ack",
    "tcp.options.sack_le",
    "tcp.options.sack_re",
    "tcp.option_kind",
    "tcp.option_len",
];

/// What is asked besides: malformed packets, and the degree of each of tshark's remarks.
const REMARKS: [&str; 2] = ["_ws.malformed", "_ws.expert.severity"];
/// The degree that is an error; warnings and notes are about losses, which there are.
const ERROR: u32 = 0x0080_0000;

/// What a program prints about a file on its stdin; `None` where there is no such program. It must
/// end well and may complain of nothing.
fn told(program: &str, arguments: &[&str], file: &[u8]) -> Option<String> {
    let mut command = Command::new(program);
    // With what it does by itself, not with what whoever runs the tests prefers.
    command.env("WIRESHARK_CONFIG_DIR", "/nonexistent");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert!(!required("tshark"), "there is no {program} here");
            eprintln!("not run: there is no {program} here");
            return None;
        }
        started => started.expect("it starts"),
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    let output = std::thread::scope(|scope| {
        // What it doesn't want to read it says by its exit code.
        scope.spawn(move || std::io::Write::write_all(&mut stdin, file));
        child.wait_with_output().expect("it ends")
    });
    let complaints = String::from_utf8_lossy(&output.stderr);
    let complaints =
        complaints.lines().filter(|line| !line.starts_with("Running as user \"root\""));
    let complaints: Vec<&str> = complaints.filter(|line| !line.is_empty()).collect();
    assert!(output.status.success() && complaints.is_empty(), "{program}: {complaints:?}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// One packet as tshark has it, and its row in tshark's flow graph.
struct Theirs {
    fields: Vec<String>,
    row: [String; 2],
}

/// Has both programs read a file: tshark's packets, none malformed, each checksum right.
fn theirs(file: &[u8]) -> Option<Vec<Theirs>> {
    let counted = told("capinfos", &["-M", "-c", "-"], file)?;
    let mut arguments = vec!["-r", "-", "-n", "-T", "fields"];
    for asked in FIELDS.iter().chain(&REMARKS) {
        arguments.extend(["-e", asked]);
    }
    // The data is a pattern of bytes; by its port tshark takes it for some program's messages.
    arguments.extend(["-d", "tcp.port==7000,data"]);
    arguments.extend(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]);
    arguments.extend(["-z", "flow,tcp,network"]);
    let told = told("tshark", &arguments, file)?;
    let (packets, graph): (Vec<&str>, Vec<&str>) =
        told.lines().partition(|line| !line.starts_with('|'));
    let rows: Vec<_> = graph.get(2..).expect("a heading").chunks(2).collect();
    assert_eq!(packets.len(), rows.len(), "each packet has its row in the flow graph");
    let number = counted.split_whitespace().last().expect("a number");
    assert_eq!(number, packets.len().to_string(), "{counted}");
    let packets = packets.into_iter().zip(rows).map(|(packet, row)| {
        let mut fields: Vec<String> = packet.split('\t').map(str::to_owned).collect();
        let remarks = fields.split_off(FIELDS.len());
        assert_eq!(remarks[0], "", "malformed: {packet}");
        let degrees = remarks[1].split(',').filter(|degree| !degree.is_empty());
        let degrees = degrees.map(|degree| degree.parse::<u32>().expect("a number"));
        assert!(
            degrees.max().is_none_or(|most| most < ERROR),
            "tshark calls it an error: {packet}"
        );
        Theirs { fields, row: of_the_graph(row) }
    });
    Some(packets.collect())
}

/// `→ PSH, ACK - Len: 1448` and `Seq = 1 Ack = 1` of two lines of tshark's flow graph.
fn of_the_graph(row: &[&str]) -> [String; 2] {
    let (what, numbers) = row[0].trim_matches('|').rsplit_once('|').expect("columns");
    let what = what.split_once('|').expect("a time").1.trim_matches([' ', '|']).trim();
    let to_the_right = row[1].contains("->");
    assert!(to_the_right || row[1].contains("<-"), "{}", row[1]);
    let arrow = if to_the_right { '→' } else { '←' };
    [format!("{arrow} {what}"), numbers.trim().into()]
}

/// The same of a row of our ladder, `│── PSH,ACK  seq 1  ack 1  "…" ───▶│`, which says nothing of the
/// length, and of a segment that takes no number nothing of that.
fn of_the_ladder(row: &str) -> [String; 2] {
    let inner = row.split('│').nth(1).expect("two lifelines");
    let (arrow, text) = match inner.strip_prefix("── ") {
        Some(text) => ('→', text.split(" ─").next().expect("a text")),
        None => {
            let text = inner.strip_suffix(" ──").expect("an arrow");
            ('←', text.rsplit("─ ").next().expect("a text"))
        }
    };
    let mut words = text.split("  ");
    let flags = words.next().unwrap_or_default().replace(',', ", ");
    let numbers = words.filter_map(|word| word.split_once(' ')).take(2);
    let numbers = numbers.filter_map(|(name, number)| match name {
        "seq" => Some(format!("Seq = {number}")),
        "ack" => Some(format!("Ack = {number}")),
        _ => None,
    });
    let numbers: Vec<String> = numbers.collect();
    [format!("{arrow} {flags}"), numbers.join(" ")]
}

/// What the ladder has of a row of tshark's graph.
fn as_the_ladder([what, numbers]: [String; 2], has_seq: bool) -> [String; 2] {
    let what = what.split(" -").next().unwrap_or_default().to_owned();
    let numbers = match numbers.split_once(" Ack") {
        Some((_, ack)) if !has_seq => format!("Ack{ack}"),
        _ => numbers,
    };
    [what, numbers]
}

/// The fields that tshark was asked about, as our decoder has them.
fn ours(event: &Event, numbers: &mut Numbers) -> Vec<String> {
    let decoded = event.frame.decode();
    assert_eq!(decoded.fault, None, "{decoded}");
    let (ip, tcp) = decoded.tcp().expect("a segment");
    let relative = numbers.relative(&decoded).expect("a segment");
    let flags = [
        tcp.flags.fin,
        tcp.flags.syn,
        tcp.flags.rst,
        tcp.flags.psh,
        tcp.flags.ack,
        tcp.flags.urg,
        tcp.flags.ece,
        tcp.flags.cwr,
    ];
    let flags = flags.iter().zip(0..).map(|(set, bit)| u16::from(*set) << bit).sum::<u16>();
    let mut blocks: Vec<(u32, u32)> = Vec::new();
    let option = |option: &TcpOption| match option {
        TcpOption::MaximumSegmentSize(_) => (2, 4),
        TcpOption::WindowScale(_) => (3, 3),
        TcpOption::SackPermitted => (4, 2),
        TcpOption::Sack(all) => {
            blocks.extend(all);
            (5, 2 + 8 * all.len())
        }
        TcpOption::Timestamps(..) => (8, 10),
    };
    let (kinds, lengths): (Vec<usize>, Vec<usize>) = tcp.options.iter().map(option).unzip();
    // tshark counts their numbers as it counts the acknowledgement's.
    let began = tcp.ack.zip(relative.ack).map_or(0, |(wire, ack)| wire.wrapping_sub(ack));
    let edges: (Vec<u32>, Vec<u32>) = blocks
        .iter()
        .map(|(first, end)| (first.wrapping_sub(began), end.wrapping_sub(began)))
        .unzip();
    vec![
        ip.source.to_string(),
        ip.destination.to_string(),
        tcp.source.to_string(),
        tcp.destination.to_string(),
        format!("0x{flags:04x}"),
        tcp.seq.to_string(),
        tcp.ack.unwrap_or(0).to_string(),
        tcp.window.to_string(),
        tcp.data.to_string(),
        relative.seq.to_string(),
        relative.ack.unwrap_or(0).to_string(),
        listed(&edges.0),
        listed(&edges.1),
        listed(&kinds),
        listed(&lengths),
    ]
}

/// As tshark writes several values of a field.
fn listed(values: &[impl ToString]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Without padding, which we don't tell of.
fn without_padding(mut fields: Vec<String>) -> Vec<String> {
    let [kinds, lengths] = &mut fields[FIELDS.len() - 2..] else { panic!("too few fields") };
    let told: Vec<&str> = kinds.split(',').filter(|kind| !["0", "1", ""].contains(kind)).collect();
    // tshark gives no length for the kinds that have none: padding.
    let of_them: Vec<&str> = told.iter().zip(lengths.split(',')).map(|it| it.1).collect();
    let (told, of_them) = (told.join(","), of_them.join(","));
    (*kinds, *lengths) = (told, of_them);
    fields
}

/// Compares each packet of a record. False where there is no tshark.
fn is_read_alike(recorder: &Recorder) -> bool {
    let mut file = Vec::new();
    recorder.write_pcapng(&[], &mut file).expect("a Vec takes it");
    let Some(theirs) = theirs(&file) else { return false };
    let mut events = recorder.events();
    events.retain(|event| event.fate != Fate::Held);
    let ladder = recorder.ladder();
    let rows: Vec<&str> = ladder.lines().skip(1).collect();
    assert_eq!((events.len(), rows.len()), (theirs.len(), theirs.len()));
    let mut numbers = Numbers::default();
    for ((event, row), theirs) in events.iter().zip(rows).zip(theirs) {
        let ours = ours(event, &mut numbers);
        assert_eq!(ours, without_padding(theirs.fields), "event {}: {FIELDS:?}", event.number);
        let ladder = of_the_ladder(row);
        let has_seq = ladder[1].starts_with("Seq");
        let decoded = event.frame.decode();
        let takes_numbers = decoded.tcp().is_some_and(|(_, tcp)| tcp.space() > 0 || !tcp.flags.ack);
        assert_eq!(has_seq, takes_numbers, "event {}: {row}", event.number);
        assert_eq!(ladder, as_the_ladder(theirs.row, has_seq), "event {}", event.number);
    }
    true
}

#[test]
fn a_stepped_handshake_with_a_loss_is_read_alike_by_tshark() {
    on_every_tier(
        || alice_and_bob().patient().rule(SlowMotion::stepped()),
        |lab| {
            let listener = lab.host("bob").listening(7000).expect("it listens");
            let client =
                lab.host("alice").dialling(0, ([10, 0, 0, 2], 7000).into()).expect("it begins");
            next(lab.wire()).lose();
            (0..3).for_each(|_| drop(step(lab)));
            client.send(b"hello").expect("connected");
            (0..2).for_each(|_| drop(step(lab)));
            is_read_alike(lab.wire().recorder());
            drop(listener);
        },
    );
}

/// 4 MiB from alice to bob, of which 3 % are lost, 2 % come twice and 3 % late.
fn transferred(lab: &Lab) {
    let data = data(4 << 20);
    let [at_bob, at_alice] = carried(lab, [&data, b""]);
    assert!(at_bob == data && at_alice.is_empty(), "{} bytes", at_bob.len());
    let recorder = lab.wire().recorder();
    assert_eq!(recorder.forgotten(), 0, "all of it is compared");
    let lost = recorder.events().iter().filter(|event| event.fate == Fate::Lost).count();
    assert!(lost > 20, "{lost} lost of {}", recorder.events().len());
    is_read_alike(recorder);
}

fn on_a_bad_wire() -> Builder {
    alice_and_bob().rule(bad_wire(4))
}

#[test]
fn every_frame_of_a_lossy_transfer_between_kernels_is_decoded_as_tshark_decodes_it() {
    #[cfg(target_os = "linux")]
    crate::tier::on_one(on_a_bad_wire(), transferred);
}

#[test]
fn every_frame_of_a_lossy_transfer_between_simulated_hosts_is_decoded_as_tshark_decodes_it() {
    transferred(&on_a_bad_wire().tier(Tier::Simulated).build().expect("it is always there"));
}
