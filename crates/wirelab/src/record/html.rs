//! The record as one HTML file: each frame a row that opens and shows its fields.
//!
//! It needs nothing from elsewhere and runs no script; the page forbids both to itself, in case that
//! somebody's bytes were taken for a tag after all. Rows open by mouse and by keyboard, since they
//! are `<details>`.

use std::fmt::Write;

use super::ladder::arrow;
use super::markup::safe;
use super::telling::Row;
use super::{Deed, Event, Fate, Recorder, Telling, is_gone};
use crate::decode::{Decoded, Numbers, Relative, payload};
use crate::tcp_state::TcpState;

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
p { max-width: 80ch }
summary, .act { white-space: pre }
summary { cursor: pointer; list-style: none }
summary::-webkit-details-marker { display: none }
summary::before { content: '▸ ' } [open] > summary::before { content: '▾ ' }
.act::before { content: '  ' }
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
    /// open, and what else is to be told. What was absorbed is left out.
    pub fn html<'a>(&self, telling: impl Into<Telling<'a>>) -> String {
        let telling = telling.into();
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
             {HEAD}<h1>{}</h1>\n",
            safe(telling.title),
            safe(telling.title),
        );
        paragraphs(&telling.before, &mut out);
        paragraphs(&[names], &mut out);
        let mut numbers = Numbers::default();
        for row in self.shown(&telling.deeds) {
            match row {
                Row::Frame(event) => {
                    let decoded = event.frame.decode();
                    let relative = numbers.relative(&decoded);
                    let text = decoded.line(relative, payload(&event.frame.bytes));
                    self.row(&event, &text, &mut out);
                    fields(&event, &decoded, relative, &mut out);
                }
                Row::Deed(deed) => self.deed_row(deed, &mut out),
            }
        }
        paragraphs(&telling.after, &mut out);
        out + "</html>\n"
    }

    fn row(&self, event: &Event, text: &str, out: &mut String) {
        let state = |host: usize| {
            event.states.iter().find(|seen| seen.host == host).map(|seen| seen.state())
        };
        let class = if is_gone(event.fate) { " class=\"gone\"" } else { "" };
        let time = event.time.as_secs_f64();
        let what =
            if event.fate == Fate::Delivered { String::new() } else { event.fate.to_string() };
        let _ = write!(out, "<details><summary><span class=\"quiet\">{time:>9.3}</span> ");
        if self.hosts().len() == 2 {
            let width = BETWEEN.max(text.chars().count() + 8);
            let arrow = format!("<span{class}>{}</span>", safe(&arrow(event, text, width)));
            between([state(0), state(1)], &arrow, out);
        } else {
            let from = safe(self.name(event.frame.from));
            let _ = write!(out, "{from:>12} <span{class}>{}</span>", safe(text));
        }
        let _ = writeln!(out, " <span class=\"quiet\">{}</span></summary>", safe(&what));
    }

    /// What a program did, beside its host.
    fn deed_row(&self, deed: &Deed, out: &mut String) {
        let state = |host: usize| {
            deed.states.iter().find(|(other, _)| *other == host).map(|(_, state)| *state)
        };
        let time = deed.time.as_secs_f64();
        let _ = write!(out, "<div class=\"act\"><span class=\"quiet\">{time:>9.3}</span> ");
        if self.hosts().len() == 2 {
            let width = BETWEEN.max(deed.text.chars().count() + 2) - 2;
            let text = match deed.host {
                0 => format!(" {:width$} ", deed.text),
                _ => format!(" {:>width$} ", deed.text),
            };
            between([state(0), state(1)], &safe(&text), out);
        } else {
            let _ = write!(out, "{:>12} {}", safe(self.name(deed.host)), safe(&deed.text));
        }
        let _ = writeln!(out, "</div>");
    }
}

/// What is between two hosts, with their states beside it.
fn between(states: [Option<TcpState>; 2], inner: &str, out: &mut String) {
    let [left, right] = states.map(|state| state.map_or("", TcpState::name));
    let _ = write!(
        out,
        "<span class=\"state\">{left:>12}</span> │{inner}│ <span class=\"state\">{right:12}</span>"
    );
}

fn paragraphs(texts: &[String], out: &mut String) {
    for text in texts {
        let _ = writeln!(out, "<p>{}</p>", safe(text));
    }
}

/// What opens below a row.
fn fields(event: &Event, decoded: &Decoded, numbers: Option<Relative>, out: &mut String) {
    let _ = writeln!(out, "<table>");
    for field in decoded.fields(numbers) {
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
