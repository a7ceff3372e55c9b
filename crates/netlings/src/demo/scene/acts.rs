//! What a step, or somebody at the keyboard, can have done.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;
use std::time::{Duration, Instant};

use grader::ladder::{Place, Row};
use grader::{Program, Run};

use super::{PATIENCE, Problem, Relay, Scene};
use crate::demo::programs::{self, Line};
use crate::demo::script::{Act, Kind, role_of};
use crate::words::demo as words;

/// So often one looks for an announcement.
const LOOK: Duration = Duration::from_millis(10);

impl Scene<'_> {
    /// Does what a step or somebody at the keyboard wants.
    pub(crate) fn perform(&mut self, act: &Act) -> Result<(), Problem> {
        // What the act before has done comes before this one.
        self.receive_all();
        self.handle_queue();
        if !matches!(act, Act::Wait(_)) {
            self.view.new_cause();
        }
        match act {
            Act::Say(words) => {
                self.show(Row::told(words));
                Ok(())
            }
            Act::Wait(awaited) => self.wait(awaited),
            Act::Start { name, args, env } => self.start(name, args.as_deref(), env),
            Act::Type { into, line } => self.type_line(into, line),
            Act::End(name) => {
                self.programs.running(name)?.close_stdin();
                Ok(())
            }
            Act::Kill(name) => Ok(self.programs.running(name)?.kill()?),
            Act::Reset(name) => self.reset(name),
            Act::Lose(name) => self.lose(name),
            Act::Listen(_)
            | Act::Connect(_)
            | Act::Accept(_)
            | Act::HalfClose(_)
            | Act::Close(_) => self.drive_socket(act),
        }
    }

    fn start(
        &mut self,
        name: &str,
        args: Option<&[String]>,
        env: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        let args = self.programs.args(self.script, name, args)?;
        let role = role_of(name);
        self.seen.forget(name);
        let words = args.iter().map(|word| grader::quoted_word(word).into_owned());
        let command: Vec<String> = std::iter::once(role.to_owned()).chain(words).collect();
        self.commands.insert(name.into(), command.join(" "));
        let run = Rc::clone(self.run.as_ref().ok_or(Problem::Interrupted)?);
        let run = &*run;
        let start = programs::start(run, name, &args, env);
        let program = match (self.script.kind, role) {
            (Kind::Tcp | Kind::Udp, "server") => {
                let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let server = start.addr(free).start()?;
                self.has_started(name, args, server);
                return self.wait_for_announcement(name);
            }
            (Kind::Tcp | Kind::Udp, _) => {
                let addr = match self.server.filter(|_| self.programs.runs("server")) {
                    Some(to) => self.relay(name, run, to)?,
                    None => nobody_there(self.script.kind)?,
                };
                self.called_at.insert(name.into(), addr);
                start.addr(addr).start()?
            }
            (Kind::File, _) => {
                let folder = self.folder.as_ref().expect("this kind has one");
                start.arg("--file").arg(folder.path().join("mailbox")).start()?
            }
            (Kind::Sockets, _) => {
                let Some(addr) = self.sockets.addr() else {
                    return Err(Problem::Words(words::WATCH_NEEDS_LISTENER.into()));
                };
                (self.watched, self.watch_printed) = (0, 0);
                start.addr(addr).arg("--for").arg("3600").start()?
            }
        };
        self.has_started(name, args, program);
        Ok(())
    }

    fn has_started(&mut self, name: &str, args: Vec<String>, program: Program) {
        if let Some(stage) = &mut self.view.stage {
            stage.changes().starts(name, &self.commands[name]);
        }
        self.read.remove(name);
        self.args.insert(name.into(), args);
        self.programs.insert(name, program);
    }

    /// Waits until a server has said where it is, and shows what comes meanwhile.
    fn wait_for_announcement(&mut self, name: &str) -> Result<(), Problem> {
        let late = Instant::now() + PATIENCE;
        loop {
            let announced = self.programs.get(name).and_then(Program::announcement);
            if let Some(addr) = announced {
                self.server = Some(addr?);
                return Ok(());
            }
            if Instant::now() >= late {
                return Err(Problem::Words(words::not_announced(name, PATIENCE.as_secs())));
            }
            self.handle_queue();
            if self.interrupted {
                return Err(Problem::Interrupted);
            }
            // An event is told just before its bytes are there.
            self.receive(late.min(Instant::now() + LOOK));
        }
    }

    fn type_line(&mut self, into: &str, line: &str) -> Result<(), Problem> {
        if self.script.kind == Kind::Sockets {
            let is_client = self.socket_named(into)?;
            let place = if is_client { Place::ToRight } else { Place::ToLeft };
            let data = format!("{} {}", grader::quoted(line.as_bytes()), line.len());
            self.show_now(place, &format!("{data} B"));
            if let Some(stage) = &mut self.view.stage {
                stage.changes().types(into, line);
            }
            let sent = self.sockets.send(is_client, line.as_bytes());
            return self.done_with_socket(sent, "cannot send");
        }
        let role = self.script.role(role_of(into));
        // A `send -` that runs reads its message from its input.
        let reads_it = self.script.kind == Kind::File && self.programs.runs(into);
        let per_line = self.per_line(into).filter(|_| !reads_it);
        match self.programs.type_line(&role, per_line.as_deref(), into, line)? {
            Line::Typed => {
                if let Some(stage) = &mut self.view.stage {
                    stage.changes().types(into, line);
                }
                Ok(())
            }
            Line::Starts { name, args } => self.start(&name, Some(&args), &BTreeMap::new()),
        }
    }

    /// With what a line typed to `name` starts its role, if it does.
    pub(super) fn per_line(&self, name: &str) -> Option<Vec<String>> {
        let role = role_of(name);
        let is_send = self.script.kind == Kind::File && role == "send";
        self.script.role(role).per_line.or_else(|| is_send.then(|| vec!["{line}".into()]))
    }

    fn reset(&mut self, name: &str) -> Result<(), Problem> {
        let is_server = role_of(name) == "server";
        let relays = self.relays.iter().filter(|(client, _)| is_server || *client == name);
        let broken: usize = relays
            .map(|(_, relay)| match relay {
                Relay::Tcp(relay) => relay.reset(),
                Relay::Udp(_) => 0,
            })
            .sum();
        if broken == 0 {
            return Err(Problem::Words(words::NO_CONNECTION.into()));
        }
        self.show_now(Place::Between, words::WIRE_BREAKS);
        Ok(())
    }

    /// The next datagram of a client, or of the server to whichever client, gets lost; also where
    /// the client that it concerns is still to be started.
    fn lose(&mut self, name: &str) -> Result<(), Problem> {
        let is_server = role_of(name) == "server";
        let concerned =
            |client: &String| (is_server || client == name) && self.programs.runs(client);
        match self.relays.iter().find(|(client, _)| concerned(client)) {
            Some((_, Relay::Udp(relay))) if is_server => relay.lose_reply(),
            Some((_, Relay::Udp(relay))) => relay.lose(),
            _ => self.to_lose.push(name.into()),
        }
        Ok(())
    }

    /// A relay for a client that starts now.
    fn relay(&mut self, name: &str, run: &Run, to: SocketAddr) -> Result<SocketAddr, Problem> {
        let (relay, addr) = if self.script.kind == Kind::Tcp {
            let relay = run.tcp_relay(name, "server", to)?;
            let addr = relay.addr();
            (Relay::Tcp(relay), addr)
        } else {
            let relay = run.udp_relay(name, "server", to)?;
            self.to_lose.retain(|loser| {
                match loser.as_str() {
                    "server" => relay.lose_reply(),
                    client if client == name => relay.lose(),
                    _ => return true,
                }
                false
            });
            let addr = relay.addr();
            (Relay::Udp(relay), addr)
        };
        self.relays.insert(name.into(), relay);
        Ok(addr)
    }

    fn socket_named(&self, name: &str) -> Result<bool, Problem> {
        let is_client = match name {
            "client" => true,
            "server" => false,
            _ => return Err(Problem::Words(words::not_from_here(name))),
        };
        match self.sockets.has(is_client) {
            true => Ok(is_client),
            false => Err(Problem::Words(words::has_no_connection(name))),
        }
    }

    fn drive_socket(&mut self, act: &Act) -> Result<(), Problem> {
        match act {
            Act::Listen(name) if name == "server" => {
                let listened = self.sockets.listen();
                let label = match &listened {
                    Ok(addr) => format!("listen on {addr}"),
                    Err(_) => "listen".into(),
                };
                self.show_now(Place::AtRight, &label);
                self.done_with_socket(listened.map(drop), "cannot listen")
            }
            Act::Connect(name) if name == "client" => {
                if self.sockets.addr().is_none() {
                    return Err(Problem::Words(words::CONNECT_NEEDS_LISTENER.into()));
                }
                self.show_now(Place::ToRight, "connect");
                let connected = self.sockets.connect();
                self.done_with_socket(connected, "cannot connect")
            }
            Act::Accept(name) if name == "server" => match self.sockets.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    Err(Problem::Words(words::ACCEPT_NEEDS_CALL.into()))
                }
                accepted => {
                    self.show_now(Place::AtRight, "accept");
                    self.done_with_socket(accepted, "cannot accept")
                }
            },
            Act::HalfClose(name) => {
                let is_client = self.socket_named(name)?;
                let place = if is_client { Place::ToRight } else { Place::ToLeft };
                self.show_now(place, "half-close");
                let closed = self.sockets.half_close(is_client);
                self.done_with_socket(closed, "cannot half-close")
            }
            Act::Close(name) => {
                let is_client = self.socket_named(name)?;
                let place = if is_client { Place::ToRight } else { Place::ToLeft };
                self.show_now(place, "close");
                let closed = self.sockets.close(is_client);
                self.done_with_socket(closed, "cannot close")
            }
            _ => Err(Problem::Words(words::CLIENT_LISTENS_NOT.into())),
        }
    }

    fn done_with_socket(&self, done: std::io::Result<()>, what: &str) -> Result<(), Problem> {
        done.map_err(|error| Problem::Machine(words::no_socket(what, &error)))
    }
}

/// An address where nobody answers, for a client whose server is gone.
fn nobody_there(kind: Kind) -> Result<SocketAddr, Problem> {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let addr = match kind {
        Kind::Tcp => TcpListener::bind(any).and_then(|it| it.local_addr()),
        _ => UdpSocket::bind(any).and_then(|it| it.local_addr()),
    };
    addr.map_err(|error| Problem::Machine(words::no_socket("cannot find a free port", &error)))
}
