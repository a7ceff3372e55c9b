//! The grader's own connections, both ends of them, held in the state that a check wants to see.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};

use grader::{Run, Trouble, Verdict};
use socket2::{Domain, SockRef, Socket, Type};

use super::table::has_port;

/// How much a buffer is asked to hold where it is to be filled. The system takes some more.
const SMALL: usize = 4096;
/// Linux's number for a connect that has begun; it has no stable ErrorKind.
const EINPROGRESS: i32 = 115;
/// After so many ports that earlier connections had, one more is taken as it is.
const MOST_USED_PORTS: usize = 200;

/// Ends the check where the system has no table of Linux's kind.
///
/// # Errors
/// Skipped elsewhere than on Linux; the machine's trouble where there is no /proc.
pub(super) fn machine_has_a_table() -> Verdict {
    if !cfg!(target_os = "linux") {
        let why = "it looks at sockets in /proc/net/tcp, which only Linux has";
        return Err(Trouble::Skipped(why.into()));
    }
    match std::fs::metadata("/proc/net/tcp") {
        Ok(_) => Ok(()),
        Err(error) => Err(Trouble::Machine(format!("cannot look at /proc/net/tcp: {error}"))),
    }
}

/// Whatever fails here is the machine's trouble: no program under test takes part.
fn machine<T>(done: io::Result<T>, what: &str) -> Verdict<T> {
    done.map_err(|error| Trouble::Machine(format!("cannot {what}: {error}")))
}

/// How a listening socket is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Usual,
    /// Room for one connection that nobody has accepted: a backlog of 0 holds one (listen(2)).
    NoBacklog,
    /// It hears nothing but SYNs, so the third segment of a handshake is lost each time.
    Deaf,
    /// Its connections have small buffers.
    SmallBuffers,
}

/// A listening socket of the grader's.
pub(super) struct Host {
    listener: TcpListener,
    addr: SocketAddr,
    manner: Manner,
}

impl Host {
    /// Listens at a free port of `ip`.
    ///
    /// # Errors
    /// The machine gives none.
    pub(super) fn listen(run: &Run, ip: IpAddr, manner: Manner) -> Verdict<Host> {
        let listen = || {
            let socket = bound_to_a_fresh_port(ip, manner)?;
            socket.listen(if manner == Manner::NoBacklog { 0 } else { 16 })?;
            if manner == Manner::Deaf {
                let_only_syns_in(&socket)?;
            }
            let listener = TcpListener::from(socket);
            let addr = listener.local_addr()?;
            Ok(Host { listener, addr, manner })
        };
        let host = machine(listen(), &format!("listen on {ip}"))?;
        run.note(&format!("the grader listens on {}", host.addr));
        Ok(host)
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A connection, both ends of it.
    ///
    /// # Errors
    /// The machine gives none.
    pub(super) fn connect(&self, run: &Run) -> Verdict<Pair> {
        let client = self.call(run)?;
        let accept = || loop {
            let (server, from) = self.listener.accept()?;
            if from == client.local {
                return Ok(End { stream: server, local: self.addr, remote: from });
            }
        };
        Ok(Pair { server: machine(accept(), "accept a connection")?, client })
    }

    /// The client's end of a connection that is not accepted. Waits until it is up.
    ///
    /// # Errors
    /// The machine gives none.
    pub(super) fn call(&self, run: &Run) -> Verdict<End> {
        let socket = machine(self.caller(), "make a socket")?;
        machine(socket.connect(&self.addr.into()), "connect")?;
        self.called(run, socket)
    }

    /// [`Host::call`] without waiting: where nobody answers the SYN, it stays in SYN-SENT.
    ///
    /// # Errors
    /// The machine gives no socket.
    pub(super) fn call_in_vain(&self, run: &Run) -> Verdict<End> {
        let socket = machine(self.caller(), "make a socket")?;
        machine(socket.set_nonblocking(true), "make a socket non-blocking")?;
        match socket.connect(&self.addr.into()) {
            Err(error) if error.raw_os_error() == Some(EINPROGRESS) => {}
            done => machine(done, "begin to connect")?,
        }
        self.called(run, socket)
    }

    fn caller(&self) -> io::Result<Socket> {
        let socket = Socket::new(Domain::for_address(self.addr), Type::STREAM, None)?;
        if self.manner == Manner::SmallBuffers {
            socket.set_recv_buffer_size(SMALL)?;
            socket.set_send_buffer_size(SMALL)?;
        }
        Ok(socket)
    }

    fn called(&self, run: &Run, socket: Socket) -> Verdict<End> {
        let stream = TcpStream::from(socket);
        let local = machine(stream.local_addr(), "learn a socket's address")?;
        run.note(&format!("the grader connects from {local} to {}", self.addr));
        Ok(End { stream, local, remote: self.addr })
    }
}

/// A socket with a port that no row of the table has: what an earlier connection left there would
/// be shown too, and would vanish at some moment of its own.
fn bound_to_a_fresh_port(ip: IpAddr, manner: Manner) -> io::Result<Socket> {
    let mut used = Vec::new(); // held, so that another port is given each time
    loop {
        let socket = Socket::new(Domain::for_address((ip, 0).into()), Type::STREAM, None)?;
        if manner == Manner::SmallBuffers {
            socket.set_recv_buffer_size(SMALL)?;
            socket.set_send_buffer_size(SMALL)?;
        }
        socket.bind(&SocketAddr::from((ip, 0)).into())?;
        let port = socket.local_addr()?.as_socket().map_or(0, |addr| addr.port());
        if !has_port(port) || used.len() == MOST_USED_PORTS {
            return Ok(socket);
        }
        used.push(socket);
    }
}

/// A filter of the kernel's (socket(7), SO_ATTACH_FILTER) that passes what has the SYN flag: bit 1
/// in byte 13 of the TCP header (RFC 9293 section 3.1). TCP_DEFER_ACCEPT would hold a connection in
/// SYN-RECEIVED as well, but no safe call sets it.
#[cfg(target_os = "linux")]
fn let_only_syns_in(listener: &Socket) -> io::Result<()> {
    use socket2::SockFilter;
    const LOAD_BYTE: u16 = 0x30;
    const SKIP_UNLESS_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    listener.attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, 13),
        SockFilter::new(SKIP_UNLESS_SET, 0, 1, 0b10),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ])
}

