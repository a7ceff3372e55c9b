//! `netlings-class rehearse`: a made-up class, to try a set-up before the term, and whether it was
//! graded as it deserves.
//!
//! Each student has, for each lesson, a program whose verdict is known: the solution, one of the
//! lesson's known mistakes, another right program, the untouched skeleton, or one that does not
//! compile. What must come of each stands in `expected.json` beside the submissions.

mod compare;
pub(crate) mod expected;
mod programs;

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::ending::{DONE, Stop};
use crate::files::write_below;
use crate::lessons::Clone;
use crate::words::{class as files, rehearse as words};
use expected::Expected;
use programs::Deck;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make up a class: submissions, a roster, and what must come of each
    Make(Make),
    /// Compare gradings of a made-up class with what it deserves, and with each other
    Compare(compare::Options),
}

#[derive(Debug, Args)]
struct Make {
    /// Where the class goes: a folder that is not there yet, or is empty
    folder: PathBuf,
    /// How many students
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    students: u32,
    /// The lessons, with commas between; else all
    #[arg(long, value_name = "LESSONS", value_delimiter = ',')]
    lessons: Vec<String>,
    /// Each student hands in one of the lessons, in turn, and not all of them
    #[arg(long)]
    one_each: bool,
    /// Another number makes another class; the same one makes the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The clone of the course; else the one around here
    #[arg(long, value_name = "DIR")]
    course_root: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<u8, Stop> {
    match &options.what {
        What::Make(make) => make.run(),
        What::Compare(options) => compare::run(options),
    }
}

impl Make {
    fn run(&self) -> Result<u8, Stop> {
        let clone = Clone::find(self.course_root.as_deref())?;
        if fs::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Stop::usage(words::not_empty(&self.folder)));
        }
        let lessons = clone.lessons(&self.lessons)?;
        let mut decks = Vec::new();
        for (number, text) in lessons.iter().enumerate() {
            let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(number as u64);
            decks.push(Deck::of(&clone.root, &text.lesson.name, seed)?);
        }
        let mut expected = Expected::default();
        let mut roster = String::from("ID,Name\n");
        for number in 0..self.students as usize {
            let id = format!("student-{:04}", number + 1);
            roster.push_str(&format!("{id},Student {}\n", number + 1));
            for (place, deck) in decks.iter_mut().enumerate() {
                if self.one_each && number % lessons.len() != place {
                    continue;
                }
                let program = deck.deal(number);
                let lesson = &lessons[place].lesson.name;
                let below = ["submissions", &id, "exercises", lesson, "src"];
                let folder = below.iter().fold(self.folder.clone(), |path, part| path.join(part));
                for (path, text) in &program.files {
                    let path = folder.join(path);
                    write_below(&path, text.as_bytes())
                        .map_err(|error| Stop::infrastructure(files::unwritable(&path, &error)))?;
                }
                expected.note(&id, lesson, program.expected);
            }
        }
        let roster_file = self.folder.join("roster.csv");
        fs::write(&roster_file, roster)
            .map_err(|error| Stop::infrastructure(files::unwritable(&roster_file, &error)))?;
        expected.keep(&self.folder)?;
        let told = words::made(self.students, &expected.kinds(), &self.folder);
        netkit::screen::line(told).map_err(|error| Stop::infrastructure(netkit::cause(&error)))?;
        Ok(DONE)
    }
}
