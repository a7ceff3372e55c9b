//! The sentences for course authors: what is wrong in a lesson, and the fix.

use std::time::Duration;

use std::fmt::Display;
use std::io;
use std::path::Path;

use crate::flaky::{Tallies, Tally};
use crate::mistake::{Mistake, Says};

// Steps and skeletons.

pub(crate) const INDENT_ALIKE: &str = "give both markers the same indentation";
pub(crate) const SKELETONS_AGREE: &str = "every skeleton is what its solution makes of it";
pub(crate) const WRITE_SKELETONS: &str =
    "`cargo netlings skeletons` writes them from the solutions; edit only those";

// Recordings.

pub(crate) const RECORDINGS_AGREE: &str = "the page is what the recordings make of it";

pub(crate) fn page_differs(page: &str) -> String {
    format!(
        "{page} isn't what the recordings make of it: `cargo netlings recordings --page` writes it"
    )
}

pub(crate) fn recorded(path: &str) -> String {
    format!("written: {path}")
}

pub(crate) fn not_recorded(scenario: &str, tier: &str, said: &str) -> String {
    format!("{scenario} was not recorded on the {tier} tier: {said}")
}

pub(crate) fn no_recording(path: &str, line: usize, error: &str) -> String {
    format!("{path}, line {line}, is no line of a recording: {error}")
}

pub(crate) fn forgets(path: &str) -> String {
    format!("{path} has forgotten how it began, so it is no recording of a scenario")
}

/// The page that the recordings make.
pub(crate) const PAGE_BEGINS: &str = "\
# Which scenario shows which state

What the hosts said of themselves while `cargo netlings trace SCENARIO` ran, on kernels and simulated. All eleven states of RFC 9293
(section 3.3.2) are there, on either. The scenarios about datagrams (`udp-loss`, `udp-reorder`, `arp`) have no connection, and so no states.

This page is made of the recordings in docs/recordings/, one line of JSON for each thing that a program did or that happened to a packet.
`just recordings` records them anew and writes it.
";

pub(crate) fn page_about(tier: &str) -> &'static str {
    match tier {
        "kernel" => "Kernels",
        _ => "Simulated",
    }
}

/// What is wrong with the beginning of a step, and the fix.
pub(crate) fn wrong_step(
    number: u32,
    text: &str,
    before: u32,
    longest: usize,
) -> Option<(String, String)> {
    let length = text.chars().count();
    if number <= before {
        let problem = format!("step {number} comes after step {before}");
        Some((problem, "number the steps in the order of work, upwards".into()))
    } else if length == 0 {
        let fix = format!("say in the imperative what is to do: `// step {number}: bind …`");
        Some((format!("step {number} says nothing"), fix))
    } else if length > longest {
        let problem = format!("the text of step {number} has {length} characters");
        Some((problem, format!("say it in at most {longest}")))
    } else {
        None
    }
}

pub(crate) fn step_in_step(inner: u32, outer: u32) -> String {
    format!("step {inner} begins inside step {outer}")
}

pub(crate) fn end_step(number: u32) -> String {
    format!("end it with a line `// end of step {number}`")
}

pub(crate) fn endless_step(number: u32) -> String {
    format!("step {number} has no end")
}

pub(crate) fn end_elsewhere(number: u32) -> String {
    format!("step {number} begins and ends at different indentations")
}

pub(crate) fn end_of_no_step(number: u32, open: Option<u32>) -> (String, String) {
    match open {
        Some(open) => (
            format!("step {number} ends inside step {open}"),
            format!("write `// end of step {open}`"),
        ),
        None => (
            format!("step {number} ends, but never began"),
            format!("begin it with a line `// step {number}: …`, or leave this line out"),
        ),
    }
}

pub(crate) fn step_number(number: u32, expected: u32) -> (String, String) {
    let problem = format!("step {number} stands where the lesson's step {expected} should be");
    (problem, format!("number the lesson's steps from 1 on, each number once: here {expected}"))
}

pub(crate) fn differs(file: &impl Display, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{file}:{line}: differs from what the solution makes of it"),
        None => format!("{file}: is missing"),
    }
}

pub(crate) fn written(file: &impl Display, kept: Option<&impl Display>) -> String {
    match kept {
        Some(kept) => format!("{file}: written; the old one is kept as {kept}"),
        None => format!("{file}: written"),
    }
}

// Known mistakes.

pub(crate) const OTHER_ID: &str = "give it an id of its own";
pub(crate) const EMPTY_TEXT: &str = "an empty text";
pub(crate) const SAY_MISCONCEPTION: &str = "say in a sentence what the misconception is";
pub(crate) const WRITE_KEBAB: &str = "write a-z, 0-9 and -, beginning with a letter";
pub(crate) const NAME_A_SOURCE: &str = "name a file below src/, such as src/server.rs";
pub(crate) const NO_MISTAKE: &str = "`replace` is the same as `find`";
pub(crate) const WRITE_A_MISTAKE: &str = "write the mistake there";
pub(crate) const NOT_FOUND: &str = "`find` does not stand in the solution's file";
pub(crate) const FIND_MORE: &str = "put more of the lines around it into `find` and `replace`";
pub(crate) const SAYS_NOTHING: &str = "the mistake does not state what its failure says";
pub(crate) const SAY_SOMETHING: &str =
    "add `says = \"a phrase of its explanation\"` or `cause_open = true`";
