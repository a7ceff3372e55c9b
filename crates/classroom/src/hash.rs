//! Hashes: SHA-256, of things that are made of parts.

use sha2::{Digest, Sha256};

use crate::intake::Files;

/// A hash over parts, each with its length, so that no two lists of parts look alike.
#[derive(Default)]
pub(crate) struct Hash(Sha256);

impl Hash {
    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// As text: `sha256:` and 64 digits.
    pub(crate) fn text(self) -> String {
        format!("sha256:{}", hex(&self.0.finalize()))
    }
}

/// The hash of files, with their paths.
pub(crate) fn of_files(files: &Files) -> String {
    let mut hash = Hash::default();
    for (path, bytes) in files {
        hash.add(path.as_os_str().as_encoded_bytes());
        hash.add(bytes);
    }
    hash.text()
}

/// `bytes` in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
