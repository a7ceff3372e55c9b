//! The record as a picture: a ladder in SVG, dark on white, for slides and for print.

use std::fmt::Write;

use super::markup::safe;
use super::telling::{Row, wrapped};
use super::{Deed, Event, Fate, Recorder, Telling, is_gone};
use crate::decode::{Decoded, Numbers, Packet};
use crate::tcp_state::TcpState;

// Lengths are in SVG's own units.
const EDGE: usize = 190;
const BETWEEN: usize = 560;
const TOP: usize = 110;
const STEP: usize = 52;
/// A row of words, and how wide a letter of them is.
const LINE: usize = 24;
const LETTER: usize = 10;

/// What all pictures share: fonts, and heads for the arrows.
const STYLE: &str = "\
<style>
text { font: 17px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1a1a1a; white-space: pre }
.title { font-size: 22px; font-weight: bold }
.name { font-size: 19px; font-weight: bold }
.state { fill: #00539c }
.words { font-size: 16px }
.remark { font-size: 14px; fill: #6b6b6b }
.gone text { fill: #b3261e }
.gone .state { fill: #00539c }
line { stroke: #1a1a1a; stroke-width: 2 }
.life { stroke: #b8b8b8 }
.gone line { stroke: #b3261e }
</style>
<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" \
markerHeight=\"8\" orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\" fill=\"#1a1a1a\"/>\
</marker></defs>
";

impl Recorder {
    /// What became of each frame as a picture (SVG 1.1): a lifeline for each host, an arrow for each
    /// frame, the states beside them where they were recorded, and what else is to be told. What was
    /// absorbed is left out.
    pub fn svg<'a>(&self, telling: impl Into<Telling<'a>>) -> String {
        let telling = telling.into();
        let width = self.lifeline(self.hosts().len().max(1) - 1) + EDGE;
        let mut words = String::new();
        let first = 36 + LINE + LINE / 2;
        let top = TOP + words_from(first, &telling.before, width, &mut words) - first;
        let mut numbers = Numbers::default();
        let mut body = String::new();
        let mut y = top;
        for row in self.shown(&telling.deeds) {
            y += STEP;
            match row {
                Row::Frame(event) => {
                    let text = numbers.line(&event.frame.bytes);
                    self.draw(&event, &event.frame.decode(), &text, y, &mut body);
                }
                Row::Deed(deed) => self.draw_deed(deed, y, &mut body),
            }
        }
        let end = y + STEP / 2;
        let height = words_from(end + STEP / 2, &telling.after, width, &mut words);
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{}</title>\n{STYLE}\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text class=\"title\" x=\"20\" y=\"36\">{}</text>\n{words}",
            safe(telling.title),
            safe(telling.title),
        );
        for (host, name) in self.hosts().iter().enumerate() {
            let x = self.lifeline(host);
            let address = self.addresses(host).first().map(ToString::to_string);
            let _ = writeln!(
                out,
                "<text class=\"name\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{} {}</text>\n\
                 <line class=\"life\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{end}\"/>",
                top - 30,
                safe(name),
                safe(&address.unwrap_or_default()),
                top - 15,
            );
        }
        out + &body + "</svg>\n"
    }

    /// Where a host's line stands.
    fn lifeline(&self, host: usize) -> usize {
        EDGE + host * BETWEEN
    }

    fn draw(&self, event: &Event, decoded: &Decoded, text: &str, y: usize, body: &mut String) {
        let class = if is_gone(event.fate) { " class=\"gone\"" } else { "" };
        let _ = write!(body, "<g{class}>");
        for to in self.receivers(event, decoded) {
            self.arrow(event, to, text, y, body);
        }
        seconds(event.time.as_secs_f64(), y, body);
        if event.fate != Fate::Delivered {
            let x = self.lifeline(self.hosts().len().max(1) - 1) + 10;
            let _ = write!(
                body,
                "<text class=\"remark\" x=\"{x}\" y=\"{}\">{}</text>",
                y - 20,
                event.fate
            );
        }
        for seen in &event.states {
            self.state(seen.host, seen.state(), y, body);
        }
        let _ = writeln!(body, "</g>");
    }

    /// What a program did, beside its host's line.
    fn draw_deed(&self, deed: &Deed, y: usize, body: &mut String) {
        let x = self.lifeline(deed.host);
        let (to, anchor) = if deed.host == 0 { (x + 14, "start") } else { (x - 14, "end") };
        let _ = write!(
            body,
            "<g><circle cx=\"{x}\" cy=\"{y}\" r=\"4\"/>\
             <text class=\"act\" x=\"{to}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            y + 6,
            safe(&deed.text),
        );
        seconds(deed.time.as_secs_f64(), y, body);
        for (host, state) in &deed.states {
            self.state(*host, *state, y, body);
        }
        let _ = writeln!(body, "</g>");
    }

    fn state(&self, host: usize, state: TcpState, y: usize, body: &mut String) {
        let x = self.lifeline(host);
        let (x, anchor) = if host == 0 { (x - 10, "end") } else { (x + 10, "start") };
        let _ = write!(
            body,
            "<text class=\"state\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{state}</text>",
            y + 6
        );
    }

    /// To one of the hosts, with its text above; a lost frame's ends in ✗ on the way.
    fn arrow(&self, event: &Event, to: usize, text: &str, y: usize, body: &mut String) {
        let mut end = self.lifeline(to);
        let start = match event.fate {
            // From nowhere: from somewhere on the wire to the host that got it.
            Fate::Injected if end > EDGE => end - BETWEEN / 2,
            Fate::Injected => end + BETWEEN / 2,
            _ => self.lifeline(event.frame.from),
        };
        let middle = usize::midpoint(start, end);
        let mut head = " marker-end=\"url(#head)\"";
        if is_gone(event.fate) {
            (end, head) = ((start + 2 * end) / 3, "");
        }
        let _ = write!(body, "<line x1=\"{start}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\"{head}/>");
        if is_gone(event.fate) {
            let _ =
                write!(body, "<text x=\"{end}\" y=\"{}\" text-anchor=\"middle\">✗</text>", y + 6);
        }
        let _ = write!(
            body,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            y - 8,
            safe(text)
        );
    }

    /// Whom a frame is for: the host that it names, or everybody else.
    fn receivers(&self, event: &Event, decoded: &Decoded) -> Vec<usize> {
        let from = event.frame.from;
        if event.fate == Fate::Injected {
            return vec![from];
        }
        let address = match &decoded.packet {
            Packet::Arp(arp) if arp.operation == 2 => Some(arp.target.1.into()),
            Packet::Arp(_) => None,
            _ => decoded.ip().map(|ip| ip.destination),
        };
        let all = 0..self.hosts().len();
        let named = all.clone().find(|host| {
            *host != from && address.is_some_and(|it| self.addresses(*host).contains(&it))
        });
        match named {
            Some(host) => vec![host],
            None => all.filter(|host| *host != from).collect(),
        }
    }
}

/// When it was, at the left edge.
fn seconds(seconds: f64, y: usize, body: &mut String) {
    let y = y - 20;
    let _ = write!(body, "<text class=\"remark\" x=\"20\" y=\"{y}\">{seconds:.3} s</text>");
}

/// Paragraphs from there on; where the next would begin.
fn words_from(mut y: usize, texts: &[String], width: usize, out: &mut String) -> usize {
    for text in texts {
        for row in wrapped(text, (width - 40) / LETTER) {
            let row = safe(&row);
            let _ = writeln!(out, "<text class=\"words\" x=\"20\" y=\"{y}\">{row}</text>");
            y += LINE;
        }
        y += LINE / 2;
    }
    y
}
