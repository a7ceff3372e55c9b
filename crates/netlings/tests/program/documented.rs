//! Every command that a document names can be typed as it stands there.
//!
//! The console blocks of README.md and docs/ are run, in a clone of the course. Lines that a block
//! shows below a command are the last that it prints. Where commands are marked `# terminal 1` and
//! so on, the first is a server: it is started, the others run beside it, and then it is ended. It
//! listens on a free port, and all of them are told which.
//!
//! Commands within sentences, and those of the lessons' own texts, are only looked at: whether the
//! package, the role, the options, the lesson, the check, the recipe exist.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr;

use crate::clone::{real, real_lessons, real_path};
use crate::course::{Course, said};
use crate::document::blocks;

/// What is not run, and why.
const NOT_RUN: [(&str, &str); 9] = [
    ("cargo test", "it would run this very test; `just ci` runs it"),
    ("(printf 'meet me at '; sleep 5; printf 'noon\\n') > mailbox", CLASS),
    ("cat mailbox", CLASS),
    ("(printf 'meet me at '; sleep 5; printf 'noon\\n') > draft && mv draft mailbox", CLASS),
    ("while sleep 1; do cat mailbox; done", CLASS),
    ("ls; cat mailbox*", CLASS),
    ("cargo run -p handshake-trace-solution -- watch --addr 127.0.0.1:9090 --for 120", CLASS),
    ("cargo run -p handshake-trace-solution -- live --addr 127.0.0.1:9090 --pause 10", CLASS),
    ("(printf '\\345'; sleep 1; printf '\\245\\275\\n') | nc 127.0.0.1 9090", CLASS),
];

/// Why what a teacher shows in several terminals is only looked at.
const CLASS: &str = "a class watches it in two terminals, at the pace of the one who types";

/// Documents that a test of their own follows.
const FOLLOWED: [&str; 1] = ["docs/adding-a-lesson.md"];

/// What the lessons' texts take from elsewhere. Whether a machine has them is not for us to say.
const OTHERS: [&str; 54] = [
    "awk", "bash", "cat", "cd", "cmp", "cp", "curl", "cut", "dd", "diff", "dig", "echo", "false",
    "grep", "head", "hexdump", "ip", "kill", "less", "ls", "lsof", "mkdir", "mkfifo", "mv", "nc",
    "ncat", "netstat", "od", "printf", "pwd", "python3", "rm", "seq", "sleep", "socat", "sort",
    "ss", "strace", "tail", "tcpdump", "tee", "time", "timeout", "touch", "tr", "true", "uniq",
    "watch", "wc", "while", "do", "done", "xxd", "yes",
];

/// What stands for a word of the reader's own.
const PLACEHOLDERS: [(&str, &str); 7] = [
    ("SCENARIO", "handshake"),
    ("LESSON-solution", "tcp-echo-solution"),
    ("LESSON", "tcp-echo"),
    ("CHECK", "one_byte"),
    ("ID", "one_byte"),
    ("ROLE", "server"),
    ("N", "1"),
];

