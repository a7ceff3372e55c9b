//! What a program prints, awaited: line by line, or wherever it stands.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::{Program, START};
use crate::escape;
use crate::late::Late;
use crate::output::Output;
use crate::verdict::{Cause, Failure, Trouble, Verdict};

/// What a program prints where its user may type. It may stand before any text, without a line's
/// end, and is no part of it.
pub const PROMPT: &str = ">>> ";

/// Of the lines that came while another was waited for so many are shown, the last ones.
const CAME_SHOWN: usize = 6;

impl Program {
    /// The next line on stdout, without its end and without leading prompts. Prompts that stand
    /// alone are none: a program may end the line of an open prompt before it shows something.
    ///
    /// # Errors
    /// None comes.
    pub fn next_line(&self) -> Verdict<String> {
        loop {
            let line = self.line_of(&self.process.stdout, "stdout", self.stage.late())?;
            let text = line.trim_start_matches(PROMPT);
            if !text.is_empty() || line.is_empty() {
                return Ok(text.to_owned());
            }
        }
    }

    /// The next line on stderr, without its end.
    ///
    /// # Errors
    /// None comes.
    pub fn next_stderr_line(&self) -> Verdict<String> {
        self.line_of(&self.process.stderr, "stderr", self.stage.late())
    }

    /// Checks that the next line on stdout is `expected`.
    ///
    /// # Errors
    /// Another one comes, or none.
    pub fn expect_line(&self, expected: &str) -> Verdict {
        let line = match self.next_line() {
            Err(Trouble::Failed(failure)) if failure.expected.is_none() => {
                return Err(failure
                    .expected(escape::quoted_start(expected.as_bytes(), 120))
                    .into());
            }
            line => line?,
        };
        crate::stage::expect_bytes("another line was printed", expected.as_bytes(), line.as_bytes())
    }

    /// Waits until `text` stands somewhere in what it has printed on stdout since its start, taken
    /// line by line or not. For what has no end of line, such as a prompt.
    ///
    /// # Errors
    /// It is not printed.
    pub fn expect_printed(&self, text: &str) -> Verdict {
        let since = Instant::now();
        let wanted = text.as_bytes();
        let stands_in = |bytes: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
        if self.seen_on_stdout(|bytes| stands_in(bytes).then_some(())).is_some() {
            return Ok(());
        }
        let shown = escape::quoted(wanted);
        let failure = if self.process.stdout.is_over() {
            Failure::new(format!("stdout ended without {shown}")).cause(Cause::Ended)
        } else {
            let message = format!("{} did not print {shown}", self.process.name);
            self.stage.nothing_came(since, "", &message)
        };
        let rest = escape::quoted_start(self.process.stdout.state().rest(), 64);
        let got = if rest == "\"\"" { "nothing more".into() } else { rest };
        Err(failure.expected(format!("{shown} on stdout")).got(got).into())
    }

    /// What `find` makes of all that was printed on stdout; it is asked again whenever more came.
    ///
    /// # Errors
    /// `find` gives nothing in time, or until stdout ends.
    pub fn find_in_stdout<T>(&self, find: impl Fn(&[u8]) -> Option<T>) -> Verdict<T> {
        let since = Instant::now();
        let found = self.seen_on_stdout(find);
        found.ok_or_else(|| self.no_line(&self.process.stdout, "stdout", since).into())
    }

    fn seen_on_stdout<T>(&self, find: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let output = &self.process.stdout;
        let mut late = self.stage.late();
        loop {
            // Asked before the look: what came with the end is there then.
            let over = output.is_over();
            let state = output.wait(late.until(), |state| find(&state.bytes).is_some());
            if let Some(found) = find(&state.bytes) {
                return Some(found);
            }
            drop(state);
            if over || late.is_over() {
                return None;
            }
        }
    }

    /// Waits until each of the lines `wanted` has come on stdout, in any order, without leading
    /// prompts. Other lines are passed over; `passing` sees each of them, and what it says ends
    /// the wait.
    ///
    /// # Errors
    /// One does not come within the usual time, whatever else does; the failure's `received` has
    /// the lines that came meanwhile. Or what `passing` says.
    pub fn find_lines(
        &self,
        wanted: &[String],
        mut passing: impl FnMut(&str) -> Verdict,
    ) -> Verdict {
        let stdout = &self.process.stdout;
        let mut missing: Vec<&String> = wanted.iter().collect();
        let mut came = Vec::new();
        let (mut since, mut late) = (Instant::now(), self.stage.late());
        while !missing.is_empty() {
            let over = stdout.is_over(); // as in `seen_on_stdout`
            let line = stdout.line(late.until());
            let none_is_left = over && line.is_none();
            if let Some(line) = line {
                let line = String::from_utf8_lossy(&line).into_owned();
                let line = line.trim_start_matches(PROMPT).to_owned();
                let before = missing.len();
                missing.retain(|wanted| **wanted != line);
                if missing.len() < before {
                    (since, late) = (Instant::now(), self.stage.late());
                } else {
                    passing(&line)?;
                }
                came.push(line);
            }
            // A program that prints on and on is no less late than a silent one.
            if !missing.is_empty() && (none_is_left || late.is_over()) {
                return Err(self.lines_missing(&missing, &came, since).into());
            }
        }
        Ok(())
    }

