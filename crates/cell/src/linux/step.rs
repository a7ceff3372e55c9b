//! The steps at which starting a program can fail, and what to do about each.

use rustix::io::Errno;

use crate::refusal::Refusal;

macro_rules! steps {
    ($($name:ident: $words:literal,)*) => {
        /// A step of starting a program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Step { $(#[doc = $words] $name,)* }

        impl Step {
            const ALL: &[Step] = &[$(Step::$name,)*];

            fn words(self) -> &'static str {
                match self { $(Step::$name => $words,)* }
            }
        }
    };
}

steps! {
    Descriptors: "the program's descriptors could not be put in their places",
    UserNamespace: "no user namespace could be made",
    MapIds: "the user namespace was made, but without any rights in it",
    OtherUser: "the program could not be made another user's",
    Hide: "the cell's first process could not be hidden",
    Root: "no root of files could be made",
    Proc: "no private /proc could be mounted",
    Scratch: "no memory file system could be mounted for temporary files",
    Names: "the names of the loopback's addresses could not be written",
    Place: "a place in the cell's files could not be made",
    Bind: "a path could not be given to the cell",
    Loopback: "the cell's loopback could not be brought up",
    Hostname: "the cell's hostname could not be set",
    Session: "the program got no session of its own",
    Directory: "the program's folder is not there in the cell",
    Limit: "a limit could not be set",
    Landlock: "Landlock could not be brought into force",
    Filter: "the filter of system calls could not be brought into force",
    Exec: "the program could not be started",
    Wait: "the cell's first process could not wait",
}

impl Step {
    /// As it is told from process to process.
    pub(super) fn number(self) -> u8 {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0) as u8
    }

    pub(super) fn numbered(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Step::Wait)
    }

    /// The refusal of a cell that failed here.
    pub(super) fn refusal(self, name: Option<&str>, errno: Errno) -> Refusal {
        let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
        let refusal = Refusal::of(format!("{}{name}", self.words()), errno);
        match self.fix() {
            Some(fix) => refusal.with_fix(fix),
            None => refusal,
        }
    }

    /// What makes it work, for steps that fail because of how a machine is set up.
    pub(super) fn fix(self) -> Option<&'static str> {
        Some(match self {
            Self::UserNamespace | Self::MapIds | Self::Root => NAMESPACES_FIX,
            Self::Proc => {
                "In a container /proc has parts hidden, which the kernel then doesn't show anew. \
                 Run it with an unmasked /proc (docker run --security-opt systempaths=unconfined)"
            }
            Self::Bind => "Linux 5.12 or later is needed, and the path must be there",
            Self::Exec => {
                "The program's path, its interpreter and its libraries must be among what the \
                 policy lets it execute"
            }
            _ => return None,
        })
    }
}

pub(super) const NAMESPACES_FIX: &str = "User namespaces must be allowed: \
    `sysctl user.max_user_namespaces` above 0, on Ubuntu \
    `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, in a container \
    `--security-opt seccomp=unconfined`, or run as root";
