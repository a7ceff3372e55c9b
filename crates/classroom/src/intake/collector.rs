//! Which entries of a submission are taken, whatever it came in.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Files, Limits, Refusal, shown};
use crate::words::intake as words;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    /// A device, a pipe, a socket.
    Other,
}

/// An entry that is to be taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// What stands before `exercises`, or before a bare `src`.
    prefix: Vec<String>,
    /// None for a bare `src`.
    lesson: Option<String>,
    below_src: PathBuf,
    /// The name as it is shown.
    name: String,
}

/// Where files were found: what stands before them, and the lesson where the path names it.
type Place = (Vec<String>, Option<String>);

/// Collects the files of a submission, entry by entry.
pub(crate) struct Collector<'a> {
    lessons: &'a [String],
    limits: Limits,
    entries: usize,
    files: usize,
    bytes: u64,
    found: BTreeMap<Place, Files>,
    /// What is there instead, to be told where nothing is found.
    instead: Option<Instead>,
}

/// What stands in a submission where nothing is taken.
pub(crate) enum Instead {
    /// Rust files, in a folder of this name.
    Rust(String),
    /// An archive of this name.
    Archive(String),
}

impl<'a> Collector<'a> {
    pub(crate) fn new(lessons: &'a [String], limits: Limits) -> Self {
        let found = BTreeMap::new();
        Self { lessons, limits, entries: 0, files: 0, bytes: 0, found, instead: None }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Looks at an entry called `name`, with `/` between its parts; gives a wish where its bytes
    /// are wanted.
    pub(crate) fn entry(&mut self, name: &[u8], kind: Kind) -> Result<Option<Wish>, Refusal> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(Refusal::Oversized(words::too_many_entries(self.limits.entries)));
        }
        let parts = parts(name)?;
        let Some(wish) = self.wish(name, &parts) else {
            if kind == Kind::File {
                self.note(&parts);
            }
            return Ok(None);
        };
        match kind {
            Kind::File => {}
            // A folder's own entry has nothing to take.
            Kind::Folder => return Ok(None),
            Kind::Link => return Err(Refusal::Hostile(words::link(&wish.name))),
            Kind::Other => return Err(Refusal::Hostile(words::no_regular_file(&wish.name))),
        }
        if name.len() > self.limits.path || parts.len() > self.limits.depth {
            return Err(Refusal::Oversized(words::long_path(&wish.name, self.limits.path)));
        }
        if let Some(odd) = parts.iter().find(|part| !is_plain(part)) {
            return Err(Refusal::Unreadable(words::odd_name(&shown(odd.as_bytes()))));
        }
        self.files += 1;
        if self.files > self.limits.files {
            return Err(Refusal::Oversized(words::too_many_files(self.limits.files)));
        }
        Ok(Some(wish))
    }

    /// Notes a file that is not taken, where it may be what was meant.
    fn note(&mut self, parts: &[String]) {
        let Some((file, folders)) = parts.split_last() else { return };
        if self.instead.is_some() || folders.iter().any(|part| is_aside(part)) {
            return;
        }
        if is_rust(file) {
            self.instead = Some(Instead::Rust(shown(folders.join("/").as_bytes())));
        } else if super::is_archive(file) {
            self.instead = Some(Instead::Archive(shown(parts.join("/").as_bytes())));
        }
    }

    /// Whether a link or a folder of this name could have something to take below it.
    pub(crate) fn leads_to_sources(&self, name: &[u8]) -> bool {
        let Ok(mut parts) = parts(name) else { return false };
        // Another link is only left out, as all else that is not taken.
        if !parts.iter().any(|part| part == "src" || part == "exercises") {
            return false;
        }
        parts.push("x.rs".into());
        for lead in [&[][..], &["src"], &["lesson", "src"]] {
            let mut longer = parts.clone();
            let end = longer.len() - 1;
            let lead = lead.iter().map(|part| match *part {
                "lesson" => self.lessons.first().cloned().unwrap_or_default(),
                part => part.to_owned(),
            });
            longer.splice(end..end, lead);
            if self.wish(name, &longer).is_some() {
                return true;
            }
        }
        false
    }

    /// Takes an entry's bytes, at most as many as are allowed.
    pub(crate) fn take(&mut self, wish: Wish, from: impl Read) -> Result<u64, Refusal> {
        let mut bytes = Vec::new();
        from.take(self.limits.file + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Refusal::Unreadable(words::cannot_read_entry(&wish.name, &error)))?;
        let count = bytes.len() as u64;
        if count > self.limits.file {
            return Err(Refusal::Oversized(words::big_file(&wish.name, self.limits.file)));
        }
        self.bytes += count;
        if self.bytes > self.limits.bytes {
            return Err(Refusal::Oversized(words::too_many_bytes(self.limits.bytes)));
        }
        let files = self.found.entry((wish.prefix, wish.lesson)).or_default();
        if files.insert(wish.below_src, bytes).is_some() {
            return Err(Refusal::Hostile(words::twice(&wish.name)));
        }
        Ok(count)
    }

    /// The files by lesson. What stands in `exercises` goes before a bare `src`.
    pub(crate) fn finish(self) -> Result<BTreeMap<String, Files>, Refusal> {
        let lessons = self.by_lesson()?;
        match lessons.values().find_map(file_with_files_below) {
            Some(path) => {
                let name = shown(path.as_os_str().as_encoded_bytes());
                Err(Refusal::Hostile(words::file_and_folder(&name)))
            }
            None => Ok(lessons),
        }
    }

    fn by_lesson(self) -> Result<BTreeMap<String, Files>, Refusal> {
        let mut lessons: BTreeMap<String, (Vec<String>, Files)> = BTreeMap::new();
        let (named, bare): (Vec<_>, Vec<_>) =
            self.found.into_iter().partition(|((_, lesson), _)| lesson.is_some());
        for ((prefix, lesson), files) in named {
            let lesson = lesson.unwrap_or_default();
            if let Some((other, _)) = lessons.get(&lesson) {
                let (a, b) = (other.join("/"), prefix.join("/"));
                return Err(Refusal::Unreadable(words::two_copies(&lesson, &a, &b)));
            }
            lessons.insert(lesson, (prefix, files));
        }
        if lessons.is_empty() {
            match (bare.len(), self.lessons) {
                (0, _) => {
                    let words = words::empty(self.lessons, self.instead.as_ref());
                    return Err(Refusal::Empty(words));
                }
                (1, [only]) => {
                    let files = bare.into_iter().map(|(_, files)| files).next();
                    return Ok([(only.clone(), files.unwrap_or_default())].into());
                }
                (1, _) => return Err(Refusal::Unreadable(words::BARE_SRC.into())),
                _ => return Err(Refusal::Unreadable(words::TWO_SRC.into())),
            }
        }
        Ok(lessons.into_iter().map(|(lesson, (_, files))| (lesson, files)).collect())
    }

    fn wish(&self, name: &[u8], parts: &[String]) -> Option<Wish> {
        let (file, folders) = parts.split_last()?;
        if !is_rust(file) || folders.iter().any(|part| is_aside(part)) {
            return None;
        }
        let name = shown(name);
        if let Some(at) = folders.iter().position(|part| part == "exercises") {
            let lesson = folders.get(at + 1)?;
            let is_src = folders.get(at + 2).is_some_and(|part| part == "src");
            let is_asked_for = self.lessons.contains(lesson);
            return (at <= 2 && is_src && is_asked_for).then(|| Wish {
                prefix: folders[..at].to_vec(),
                lesson: Some(lesson.clone()),
                below_src: parts[at + 3..].iter().collect(),
                name,
            });
        }
        let at = folders.iter().position(|part| part == "src").filter(|at| *at <= 1)?;
        let below_src = parts[at + 1..].iter().collect();
        Some(Wish { prefix: folders[..at].to_vec(), lesson: None, below_src, name })
    }
}

