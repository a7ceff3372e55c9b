//! Also right: one client after another, `io::copy` instead of a loop of one's own, arguments
//! read by hand.
//!
//! Run it: `cargo run -p tcp-echo-solution --example one_after_another`

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::exit;
use std::thread;

const USAGE: &str = "usage: one_after_another [server | client [MESSAGE]] [--addr HOST:PORT] \
                     [--color auto|always|never]";

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    let role = words.next_if(|word| !word.starts_with('-')).unwrap_or("server".into());
    let mut addr = String::from("127.0.0.1:8898");
    let mut message = None;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => {
                println!("{USAGE}");
                return;
            }
            "--addr" => addr = words.next().unwrap_or_default(),
            "--color" => match words.next().as_deref() {
                Some("auto" | "always" | "never") => {}
                _ => usage("--color auto, always or never"),
            },
            text if role == "client" && message.is_none() && !text.starts_with("--") => {
                message = Some(word);
            }
            _ => usage(&format!("what is `{word}`?")),
        }
    }
    let well_formed = addr.rsplit_once(':').is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let host_is_fine = !bare.is_empty() && (bare == host) != bare.contains([':', '/']);
        host_is_fine && port.parse::<u16>().is_ok()
    });
    if !well_formed {
        usage(&format!("invalid address `{addr}`"));
    }
    let done = match role.as_str() {
        "server" => serve(&addr),
        "client" => ask(&addr, message),
        _ => usage(&format!("no role `{role}`")),
    };
    if let Err(error) = done {
        eprintln!("{addr}: {error}");
        exit(1);
    }
}

fn usage(problem: &str) -> ! {
    eprintln!("{problem}\n{USAGE}");
    exit(2);
}

fn serve(addr: &str) -> io::Result<()> {
    let listener = TcpListener::bind(addr)?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    loop {
        let echoed = listener.accept().and_then(|(stream, _)| io::copy(&mut &stream, &mut &stream));
        if let Err(error) = echoed {
            eprintln!("{error}");
        }
    }
}

fn ask(addr: &str, message: Option<String>) -> io::Result<()> {
    let stream = TcpStream::connect(addr)?;
    let mut sending = stream.try_clone()?;
    thread::spawn(move || {
        let mut input: Box<dyn Read> = match &message {
            Some(message) => Box::new(message.as_bytes()),
            None => Box::new(io::stdin()),
        };
        let sent = io::copy(&mut input, &mut sending);
        if let Err(error) = sent.and_then(|_| sending.shutdown(Shutdown::Write)) {
            eprintln!("sending: {error}");
            exit(1);
        }
    });
    // `copy` keeps what comes after a line's end in stdout's buffer; the end of `main` prints it.
    match io::copy(&mut &stream, &mut io::stdout()) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        Err(error) => return Err(error),
    }
    io::stdout().flush()
}
