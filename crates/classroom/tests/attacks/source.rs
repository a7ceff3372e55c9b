//! Sources that attack while they are compiled.

use crate::table::{Attack, How, Outcome, Unconfined, source};

pub(crate) const ATTACKS: &[Attack] = &[
    source(
        "includes_passwd",
        "has the machine's list of users in its program",
        r#"fn main() { eprintln!("reached: {}", include_str!("/etc/passwd").len()) }"#,
        "couldn't read",
    ),
    source(
        "includes_the_environment",
        "has the compiler's environment in its program",
        r#"fn main() { eprintln!("reached: {}", include_bytes!("/proc/self/environ").len()) }"#,
        "couldn't read",
    ),
    source(
        "includes_the_solution",
        "has the solution in its program",
        r#"fn main() { eprintln!("reached: {}", include_str!("@SOLUTION@").len()) }"#,
        "couldn't read",
    ),
    source(
        "includes_the_checks",
        "has the checks in its program",
        r#"fn main() { eprintln!("reached: {}", include_str!("@CHECKS@").len()) }"#,
        "couldn't read",
    ),
    source(
        "includes_another_submission",
        "has another's work in its program",
        r#"fn main() { eprintln!("reached: {}", include_str!("@OTHER@").len()) }"#,
        "couldn't read",
    ),
    source(
        "includes_by_dot_dot",
        "has a file in its program that lies above its own",
        r#"fn main() { eprintln!("reached: {}", include_str!("../../../../../../../../../../../../@SECRET@").len()) }"#,
        "couldn't read",
    ),
    source(
        "is_another_submission",
        "takes another's file for a module of its own",
        r#"#[path = "@MODULE@"] mod stolen;
           fn main() { eprintln!("reached: {}", stolen::SECRET) }"#,
        "couldn't read",
    ),
    source(
        "assembles_a_file",
        "has the assembler include a file",
        r#"std::arch::global_asm!(".globl stolen", "stolen:", ".incbin \"@SECRET@\"", ".byte 0");
           unsafe extern "C" { static stolen: u8; }
           fn main() { eprintln!("reached: {}", unsafe { *(&raw const stolen) }) }"#,
        "Could not find incbin file",
    ),
    source(
        "links_a_file",
        "has the linker include a file, by a name that leads to it",
        r#"#[link(name = "../../../../../../../../../@SCRIPT@", kind = "dylib", modifiers = "+verbatim")]
           unsafe extern "C" { static netlings_secret: u8; }
           fn main() { eprintln!("reached: {:p}", &raw const netlings_secret) }"#,
        "linking with",
    ),
    source(
        "asks_for_a_variable",
        "has a variable of the grader's in its program",
        r#"fn main() { eprintln!("reached: {}", env!("NETLINGS_SECRET")) }"#,
        "NETLINGS_SECRET",
    )
    .in_cell("a_variable_has_no_secret"),
    source(
        "asks_whether_there_is_a_variable",
        "has a variable of the grader's in its program, where there is one",
        r#"fn main() {
               match option_env!("NETLINGS_SECRET") {
                   Some(it) => eprintln!("reached: {it}"),
                   None => eprintln!("kept out: no such variable"),
               }
               std::process::exit(3)
           }"#,
        "",
    )
    .comes_to(Outcome::KeptOut)
    .in_cell("a_variable_has_no_secret"),
    source(
        "includes_a_file_without_end",
        "has the compiler read a file that never ends",
        r#"fn main() { eprintln!("{}", include_bytes!("/dev/zero").len()) }"#,
        "memory",
    )
    .in_cell("takes_all_memory"),
    source(
        "has_a_giant_static",
        "has the compiler write more than a disk has",
        "static BIG: [u8; 1 << 40] = [1; 1 << 40];
         fn main() { eprintln!(\"{}\", BIG[std::env::args().count()]) }",
        "",
    )
    .in_cell("a_giant_static_is_refused"),
    source(
        "has_macros_without_end",
        "has the compiler take all memory for a macro that doubles itself",
        r#"#![recursion_limit = "1000000"]
           macro_rules! grow { ($($t:tt)*) => { grow!($($t)* $($t)* x) } }
           grow!(x);
           fn main() {}"#,
        "",
    )
    .in_cell("macros_without_end_are_ended"),
    source(
        "has_types_without_end",
        "has the compiler make types that hold each other without end",
        "fn deeper<T>(it: T, more: bool) { if more { deeper((it, 1), std::env::args().count() > 1) } }
         fn main() { deeper(1, true) }",
        "",
    )
    .never_runs(),
    source(
        "complains_without_end",
        "has the compiler complain more than anybody can read",
        r#"macro_rules! ten { ($m:ident $($t:tt)*) => { $m!($($t)*); $m!($($t)*); $m!($($t)*); $m!($($t)*); $m!($($t)*);
               $m!($($t)*); $m!($($t)*); $m!($($t)*); $m!($($t)*); $m!($($t)*); } }
           macro_rules! wrong { () => { compile_error!("the same word again and again and again"); } }
           ten!(ten ten ten wrong);
           fn main() {}"#,
        "the same word",
    )
    .never_runs(),
    source(
        "has_a_message_for_the_reports_reader",
        "has whoever reads why it was not compiled run a script, and the terminal obey",
        r#"compile_error!("</pre><script>alert(3)</script>\u{1b}[31m\u{9b}2J\u{202e}");
           fn main() {}"#,
        "alert(3)",
    )
    .never_runs(),
    source(
        "asks_for_features",
        "turns on what is not finished in the compiler",
        "#![feature(rustc_private, linkage)]
         extern crate rustc_driver;
         fn main() {}",
        "",
    )
    .never_runs(),
    source(
        "is_no_program",
        "makes itself a macro that runs inside the compiler",
        r#"#![crate_type = "proc-macro"]
           extern crate proc_macro;
           #[proc_macro]
           pub fn mine(it: proc_macro::TokenStream) -> proc_macro::TokenStream {
               let _ = std::fs::write("@MARKS@/macro", "x");
               it
           }
           mine!();
           fn main() {}"#,
        "",
    )
    .never_runs(),
    Attack {
        name: "has_a_build_script",
        tries: "runs a program before its own is compiled",
        how: How::Files(&[
            ("exercises/tcp-echo/src/main.rs", MINE),
            ("exercises/tcp-echo/build.rs", "fn main() { std::fs::write(\"@MARKS@/build\", \"x\").unwrap() }"),
            (
                "exercises/tcp-echo/Cargo.toml",
                "[package]\nname = \"tcp-echo\"\nversion = \"0.1.0\"\nedition = \"2024\"\nbuild = \"build.rs\"\n",
            ),
        ]),
        comes_to: Outcome::Says("this is mine"),
        unconfined: Unconfined::NeverRuns,
        needs_root: false,
    },
    Attack {
        name: "has_settings_of_cargo",
        tries: "has cargo start a program of its own in the compiler's place",
        how: How::Files(&[
            ("exercises/tcp-echo/src/main.rs", MINE),
            (".cargo/config.toml", "[build]\nrustc = \"@MARKED@\"\nrustc-wrapper = \"@MARKED@\"\n"),
            ("exercises/tcp-echo/.cargo/config.toml", "[build]\nrustc-wrapper = \"@MARKED@\"\n"),
        ]),
        comes_to: Outcome::Says("this is mine"),
        unconfined: Unconfined::NeverRuns,
        needs_root: false,
    },
    Attack {
        name: "has_a_toolchain",
        tries: "has another compiler taken",
        how: How::Files(&[
            ("exercises/tcp-echo/src/main.rs", MINE),
            ("rust-toolchain.toml", "[toolchain]\npath = \"@MARKS@\"\n"),
            ("exercises/tcp-echo/rust-toolchain", "nightly-1999-01-01\n"),
        ]),
        comes_to: Outcome::Says("this is mine"),
        unconfined: Unconfined::NeverRuns,
        needs_root: false,
    },
    Attack {
        name: "has_dependencies_of_its_own",
        tries: "has another crate compiled, whose macro runs inside the compiler",
        how: How::Files(&[
            ("exercises/tcp-echo/src/main.rs", "evil::mine!();\nfn main() {}"),
            (
                "exercises/tcp-echo/Cargo.toml",
                "[package]\nname = \"tcp-echo\"\nversion = \"0.1.0\"\n[dependencies]\nevil = { path = \"evil\" }\n",
            ),
            ("exercises/tcp-echo/evil/Cargo.toml", "[package]\nname = \"evil\"\nversion = \"0.1.0\"\n[lib]\nproc-macro = true\n"),
            ("exercises/tcp-echo/evil/lib.rs", "compile_error!(\"it is compiled\");"),
        ]),
        comes_to: Outcome::NotCompiled("`evil` is not available in this exercise"),
        unconfined: Unconfined::NeverRuns,
        needs_root: false,
    },
    Attack {
        name: "has_the_checks_replaced",
        tries: "has checks and helpers of its own taken for the course's",
        how: How::Files(&[
            ("exercises/tcp-echo/src/main.rs", MINE),
            ("exercises/tcp-echo/tests/grade.rs", "fn main() {}"),
            ("exercises/tcp-echo/lesson.toml", "title = \"mine\"\n"),
            ("crates/checks/src/lib.rs", "compile_error!(\"it is compiled\");"),
            ("crates/netkit/src/lib.rs", "compile_error!(\"it is compiled\");"),
        ]),
        comes_to: Outcome::Says("this is mine"),
        unconfined: Unconfined::NeverRuns,
        needs_root: false,
    },
];

/// A program that shows that it is the one that was graded.
pub(crate) const MINE: &str = r#"fn main() { eprintln!("this is mine"); std::process::exit(3) }"#;
