//! The sentences of `netlings demo`.

use std::path::Path;

use grader::What;

use crate::demo::script::Sign;

// What is wrong in a demo.toml.

pub(crate) const NO_STEPS: &str = "the prepared conversation has no step";
pub(crate) const ADD_STEPS: &str = "add tables `[[step]]`, such as one with `start = \"server\"`";
pub(crate) const MEND_STEP: &str = "change this step or those before it, and play it with `netlings demo LESSON --script --speed 0`";
pub(crate) const TWO_STEPS: &str = "two things to do in one step";
pub(crate) const EMPTY_STEP: &str = "a step without anything to do";
pub(crate) const EMPTY_TEXT: &str = "an empty text";
pub(crate) const WRITE_SOMETHING: &str = "write what it is about, or leave the step out";
pub(crate) const LEAVE_OUT: &str = "leave it out, or give it a step of its own kind";
pub(crate) const TYPED_WHERE: &str = "typed, but into whose input?";
pub(crate) const ADD_INTO: &str = "add a line `into = \"client\"`";
pub(crate) const TWO_LINES: &str = "more than one line is typed";
pub(crate) const ONE_LINE: &str =
    "make a step of each line; the end of the line is typed by itself";
pub(crate) const WAITS_FOR_NOTHING: &str = "it does not say whose doing is waited for";
pub(crate) const SIGN_WITHOUT_CODE: &str = "only who exits has an exit code";
pub(crate) const NO_LINE: &str = "`per_line` does not say where the line goes";
pub(crate) const NO_PATIENCE: &str = "`{patience}` does not say how long";
pub(crate) const WRITE_PATIENCE: &str = "write seconds, as in `{patience 0.4}`: 0.001 to 3600";
pub(crate) const ADD_LINE: &str = "put the word `{line}` into `per_line`";

pub(crate) fn step_fix(verbs: impl IntoIterator<Item = &'static str>) -> String {
    let verbs: Vec<_> = verbs.into_iter().collect();
    format!("a step has exactly one of {}", verbs.join(", "))
}

pub(crate) fn key_is_of_another_step(key: &str, verb: &str) -> String {
    format!("`{key}` does not go with `{verb}`")
}

pub(crate) fn not_in_this_kind(verb: &str) -> String {
    format!("`{verb}` cannot be done in a demo of this kind")
}

pub(crate) fn verbs(verbs: &[&str]) -> String {
    format!("the steps of this kind are {}", verbs.join(", "))
}

pub(crate) fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

pub(crate) fn no_such_sign(word: &str) -> String {
    format!("nobody can be seen to do `{word}`")
}

pub(crate) fn wait_fix(known: impl Iterator<Item = &'static str>) -> String {
    let known: Vec<_> = known.collect();
    format!("write who and what, as in \"client prints\"; what is one of {}", known.join(", "))
}

pub(crate) fn no_such_role(name: &str) -> String {
    format!("nobody here is called `{}`", netkit::visible(name.as_bytes()))
}

pub(crate) fn names(roles: &[&str]) -> String {
    let role = roles.first().copied().unwrap_or_default();
    format!("the names are {}; a second one is `{role} 2`", roles.join(", "))
}

pub(crate) fn sign_without_text(sign: &str) -> String {
    format!("who {sign} shows no text")
}

pub(crate) fn not_started(name: &str) -> String {
    format!("`{name}` has not been started")
}

pub(crate) fn start_first(name: &str) -> String {
    format!("put a step `start = \"{name}\"` before this one")
}

// What goes wrong while it plays.

pub(crate) const NO_CONNECTION: &str = "there is no connection to reset";
pub(crate) const WATCH_NEEDS_LISTENER: &str = "watch needs a port: let the server listen first";
pub(crate) const CONNECT_NEEDS_LISTENER: &str = "nobody listens: let the server listen first";
pub(crate) const ACCEPT_NEEDS_CALL: &str = "nobody has called: let the client connect first";
pub(crate) const CLIENT_LISTENS_NOT: &str =
    "here the client connects, and the server listens and accepts";

pub(crate) fn did_not_come(who: &str, what: &str, seconds: u64) -> String {
    format!("waited {seconds} s for `{who} {what}`: it did not come")
}

/// What somebody was expected to do.
pub(crate) fn sign(sign: Sign, text: Option<&str>) -> String {
    match text {
        Some(text) => format!("{} {}", sign.word(), grader::quoted_start(text.as_bytes(), 60)),
        None => sign.word().into(),
    }
}

pub(crate) fn exited_otherwise(who: &str, how: &str, code: i32) -> String {
    format!("{who} ended with {how}, not with exit code {code}")
}

pub(crate) fn not_announced(who: &str, seconds: u64) -> String {
    format!(
        "the {who} did not announce itself within {seconds} s: its first line is to be `listening on \
         IP:PORT`"
    )
}

pub(crate) fn runs_already(name: &str) -> String {
    format!("{name} runs already")
}

pub(crate) fn not_running(name: &str, running: &[&str]) -> String {
    match running {
        [] => format!("{name} does not run; nobody does. `/new {name}` starts it."),
        _ => format!("{name} does not run; there are {}.", running.join(", ")),
    }
}

pub(crate) fn has_no_connection(name: &str) -> String {
    format!("{name} has no connection")
}

pub(crate) fn reads_nothing(name: &str) -> String {
    format!("the {name} of this lesson reads nothing that is typed")
}

pub(crate) fn not_from_here(name: &str) -> String {
    format!("this cannot be done to {name}")
}

pub(crate) fn no_socket(what: &str, error: &std::io::Error) -> String {
    format!("{what}: {}", netkit::cause(error))
}

