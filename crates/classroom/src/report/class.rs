//! The page of the class: how the points are spread, where people are stuck, who needs help, and
//! which programs are the same.

use maud::{Markup, html};

use super::page;
use super::statistics::{Compile, Same, Statistics};
use crate::words::grading::students_in_words;
use crate::words::report as words;

/// A class's page, for its instructor.
pub(super) fn page(title: &str, it: &Statistics) -> String {
    let body = html! {
        header {
            h1 { (title) }
            p.score { (words::class_size(it.students.len(), it.received)) }
            nav aria-label=(words::SECTIONS) { ul.columns {
                @for (id, heading) in words::HEADINGS { li { a href=(format!("#{id}")) { (heading) } } }
            } }
        }
        (section(0, &spread(it)))
        (section(1, &lessons(it)))
        (section(2, &checks(it)))
        (section(3, &misconceptions(it)))
        (section(4, &help(it)))
        (section(5, &compile(&it.compile)))
        (section(6, &same(&it.same)))
        (section(7, &machine(it)))
        (section(8, &everybody(it)))
    };
    page::page(title, &body)
}

fn section(number: usize, content: &Markup) -> Markup {
    let (id, heading) = words::HEADINGS[number];
    html! { section #(id) { h2 { (heading) } (content) } }
}

/// A bar so long, of 100; the number stands beside it.
fn bar(part: usize, of: usize) -> Markup {
    let percent = (part * 100).checked_div(of).unwrap_or(0);
    html! { span.bar aria-hidden="true" style=(format!("width: {:.1}rem", percent as f64 / 10.0)) {} }
}

fn spread(it: &Statistics) -> Markup {
    let most = it.spread.iter().copied().max().unwrap_or(0);
    html! {
        p { (words::spread(it.median, it.quarters)) }
        table {
            caption { (words::SPREAD) }
            thead { tr { th scope="col" { (words::PERCENT) } th.number scope="col" { (words::STUDENTS) } th scope="col" { } } }
            tbody { @for (number, count) in it.spread.iter().enumerate() {
                tr { th scope="row" { (words::tenth(number)) } td.number { (count) } td { (bar(*count, most)) } }
            } }
        }
    }
}

fn lessons(it: &Statistics) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { (words::LESSON) } th.number scope="col" { (words::FULL) } th.number scope="col" { (words::MEAN) }
                th.number scope="col" { (words::NO_BUILD) } th.number scope="col" { (words::NOT_THERE) } } }
            tbody { @for lesson in &it.lessons {
                tr { th scope="row" { (lesson.name) } td.number { (lesson.full) } td.number { (format!("{:.0} %", lesson.mean)) }
                    td.number { (lesson.no_build) } td.number { (lesson.not_there) } }
            } }
        }
    }
}

fn checks(it: &Statistics) -> Markup {
    html! {
        table {
            caption { (words::CHECKS_CAPTION) }
            thead { tr { th scope="col" { (words::CHECK) } th scope="col" { (words::ASKS) } th.number scope="col" { (words::FAIL) }
                th scope="col" { } th.number scope="col" { (words::SKIPPED) } } }
            tbody { @for check in &it.checks {
                tr { th scope="row" { (check.lesson) " " code { (check.id) } } td { (page::prose(&check.title)) }
                    td.number { (words::of(check.failed, check.graded)) } td { (bar(check.failed, check.graded)) }
                    td.number { (check.skipped) } }
            } }
        }
        @if it.checks.is_empty() { p { (words::NOTHING_FAILS) } }
    }
}

fn misconceptions(it: &Statistics) -> Markup {
    html! {
        @for found in &it.misconceptions {
            h3 { (students_in_words(found.students.len())) " " code { (found.lesson) " " (found.check) } }
            p.why { (page::prose(&found.sentence)) }
            (links(&found.students))
        }
        @if it.misconceptions.is_empty() { p { (words::NO_MISCONCEPTION) } }
    }
}

fn links(students: &[String]) -> Markup {
    html! { p { @for (number, id) in students.iter().enumerate() { @if number > 0 { ", " } (link(id)) } } }
}

fn link(student: &str) -> Markup {
    html! { a href=(page::address("students", student, ".html")) { (student) } }
}

fn help(it: &Statistics) -> Markup {
    html! {
        @if it.help.is_empty() { p { (words::NO_HELP) } }
        @else { table {
            thead { tr { th scope="col" { (words::STUDENT) } th scope="col" { (words::NAME) } th.number scope="col" { (words::POINTS) }
                th scope="col" { (words::WHY) } } }
            tbody { @for (id, why) in &it.help { @if let Some(student) = it.student(id) {
                tr { td { (link(id)) } td { (student.name) } td.number { (words::percent(student.percent)) } td { (page::prose(why)) } }
            } } }
        } }
    }
}

fn compile(groups: &[Compile]) -> Markup {
    html! {
        @for group in groups {
            h3 { (students_in_words(group.students.len())) " " code { (group.lesson) } }
            p.why { @if let Some(code) = &group.code { strong { (code) } " " } (page::prose(&group.message)) }
            (links(&group.students))
        }
        @if groups.is_empty() { p { (words::ALL_COMPILE) } }
    }
}

fn same(groups: &[Same]) -> Markup {
    html! {
        p { (words::SAME) }
        @for group in groups {
            h3 { (students_in_words(group.students.len())) " " code { (group.lesson) } }
            @if let Some(shipped) = &group.shipped { p { (words::shipped(shipped)) } }
            (links(&group.students))
        }
        @if groups.is_empty() { p { (words::NONE_THE_SAME) } }
    }
}

fn machine(it: &Statistics) -> Markup {
    html! {
        @for (student, lesson, message) in &it.machine {
            p { (links(std::slice::from_ref(student))) " " code { (lesson) } " " (page::prose(message)) }
        }
        @if it.machine.is_empty() { p { (words::MACHINE_FINE) } }
    }
}

fn everybody(it: &Statistics) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { (words::STUDENT) } th scope="col" { (words::NAME) } th.number scope="col" { (words::POINTS) }
                th scope="col" { (words::HANDED_IN) } } }
            tbody { @for student in &it.students {
                tr { td { (link(&student.id)) }
                    td { (student.name) } td.number { (words::percent(student.percent)) } td { (page::prose(&student.received)) } }
            } }
        }
    }
}
