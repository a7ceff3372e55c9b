//! What to open inside a namespace.

use std::ffi::CString;

/// A socket or device to be opened inside; the descriptor comes back out.
#[derive(Clone, Debug)]
pub struct Opening {
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Socket { domain: i32, kind: i32, protocol: i32 },
    Device { path: CString },
}

impl Opening {
    /// A socket, by socket(2)'s three numbers. It is made close-on-exec.
    pub fn socket(domain: i32, kind: i32, protocol: i32) -> Self {
        Self { what: What::Socket { domain, kind, protocol } }
    }

    /// A device, opened for reading and writing, non-blocking and close-on-exec.
    ///
    /// # Panics
    /// If `path` has a NUL byte.
    pub fn device(path: &str) -> Self {
        let path = CString::new(path).expect("a path has no NUL byte");
        Self { what: What::Device { path } }
    }

    /// For messages.
    pub(crate) fn name(&self) -> String {
        match &self.what {
            What::Socket { domain, kind, protocol } => {
                format!("socket of domain {domain}, type {kind}, protocol {protocol}")
            }
            What::Device { path } => path.to_string_lossy().into_owned(),
        }
    }
}
