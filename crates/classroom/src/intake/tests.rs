//! Submissions as they come, and as somebody with bad intentions makes them.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;

use super::*;

const MAIN: &str = "exercises/tcp-echo/src/main.rs";

/// What is taken of a file called `name` with these bytes.
fn taken(name: &str, bytes: &[u8]) -> Result<Taken, Refusal> {
    taken_within(name, bytes, Limits::default())
}

fn taken_within(name: &str, bytes: &[u8], limits: Limits) -> Result<Taken, Refusal> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    take(&path, &["tcp-echo".into()], limits)
}

fn names(taken: &Taken) -> Vec<String> {
    taken.lessons["tcp-echo"].keys().map(|path| path.display().to_string()).collect()
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A tar file with exactly these names, which the library would refuse to write.
fn tar_of(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (name, kind, bytes) in entries {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn hostile(it: Result<Taken, Refusal>) -> String {
    match it {
        Err(Refusal::Hostile(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lesson_is_taken_from_every_form_and_nothing_beside_it() {
    let files: [(&str, &[u8]); 6] = [
        (MAIN, b"fn main() {}"),
        ("exercises/tcp-echo/src/deep/er.rs", b"//"),
        ("exercises/tcp-echo/build.rs", b"evil"),
        ("exercises/tcp-echo/Cargo.toml", b"evil"),
        (".cargo/config.toml", b"evil"),
        ("exercises/udp-chat/src/main.rs", b"another lesson's"),
    ];
    let below: Vec<(String, &[u8])> =
        files.iter().map(|(name, bytes)| (format!("anna-main/{name}"), *bytes)).collect();
    let below: Vec<(&str, &[u8])> = below.iter().map(|(name, it)| (name.as_str(), *it)).collect();
    let entries = files.map(|(name, bytes)| (name, EntryType::Regular, bytes));
    let tar = tar_of(&entries);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        crate::files::write_below(&folder.path().join(name), bytes).unwrap();
    }
    let all = [
        taken("a.zip", &zip_of(&files)),
        taken("a.ZIP", &zip_of(&below)),
        taken("a.tar", &tar),
        taken("a.tgz", &packed(&tar)),
        taken("a.tar.gz", &packed(&tar)),
        take(folder.path(), &["tcp-echo".into()], Limits::default()),
    ];
    for it in all {
        let it = it.unwrap();
        assert_eq!(names(&it), ["deep/er.rs", "main.rs"], "{}", it.form);
        assert_eq!(it.lessons["tcp-echo"][Path::new("main.rs")], b"fn main() {}");
        assert_eq!(it.lessons.len(), 1);
    }
}

#[test]
fn a_bare_src_is_taken_where_only_one_lesson_is_asked_for() {
    let bare = zip_of(&[("src/main.rs", b"x"), ("__MACOSX/src/._main.rs", b"y")]);
    assert_eq!(names(&taken("a.zip", &bare).unwrap()), ["main.rs"]);
    let wrapped = zip_of(&[("echo\\src\\main.rs", b"x")]);
    assert_eq!(names(&taken("a.zip", &wrapped).unwrap()), ["main.rs"]);
    let folder = tempfile::tempdir().unwrap();
    crate::files::write_below(&folder.path().join("src/main.rs"), b"x").unwrap();
    let two = take(folder.path(), &["a".into(), "b".into()], Limits::default());
    assert!(matches!(two, Err(Refusal::Unreadable(_))), "{two:?}");
}

#[test]
fn what_cannot_be_one_program_is_told_in_words() {
    let empty = taken("a.zip", &zip_of(&[("README.md", b"hello")]));
    assert!(matches!(empty, Err(Refusal::Empty(_))), "{empty:?}");
    let unreadable = [
        taken("a.zip", b"no zip at all"),
        taken("a.tgz", b"no tar at all"),
        taken("a.tar.gz", &packed(&tar_of(&[(MAIN, EntryType::Regular, b"x")]))[..40]),
        taken("a.rar", b"Rar!"),
        taken("a.zip", &zip_of(&[(MAIN, b"x"), (&format!("copy/{MAIN}"), b"y")])),
        taken("a.zip", &zip_of(&[("exercises/tcp-echo/src/a:b.rs", b"x")])),
        taken("a.zip", &zip_of(&[("exercises/tcp-echo/src/a\u{202e}b.rs", b"x")])),
    ];
    for it in unreadable {
        assert!(matches!(it, Err(Refusal::Unreadable(_))), "{it:?}");
    }
}

#[test]
fn where_nothing_is_found_it_is_told_where_files_stand_instead() {
    for (name, told) in [
        ("a/b/c/exercises/tcp-echo/src/main.rs", "one stands in `a/b/c/exercises/tcp-echo/src`"),
        ("exercises/tcp-chat/src/main.rs", "one stands in `exercises/tcp-chat/src`"),
        ("main.rs", "one at the top"),
        ("echo.7z", "an archive, `echo.7z`"),
    ] {
        // What a build or a file manager leaves is not meant.
        let aside = [("target/x.rs", &b""[..]), ("__MACOSX/y.rs", b""), (name, b"")];
        let Err(Refusal::Empty(words)) = taken("a.zip", &zip_of(&aside)) else { panic!("{name}") };
        assert!(words.contains(told), "{words}");
    }
}

#[test]
fn a_password_is_told() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().with_deprecated_encryption(b"secret");
    zip.start_file(MAIN, options.unwrap()).unwrap();
    zip.write_all(b"fn main() {}").unwrap();
    let Err(Refusal::Unreadable(words)) = taken("a.zip", &zip.finish().unwrap().into_inner())
    else {
        panic!("it was read");
    };
    assert!(words.contains("password"), "{words}");
}

#[test]
fn a_name_that_leads_out_is_hostile_wherever_it_leads() {
    for name in ["../main.rs", "a/../../b", "/etc/cron.d/x", "C:/x", "..\\x.rs", "\\\\host\\x"] {
        hostile(taken("a.zip", &zip_of(&[(MAIN, b"x"), (name, b"y")])));
        let tar = tar_of(&[(MAIN, EntryType::Regular, b"x"), (name, EntryType::Regular, b"y")]);
        hostile(taken("a.tar", &tar));
    }
}

#[test]
fn links_and_devices_among_the_sources_are_hostile_and_others_are_left_out() {
    let kinds =
        [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Block, EntryType::Fifo];
    for kind in kinds {
        hostile(taken("a.tar", &tar_of(&[(MAIN, kind, b"")])));
        let beside = tar_of(&[(MAIN, EntryType::Regular, b"x"), ("notes.rs", kind, b"")]);
        assert_eq!(names(&taken("a.tar", &beside).unwrap()), ["main.rs"]);
    }
    let folder = tar_of(&[("exercises/tcp-echo/src", EntryType::Symlink, b"")]);
    hostile(taken("a.tar", &folder));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink(MAIN, "/etc/passwd", SimpleFileOptions::default()).unwrap();
    hostile(taken("a.zip", &zip.finish().unwrap().into_inner()));
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed() {
    use std::os::unix::fs::symlink;
    for (place, target) in [
        (MAIN, "/etc/passwd"),
        ("exercises/tcp-echo/src", "/etc"),
        ("exercises/tcp-echo", "/"),
        ("exercises", "/"),
        ("src", "/etc"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(target, &place).unwrap();
        hostile(take(folder.path(), &["tcp-echo".into()], Limits::default()));
    }
    let folder = tempfile::tempdir().unwrap();
    crate::files::write_below(&folder.path().join("real/src/main.rs"), b"x").unwrap();
    symlink("real", folder.path().join("alias")).unwrap();
    hostile(take(&folder.path().join("alias"), &["tcp-echo".into()], Limits::default()));
}

#[cfg(unix)]
#[test]
fn a_pipe_among_the_sources_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(MAIN);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &place, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    hostile(take(folder.path(), &["tcp-echo".into()], Limits::default()));
}

#[test]
fn a_name_that_is_there_twice_is_hostile() {
    let tar = tar_of(&[(MAIN, EntryType::Regular, b"x"), (MAIN, EntryType::Regular, b"y")]);
    hostile(taken("a.tar", &tar));
    // The library does not write one, so one of two names is changed afterwards, in both places.
    let other = "exercises/tcp-echo/src/mai2.rs";
    let mut zip = zip_of(&[(MAIN, b"x"), (other, b"y")]);
    for at in 0..zip.len() - other.len() {
        if zip[at..].starts_with(other.as_bytes()) {
            zip[at..at + other.len()].copy_from_slice(MAIN.as_bytes());
        }
    }
    assert!(hostile(taken("a.zip", &zip)).contains("twice"));
}

#[test]
fn a_file_that_is_a_folder_too_is_hostile() {
    for file in ["a.rs", "A.rs"] {
        for (file, below) in [(file, "a.rs/b.rs"), (file, "a.rs/b/c.rs")] {
            let names = [file, below].map(|name| format!("exercises/tcp-echo/src/{name}"));
            let [file, below] = names.each_ref().map(String::as_str);
            for [one, two] in [[file, below], [below, file]] {
                let zip = zip_of(&[(MAIN, b"x"), (one, b"y"), (two, b"z")]);
                assert!(hostile(taken("a.zip", &zip)).contains("as a folder"));
                let entries = [MAIN, one, two].map(|name| (name, EntryType::Regular, &b"x"[..]));
                assert!(hostile(taken("a.tar", &tar_of(&entries))).contains("as a folder"));
            }
        }
    }
    let bare = zip_of(&[("src/a.rs", b"x"), ("src/a.rs/b.rs", b"y")]);
    assert!(hostile(taken("a.zip", &bare)).contains("as a folder"));
    // Files that stand in a folder of such a name, and nothing else has it.
    let right = zip_of(&[(MAIN, b"x"), ("exercises/tcp-echo/src/a.rs/b.rs", b"y")]);
    assert_eq!(names(&taken("a.zip", &right).unwrap()), ["a.rs/b.rs", "main.rs"]);
}

#[test]
fn bombs_are_told_long_before_they_are_unpacked() {
    // 1 GiB of nothing, which a tar file's first entry is full of.
    let mut header = Header::new_gnu();
    header.set_path("exercises/tcp-echo/notes").unwrap();
    header.set_size(1 << 30);
    header.set_cksum();
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    gz.write_all(header.as_bytes()).unwrap();
    let blanks = vec![0; 1 << 20];
    for _ in 0..64 {
        gz.write_all(&blanks).unwrap();
    }
    assert!(hostile(taken("a.tgz", &gz.finish().unwrap())).contains("comes out"));
    let half = vec![b' '; 900 << 10];
    let files = [(MAIN, &half[..]), ("exercises/tcp-echo/src/b.rs", &half[..])];
    assert!(hostile(taken("a.zip", &zip_of(&files))).contains("comes out"));
}

#[test]
fn what_is_too_much_is_told_as_that() {
    let big = vec![b'x'; (1 << 20) + 1];
    let few = Limits { files: 2, ..Limits::default() };
    let small = Limits { archive: 100, ..Limits::default() };
    let short = Limits { path: 20, ..Limits::default() };
    let three: [(&str, &[u8]); 3] = [("src/a.rs", b""), ("src/b.rs", b""), ("src/c.rs", b"")];
    let deep = format!("src/{}x.rs", "d/".repeat(13));
    let oversized = [
        taken("a.zip", &zip_of(&[(MAIN, &big)])),
        taken("a.tar", &tar_of(&[(MAIN, EntryType::Regular, &big)])),
        taken_within("a.zip", &zip_of(&three), few),
        taken_within("a.zip", &zip_of(&three), small),
        taken_within("a.zip", &zip_of(&[(MAIN, b"x")]), short),
        taken("a.zip", &zip_of(&[(&deep, b"x")])),
        taken_within("a.zip", &zip_of(&three), Limits { entries: 2, ..Limits::default() }),
        taken_within("a.zip", &zip_of(&[(MAIN, b"xyz")]), Limits { bytes: 2, ..Limits::default() }),
    ];
    for it in oversized {
        assert!(matches!(it, Err(Refusal::Oversized(_))), "{it:?}");
    }
}

#[test]
fn files_of_an_archive_that_lie_on_each_other_are_hostile() {
    let other = "exercises/tcp-echo/src/b.rs";
    let mut zip = zip_of(&[(MAIN, b"x"), (other, b"y")]);
    // The second entry of the directory is made to point at the first one's bytes.
    let starts: Vec<usize> =
        (0..zip.len() - 4).filter(|at| zip[*at..].starts_with(b"PK\x01\x02")).collect();
    zip[starts[1] + 42..starts[1] + 46].copy_from_slice(&0_u32.to_le_bytes());
    assert!(matches!(taken("a.zip", &zip), Err(Refusal::Hostile(_) | Refusal::Unreadable(_))));
}

#[test]
fn whatever_bytes_come_nothing_breaks() {
    let good = [
        ("a.zip", zip_of(&[(MAIN, b"fn main() {}")])),
        ("a.tar", tar_of(&[(MAIN, EntryType::Regular, b"fn main() {}")])),
    ];
    for (name, bytes) in good {
        for at in 0..bytes.len().min(700) {
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = taken(name, &broken);
            let _ = taken(name, &bytes[..at]);
        }
    }
}
