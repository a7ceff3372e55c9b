//! What stands between the tags of a picture or a page: never a tag itself, whatever the bytes were.

/// `text` for HTML and SVG, in a text or in a quoted attribute. What drives a terminal or turns text
/// round becomes U+FFFD; XML forbids most of it anyway.
pub(super) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fffe}'
            | '\u{ffff}' => out.push('\u{fffd}'),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn nothing_that_is_a_tag_an_end_of_a_quote_or_a_control_is_left() {
        let hostile: String = (0..=0x2fff).filter_map(char::from_u32).collect();
        let shown = safe(&hostile);
        assert!(shown.chars().all(|letter| !letter.is_control() && !"<>\"'".contains(letter)));
        assert!(!shown.contains('\u{202e}') && !shown.contains('\u{2066}'));
        assert_eq!(safe("<b a='1'>&é</b>"), "&lt;b a=&#39;1&#39;&gt;&amp;é&lt;/b&gt;");
    }
}
