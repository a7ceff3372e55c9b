//! What `netlings doctor` says where a machine gives less, and that traces go on with the next best.
//! Each part is taken away in a process tree of its own.

mod place;

use predicates::str::contains;

use crate::clone::{stderr, stdout};
use crate::doctor::place::{Place, Who};
use crate::trace::frames;

const HANDSHAKE: [&str; 3] = ["alice SYN", "bob SYN,ACK", "alice ACK"];

/// In one row, without the layout.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the doctor says there, and that it says each of these parts in this order.
fn told(place: &Place, parts: &[&str]) -> String {
    let told = plain(&stdout(&place.netlings(&["doctor"]).success()));
    let mut rest = told.as_str();
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{place}: {part:?} in {told}"));
        rest = &rest[at + part.len()..];
    }
    told
}

/// A handshake on the tier that is taken where nobody names one.
fn goes_on(place: &Place, simulated: bool) {
    let shown = stdout(&place.netlings(&["trace", "handshake"]).success());
    assert_eq!(frames(&shown), HANDSHAKE, "{place}: {shown}");
    let said = plain(&shown);
    assert_eq!(said.contains("so both are simulated: "), simulated, "{place}: {shown}");
    assert_eq!(said.contains("`cargo netlings doctor` says more"), simulated, "{place}: {shown}");
}

/// That tier is refused, with these words, and the way out.
fn is_refused(place: &Place, tier: &str, parts: &[&str]) {
    let refused = place.netlings(&["trace", "handshake", "--tier", tier]).code(4);
    let text = plain(&stderr(&refused));
    for part in parts.iter().chain(&["`--tier simulated` works everywhere"]) {
        assert!(text.contains(part), "{place}: {part:?} in {text}");
    }
}

/// None but the one that a user namespace's own root needs to make another (since Linux 5.12).
const ORDINARY: &str = "-all,+setfcap";
const NO_CAPTURE: &str = "the loopback could not be captured: Operation not permitted";
const NO_NAMESPACES: &str = "echo 0 > /proc/sys/user/max_user_namespaces";

#[test]
fn without_user_namespaces_the_setting_is_named_and_the_simulation_takes_over() {
    const FIX: &str = "no user namespace could be made: No space left on device (os error 28). User \
        namespaces are switched off; allow them with `sudo sysctl -w user.max_user_namespaces=15000`";
    for who in Who::all() {
        let Some(place) = Place::of(who).prepared(NO_NAMESPACES).rights("-all").made() else {
            return;
        };
        let parts = ["✗ kernel", FIX, "✓ simulated", "✗ observe", NO_CAPTURE, "CAP_NET_RAW"];
        told(&place, &[&parts[..], &["uses the simulation"]].concat());
        goes_on(&place, true);
        is_refused(&place, "kernel", &["there can be no wire between kernels here", FIX]);
        is_refused(&place, "observe", &[NO_CAPTURE, "CAP_NET_RAW"]);
    }
}

#[test]
fn a_root_that_may_not_map_itself_is_told_to_be_somebody_else() {
    for who in Who::all() {
        let Some(place) = Place::of(who).rights("-all").made() else { return };
        let fix = "without any rights in it: Operation not permitted (os error 1). A root without \
            CAP_SETFCAP can't have any; run this as an ordinary user";
        told(&place, &["✗ kernel", fix, "uses the simulation"]);
        goes_on(&place, true);
        is_refused(&place, "kernel", &[fix]);
    }
}

#[test]
fn root_needs_no_user_namespaces() {
    for who in Who::all() {
        let Some(place) = Place::of(who).prepared(NO_NAMESPACES).made() else { return };
        told(&place, &["✓ kernel", "as root, on", "uses the kernel. There is nothing to do."]);
        goes_on(&place, false);
    }
}

#[test]
fn without_a_tun_device_the_other_kind_of_port_is_taken_and_nothing_is_to_be_done() {
    for who in Who::all() {
        for rights in ["+all", ORDINARY] {
            let nothing = "mount -t tmpfs none /dev";
            let place = Place::of(who).with("--mount").prepared(nothing).rights(rights);
            let Some(place) = place.made() else { return };
            let parts =
                ["✓ kernel", "on veth pairs with packet sockets.", "(/dev/net/tun): No such"];
            let fix = ["`sudo modprobe tun` would bring them.", "there is nothing to do: veth"];
            told(&place, &[&parts[..], &fix].concat());
            goes_on(&place, false);
        }
    }
}

