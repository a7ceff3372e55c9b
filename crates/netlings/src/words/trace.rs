//! The sentences of `netlings trace`. What a scenario says stands beside its acts.

use std::io;
use std::path::Path;
use std::time::Duration;

use wirelab::{Refusal, TcpState};

use crate::trace::scenario::{Act, Need};

pub(crate) const THE_WIRE: &str = "the wire";
pub(crate) const LOST: &str = "lost";
pub(crate) const HELD: &str = "held on the wire";
pub(crate) const HELD_UP: &str = "held up on the way";
pub(crate) const TWICE: &str = "arrived twice";
pub(crate) const LATE: &str = "arrived late";

pub(crate) const LEGEND: &[&str] =
    &["space deliver", "x lose", "d duplicate", "f fields", "b back", "q quit"];
pub(crate) const WILL_BE_LOST: &str = "The wire is going to lose this one.";
pub(crate) const ONCE_MORE: &str =
    "The same once more, with the same number: its acknowledgement did not come.";
pub(crate) const QUIZ_LEGEND: &[&str] =
    &["type the state", "Enter alone lists all of them", "q quit"];
pub(crate) const SEED_IS_FOR_SIMULATIONS: &str = "The seed does nothing here: both hosts have real \
     kernels, which choose their numbers themselves. It is for `--tier simulated`.";
pub(crate) const NOTHING_BEFORE: &str = "There was nothing before that.";
pub(crate) const HERE_AGAIN: &str = "Back at the frame that is held.";
pub(crate) const HAS_GONE: &str =
    "That frame has gone already. Space goes forward, to the one that is held.";
pub(crate) const END_LEGEND: &[&str] = &["the end", "b back", "Enter or q ends"];
pub(crate) const BACK_LEGEND: &[&str] = &["space forward", "b back", "f fields", "q quit"];
pub(crate) const ALL_GONE: &str =
    "All frames have gone. `b` goes back to them, `f` opens one there.";
pub(crate) const LAB_ENDS_IT: &str = "the lab ends the wait";
pub(crate) const WAITS_ON: &str = "waits on, to the end of the lab";
pub(crate) const WAITS_ALONE: &str = "waits on, when the lab is gone too";
pub(crate) const STUCK: &str = "Nothing is on the wire and no clock runs, so nothing more will \
     happen: what was lost is lost for good. The scenario ends here.";
pub(crate) const SHOW_ONE: &str = "Show one, a frame at a time:";

pub(crate) const NO_SPEED: &str =
    "write seconds: 0 for no pause at all, or 0.05 to 60, such as 1.5";

/// A frame of one of alice's connections.
pub(crate) fn of_port(port: u16, text: &str) -> String {
    format!(":{port}  {text}")
}

/// What a program did.
pub(crate) fn act(act: Act) -> String {
    match act {
        Act::Listen => "listen".into(),
        Act::Dial => "connect".into(),
        Act::Accept => "accept".into(),
        Act::Send(text) => format!("write {}", grader::quoted(text.as_bytes())),
        Act::SendTo(text) => format!("send {}", grader::quoted(text.as_bytes())),
        Act::Read(_) | Act::ReceiveFrom => "read".into(),
        Act::ReadEnd => "read: the end".into(),
        Act::Fail => "the connection has failed".into(),
        Act::CloseSending => "shut down the sending half".into(),
        Act::Close => "close".into(),
        Act::Abort => "break off".into(),
        Act::Datagrams => "open a datagram socket".into(),
        Act::GiveUpAfter(time) => format!("no answer for {} s", time.as_secs_f64()),
        Act::EndTimeWait => LAB_ENDS_IT.into(),
    }
}

pub(crate) fn received(data: &[u8]) -> String {
    format!("read {}", grader::quoted_start(data, 24))
}

/// What a program's next call gives.
pub(crate) fn fails(kind: io::ErrorKind) -> String {
    format!("error: {kind}")
}

pub(crate) fn read_more(count: usize) -> String {
    format!("{count} more bytes came where the end of the stream was awaited")
}

pub(crate) fn stopped(error: &io::Error) -> String {
    format!("the scenario cannot go on: {}", netkit::cause(error))
}

pub(crate) fn again_in(name: &str, left: Duration) -> String {
    format!("{name}: again in {:.1} s", left.as_secs_f64())
}

pub(crate) fn waits(name: &str, left: Duration) -> String {
    format!("{name}: {:.1} s left", left.as_secs_f64())
}

/// The clock of a simulation has moved.
pub(crate) fn later(time: Duration) -> String {
    format!("{:.1} s later", time.as_secs_f64())
}

/// Of a bare acknowledgement that has been delivered before.
pub(crate) fn acknowledged_before(name: &str) -> String {
    format!(
        "{name} has said this before. Something came again that {name} had already, and TCP answers \
         that with an ACK."
    )
}

