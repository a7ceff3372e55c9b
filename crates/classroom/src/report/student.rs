//! The page of one student: the score, each check, the conversation of each failure, and the
//! student's own code beside it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grader::Outcome;
use grader::ladder::Conversation;
use maud::{Markup, html};

use super::page;
use super::seen::{Seen, SeenLesson};
use crate::intake::Files;
use crate::result::{Arrival, CheckResult, LessonOutcome, LessonResult};
use crate::words::report as words;

/// Columns of a conversation that is shown as text.
const COLUMNS: usize = 88;

/// The page. `result` has only what its reader may see; `code` are the files of a lesson.
pub(super) fn page(title: &str, seen: &Seen, code: &BTreeMap<&str, Files>) -> String {
    let result = &seen.result;
    let name = result.name.as_deref().unwrap_or(&result.id);
    let body = html! {
        header {
            p.faint { (title) }
            h1 { (name) }
            @if name != result.id { p.faint { (result.id) } }
            p.score { (words::total(seen.score, seen.most)) }
            (handed_in(seen))
        }
        @if seen.lessons.len() > 1 {
            nav aria-label=(words::LESSONS) {
                ul { @for lesson in &seen.lessons {
                    li { a href=(format!("#{}", lesson.lesson)) { (lesson.lesson) } " " (lesson_points(lesson)) }
                } }
            }
        }
        @for it in &seen.lessons {
            @match result.lessons.iter().find(|lesson| lesson.lesson == it.lesson) {
                Some(lesson) => (section(lesson, it, code.get(it.lesson.as_str()))),
                None => section #(it.lesson) {
                    h2 { (it.lesson) " " (lesson_points(it)) }
                    @if result.submission.outcome == Arrival::Received { p { (words::NOT_HANDED_IN) } }
                    (corrected(&it.corrections))
                },
            }
        }
        footer { p.faint { (words::sandbox(&result.sandbox)) } }
    };
    page::page(&format!("{name} · {title}"), &body)
}

/// What there is to say of the submission itself.
fn handed_in(seen: &Seen) -> Markup {
    let submission = &seen.result.submission;
    html! {
        @if submission.outcome != Arrival::Received {
            p.why { strong { (words::capitalised(submission.outcome.word())) ": " } (page::prose(&submission.message)) }
        }
        @if let Some(late) = &seen.late { p { (words::capitalised(late)) "." } }
        @if !submission.instead_of.is_empty() { p { (words::instead_of(&submission.instead_of)) } }
    }
}

fn lesson_points(lesson: &SeenLesson) -> Markup {
    html! { span.faint { (words::lesson(lesson.score, lesson.most, lesson.weight)) } }
}

fn corrected(corrections: &[String]) -> Markup {
    html! { @for correction in corrections { p { (words::capitalised(correction)) } } }
}

fn section(lesson: &LessonResult, it: &SeenLesson, code: Option<&Files>) -> Markup {
    let failures = || lesson.checks.iter().filter(|check| is_failure(check));
    html! {
        section #(lesson.lesson) {
            h2 { (lesson.lesson) " " (lesson_points(it)) }
            @if lesson.outcome == LessonOutcome::NoBuild { p { (words::NO_BUILD_HERE) } }
            @if !lesson.message.is_empty() { p.why { (page::prose(&lesson.message)) } }
            (corrected(&it.corrections))
            @if !lesson.checks.is_empty() { (table(lesson)) }
            @let errors = &lesson.compile.errors;
            @if failures().next().is_some() || !errors.is_empty() || code.is_some() {
                div.beside {
                    div {
                        @for error in errors { (pre(&words::compiler_error(&error.message), error.shown.trim_end())) }
                        @for check in failures() { (failure(lesson, check)) }
                    }
                    div.sticky { @if let Some(code) = code { (own_code(code)) } }
                }
            }
        }
    }
}

fn is_failure(check: &CheckResult) -> bool {
    matches!(check.report.outcome, Outcome::Failed | Outcome::InfraError)
}

