//! Also right: tokio. A task for each datagram; the client keeps one unconnected socket for all
//! its questions, looks at every sender itself and throws away what comes between questions.

use std::fmt::Write;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::Local;
use chrono::format::StrftimeItems;
use clap::{Parser, Subcommand};
use netkit::{Addr, screen};
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, timeout_at};

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
        #[arg(default_value = "")]
        format: String,
        #[arg(long, default_value = "127.0.0.1:9090")]
        addr: Addr,
        #[arg(long, default_value = "2", value_parser = netkit::seconds)]
        interval: Duration,
        #[arg(long, default_value_t = u64::MAX)]
        count: u64,
        #[arg(long, default_value = "1", value_parser = netkit::positive_seconds)]
        timeout: Duration,
        #[arg(long, default_value_t = 3)]
        retries: u32,
    },
}

fn main() -> std::process::ExitCode {
    let args: Args = netkit::parse("server");
    args.screen.apply();
    netkit::run(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match args.role {
                Role::Server { addr } => serve(&addr).await.with_context(|| format!("at {addr}")),
                Role::Client { format, addr, interval, count, timeout, retries } => {
                    let patience = Patience { timeout, retries };
                    let asked = ask_all(&format, &addr, interval, count, patience).await;
                    asked.with_context(|| format!("asking {addr}"))
                }
            }
        })
    })
}

async fn serve(addr: &Addr) -> io::Result<()> {
    let addrs: Vec<SocketAddr> = addr.to_socket_addrs()?.collect();
    let socket = Arc::new(UdpSocket::bind(&addrs[..]).await?);
    screen::announce(socket.local_addr()?)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let (length, client) = match socket.recv_from(&mut buffer).await {
            Ok(arrived) => arrived,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => continue,
            Err(error) => return Err(error),
        };
        let (socket, request) = (Arc::clone(&socket), buffer[..length].to_vec());
        tokio::spawn(async move {
            let reply = answer(request).unwrap_or_else(|why| format!("error: {why}"));
            let _ = socket.send_to(reply.as_bytes(), client).await;
        });
    }
}

fn answer(request: Vec<u8>) -> Result<String, String> {
    let mut format = String::from_utf8(request).map_err(|error| error.to_string())?;
    if format.is_empty() {
        format.push_str("%F %T");
    }
    let items = StrftimeItems::new(&format).parse().map_err(|error| error.to_string())?;
    let mut reply = String::new();
    // `%#z` parses, and still cannot be written.
    write!(reply, "{}", Local::now().format_with_items(items.iter()))
        .map_err(|error| error.to_string())?;
    if reply.len() > 1024 { Err(format!("{} bytes are too many", reply.len())) } else { Ok(reply) }
}

#[derive(Clone, Copy)]
struct Patience {
    timeout: Duration,
    retries: u32,
}

async fn ask_all(
    format: &str,
    addr: &Addr,
    interval: Duration,
    count: u64,
    patience: Patience,
) -> anyhow::Result<()> {
    let server = addr.to_socket_addrs()?.next().context("no such host")?;
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).await?;
    for _ in 0..count {
        while socket.try_recv_from(&mut [0; 1]).is_ok() {} // late replies to the last question
        let reply = netkit::visible(&ask(&socket, format.as_bytes(), server, patience).await?);
        anyhow::ensure!(!reply.starts_with("error:"), "{reply}");
        screen::line(reply)?;
        sleep(interval).await;
    }
    Ok(())
}

async fn ask(
    socket: &UdpSocket,
    request: &[u8],
    server: SocketAddr,
    patience: Patience,
) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 1 << 16];
    for _ in 0..=patience.retries {
        socket.send_to(request, server).await?;
        let deadline = Instant::now() + patience.timeout;
        while let Ok(arrived) = timeout_at(deadline, socket.recv_from(&mut buffer)).await {
            match arrived {
                Ok((length, from)) if from == server => return Ok(buffer[..length].to_vec()),
                Ok(_) => {} // a stranger; the deadline stands
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
                Err(error) => return Err(error),
            }
        }
    }
    Err(ErrorKind::TimedOut.into())
}
