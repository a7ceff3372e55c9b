//! Gradescope's file, as far as it goes without Gradescope: unzipped where an image would have it,
//! and its script run on submissions.

#![cfg(unix)] // what Gradescope runs are scripts of a shell

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn course() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// What Gradescope has in `/autograder`.
struct Image {
    folder: tempfile::TempDir,
}

impl Image {
    fn of(lessons: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join("autograder.zip");
        let mut class = Command::new(env!("CARGO_BIN_EXE_netlings-class"));
        class.args(["autograder", "--lessons", lessons, "--out"]).arg(&zip);
        let output = class.current_dir(course()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let image = Self { folder };
        image.unzip(&zip);
        // An image builds the program; here it is the one under test.
        fs::create_dir_all(Self::target().join("debug")).unwrap();
        let program = Self::target().join("debug/netlings-class");
        let _ = fs::remove_file(&program);
        fs::copy(env!("CARGO_BIN_EXE_netlings-class"), program).unwrap();
        image
    }

    /// Where dependencies stay built for the next run of these tests.
    fn target() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("autograder")
    }

    fn place(&self, place: &str) -> PathBuf {
        self.folder.path().join(place)
    }

    fn unzip(&self, zip: &Path) {
        let mut zip = zip::ZipArchive::new(fs::File::open(zip).unwrap()).unwrap();
        for number in 0..zip.len() {
            let mut file = zip.by_index(number).unwrap();
            let path = self.place("source").join(file.enclosed_name().unwrap());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            fs::write(&path, bytes).unwrap();
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::Permissions::from_mode(file.unix_mode().unwrap());
            fs::set_permissions(path, mode).unwrap();
        }
    }

    /// Runs the script, as Gradescope does.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut script = Command::new(self.place("source/run_autograder"));
        script.args(arguments).env("AUTOGRADER", self.folder.path());
        script.env("CARGO_TARGET_DIR", Self::target()).output().unwrap()
    }

    fn submit(&self, files: &[(&str, &[u8])]) {
        let _ = fs::remove_dir_all(self.place("submission"));
        for (place, bytes) in files {
            let path = self.place("submission").join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    fn results(&self) -> Value {
        serde_json::from_slice(&fs::read(self.place("results/results.json")).unwrap()).unwrap()
    }
}

/// The score, whether it is the document's own or the sum of its tests'.
fn score(results: &Value) -> f64 {
    let tests = results["tests"].as_array().into_iter().flatten();
    let sum = tests.filter_map(|test| test["score"].as_f64()).sum();
    results["score"].as_f64().unwrap_or(sum)
}

#[test]
fn gradescopes_script_grades_what_students_hand_in_and_gives_no_points_for_its_own_trouble() {
    let image = Image::of("udp-time-server");
    let solutions = image.run(&["--solutions"]);
    assert!(solutions.status.success(), "{solutions:?}");
    assert!(!image.place("results/results.json").exists(), "it is no student's");

    let solution = course().join("solutions/udp-time-server/src");
    let names = ["main.rs", "server.rs", "client.rs", "question.rs"];
    let files: Vec<_> = names.map(|name| fs::read(solution.join(name)).unwrap()).into();
    let places = names.map(|name| format!("src/{name}"));
    let right: Vec<(&str, &[u8])> =
        places.iter().zip(&files).map(|(place, file)| (place.as_str(), file.as_slice())).collect();
    image.submit(&right);
    let output = image.run(&[]);
    assert!(output.status.success(), "{output:?}");
    assert!(score(&image.results()) >= 20.0, "{}", image.results());

    image.submit(&[("src/main.rs", b"fn main() { this is no Rust }")]);
    assert!(image.run(&[]).status.success());
    assert!(score(&image.results()) < 0.5, "{}", image.results());

    fs::write(image.place("source/lessons"), "no-such-lesson").unwrap();
    let trouble = image.run(&[]);
    assert!(!trouble.status.success());
    let results = image.results();
    assert!(results["score"].is_null() && results["tests"].is_null(), "{results}");
    assert!(results["output"].as_str().unwrap().contains("not your program"));
}
