//! The record as one HTML file: each frame a row that opens and shows its fields.
//!
//! It needs nothing from elsewhere and runs no script; the page forbids both to itself, in case that
//! somebody's bytes were taken for a tag after all. Rows open by mouse and by keyboard, since they
//! are `<details>`.

use std::fmt::Write;

use super::ladder::arrow;
use super::markup::safe;
use super::{Event, Fate, Recorder, is_gone};
use crate::decode::{Numbers, Relative, payload};

/// Columns between the two hosts.
const BETWEEN: usize = 52;
/// So many bytes of a frame are shown.
const MOST_BYTES: usize = 512;

const HEAD: &str = "\
<meta name=\"viewport\" content=\"width=device-width\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<style>
:root { color-scheme: light dark; --state: #00539c; --gone: #b3261e; --quiet: #6b6b6b }
@media (prefers-color-scheme: dark) { :root { --state: #8ab8ff; --gone: #ff9d94; --quiet: #a5a5a5 } }
body { font: 15px/1.5 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; margin: 2em }
h1 { font-size: 1.3em }
summary { white-space: pre; cursor: pointer }
summary:focus-visible { outline: 2px solid var(--state) }
.state { color: var(--state) } .gone { color: var(--gone) } .quiet { color: var(--quiet) }
table { margin: .3em 0 1em 4em; border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: 0 1.5em 0 0; font-weight: normal }
th { color: var(--quiet) }
pre { margin: .3em 0 1em 4em }
</style>
";

impl Recorder {
    /// What became of each frame as an HTML page in one file, with each frame's fields and bytes to
    /// open. What was absorbed is left out.
    pub fn html(&self, title: &str) -> String {
        let mut out = String::new();
        let names = self.hosts().iter().enumerate().map(|(host, name)| {
            let addresses = self.addresses(host).iter().map(ToString::to_string);
            format!("{name} {}", addresses.collect::<Vec<_>>().join(" "))
        });
        let names = names.collect::<Vec<_>>().join(" · ");
        // Writing to a String can't fail.
        let _ = write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
             {HEAD}<h1>{}</h1>\n<p>{}</p>\n",
            safe(title),
            safe(title),
            safe(&names),
        );
        let mut numbers = Numbers::default();
        for event in self.shown() {
            let decoded = event.frame.decode();
            let relative = numbers.relative(&decoded);
            let text = numbers.line(&decoded);
            self.row(&event, &text, &mut out);
            fields(&event, relative, &mut out);
        }
        out + "</html>\n"
    }

    fn row(&self, event: &Event, text: &str, out: &mut String) {
        let state = |host: usize| {
            let seen = event.states.iter().find(|seen| seen.host == host);
            seen.map_or("", |seen| seen.state().name())
        };
        let class = if is_gone(event.fate) { " class=\"gone\"" } else { "" };
        let time = event.time.as_secs_f64();
        let what =
            if event.fate == Fate::Delivered { String::new() } else { event.fate.to_string() };
        let _ = write!(out, "<details><summary><span class=\"quiet\">{time:>9.3}</span> ");
        let _ = match self.hosts().len() {
            2 => {
                let width = BETWEEN.max(text.chars().count() + 8);
                write!(
                    out,
                    "<span class=\"state\">{:>12}</span> │<span{class}>{}</span>│ \
                     <span class=\"state\">{:12}</span>",
                    state(0),
                    safe(&arrow(event, text, width)),
                    state(1),
                )
            }
            _ => write!(
                out,
                "{:>12} <span{class}>{}</span>",
                safe(self.name(event.frame.from)),
                safe(text)
            ),
        };
        let _ = writeln!(out, " <span class=\"quiet\">{}</span></summary>", safe(&what));
    }
}

/// What opens below a row.
fn fields(event: &Event, numbers: Option<Relative>, out: &mut String) {
    let _ = writeln!(out, "<table>");
    for field in event.frame.decode().fields(numbers) {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"quiet\">{}</td></tr>",
            safe(field.name),
            safe(&field.value),
            safe(&field.meaning),
        );
    }
    let data = payload(&event.frame.bytes);
    if !data.is_empty() {
        let data = &data[..data.len().min(MOST_BYTES)];
        let text = safe(&String::from_utf8_lossy(data));
        let _ = writeln!(out, "<tr><th scope=\"row\">text</th><td colspan=\"2\">{text}</td></tr>");
    }
    let _ = writeln!(out, "</table>\n<pre>{}</pre></details>", dump(&event.frame.bytes));
}

/// Sixteen bytes a row, in hexadecimal.
fn dump(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(MOST_BYTES)];
    let rows = shown.chunks(16).enumerate().map(|(row, bytes)| {
        let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{:04x}  {}", row * 16, bytes.join(" "))
    });
    let mut rows: Vec<_> = rows.collect();
    if shown.len() < bytes.len() {
        rows.push(format!("and {} bytes more", bytes.len() - shown.len()));
    }
    rows.join("\n")
}
