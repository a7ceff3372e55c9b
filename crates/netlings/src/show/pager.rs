//! A text that is longer than the terminal is handed to the user's pager.

use grader::report::terminal_size;

/// The pager where PAGER names none: it ends by itself at the end of a text that fits after all,
/// keeps colours and leaves the text on the screen. Where there is no less, the text is printed.
const USUAL: &str = "command -v less >/dev/null || exec cat; exec less -FRX";

/// Becomes the pager with `rows` to show, where stdout is a terminal that has fewer rows. PAGER
/// names it as one types it in a shell; empty, or on Windows, there is none. Returns where the
/// rows are still to be printed.
pub(super) fn become_one(rows: &[String]) {
    let is_longer = terminal_size().is_some_and(|(_, height)| rows.len() >= height);
    let script = match std::env::var("PAGER") {
        Ok(pager) if pager.trim().is_empty() => return,
        // 127: the shell has not found it, and nothing of the text is read yet.
        Ok(pager) => format!("{pager}\ncode=$?; test $code -ne 127 || exec cat; exit $code"),
        Err(_) => USUAL.into(),
    };
    if is_longer {
        replaced_by(&script, rows);
    }
}

/// The pager takes the place of this process: so Ctrl-C is the pager's alone, and none is left
/// behind. It gets a file, since nobody would be there to fill a pipe. Returns where it can't.
#[cfg(unix)]
fn replaced_by(script: &str, rows: &[String]) {
    use std::io::{Seek, Write};
    use std::os::unix::process::CommandExt;

    let file = || -> std::io::Result<std::fs::File> {
        let mut file = tempfile::tempfile()?;
        rows.iter().try_for_each(|row| writeln!(file, "{row}"))?;
        file.rewind()?;
        Ok(file)
    };
    if let Ok(file) = file() {
        // It comes back only with an error, and then the text is printed.
        let _ = std::process::Command::new("sh").args(["-c", script]).stdin(file).exec();
    }
}

#[cfg(not(unix))]
fn replaced_by(_: &str, _: &[String]) {}
