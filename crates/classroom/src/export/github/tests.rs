//! Annotations and summaries, read as GitHub reads them.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;
use crate::export::marks::tests::mark;

/// A command of a workflow: its name, its parameters and its text.
type Command = (String, BTreeMap<String, String>, String);

/// The command in a line, as the runner reads it
/// (<https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>). What the runner
/// would let pass, or print as it stands, and the description does not know, is an error here.
fn command(line: &str) -> Result<Command, &'static str> {
    let rest = line.strip_prefix("::").ok_or("it does not begin as a command")?;
    let (command, text) = rest.split_once("::").ok_or("nothing ends the parameters")?;
    let (name, told) = command.split_once(' ').unwrap_or((command, ""));
    if !["debug", "notice", "warning", "error"].contains(&name) {
        return Err("no such command");
    }
    let mut parameters = BTreeMap::new();
    for parameter in told.split(',').filter(|it| !it.is_empty()) {
        let (key, value) = parameter.split_once('=').ok_or("a parameter without a value")?;
        let is_number = ["line", "endLine", "col", "endColumn"].contains(&key);
        if !is_number && !["title", "file"].contains(&key) {
            return Err("no such parameter");
        }
        if is_number && value.parse::<u32>().is_err() {
            return Err("a place that is no number");
        }
        parameters.insert(key.into(), decoded(&value.replace("%3A", ":").replace("%2C", ",")));
    }
    Ok((name.into(), parameters, decoded(text)))
}

fn decoded(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

#[test]
fn the_published_commands_are_read_and_broken_ones_are_refused() {
    let (name, parameters, text) =
        command("::error file=app.js,line=1,col=5,endColumn=7,title=YOUR-TITLE::Missing semicolon")
            .unwrap();
    assert_eq!((&*name, &*text), ("error", "Missing semicolon"));
    assert_eq!((&*parameters["title"], &*parameters["endColumn"]), ("YOUR-TITLE", "7"));
    assert!(command("::debug::Set the Octocat variable").is_ok());
    for broken in [
        "error file=app.js,line=1::Missing semicolon",
        "::eror file=app.js,line=1::Missing semicolon",
        "::error file=app.js,line=1:Missing semicolon",
        "::error file=app.js,line=one::Missing semicolon",
        "::error file=app.js,colour=red::Missing semicolon",
    ] {
        assert!(command(broken).is_err(), "{broken}");
    }
}

#[test]
fn what_a_program_printed_is_no_command() {
    let mut mark = mark(false);
    mark.id = "a,b: c=%0A".into();
    mark.lessons[0].checks[1].outcome = Outcome::Failed;
    let printed = "100%\r\n::stop-commands::x\n%0A%25 ##[error]x";
    mark.lessons[0].checks[1].text = printed.into();
    mark.lessons[0].checks[0].outcome = Outcome::InfraError;
    let text = annotations(&[mark]);
    let commands: Vec<Command> = text.lines().map(|line| command(line).unwrap()).collect();
    let shown: Vec<_> = commands.iter().map(|it| (&*it.0, &*it.1["title"], &*it.2)).collect();
    assert_eq!(
        shown,
        [
            ("warning", "a,b: c=%0A: tcp-echo opens", ""),
            ("error", "a,b: c=%0A: tcp-echo closes", printed)
        ]
    );
}

/// What is wrong with a summary: it is GitHub's Markdown, 1 MiB at most; a part of a table is missing,
/// or something of a program's is shown as more than text.
fn wrong(text: &str) -> Option<&'static str> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_GFM;
    let (mut headings, mut tables, mut rows) = (0, 0, 0);
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => return Some("HTML"),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => return Some("a link"),
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Start(Tag::Table(_)) => tables += 1,
            Event::Start(Tag::TableRow) => rows += 1,
            _ => {}
        }
    }
    match () {
        () if text.len() > 1 << 20 => Some("GitHub shows nothing of it"),
        () if headings == 0 => Some("nothing says what it is about"),
        () if text.contains('|') && (tables != headings || rows < tables) => Some("no table"),
        () => None,
    }
}

#[test]
fn a_summary_is_markdown_in_which_what_a_program_printed_is_text() {
    // The example in the description.
    assert_eq!(wrong("### Hello world! :rocket:\n"), None);
    let mut mark = mark(false);
    mark.lessons[0].checks[1].text = "a | b <img src=x> [x](y) ![i](j) | --- \\".into();
    let good = tables(&[mark.clone()], MOST);
    assert_eq!(wrong(&good), None, "{good}");
    assert!(good.contains("a \\| b &lt;img") && !good.contains("secret"), "{good}");
    for (part, broken) in [
        ("| --- | --- | --- |\n", ""),
        ("&lt;img src=x&gt;", "<img src=x>"),
        ("\\[x\\]", "[x]"),
        ("### ", ""),
    ] {
        assert!(wrong(&good.replace(part, broken)).is_some(), "{broken}");
    }
    mark.lessons[0].checks[1].text = "see https://example.com and www.example.com".into();
    let text = tables(&[mark], MOST);
    assert!(!text.contains("://") || text.contains("\\://"), "{text}");
    assert!(text.contains("www\\."), "{text}");
}

#[test]
fn of_a_class_that_has_no_room_in_a_summary_it_is_told_how_many_are_missing() {
    let marks = vec![mark(false); 9000];
    let text = tables(&marks, MOST);
    assert!(wrong(&text).is_none() && text.len() as u64 > MOST - 4000, "{}", text.len());
    let shown = text.matches("### ").count();
    assert!(text.ends_with(&words::no_room(9000 - shown)), "{shown}");
    assert_eq!(tables(&marks, 10), "");
}
