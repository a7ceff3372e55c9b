//! The record as a picture: a ladder in SVG, dark on white, for slides and for print.

use std::fmt::Write;

use super::markup::safe;
use super::{Event, Fate, Recorder, is_gone};
use crate::decode::{Decoded, Numbers, Packet};

// Lengths are in SVG's own units.
const EDGE: usize = 190;
const BETWEEN: usize = 560;
const TOP: usize = 110;
const STEP: usize = 52;

/// What all pictures share: fonts, and heads for the arrows.
const STYLE: &str = "\
<style>
text { font: 17px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1a1a1a }
.title { font-size: 22px; font-weight: bold }
.name { font-size: 19px; font-weight: bold }
.state { fill: #00539c }
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
    /// frame, the states beside them where they were recorded. What was absorbed is left out.
    pub fn svg(&self, title: &str) -> String {
        let mut numbers = Numbers::default();
        let mut body = String::new();
        let mut y = TOP;
        for event in self.shown() {
            let decoded = event.frame.decode();
            let text = numbers.line(&decoded);
            y += STEP;
            self.draw(&event, &decoded, &text, y, &mut body);
        }
        let (width, height) = (self.lifeline(self.hosts().len().max(1) - 1) + EDGE, y + STEP);
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{}</title>\n{STYLE}\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text class=\"title\" x=\"20\" y=\"36\">{}</text>",
            safe(title),
            safe(title),
        );
        for (host, name) in self.hosts().iter().enumerate() {
            let x = self.lifeline(host);
            let address = self.addresses(host).first().map(ToString::to_string);
            let _ = writeln!(
                out,
                "<text class=\"name\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{} {}</text>\n\
                 <line class=\"life\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\"/>",
                TOP - 30,
                safe(name),
                safe(&address.unwrap_or_default()),
                TOP - 15,
                height - STEP / 2,
            );
        }
        out + &body + "</svg>\n"
    }

    /// What people are shown: the end of each frame but of those that only repeat.
    pub(super) fn shown(&self) -> Vec<Event> {
        let mut events = self.ends();
        events.retain(|event| event.fate != Fate::Absorbed);
        events
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
        let _ = write!(
            body,
            "<text class=\"remark\" x=\"20\" y=\"{}\">{:.3} s</text>",
            y - 20,
            event.time.as_secs_f64(),
        );
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
            let x = self.lifeline(seen.host);
            let (x, anchor) = if seen.host == 0 { (x - 10, "end") } else { (x + 10, "start") };
            let state = seen.state();
            let _ = write!(
                body,
                "<text class=\"state\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{state}</text>",
                y + 6
            );
        }
        let _ = writeln!(body, "</g>");
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
