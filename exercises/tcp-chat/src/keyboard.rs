//! TCP chat, the keyboard: what the user types goes to whoever is on the telephone.
//!
//!     typed              sent
//!     hello ⏎            "hello\n"
//!     ⏎                  "\n"             an empty line is a line
//!     q ⏎                "q\n"            and the conversation is over
//!     8193 letters ⏎                      refused on stderr: the peer would hang up
//!     Ctrl-D             end             "that was all": a half-close
//!
//! Grade it:  cargo test -p tcp-chat
//! Read on:   shutdown(2), the half-close

use std::io::{self, BufRead};
use std::net::{Shutdown, TcpStream};

use netkit::screen;

use crate::conversation::QUIT;
use crate::line::{self, Line};
use crate::telephone::Telephone;

/// Reads what is typed, line by line, until the input ends; [`say`]s it into the call there is.
///
/// This is given, and runs in a thread of its own. A program has one stdin for all its
/// conversations, and a read of it can't be called off when a peer hangs up: so it is read from
/// the first call on and for as long as the program runs. A line for nobody is refused.
pub(crate) fn read(phone: &Telephone) {
    phone.wait_for_call();
    let mut keyboard = io::stdin().lock();
    loop {
        let typed = line::read(&mut keyboard).unwrap_or_else(|error| {
            screen::diagnostic(format_args!("no more input: {}", netkit::cause(&error)));
            Line::End
        });
        if typed == (Line::TooLong { ended: false }) {
            let _ = keyboard.skip_until(b'\n'); // if that fails, so does the next read
        }
        if typed == Line::End {
            phone.end_input();
            // With nobody there, the next caller is told; after that conversation the server ends.
            let _ = say(&phone.wait_for_call(), &typed);
            return;
        }
        // Asked for only now: the call from before may have ended while the user was typing.
        let said = phone.call().ok_or(io::Error::other("nobody is there"));
        if let Err(error) = said.and_then(|call| say(&call, &typed)) {
            screen::diagnostic(format_args!("not said: {}", netkit::cause(&error)));
        }
    }
}

/// Shows the user that it is time to type: `>>> `, and the cursor stays behind it.
pub(crate) fn prompt() -> io::Result<()> {
    todo!("step 5: print the prompt without a line's end, and make sure that it is shown at once")
}

/// Does what the user asks for with what was typed.
///
/// A line is sent, and `q` also ends the conversation. A line too long is refused on stderr. At
/// the end of the user's input the peer is told that this was all; what it says is still shown.
pub(crate) fn say(call: &TcpStream, typed: &Line) -> io::Result<()> {
    todo!("step 6: send a line, close after `q`; refuse a line too long; half-close at the end")
}
