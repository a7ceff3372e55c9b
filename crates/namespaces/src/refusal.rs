//! Why the system refused, in words, and what to change.

mod fix;

use std::fmt;
use std::io;

use fix::{Machine, fix};

/// What was being done when the system refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// There are no network namespaces on this system.
    NotLinux,
    /// Starting the child that makes the namespaces, or hearing from it.
    Child,
    /// unshare(2) with CLONE_NEWUSER.
    MakeUser,
    /// Writing /proc/self/setgroups, uid_map and gid_map.
    MapIds,
    /// setns(2) into a namespace made before.
    Enter,
    /// unshare(2) with CLONE_NEWNET and CLONE_NEWUTS.
    MakeNet,
    /// Giving the UTS namespace its hostname.
    Hostname,
    /// Bringing the loopback interface up.
    Loopback,
    /// Writing a file below /proc/sys.
    Setting,
    /// Opening /proc/self/ns/….
    OpenNamespace,
    /// Opening a socket or a device inside.
    Open,
    /// Setting up an interface inside.
    Configure,
    /// Capturing what this machine's own loopback carries.
    Capture,
}

#[cfg(target_os = "linux")]
impl Step {
    /// The steps of the child that makes namespaces, as it reports them: by their place here.
    pub(crate) const FALLIBLE: [Step; 9] = [
        Step::MakeUser,
        Step::MapIds,
        Step::Enter,
        Step::MakeNet,
        Step::Hostname,
        Step::Loopback,
        Step::Setting,
        Step::OpenNamespace,
        Step::Open,
    ];
}

/// The system refused; the text says what, why, and what to do about it.
#[derive(Debug)]
pub struct Refusal {
    step: Step,
    /// Which of several: a setting's or a device's name.
    name: Option<String>,
    error: io::Error,
}

impl Refusal {
    /// A refusal at `step`, with the system's own error. `name` says which of several settings,
    /// sockets, devices or interfaces it was about.
    pub fn new(step: Step, name: Option<&str>, error: io::Error) -> Self {
        Self { step, name: name.map(str::to_owned), error }
    }

    /// What was being done.
    pub fn step(&self) -> Step {
        self.step
    }

    /// The system's own error.
    pub fn error(&self) -> &io::Error {
        &self.error
    }

    /// What to change so that it works, as far as that can be told from outside.
    pub fn fix(&self) -> Option<String> {
        fix(self.step, self.error.raw_os_error(), &Machine::look())
    }

    /// What could not be done and why, in one line: the text without the fix.
    pub fn what_failed(&self) -> String {
        let name = self.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        match self.step {
            Step::NotLinux => format!("{}{name}", self.what()),
            _ => format!("{}{name}: {}", self.what(), self.error),
        }
    }

    fn what(&self) -> &'static str {
        match self.step {
            Step::NotLinux => "this is made for Linux, whose kernel gives network namespaces",
            Step::Child => "the child that makes namespaces failed",
            Step::MakeUser => "no user namespace could be made",
            Step::MapIds => "the user namespace was made, but without any rights in it",
            Step::Enter => "a namespace could not be entered",
            Step::MakeNet => "no network namespace could be made",
            Step::Hostname => "the hostname could not be set",
            Step::Loopback => "the loopback interface could not be brought up",
            Step::Setting => "a setting below /proc/sys could not be written",
            Step::OpenNamespace => "/proc/self/ns could not be opened",
            Step::Open => "a socket or device could not be opened inside",
            Step::Configure => "an interface could not be set up",
            Step::Capture => "the loopback could not be captured",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what_failed())?;
        match self.fix() {
            Some(fix) => write!(f, ". {fix}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.error.kind(), refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::fix::ENOENT;
    use super::*;

    #[test]
    fn the_text_has_what_was_tried_the_error_and_the_fix() {
        let error = io::Error::from_raw_os_error(ENOENT);
        let text = Refusal::new(Step::OpenNamespace, None, error).to_string();
        assert!(text.starts_with("/proc/self/ns could not be opened: "), "{text}");
        assert!(text.ends_with("Mount /proc here"), "{text}");
    }
}
