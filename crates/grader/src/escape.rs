//! Bytes as a person can read and compare them.

use std::fmt::Write;

/// Text shows on one line up to this many bytes; what is longer shows around its first difference.
const WINDOW: usize = 48;
/// Bytes in a hex row: as many as fit beside a label into 80 columns.
const ROW: usize = 12;

/// `bytes` between quotes: printable text as it is, everything else escaped (`\n`, `\x1b`,
/// `\xff`). What it shows can be typed into a Rust byte string, but for characters beyond ASCII.
#[must_use]
pub fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", escaped(bytes))
}

/// At most `most` bytes of `bytes`, quoted, with `…` where some are left out.
#[must_use]
pub fn quoted_start(bytes: &[u8], most: usize) -> String {
    if bytes.len() <= most {
        return quoted(bytes);
    }
    // Not in the middle of a character: its half would look like a broken one.
    let cut = (most.saturating_sub(3)..=most).rev().find(|&at| is_boundary(bytes, at));
    format!("{}…", quoted(&bytes[..cut.unwrap_or(most)]))
}

fn is_boundary(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80)
}

fn escaped(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => shown.extend(['\\', c]),
                '\n' => shown.push_str("\\n"),
                '\r' => shown.push_str("\\r"),
                '\t' => shown.push_str("\\t"),
                ' '..='~' => shown.push(c), // most of all text, so it is to be quick
                // What netkit would make visible must not drive this terminal either.
                c if c.is_control()
                    || netkit::visible(c.to_string().as_bytes()) != c.to_string() =>
                {
                    let _ = match u32::from(c) {
                        byte @ 0..=0x7f => write!(shown, "\\x{byte:02x}"),
                        code => write!(shown, "\\u{{{code:x}}}"),
                    };
                }
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// A number of bytes for people: `6 B`, `1.5 KiB`, `16 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let scaled = |unit: u64, name: &str| match (bytes / unit, bytes % unit * 10 / unit) {
        (whole, 0) => format!("{whole} {name}"),
        (whole, tenth) => format!("{whole}.{tenth} {name}"),
    };
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => scaled(1024, "KiB"),
        _ => scaled(0x10_0000, "MiB"),
    }
}

/// Where two byte strings differ first; `None` when they are equal.
#[must_use]
pub(crate) fn first_difference(expected: &[u8], got: &[u8]) -> Option<usize> {
    let shared = expected.iter().zip(got).position(|(a, b)| a != b);
    let shorter = expected.len().min(got.len());
    shared.or((expected.len() != got.len()).then_some(shorter))
}

/// `expected` and `got`, shown so that their first difference can be found: quoted text with a
/// caret under it, or hex rows where either holds bytes that aren't text.
#[must_use]
pub(crate) fn compared(expected: &[u8], got: &[u8]) -> (String, String) {
    let at = first_difference(expected, got);
    if is_text(expected) && is_text(got) {
        let start = at.map_or(0, |at| window_start(expected, got, at));
        let line = |bytes: &[u8]| text_window(bytes, start);
        let mut shown = line(got);
        if let Some(at) = at {
            let before = got.get(start..at.min(got.len())).unwrap_or_default();
            let column = usize::from(start > 0)
                + 1
                + unicode_width::UnicodeWidthStr::width(&*escaped(before));
            let _ = write!(
                shown,
                "\n{}^ {}",
                " ".repeat(column),
                difference_in_words(expected, got, at)
            );
        }
        return (line(expected), shown);
    }
    let row = at.unwrap_or(0) / ROW;
    let mut shown = hex_rows(got, row);
    if let Some(at) = at {
        let column = 10 + at % ROW * 3;
        let _ =
            write!(shown, "\n{}^^ {}", " ".repeat(column), difference_in_words(expected, got, at));
    }
    (hex_rows(expected, row), shown)
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !"\n\r\t\x1b".contains(c)))
}

