//! One processor for the measured servers and their client.
//!
//! On several, what is measured is mostly how long a sleeping processor takes to wake, and a server
//! that does more for each request can look faster, because it never lets its processor sleep. On
//! one, the same work gives the same figure, and what counts is the work.

#[cfg(target_os = "linux")]
mod here {
    use anyhow::Context;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// While this lives, the thread that made it, and all that it starts, run on one processor.
    pub(crate) struct OneProcessor {
        before: CpuSet,
    }

    impl OneProcessor {
        pub(crate) fn hold() -> anyhow::Result<Self> {
            let before = sched_getaffinity(None).context("cannot ask for the processors")?;
            let mut one = CpuSet::new();
            let last = (0..CpuSet::MAX_CPU).rev().find(|&number| before.is_set(number));
            one.set(last.context("no processor may be used")?);
            sched_setaffinity(None, &one).context("cannot keep to one processor")?;
            Ok(Self { before })
        }
    }

    impl Drop for OneProcessor {
        fn drop(&mut self) {
            let _ = sched_setaffinity(None, &self.before);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod here {
    /// Only Linux is asked to keep to one processor; elsewhere the figures scatter more.
    pub(crate) struct OneProcessor;

    impl OneProcessor {
        #[allow(clippy::unnecessary_wraps)] // on Linux it can fail
        pub(crate) fn hold() -> anyhow::Result<Self> {
            Ok(Self)
        }
    }
}

pub(crate) use here::OneProcessor;
