//! Text from a stranger, made safe to show.

/// `bytes` as text that cannot drive the terminal that shows it.
///
/// What is not UTF-8 becomes U+FFFD. ESC and every other control character is made visible: C0
/// and DEL as their pictures (U+2400 to U+2421: ESC is `␛`), C1 and the characters that reorder
/// text (Unicode's bidirectional controls) as `<U+202E>`. A tab stays a tab.
///
/// ```
/// assert_eq!(netkit::visible(b"\x1b[31mred\xff"), "␛[31mred\u{FFFD}");
/// ```
#[must_use]
pub fn visible(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '\t' => shown.push(c),
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f' => shown.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                shown.push_str(&format!("<U+{:04X}>", u32::from(c)));
            }
            _ => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        let hostile: String = (0..=0x2fff).filter_map(char::from_u32).collect();
        let shown = visible(hostile.as_bytes());
        assert!(shown.chars().all(|c| c == '\t' || !c.is_control()));
        assert!(!shown.contains('\u{202e}') && !shown.contains('\u{2066}'));
    }

    #[test]
    fn text_of_any_language_is_shown_as_it_is() {
        assert_eq!(visible("时间 naïve 🦀\ttab".as_bytes()), "时间 naïve 🦀\ttab");
    }

    #[test]
    fn broken_utf8_becomes_the_replacement_character() {
        assert_eq!(visible(&[b'a', 0xe5, 0xa5, b'b']), "a\u{FFFD}b");
    }
}