/// README.md and what stands in docs/.
fn documents() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/lessons"] {
        for entry in fs::read_dir(real_path(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "md") {
                found.push(format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A command of a block without its comment, and the terminal that the comment names.
fn typed(line: &str) -> (&str, Option<u32>) {
    let Some((command, comment)) = line.split_once(" # ") else { return (line.trim_end(), None) };
    let terminal = comment.trim().strip_prefix("terminal ").and_then(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    (command.trim_end(), terminal)
}

/// What is wider is broken in a terminal, and can't be copied from it.
#[test]
fn the_code_in_every_lessons_text_is_at_most_80_columns_wide() {
    for lesson in real_lessons() {
        let place = format!("exercises/{lesson}/README.md");
        let blocks = blocks(&real(&place));
        assert!(!blocks.is_empty(), "{place} has no code");
        for block in blocks {
            for line in block.content.lines() {
                assert!(line.width() <= 80, "{place}, below line {}: {line}", block.line);
            }
        }
    }
}

#[test]
fn the_console_blocks_of_the_documents_do_what_they_show() {
    let course = Course::take();
    // The program of the reader's own that README.md speaks of.
    fs::copy(course.path("solutions/tcp-echo/examples/echo.py"), course.path("my_echo.py"))
        .unwrap();
    let mut run = 0;
    for document in documents().iter().filter(|it| !FOLLOWED.contains(&it.as_str())) {
        for block in blocks(&course.read(document)) {
            let mut server = None;
            for (line, shown) in block.dialogue() {
                let (command, terminal) = typed(&line);
                if NOT_RUN.iter().any(|(listed, _)| *listed == command) {
                    continue;
                }
                let place = format!("{document}:{}: {command}", block.line);
                run += 1;
                match (terminal, &server) {
                    (Some(1), None) => server = Some(Listening::start(&course, command, &place)),
                    (Some(_), Some(server)) => {
                        expect(
                            &course,
                            &format!("{command} --addr {}", server.addr),
                            &shown,
                            &place,
                        );
                    }
                    _ => expect(&course, command, &shown, &place),
                }
            }
        }
    }
    assert!(run >= 10, "only {run} commands were found");
}

/// Runs a command and looks that it ends well and prints at last what the document shows.
fn expect(course: &Course, command: &str, shown: &str, place: &str) {
    let output = course.run(command);
    let last = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{place}: {}", said(&output));
    // What a program sends has no line's end of its own.
    let ends_so = last.trim_end().ends_with(shown.trim_end());
    assert!(ends_so, "{place}: shown is {shown:?}\n{}", said(&output));
}

/// A server in a terminal of its own, ended with all it started when this is dropped.
struct Listening {
    group: u32,
    addr: String,
}

impl Listening {
    fn start(course: &Course, command: &str, place: &str) -> Self {
        let mut server = course.command(&format!("{command} --addr 127.0.0.1:0"));
        let mut server = server.stdout(Stdio::piped()).process_group(0).spawn().expect(place);
        let group = server.id();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        std::thread::spawn(move || server.wait());
        let addr = line.trim_end().strip_prefix("listening on ").map(str::to_owned);
        let this = Self { group, addr: addr.clone().unwrap_or_default() };
        assert!(addr.is_some(), "{place}: {line:?}");
        this
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.group)]).status();
    }
}

#[test]
fn the_commands_that_sentences_and_lessons_name_exist() {
    let course = Course::take();
    let lessons = real_lessons();
    let packages: Vec<String> =
        lessons.iter().map(|it| format!("--package {it}-solution")).collect();
    let built =
        course.run(&format!("cargo build --bins --package netlings {}", packages.join(" ")));
    assert!(built.status.success(), "{}", said(&built));
    let reader = Reader { course: &course, lessons: &lessons };
    let mut looked_at = 0;
    let mut look = |place: &str, command: &str| {
        looked_at += 1;
        if let Err(why) = reader.exists(command) {
            panic!("{place}: `{command}`: {why}");
        }
    };
    let lesson_texts = lessons.iter().map(|lesson| format!("exercises/{lesson}/README.md"));
    for document in documents().into_iter().chain(lesson_texts) {
        let text = real(&document);
        // Those of the other documents are run, by the test above or one of their own.
        let is_class = ["exercises/", "docs/lessons/"].iter().any(|it| document.starts_with(it));
        for block in blocks(&text).iter().filter(|_| is_class) {
            for (line, _) in block.dialogue() {
                look(&format!("{document}:{}", block.line), typed(&line).0);
            }
        }
        for (number, line) in text.lines().enumerate() {
            let quoted = line.split('`').skip(1).step_by(2);
            let ours =
                quoted.filter(|words| words.starts_with("cargo ") || words.starts_with("just "));
            for command in ours {
                look(&format!("{document}:{}", number + 1), command);
            }
        }
    }
    // A lesson's text is also in what it prints.
    for lesson in &lessons {
        let place = format!("exercises/{lesson}/lesson.toml");
        for words in real(&place).split('`').skip(1).step_by(2) {
            if words.starts_with("cargo ") && !words.contains('\n') {
                look(&place, words);
            }
        }
    }
    assert!(looked_at > 40, "only {looked_at} commands were found");
}

#[test]
fn every_command_of_a_students_is_in_the_readme() {
    let help = Command::new(env!("CARGO_BIN_EXE_netlings")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();
    assert!(names.contains(&"show"), "{help}");
    let readme = real("README.md");
    for name in names {
        assert!(readme.contains(&format!("`cargo netlings {name}")), "{name}");
    }
}

/// Looks at commands without doing what they do.
struct Reader<'a> {
    course: &'a Course,
    lessons: &'a [String],
}

impl Reader<'_> {
    /// Whether what a command line names is there. Pipes, lists of commands and redirections work as
    /// in a shell.
    fn exists(&self, line: &str) -> Result<(), String> {
        let words = shlex::split(line).ok_or("a quote is not closed")?;
        let is_end = |word: &&str| ["|", "||", "&&", ";", "&"].contains(word);
        let mut simple: Vec<Vec<String>> = vec![Vec::new()];
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "<" | ">" | ">>" | "2>" => drop(words.next()),
                word if is_end(&word) => simple.push(Vec::new()),
                word => {
                    let (bare, ends) =
                        word.strip_suffix(';').map_or((word, false), |it| (it, true));
                    simple.last_mut().unwrap().push(own_word(bare));
                    if ends {
                        simple.push(Vec::new());
                    }
                }
            }
        }
        simple.iter().try_for_each(|words| {
            let assignments = words.iter().take_while(|word| word.contains('=')).count();
            let words: Vec<&str> = words[assignments..].iter().map(String::as_str).collect();
            self.program_exists(&words)
        })
    }

    fn program_exists(&self, words: &[&str]) -> Result<(), String> {
        let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            ["cargo", "netlings", rest @ ..] => self.netlings(rest),
            ["cargo", "run"] => Ok(()),
            ["cargo", "run", "-p", "netlings", "--", rest @ ..] => self.netlings(rest),
            ["cargo", "run", "-p", package, rest @ ..] => self.run(package, rest),
            ["cargo", "test" | "doc" | "build", rest @ ..] => match rest {
                ["-p", package, name @ ..] => self.package(package)?.map_or(Ok(()), |lesson| {
                    name.iter()
                        .filter(|it| !it.starts_with('-'))
                        .try_for_each(|id| self.check(lesson, id))
                }),
                _ => Ok(()),
            },
            ["cargo", "fmt" | "clippy" | "check", ..] => Ok(()),
            ["cargo", "bench", "-p", package] => {
                let place = format!("crates/{package}/benches");
                real_path(&place).is_dir().then_some(()).ok_or(format!("there is no {place}"))
            }
            ["just"] => Ok(()),
            ["just", recipe, ..] => {
                let is_it = |line: &str| line.split([' ', ':']).next() == Some(recipe);
                let found = real("justfile").lines().any(is_it);
                found.then_some(()).ok_or(format!("justfile has no recipe `{recipe}`"))
            }
            [other, ..] if OTHERS.contains(&other.trim_start_matches('(')) => Ok(()),
            [other, ..] => Err(format!("`{other}` is not known to this test: OTHERS")),
        }
    }

    /// `cargo run -p PACKAGE …`. A program that is asked for help reads what stands before it, too.
    fn run(&self, package: &str, rest: &[&str]) -> Result<(), String> {
        let lesson = self.package(package)?.ok_or(format!("`{package}` is no lesson"))?;
        match rest {
            ["--example", example, ..] => {
                let place = format!("solutions/{lesson}/examples/{example}.rs");
                real_path(&place).is_file().then_some(()).ok_or(format!("there is no {place}"))
            }
            [] | ["--"] => Ok(()),
            ["--", arguments @ ..] => self.program(lesson, arguments),
            other => Err(format!("{other:?} is not known to this test")),
        }
    }

    /// The finished program of a lesson with these arguments.
    fn program(&self, lesson: &str, arguments: &[&str]) -> Result<(), String> {
        let program = self.course.path(&format!("target/debug/{lesson}-solution"));
        asked_for_help(Command::new(program).args(arguments))
    }

    fn netlings(&self, words: &[&str]) -> Result<(), String> {
        let lesson = words.get(1).filter(|word| !word.starts_with('-'));
        match words {
            ["new", ..] | ["--help"] => {}
            ["peer", lesson, arguments @ ..] => {
                self.lesson(lesson)?;
                return self.program(lesson, arguments);
            }
            ["trace", ..] => {
                let is_shown = |name: &&str| self.scenario(name).or_else(|_| self.lesson(name));
                lesson.map_or(Ok(()), is_shown)?;
            }
            ["lab", ..] => {}
            _ => lesson.map_or(Ok(()), |lesson| self.lesson(lesson))?,
        }
        if let (["hint", lesson, id, ..], _) | (["check", lesson, "--check", id], _) = (words, 0) {
            self.check(lesson, id)?;
        }
        asked_for_help(Command::new(self.course.path("target/debug/netlings")).args(words))
    }

    /// The lesson that a package is, or is the solution of; none for a crate.
    fn package<'a>(&self, package: &'a str) -> Result<Option<&'a str>, String> {
        let lesson = package.strip_suffix("-solution").unwrap_or(package);
        match real_path(&format!("crates/{package}/Cargo.toml")).is_file() {
            true => Ok(None),
            false => self.lesson(lesson).map(|()| Some(lesson)),
        }
    }

    fn lesson(&self, name: &str) -> Result<(), String> {
        let is_it = |lesson: &String| lesson == name;
        self.lessons.iter().any(is_it).then_some(()).ok_or(format!("no lesson is called `{name}`"))
    }

    fn scenario(&self, name: &str) -> Result<(), String> {
        let netlings = self.course.path("target/debug/netlings");
        let listed = Command::new(netlings).arg("trace").output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let mut names = listed.lines().filter_map(|row| row.split_whitespace().next());
        names.any(|it| it == name).then_some(()).ok_or(format!("no scenario is called `{name}`"))
    }

    fn check(&self, lesson: &str, id: &str) -> Result<(), String> {
        let texts = real(&format!("exercises/{lesson}/lesson.toml"));
        let line = format!("id = \"{id}\"");
        texts
            .lines()
            .any(|it| it == line)
            .then_some(())
            .ok_or(format!("{lesson} has no check `{id}`"))
    }
}

/// A word as somebody would type it: `[LESSON]` is one, `…` is left to the reader.
fn own_word(word: &str) -> String {
    let bare = word.trim_matches(['[', ']']);
    if bare == "…" {
        return String::new();
    }
    let known = PLACEHOLDERS.iter().find(|(placeholder, _)| *placeholder == bare);
    known.map_or_else(|| bare.to_owned(), |(_, typed)| (*typed).to_owned())
}

/// Help is printed only when all that stands before it was understood.
fn asked_for_help(command: &mut Command) -> Result<(), String> {
    let output =
        command.arg("--help").stdin(Stdio::null()).output().map_err(|it| it.to_string())?;
    output.status.success().then_some(()).ok_or_else(|| said(&output))
}