/// All checks, with their points.
fn table(lesson: &LessonResult) -> Markup {
    html! {
        table {
            caption { (words::CHECKS) }
            thead { tr { th scope="col" { (words::HOW) } th scope="col" { (words::CHECK) } th scope="col" { (words::ASKS) }
                th.number scope="col" { (words::POINTS) } } }
            tbody { @for CheckResult { report, again, .. } in &lesson.checks {
                @let (mark, class) = mark(report.outcome);
                tr {
                    td class=(class) { (mark) " " (words::outcome(report.outcome)) }
                    td { @if matches!(report.outcome, Outcome::Failed | Outcome::InfraError) {
                        a href=(format!("#{}.{}", lesson.lesson, report.id)) { code { (report.id) } }
                    } @else { code { (report.id) } } }
                    td { (page::prose(&report.title))
                        @if report.outcome == Outcome::Skipped { br; span.faint { (page::prose(&report.message)) } }
                        @if let Some(again) = again { br; span.faint { (page::prose(&words::again(&again.because, &again.message))) } } }
                    td.number { (report.points) "/" (report.max_points) }
                }
            } }
        }
    }
}

/// The sign and the class of an outcome. The sign and the word say it without the colour.
fn mark(outcome: Outcome) -> (&'static str, &'static str) {
    let class = match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
        Outcome::InfraError => "infra_error",
    };
    (grader::report::mark(outcome).0, class)
}

/// A failure as the terminal shows it.
fn failure(lesson: &LessonResult, check: &CheckResult) -> Markup {
    let report = &check.report;
    let (mark, class) = mark(report.outcome);
    let conversation = Conversation::of(&report.transcript, None);
    html! {
        article.failure class=(class) #(format!("{}.{}", lesson.lesson, report.id)) {
            h3 { (mark) " " code { (report.id) } " " (page::prose(&report.title)) }
            p { strong { (page::prose(&words::capitalised(&report.message))) } }
            dl {
                @if let Some(expected) = &report.expected { dt { (words::EXPECTED) } dd { (expected) } }
                @if let Some(actual) = &report.actual { dt { (words::GOT) } dd { (actual) } }
            }
            @if let Some(explanation) = &report.explanation { p.why { (page::prose(explanation)) } }
            @if !report.transcript.is_empty() {
                img src=(picture(&conversation, &report.id)) alt=(words::picture(&report.id));
                details { summary { (words::AS_TEXT) } (pre(&words::picture(&report.id), &conversation.text(COLUMNS))) }
            }
            @if !check.stderr.is_empty() { p.faint { (words::STDERR) } (pre(words::STDERR, &check.stderr.join("\n"))) }
            @if let Some(hint) = &report.hint { p { strong { (words::HINT) } " " (page::prose(hint)) } }
            p.faint { (words::seed(report.seed, report.duration_ms)) }
        }
    }
}

/// The conversation as an address that is the picture itself: a picture's own style then stays its own.
fn picture(conversation: &Conversation, title: &str) -> String {
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(conversation.svg(title)))
}

/// Text as it is, which can be scrolled with the keys.
fn pre(what: &str, text: &str) -> Markup {
    html! { pre tabindex="0" role="region" aria-label=(what) { (text) } }
}

fn own_code(files: &Files) -> Markup {
    html! {
        h3 { (words::CODE) }
        @for (path, bytes) in files {
            @let path = path.display().to_string();
            p.faint { code { "src/" (path) } }
            pre.code tabindex="0" role="region" aria-label=(path) {
                @for line in String::from_utf8_lossy(bytes).lines() { span { (shown(line)) } "\n" }
            }
        }
    }
}

/// A line of a student's file, without what could reorder or hide letters.
fn shown(line: &str) -> String {
    let is_hidden = |letter: char| {
        letter.is_control() && letter != '\t'
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    line.chars().map(|it| if is_hidden(it) { char::REPLACEMENT_CHARACTER } else { it }).collect()
}
