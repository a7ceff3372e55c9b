//! Also right: asynchronous, one thread, one `select!` over the peer and the keyboard. What is typed
//! while nobody is there is dropped, and the end of input then ends the server at once.
//!
//! Run it: `cargo run -p tcp-chat-solution --example chat_with_tokio`

use std::io::{self, BufRead, Read};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use netkit::{Addr, screen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::task::{JoinHandle, spawn_blocking};

/// The most bytes of a line.
const LONGEST: usize = 8192;

/// Chat with tokio
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Wait for callers
    Server {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:9090")]
        addr: Addr,
    },
    /// Call
    Client {
        /// Whom
        #[arg(long, default_value = "127.0.0.1:9090")]
        addr: Addr,
    },
}

fn main() -> ExitCode {
    let args: Args = netkit::parse("server");
    args.screen.apply();
    netkit::run(|| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let done = match args.role {
            Role::Server { addr } => {
                runtime.block_on(serve(&addr)).with_context(|| format!("cannot serve on {addr}"))
            }
            Role::Client { addr } => {
                runtime.block_on(call(&addr)).with_context(|| format!("cannot reach {addr}"))
            }
        };
        // A read of stdin can't be called off; the program ends without waiting for it.
        runtime.shutdown_background();
        done
    })
}

async fn serve(addr: &Addr) -> io::Result<()> {
    let listener = std::net::TcpListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    screen::announce(listener.local_addr()?)?;
    let mut keyboard = Keyboard::new();
    while !keyboard.is_over {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    talk(stream, peer, &mut keyboard).await?;
                }
            }
            typed = keyboard.line() => {
                if typed?.is_some() {
                    screen::diagnostic("nobody is there");
                }
            }
        }
    }
    Ok(())
}

async fn call(addr: &Addr) -> io::Result<()> {
    let stream = std::net::TcpStream::connect(addr)?;
    stream.set_nonblocking(true)?;
    let peer = stream.peer_addr()?;
    talk(TcpStream::from_std(stream)?, peer, &mut Keyboard::new()).await
}

/// One conversation. Only an error of stdout or stdin leaves it as one.
async fn talk(mut stream: TcpStream, peer: SocketAddr, keyboard: &mut Keyboard) -> io::Result<()> {
    let (mut from, mut to) = stream.split();
    let mut heard = Vec::new();
    let mut part = [0; 4096];
    screen::prompt()?;
    loop {
        tokio::select! {
            count = from.read(&mut part) => {
                let count = count.unwrap_or(0);
                heard.extend_from_slice(&part[..count]);
                let last_without_end = count == 0 && !heard.is_empty();
                heard.extend(last_without_end.then_some(b'\n'));
                while let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
                    let mut line: Vec<u8> = heard.drain(..=end).collect();
                    line.pop();
                    line.pop_if(|last| *last == b'\r');
                    if line == b"q" || line.len() > LONGEST {
                        return Ok(());
                    }
                    screen::line(format_args!("from {peer}: {}", netkit::visible(&line)))?;
                    screen::prompt()?;
                }
                if count == 0 || heard.len() > LONGEST + 1 {
                    return Ok(());
                }
            }
            typed = keyboard.line(), if !keyboard.is_over => match typed? {
                None => drop(to.shutdown().await),
                Some(line) if line.len() > LONGEST + 1 => screen::diagnostic("line too long"),
                Some(line) => {
                    // Where this fails, the read above says so, too.
                    let _ = to.write_all(&line).await;
                    if line == b"q\n" {
                        return Ok(());
                    }
                    screen::prompt()?;
                }
            },
        }
    }
}

/// The lines that are typed. stdin has no asynchronous read: a thread waits for each.
struct Keyboard {
    next: Option<JoinHandle<io::Result<Vec<u8>>>>,
    is_over: bool,
}

impl Keyboard {
    fn new() -> Self {
        Keyboard { next: None, is_over: false }
    }

    /// The next line, with its LF; of a line too long only the start. When this is dropped before
    /// it is done, the next call goes on.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let next = self.next.get_or_insert_with(|| spawn_blocking(read_line));
        let line = next.await?;
        self.next = None;
        let line = line?;
        self.is_over = line.is_empty();
        Ok(Some(line).filter(|line| !line.is_empty()))
    }
}

fn read_line() -> io::Result<Vec<u8>> {
    let (mut stdin, mut line) = (io::stdin().lock(), Vec::new());
    stdin.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut line)?;
    match line.last() {
        Some(b'\n') | None => {}
        Some(_) if line.len() > LONGEST => drop(stdin.skip_until(b'\n')?),
        Some(_) => {}
    }
    let is_whole = line.is_empty() || line.ends_with(b"\n");
    line.extend((!is_whole).then_some(b'\n'));
    Ok(line)
}
