//! Building a lab of any tier, and letting it go.

mod plan;

use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use namespaces::Refusal;

use crate::cable::Look;
use crate::decode::Mac;
use crate::error::Error;
use crate::frame::Frame;
use crate::host::Host;
use crate::kernel;
use crate::locked::locked;
use crate::port::PortKind;
use crate::rule::Rule;
use crate::simulated;
use crate::tcp_state::{Sighting, TcpSocket};
use crate::tier::Tier;
use crate::wire::Wire;

use plan::parse;
pub(crate) use plan::{Plan, Planned};

/// Hosts, and the wire that they are all plugged into. When it is dropped, its programs are ended and
/// all of it is gone; a socket of a host that you still hold keeps that host's stack until you drop
/// it, but nothing comes or goes any more.
#[derive(Debug)]
pub struct Lab {
    // In this order they are let go: first the programs, then the wire, then the hosts.
    kernel: Option<kernel::Whole>,
    tier: Tier,
    /// Why it is not of kernels, where nobody asked for that.
    refusal: Option<Refusal>,
    wire: Wire,
    hosts: Vec<Host>,
}

impl Lab {
    /// A lab without hosts yet.
    pub fn builder() -> Builder {
        Builder {
            plan: Plan {
                hosts: Vec::new(),
                rule: Mutex::new(None),
                record_states: false,
                pinned: false,
                patient: false,
                settings: Vec::new(),
                port: None,
                in_user_namespace: false,
                seed: 0,
            },
            tier: None,
            mistake: None,
        }
    }

    /// What the hosts are made of.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Why the hosts aren't kernels, where no tier was asked for and the machine refused those: then
    /// they are simulated. `None` where they are what was asked for, or kernels.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The hosts, in the order in which they were named.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host of that name.
    ///
    /// # Panics
    /// If there is none.
    pub fn host(&self, name: &str) -> &Host {
        let found = self.hosts.iter().find(|host| host.name() == name);
        found.unwrap_or_else(|| panic!("the lab has no host {name:?}"))
    }

    /// The wire.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// How the hosts are plugged in; `None` where they aren't kernels.
    pub fn port(&self) -> Option<PortKind> {
        self.kernel.as_ref().map(kernel::Whole::port)
    }

    /// Whether the hosts are in a user namespace.
    pub fn has_user_namespace(&self) -> bool {
        self.kernel.as_ref().is_some_and(kernel::Whole::has_user_namespace)
    }
}

/// How a lab shall be: [`Lab::builder`] begins one, [`build`](Builder::build) makes it.
#[must_use = "nothing is built before `build`"]
pub struct Builder {
    plan: Plan,
    tier: Option<Tier>,
    mistake: Option<String>,
}

impl Builder {
    /// A host, with its address and the length of its network's prefix: `10.0.0.1/24`,
    /// `fd00::1/64`. The name has 1 to 64 bytes. IPv6 is switched off on hosts without an IPv6
    /// address. On the observing tier the address is 127.0.0.1, or ::1 where every host has IPv6
    /// addresses alone.
    pub fn host(mut self, name: &str, address: &str) -> Self {
        self.plan.hosts.push(Planned { name: name.into(), addresses: Vec::new() });
        self.also(address)
    }

    /// Another address for the host named last.
    pub fn also(mut self, address: &str) -> Self {
        match (parse(address), self.plan.hosts.last_mut()) {
            (Some(parsed), Some(host)) => host.addresses.push(parsed),
            (None, _) => {
                let text = format!("{address:?} is no address; write it as 10.0.0.1/24");
                self.mistake.get_or_insert(text);
            }
            (_, None) => {
                self.mistake.get_or_insert("name a host before its second address".into());
            }
        }
        self
    }

    /// The wire's rule from the first frame on. Without one everything passes. Not for the observing
    /// tier, whose wire can only look.
    pub fn rule(mut self, rule: impl Rule + 'static) -> Self {
        self.plan.rule = Mutex::new(Some(Box::new(rule)));
        self
    }

    /// Asks the hosts for their TCP states at every event, not only where a person decides. That
    /// takes some microseconds for each frame.
    pub fn record_states(mut self) -> Self {
        self.plan.record_states = true;
        self
    }

    /// Tells each host the others' hardware addresses, so that none ever asks: no ARP on the wire.
    pub fn pin_neighbours(mut self) -> Self {
        self.plan.pinned = true;
        self
    }

    /// Keeps the kernels from giving up while a person thinks: many more retransmissions, and no
    /// early end of FIN-WAIT-2. Where the kernel lets itself be told (newer ones do), a neighbour's
    /// hardware address is asked for as often as it takes and not checked later, and what was lost
    /// is sent again after 4 s at most, however long the wait was before. A simulated host never
    /// gives up.
    pub fn patient(mut self) -> Self {
        self.plan.patient = true;
        self
    }

