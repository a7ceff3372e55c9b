//! Also right: asynchronous, one tokio task a client, everything in one thread.
//!
//! Run it: `cargo run -p tcp-echo-solution --example tokio_tasks`

use std::ffi::OsString;
use std::io::{self, Cursor, Read};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use netkit::{Addr, screen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::task::spawn_blocking;

/// Echo with tokio
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Role,
    #[command(flatten)]
    screen: screen::Options,
}

#[derive(Subcommand)]
enum Role {
    /// Send back to every client what it sends
    Server {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8898")]
        addr: Addr,
    },
    /// Send a message, or stdin, and print what comes back
    Client {
        /// What to send
        message: Option<OsString>,
        /// Whom to call
        #[arg(long, default_value = "127.0.0.1:8898")]
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
            Role::Client { message, addr } => {
                let input: Box<dyn Read + Send> = match message {
                    Some(message) => Box::new(Cursor::new(message.into_encoded_bytes())),
                    None => Box::new(io::stdin()),
                };
                runtime.block_on(ask(&addr, input)).with_context(|| format!("cannot reach {addr}"))
            }
        };
        // A read of stdin can't be called off; the program ends without waiting for it.
        runtime.shutdown_background();
        done
    })
}

async fn serve(addr: &Addr) -> io::Result<()> {
    let listener = TcpListener::from_std(nonblocking(std::net::TcpListener::bind(addr)?)?)?;
    screen::announce(listener.local_addr()?)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(echo(stream))),
            Err(error) => {
                screen::diagnostic(netkit::cause(&error));
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
    }
}

fn nonblocking(listener: std::net::TcpListener) -> io::Result<std::net::TcpListener> {
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn echo(mut stream: TcpStream) {
    let (mut from, mut to) = stream.split();
    if let Err(error) = tokio::io::copy(&mut from, &mut to).await {
        screen::diagnostic(netkit::cause(&error));
    }
}

async fn ask(addr: &Addr, input: Box<dyn Read + Send>) -> io::Result<()> {
    let stream = std::net::TcpStream::connect(addr)?;
    stream.set_nonblocking(true)?;
    let (from, to) = TcpStream::from_std(stream)?.into_split();
    let sender = tokio::spawn(send(input, to));
    receive(from).await?;
    if sender.is_finished() { sender.await? } else { Ok(()) }
}

async fn send(mut input: Box<dyn Read + Send>, mut to: OwnedWriteHalf) -> io::Result<()> {
    loop {
        // stdin has no asynchronous read: a thread of its own waits for it.
        let (back, part) = spawn_blocking(move || {
            let mut part = vec![0; 16 * 1024];
            let count = input.read(&mut part)?;
            part.truncate(count);
            Ok::<_, io::Error>((input, part))
        })
        .await??;
        if part.is_empty() {
            return to.shutdown().await;
        }
        to.write_all(&part).await?;
        input = back;
    }
}

async fn receive(mut from: OwnedReadHalf) -> io::Result<()> {
    let mut part = vec![0; 16 * 1024];
    loop {
        match from.read(&mut part).await? {
            0 => return Ok(()),
            count => screen::bytes(&part[..count])?,
        }
    }
}
