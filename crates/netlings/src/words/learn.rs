//! The sentences of the learner's seat.

use std::fmt::Display;

/// In Markdown, above the first lesson's text.
pub(crate) const WELCOME: &str = "**netlings: learn network programming by writing real programs.** Read the lesson, `e` opens \
     it in your editor, each save is built and graded. `?` tells all keys.\n\n---\n\n";

pub(crate) const PAGES: [&str; 3] = ["course", "lesson", "checks"];
pub(crate) const GRADING_VANISHED: &str =
    "the grading ended by itself, without a result. `g` tries again.";
pub(crate) const LAST_LESSON: &str = "This is the last lesson.";
pub(crate) const FIRST_LESSON: &str = "This is the first lesson.";
pub(crate) const COMPILER: &str = "What the compiler said";
pub(crate) const NO_WARNINGS: &str = "The compiler has nothing to remark.";
pub(crate) const SOLUTION: &str = "Yours, and the solution's";
pub(crate) const RESET: &str = "Starting anew";
pub(crate) const CANNOT_RUN: &str = "It cannot be run";
pub(crate) const HELP_TITLE: &str = "Keys";
pub(crate) const HINTS: &str = "hints";
pub(crate) const BUILDING: &str = "building";
pub(crate) const GRADING: &str = "grading";
pub(crate) const NOT_GRADED_YET: &str =
    "Not graded yet. Each save is built and graded by itself; `g` does it now.";
pub(crate) const IN_PROGRESS: &str = "Being graded.";
pub(crate) const ENTER_GOES_BACK: &str = "Press Enter to go back to netlings.";
pub(crate) const NO_TERMINAL: &str = "this needs a terminal. `netlings learn --plain` does the \
                                      same by lines of text.";
pub(crate) const NO_LESSONS: &str = "exercises/ has no lesson: no folder in it has a lesson.toml. \
                                     `git status` says what is missing of the clone.";
pub(crate) const NO_WATCH: &str = "saves cannot be noticed here";
pub(crate) const MORE_BELOW: &str = "↓ more";
pub(crate) const GO_BACK: &str = "Esc: back";
pub(crate) const BUILD_FIRST: &str = "Hints are about checks, and those need a program that builds. Mend the first error; e opens it.";

pub(crate) const PLAIN: &str = "Each save is built and graded. You can type: h (one more hint), t (the lesson's text), s (the \
     solution beside yours), l (the lessons), n (the next lesson), a lesson's name, Enter (grade \
     now), q (quit).";
pub(crate) const WAITING: &str = "Waiting for the next save, or for what you type.";

pub(crate) fn grading(lesson: &str) -> String {
    format!("{lesson} is built and graded…")
}

pub(crate) const OPEN_IN_YOUR_EDITOR: &str =
    "Open this in your editor; each save is noticed. With EDITOR set, e opens it.";
pub(crate) const EACH_SAVE: &str = "each save is graded";

pub(crate) fn passed(lesson: &str) -> String {
    format!("{lesson} is passed. n: the next lesson   s: the solution beside yours")
}

pub(crate) fn last_hint() -> String {
    "That was the last hint. `s` shows the finished program.".into()
}

pub(crate) fn passed_in(milliseconds: u64) -> String {
    format!("Passed, in {milliseconds} ms.")
}

pub(crate) fn passed_before() -> String {
    "Passed the last time.".into()
}

pub(crate) fn failed_before() -> String {
    "Did not pass the last time. `g` grades now, and tells why.".into()
}

pub(crate) fn no_build(errors_above: bool) -> String {
    match errors_above {
        true => "It does not build. Mend the first error; e opens it.".into(),
        false => "It does not build.".into(),
    }
}

pub(crate) fn step(number: u32, text: &str) -> String {
    format!("step {number}: {text}")
}

pub(crate) fn waits_at(place: &impl Display, line: usize) -> String {
    format!("{place}:{line}")
}

pub(crate) fn mend(id: &str) -> String {
    format!("{id} does not pass yet. h gives a hint")
}

/// An open step, below a check that fails over what is written already.
pub(crate) fn then_step(number: u32, place: &str) -> String {
    format!("then step {number}; e opens {place}")
}

/// `words` are those of `netlings solution`. Their first line tells; the others name its commands.
pub(crate) fn not_yet(words: &str) -> &str {
    words.lines().next().unwrap_or_default()
}

/// In the seat of lines.
pub(crate) const SOLUTION_ANYWAY: &str = "Type `s anyway` to see it all the same, or h for a hint.";

/// Something was typed in the seat of lines that it doesn't know.
pub(crate) fn unknown(word: &str) -> String {
    format!("`{word}` is neither a lesson nor something that can be typed here.")
}

pub(crate) fn cannot_run(command: &str, error: &std::io::Error) -> String {
    format!("cannot run {command}: {}", netkit::cause(error))
}

pub(crate) fn ask_reset(lesson: &str) -> (String, String) {
    (
        RESET.into(),
        format!(
            "Start {lesson} anew? Its files become what they were at the beginning. What you wrote \
             is kept, and you are told where.\n\n  y    start anew\n  Esc  leave all as it is\n"
        ),
    )
}

pub(crate) fn ask_solution(words: &str) -> (String, String) {
    let words = not_yet(words);
    (SOLUTION.into(), format!("{words}\n\n  y    show it all the same\n  Esc  go on by yourself\n"))
}

pub(crate) fn lesson_of(number: usize, all: usize) -> String {
    format!("lesson {number} of {all}")
}

pub(crate) fn points(reached: u32, all: u32) -> String {
    format!("{reached}/{all} points")
}

pub(crate) fn warnings(count: usize) -> String {
    match count {
        1 => "the compiler has a warning; w shows it".into(),
        _ => format!("the compiler has {count} warnings; w shows them"),
    }
}

/// The keys at the bottom, the most needed first.
pub(crate) const KEYS: [(&str, &str); 10] = [
    ("e", "edit"),
    ("h", "hint"),
    ("g", "grade"),
    ("r", "run"),
    ("Tab", "page"),
    ("n", "next lesson"),
    ("s", "solution"),
    ("/", "search"),
    ("?", "help"),
    ("q", "quit"),
];

pub(crate) fn help() -> String {
    "\
Each save is built and graded by itself. The first failing check is shown.

  e         open your editor ($VISUAL or $EDITOR) at the place that is next
  h         one more hint for the check that is shown
  g, o      grade all checks now, or only the one that is shown
  r         run your program: client and server side by side, you type to both
  w         what the compiler remarked
  s         yours and the solution, side by side; before you passed it asks
  x         start the lesson anew; what you wrote is kept

  Tab, 1-3  the pages: course, lesson, checks
  up, down  move in a list, or in a text; j and k do the same
  PgUp/PgDn scroll; Space and the wheel too
  Enter     on a lesson: go there. On a check: open your editor
  n, p      the next lesson, the one before
  /         search in the list; Esc ends it

  d         the finished program in the same way (netlings demo)
  t         a TCP handshake, packet by packet (netlings trace)
  ?         this page
  q         quit; Ctrl-C does it too. Your progress is saved already

What a mark says:  ✓ passed   ✗ failed   - not run: it needs another one first
                   ! this machine could not grade it   · not graded yet
"
    .into()
}
