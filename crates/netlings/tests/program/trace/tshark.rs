//! The captures that traces write, as tshark and capinfos read them. Where there is none that is said,
//! and with `WIRELAB_REQUIRE=kernel,tshark` it is a failure.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{frames, netlings, required, tiers};
use crate::clone::stdout;

const ASKED: [&str; 5] = [
    "frame.interface_name",
    "ip.src_host",
    "_ws.malformed",
    "_ws.expert.severity",
    "frame.comment", // the last: one day it may have a tab
];
/// The degree of tshark's remarks that is an error, such as a wrong checksum.
const ERROR: u32 = 0x0080_0000;

/// What a program prints, which must end well and complain of nothing.
fn told(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr);
    let complaints =
        complaints.lines().filter(|line| !line.starts_with("Running as user \"root\""));
    let complaints: Vec<&str> = complaints.filter(|line| !line.is_empty()).collect();
    assert!(output.status.success() && complaints.is_empty(), "{program}: {complaints:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn is_there() -> bool {
    let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if ["tshark", "capinfos"].into_iter().all(is_there) {
        return true;
    }
    assert!(!required("tshark"), "there is no tshark here");
    let _ = writeln!(std::io::stderr(), "captures were not read: there is no tshark here");
    false
}

/// `alice PSH,ACK` of two lines of tshark's flow graph, where hosts stand by their names.
fn of_the_graph(row: &[&str]) -> String {
    let what = row[0].split('|').nth(2).unwrap().split(" - Len").next().unwrap();
    let from = if row[1].contains("->") { "alice" } else { "bob" };
    assert!(row[1].contains("->") || row[1].contains("<-"), "{row:?}");
    format!("{from} {}", what.trim().replace(", ", ","))
}

/// The states of both hosts as a packet's comment has them, and as the line of JSON.
fn comment_of(line: &Value) -> String {
    let seen = line["states"].as_array().into_iter().flatten();
    let states: Vec<String> = seen
        .map(|seen| {
            format!("{} {}", seen["host"].as_str().unwrap(), seen["state"].as_str().unwrap())
        })
        .collect();
    if states.is_empty() { String::new() } else { format!("; {}", states.join(", ")) }
}

/// Plays a scenario and reads what it wrote: its capture, beside the same events as JSON and the rows
/// that were shown.
fn is_read(folder: &Path, scenario: &str, tier: &str) {
    let (capture, json) = (format!("{scenario}.pcapng"), format!("{scenario}.jsonl"));
    let shown = netlings(
        folder,
        &["trace", scenario, "--tier", tier, "--pcapng", &capture, "--json", &json],
        "",
    );
    let shown = stdout(&shown.success());
    let json = fs::read_to_string(folder.join(json)).unwrap();
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<&Value> =
        lines.iter().filter(|it| it["fate"].is_string() && it["fate"] != "held").collect();

    let mut arguments = vec!["-r", &capture, "-N", "n", "-T", "fields"];
    arguments.extend(ASKED.iter().flat_map(|asked| ["-e", asked]));
    for checked in ["tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.check_checksum:TRUE"]
    {
        arguments.extend(["-o", checked]);
    }
    arguments.extend(["-z", "flow,tcp,network"]);
    let told = told(folder, "tshark", &arguments);
    let (packets, graph): (Vec<&str>, Vec<&str>) =
        told.lines().partition(|line| !line.starts_with('|'));
    assert_eq!(packets.len(), lines.len(), "{tier}, {scenario}: {packets:#?}");
    for (packet, line) in packets.iter().zip(&lines) {
        let [interface, host, malformed, degrees, comment] =
            <[&str; 5]>::try_from(packet.splitn(5, '\t').collect::<Vec<_>>()).unwrap();
        let from = line["from"].as_str().unwrap();
        assert_eq!((interface, malformed), (from, ""), "{tier}, {scenario}: {packet}");
        let is_arp = line["text"].as_str().unwrap().starts_with("ARP");
        assert_eq!(host, if is_arp { "" } else { from }, "{tier}, {scenario}: {packet}");
        let fate = line["fate"].as_str().unwrap();
        assert!(comment.starts_with(fate), "{tier}, {scenario}: {packet}");
        // Behind the states stands what programs did.
        let states = comment.split("; before: ").next().unwrap().split("; after: ").next().unwrap();
        assert!(states.ends_with(&comment_of(line)), "{tier}, {scenario}: {packet}");
        let degrees = degrees.split(',').filter_map(|degree| degree.parse::<u32>().ok());
        assert!(degrees.max().is_none_or(|most| most < ERROR), "{tier}, {scenario}: {packet}");
    }
    // What kernels repeat out of impatience is in the capture, as absorbed, and not in the ladder.
    let rows = graph.get(2..).unwrap_or_default().chunks(2).map(of_the_graph);
    let is_tcp = |line: &Value| line["tcp"].is_object();
    let ends = lines.iter().filter(|line| is_tcp(line)).map(|line| line["fate"] == "absorbed");
    let graph: Vec<String> =
        rows.zip(ends).filter(|(_, absorbed)| !absorbed).map(|(row, _)| row).collect();
    let ladder = frames(&shown).into_iter().map(|row| row.replace(" lost", ""));
    let ladder: Vec<String> = ladder.filter(|_| lines.iter().any(|line| is_tcp(line))).collect();
    assert_eq!(graph, ladder, "{tier}, {scenario}: {shown}");
}

#[test]
fn tshark_and_capinfos_read_every_capture_without_a_complaint_and_see_the_same_ladder() {
    if !is_there() {
        return;
    }
    let list = super::shown(&[], "");
    let names = list.lines().take_while(|row| !row.is_empty());
    let names: Vec<&str> = names.filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(names.len(), 15);
    for tier in tiers() {
        let folder = tempfile::tempdir().unwrap();
        // Some wait for a kernel's clock, so several at once.
        std::thread::scope(|scope| {
            for some in names.chunks(4) {
                let folder = folder.path();
                scope.spawn(move || some.iter().for_each(|name| is_read(folder, name, tier)));
            }
        });
        let files: Vec<String> = names.iter().map(|name| format!("{name}.pcapng")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let told = told(folder.path(), "capinfos", &files);
        assert_eq!(told.matches("Number of interfaces in file: 2").count(), 15, "{told}");
        assert_eq!(told.matches("Number of resolved IPv4 addresses in file: 2").count(), 15);
    }
}
