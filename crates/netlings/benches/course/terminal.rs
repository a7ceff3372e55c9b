//! A program at a terminal of its own, and when its screen shows what.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    chunks: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    /// What has come and is not on the screen yet: a picture that is not whole.
    rest: Vec<u8>,
    /// How each picture ends, where one is looked at as a whole.
    end: Option<&'static [u8]>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    pub(crate) fn start(command: &Command) -> anyhow::Result<Self> {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        if let Some(place) = command.get_current_dir() {
            builder.cwd(place);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        builder.env("TERM", "xterm-256color");
        builder.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(builder).map_err(|error| anyhow!("{error:#}"))?;
        let mut reader = pair.master.try_clone_reader()?;
        let keys = pair.master.take_writer()?;
        let (teller, chunks) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if teller.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let size = |size| NonZeroU16::new(size).context("a terminal has a size");
        let screen = vt100::Parser::new(size(ROWS)?, size(COLUMNS)?, 0);
        let rest = Vec::new();
        Ok(Self { child, keys, chunks, screen, rest, end: None, _master: pair.master })
    }

    /// From now on only whole pictures are looked at, and each of them: those that end so.
    pub(crate) fn picture_by_picture(mut self, end: &'static [u8]) -> Self {
        self.end = Some(end);
        self
    }

    /// Shows the next picture of what has come; false where there is none.
    fn shows_next(&mut self) -> bool {
        let end = match self.end {
            None => self.rest.len(),
            Some(mark) => {
                let at = self.rest.windows(mark.len()).position(|it| it == mark);
                at.map_or(0, |at| at + mark.len())
            }
        };
        let picture: Vec<u8> = self.rest.drain(..end).collect();
        self.screen.process(&picture);
        !picture.is_empty()
    }

    /// When the screen first is so, from now on.
    pub(crate) fn when(
        &mut self,
        what: &str,
        limit: Duration,
        is_so: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Instant> {
        let mut at = Instant::now();
        let late = at + limit;
        loop {
            let shown = self.screen.screen().contents();
            if is_so(&shown) {
                return Ok(at);
            }
            if self.shows_next() {
                continue;
            }
            let left = late.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok((when, bytes)) => {
                    at = when;
                    self.rest.extend_from_slice(&bytes);
                }
                Err(RecvTimeoutError::Timeout) => bail!("the screen never shows {what}:\n{shown}"),
                Err(RecvTimeoutError::Disconnected) => bail!("it ended without {what}:\n{shown}"),
            }
        }
    }

    pub(crate) fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    pub(crate) fn process_id(&self) -> Option<u32> {
        self.child.process_id()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
