//! What a program shows, read line by line.

use grader::{Cause, Failure, PROMPT, Program, Trouble, Verdict, expect_bytes, quoted_start};

use super::{Ink, Line, lines};

/// What a program shows, read line by line.
pub(crate) struct Screen<'a> {
    program: &'a Program,
    /// How many lines of its stdout have been read.
    taken: usize,
    last: Line,
}

impl<'a> Screen<'a> {
    /// The screen of a client: all that it prints.
    pub(crate) fn of(program: &'a Program) -> Self {
        Screen { program, taken: 0, last: Line::default() }
    }

    /// The screen of a server: what it prints after its announcement.
    pub(crate) fn after_announcement(program: &'a Program) -> Self {
        Screen { program, taken: 1, last: Line::default() }
    }

    /// The line that was read last.
    pub(crate) fn last(&self) -> &Line {
        &self.last
    }

    /// The next whole line. Prompts that stand alone on a line, and blank lines, are passed over
    /// unless `blank`.
    ///
    /// # Errors
    /// None comes.
    pub(crate) fn line(&mut self, blank: bool) -> Verdict<Line> {
        loop {
            let taken = self.taken;
            let line = self.program.find_in_stdout(|bytes| {
                let mut lines = lines(bytes);
                let is_whole = lines.get(taken).is_some_and(|line| line.end.is_some());
                is_whole.then(|| lines.swap_remove(taken))
            })?;
            self.taken += 1;
            if blank || !line.cells().is_empty() {
                self.last = line.clone();
                return Ok(line);
            }
        }
    }

    /// Checks that the next line shows `text`, in any colours.
    ///
    /// # Errors
    /// Another line comes, or none.
    pub(crate) fn expect_text(&mut self, text: &str) -> Verdict {
        let line = self.line(text.is_empty()).map_err(|trouble| match trouble {
            Trouble::Failed(mut failure) => {
                if failure.cause == Cause::Silence {
                    failure.message = "nothing more is shown".into();
                }
                let expected = match text {
                    "" => "an empty line".into(),
                    some => quoted_start(some.as_bytes(), 64),
                };
                failure.expected(expected).got("no such line").into()
            }
            other => other,
        })?;
        expect_shown(text, &line)
    }

    /// Checks that the line that was read last shows `text`.
    ///
    /// # Errors
    /// It shows another.
    pub(crate) fn expect_last(&self, text: &str) -> Verdict {
        expect_shown(text, &self.last)
    }

    /// Checks that the next line shows `text` in these colours, and that they are reset before
    /// the line's end.
    ///
    /// # Errors
    /// Another line comes, or none.
    pub(crate) fn expect(&mut self, text: &str, ink: Ink) -> Verdict {
        self.expect_text(text)?;
        if self.last.is_in(ink) {
            return Ok(());
        }
        let message = match self.last.ends_plain() {
            true => "the text is right, its colours are not",
            false => "the colours are not reset before the line's end",
        };
        let expected = format!("{ink} {}", quoted_start(text.as_bytes(), 64));
        let failure = Failure::new(message).cause(Cause::Other);
        Err(failure.expected(expected).got(self.last.described()).into())
    }

    /// The line that has no end yet, when it is as `wanted` says.
    ///
    /// # Errors
    /// It does not become so.
    pub(crate) fn open_line(&self, wanted: impl Fn(&Line) -> bool) -> Verdict<Line> {
        self.program.find_in_stdout(|bytes| lines(bytes).pop().filter(&wanted))
    }

    /// Checks that the prompt is shown, with nothing after it. It may have a colour of its own, but
    /// not that of the line above.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn expect_prompt(&self) -> Verdict {
        let prompt = self.open_line(Line::is_prompt).map_err(|trouble| match trouble {
            Trouble::Failed(mut failure) => {
                failure.message = "the prompt is not shown".into();
                failure.expected(format!("{PROMPT:?} below what is shown")).got("no prompt").into()
            }
            other => other,
        })?;
        match prompt.begins_in() {
            Some(ink) if ink != Ink::PLAIN && self.last.ink() == Some(ink) => {
                let failure = Failure::new("the prompt is shown in the colours of the line above");
                Err(failure.expected("no colour").got(ink.to_string()).into())
            }
            _ => Ok(()),
        }
    }
}

fn expect_shown(text: &str, line: &Line) -> Verdict {
    expect_bytes("another line is shown", text.as_bytes(), line.text().as_bytes())
}
