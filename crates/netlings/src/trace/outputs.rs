//! What keeps what was seen: files, or stdout.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use grader::progress::replace_file;
use wirelab::{Recorder, Telling};

use crate::demo::can_be_written;
use crate::ending::Stop;
use crate::screen::Screen;
use crate::words::trace as words;

/// What stands for stdout in the place of a file.
const STDOUT: &str = "-";

#[derive(Args, Default)]
pub(crate) struct Outputs {
    /// Write what was seen as a capture for Wireshark, with verdicts and states as comments; `-` is
    /// stdout, here and below, and then nothing else is printed there
    #[arg(long, value_name = "FILE")]
    pcapng: Option<PathBuf>,
    /// Write what was seen as lines of JSON, one for each thing that a program did or that happened
    /// to a frame
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write what was seen as a picture, for slides
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write what was seen as one HTML page, with each frame's fields to open
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Outputs {
    /// A picture alone, or nothing.
    pub(super) fn picture(svg: Option<PathBuf>) -> Self {
        Self { svg, ..Self::default() }
    }

    fn all(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let all = [
            ("--pcapng", &self.pcapng),
            ("--json", &self.json),
            ("--svg", &self.svg),
            ("--html", &self.html),
        ];
        all.into_iter().filter_map(|(option, path)| Some((option, path.as_deref()?)))
    }

    /// One that was asked for.
    pub(crate) fn any(&self) -> Option<&'static str> {
        self.all().next().map(|(option, _)| option)
    }

    /// The option whose output goes to stdout, where nothing else goes then.
    pub(crate) fn on_stdout(&self) -> Option<&'static str> {
        self.all().find(|(_, path)| *path == Path::new(STDOUT)).map(|(option, _)| option)
    }

    /// Says before anything is started that something could not be written.
    pub(crate) fn can_be_written(&self) -> Result<(), Stop> {
        let mut before: Vec<(&str, &Path)> = Vec::new();
        for (option, path) in self.all() {
            let same = before.iter().find(|(_, other)| *other == path);
            let to_stdout = path == Path::new(STDOUT);
            match same {
                Some((other, _)) if to_stdout => {
                    return Err(Stop::usage(words::both_on_stdout(other, option)));
                }
                Some(_) => return Err(Stop::usage(words::written_twice(path))),
                None => before.push((option, path)),
            }
            if !to_stdout {
                can_be_written(path)?;
            } else if option == "--pcapng" && io::stdout().is_terminal() {
                return Err(Stop::usage(words::CAPTURE_AT_TERMINAL));
            }
        }
        Ok(())
    }

    /// Writes all of them, each file whole or not at all. `screen` is the one of stdout; what is
    /// told goes to `rows`.
    pub(crate) fn write(
        &self,
        recorder: &Recorder,
        telling: &Telling<'_>,
        screen: &Screen,
        rows: &Screen,
    ) -> Result<(), Stop> {
        for (option, path) in self.all() {
            let bytes = match option {
                "--pcapng" => in_memory(|out| recorder.write_pcapng(&telling.deeds, out)),
                "--json" => in_memory(|out| recorder.write_json_lines(&telling.deeds, out)),
                "--svg" => Ok(recorder.svg(telling.clone()).into_bytes()),
                _ => Ok(recorder.html(telling.clone()).into_bytes()),
            };
            if path == Path::new(STDOUT) {
                screen.bytes(&bytes.map_err(|error| Stop::infrastructure(netkit::cause(&error)))?);
                continue;
            }
            bytes
                .and_then(|bytes| replace_file(path, &bytes))
                .map_err(|error| Stop::infrastructure(crate::words::unwritable(path, &error)))?;
            rows.paragraph("", &words::written(path), 0);
        }
        Ok(())
    }
}

fn in_memory(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write(&mut bytes).map(|()| bytes)
}
