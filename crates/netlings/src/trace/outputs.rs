//! Files that keep what was seen.

use std::io;
use std::path::PathBuf;

use clap::Args;
use grader::progress::replace_file;
use wirelab::Recorder;

use crate::demo::can_be_written;
use crate::ending::Stop;
use crate::screen::Screen;
use crate::trace::acts::{self, Acted};
use crate::words::trace as words;

#[derive(Args)]
pub(crate) struct Outputs {
    /// Write what was seen as a capture for Wireshark, with verdicts and states as comments
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
    fn paths(&self) -> Vec<&PathBuf> {
        [&self.pcapng, &self.json, &self.svg, &self.html].into_iter().flatten().collect()
    }

    /// Says before anything is started that a file could not be written.
    pub(crate) fn can_be_written(&self) -> Result<(), Stop> {
        let paths = self.paths();
        for (place, path) in paths.iter().enumerate() {
            if paths[..place].contains(path) {
                return Err(Stop::usage(words::written_twice(path)));
            }
            can_be_written(path)?;
        }
        Ok(())
    }

    /// Writes the files, each whole or not at all.
    pub(crate) fn write(
        &self,
        recorder: &Recorder,
        acts: &[Acted],
        title: &str,
        screen: &Screen,
    ) -> Result<(), Stop> {
        let bytes = |write: &dyn Fn(&mut Vec<u8>) -> io::Result<()>| {
            let mut bytes = Vec::new();
            write(&mut bytes).map(|()| bytes)
        };
        let all = [
            (&self.pcapng, bytes(&|out| recorder.write_pcapng(out))),
            (&self.json, bytes(&|out| acts::write_json_lines(recorder, acts, out))),
            (&self.svg, Ok(recorder.svg(title).into_bytes())),
            (&self.html, Ok(recorder.html(title).into_bytes())),
        ];
        for (path, bytes) in all {
            let Some(path) = path else { continue };
            bytes
                .and_then(|bytes| replace_file(path, &bytes))
                .map_err(|error| Stop::infrastructure(crate::words::unwritable(path, &error)))?;
            screen.paragraph("", &words::written(path), 0);
        }
        Ok(())
    }
}
