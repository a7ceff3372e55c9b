//! Tar files that attack whoever unpacks them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use crate::source::MINE;
use crate::table::Outcome::{NotTaken, Says};
use crate::table::{Attack, archive};

const MAIN: &str = "exercises/tcp-echo/src/main.rs";
const OUT_OF_IT: &str = "outside of it";

pub(crate) const ATTACKS: &[Attack] = &[
    archive(
        "tar_leads_out",
        "is unpacked into the folder above",
        "tar",
        || tar(&[(MAIN, EntryType::Regular), ("exercises/../../forged.rs", EntryType::Regular)]),
        NotTaken("hostile", OUT_OF_IT),
    ),
    archive(
        "tar_has_an_absolute_path",
        "is unpacked over a file of the system",
        "tar",
        || tar(&[(MAIN, EntryType::Regular), ("/etc/forged.rs", EntryType::Regular)]),
        NotTaken("hostile", "absolute path"),
    ),
    archive(
        "tar_leads_out_by_a_long_name",
        "is unpacked into the folder above, by a name of GNU's that stands in an entry of its own",
        "tar",
        || {
            let name = format!("../{}/forged.rs", "deep/".repeat(30));
            let mut tar = started_tar();
            tar.append(
                &header("././@LongLink", EntryType::GNULongName, name.len()),
                name.as_bytes(),
            )
            .expect("room");
            add(&mut tar, MAIN, EntryType::Regular);
            tar.into_inner().expect("room")
        },
        NotTaken("hostile", OUT_OF_IT),
    ),
    archive(
        "tar_leads_out_by_a_pax_path",
        "is unpacked into the folder above, by a path that stands beside the entry's name",
        "tar",
        || with_pax(&[("path", b"../../forged.rs")]),
        NotTaken("hostile", OUT_OF_IT),
    ),
    archive(
        "tar_has_a_link_by_pax",
        "has a link followed whose target stands beside the entry",
        "tar",
        || {
            let mut tar = started_tar();
            tar.append_pax_extensions([("linkpath", &b"/etc/passwd"[..])]).expect("room");
            add(&mut tar, MAIN, EntryType::Symlink);
            tar.into_inner().expect("room")
        },
        NotTaken("hostile", "is a link"),
    ),
    archive(
        "tar_has_a_symbolic_link",
        "has the machine's list of users taken for its source",
        "tar",
        || tar(&[(MAIN, EntryType::Symlink)]),
        NotTaken("hostile", "is a link"),
    ),
    archive(
        "tar_has_a_hard_link",
        "has the machine's list of users taken for its source",
        "tar.gz",
        || packed(&tar(&[(MAIN, EntryType::Link)])),
        NotTaken("hostile", "is a link"),
    ),
    archive(
        "tar_has_a_file_that_is_a_folder_too",
        "has the grading of everybody stopped, since no disk can keep both",
        "tar",
        || {
            let below = format!("{MAIN}/x.rs");
            tar(&[(MAIN, EntryType::Regular), (&below, EntryType::Regular)])
        },
        NotTaken("hostile", "as a file and as a folder"),
    ),
    archive(
        "tar_writes_through_a_link",
        "has a folder that is a link out, and a file in it",
        "tar",
        || tar(&[("exercises/tcp-echo/src", EntryType::Symlink), (MAIN, EntryType::Regular)]),
        NotTaken("hostile", "is a link"),
    ),
    archive(
        "tar_has_a_device",
        "has a device read",
        "tar",
        || tar(&[(MAIN, EntryType::Char)]),
        NotTaken("hostile", "neither a file nor a folder"),
    ),
    archive(
        "tar_has_a_disk",
        "has a disk read",
        "tar",
        || tar(&[(MAIN, EntryType::Block)]),
        NotTaken("hostile", "neither a file nor a folder"),
    ),
    archive(
        "tar_has_a_pipe",
        "has whoever reads it wait for ever",
        "tar",
        || tar(&[(MAIN, EntryType::Fifo)]),
        NotTaken("hostile", "neither a file nor a folder"),
    ),
    archive(
        "tar_has_a_sparse_file",
        "is 8 GiB once it is unpacked, of which none is there",
        "tar",
        || {
            let mut sparse = header(MAIN, EntryType::GNUSparse, 0);
            let gnu = sparse.as_gnu_mut().expect("it is GNU's");
            gnu.realsize.copy_from_slice(b"100000000000");
            sparse.set_cksum();
            let mut tar = started_tar();
            tar.append(&sparse, &[][..]).expect("room");
            tar.into_inner().expect("room")
        },
        NotTaken("", ""),
    ),
    archive(
        "tar_says_a_wrong_size",
        "has more read than there is",
        "tar",
        || {
            let mut tar = started_tar();
            tar.append(&header(MAIN, EntryType::Regular, 1 << 19), MINE.as_bytes()).expect("room");
            tar.into_inner().expect("room")
        },
        NotTaken("unreadable", ""),
    ),
    archive(
        "tar_says_a_giant_size_by_pax",
        "has more read than any disk has",
        "tar",
        || with_pax(&[("size", b"18446744073709551615")]),
        NotTaken("", ""),
    ),
    archive(
        "gzip_is_a_bomb",
        "is a gigabyte once it is unpacked",
        "tgz",
        || {
            let mut file = GzEncoder::new(Vec::new(), Compression::best());
            let big = header("exercises/tcp-echo/notes", EntryType::Regular, 1 << 30);
            file.write_all(big.as_bytes()).expect("room");
            for _ in 0..64 {
                file.write_all(&vec![0; 1 << 20]).expect("room");
            }
            file.finish().expect("room")
        },
        NotTaken("hostile", "far more comes out"),
    ),
    archive(
        "tar_has_a_name_twice",
        "is one program for whoever looks, and another for whoever grades",
        "tar",
        || tar(&[(MAIN, EntryType::Regular), (MAIN, EntryType::Regular)]),
        NotTaken("hostile", "there twice"),
    ),
    archive(
        "tar_has_the_setuid_bit",
        "has a source that is run as root",
        "tar",
        || {
            let mut header = header(MAIN, EntryType::Regular, MINE.len());
            header.set_mode(0o6777);
            header.set_uid(0);
            header.set_cksum();
            let mut tar = started_tar();
            tar.append(&header, MINE.as_bytes()).expect("room");
            tar.into_inner().expect("room")
        },
        Says("this is mine"),
    ),
];

/// A header with exactly this name, which the library would refuse to write.
fn header(name: &str, kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size as u64);
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        header.set_link_name("/etc/passwd").expect("room");
    }
    if matches!(kind, EntryType::Char | EntryType::Block) {
        header.set_device_major(1).expect("room");
        header.set_device_minor(5).expect("room");
    }
    header.set_cksum();
    header
}

fn started_tar() -> Builder<Vec<u8>> {
    Builder::new(Vec::new())
}

fn add(tar: &mut Builder<Vec<u8>>, name: &str, kind: EntryType) {
    let text = if kind == EntryType::Regular { MINE } else { "" };
    tar.append(&header(name, kind, text.len()), text.as_bytes()).expect("room");
}

fn tar(entries: &[(&str, EntryType)]) -> Vec<u8> {
    let mut tar = started_tar();
    for (name, kind) in entries {
        add(&mut tar, name, *kind);
    }
    tar.into_inner().expect("room")
}

fn with_pax(words: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = started_tar();
    tar.append_pax_extensions(words.iter().copied()).expect("room");
    add(&mut tar, MAIN, EntryType::Regular);
    tar.into_inner().expect("room")
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).expect("room");
    packed.finish().expect("room")
}