/// Needs a file that is another user's, so it is not run where the tester is nobody already.
#[test]
fn a_tun_device_that_is_for_root_alone_is_no_loss_either() {
    for who in Who::all().filter(|who| *who == Who::Nobody) {
        let closed = "mount -t tmpfs none /dev; mkdir /dev/net; touch /dev/net/tun; \
                      mount --bind closed /dev/net/tun";
        let place = Place::of(who).with("--mount").prepared(closed).rights(ORDINARY);
        std::fs::write(place.folder().join("closed"), "").unwrap();
        let only_root = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(place.folder().join("closed"), only_root).unwrap();
        let Some(place) = place.made() else { return };
        let said = told(&place, &["✓ kernel", "on veth", "(/dev/net/tun): Permission denied"]);
        assert!(!said.contains("modprobe"), "{said}");
        goes_on(&place, false);
    }
}

#[test]
fn without_raw_sockets_nothing_is_observed_and_kernels_are_as_good_as_before() {
    for who in Who::all() {
        let Some(place) = Place::of(who).rights("-net_raw").made() else { return };
        let parts = ["✓ kernel", "in a user namespace", "✗ observe", NO_CAPTURE, "CAP_NET_RAW"];
        told(&place, &[&parts[..], &["the kernel tier shows more"]].concat());
        goes_on(&place, false);
        is_refused(&place, "observe", &["nothing can be watched here", NO_CAPTURE, "CAP_NET_RAW"]);
    }
}

/// As docker and podman make one by default: no new namespaces, raw sockets for root.
fn container(who: Who, rights: &'static str) -> Option<Place> {
    Place::of(who).with("--net").filtered().rights(rights).made()
}

const CONTAINER: &str = "no user namespace could be made: Operation not permitted (os error 1). The \
    container's seccomp filter forbids it; start the container with `--security-opt \
    seccomp=unconfined`";

#[test]
fn in_a_container_the_filter_is_named_with_the_options_that_lift_it() {
    for who in Who::all() {
        let Some(place) = container(who, "-all,+net_raw") else { return };
        let options = ["--cap-add SYS_ADMIN --cap-add NET_ADMIN`", "docker and podman"];
        let rest = ["✓ simulated", "✓ observe", "`--tier observe`", "uses the simulation"];
        told(&place, &[&["✗ kernel", CONTAINER][..], &options, &rest].concat());
        goes_on(&place, true);
        is_refused(&place, "kernel", &["there can be no wire between kernels here", CONTAINER]);
        // For whoever isn't root in there.
        let Some(place) = container(who, "-all") else { return };
        told(&place, &["✗ kernel", CONTAINER, "✗ observe", NO_CAPTURE, "`--cap-add NET_RAW`"]);
        goes_on(&place, true);
        is_refused(&place, "observe", &[NO_CAPTURE, "`--cap-add NET_RAW`"]);
    }
}

