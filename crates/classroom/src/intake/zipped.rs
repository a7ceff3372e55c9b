//! A submission that is a zip file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Collector, Kind, Refusal, is_a_bomb};
use crate::words::intake as words;

/// The format bits of a Unix mode, and those of a regular file.
const FORMAT: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;

pub(super) fn read(file: File, collector: &mut Collector<'_>) -> Result<(), Refusal> {
    let unreadable = |error: ZipError| Refusal::Unreadable(words::broken_archive(&error));
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    if archive.len() > collector.limits().entries {
        return Err(Refusal::Oversized(words::too_many_entries(collector.limits().entries)));
    }
    if archive.has_overlapping_files().map_err(unreadable)? {
        return Err(Refusal::Hostile(words::OVERLAP.into()));
    }
    let start = archive.central_directory_start();
    let most = collector.limits().entries;
    let (mut packed, mut unpacked) = (0, 0);
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        let name = entry.name_raw().to_vec();
        let kind = match entry.unix_mode().map(|mode| mode & FORMAT) {
            _ if entry.is_symlink() => Kind::Link,
            _ if entry.is_dir() => Kind::Folder,
            None | Some(0 | REGULAR) => Kind::File,
            Some(_) => Kind::Other,
        };
        if kind == Kind::Link && collector.leads_to_sources(&name) {
            return Err(Refusal::Hostile(words::link(&super::shown(&name))));
        }
        let Some(wish) = collector.entry(&name, kind)? else { continue };
        if entry.encrypted() {
            return Err(Refusal::Unreadable(words::ENCRYPTED.into()));
        }
        packed += entry.compressed_size();
        drop(entry);
        let entry = archive.by_index(index).map_err(unreadable)?;
        // What the entry says of its size is its own word: what comes out is counted.
        unpacked += collector.take(wish, entry)?;
        if is_a_bomb(packed, unpacked, collector.limits()) {
            return Err(Refusal::Hostile(words::BOMB.into()));
        }
    }
    match second_name(archive.into_inner(), start, most) {
        Some(name) => Err(Refusal::Hostile(words::twice(&super::shown(&name)))),
        None => Ok(()),
    }
}

/// A name that stands in the archive's directory twice. The library keeps only the last of them,
/// while other tools take the first.
fn second_name(mut file: BufReader<File>, start: u64, most: usize) -> Option<Vec<u8>> {
    const HEADER: usize = 46;
    let mut names = BTreeSet::new();
    file.seek(SeekFrom::Start(start)).ok()?;
    for _ in 0..=most {
        let mut header = [0; HEADER];
        file.read_exact(&mut header).ok()?;
        if header[..4] != *b"PK\x01\x02" {
            return None;
        }
        let length = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let mut name = vec![0; length(28).into()];
        file.read_exact(&mut name).ok()?;
        file.seek_relative(i64::from(length(30)) + i64::from(length(32))).ok()?;
        let plain = String::from_utf8_lossy(&name).replace('\\', "/");
        if !names.insert(plain) {
            return Some(name);
        }
    }
    None
}
