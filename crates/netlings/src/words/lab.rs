//! The sentences of `netlings lab`.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there are no labs to speak of"))]

use std::io;
use std::path::Path;

pub(crate) const NO_NAME: &str =
    "a name has up to 32 of a-z, 0-9 and -, and begins with a letter or a digit";
#[cfg(not(target_os = "linux"))]
pub(crate) const NOT_LINUX: &str = "a lab needs hosts with kernels of their own, and only Linux has \
     network namespaces for them. `cargo netlings trace` shows its scenarios anywhere.";
pub(crate) const ENDS: &str = "The lab ends, and whatever runs on its hosts with it.";

pub(crate) fn cannot_enter(error: &io::Error) -> String {
    format!("cannot enter the host: {}. Does its lab still run?", netkit::cause(error))
}

pub(crate) fn no_lab(reason: &str) -> String {
    format!(
        "there can be no lab here: {reason}. `cargo netlings doctor` says what to do; the scenarios of \
         `cargo netlings trace` work everywhere."
    )
}

pub(crate) fn not_private(folder: &Path) -> String {
    format!(
        "{} is not a folder of yours alone, so labs cannot be told of there. Move it away.",
        folder.display()
    )
}

pub(crate) fn is_taken(name: &str) -> String {
    format!("a lab called {name} runs already. Choose another name.")
}

pub(crate) fn runs(name: &str, hosts: &[(String, String)]) -> String {
    let hosts: Vec<String> = hosts.iter().map(|(name, at)| format!("{name} is {at}")).collect();
    let lab = if name == "lab" { String::new() } else { format!(" {name}") };
    format!(
        "The lab{lab} runs: {}. Ctrl-C ends it. For a shell on a host, in another terminal:",
        hosts.join(", ")
    )
}

/// What is typed for a shell on a host; with the lab's name where several run.
pub(crate) fn way_in(host: &str, lab: Option<&String>) -> String {
    let lab = lab.map(|name| format!(" --lab {name}")).unwrap_or_default();
    format!("  cargo netlings lab sh {host}{lab}")
}

pub(crate) fn more_frames(count: usize) -> String {
    format!("… and {count} packets more in this moment.")
}

/// A packet between two ports.
pub(crate) fn of_ports(from: u16, to: u16, text: &str) -> String {
    format!("{from}→{to}  {text}")
}

/// A packet, where there are more than two hosts.
pub(crate) fn frame_to(from: &str, to: Option<&str>, text: &str) -> String {
    format!(" {from:5} → {:5}  {text}", to.unwrap_or("all"))
}

pub(crate) fn which_lab(names: &[String]) -> String {
    format!("several labs run: {}. Write which: --lab {}", names.join(", "), names[0])
}

pub(crate) fn no_such_lab(name: Option<&str>, names: &[String]) -> String {
    match (name, names) {
        (_, []) => "no lab of yours runs. `cargo netlings lab` starts one.".into(),
        (name, names) => {
            let name = name.unwrap_or_default();
            format!("no lab of yours is called {name}. There are: {}", names.join(", "))
        }
    }
}

pub(crate) fn no_such_host(typed: &str, near: Option<&str>, names: &[&str]) -> String {
    let typed = netkit::visible(typed.as_bytes());
    match near {
        Some(near) => format!("that lab has no host `{typed}`. Did you mean `{near}`?"),
        None => format!("that lab has no host `{typed}`. It has {}.", names.join(", ")),
    }
}

pub(crate) fn does_not_answer(name: &str, error: &io::Error) -> String {
    format!("the lab {name} does not answer: {}", netkit::cause(error))
}
