//! Which programs are the same, whatever their authors call things and wherever they break lines.
//!
//! A program's *form* is its tokens without comments, with every name that the author chose replaced
//! by the place of its first use. Names that say what a program does stay: methods, paths, macros,
//! types of libraries. So a renamed copy has the form of the original, and one that reads where the
//! other writes has not.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::hash::Hash;

/// Brackets may stand in one another so deep. The compiler takes no more than 128 by itself, and each takes
/// its part of the stack here.
const MOST_DEEP: usize = 200;

/// Words that no author chose.
const FIXED: &[&str] = &[
    "as", "async", "await", "bool", "break", "char", "const", "continue", "crate", "dyn", "else",
    "enum", "extern", "f32", "f64", "false", "fn", "for", "i8", "i16", "i32", "i64", "i128", "if",
    "impl", "in", "isize", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
    "self", "static", "str", "struct", "super", "trait", "true", "type", "u8", "u16", "u32", "u64",
    "u128", "union", "unsafe", "use", "usize", "where", "while", "_",
];

/// Words behind which an author names something.
const NAMING: &[&str] =
    &["fn", "struct", "enum", "trait", "type", "mod", "const", "static", "let", "mut", "for"];

/// The form of a lesson's files; none where one of them is no Rust that a compiler takes.
pub(super) fn form(files: &BTreeMap<PathBuf, Vec<u8>>) -> Option<String> {
    let mut tokens = Vec::new();
    for (path, bytes) in files {
        let stream: TokenStream = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        // What a file is called is its author's choice too, as long as it is the main one or not.
        tokens.push(if path.ends_with("main.rs") { "//main" } else { "//other" }.to_owned());
        flatten(stream, 0, &mut tokens)?;
    }
    let own = own_names(&tokens);
    let mut places = HashMap::new();
    let mut hash = Hash::default();
    for (at, token) in tokens.iter().enumerate() {
        if is_chosen(&tokens, at, &own) {
            let next = places.len();
            let place = places.entry(token.as_str()).or_insert(next);
            hash.add(format!("#{place}").as_bytes());
        } else {
            hash.add(token.as_bytes());
        }
    }
    Some(hash.text())
}

/// The stream's tokens one after the other, groups with their brackets; without comments, and without
/// the attributes that doc comments are to the compiler. None where brackets are too deep.
fn flatten(stream: TokenStream, depth: usize, tokens: &mut Vec<String>) -> Option<()> {
    if depth > MOST_DEEP {
        return None;
    }
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let bang =
                    trees.next_if(|it| matches!(it, TokenTree::Punct(it) if it.as_char() == '!'));
                let is_doc = |tree: &TokenTree| {
                    let TokenTree::Group(group) = tree else { return false };
                    let first = group.stream().into_iter().next();
                    first.is_some_and(|first| first.to_string() == "doc")
                };
                if trees.next_if(is_doc).is_some() {
                    continue;
                }
                tokens.push("#".into());
                tokens.extend(bang.map(|bang| bang.to_string()));
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(open.into());
                flatten(group.stream(), depth + 1, tokens)?;
                tokens.push(close.into());
            }
            other => tokens.push(other.to_string()),
        }
    }
    Some(())
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The names that the files give to something of their own.
fn own_names(tokens: &[String]) -> HashSet<&str> {
    let behind = tokens.windows(2).filter(|pair| NAMING.contains(&pair[0].as_str()));
    behind.map(|pair| pair[1].as_str()).filter(|name| is_name(name)).collect()
}

/// Whether the token at `at` is a name that the author chose.
fn is_chosen(tokens: &[String], at: usize, own: &HashSet<&str>) -> bool {
    let token = tokens[at].as_str();
    if !is_name(token) || FIXED.contains(&token) {
        return false;
    }
    if own.contains(token) {
        return true;
    }
    let before = at.checked_sub(1).map_or("", |at| tokens[at].as_str());
    let after = tokens.get(at + 1).map_or("", String::as_str);
    let after_that = tokens.get(at + 2).map_or("", String::as_str);
    let is_path =
        before == ":" && at > 1 && tokens[at - 2] == ":" || (after, after_that) == (":", ":");
    let begins_small = token.starts_with(|first: char| first.is_lowercase() || first == '_');
    begins_small && before != "." && after != "!" && !is_path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<String> {
        form(&BTreeMap::from([("main.rs".into(), text.as_bytes().to_vec())]))
    }

    const ECHO: &str = "use std::io::{self, Read, Write};
        /// Sends back what comes.
        fn serve(mut stream: std::net::TcpStream) -> io::Result<()> {
            let mut buffer = [0; 512];
            loop {
                let count = stream.read(&mut buffer)?;
                if count == 0 { return Ok(()) }
                stream.write_all(&buffer[..count])?; // all of it
            }
        }";

    #[test]
    fn other_names_other_lines_and_other_comments_are_the_same_program() {
        let renamed = ECHO
            .replace("serve", "handle_client")
            .replace("buffer", "b")
            .replace("count", "n")
            .replace("stream:", "s:")
            .replace("stream.", "s.")
            .replace("// all of it", "")
            .replace("/// Sends back what comes.", "/* mine */")
            .replace("\n", "\n\n");
        assert_ne!(ECHO, renamed);
        assert_eq!(of(ECHO).unwrap(), of(&renamed).unwrap());
    }

    #[test]
    fn what_does_something_else_is_another_program() {
        let others = [
            ("write_all", "write"),
            ("512", "1024"),
            ("count == 0", "count != 0"),
            ("std::net::TcpStream", "std::os::unix::net::UnixStream"),
            ("..count", "..512"),
        ];
        for (from, to) in others {
            assert!(ECHO.contains(from));
            assert_ne!(of(ECHO), of(&ECHO.replace(from, to)), "{from} {to}");
        }
        // Two names that become one are another program too.
        assert_ne!(
            of("fn f(a: u8, b: u8) -> u8 { a + b }"),
            of("fn f(a: u8, b: u8) -> u8 { a + a }")
        );
    }

    #[test]
    fn brackets_in_brackets_without_end_have_no_form_and_break_nothing() {
        let deep = 400_000;
        let text = format!("fn main() {{ {}{} }}", "(".repeat(deep), ")".repeat(deep));
        assert_eq!(of(&text), None);
        let usual = format!("fn main() {{ {}1{} }}", "(".repeat(50), ")".repeat(50));
        assert!(of(&usual).is_some());
    }

    #[test]
    fn what_is_no_rust_has_no_form() {
        assert_eq!(of("fn main() { \"no end"), None);
        assert_eq!(form(&BTreeMap::from([("main.rs".into(), vec![0xff, 0xfe])])), None);
    }
}
