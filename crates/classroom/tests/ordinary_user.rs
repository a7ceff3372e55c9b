//! A class that an ordinary user grades, with everything that grading needs: cargo and rustc, a clone
//! that they only read, cells. Root plays that user, and grades the same class itself to compare.
//! Whoever is no root is such a user in every other test.

#![cfg(target_os = "linux")]

mod class;

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use class::{Class, text};
use serde_json::Value;

/// An ordinary user that needs no entry anywhere.
const ORDINARY: u32 = 60_998;

/// Root's toolchain and clone may lie where nobody else can go. In a mount namespace all of it is in
/// one place: `run PLACE CLONE TOOLCHAIN CARGO_HOME TARGET CLASS PROGRAM USER WORDS…`.
const SCRIPT: &str = r#"
set -eu
place=$1 clone=$2 toolchain=$3 cargo=$4 target=$5 class=$6 program=$7 user=$8
shift 8
mount -t tmpfs -o mode=755 none "$place"
cd "$place"
mkdir clone toolchain cargo cargo/registry target class
mount --bind "$clone" clone
mount --bind "$toolchain" toolchain
mount --bind "$cargo/registry" cargo/registry
mount --bind "$target" target
mount --bind "$class" class
cp "$program" netlings-class
chmod 755 netlings-class
[ ! -e "$cargo/config.toml" ] || cp "$cargo/config.toml" cargo/
chown "$user" cargo
cd clone
exec setpriv --reuid "$user" --regid "$user" --clear-groups env -i \
    PATH="$place/toolchain/bin:/usr/local/bin:/usr/bin:/bin" HOME="$place/class" \
    CARGO_HOME="$place/cargo" CARGO_TARGET_DIR="$place/target" "$place/netlings-class" "$@"
"#;

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Where programs can be confined by root and by others; `NETLINGS_REQUIRE=cell` makes it a failure
/// if not.
fn can_confine(class: &Class) -> bool {
    let told = text(&class.run(&["doctor"]));
    let can = told.contains("confinement: full") && !told.contains("no second level");
    let required = std::env::var("NETLINGS_REQUIRE").unwrap_or_default();
    assert!(can || !required.split(',').any(|it| it.trim() == "cell"), "{told}");
    if !can {
        eprintln!("not run: {told}");
    }
    can
}

/// Everything below it is the ordinary user's from now on.
fn give(path: &Path) {
    chown(path, Some(ORDINARY), Some(ORDINARY)).unwrap();
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path()));
    }
}

fn toolchain() -> PathBuf {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn cargo_home() -> PathBuf {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home).unwrap()
}

/// netlings-class, as the ordinary user starts it, with the class in `PLACE/class`.
fn as_ordinary(class: &Class, place: &Path, words: &[&str]) -> Command {
    // What they built stays for the next run of this test.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ordinary-user");
    std::fs::create_dir_all(&target).unwrap();
    chown(&target, Some(ORDINARY), Some(ORDINARY)).unwrap();
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", SCRIPT, "run"]);
    command.args([place, clone, &toolchain(), &cargo_home(), &target]).arg(class.path(""));
    command.arg(env!("CARGO_BIN_EXE_netlings-class")).arg(ORDINARY.to_string()).args(words);
    command.stdin(Stdio::null());
    command
}

/// A result less what is another each time: how long things took, what was said, and ports in it.
fn lasting(mut result: Value) -> Value {
    fn clear(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let passing = ["duration_ms", "transcript", "stderr", "expected", "actual"];
                fields.retain(|name, _| !passing.contains(&name.as_str()));
                fields.values_mut().for_each(clear);
            }
            Value::Array(values) => values.iter_mut().for_each(clear),
            _ => {}
        }
    }
    clear(&mut result);
    result
}

#[test]
fn an_ordinary_user_grades_a_class_in_cells_and_gets_what_root_gets() {
    if !is_root() {
        eprintln!("not run: needs root");
        return;
    }
    let class = Class::new();
    if !can_confine(&class) {
        return;
    }
    class.solution("right");
    class.mistake("prints-rest-of-buffer", "&buffer[..count]", "&buffer");
    class.with("typo", "fn f() -> u8 { \"\" }\n");
    class.with("includes-passwd", "const _: &str = include_str!(\"/etc/passwd\");");
    let ids = ["right", "prints-rest-of-buffer", "typo", "includes-passwd"];
    let done = class.grade(&["--sandbox", "require"]);
    assert!(done.status.success(), "{}", text(&done));

    give(Path::new(&class.path("")));
    let place = Path::new("/run/netlings-ordinary-user");
    std::fs::create_dir_all(place).unwrap();
    let here = |name: &str| place.join("class").join(name).display().to_string();
    let (submissions, out) = (here("in"), here("theirs"));
    let words = ["grade", &submissions, "--lessons", "tcp-echo", "--out", &out];
    let done = as_ordinary(&class, place, &words).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    for id in ids {
        let (roots, theirs) = (class.result(id), class.result_in(&class.path("theirs"), id));
        assert_eq!(roots["sandbox"], "full", "{id}");
        assert_eq!(lasting(theirs), lasting(roots), "{id}");
        let file = class.path(&format!("theirs/results/{id}.json"));
        assert_eq!(std::fs::metadata(file).unwrap().uid(), ORDINARY, "{id}");
    }
}