/// Above a frame that somebody went back to.
pub(crate) fn looking_back(number: usize, of: usize, states: Option<[TcpState; 2]>) -> String {
    let after = states
        .map(|[alice, bob]| format!("; after it alice was in {alice}, bob in {bob}"))
        .unwrap_or_default();
    format!("Looking back at frame {number} of {of}{after}:")
}

pub(crate) fn unknown_command(typed: &str) -> String {
    let typed = netkit::visible(typed.trim().as_bytes());
    format!(
        "`{typed}` is no command. Write an empty line or deliver, x (lose), d (duplicate), f \
         (fields), b (back) or q (quit)."
    )
}

pub(crate) fn cannot_read(error: &io::Error) -> String {
    format!("cannot read what is typed: {}", netkit::cause(error))
}

// The quiz.

pub(crate) fn question(name: &str, state: TcpState) -> String {
    format!("{name} is in {state}. In which state is {name} when this has arrived?")
}

pub(crate) fn prompt(name: &str) -> String {
    format!(" {name} ▸ ")
}

pub(crate) fn no_state(typed: &str, names: &str) -> String {
    let typed = netkit::visible(typed.trim().as_bytes());
    match typed.as_str() {
        "" | "?" => format!("The states are {names}."),
        _ => format!("`{typed}` is no state. The states are {names}."),
    }
}

pub(crate) fn verdict(name: &str, answer: TcpState, state: TcpState) -> String {
    if answer == state {
        format!("Right: {name} is in {state}.")
    } else {
        format!("No: {name} is in {state}, not in {answer}.")
    }
}

pub(crate) fn no_states(scenario: &str) -> String {
    format!("{scenario} is about datagrams: they have no states that --quiz could ask for")
}

pub(crate) fn score(right: u32, asked: u32) -> String {
    format!("You knew {right} of {asked} states.")
}

// A lesson's programs.

pub(crate) const LAB_RESETS: &str = "the lab breaks the connection off";
pub(crate) const INPUT_ENDS: &str = "its input ends";
pub(crate) const NOT_HERE: &str = "this cannot be done here";
pub(crate) const SHOW_LESSON: &str = "Or have a lesson's programs talk, and type for them:";

pub(crate) const SHOW_SCRIPT: &str =
    "Or have the lesson's prepared conversation played, without typing:";

/// Segments were more than the wire holds, or datagrams were.
pub(crate) fn flood([segments, datagrams]: [bool; 2]) -> String {
    let what = match (segments, datagrams) {
        (true, true) => "segments and datagrams",
        (true, false) => "segments",
        (false, _) => "datagrams",
    };
    format!(
        "The programs sent more {what} than the wire holds, so some were lost and not every one was \
         shown."
    )
}

pub(crate) fn runs(command: &str) -> String {
    format!("$ {}", netkit::visible(command.as_bytes()))
}

pub(crate) fn is_typed(text: &str) -> String {
    format!("typed {text}")
}

pub(crate) fn prints(text: &str) -> String {
    format!("prints {text}")
}

pub(crate) fn complains(text: &str) -> String {
    format!("complains {text}")
}

pub(crate) fn exits(how: &str) -> String {
    format!("ends: {how}")
}

/// For a program whose host has others.
pub(crate) fn of_program(name: &str, does: &str) -> String {
    format!("{name}: {does}")
}

pub(crate) fn passed_over(times: usize) -> String {
    format!("… and {times} more such rows of what is printed and typed.")
}

pub(crate) fn which_connection(name: &str, count: usize) -> String {
    format!(
        "there are {count} connections on that side, and the lab breaks off one alone. `/kill {name}` \
         ends a program, and its connection with it."
    )
}

pub(crate) fn nothing_crosses(lesson: &str) -> String {
    format!(
        "the programs of {lesson} meet in a folder, so nothing crosses a wire. `cargo netlings demo \
         {lesson}` shows them."
    )
}

pub(crate) fn is_about_states(lesson: &str) -> String {
    format!(
        "the program of {lesson} reads the system's table of connections and opens none for others. \
         `cargo netlings trace` lists the scenarios that show those states."
    )
}

pub(crate) fn programs_need_kernels(lesson: &str) -> String {
    format!(
        "{lesson} is a lesson, and its programs run on kernels alone: leave out --tier and --seed. The \
         scenarios can be simulated."
    )
}

pub(crate) fn no_lab_for_programs(lesson: &str, reason: &str) -> String {
    format!(
        "the programs of {lesson} need hosts with kernels of their own, and there can be none here: \
         {reason}. `cargo netlings doctor` says what to do; `cargo netlings demo {lesson}` shows the \
         programs without a wire."
    )
}

