//! Also right: threads and one queue of events. The prompt is always there; a message takes its
//! place on the line and a new prompt comes below. Messages wait in a queue of the program's own
//! and are answered in the order in which they came. The client is connected, in a thread too.

use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Parser, Subcommand};
use netkit::{Addr, screen};

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    Server {
        #[arg(long, default_value = "127.0.0.1:9090")]
        addr: Addr,
    },
    Client {
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "127.0.0.1:9090")]
        addr: Addr,
        #[arg(long, default_value = "5", value_parser = netkit::positive_seconds)]
        timeout: Duration,
    },
}

enum Event {
    Came(Vec<u8>, SocketAddr),
    Refused(io::Error),
    Typed(Vec<u8>),
    InputEnded,
}

fn main() -> std::process::ExitCode {
    let args: Args = netkit::parse("server");
    args.screen.apply();
    netkit::run(|| match args.role {
        Role::Server { addr } => serve(&addr).with_context(|| format!("serving on {addr}")),
        Role::Client { name, addr, timeout } => {
            talk(&name, &addr, timeout).with_context(|| format!("talking to {addr}"))
        }
    })
}

fn serve(addr: &Addr) -> io::Result<()> {
    let socket = UdpSocket::bind(addr)?;
    screen::announce(socket.local_addr()?)?;
    let events = listen_and_read(&socket)?;
    let mut unanswered: VecDeque<SocketAddr> = VecDeque::new();
    screen::prompt()?;
    for event in events {
        match event {
            Event::Came(datagram, from) if datagram.len() > 1024 => {
                screen::diagnostic(format_args!("too long, from {from}: {}", datagram.len()));
            }
            Event::Came(datagram, from) => {
                let message = String::from_utf8_lossy(&datagram).into_owned();
                show(&message)?;
                if parts(&message).1 != "q" {
                    unanswered.push_back(from);
                }
            }
            Event::Refused(_) => {} // an earlier answer found nobody, where the system tells
            Event::Typed(line) if line.len() > 1024 => {
                screen::diagnostic("too long to be sent");
                screen::prompt()?;
            }
            Event::Typed(line) => match unanswered.pop_front() {
                Some(client) => {
                    let _ = socket.send_to(&line, client);
                    if line == b"q" {
                        return Ok(());
                    }
                }
                None => screen::diagnostic("nobody to answer"),
            },
            Event::InputEnded => return Ok(()),
        }
    }
    Ok(())
}

/// In place of the prompt where the terminal can do that, behind it where it can't.
fn show(message: &str) -> io::Result<()> {
    let safe = netkit::visible(message.as_bytes());
    let line = if colored::control::SHOULD_COLORIZE.should_colorize() {
        let ink = match parts(message).0 {
            Some("alex") => "\x1b[48;5;2;38;5;3m",
            Some("太白") => "\x1b[35m\x1b[48:5:0m",
            _ => "",
        };
        format!("\r\x1b[K{ink}{safe}\x1b[m")
    } else {
        safe
    };
    screen::line(line)?;
    screen::prompt()
}

fn parts(message: &str) -> (Option<&str>, &str) {
    match message.find(':') {
        Some(at) => {
            let (name, text) = (&message[..at], &message[at + 1..]);
            (Some(name.trim()), text.strip_prefix(' ').unwrap_or(text))
        }
        None => (None, message),
    }
}

fn talk(name: &str, addr: &Addr, timeout: Duration) -> io::Result<()> {
    let server = addr.to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(server)?;
    let events = listen_and_read(&socket)?;
    let mut typed = VecDeque::new();
    let mut input_ended = false;
    loop {
        screen::prompt()?;
        while typed.is_empty() && !input_ended {
            match events.recv().unwrap_or(Event::InputEnded) {
                Event::Typed(line) => typed.push_back(line),
                Event::InputEnded => input_ended = true,
                Event::Came(..) | Event::Refused(_) => {} // nobody waits for it any more
            }
        }
        let Some(line) = typed.pop_front() else { return Ok(()) };
        let datagram = [name.as_bytes(), b" : ", &line].concat();
        if datagram.len() > 1024 {
            screen::diagnostic(format_args!("{} bytes are too many", datagram.len()));
            continue;
        }
        socket.send(&datagram)?;
        if line == b"q" {
            return Ok(());
        }
        let deadline = Instant::now() + timeout;
        let answer = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match events.recv_timeout(left) {
                Ok(Event::Came(answer, _)) => break answer,
                Ok(Event::Refused(error)) => return Err(error),
                Ok(Event::Typed(line)) => typed.push_back(line),
                Ok(Event::InputEnded) => input_ended = true,
                Err(RecvTimeoutError::Timeout) => return Err(ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        };
        if answer == b"q" {
            return Ok(());
        }
        screen::line(netkit::visible(&answer))?;
    }
}

/// What comes on the socket and what is typed, in one queue.
fn listen_and_read(socket: &UdpSocket) -> io::Result<Receiver<Event>> {
    let (queue, events) = channel();
    let (socket, typed) = (socket.try_clone()?, queue.clone());
    thread::spawn(move || {
        let mut buffer = vec![0; 65_535];
        loop {
            let event = match socket.recv_from(&mut buffer) {
                Ok((length, from)) => Event::Came(buffer[..length].to_vec(), from),
                Err(error) => Event::Refused(error),
            };
            if queue.send(event).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || read_lines(&typed));
    Ok(events)
}

fn read_lines(typed: &Sender<Event>) {
    for line in io::stdin().lock().split(b'\n') {
        let Ok(mut line) = line else { break };
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if typed.send(Event::Typed(line)).is_err() {
            return;
        }
    }
    let _ = typed.send(Event::InputEnded);
}
