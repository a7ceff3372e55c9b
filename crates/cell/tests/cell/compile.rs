//! Source text that attacks while it is compiled. Each is compiled as anything is, and what it wants
//! happens; then in a cell, where it does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cell::{Cell, End, Limits, Output, Policy, Tier};

use crate::bait::SECRET;

macro_rules! tests {
    ($($name:ident,)*) => {
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name),)*];

        pub(crate) fn owner(name: &str) -> i32 {
            match name {
                $(stringify!($name) => $name(),)*
                _ => return 2,
            }
            0
        }
    };
}

tests! {
    an_honest_program_is_compiled,
    the_compilers_environment_has_no_secret,
    a_variable_has_no_secret,
    a_file_of_the_system_is_not_included,
    a_hidden_solution_is_not_included,
    a_hidden_solution_is_not_a_module,
    a_constant_that_never_ends_is_ended,
    macros_without_end_are_ended,
    a_giant_static_is_refused,
}

/// The folder of the toolchain that builds this.
pub(crate) fn toolchain() -> std::io::Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

fn sysroot() -> PathBuf {
    PathBuf::from(std::env::var_os("TOOLCHAIN").expect("whoever starts this says where it is"))
}

/// A submission beside a hidden file.
struct Submission {
    folder: tempfile::TempDir,
}

impl Submission {
    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("it is there");
        fs::create_dir(path.join("src")).expect("a folder");
        fs::create_dir(path.join("out")).expect("a folder");
        fs::write(path.join("hidden.rs"), format!("pub const TEXT: &str = {SECRET:?};"))
            .expect("a file");
        let text = text.replace("HIDDEN", &path.join("hidden.rs").display().to_string());
        fs::write(path.join("src/main.rs"), text).expect("a file");
        for given in ["src", "src/main.rs", "out"] {
            cell::give(&path.join(given)).expect("it is given");
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there").join(name)
    }

    fn words(&self) -> Vec<String> {
        let mut words = vec!["--edition=2024".into(), "--crate-type=bin".into(), "-o".into()];
        words.push(self.path("out/program").display().to_string());
        words.push(self.path("src/main.rs").display().to_string());
        words
    }

