//! The class: who hands in, what was handed in, and when.
//!
//! Submissions stand in a folder, one entry each, or are named by a manifest. A roster tells who
//! should have handed in. Everybody of either is in the [`Class`], also whoever handed in nothing,
//! or twice.

mod manifest;
mod roster;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use sha2::{Digest, Sha256};

use crate::ending::Stop;
use crate::intake::{is_archive, without_ending};
use crate::words::class as words;
pub(crate) use manifest::Manifest;
pub(crate) use roster::Roster;

/// The most bytes of a manifest, a roster or another file that an instructor writes.
const MOST: u64 = 16 << 20;

/// Somebody of the class.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Names the result's file.
    pub(crate) id: String,
    /// What the roster calls them.
    pub(crate) name: Option<String>,
    /// There is a roster, and they are not on it.
    pub(crate) not_on_roster: bool,
    pub(crate) handed_in: HandedIn,
}

/// What somebody handed in.
#[derive(Clone, Debug)]
pub(crate) enum HandedIn {
    Nothing,
    One(Piece),
    /// Several, and nothing says which is the last.
    Several(Vec<Piece>),
    /// Something whose name can be no id.
    OddName(Piece),
}

/// Something that was handed in.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) path: PathBuf,
    /// As the instructor's listing names it.
    pub(crate) shown: String,
    pub(crate) submitted_at: Option<DateTime<FixedOffset>>,
    pub(crate) due: Option<DateTime<FixedOffset>>,
    /// Earlier pieces of the same member, which are not graded.
    pub(crate) instead_of: Vec<String>,
}

impl Piece {
    /// How late it came, in seconds, where that is known; 0 for what was in time.
    pub(crate) fn late_by_s(&self) -> Option<u64> {
        let late = self.submitted_at?.signed_duration_since(self.due?);
        Some(u64::try_from(late.num_seconds()).unwrap_or(0))
    }
}

/// Everybody, by id.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) members: BTreeMap<String, Member>,
    /// What stands in the folder and was taken for nobody's, by name.
    pub(crate) left_alone: Vec<String>,
}

impl Class {
    /// The class whose submissions are the entries of `folder`.
    pub(crate) fn of_folder(folder: &Path, roster: Option<&Roster>) -> Result<Self, Stop> {
        let unreadable = |error| Stop::usage(words::unreadable(folder, &error));
        let mut pieces: Vec<(String, Piece)> = Vec::new();
        let (mut left_alone, mut strays) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (path, own) = (entry.path(), entry.file_name());
            let shown = netkit::visible(own.as_encoded_bytes());
            let is_folder = path.is_dir();
            if shown.starts_with('.') {
                continue;
            }
            let name = own.to_str().unwrap_or(&shown);
            let id = if is_folder { name } else { id_in(name, roster) }.to_owned();
            // What lies beside: a roster, notes. Not `anna.rs` or `anna.7z`: they cannot be taken,
            // and it would be wrong to say that nothing was handed in.
            let is_somebodys = roster.is_some_and(|roster| roster.student(&id).is_some());
            let is_taken = is_folder || is_archive(name);
            if !is_taken && !is_somebodys {
                left_alone.push(shown);
                continue;
            }
            let piece =
                Piece { path, shown, submitted_at: None, due: None, instead_of: Vec::new() };
            if is_taken { &mut pieces } else { &mut strays }.push((id, piece));
        }
        // Beside what can be taken it is no second submission: an instructor's notes, a log.
        let handed_in: BTreeSet<String> = pieces.iter().map(|(id, _)| id.clone()).collect();
        for (id, stray) in strays {
            match handed_in.contains(&id) {
                true => left_alone.push(stray.shown),
                false => pieces.push((id, stray)),
            }
        }
        pieces.sort_by(|a, b| (&a.0, &a.1.path).cmp(&(&b.0, &b.1.path)));
        left_alone.sort();
        Ok(Self { left_alone, ..Self::of_pieces(pieces, roster) })
    }

    /// The class whose submissions a manifest names.
    pub(crate) fn of_manifest(manifest: Manifest, roster: Option<&Roster>) -> Self {
        Self::of_pieces(manifest.pieces, roster)
    }

    fn of_pieces(pieces: Vec<(String, Piece)>, roster: Option<&Roster>) -> Self {
        let mut by_id: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
        let mut odd = Vec::new();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for (id, piece) in pieces {
            // On some systems these two are one file.
            let is_double = !by_id.contains_key(&id) && taken.contains(&id.to_lowercase());
            if !is_an_id(&id) || is_double {
                odd.push(piece);
            } else {
                taken.insert(id.to_lowercase());
                by_id.entry(id).or_default().push(piece);
            }
        }
        let mut members = BTreeMap::new();
        for (id, pieces) in by_id {
            members.insert(id.clone(), member(id, the_last(pieces), roster));
        }
        for piece in odd {
            let hash = Sha256::digest(piece.path.as_os_str().as_encoded_bytes());
            let id = format!("odd-name-{}", crate::hash::hex(&hash[..6]));
            members.insert(id.clone(), member(id, HandedIn::OddName(piece), roster));
        }
        for student in roster.iter().flat_map(|roster| &roster.students) {
            let nothing = || member(student.id.clone(), HandedIn::Nothing, roster);
            members.entry(student.id.clone()).or_insert_with(nothing);
        }
        Self { members, left_alone: Vec::new() }
    }
}

/// The id that a file's name says: without the ending of an archive, or without its last ending where
/// that makes it somebody's of the roster.
fn id_in<'a>(name: &'a str, roster: Option<&Roster>) -> &'a str {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_known = |id: &str| roster.is_some_and(|roster| roster.student(id).is_some());
    match is_archive(name) || !is_known(stem) {
        true => without_ending(name),
        false => stem,
    }
}