pub(crate) fn no_build(lesson: &str) -> String {
    format!("the solution of {lesson} does not build. The compiler's errors tell why.")
}

pub(crate) const NO_SPEED: &str = "write 0, or a number from 0.001 to 1000 such as 2 or 0.5";

// The picture.

pub(crate) fn svg_no_folder(path: &Path) -> String {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    format!(
        "cannot write {}: there is no folder {}. Make it first.",
        path.display(),
        folder.display()
    )
}

pub(crate) fn svg_is_folder(path: &Path) -> String {
    format!("cannot write {}: it is a folder. Name a file in it.", path.display())
}

pub(crate) fn svg_written(path: &Path) -> String {
    format!("The ladder is in {}.", path.display())
}

pub(crate) const WRITTEN_TWICE: &str = "--svg and --record name the same file. Name another one.";

pub(crate) fn recording_written(path: &Path) -> String {
    format!("The recording is in {0}. `asciinema play {0}` shows it.", path.display())
}

// On the screen.

pub(crate) const KILLED: &str = "killed";
pub(crate) const WIRE_BREAKS: &str = "the wire breaks: a reset to both ends";
pub(crate) const FOLDER_EMPTY: &str = "the folder is empty";

pub(crate) fn title(lesson: &str, title: &str) -> String {
    format!("{lesson}: {title}")
}

pub(crate) fn folder_holds(files: &str) -> String {
    format!("the folder holds {files}")
}

/// What a crowd of events comes to, one row for all of a kind.
pub(crate) fn so_many_more(events: u64, size: &str) -> String {
    format!("{events} more, {size}")
}

pub(crate) fn rows_left_out(rows: usize) -> String {
    format!("{rows} rows are left out")
}

pub(crate) fn prompt(side: &str) -> String {
    format!("{side} ▸ ")
}

pub(crate) fn unknown_side(typed: &str, near: Option<&str>, legend: &str) -> String {
    let typed = netkit::visible(typed.as_bytes());
    let near = near.map(|near| format!(" Did you mean `{near}:`?")).unwrap_or_default();
    format!("nobody here is called `{typed}`.{near} {legend}")
}

/// How to write a line that begins like a side's name.
pub(crate) fn sides(left: (&str, &str), right: (&str, &str)) -> String {
    format!(
        "`{}:` is the {}, `{}:` the {}; what stands after it is sent as it is.",
        left.0, left.1, right.0, right.1
    )
}

pub(crate) fn unknown_command(typed: &str, near: Option<&str>) -> String {
    let typed = netkit::visible(typed.as_bytes());
    match near {
        Some(near) => {
            format!("there is no command /{typed}. Did you mean /{near}? /help lists all.")
        }
        None => format!("there is no command /{typed}. /help lists all."),
    }
}

pub(crate) fn whom(command: &str, left: &str, right: &str) -> String {
    format!("/{command} whom? Write /{command} {left} or /{command} {right}.")
}

pub(crate) fn new_whom(roles: &[&str]) -> String {
    format!("/new starts one of {}: /new {}", roles.join(", "), roles[0])
}

pub(crate) const STARTS_ONE: &str = "starts one more";
pub(crate) const ENDS_INPUT: &str = "ends that one's input";
pub(crate) const KILLS: &str = "kills it without a word";
pub(crate) const RESETS: &str = "breaks its connection";
pub(crate) const LOSES: &str = "loses its next datagram";
pub(crate) const CONNECTS: &str = "has the client connect";
pub(crate) const ACCEPTS: &str = "has the server accept";
pub(crate) const HALF_CLOSES: &str = "closes its sending half";
pub(crate) const CLOSES: &str = "closes its socket";
pub(crate) const GOES_ON: &str = "goes where the last one went, as the prompt says";
pub(crate) const HELPS: &str = "shows this again";
pub(crate) const QUITS: &str = "ends; so do Ctrl-D and Ctrl-C";

pub(crate) fn types_to(name: &str) -> String {
    format!("types a line into the {name}")
}

pub(crate) fn starts_with_it(name: &str) -> String {
    format!("starts a {name} with it")
}

pub(crate) fn sends_from(name: &str) -> String {
    format!("sends it from the {name}'s socket")
}

/// What an event is, for who sees the first of its kind. `left` and `right` are the lifelines.
pub(crate) fn narration(what: What, is_second: bool, stream: bool) -> Option<&'static str> {
    Some(match what {
        What::Connect => {
            "The client calls. Before this row the two systems have exchanged SYN, SYN+ACK and \
             ACK; now bytes can go both ways."
        }
        What::Sent if stream => {
            "Bytes cross. A stream has no messages: what one write sent may arrive in two reads, \
             two writes in one."
        }
        What::Received if stream => "The other direction is a stream of its own.",
        What::HalfClose if !is_second => {
            "A FIN: this side has sent its last byte. The other side's next read gives 0 bytes, \
             and it may still send."
        }
        What::Close | What::HalfClose => {
            "The second FIN: now both directions have ended. Who sent the first one keeps the \
             connection in TIME-WAIT for a while."
        }
        What::Reset => "A reset: no goodbye. What was on its way may be lost.",
        What::SentDatagram => {
            "A datagram, with no connection before it. It arrives whole or not at all, and nobody \
             says which."
        }
        What::ReceivedDatagram => {
            "The reply goes to the address and port that the datagram came from."
        }
        What::SentDatagramLost => {
            "This one is lost. Nobody is told: only a clock of one's own can notice."
        }
        What::StdinClosed => "Its input has ended. What it has left to do, it may still do.",
        What::TakenDown => {
            "Killed: the program could say nothing more. Its system closes what it had open."
        }
        _ => return None,
    })
}
