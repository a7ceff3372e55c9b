//! Zip files that attack whoever unpacks them.

use std::io::{Cursor, Write};

use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::source::MINE;
use crate::table::Outcome::{NotTaken, Says};
use crate::table::{Attack, archive};

const MAIN: &str = "exercises/tcp-echo/src/main.rs";
const OTHER: &str = "exercises/tcp-echo/src/othe.rs";
const OUT_OF_IT: &str = "outside of it";

pub(crate) const ATTACKS: &[Attack] = &[
    archive(
        "zip_leads_out",
        "is unpacked into the folder above",
        "zip",
        || zip(&[(MAIN, MINE), ("../../forged.rs", "x")]),
        NotTaken("hostile", OUT_OF_IT),
    ),
    archive(
        "zip_leads_out_with_backslashes",
        "is unpacked into the folder above, on Windows",
        "zip",
        || zip(&[(MAIN, MINE), ("exercises\\..\\..\\forged.rs", "x")]),
        NotTaken("hostile", OUT_OF_IT),
    ),
    archive(
        "zip_has_an_absolute_path",
        "is unpacked over a file of the system",
        "zip",
        || zip(&[(MAIN, MINE), ("/etc/cron.d/forged", "x")]),
        NotTaken("hostile", "absolute path"),
    ),
    archive(
        "zip_has_a_drive",
        "is unpacked over a file of the system, on Windows",
        "zip",
        || zip(&[(MAIN, MINE), ("C:\\Windows\\forged.rs", "x")]),
        NotTaken("hostile", "absolute path"),
    ),
    archive(
        "zip_is_a_bomb",
        "is far more once it is unpacked",
        "zip",
        || {
            let big = " ".repeat(1000 << 10);
            zip(&[(MAIN, &big), (OTHER, &big)])
        },
        NotTaken("hostile", "far more comes out"),
    ),
    archive(
        "zip_has_a_big_file",
        "has one source of more than a megabyte",
        "zip",
        || zip(&[(MAIN, &noise(2 << 20))]),
        NotTaken("oversized", "more than 1 MiB"),
    ),
    archive(
        "zip_has_archives_in_it",
        "is unpacked to petabytes, by whoever unpacks what is in it, too",
        "zip",
        || {
            let mut inner = zip(&[("bomb", &" ".repeat(1 << 20))]);
            for _ in 0..5 {
                let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
                for number in 0..16 {
                    let options = SimpleFileOptions::default();
                    zip.start_file(format!("{number}.zip"), options).expect("room");
                    zip.write_all(&inner).expect("room");
                }
                inner = zip.finish().expect("room").into_inner();
            }
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            for (name, bytes) in [(MAIN, MINE.as_bytes()), ("exercises/tcp-echo/src/a.zip", &inner)]
            {
                zip.start_file(name, SimpleFileOptions::default()).expect("room");
                zip.write_all(bytes).expect("room");
            }
            zip.finish().expect("room").into_inner()
        },
        Says("this is mine"),
    ),
    archive(
        "zip_has_a_name_twice",
        "is one program for whoever looks, and another for whoever grades",
        "zip",
        || renamed(&zip(&[(MAIN, MINE), (OTHER, "fn main() {}")]), OTHER, MAIN),
        NotTaken("hostile", "there twice"),
    ),
    archive(
        "zip_has_a_file_that_is_a_folder_too",
        "has the grading of everybody stopped, since no disk can keep both",
        "zip",
        || zip(&[(MAIN, MINE), (OTHER, "//"), (&format!("{OTHER}/x.rs"), "//")]),
        NotTaken("hostile", "as a file and as a folder"),
    ),
    archive(
        "zip_has_two_names_in_different_cases",
        "has one file written over the other, where the disk knows no cases",
        "zip",
        || zip(&[(MAIN, MINE), ("exercises/tcp-echo/src/MAIN.rs", "compile_error!(\"no\");")]),
        Says("this is mine"),
    ),
    archive(
        "zip_has_a_copy_of_the_lesson",
        "has two programs, of which one is to be chosen",
        "zip",
        || zip(&[(MAIN, MINE), (&format!("copy/{MAIN}"), MINE)]),
        NotTaken("unreadable", "there twice"),
    ),
    archive(
        "zip_has_a_nul_in_a_name",
        "is another file for whoever ends names there",
        "zip",
        || renamed(&zip(&[(MAIN, MINE), (OTHER, "x")]), "othe.rs", "o\0h.rs\0"),
        NotTaken("hostile", "NUL"),
    ),
    archive(
        "zip_has_a_name_that_obeys_nobody",
        "has a name that changes the terminal's colours and its direction of writing",
        "zip",
        || zip(&[(MAIN, MINE), ("exercises/tcp-echo/src/\u{1b}[31m\u{202e}\n.rs", "x")]),
        NotTaken("unreadable", "no name for a source file"),
    ),
    archive(
        "zip_has_a_name_that_is_no_text",
        "has a name that is no UTF-8",
        "zip",
        || {
            let zip = zip(&[(MAIN, MINE), (OTHER, "x")]);
            let (from, to) = (OTHER.as_bytes(), b"exercises/tcp-echo/src/\xff\xfe\xc0\x80.rs");
            replaced(&zip, from, &to[..from.len()])
        },
        NotTaken("unreadable", "no name for a source file"),
    ),
    archive(
        "zip_has_a_very_long_name",
        "has a name of 60,000 bytes",
        "zip",
        || {
            zip(&[
                (MAIN, MINE),
                (&format!("exercises/tcp-echo/src/{}.rs", "x".repeat(60_000)), "x"),
            ])
        },
        NotTaken("oversized", "bytes"),
    ),
    archive(
        "zip_has_very_deep_folders",
        "has a thousand folders in each other",
        "zip",
        || {
            zip(&[
                (MAIN, MINE),
                (&format!("exercises/tcp-echo/src/{}x.rs", "d/".repeat(1000)), "x"),
            ])
        },
        NotTaken("oversized", "folders"),
    ),
    archive(
        "zip_has_many_sources",
        "has more sources than a lesson can have",
        "zip",
        || many("exercises/tcp-echo/src/", ".rs", 250),
        NotTaken("oversized", "more than 200"),
    ),
    archive(
        "zip_has_many_entries",
        "has 50,001 entries",
        "zip",
        || many("notes/", "", 50_001),
        NotTaken("oversized", "more than 50000 entries"),
    ),
    archive(
        "zip_has_a_password",
        "cannot be looked into",
        "zip",
        || {
            let options = SimpleFileOptions::default().with_deprecated_encryption(b"secret");
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.start_file(MAIN, options.expect("it is known")).expect("room");
            zip.write_all(MINE.as_bytes()).expect("room");
            zip.finish().expect("room").into_inner()
        },
        NotTaken("unreadable", "password"),
    ),
    archive(
        "zip_has_a_symbolic_link",
        "has the machine's list of users taken for its source",
        "zip",
        || {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.add_symlink(MAIN, "/etc/passwd", SimpleFileOptions::default()).expect("room");
            zip.finish().expect("room").into_inner()
        },
        NotTaken("hostile", "is a link"),
    ),
    archive(
        "zip_says_a_wrong_size",
        "says that a bomb is small",
        "zip",
        || {
            let big = " ".repeat(1000 << 10);
            let zip = zip(&[(MAIN, &big), (OTHER, &big)]);
            // The size once it is unpacked, as it stands behind the other in each header.
            replaced(&zip, &(1000_u32 << 10).to_le_bytes(), &10_u32.to_le_bytes())
        },
        NotTaken("", ""),
    ),
    archive(
        "zip_lies_about_64_bits",
        "says that its directory is where no file has a place",
        "zip",
        || {
            let mut zip = zip(&[(MAIN, MINE)]);
            let end = zip.len() - 22;
            // The number of entries, the directory's size and place: look at the 64-bit record.
            zip[end + 8..end + 20].fill(0xff);
            let mut locator = b"PK\x06\x07\0\0\0\0".to_vec();
            locator.extend(u64::MAX.to_le_bytes());
            locator.extend(1_u32.to_le_bytes());
            zip.splice(end..end, locator);
            zip
        },
        NotTaken("unreadable", "broken"),
    ),
    archive(
        "zip_has_entries_on_each_other",
        "has one file's bytes stand for many",
        "zip",
        || {
            let mut zip = zip(&[(MAIN, MINE), (OTHER, MINE)]);
            let second = places(&zip, b"PK\x01\x02")[1];
            zip[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
            zip
        },
        NotTaken("", ""),
    ),
    archive(
        "zip_ends_early",
        "ends in the middle of its directory",
        "zip",
        || {
            let mut zip = zip(&[(MAIN, MINE)]);
            zip.truncate(zip.len() - 30);
            zip
        },
        NotTaken("unreadable", "broken"),
    ),
    archive(
        "zip_is_none",
        "is a program of the system that calls itself an archive",
        "zip",
        || std::fs::read("/bin/true").expect("it is there"),
        NotTaken("unreadable", "broken"),
    ),
];

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("room");
        zip.write_all(text.as_bytes()).expect("room");
    }
    zip.finish().expect("room").into_inner()
}

fn many(before: &str, behind: &str, count: usize) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..count {
        zip.start_file(format!("{before}a{number}{behind}"), options).expect("room");
    }
    zip.finish().expect("room").into_inner()
}

/// Text that does not shrink.
fn noise(bytes: usize) -> String {
    let mut state = 1_u64;
    let mut letter = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b' ' + ((state >> 33) % 64) as u8)
    };
    (0..bytes).map(|_| letter()).collect()
}

fn places(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|at| bytes[*at..].starts_with(wanted)).collect()
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let found = places(&bytes, from);
    assert!(!found.is_empty(), "there is something to replace");
    for at in found {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    bytes
}

fn renamed(zip: &[u8], from: &str, to: &str) -> Vec<u8> {
    replaced(zip, from.as_bytes(), to.as_bytes())
}
