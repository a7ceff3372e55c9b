//! A document that is followed: its code blocks, each with its language and the file above it.

/// A fenced block of a Markdown text.
#[derive(Debug)]
pub(crate) struct Block {
    /// The line of its fence, from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// The path that stands alone on the line above it, as `` `src/main.rs`: ``.
    pub(crate) file: Option<String>,
    pub(crate) content: String,
}

impl Block {
    /// The commands of a console block, each with the lines that it shows below. A command whose
    /// quote is still open goes on in the next line.
    pub(crate) fn dialogue(&self) -> Vec<(String, String)> {
        let mut dialogue: Vec<(String, String)> = Vec::new();
        for line in self.content.lines().filter(|_| self.language == "console") {
            match (line.strip_prefix("$ "), dialogue.last_mut()) {
                (Some(command), _) => dialogue.push((command.into(), String::new())),
                (None, Some((command, _))) if shlex::split(command).is_none() => {
                    command.extend(["\n", line]);
                }
                (None, Some((_, shown))) => shown.extend([line, "\n"]),
                (None, None) => {}
            }
        }
        dialogue
    }

    /// `text` after the changes that a diff block makes. Each part, parted by `@@`, has lines that
    /// stay, go and come; those that stay and go occur together exactly once.
    pub(crate) fn applied_to(&self, text: &str) -> Result<String, String> {
        let mut text = text.to_owned();
        for part in self.content.split_terminator("@@\n") {
            let side = |other: char| -> String {
                let lines = part.lines().filter(|line| !line.starts_with(other));
                lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
            };
            let (before, after) = (side('+'), side('-'));
            match text.matches(&before).count() {
                1 => text = text.replacen(&before, &after, 1),
                count => return Err(format!("these lines occur {count} times:\n{before}")),
            }
        }
        Ok(text)
    }
}

/// The blocks of a Markdown text, in order.
pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut above = "";
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        // Within a list a block stands as far right as the list's text.
        let indent = line.len() - line.trim_start().len();
        let Some(language) = line[indent..].strip_prefix("```") else {
            above = if line.is_empty() { above } else { line };
            continue;
        };
        let path = above.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:"));
        let content = lines.by_ref().map(|(_, line)| line.get(indent..).unwrap_or_default());
        let content = content.take_while(|line| *line != "```");
        blocks.push(Block {
            line: number + 1,
            language: language.into(),
            file: path.map(str::to_owned),
            content: content.map(|line| format!("{line}\n")).collect(),
        });
        above = "";
    }
    blocks
}

/// The rows of all tables below a heading, without their heads, each row's cells as they are typed.
pub(crate) fn table_rows(markdown: &str, heading: &str) -> Vec<Vec<String>> {
    let is_heading = |line: &&str| line.starts_with('#');
    let section = markdown
        .lines()
        .skip_while(|line| !is_heading(line) || line.trim_start_matches('#').trim() != heading)
        .skip(1)
        .take_while(|line| !is_heading(line));
    let lines: Vec<&str> = section.collect();
    assert!(!lines.is_empty(), "there is no heading `{heading}`");
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in lines {
        let Some(inner) = line.strip_prefix("| ").and_then(|rest| rest.strip_suffix('|')) else {
            continue;
        };
        match inner.starts_with("---") {
            true => drop(rows.pop()), // the row before was the head
            false => rows.push(inner.split(" | ").map(|cell| cell.trim().to_owned()).collect()),
        }
    }
    rows
}

#[test]
fn a_table_is_read_below_its_heading_and_without_its_head() {
    let text = "# One\n\n| a |\n| --- |\n| b |\n\n## Two\n\n| h | |\n| --- | --- |\n| `c` | d |\n| `e` | |\n\n# Three\n";
    assert_eq!(table_rows(text, "Two"), [["`c`", "d"], ["`e`", ""]]);
}

#[test]
fn a_block_knows_its_file_and_a_diff_changes_exactly_one_place() {
    let text = "One\n\n`a/b.rs`:\n\n```diff\n-old\n+new\n \n stays\n@@\n+end\n last\n```\n\n```console\n$ do this\nsaid\n$ say 'a\nb'\nc\n```\n";
    let blocks = blocks(text);
    assert_eq!((blocks[0].line, blocks[0].file.as_deref()), (5, Some("a/b.rs")));
    assert_eq!(blocks[0].applied_to("old\n\nstays\nlast\n").unwrap(), "new\n\nstays\nend\nlast\n");
    assert!(blocks[0].applied_to("old\nstays\n").unwrap_err().contains("occur 0 times"));
    assert_eq!(
        blocks[1].dialogue(),
        [("do this".to_owned(), "said\n".to_owned()), ("say 'a\nb'".to_owned(), "c\n".to_owned())]
    );
    assert_eq!(blocks[1].file, None);
}
