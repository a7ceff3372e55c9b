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
        "says-and-ends" => {
            print!("said");
            eprintln!("error: {last}");
            exit(4);
        }
        // The stubborn ones. `last` is the port that the leftover holds, as a marker.
        "forks-and-ends" => leave_behind("holds-port"),
        "setsid" => leave_behind("holds-port-in-own-session"),
        "clears-environment" => {
            let _ = myself("holds-port").env_clear().spawn();
            announce_and_park();
        }
        "ignores-sigterm" => {
            let _ =
                Command::new("sh").args(["-c", "trap '' TERM HUP INT; sleep 1000 & wait"]).spawn();
            announce_and_park();
        }
        "holds-port" => hold_port(),
        "holds-port-in-own-session" => {
            let _ = rustix::process::setsid();
            leave_behind("holds-port");
        }
        "fork-storm" => {
            for _ in 0..60 {
                let _ = myself("holds-port").spawn();
            }
            announce_and_park();
        }
        "never-reads" => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            println!("listening on {}", listener.local_addr().unwrap());
            let _held = listener.accept();
            park_for_ever();
        }
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

fn myself(part: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([MARK, part]);
    command
}

/// Starts a process that outlives this one.
fn leave_behind(part: &str) {
    let _ = myself(part).spawn();
    announce_and_park();
}

fn announce_and_park() {
    println!("ready");
    park_for_ever();
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
