//! What a recorder writes of a handshake in which the first SYN was lost.

use std::time::Duration;

use wirelab::{Deed, Recorder, SlowMotion, TcpState, Telling};

use crate::tier::{alice_and_bob, eventually, next, on_every_tier, step};

fn recorded(test: impl Fn(&Recorder)) {
    on_every_tier(
        || alice_and_bob().rule(SlowMotion::stepped()),
        |lab| {
            let _listener = lab.host("bob").listening(7000).expect("it listens");
            let _client =
                lab.host("alice").dialling(0, ([10, 0, 0, 2], 7000).into()).expect("it begins");
            next(lab.wire()).lose();
            step(lab);
            step(lab);
            test(lab.wire().recorder());
        },
    );
}

#[test]
fn a_ladder_has_a_row_for_each_frame_with_both_states() {
    recorded(|recorder| {
        let ladder = recorder.ladder();
        let rows: Vec<&str> = ladder.lines().collect();
        assert_eq!(rows.len(), 4, "{ladder}");
        let has = |row: usize, parts: &[&str]| {
            parts.iter().for_each(|part| assert!(rows[row].contains(part), "{part}:\n{ladder}"));
        };
        has(0, &["alice │", "│ bob"]);
        has(1, &["SYN-SENT │── SYN  seq 0 ─", "✗", "│ LISTEN", "lost"]);
        has(2, &["SYN-SENT │── SYN  seq 0 ─", "▶│ SYN-RECEIVED"]);
        has(3, &["ESTABLISHED │◀─", "─ SYN,ACK  seq 0  ack 1 ──│ SYN-RECEIVED"]);
        let bars = |row: &str| -> Vec<usize> {
            row.chars().enumerate().filter(|(_, it)| *it == '│').map(|(at, _)| at).collect()
        };
        assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{ladder}");
    });
}

#[test]
fn json_lines_have_the_hosts_and_then_every_event() {
    recorded(|recorder| {
        let mut out = Vec::new();
        recorder.write_json_lines(&[], &mut out).expect("a Vec takes it");
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines[0]["hosts"][1]["name"], "bob");
        assert_eq!(lines[0]["hosts"][1]["addresses"][0], "10.0.0.2");
        let fates: Vec<_> = lines[1..].iter().map(|line| line["fate"].clone()).collect();
        // The third frame of the handshake is held by now, or not yet.
        assert_eq!(fates[..6], ["held", "lost", "held", "delivered", "held", "delivered"]);
        assert_eq!(lines[4]["text"], "SYN  seq 0");
        assert_eq!(lines[4]["tcp"].to_string(), r#"{"flags":["SYN"],"length":0,"seq":0}"#);
        assert_eq!(lines[4]["states"][1]["state"], "SYN-RECEIVED");
        let bytes = lines[4]["bytes"].as_str().expect("a text");
        assert!(bytes.starts_with("020000000002020000000001"), "{bytes}");
    });
}

/// Reads the file back, block by block, as the format says.
#[test]
fn a_pcapng_file_has_named_interfaces_and_comments() {
    recorded(|recorder| {
        let mut file = Vec::new();
        recorder.write_pcapng(&[], &mut file).expect("a Vec takes it");
        let number = |at: usize| {
            let bytes = file[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(bytes) as usize
        };
        let (mut at, mut kinds, mut text) = (0, Vec::new(), String::new());
        while at < file.len() {
            let length = number(at + 4);
            assert_eq!(length % 4, 0);
            assert_eq!(number(at + length - 4), length, "the length stands at both ends");
            kinds.push(number(at));
            text.push_str(&String::from_utf8_lossy(&file[at..at + length]));
            at += length;
        }
        assert_eq!(kinds, [0x0a0d_0d0a, 1, 1, 4, 6, 6, 6]);
        for part in ["alice\0", "bob\0", "lost", "; alice SYN-SENT, bob SYN-RECEIVED"] {
            assert!(text.contains(part), "{part}");
        }
    });
}

/// Every tag of a page or a picture, as it stands there.
fn tags(markup: &str) -> Vec<&str> {
    let tags = markup.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest));
    tags.collect()
}

#[test]
fn a_picture_has_an_arrow_for_each_frame_and_ends_every_tag() {
    recorded(|recorder| {
        let picture = recorder.svg("one <two> & 'three'");
        assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{picture}");
        assert!(picture.contains("one &lt;two&gt; &amp; &#39;three&#39;"), "{picture}");
        assert_eq!(picture.matches("marker-end").count(), 2, "{picture}");
        assert_eq!(picture.matches('✗').count(), 1, "{picture}");
        for part in ["SYN  seq 0", "SYN,ACK  seq 0  ack 1", ">SYN-RECEIVED<", "alice 10.0.0.1"] {
            assert!(picture.contains(part), "{part}:\n{picture}");
        }
        let mut open = Vec::new();
        for tag in tags(&picture) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "{picture}"),
                None if tag.ends_with('/') => {}
                None => open.push(tag.split_whitespace().next().expect("a name")),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    });
}

