//! The rows of a text as it is read, event by event: what is open, and what is done.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

use super::breaking::{CONTINUED, LINE_END, broken, wrapped};
use super::table::Table;
use super::{Layout, Row, Span, Style, span, width};

/// What the rows of an open block begin with: a list's item, a quotation.
struct Margin {
    /// Stands before the block's first row.
    first: Option<String>,
    /// Stands before every other.
    rest: String,
}

/// The rows so far, and what is open.
pub(super) struct Page {
    layout: Layout,
    pub(super) rows: Vec<Row>,
    margins: Vec<Margin>,
    /// The number of the next item of each open list, where it is a numbered one.
    lists: Vec<Option<u64>>,
    styles: Vec<Style>,
    /// Where the open links lead, and the text before each.
    links: Vec<(String, usize)>,
    inline: Vec<Span>,
    code: Option<String>,
    table: Option<Table>,
}

impl Page {
    pub(super) fn new(layout: Layout) -> Self {
        Self {
            layout,
            rows: Vec::new(),
            margins: Vec::new(),
            lists: Vec::new(),
            styles: Vec::new(),
            links: Vec::new(),
            inline: Vec::new(),
            code: None,
            table: None,
        }
    }

    pub(super) fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.say(&text, self.styles.last().copied().unwrap_or_default()),
            },
            Event::Code(text) if self.layout.styled => self.say(&text, Style::Code),
            Event::Code(text) => self.say(&format!("`{text}`"), Style::Code),
            Event::Html(text) | Event::InlineHtml(text) => self.say(&text, Style::Plain),
            Event::SoftBreak => self.say(" ", Style::Plain),
            Event::HardBreak => self.inline.push(span(LINE_END, Style::Plain)),
            Event::Rule => {
                self.begin_block();
                let rule = "─".repeat(self.room());
                self.put(vec![span(rule, Style::Faint)]);
            }
            _ => {} // footnotes, tasks and formulas are not asked for
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.begin_block(),
            Tag::Heading { .. } => {
                self.begin_block();
                self.styles.push(Style::Heading);
            }
            Tag::BlockQuote(_) => {
                self.begin_block();
                self.margins.push(Margin { first: None, rest: "│ ".into() });
            }
            Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => {
                self.begin_block();
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                match self.lists.is_empty() {
                    true => self.begin_block(),
                    false => self.end_paragraph(), // the item's own words
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".into(),
                };
                let rest = " ".repeat(mark.width());
                self.margins.push(Margin { first: Some(mark), rest });
            }
            Tag::Table(alignments) => {
                self.begin_block();
                self.table = Some(Table::new(alignments));
            }
            Tag::Emphasis => self.styles.push(Style::Emphasis),
            Tag::Strong => self.styles.push(Style::Strong),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.into_string(), self.inline.len()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.end_paragraph(),
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::BlockQuote(_) => {
                self.margins.pop();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => {
                self.end_paragraph();
                // An item without words still has its mark.
                if self.margins.last().is_some_and(|margin| margin.first.is_some()) {
                    self.put(Row::new());
                }
                self.margins.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    table.rows(self.room()).into_iter().for_each(|row| self.put(row));
                }
            }
            TagEnd::Emphasis | TagEnd::Strong => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    fn say(&mut self, text: &str, style: Style) {
        // A line's end within a text is a space; what is left of controls is made visible.
        let text = netkit::visible(text.replace(['\n', '\r', '\t'], " ").as_bytes());
        self.inline.push(span(text, style));
    }

    /// The columns that a row has beside the margins.
    fn room(&self) -> usize {
        let margins: usize = self.margins.iter().map(|margin| margin.rest.width()).sum();
        self.layout.width.saturating_sub(margins).max(8)
    }

    /// Puts an empty row before a block, unless it is the first of the text or of its item.
    fn begin_block(&mut self) {
        self.end_paragraph();
        let begins_an_item = self.margins.last().is_some_and(|margin| margin.first.is_some());
        if !self.rows.is_empty() && !begins_an_item {
            self.put(Row::new());
        }
    }

    fn end_paragraph(&mut self) {
        let inline = std::mem::take(&mut self.inline);
        if !inline.is_empty() {
            wrapped(&inline, self.room()).into_iter().for_each(|row| self.put(row));
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        self.styles.pop();
        let inline = std::mem::take(&mut self.inline);
        let rows = wrapped(&inline, self.room());
        let length = rows.iter().map(|row| width(row)).max().unwrap_or(0);
        rows.into_iter().for_each(|row| self.put(row));
        match level {
            HeadingLevel::H1 => self.put(vec![span("═".repeat(length), Style::Faint)]),
            HeadingLevel::H2 => self.put(vec![span("─".repeat(length), Style::Faint)]),
            _ => {}
        }
    }

    /// Says where a link leads, where its own words don't.
    fn end_link(&mut self) {
        let Some((place, start)) = self.links.pop() else { return };
        let said: String = self.inline[start..].iter().map(|span| span.text.as_str()).collect();
        if said.trim_matches('`') != place && !place.is_empty() {
            self.say(&format!(" ({place})"), Style::Faint);
        }
    }

    fn end_code(&mut self) {
        let Some(code) = self.code.take() else { return };
        let shown = |line: &str| netkit::visible(line.replace('\t', "    ").as_bytes());
        let lines: Vec<String> = code.lines().map(shown).collect();
        let room = self.room();
        let longest = lines.iter().map(|line| line.width()).max().unwrap_or(0);
        let indent = room.saturating_sub(longest).min(4);
        for line in lines {
            let parts = match self.layout.breaks_code {
                true => broken(&line, room - indent),
                false => vec![line],
            };
            for (number, part) in parts.into_iter().enumerate() {
                let mut row = vec![span(" ".repeat(indent), Style::Plain)];
                if number > 0 {
                    row.push(span(CONTINUED, Style::Faint));
                }
                row.push(span(part, Style::Code));
                self.put(row);
            }
        }
    }

    pub(super) fn end_of_text(&mut self) {
        self.end_paragraph();
    }

    /// Adds a row, behind the margins of the blocks that it stands in.
    fn put(&mut self, mut row: Row) {
        let begin = |margin: &mut Margin| margin.first.take().unwrap_or(margin.rest.clone());
        let mut margin: String = self.margins.iter_mut().map(begin).collect();
        if row.is_empty() {
            margin.truncate(margin.trim_end().len());
        }
        if !margin.is_empty() {
            row.insert(0, span(margin, Style::Faint));
        }
        self.rows.push(row);
    }
}