#[test]
fn in_a_container_scenarios_are_observed_with_their_frames_and_last_states() {
    const OPEN: &[&str] = &HANDSHAKE;
    const HELLO: &[&str] = &["alice PSH,ACK", "bob ACK"];
    const FIRST_HALF: &[&str] = &["alice FIN,ACK", "bob ACK"];
    const SECOND_HALF: &[&str] = &["bob FIN,ACK", "alice ACK"];
    type Words = &'static [&'static str];
    let scenarios: [(&str, &[Words], Words); 8] = [
        ("handshake", &[OPEN], &["ESTABLISHED", "ESTABLISHED"]),
        (
            "half-close",
            &[OPEN, HELLO, FIRST_HALF, &["bob PSH,ACK", "alice ACK"], SECOND_HALF],
            &["TIME-WAIT", "CLOSED"],
        ),
        ("four-way-close", &[OPEN, FIRST_HALF, SECOND_HALF], &["TIME-WAIT", "CLOSED"]),
        ("refused", &[&["alice SYN", "bob RST,ACK"]], &["CLOSED", "CLOSED"]),
        ("reset", &[OPEN, HELLO, &["alice RST,ACK"]], &["CLOSED", "CLOSED"]),
        ("unread-data-reset", &[OPEN, HELLO, &["bob RST,ACK"]], &["CLOSED", "CLOSED"]),
        ("time-wait", &[OPEN, FIRST_HALF, SECOND_HALF], &["TIME-WAIT", "CLOSED"]),
        ("arp", &[&["alice UDP", "bob UDP", "alice UDP"]], &[]),
    ];
    for who in Who::all() {
        let Some(place) = container(who, "-all,+net_raw") else { return };
        for (name, wanted, states) in scenarios {
            let arguments = ["trace", name, "--tier", "observe"];
            let shown = stdout(&place.netlings(&arguments).success());
            assert_eq!(frames(&shown), wanted.concat(), "{place}: {shown}");
            assert_eq!(crate::trace::last_states(&shown), states, "{place}: {shown}");
            assert!(shown.contains("alice 127.0.0.1:"), "{shown}");
            assert!(plain(&shown).contains("Nothing can be held there."), "{shown}");
            assert!(!shown.contains("The scenario ends here"), "{shown}");
            assert!(shown.lines().all(|row| row.chars().count() <= 80), "{shown}");
            let waits_on = shown.contains("waits on, when the lab is gone too");
            assert_eq!(waits_on, name == "time-wait", "{shown}");
        }
    }
}

#[test]
fn what_was_observed_is_kept_in_each_kind_of_file() {
    let Some(place) = container(Who::Tester, "-all,+net_raw") else { return };
    let files = ["--pcapng", "t.pcapng", "--json", "t.json", "--svg", "t.svg", "--html", "t.html"];
    let arguments = [&["trace", "handshake", "--tier", "observe"], &files[..]].concat();
    place.netlings(&arguments).success();
    let read = |name: &str| std::fs::read(place.folder().join(name)).unwrap();
    let json = String::from_utf8(read("t.json")).unwrap();
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["hosts"][1]["addresses"][0], "127.0.0.1");
    // What the programs did has lines of its own.
    let fates = lines[1..].iter().filter_map(|line| line["fate"].as_str());
    assert_eq!(fates.collect::<Vec<_>>(), ["delivered"; 3], "each frame once: {json}");
    let comments = String::from_utf8_lossy(&read("t.pcapng")).into_owned();
    assert!(comments.contains("alice ESTABLISHED, bob ESTABLISHED"), "{comments}");
    assert!(String::from_utf8(read("t.svg")).unwrap().starts_with("<svg "));
    let page = String::from_utf8(read("t.html")).unwrap();
    assert_eq!(page.matches("<details>").count(), 3, "{page}");
}

/// That needs no rights at all: it is said before anything is tried.
#[test]
fn what_observing_cannot_do_is_said_with_the_tiers_that_can() {
    let Some(place) = Place::of(Who::Tester).made() else { return };
    let refused = |arguments: &[&str], said: &str| {
        let arguments = [&["trace"], arguments, &["--tier", "observe"]].concat();
        let refused = place.netlings(&arguments).code(2).stderr(contains(said));
        refused.stderr(contains("`--tier simulated`")).stderr(contains("`--tier kernel`"));
    };
    refused(&["handshake", "--step"], "--step needs a wire that can hold");
    refused(&["handshake", "--quiz"], "--quiz needs a wire that can hold");
    refused(&["handshake", "--drop", "2"], "--drop needs a wire that can hold");
    refused(&["handshake", "--speed", "2"], "--speed needs a wire that can hold");
    for name in ["lost-syn", "lost-syn-ack", "lost-data", "udp-loss"] {
        refused(&[name], "needs a wire that loses a packet");
    }
    refused(&["udp-reorder"], "needs a wire that lets packets overtake each other");
    for name in ["simultaneous-open", "simultaneous-close"] {
        refused(&[name], "needs a wire that holds packets until they cross");
    }
}
