use super::*;

fn parse(content: &str) -> Result<Script, String> {
    let text = Text { path: "demo.toml".into(), content: content.into() };
    Script::parse(text).map_err(|error| error.to_string())
}

#[test]
fn a_script_is_read_in_its_order() {
    let script = parse(
        "kind = \"udp\"\n[role.client]\nper_line = [\"{line}\", \"--count\", \"1\"]\n\
         [[step]]\nsay = \"\"\"one\n  two\"\"\"\n[[step]]\nstart = \"server\"\n\
         env = { TZ = \"UTC\" }\n[[step]]\ntype = \"%H\"\ninto = \"client 2\"\n\
         [[step]]\nwait = \"client 2 exits\"\ncode = 0\n",
    );
    let script = script.unwrap();
    let acts: Vec<&Act> = script.steps.iter().map(|step| &step.act).collect();
    let env = BTreeMap::from([("TZ".into(), "UTC".into())]);
    assert_eq!(acts[0], &Act::Say("one two".into()));
    assert_eq!(acts[1], &Act::Start { name: "server".into(), args: None, env });
    assert_eq!(acts[2], &Act::Type { into: "client 2".into(), line: "%H".into() });
    let awaited = Awaited { who: "client 2".into(), sign: Sign::Exits, text: None, code: Some(0) };
    assert_eq!(acts[3], &Act::Wait(awaited));
}

#[test]
fn whatever_is_wrong_is_told_with_its_line_and_the_fix() {
    let tcp = "kind = \"tcp\"\n[[step]]\nstart = \"server\"\n[[step]]\n";
    let wrong = [
        ("kind = \"tpc\"\n", ":1:8: ", "tcp"),
        ("kind = \"tcp\"\n", ":1:1: ", "[[step]]"),
        (&format!("{tcp}sya = \"x\"\n"), ":5:1: unknown key `sya`", "did you mean `say`?"),
        (&format!("{tcp}say = \" \"\n"), ":5:7: ", "write"),
        (&format!("{tcp}text = \"x\"\n"), ":4:1: ", "one of"),
        (&format!("{tcp}say = \"x\"\nkill = \"server\"\n"), ":6:8: ", "one of"),
        (&format!("{tcp}say = \"x\"\ntext = \"y\"\n"), ":6:8: ", "leave it out"),
        (&format!("{tcp}start = \"clinet\"\n"), ":5:9: ", "did you mean `client`?"),
        (&format!("{tcp}start = \"client 1\"\n"), ":5:9: ", "client 2"),
        (&format!("{tcp}lose = \"server\"\n"), ":5:8: ", "say, start"),
        (&format!("{tcp}type = \"x\"\n"), ":5:8: ", "into"),
        (&format!("{tcp}type = \"x\"\ninto = \"client\"\n"), ":5:8: ", "start = \"client\""),
        (&format!("{tcp}wait = \"server prinst\"\n"), ":5:8: ", "did you mean `prints`?"),
        (&format!("{tcp}wait = \"prints\"\n"), ":5:8: ", "\"client prints\""),
        (&format!("{tcp}wait = \"server exits\"\ntext = \"x\"\n"), ":6:8: ", "leave it out"),
        (&format!("{tcp}wait = \"server prints\"\ncode = 0\n"), ":6:8: ", "leave it out"),
        ("kind = \"tcp\"\n[role.recv]\nargs = []\n", ":2:1: ", "client"),
        ("kind = \"tcp\"\n[role.client]\nper_line = [\"x\"]\n", ":2:1: ", "{line}"),
        ("kind = \"tcp\"\n[role.client]\nargs = [\"{patience}\"]\n", ":2:1: ", "{patience 0.4}"),
        (&format!("{tcp}start = \"client\"\nargs = [\"{{patience x}}\"]\n"), ":6:8: ", "0.4}"),
    ];
    for (content, place, fix) in wrong {
        let told = parse(content).unwrap_err();
        assert!(told.contains(place) && told.contains(fix), "{content}\n{told}");
    }
}

#[test]
fn every_script_of_the_course_is_right() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lessons = std::fs::read_dir(here.join("../../exercises")).unwrap();
    for lesson in lessons {
        let path = lesson.unwrap().path().join("demo.toml");
        let text = Text::read(path).unwrap();
        Script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    }
}