pub(crate) const SAYS_TWICE: &str = "both `says` and `cause_open`";
pub(crate) const SAY_ONE: &str = "keep one of the two";
pub(crate) const SAY_PHRASE: &str = "quote a phrase of the explanation";
pub(crate) const OTHER_PHRASE: &str = "quote a phrase that stands in the explanation alone";
pub(crate) const PHRASE_IS_NOWHERE: &str = "no explanation in lesson.toml has this phrase";
pub(crate) const QUOTE_AN_EXPLANATION: &str = "quote an explanation word by word";

pub(crate) fn second_mistake(id: &str) -> String {
    format!("a second mistake called `{id}`")
}

pub(crate) fn bad_mistake_id(id: &str) -> String {
    format!("a mistake cannot be called `{id}`")
}

pub(crate) fn no_file_for_mistake(file: &str) -> String {
    format!("the solution has no file `{file}`")
}

pub(crate) fn not_found_fix(file: &str, line: Option<&str>) -> String {
    let fix = format!("copy the lines from {file}, letter by letter");
    match line.map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => format!("{fix}: they differ from its line `{line}` on"),
        None => fix,
    }
}

pub(crate) fn found_often(times: usize, file: &str) -> String {
    format!("`find` stands {times} times in {file}")
}

pub(crate) fn no_such_check(id: &str) -> String {
    format!("the lesson has no check `{id}`")
}

pub(crate) fn near_check(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a check of lesson.toml".into(),
    }
}

pub(crate) fn phrase_is_shown(check: &str) -> String {
    format!("check `{check}` shows this phrase anyway, in its title or a hint")
}

// What a lesson's files lack.

pub(crate) const NO_OTHER_LANGUAGE: &str =
    "no also-right is in another language; put a .py file into the solution's examples/";

pub(crate) fn check_without_function(id: &str) -> String {
    format!("lesson.toml has a check `{id}` that crates/checks does not have")
}

pub(crate) fn check_without_text(id: &str) -> String {
    format!("crates/checks has a check `{id}` that lesson.toml does not have")
}

pub(crate) fn check_not_in_readme(id: &str) -> String {
    format!("README.md does not mention the check `{id}`")
}

pub(crate) fn check_without_mistake(id: &str) -> String {
    format!("no mistake names the check `{id}`: nobody knows whether it can fail")
}

pub(crate) fn number_of_hints(id: &str, number: usize) -> String {
    format!(
        "the check `{id}` has {number} hints; write two or three, from a nudge to nearly the answer"
    )
}

pub(crate) fn few_also_right(number: usize) -> String {
    format!("{number} other right programs stand in the solution's examples/; write at least two")
}

pub(crate) fn name_is_taken(name: &str, lesson: &str) -> String {
    format!(
        "the example {name} has the name of one of {lesson}'s; cargo builds both into one place"
    )
}

pub(crate) fn long_step(file: &impl Display, step: u32, lines: usize, most: usize) -> String {
    format!("src/{file}: step {step} has {lines} lines; {most} at most, else make two steps of it")
}

pub(crate) fn long_file(file: &impl Display, lines: usize, most: usize) -> String {
    format!("src/{file}: the skeleton has {lines} lines; a student reads {most} at most")
}

pub(crate) fn large_difference(file: &impl Display, lines: usize, most: usize) -> String {
    format!("src/{file}: solution and skeleton differ in {lines} lines; {most} at most")
}

// What the gradings show.

pub(crate) fn skeleton_warning(text: &str) -> String {
    format!("the skeleton compiles with a warning:\n{}", text.trim_end())
}

pub(crate) fn does_not_build(name: &str, why: &str) -> String {
    format!("{name} does not build:\n{}", why.trim_end())
}

pub(crate) fn should_pass(name: &str, check: &str) -> String {
    format!("{name} is right, but does not pass `{check}`")
}

pub(crate) fn skeleton_passes(check: &str) -> String {
    format!("the untouched skeleton passes `{check}`, so the check asks for nothing")
}

pub(crate) fn skeleton_is_silent(check: &str) -> String {
    format!("the untouched skeleton fails `{check}` without saying which step is to do")
}

pub(crate) fn skeleton_is_skipped(check: &str, message: &str) -> String {
    format!("the untouched skeleton never comes to `{check}`: {message}")
}

/// A mistake, as the author wrote it down.
fn named(mistake: &Mistake) -> String {
    format!("the mistake `{}` ({})", mistake.id, mistake.misconception.trim())
}

pub(crate) fn mistake_passes(mistake: &Mistake) -> String {
    format!("{} passes everything up to `{}`, which should catch it", named(mistake), mistake.check)
}

pub(crate) fn caught_by_another(mistake: &Mistake, check: &str) -> String {
    format!(
        "{} is caught by `{check}` first, not by `{}` as it says",
        named(mistake),
        mistake.check
    )
}