pub(crate) fn no_programs(scenario: &str, option: &str) -> String {
    format!("{scenario} is a scenario and has no programs: leave out {option}")
}

/// A script cannot go on, since somebody lost or repeated a packet.
pub(crate) fn otherwise(problem: &str) -> String {
    format!(
        "A packet was lost or came twice by your choice, and so the conversation went another way \
         than its script: {problem}. It ends here."
    )
}

/// It cannot go on because packets were held up.
pub(crate) fn not_as_slow(problem: &str) -> String {
    format!(
        "the conversation went another way than its script: {problem}. Packets were held up, and \
         programs have clocks of their own. Decide sooner, or leave out --step and --speed."
    )
}

/// A student's program does otherwise.
pub(crate) fn not_as_prepared(problem: &str) -> String {
    format!(
        "your program did otherwise than the prepared conversation expects: {problem}. `--solution` \
         shows the finished one; `cargo netlings check` says what is still to do."
    )
}

// The command.

pub(crate) fn title(name: &str, summary: &str) -> String {
    format!("{name}: {summary}")
}

pub(crate) fn unknown_scenario(typed: &str, near: Option<&str>) -> String {
    let typed = netkit::visible(typed.as_bytes());
    match near {
        Some(near) => format!("no scenario is called `{typed}`. Did you mean `{near}`?"),
        None => {
            format!("no scenario is called `{typed}`. `netlings trace` alone lists all of them.")
        }
    }
}

/// Nothing was named to be shown, and something was asked of how.
pub(crate) fn needs_scenario(option: &str) -> String {
    format!(
        "{option} needs a scenario or a lesson that it is about, such as `handshake`. `netlings trace` \
         alone lists the scenarios."
    )
}

pub(crate) fn no_lab(reason: &str) -> String {
    format!(
        "there can be no wire between kernels here: {reason}. `--tier simulated` works everywhere."
    )
}

pub(crate) fn no_view(reason: &str) -> String {
    format!("nothing can be watched here: {reason}. `--tier simulated` works everywhere.")
}

pub(crate) const OBSERVED: &str = "Both hosts are this machine's own kernel, on its loopback: alice \
    and bob are two ports. Nothing can be held there. What belongs together has gone by when it is \
    shown, and the states are those in which both came to rest.";

/// Nothing can be done to frames that are only observed.
pub(crate) fn only_observed(option: &str) -> String {
    format!(
        "{option} needs a wire that can hold what crosses it, and `--tier observe` only watches. \
         Take `--tier simulated`, which works everywhere, or `--tier kernel`."
    )
}

/// A scenario is about something that can't be brought about.
pub(crate) fn cannot_be_observed(scenario: &str, need: Need) -> String {
    let what = match need {
        Need::Loss => "loses a packet",
        Need::Overtaking => "lets packets overtake each other",
        Need::Holding => "holds packets until they cross",
    };
    format!(
        "{scenario} needs a wire that {what}, and `--tier observe` only watches. Take `--tier \
         simulated`, which works everywhere, or `--tier kernel`."
    )
}

pub(crate) fn observation_differs(text: &str) -> String {
    format!("On the loopback: {text}")
}

/// Both hosts are simulated, by choice or since kernels were refused.
pub(crate) fn simulated(refusal: Option<&Refusal>) -> String {
    match refusal {
        None => {
            "Both hosts are simulated, with a clock that moves only when somebody waits.".into()
        }
        Some(refusal) => format!(
            "This machine allows no hosts with kernels of their own, so both are simulated: {}. \
             `cargo netlings doctor` says more, and what to do.",
            refusal.what_failed()
        ),
    }
}

pub(crate) fn simulation_differs(text: &str) -> String {
    format!("In this simulation: {text}")
}

pub(crate) fn written_twice(path: &Path) -> String {
    format!("two options name the same file, {}. Name two.", path.display())
}

pub(crate) const CAPTURE_AT_TERMINAL: &str = "a capture is no text, and stdout is a terminal. Hand \
     it on, as in `netlings trace handshake --pcapng - | tshark -r -`, or name a file.";

pub(crate) fn both_on_stdout(one: &str, other: &str) -> String {
    format!("{one} and {other} cannot both go to stdout. Give one of them a file.")
}

/// Somebody at a terminal would decide or type without seeing anything.
pub(crate) fn nothing_to_see(asked: &str, output: &str) -> String {
    format!(
        "{asked} needs stdout to show what it is about, and `{output} -` takes all of stdout. Give \
         {output} a file."
    )
}

pub(crate) const TYPING: &str = "Typing for the programs";

pub(crate) fn written(path: &Path) -> String {
    format!("What was seen is in {}.", path.display())
}

pub(crate) fn none_to_drop(number: u64, frames: u64) -> String {
    format!("There were only {frames} frames, so --drop {number} lost none.")
}