fn member(id: String, handed_in: HandedIn, roster: Option<&Roster>) -> Member {
    let student = roster.and_then(|roster| roster.student(&id));
    let name = student.and_then(|student| student.name.clone());
    Member { not_on_roster: roster.is_some() && student.is_none(), id, name, handed_in }
}

/// Of several pieces the last, where all tell their time and one is the last.
fn the_last(mut pieces: Vec<Piece>) -> HandedIn {
    pieces.sort_by_key(|piece| piece.submitted_at);
    let knows_all = pieces.iter().all(|piece| piece.submitted_at.is_some());
    let is_clear = match pieces.as_slice() {
        [.., a, b] => knows_all && a.submitted_at < b.submitted_at,
        _ => true,
    };
    match pieces.pop() {
        Some(mut last) if is_clear => {
            last.instead_of = pieces.into_iter().map(|piece| piece.shown).collect();
            HandedIn::One(last)
        }
        Some(last) => {
            pieces.push(last);
            HandedIn::Several(pieces)
        }
        None => HandedIn::Nothing,
    }
}

/// Whether `id` can name a file on every system, and a line of a table.
pub(crate) fn is_an_id(id: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-.@+ ,()'".contains(c);
    let has_edges = id.starts_with(['.', ' ', '-']) || id.ends_with(['.', ' ']);
    (1..=150).contains(&id.len()) && id.chars().all(plain) && !has_edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(name: &str, at: Option<&str>) -> (String, Piece) {
        let submitted_at = at.map(|at| DateTime::parse_from_rfc3339(at).unwrap());
        let due = Some(DateTime::parse_from_rfc3339("2026-11-20T12:00:00+01:00").unwrap());
        let path = PathBuf::from(name);
        let id = without_ending(name).to_owned();
        (id, Piece { path, shown: name.into(), submitted_at, due, instead_of: Vec::new() })
    }

    #[test]
    fn of_two_pieces_the_last_is_graded_where_their_times_are_known() {
        let early = piece("anna.zip", Some("2026-11-20T10:59:00Z"));
        let late = piece("anna.tar", Some("2026-11-20T11:00:30Z"));
        let class = Class::of_pieces(vec![late, early], None);
        let HandedIn::One(piece) = &class.members["anna"].handed_in else { panic!("{class:?}") };
        assert_eq!((piece.shown.as_str(), piece.late_by_s()), ("anna.tar", Some(30)));
        assert_eq!(piece.instead_of, ["anna.zip"]);
    }

    #[test]
    fn of_two_pieces_without_a_time_none_is_chosen() {
        let one = piece("anna.zip", Some("2026-11-20T10:59:00Z"));
        let class = Class::of_pieces(vec![one, piece("anna", None)], None);
        assert!(matches!(class.members["anna"].handed_in, HandedIn::Several(_)));
    }

    #[test]
    fn whoever_is_on_the_roster_is_in_the_class_and_whoever_is_not_is_too() {
        let roster = Roster::read("id,name\nanna,Anna A\nben,Ben B\n".as_bytes()).unwrap();
        let class =
            Class::of_pieces(vec![piece("anna.zip", None), piece("eve", None)], Some(&roster));
        let about = |id: &str| {
            let member = &class.members[id];
            (member.name.as_deref(), member.not_on_roster)
        };
        assert_eq!(about("anna"), (Some("Anna A"), false));
        assert_eq!(about("eve"), (None, true));
        assert!(matches!(class.members["ben"].handed_in, HandedIn::Nothing));
    }

    #[test]
    fn what_cannot_be_read_is_still_handed_in_and_what_is_nobodys_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["anna.7z", "ben.rs", "carl.rar", "roster.csv", ".DS_Store"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let roster = Roster::read("id\nanna\nben\ndora\n".as_bytes()).unwrap();
        let class = Class::of_folder(folder.path(), Some(&roster)).unwrap();
        for id in ["anna", "ben", "carl"] {
            assert!(matches!(class.members[id].handed_in, HandedIn::One(_)), "{class:?}");
        }
        assert!(matches!(class.members["dora"].handed_in, HandedIn::Nothing));
        assert_eq!(class.left_alone, ["roster.csv"]);
    }

    #[test]
    fn a_file_beside_a_students_submission_is_no_second_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ben")).unwrap();
        for name in ["anna.zip", "anna.txt", "anna", "ben.log", "dora.rs"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let roster = Roster::read("id\nanna\nben\ndora\n".as_bytes()).unwrap();
        let class = Class::of_folder(folder.path(), Some(&roster)).unwrap();
        for (id, shown) in [("anna", "anna.zip"), ("ben", "ben"), ("dora", "dora.rs")] {
            let HandedIn::One(piece) = &class.members[id].handed_in else { panic!("{class:?}") };
            assert_eq!(piece.shown, shown);
        }
        assert_eq!(class.left_alone, ["anna", "anna.txt", "ben.log"]);
    }

    #[test]
    fn a_name_that_can_be_no_file_gets_an_id_and_is_not_dropped() {
        let odd =
            vec![piece("../x", None), piece("a/b", None), piece("Anna", None), piece("anna", None)];
        let class = Class::of_pieces(odd, None);
        let odd = class.members.values().filter(|it| matches!(it.handed_in, HandedIn::OddName(_)));
        assert_eq!((odd.count(), class.members.len()), (3, 4));
        assert!(class.members.keys().all(|id| is_an_id(id)));
    }
}
