//! What is kept from a program in a cell: each attack first succeeds unconfined, in a namespace to
//! throw away where it could do harm, and then fails in the cell. As root all tests are run as an
//! ordinary user, too.
//!
//! This one program plays all parts: with `--as attack` before its other arguments it is the hostile
//! program, with `owner` whoever has it confined, with `engine` the grading engine in the cell, with
//! `confined` the launcher of the second level.

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("programs are confined on Linux only; nothing was tested");
}

#[cfg(target_os = "linux")]
mod attack;
#[cfg(target_os = "linux")]
mod bait;
#[cfg(target_os = "linux")]
mod behaviour;
#[cfg(target_os = "linux")]
mod compile;
#[cfg(target_os = "linux")]
mod owner;
#[cfg(target_os = "linux")]
mod part;
#[cfg(target_os = "linux")]
mod place;
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "attacks make system calls that no library offers")]
mod sys;

#[cfg(target_os = "linux")]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [mark, part, words @ ..] = words.as_slice()
        && mark == "--as"
        && let Some(code) = part::play(part, words)
    {
        std::process::exit(code);
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = place::trials();
    libtest_mimic::run(&arguments, trials).exit();
}