pub(crate) fn mistake_is_skipped(mistake: &Mistake, check: &str, message: &str) -> String {
    format!("{} never comes to `{check}`: {message}", named(mistake))
}

pub(crate) fn says_something_else(mistake: &Mistake) -> String {
    let named = named(mistake);
    match &mistake.says {
        Says::Phrase(phrase) => format!("{named} is caught, but not with the words `{phrase}`"),
        Says::CauseOpen => format!("{named} is caught, but not said to be of open cause"),
    }
}

pub(crate) fn explanation_never_given(id: &str) -> String {
    format!("no mistake gets the explanation `{id}`: nobody knows whether it is ever printed")
}

pub(crate) fn explanation_always_given(id: &str, check: &str, mistakes: &str) -> String {
    format!(
        "every mistake that trips `{check}` gets the explanation `{id}` ({mistakes}); write one \
         that trips it for another reason, and see that it does not get it"
    )
}

// A new lesson.

pub(crate) const NO_LIST_OF_SUITES: &str =
    "the lists of the lessons are not in the form known here";
pub(crate) const WRITE_LIST_OF_SUITES: &str = "write `mod …;` a line each, together; and `static SUITES: &[Suite] = &[`, a line `    …::SUITE,` each, `];`";

pub(crate) fn bad_lesson_name(name: &str, longest: usize) -> String {
    let name = netkit::visible(name.as_bytes());
    format!(
        "a lesson cannot be called `{name}`: it takes a-z, 0-9 and single -, begins with a letter, \
         ends without - and has at most {longest} letters, such as tcp-echo"
    )
}

pub(crate) fn name_is_a_keyword(name: &str) -> String {
    format!("a lesson cannot be called `{name}`: that is a word of Rust, and a module has the name")
}

pub(crate) fn name_is_reserved(name: &str) -> String {
    format!("a lesson cannot be called `{name}`: cargo, the compiler or a system keeps that name")
}

pub(crate) fn name_of_a_solution(name: &str, lesson: &str) -> String {
    format!("a lesson cannot be called `{name}`: that would be the solution of `{lesson}`")
}

pub(crate) fn place_is_taken(name: &str, place: &impl Display) -> String {
    format!("a lesson cannot be called `{name}`: {place} is there already")
}

pub(crate) fn name_of_a_package(name: &str) -> String {
    format!("a lesson cannot be called `{name}`: a crate of that name is used here (Cargo.lock)")
}

pub(crate) fn lesson_begun(name: &str) -> String {
    format!(
        "A whole lesson, if a small one: `cargo netlings verify {name}` passes. \
         docs/adding-a-lesson.md says how to go on."
    )
}

// verify.

/// The table's columns.
pub(crate) const TABLE: [&str; 4] =
    ["lesson", "mistakes caught", "also right accepted", "problems"];

pub(crate) const NOT_BUILT: &str =
    "the building ended early, for a reason that is not known; try again";

pub(crate) fn building(lesson: &str, mistakes: usize, also_right: usize) -> String {
    format!("building {lesson}: {mistakes} mistakes and {also_right} other right programs")
}

pub(crate) fn grading(lesson: &str, programs: usize) -> String {
    format!("grading {programs} programs of {lesson}")
}

pub(crate) fn machine(name: &str, check: &str, why: &str) -> String {
    format!("{name} could not be graded, the machine is in the way of `{check}`: {why}")
}

pub(crate) fn no_rehearsal(why: &str) -> String {
    format!("the demo could not be played, the machine is in the way: {why}")
}

/// The last sentence of `verify`.
pub(crate) fn verified(code: u8, problems: usize, took: Duration) -> String {
    match (code, problems) {
        (crate::ending::PASSED, _) => format!(
            "Every mistake was caught by the check it names, with the phrase it names. It took {:.0} s.",
            took.as_secs_f64()
        ),
        (crate::ending::INFRASTRUCTURE, _) => {
            "The machine was in the way, see above: the lessons are not verified.".into()
        }
        (_, 1) => "1 problem, see above.".into(),
        (_, problems) => format!("{problems} problems, see above."),
    }
}

// flaky.

pub(crate) fn repeating(total: u32, done: u32) -> String {
    match done {
        0 => format!("{total} gradings under load; an interrupted run goes on with --resume"),
        _ => format!("{done} of {total} gradings were done before; going on under load"),
    }
}

pub(crate) fn counts(tallies: &Tallies) -> String {
    let sum = |count: fn(&Tally) -> u32| tallies.values().map(count).sum::<u32>();
    format!("{} gradings, {} differences", sum(|tally| tally.done), sum(|tally| tally.differences))
}

pub(crate) fn came_out_differently(case: &str, difference: &str) -> String {
    format!("{case}: came out differently: {difference}")
}

pub(crate) fn tally(case: &str, done: u32, differences: u32) -> String {
    format!("{case}: {} of {done} as expected", done - differences)
}

pub(crate) fn no_state(file: &Path, error: &io::Error) -> String {
    format!("nothing to go on from, so this starts anew: {}: {error}", file.display())
}
