//! What every page has: one file that needs nothing from anywhere, and runs nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing is loaded and nothing is run, whatever a student's program printed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const STYLE: &str = r#"
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #57606a; --paper: #fff; --panel: #f3f5f8; --line: #cbd2da;
  --good: #14613a; --bad: #a8071a; --open: #7a4b00; --link: #0b4a8f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --faint: #a3adb9; --paper: #14181d; --panel: #1e242b;
  --line: #3a434e; --good: #6fd29b; --bad: #ff8a8f; --open: #f0b75e; --link: #86b9ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 96rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif; }
h1 { font-size: 1.8rem; margin: 0; } h2 { margin: 2.5rem 0 .75rem; border-bottom: 2px solid var(--line); }
h3 { margin: 1.5rem 0 .5rem; } a { color: var(--link); } p, li { max-width: 50rem; }
a:focus-visible, pre:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; }
.faint { color: var(--faint); } .score { font-size: 1.4rem; font-weight: 600; }
table { border-collapse: collapse; } caption { text-align: left; color: var(--faint); padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.passed { color: var(--good); } .failed { color: var(--bad); } .skipped { color: var(--faint); } .infra_error { color: var(--open); }
code, pre { font-family: 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .7rem; overflow-x: auto;
  font-size: .85rem; line-height: 1.45; margin: .4rem 0 1rem; }
.beside { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 2rem; align-items: start; }
@media (max-width: 70rem) { .beside { grid-template-columns: minmax(0, 1fr); } }
.failure { border-left: .3rem solid var(--bad); padding: .1rem 0 .1rem 1rem; margin: 1rem 0 2rem; }
.failure.infra_error { border-color: var(--open); } .failure img { width: 100%; height: auto; border: 1px solid var(--line); border-radius: .4rem; }
.why { background: var(--panel); border-radius: .4rem; padding: .6rem .9rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1rem; margin: .5rem 0; } dt { color: var(--faint); }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: .85rem; }
.code { counter-reset: line; } .code span { counter-increment: line; }
.code span::before { content: counter(line); display: inline-block; width: 2.5rem; margin-right: 1rem; text-align: right; color: var(--faint); }
.columns { columns: 3 16rem; padding-left: 1.2rem; } .sticky { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto; }
.bar { display: inline-block; height: .8rem; background: var(--link); border-radius: .15rem; vertical-align: baseline; }
@media print {
  :root { color-scheme: light; --ink: #000; --faint: #444; --paper: #fff; --panel: #fff; --line: #999; --good: #000; --bad: #000; --open: #000; --link: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; } .beside { display: block; } .sticky { position: static; max-height: none; overflow: visible; } .skip, nav { display: none; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; } .failure, tr, img { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .bar { background: #666; print-color-adjust: exact; } details::details-content { content-visibility: visible; height: auto; }
}
"#;

/// A whole page, as HTML.
pub(super) fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { (crate::words::report::SKIP) }
                main #content { (body) }
            }
        }
    };
    page.into_string()
}

/// A sentence: what stands between backquotes is code.
pub(super) fn prose(text: &str) -> Markup {
    let has_pairs = text.matches('`').count().is_multiple_of(2);
    html! {
        @if has_pairs {
            @for (number, part) in text.split('`').enumerate() {
                @if number % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}

/// An address below this page, for a name that may have any letters.
pub(super) fn address(folder: &str, name: &str, ending: &str) -> String {
    use std::fmt::Write;
    let mut address = format!("{folder}/");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                address.push(byte.into());
            }
            other => drop(write!(address, "%{other:02X}")),
        }
    }
    address + ending
}