    /// Writes a setting of every host, such as `("net/ipv4/tcp_syn_retries", "2")`, below
    /// /proc/sys; others than those of `net/` are the machine's, and refused. Only kernels have them.
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.plan.settings.push((key.into(), value.into()));
        self
    }

    /// Plugs the hosts in this way only. Otherwise the way is chosen by what the machine allows.
    pub fn port(mut self, kind: PortKind) -> Self {
        self.plan.port = Some(kind);
        self
    }

    /// Puts the hosts in a user namespace even where that isn't needed, that is for root.
    pub fn in_user_namespace(mut self) -> Self {
        self.plan.in_user_namespace = true;
        self
    }

    /// What the hosts shall be made of. Otherwise that is the best that this machine gives: kernels
    /// if it can, and if not, and nothing was asked for that only kernels have, the simulation;
    /// [`Lab::refusal`] says why. The observing tier is taken only when it is asked for.
    pub fn tier(mut self, tier: Tier) -> Self {
        self.tier = Some(tier);
        self
    }

    /// What a simulated host takes its chances from: sequence numbers, ports. The same seed, and
    /// the same acts, give the same frames at the same times. Kernels have their own chances.
    pub fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = seed;
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// If what was asked for makes no sense, or the machine refuses it.
    pub fn build(self) -> Result<Lab, Error> {
        if let Some(mistake) = self.mistake {
            return Err(Error::Asked(mistake));
        }
        let plan = self.plan;
        plan.check()?;
        if self.tier.is_some_and(|tier| tier != Tier::Kernel) && plan.is_for_kernels() {
            let text = "settings, ports and user namespaces are for the kernel tier";
            return Err(Error::Asked(text.into()));
        }
        if self.tier == Some(Tier::Observing) {
            if locked(&plan.rule).take().is_some() {
                let text = "the observing tier's wire can only look, so it takes no rule; the \
                    kernel and the simulated tier have wires that hold and lose";
                return Err(Error::Asked(text.into()));
            }
            let (hosts, wire) = kernel::observe::build(&plan)?;
            let (kernel, tier, refusal) = (None, Tier::Observing, None);
            return Ok(Lab { kernel, tier, refusal, wire, hosts });
        }
        let mut refusal = None;
        if self.tier != Some(Tier::Simulated) {
            match kernel::prepare(&plan) {
                Ok(prepared) => {
                    let (hosts, wire, whole) = kernel::assemble(plan, prepared)?;
                    let (kernel, tier) = (Some(whole), Tier::Kernel);
                    return Ok(Lab { kernel, tier, refusal, wire, hosts });
                }
                Err(refused) if self.tier == Some(Tier::Kernel) || plan.is_for_kernels() => {
                    return Err(refused.into());
                }
                Err(refused) => refusal = Some(refused),
            }
        }
        let (names, addresses) = (plan.names(), plan.addresses());
        let (stacks, wire) = simulated::build(plan)?;
        let hosts = stacks.into_iter().zip(names.into_iter().zip(addresses)).enumerate();
        let hosts = hosts.map(|(place, (stack, (name, addresses)))| {
            Host::new(name, place, addresses, crate::host::Stack::Simulated(stack))
        });
        let (tier, hosts) = (Tier::Simulated, hosts.collect());
        Ok(Lab { kernel: None, tier, refusal, wire, hosts })
    }
}

/// Locally administered, and the host's place, counted from 1, at the end.
pub(crate) fn mac(place: usize) -> Mac {
    let [.., high, low] = (place + 1).to_be_bytes();
    Mac([2, 0, 0, 0, high, low])
}

/// Asks the two hosts that a segment's addresses name: each says what it has for its own end and
/// the other.
pub(crate) fn look<A>(mut hosts: Vec<(Vec<IpAddr>, A)>) -> Look
where
    A: FnMut(SocketAddr, SocketAddr) -> Option<TcpSocket> + Send + 'static,
{
    Box::new(move |frame: &Frame| {
        let decoded = frame.decode();
        let (Some(_), Some((from, to))) = (decoded.tcp(), decoded.ends()) else {
            return Vec::new();
        };
        let mut seen = Vec::new();
        for (own, other) in [(from, to), (to, from)] {
            let host = hosts.iter().position(|(addresses, _)| addresses.contains(&own.ip()));
            let Some(host) = host else { continue };
            seen.push(Sighting { host, socket: hosts[host].1(own, other) });
        }
        seen
    })
}