/// The start of what is shown: on a character's boundary of both, some way before `at`.
fn window_start(expected: &[u8], got: &[u8], at: usize) -> usize {
    if expected.len().max(got.len()) <= WINDOW {
        return 0;
    }
    let wanted = at.saturating_sub(WINDOW / 2);
    (0..=wanted).rev().find(|&at| is_boundary(expected, at) && is_boundary(got, at)).unwrap_or(0)
}

fn text_window(bytes: &[u8], start: usize) -> String {
    let lead = if start > 0 { "…" } else { "" };
    let shown = quoted_start(bytes.get(start..).unwrap_or_default(), WINDOW);
    format!("{lead}{shown}  {}", size(bytes.len() as u64))
}

fn difference_in_words(expected: &[u8], got: &[u8], at: usize) -> String {
    match (expected.get(at), got.get(at)) {
        (Some(_), None) => format!("ends here, {} missing", size((expected.len() - at) as u64)),
        (None, Some(_)) => format!("{} too many from here", size((got.len() - at) as u64)),
        (Some(wanted), Some(came)) => {
            format!("byte {at} is {came:#04x} and should be {wanted:#04x}")
        }
        (None, None) => "the same".into(),
    }
}

/// The hex row number `row` and the one before it, each with its offset and its text. The last one
/// is the row with the difference, so that a caret can stand under it.
fn hex_rows(bytes: &[u8], row: usize) -> String {
    let mut shown = format!("{} in all", size(bytes.len() as u64));
    let first = row.saturating_sub(1);
    for (number, row_bytes) in bytes.chunks(ROW).enumerate().take(row + 1).skip(first) {
        let hex: String = row_bytes.iter().map(|byte| format!("{byte:02x} ")).collect();
        let printable = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' };
        let text: String = row_bytes.iter().map(printable).collect();
        let _ = write!(shown, "\n{:08x}  {hex:<width$} {text}", number * ROW, width = ROW * 3);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_the_rest_is_escaped() {
        assert_eq!(quoted("好 \"a\"\n\x1b\u{202e}".as_bytes()), r#""好 \"a\"\n\x1b\u{202e}""#);
        assert_eq!(quoted(b"\xe5\xa5\xff"), r#""\xe5\xa5\xff""#);
    }

    #[test]
    fn a_character_is_not_cut_in_two_by_the_ellipsis() {
        assert_eq!(quoted_start("好好".as_bytes(), 4), "\"好\"…");
    }

    #[test]
    fn the_caret_stands_under_the_first_difference() {
        let (expected, got) = compared(b"hello!", b"hello!\n");
        assert_eq!(expected, "\"hello!\"  6 B");
        assert_eq!(got, "\"hello!\\n\"  7 B\n       ^ 1 B too many from here");
    }

    #[test]
    fn the_caret_counts_columns_and_not_bytes() {
        let (_, got) = compared("时间!".as_bytes(), "时间?".as_bytes());
        assert!(got.contains("\n     ^ byte 6 is 0x3f"), "{got}");
    }

    #[test]
    fn a_late_difference_in_a_long_text_is_in_the_window() {
        let expected = "a".repeat(3000);
        let got = format!("{}b", "a".repeat(2500));
        let (_, shown) = compared(expected.as_bytes(), got.as_bytes());
        assert!(shown.starts_with('…') && shown.contains("byte 2500 is 0x62"), "{shown}");
    }

    #[test]
    fn bytes_that_are_not_text_show_as_the_hex_row_that_differs() {
        let expected: Vec<u8> = (0..=255).collect();
        let mut got = expected.clone();
        got[0x85] = 0;
        let (wanted, shown) = compared(&expected, &got);
        assert!(wanted.contains("\n00000078  78 79"), "{wanted}");
        assert!(wanted.contains("\n00000084  84 85 86"), "{wanted}");
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[2].find("00 86"), lines[3].find("^^"), "{shown}");
        assert!(lines.iter().all(|line| line.len() <= 70), "beside a label: {shown}");
    }

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(size(6), "6 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(16 << 20), "16 MiB");
    }
}
