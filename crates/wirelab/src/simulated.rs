//! The simulated tier: each host is a TCP/IP stack in this process (smoltcp), under a clock that
//! moves only when somebody waits. No thread, no rights, any system, and the same every time.

mod account;
mod clock;
mod diag;
mod neighbours;
mod nic;
mod node;
mod socket;
mod tcp;
mod udp;
mod world;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use fastrand::Rng;

use crate::cable::Cable;
use crate::error::Error;
use crate::lab::{Plan, Planned, look, mac};
use crate::locked::locked;
use crate::port::Port;
use crate::record::Recorder;
use crate::tcp_state::TcpSocket;
use crate::wire::{Shared, Wire};

use clock::Clock;
use node::{Node, Plug};
pub(crate) use socket::Socket;
pub(crate) use world::World;

/// As many addresses as a stack has room for (its feature in Cargo.toml).
const MOST_ADDRESSES: usize = 8;
/// Where the clock of every simulation begins: the year 2000, so that records are the same too.
const BEGAN: Duration = Duration::from_secs(946_684_800);

/// A host's inside.
pub(crate) struct Host {
    wire: Arc<Shared>,
    node: Arc<Mutex<Node>>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("node", &self.node).finish_non_exhaustive()
    }
}

pub(crate) fn build(mut plan: Plan) -> Result<(Vec<Host>, Wire), Error> {
    plan.hosts.iter().try_for_each(check)?;
    let clock = Arc::new(Clock::default());
    let mut random = Rng::with_seed(plan.seed);
    let nodes: Vec<Arc<Mutex<Node>>> = (plan.hosts.iter().enumerate())
        .map(|(place, host)| {
            let node =
                Node::new(Arc::clone(&clock), mac(place), host.addresses.clone(), &mut random);
            Arc::new(Mutex::new(node))
        })
        .collect();
    if plan.pinned {
        pin(&plan.hosts, &nodes);
    }
    let began = SystemTime::UNIX_EPOCH + BEGAN;
    let recorder = Recorder::beginning(began, plan.names(), plan.addresses());
    let ports = nodes.iter().map(|node| Box::new(Plug(Arc::clone(node))) as Box<dyn Port>);
    let asked = nodes.iter().map(|node| {
        let node = Arc::clone(node);
        move |local: SocketAddr, remote: SocketAddr| locked(&node).one(local, remote)
    });
    let look = look(plan.addresses().into_iter().zip(asked).collect());
    let rule = plan.rule();
    let cable = Cable::new(ports.collect(), rule, look, plan.record_states, recorder.clone());
    let wire = Wire::simulated(cable, recorder, World { clock, nodes: nodes.clone() });
    let hosts = nodes.into_iter().map(|node| Host { wire: Arc::clone(&wire.shared), node });
    Ok((hosts.collect(), wire))
}

fn check(host: &Planned) -> Result<(), Error> {
    if host.addresses.len() > MOST_ADDRESSES {
        let text = format!("a simulated host has at most {MOST_ADDRESSES} addresses");
        return Err(Error::Asked(text));
    }
    Ok(())
}

fn pin(hosts: &[Planned], nodes: &[Arc<Mutex<Node>>]) {
    for (own, node) in nodes.iter().enumerate() {
        for (other, host) in hosts.iter().enumerate().filter(|(other, _)| *other != own) {
            for (address, _) in &host.addresses {
                locked(node).pin(mac(own), (mac(other), *address));
            }
        }
    }
}

impl Host {
    pub(crate) fn listening(&self, port: u16) -> io::Result<Socket> {
        Socket::listening(&self.wire, &self.node, port)
    }

    pub(crate) fn dialling(&self, port: u16, to: SocketAddr) -> io::Result<Socket> {
        Socket::dialling(&self.wire, &self.node, port, to)
    }

    pub(crate) fn datagrams(&self, port: u16) -> io::Result<Socket> {
        Socket::datagrams(&self.wire, &self.node, port)
    }

    pub(crate) fn tcp_states(&self) -> Vec<TcpSocket> {
        locked(&self.node).tcp_states()
    }

    pub(crate) fn destroy(&self, socket: &TcpSocket) -> io::Result<()> {
        socket::on(&self.wire, &self.node, |node| node.destroy(socket.cookie[0]))
    }
}
