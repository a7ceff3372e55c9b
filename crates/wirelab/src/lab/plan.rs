//! What was asked for, and whether it makes sense.

use std::net::IpAddr;
use std::sync::Mutex;

use crate::error::Error;
use crate::locked::locked;
use crate::port::PortKind;
use crate::rule::{Perfect, Rule};

/// What was asked for, for the tier that builds it.
pub(crate) struct Plan {
    pub(crate) hosts: Vec<Planned>,
    /// Behind a lock, so that threads that build hosts can share the plan.
    pub(crate) rule: Mutex<Option<Box<dyn Rule>>>,
    pub(crate) record_states: bool,
    pub(crate) pinned: bool,
    pub(crate) patient: bool,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) port: Option<PortKind>,
    pub(crate) in_user_namespace: bool,
    pub(crate) seed: u64,
}

/// A host that was asked for.
pub(crate) struct Planned {
    pub(crate) name: String,
    pub(crate) addresses: Vec<(IpAddr, u8)>,
}

impl Plan {
    pub(crate) fn names(&self) -> Vec<String> {
        self.hosts.iter().map(|host| host.name.clone()).collect()
    }

    /// The rule that was asked for, or none.
    pub(crate) fn rule(&mut self) -> Box<dyn Rule> {
        locked(&self.rule).take().unwrap_or_else(|| Box::new(Perfect))
    }

    /// All addresses of each host.
    pub(crate) fn addresses(&self) -> Vec<Vec<IpAddr>> {
        let of = |host: &Planned| host.addresses.iter().map(|it| it.0).collect();
        self.hosts.iter().map(of).collect()
    }

    /// Whether only kernels can do it.
    pub(super) fn is_for_kernels(&self) -> bool {
        self.port.is_some() || self.in_user_namespace || !self.settings.is_empty()
    }

    /// Whether it makes sense, whatever builds it.
    pub(super) fn check(&self) -> Result<(), Error> {
        let hosts = &self.hosts;
        for (place, plan) in hosts.iter().enumerate() {
            if plan.name.is_empty() || plan.name.len() > 64 || plan.name.contains(char::is_control)
            {
                let text = "a host's name has 1 to 64 bytes and no control characters";
                return Err(Error::Asked(format!("{text}, and {:?} has not", plan.name)));
            }
            if hosts[..place].iter().any(|other| other.name == plan.name) {
                return Err(Error::Asked(format!("two hosts are named {:?}", plan.name)));
            }
            for (nth, (address, _)) in plan.addresses.iter().enumerate() {
                let is_it = |other: &(IpAddr, u8)| other.0 == *address;
                if !is_of_one_host(*address) {
                    return Err(Error::Asked(format!("{address} is no address of one host")));
                }
                if plan.addresses[..nth].iter().any(is_it) {
                    let text = format!("{} has the address {address} twice", plan.name);
                    return Err(Error::Asked(text));
                }
                if hosts[..place].iter().any(|other| other.addresses.iter().any(is_it)) {
                    return Err(Error::Asked(format!("two hosts have the address {address}")));
                }
            }
        }
        Ok(())
    }
}

/// Whether a host on a wire can have it.
fn is_of_one_host(address: IpAddr) -> bool {
    let is_broadcast = address == IpAddr::from([255; 4]);
    !(is_broadcast || address.is_multicast() || address.is_unspecified() || address.is_loopback())
}

/// `10.0.0.1/24`: an address and the length of its prefix.
pub(super) fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix): (IpAddr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (prefix <= most).then_some((address, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_with_the_length_of_its_prefix() {
        assert_eq!(parse("10.0.0.1/24"), Some(([10, 0, 0, 1].into(), 24)));
        assert!(parse("fd00::1/128").is_some());
        for wrong in ["10.0.0.1", "10.0.0.1/33", "10.0.0/24", "fd00::1/129", "x/1", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