#[test]
fn a_page_opens_each_frame_and_needs_nothing_from_elsewhere() {
    recorded(|recorder| {
        let page = recorder.html("a <script>alert(1)</script>");
        assert_eq!(page.matches("<details>").count(), 3, "{page}");
        assert_eq!(page.matches("</details>").count(), 3);
        assert!(page.contains("default-src 'none'"));
        for tag in tags(&page) {
            let name = tag.trim_start_matches('/').split_whitespace().next().unwrap_or(tag);
            assert!(!["script", "link", "img", "iframe"].contains(&name), "{tag}");
            assert!(!tag.contains("http:") && !tag.contains("https:"), "{tag}");
        }
        for part in ["<th scope=\"row\">flags</th><td>SYN</td>", "lost", "SYN-RECEIVED", "02 00 00"]
        {
            assert!(page.contains(part), "{part}:\n{page}");
        }
    });
}

#[test]
fn what_else_is_told_stands_in_each_output_where_it_belongs() {
    recorded(|recorder| {
        let deed = |before, host, name, text: &str| {
            let (time, text) = (Duration::from_millis(1500), text.to_owned());
            Deed { before, time, host, name, text, states: vec![(host, TcpState::SynSent)] }
        };
        let telling = || Telling {
            title: "a title",
            before: vec!["Words <before>.".into(), "so ".repeat(60)],
            after: vec!["Words after.".into()],
            deeds: vec![deed(0, 1, "listen", "listens"), deed(2, 0, "think", "thinks & waits")],
        };
        let in_order = |text: &str, parts: &[&str]| {
            let mut rest = text;
            for part in parts {
                let at = rest.find(part).unwrap_or_else(|| panic!("{part}:\n{text}"));
                rest = &rest[at + part.len()..];
            }
        };
        let page = recorder.html(telling());
        let parts = [
            "<p>Words &lt;before&gt;.</p>",
            "    1.500</span>",
            " listens │ <span class=\"state\">SYN-SENT ",
            "── SYN  seq 0 ─",
            " SYN-SENT</span> │ thinks &amp; waits ",
            "<p>Words after.</p>",
        ];
        in_order(&page, &parts);
        let picture = recorder.svg(telling());
        in_order(
            &picture,
            &["Words &lt;before&gt;.<", ">so so ", ">so so ", "Words after.<", "alice"],
        );
        let acts = [">listens<", "1.500 s<", "SYN  seq 0<", ">thinks &amp; waits<", ">SYN-SENT<"];
        in_order(&picture, &acts);
        let mut lines = Vec::new();
        recorder.write_json_lines(&telling().deeds, &mut lines).expect("a Vec takes it");
        let lines = String::from_utf8(lines).expect("text");
        let line = "{\"at_us\":1500000,\"from\":\"alice\",\"act\":\"think\",\
                    \"text\":\"thinks & waits\",\
                    \"states\":[{\"host\":\"alice\",\"state\":\"SYN-SENT\"}]}\n";
        in_order(&lines, &["\"act\":\"listen\"", "\"number\":1,", line, "\"number\":2,"]);
        let mut capture = Vec::new();
        let mut deeds = telling().deeds;
        deeds.push(deed(99, 1, "close", "closes"));
        recorder.write_pcapng(&deeds, &mut capture).expect("a Vec takes it");
        let comments = [
            "lost", // and after how long, where somebody had to wait for the processor
            "; alice SYN-SENT, bob LISTEN; before: bob listens",
            "delivered",
            "; before: alice thinks & waits",
            "; after: bob closes",
        ];
        in_order(&String::from_utf8_lossy(&capture), &comments);
    });
}

/// A datagram may carry anything, and whoever opens the page must see it and not run it.
#[test]
fn what_a_hostile_datagram_carries_is_text_in_the_page() {
    on_every_tier(alice_and_bob, |lab| {
        let bob = lab.host("bob").datagrams(9000).expect("a socket");
        let alice = lab.host("alice").datagrams(0).expect("a socket");
        let data = "</td><script>alert('x')</script>\u{202e}\x1b[31m";
        alice.send_to(data.as_bytes(), ([10, 0, 0, 2], 9000).into()).expect("it is sent");
        eventually(lab, || bob.receive_from(&mut [0; 99]).expect("open"));
        let page = lab.wire().recorder().html("hostile");
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{page}");
        assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\x1b'));
    });
}
