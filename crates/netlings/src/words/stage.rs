//! The sentences of the stage, on which programs stand side by side.

pub(crate) const YOURS: &str = "your program";
pub(crate) const SOLUTIONS: &str = "the finished program";
pub(crate) const HELP_TITLE: &str = "Keys and commands";
pub(crate) const RUNS: &str = "runs";
pub(crate) const INPUT_ENDED: &str = "runs, its input has ended";
pub(crate) const NOT_STARTED: &str = "does not run";
pub(crate) const SOCKET: &str = "a socket";
pub(crate) const MORE_BELOW: &str = "↓ more";
pub(crate) const SCRIPT_IS_OVER: &str =
    "That was all. You can type to either side now; Esc leaves.";
pub(crate) const NO_MORE_IS_READ: &str =
    "more than 1 MiB: the rest is not read, so the program waits";

pub(crate) const LINES_START_IT: &str = "type a line: each one starts a program of its own";

/// The keys at the bottom.
pub(crate) const KEYS: [(&str, &str); 8] = [
    ("Tab", "side"),
    ("Enter", "send"),
    ("^D", "end input"),
    ("^R", "restart"),
    ("^K", "kill"),
    ("^N", "new"),
    ("F1", "help"),
    ("Esc", "leave"),
];

/// Those while a script plays.
pub(crate) const KEYS_OF_SCRIPT: [(&str, &str); 4] =
    [("Enter", "go on"), ("PgUp", "back"), ("F1", "help"), ("Esc", "leave")];

/// What the keys do, and what can be typed.
pub(crate) const HELP: [(&str, &str); 12] = [
    ("Tab", "the next program that can be typed into; a click does it too"),
    ("Enter", "sends the line to the program that ▸ stands at"),
    ("Ctrl-D", "ends that program's input"),
    ("Ctrl-R", "starts it, or ends it and starts it anew"),
    ("Ctrl-K", "kills it without a word"),
    ("Ctrl-N", "starts one more on this side"),
    ("Up, Down", "what was typed before"),
    ("PgUp, PgDn", "scroll the ladder; the wheel scrolls whatever it is over"),
    ("Esc", "leaves, and ends all programs; Ctrl-C too"),
    ("//TEXT", "a line that begins with one /"),
    ("/help", "this page; F1 too"),
    ("/quit", "leaves"),
];

pub(crate) fn lines_left_out(lines: usize) -> String {
    match lines {
        1 => "1 line above is left out".into(),
        _ => format!("{lines} lines above are left out"),
    }
}

pub(crate) fn one_more(others: usize) -> String {
    format!("and {others} more")
}
