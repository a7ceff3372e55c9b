//! A submission that is a tar file, packed or not.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::{Collector, Kind, Limits, Refusal, is_a_bomb};
use crate::words::intake as words;

pub(super) fn read(file: File, collector: &mut Collector<'_>) -> Result<(), Refusal> {
    entries(BufReader::new(file), collector)
}

pub(super) fn read_gz(
    file: File,
    packed: u64,
    collector: &mut Collector<'_>,
) -> Result<(), Refusal> {
    let limits = *collector.limits();
    let over = Rc::new(Cell::new(false));
    let unpacked = MultiGzDecoder::new(BufReader::new(file));
    let counted = Counted { unpacked, count: 0, packed, limits, over: Rc::clone(&over) };
    let done = entries(counted, collector);
    match over.get() {
        true => Err(Refusal::Hostile(words::BOMB.into())),
        false => done,
    }
}

fn entries(from: impl Read, collector: &mut Collector<'_>) -> Result<(), Refusal> {
    let unreadable = |error: io::Error| Refusal::Unreadable(words::broken_archive(&error));
    let mut archive = Archive::new(from);
    for entry in archive.entries().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.path_bytes().into_owned();
        let kind = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => Kind::File,
            EntryType::Directory => Kind::Folder,
            EntryType::Symlink | EntryType::Link => Kind::Link,
            // What git writes about the whole archive.
            EntryType::XGlobalHeader => continue,
            _ => Kind::Other,
        };
        if kind == Kind::Link && collector.leads_to_sources(&name) {
            return Err(Refusal::Hostile(words::link(&super::shown(&name))));
        }
        if let Some(wish) = collector.entry(&name, kind)? {
            collector.take(wish, entry)?;
        }
    }
    Ok(())
}

/// Counts what comes out of a packed file, and stops it where it is too much.
struct Counted<R> {
    unpacked: R,
    count: u64,
    packed: u64,
    limits: Limits,
    over: Rc<Cell<bool>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.unpacked.read(buffer)?;
        self.count += count as u64;
        if self.count > self.limits.unpacked || is_a_bomb(self.packed, self.count, &self.limits) {
            self.over.set(true);
            return Err(io::Error::other("too much comes out of it"));
        }
        Ok(count)
    }
}