/// A file that would have to be a folder too, which only an archive can have: no disk keeps both.
/// Where a disk knows no cases it does not keep `A.rs` beside `a.rs/b.rs` either.
fn file_with_files_below(files: &Files) -> Option<&PathBuf> {
    let lower = |path: &Path| path.to_string_lossy().to_lowercase();
    let folders: BTreeSet<String> =
        files.keys().flat_map(|path| path.ancestors().skip(1)).map(lower).collect();
    files.keys().find(|path| folders.contains(&lower(path)))
}

pub(super) fn is_rust(file: &str) -> bool {
    file.len() > 3 && file.ends_with(".rs") && !file.starts_with("._")
}

/// What these programs keep beside the files is nobody's work.
fn is_aside(part: &str) -> bool {
    ["__MACOSX", "target", ".git"].contains(&part)
}

/// The parts of a name. Old tools of Windows write `\` between them. A name that leads out of the
/// submission is refused, wherever in it, since no honest tool writes one.
fn parts(name: &[u8]) -> Result<Vec<String>, Refusal> {
    let refused = |words: String| Err(Refusal::Hostile(words));
    let text = match std::str::from_utf8(name) {
        Ok(text) => text.replace('\\', "/"),
        // It can be no file that is taken, unless its folders say so.
        Err(_) => String::from_utf8_lossy(name).replace('\\', "/"),
    };
    let has_drive =
        text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic();
    if text.starts_with('/') || has_drive {
        return refused(words::absolute(&shown(name)));
    }
    if text.contains('\0') {
        return refused(words::nul(&shown(name)));
    }
    let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    match parts.iter().any(|part| part == "..") {
        true => refused(words::traversal(&shown(name))),
        false => Ok(parts),
    }
}

/// Whether a part of a path is a name that every system and rustc can have.
fn is_plain(part: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-. ()+@,&'#".contains(c);
    part.len() <= 120 && part.chars().all(plain) && !part.ends_with(['.', ' '])
}
