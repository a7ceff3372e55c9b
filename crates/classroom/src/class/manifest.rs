//! The manifest: a JSON file that names submissions, whatever their files are called.
//!
//! ```json
//! {
//!   "format": "netlings-manifest/1",
//!   "due": "2026-11-20T12:00:00+01:00",
//!   "submissions": [
//!     { "id": "anna", "path": "in/17.zip", "submitted_at": "2026-11-20T11:59:00+01:00" }
//!   ]
//! }
//! ```

use std::io::ErrorKind;
use std::path::Path;

use chrono::{DateTime, FixedOffset};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::Piece;
use crate::ending::Stop;
use crate::words::class as words;

/// What a manifest names.
pub(crate) struct Manifest {
    pub(super) pieces: Vec<(String, Piece)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    #[serde(default, deserialize_with = "moment")]
    due: Option<DateTime<FixedOffset>>,
    submissions: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    path: std::path::PathBuf,
    #[serde(default, deserialize_with = "moment")]
    submitted_at: Option<DateTime<FixedOffset>>,
    #[serde(default, deserialize_with = "moment")]
    due: Option<DateTime<FixedOffset>>,
}

/// A moment as RFC 3339 writes it. chrono's own way would compile serde for every exercise.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<FixedOffset>>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let read = text.map(|text| DateTime::parse_from_rfc3339(&text)).transpose();
    read.map_err(|error| D::Error::custom(words::bad_moment(&error)))
}

impl Manifest {
    /// Reads the manifest `file`. Its paths are meant from the folder that it stands in.
    pub(crate) fn load(file: &Path) -> Result<Self, Stop> {
        let text = crate::files::read(file, super::MOST)
            .map_err(|error| Stop::usage(words::unreadable(file, &error)))?;
        let manifest = Self::parse(&text, file.parent().unwrap_or(Path::new("")));
        let manifest = manifest.and_then(Self::names_what_is_there);
        manifest.map_err(|why| Stop::usage(words::wrong_file(file, &why)))
    }

    /// Refuses a path where nothing stands: it is no student's fault.
    fn names_what_is_there(self) -> Result<Self, String> {
        let is_gone = |path: &Path| {
            path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
        };
        match self.pieces.iter().find(|(_, piece)| is_gone(&piece.path)) {
            Some((id, piece)) => Err(words::not_there(id, &piece.shown)),
            None => Ok(self),
        }
    }

    fn parse(text: &[u8], folder: &Path) -> Result<Self, String> {
        let file: File = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if file.format != "netlings-manifest/1" {
            return Err(words::FORMAT_OF_MANIFEST.into());
        }
        let due = file.due;
        let pieces = file.submissions.into_iter().map(|entry| {
            let piece = Piece {
                shown: netkit::visible(entry.path.as_os_str().as_encoded_bytes()),
                path: folder.join(entry.path),
                submitted_at: entry.submitted_at,
                due: entry.due.or(due),
                instead_of: Vec::new(),
            };
            (entry.id, piece)
        });
        Ok(Self { pieces: pieces.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_stands_beside_the_manifest_and_has_its_own_day_or_the_common_one() {
        let text = r#"{"format": "netlings-manifest/1", "due": "2026-11-20T12:00:00Z",
            "submissions": [{"id": "a", "path": "x.zip", "submitted_at": "2026-11-20T12:00:09Z"},
                {"id": "b", "path": "y", "submitted_at": "2026-11-20T12:00:09Z",
                 "due": "2026-11-21T12:00:00Z"}]}"#;
        let pieces = Manifest::parse(text.as_bytes(), Path::new("in")).unwrap().pieces;
        assert_eq!(pieces[0].1.path, Path::new("in/x.zip"));
        assert_eq!([pieces[0].1.late_by_s(), pieces[1].1.late_by_s()], [Some(9), Some(0)]);
    }

    #[test]
    fn a_path_where_nothing_stands_is_the_manifests_fault_and_no_students() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("there.zip"), "").unwrap();
        let load = |path: &str| {
            let text = format!(
                "{{\"format\": \"netlings-manifest/1\", \"submissions\": [{{\"id\": \"anna\", \"path\": \"{path}\"}}]}}"
            );
            let file = folder.path().join("m.json");
            std::fs::write(&file, text).unwrap();
            Manifest::load(&file).map(|manifest| manifest.pieces.len())
        };
        assert_eq!(load("there.zip").unwrap(), 1);
        let stop = load("gone.zip").unwrap_err();
        assert!(stop.words.contains("anna") && stop.words.contains("gone.zip"), "{}", stop.words);
    }

    #[test]
    fn what_is_no_manifest_is_refused_with_the_place() {
        let wrong = [
            ("[]", "line 1"),
            ("{\"format\": \"x\", \"submissions\": []}", "netlings-manifest/1"),
            ("{\"format\": \"netlings-manifest/1\", \"submission\": []}", "submission"),
        ];
        for (text, told) in wrong {
            let error = Manifest::parse(text.as_bytes(), Path::new("")).err().unwrap();
            assert!(error.contains(told), "{error}");
        }
    }
}