    fn lines_missing(&self, missing: &[&String], came: &[String], since: Instant) -> Failure {
        let name = &self.process.name;
        let exit = self.process.life.exit(Instant::now() + Duration::from_millis(200));
        let ended = self.process.stdout.is_over();
        let mut failure = match exit.filter(|_| ended) {
            Some(exit) => Failure::new(format!("{name} ended first: {exit}")).cause(Cause::Ended),
            None => self.stage.nothing_came(since, "", &format!("{name} did not print it")),
        };
        let last = &came[came.len().saturating_sub(CAME_SHOWN)..];
        let quoted = |line: &&String| escape::quoted_start(line.as_bytes(), 96);
        let mut shown: Vec<_> = last.iter().map(|line| quoted(&line)).collect();
        if came.len() > last.len() {
            shown.insert(0, format!("{} lines, the last of them", came.len()));
        }
        failure.received = came.join("\n").into_bytes();
        let got = if shown.is_empty() { "nothing".into() } else { shown.join("\n") };
        let expected: Vec<_> = missing.iter().map(quoted).collect();
        failure.expected(expected.join("\n")).got(got)
    }

    fn line_of(&self, output: &Output, stream: &str, mut late: Late) -> Verdict<String> {
        let since = Instant::now();
        loop {
            // Asked before the look: what came with the end is there then.
            let over = output.is_over();
            if let Some(line) = output.line(late.until()) {
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if over || late.is_over() {
                return Err(self.no_line(output, stream, since).into());
            }
        }
    }

    fn no_line(&self, output: &Output, stream: &str, since: Instant) -> Failure {
        let state = output.state();
        let rest = (!state.rest().is_empty()).then(|| escape::quoted_start(state.rest(), 64));
        let ended = state.ended;
        drop(state);
        let mut failure = if ended {
            // The exit is known a moment after the streams' end; wait so that the ladder has it.
            let exit = self.process.life.exit(Instant::now() + Duration::from_millis(200));
            let end = exit.map_or("closed".into(), |exit| format!("closed ({exit})"));
            Failure::new(format!("no line on {stream}: it was {end}")).cause(Cause::Ended)
        } else {
            let name = &self.process.name;
            let message = format!("{name} printed no line on {stream}");
            self.stage.nothing_came(since, "", &message)
        };
        if let Some(rest) = rest {
            failure = failure.got(format!("{rest} and no end of line"));
        }
        failure
    }

    /// The address that it announced as a server, once its first line is there or can come no more;
    /// `None` before. For whoever has something else to do meanwhile.
    #[must_use]
    pub fn announcement(&self) -> Option<Verdict<SocketAddr>> {
        let stdout = &self.process.stdout;
        // Asked before the look: what came with the end is there then.
        let over = stdout.is_over();
        let has_line = stdout.state().rest().contains(&b'\n');
        (over || has_line).then(|| {
            let address = self.announced_address(None);
            address.inspect_err(|_| self.process.wait_for_last_words())
        })
    }

    pub(super) fn announced_address(&self, asked: Option<IpAddr>) -> Verdict<SocketAddr> {
        let expected = "listening on IP:PORT";
        let late = Late::after(&self.stage, START);
        let line = match self.line_of(&self.process.stdout, "stdout", late) {
            Err(Trouble::Failed(mut failure)) => {
                failure.message =
                    format!("the server did not announce itself: {}", failure.message);
                return Err(failure.expected(format!("{expected} as the first line")).into());
            }
            line => line?,
        };
        let addr =
            line.strip_prefix("listening on ").and_then(|addr| addr.parse::<SocketAddr>().ok());
        // On this machine, or on a host of its own where it was told to be.
        let is_reachable =
            |ip: IpAddr| ip.is_loopback() || (asked == Some(ip) && !ip.is_unspecified());
        match addr {
            Some(addr) if is_reachable(addr.ip()) && addr.port() != 0 => Ok(addr),
            _ => {
                let message = match addr {
                    Some(addr) if addr.port() == 0 => {
                        "port 0 was announced; that is what was asked for, not the port it became"
                    }
                    _ => "the first line is not the announcement of a reachable address",
                };
                let shown = escape::quoted(line.as_bytes());
                Err(Failure::new(message).expected(expected).got(shown).into())
            }
        }
    }
}
