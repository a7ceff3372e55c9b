//! The progress file's content. It stays JSON, so that what is unknown here is written back as it
//! was.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Standing, Standings};

/// The version that this program writes.
const VERSION: u64 = 1;

/// The content of a progress file.
pub(super) struct Document {
    root: Map<String, Value>,
    /// Whether everything in the file could be read. What could not is gone from `root`.
    pub(super) whole: bool,
}

impl Document {
    fn empty() -> Map<String, Value> {
        Map::from_iter([
            ("format".into(), json!(format!("netlings-progress/{VERSION}"))),
            ("lessons".into(), json!({})),
        ])
    }

    /// Loads the file at `path`. Where there is none, progress is at its beginning.
    pub(super) fn load(path: &Path) -> io::Result<Self> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { root: Self::empty(), whole: true });
            }
            other => other?,
        };
        let root = match serde_json::from_slice(&bytes) {
            Ok(Value::Object(root)) if version(&root).is_some() => root,
            _ => return Ok(Self { root: Self::empty(), whole: false }),
        };
        let mut document = Self { root, whole: true };
        if version(&document.root) == Some(VERSION) {
            document.drop_what_is_wrong();
        }
        Ok(document)
    }

    /// A file of this very version has nothing in these places but what it should.
    fn drop_what_is_wrong(&mut self) {
        let mut whole = true;
        let mut keep = |good: bool| {
            whole &= good;
            good
        };
        if !keep(self.root.get("lessons").is_some_and(Value::is_object)) {
            self.root.insert("lessons".into(), json!({}));
        }
        if let Some(lessons) = self.root.get_mut("lessons").and_then(Value::as_object_mut) {
            lessons.retain(|_, lesson| keep(lesson.get("checks").is_some_and(Value::is_object)));
            for lesson in lessons.values_mut() {
                if let Some(checks) = lesson.get_mut("checks").and_then(Value::as_object_mut) {
                    checks.retain(|_, check| keep(is_sound(check)));
                }
            }
        }
        self.whole = whole;
    }

    /// The text to write.
    pub(super) fn text(&self) -> String {
        format!("{:#}\n", Value::Object(self.root.clone()))
    }

    /// What every known check's last outcome was.
    pub(super) fn standings(&self) -> Standings {
        let checks_of = |lesson: &Value| {
            let checks = lesson.get("checks").and_then(Value::as_object).into_iter().flatten();
            checks.filter_map(|(id, check)| Some((id.clone(), standing(check)?))).collect()
        };
        let lessons = self.root.get("lessons").and_then(Value::as_object).into_iter().flatten();
        lessons.map(|(name, lesson)| (name.clone(), checks_of(lesson))).collect()
    }

    /// Notes one check. False where a newer version keeps something else in that place.
    pub(super) fn note(&mut self, lesson: &str, check: &str, standing: Standing) -> bool {
        self.insert(lesson, check, "outcome", json!(standing.word()))
    }

    /// Notes how many hints of a check the student has asked for. False as in [`Document::note`].
    pub(super) fn note_hints(&mut self, lesson: &str, check: &str, hints: usize) -> bool {
        self.insert(lesson, check, "hints", json!(hints))
    }

    /// Takes the outcomes of a lesson's checks out. False as in [`Document::note`].
    pub(super) fn forget(&mut self, lesson: &str) -> bool {
        let lessons = self.root.get_mut("lessons").and_then(Value::as_object_mut);
        let Some(lesson) = lessons.and_then(|lessons| lessons.get_mut(lesson)) else { return true };
        let Some(checks) = lesson.get_mut("checks").and_then(Value::as_object_mut) else {
            return false;
        };
        // A check of which nothing else is known goes as a whole.
        checks.retain(|_, check| {
            check.as_object_mut().is_none_or(|check| {
                check.remove("outcome");
                !check.is_empty()
            })
        });
        true
    }

    fn insert(&mut self, lesson: &str, check: &str, key: &str, value: Value) -> bool {
        let mut place = &mut self.root;
        for key in ["lessons", lesson, "checks", check] {
            match place.entry(key).or_insert_with(|| json!({})).as_object_mut() {
                Some(inner) => place = inner,
                None => return false,
            }
        }
        place.insert(key.into(), value);
        true
    }

    /// How many hints of each of a lesson's checks the student has asked for.
    pub(super) fn hints(&self, lesson: &str) -> BTreeMap<String, usize> {
        let checks =
            self.root.get("lessons").and_then(|lessons| lessons.get(lesson)?.get("checks"));
        let checks = checks.and_then(Value::as_object).into_iter().flatten();
        checks.filter_map(|(id, check)| Some((id.clone(), hints(check)?))).collect()
    }
}

fn version(root: &Map<String, Value>) -> Option<u64> {
    root.get("format")?.as_str()?.strip_prefix("netlings-progress/")?.parse().ok()
}

/// An entry has an outcome, or hints, or both, and nothing else in their places.
fn is_sound(check: &Value) -> bool {
    let outcome = check.get("outcome").map(|_| standing(check).is_some());
    let hints = check.get("hints").map(|_| hints(check).is_some());
    outcome.or(hints).is_some() && outcome != Some(false) && hints != Some(false)
}

fn hints(check: &Value) -> Option<usize> {
    usize::try_from(check.get("hints")?.as_u64()?).ok()
}

fn standing(check: &Value) -> Option<Standing> {
    Standing::of_word(check.get("outcome")?.as_str()?)
}