    /// Compiles it as anything is, but not longer than `time`. Whether it ended in that time.
    fn compile_unconfined(&self, time: Duration) -> bool {
        let mut rustc = Command::new(sysroot().join("bin/rustc"))
            .args(self.words())
            .env("SECRET", SECRET)
            .env_remove("LD_PRELOAD")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("rustc");
        let begun = Instant::now();
        while begun.elapsed() < time {
            if let Some(status) = rustc.try_wait().expect("it is ours") {
                assert!(status.success(), "unconfined it must be compiled");
                return true;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        rustc.kill().expect("it is ours");
        rustc.wait().expect("it is ours");
        false
    }

    fn compile_confined(&self) -> Output {
        self.compile_with(Policy::new())
    }

    fn compile_with(&self, policy: Policy) -> Output {
        let limits = Limits {
            cpu: Duration::from_secs(5),
            address_space: 2 << 30,
            file_size: 64 << 20,
            processes: 64,
            open_files: 256,
            memory: 400 << 20,
            wall: Duration::from_secs(300),
        };
        let policy = policy
            .system()
            .execute(sysroot())
            .read(self.path("src"))
            .write(self.path("out"))
            .scratch(64 << 20)
            .environment("PATH", "/usr/bin:/bin")
            .limits(limits);
        let rustc = cell::Command::new(sysroot().join("bin/rustc")).args(self.words());
        Cell::output(Tier::Full, &policy, rustc, 1 << 20).expect("a cell")
    }

    fn has_the_secret(&self) -> bool {
        let bytes = fs::read(self.path("out/program")).unwrap_or_default();
        bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
    }
}

/// Unconfined the secret is in what was compiled; confined it is not compiled.
fn keeps_the_secret(text: &str) {
    let submission = Submission::of(text);
    assert!(submission.compile_unconfined(Duration::from_secs(200)));
    assert!(submission.has_the_secret(), "unconfined it must have the secret");
    fs::remove_file(submission.path("out/program")).expect("it was compiled");
    let output = submission.compile_confined();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.ended.end, End::Exited(1), "{said}");
    assert!(said.contains("error"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    assert!(!submission.has_the_secret());
}

fn an_honest_program_is_compiled() {
    let submission = Submission::of(r#"fn main() { println!("hello") }"#);
    for policy in [Policy::new().on_the_oldest_landlock(), Policy::new()] {
        let output = submission.compile_with(policy);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.ended.end, End::Exited(0), "{said} {output:?}");
    }
    let program = submission.path("out/program");
    let run = cell::Command::new(&program);
    let policy = Policy::new().system().execute(&program);
    let output = Cell::output(Tier::Full, &policy, run, 1 << 10).expect("a cell");
    assert_eq!(output.stdout, b"hello\n");
}

fn the_compilers_environment_has_no_secret() {
    keeps_the_secret(
        r#"static TEXT: &[u8] = include_bytes!("/proc/self/environ");
           fn main() { println!("{:?}", TEXT) }"#,
    );
}

fn a_variable_has_no_secret() {
    keeps_the_secret(r#"fn main() { println!("{}", env!("SECRET")) }"#);
}

fn a_file_of_the_system_is_not_included() {
    let submission = Submission::of(r#"fn main() { println!("{}", include_str!("/etc/passwd")) }"#);
    assert!(submission.compile_unconfined(Duration::from_secs(200)));
    let output = submission.compile_confined();
    assert_eq!(output.ended.end, End::Exited(1), "{output:?}");
}

fn a_hidden_solution_is_not_included() {
    keeps_the_secret(r#"fn main() { println!("{}", include_str!("HIDDEN")) }"#);
}

fn a_hidden_solution_is_not_a_module() {
    keeps_the_secret(
        r#"#[path = "HIDDEN"] mod hidden; fn main() { println!("{}", hidden::TEXT) }"#,
    );
}

/// Unconfined it is still being compiled after the time; confined it is ended by a limit.
fn is_ended(text: &str) {
    let submission = Submission::of(text);
    assert!(!submission.compile_unconfined(Duration::from_secs(7)), "it must be a bomb");
    let output = submission.compile_confined();
    let ended = match output.ended.end {
        End::Signal(signal) => [libc::SIGXCPU, libc::SIGKILL, libc::SIGABRT].contains(&signal),
        End::Memory => true,
        // rustc says that an allocation failed.
        End::Exited(code) => code != 0,
        _ => false,
    };
    assert!(ended, "{output:?}");
    assert!(output.ended.cpu < Duration::from_secs(15), "{:?}", output.ended);
    assert!(!submission.path("out/program").exists());
}

fn a_constant_that_never_ends_is_ended() {
    is_ended(
        "#![allow(long_running_const_eval)]
         const NEVER: u64 = { let mut n = 0u64; while n != u64::MAX { n += 1; } n };
         fn main() { println!(\"{NEVER}\") }",
    );
}

fn macros_without_end_are_ended() {
    is_ended(
        "#![recursion_limit = \"1000000\"]
         macro_rules! grow { ($($t:tt)*) => { grow!($($t)* $($t)* x) } }
         grow!(x);
         fn main() {}",
    );
}

fn a_giant_static_is_refused() {
    let submission = Submission::of(
        "static BIG: [u8; 200 << 20] = [1; 200 << 20];
         fn main() { println!(\"{}\", BIG[std::env::args().count()]) }",
    );
    assert!(submission.compile_unconfined(Duration::from_secs(200)));
    let program = submission.path("out/program");
    let size = |path: &Path| fs::metadata(path).map_or(0, |it| it.len());
    assert!(size(&program) > 200 << 20, "unconfined it must be a bomb");
    fs::remove_file(&program).expect("it is ours");
    let output = submission.compile_confined();
    assert_ne!(output.ended.end, End::Exited(0), "{:?}", output.ended);
    let left = fs::read_dir(submission.path("out")).expect("it is there").flatten();
    let left: u64 = left.map(|entry| size(&entry.path())).sum();
    assert!(left <= 65 << 20, "{left}");
}
