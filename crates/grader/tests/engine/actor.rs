//! The programs under test, played by the test binary itself.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::process::{Command, exit};
use std::thread::park;

/// The word before the part that this binary shall play.
pub(crate) const MARK: &str = "--act";

/// Plays a part and never returns, if this process was started to.
pub(crate) fn play_if_asked() {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == MARK) {
        play(&words[2], words.last().map_or("", |word| word));
        exit(0);
    }
}

fn play(part: &str, last: &str) {
    match part {
        "echo" => echo(|stream| io::copy(&mut &*stream, &mut &*stream).map(drop)),
        "shout" => echo(|stream| {
            let mut all = Vec::new();
            (&*stream).read_to_end(&mut all)?;
            (&*stream).write_all(&all)
        }),
        "counts-reads" => echo(|stream| {
            let (mut buffer, mut reads) = ([0; 64], 0);
            while (&*stream).read(&mut buffer)? > 0 {
                reads += 1;
            }
            writeln!(&mut &*stream, "{reads} reads")
        }),
        "panics-late" => echo(|stream| {
            let mut buffer = [0; 64];
            let count = (&*stream).read(&mut buffer)?;
            (&*stream).write_all(&buffer[..count])?;
            panic!("after the answer")
        }),
        "todo" => {
            eprintln!("still to do, step 2: answer");
            exit(101);
        }
        "silent" => park_for_ever(),
        "wrong-announcement" => {
            println!("ready on port 1");
            park_for_ever();
        }
        "prints-without-end" => loop {
            if io::stdout().write_all(&[b'x'; 4096]).is_err() {
                exit(3);
            }
        },
        "counts-without-end" => {
            for number in 1_u64.. {
                println!("line {number}");
            }
        }
        "says-and-ends" => {
            print!("said");
            eprintln!("error: {last}");
            exit(4);
        }
        #[cfg(target_os = "linux")]
        "names-its-parent" => {
            let parent = rustix::process::getppid().expect("a parent").as_raw_nonzero();
            let asked = std::env::var("ASKED").unwrap_or_default();
            println!("{parent} {asked} {last}");
        }
        "writes-much" => {
            if std::fs::write(last, vec![b'x'; 100_000]).is_err() {
                exit(5);
            }
        }
        "spins" => loop {
            std::hint::spin_loop();
        },
        // The stubborn ones. What they leave behind has `last`, a marker, on its command line too.
        "stays" => hold_port(),
        "prints-and-prints" => {
            println!("holding 0");
            play("prints-without-end", last);
        }
        #[cfg(target_os = "linux")]
        "kills-its-guard" => {
            let guard = rustix::process::getppid().expect("a parent");
            let signal = rustix::process::Signal::KILL;
            rustix::process::kill_process(guard, signal).expect("it can be killed");
            hold_port();
        }
        "forks-twice" => start(&mut myself("forks-and-ends", last)),
        "forks-and-ends" => start(&mut myself("stays", last)),
        #[cfg(target_os = "linux")]
        "setsid" => {
            rustix::process::setsid().expect("a process that leads no group may leave its session");
            start(&mut myself("stays", last));
        }
        "leaves-by-setsid" => start(&mut myself("setsid", last)),
        "clears-environment" => start(myself("stays", last).env_clear()),
        "ignores-sigterm" => {
            let script = "trap '' TERM HUP INT; echo holding 0; while :; do sleep 1000; done";
            start(Command::new("sh").args(["-c", script, last]));
        }
        "storms" => {
            for _ in 0..40 {
                start(&mut myself("leaves-by-setsid", last));
            }
            park_for_ever();
        }
        // A grader, to be interrupted while such a program runs.
        #[cfg(target_os = "linux")]
        "grades" => {
            let names = ["forks-twice", "leaves-by-setsid", "ignores-sigterm"];
            let subject = crate::acting(names[last.len() % names.len()]);
            grader::interrupt::watch().expect("signals can be watched");
            crate::stubborn::grade_without_end(&subject, last);
        }
        "never-reads-and-never-rests" => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            println!("listening on {}", listener.local_addr().unwrap());
            let _held = listener.accept();
            loop {
                std::thread::yield_now();
            }
        }
        "prints-escape-codes" => {
            println!("\x1b[31mred\x1b]0;title\x07{}", "x".repeat(500_000));
            eprintln!("\x1b[2J\u{202e}");
            panic!("\x1b[2J{}", "y".repeat(100_000));
        }
        "never-reads" => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            println!("listening on {}", listener.local_addr().unwrap());
            let _held = listener.accept();
            park_for_ever();
        }
        #[cfg(target_os = "linux")]
        "once" => crate::machine::grade_once(),
        other => panic!("no part `{other}`"),
    }
}

fn echo(serve: fn(&std::net::TcpStream) -> io::Result<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("listening on {}", listener.local_addr().unwrap());
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        std::thread::spawn(move || serve(&stream));
    }
}

fn myself(part: &str, marker: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([MARK, part, marker]);
    command
}

#[expect(clippy::zombie_processes, reason = "that these programs don't wait is the point")]
fn start(command: &mut Command) {
    command.spawn().expect("a process can be started");
}

fn hold_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("holding {}", listener.local_addr().unwrap());
    park_for_ever();
}

fn park_for_ever() {
    loop {
        park();
    }
}