#[cfg(not(target_os = "linux"))]
fn let_only_syns_in(_: &Socket) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Both ends of one connection.
pub(super) struct Pair {
    pub(super) client: End,
    pub(super) server: End,
}

/// One end of a connection. Dropping it closes it.
pub(super) struct End {
    stream: TcpStream,
    local: SocketAddr,
    remote: SocketAddr,
}

impl End {
    /// The line that `watch` prints of this end in that state.
    pub(super) fn line(&self, state: &str) -> String {
        format!("{} {} {state}", self.local, self.remote)
    }

    /// The line for the other end.
    pub(super) fn other_end(&self, state: &str) -> String {
        format!("{} {} {state}", self.remote, self.local)
    }

    /// Ends this end's sending half: a FIN goes out, behind what is still to be sent.
    ///
    /// # Errors
    /// The machine's.
    pub(super) fn half_close(&self, run: &Run) -> Verdict {
        run.note(&format!("{self} ends its sending half"));
        machine(self.stream.shutdown(Shutdown::Write), "end a sending half")
    }

    /// Closes it: a FIN goes out.
    pub(super) fn close(self, run: &Run) {
        run.note(&format!("{self} closes"));
    }

    /// Resets the connection: an RST goes out, and there is nothing left of either end.
    ///
    /// # Errors
    /// The machine's.
    pub(super) fn reset(self, run: &Run) -> Verdict {
        run.note(&format!("{self} resets the connection"));
        let linger = SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO));
        machine(linger, "reset a connection")
    }

    /// Sends until no more is taken: the other end reads nothing, so a FIN would wait behind it.
    ///
    /// # Errors
    /// The machine's.
    pub(super) fn fill(&mut self, run: &Run) -> Verdict {
        machine(self.stream.set_nonblocking(true), "make a socket non-blocking")?;
        let mut sent = 0;
        loop {
            match self.stream.write(&[b'x'; 65536]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return machine(Err(error), "fill a connection's buffers"),
            }
        }
        run.note(&format!("{self} sends {}, which nobody reads", grader::size(sent as u64)));
        Ok(())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local)
    }
}
