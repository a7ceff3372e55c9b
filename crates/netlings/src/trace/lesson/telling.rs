//! What the programs did, in rows beside their hosts.

use std::time::Duration;

use grader::{Event, What};

use super::Lesson;
use super::cast::side_of;
use crate::demo::script::role_of;
use crate::screen::cut;
use crate::trace::acts::Moment;
use crate::trace::scenario::Side;
use crate::trace::words;

/// So many are kept for files, and so much of each.
const MOST_DEEDS: usize = 10_000;
const MOST_LETTERS: usize = 400;

impl Lesson<'_> {
    /// Shows what the programs have done; whether there was something.
    pub(super) fn tell(&mut self) -> bool {
        let mut some = false;
        // Not more than that at once: the wire has its turn too.
        for _ in 0..256 {
            let Some(event) = self.cast.next_event() else { break };
            some = true;
            self.awaited &= event.what != What::Exit;
            if let Some((name, text)) = act(&event) {
                // A panic says where, at its end.
                let most = if event.what == What::Stderr { 8 } else { 3 };
                self.show_act_in(most, &event.program, name, &text, event.at);
            }
        }
        let untold = self.cast.passed_over();
        if untold > 0 && !some {
            some = true;
        }
        if untold > 0 {
            self.hide_prompt();
            self.screen.paragraph(" ", &words::passed_over(untold), 1);
        }
        some
    }

    /// What a program does, beside its host, and by its name for files. The plain names of programs
    /// need not be said: the server is bob's, the client alice's.
    pub(super) fn show_act(&mut self, program: &str, name: &'static str, does: &str) {
        self.show_act_in(3, program, name, does, self.lab.wire().now());
    }

    fn show_act_in(
        &mut self,
        most: usize,
        program: &str,
        name: &'static str,
        does: &str,
        at: Duration,
    ) {
        self.hide_prompt();
        let is_plain = program == role_of(program);
        let text = if is_plain { does.to_owned() } else { words::of_program(program, does) };
        self.play.view.act_in_rows(side_of(program), &text, most);
        self.has_done(side_of(program), name, &text, at);
    }

    /// Keeps what was done for files, and of too much the latest.
    pub(super) fn has_done(&mut self, side: Side, name: &'static str, text: &str, at: Duration) {
        if self.deeds.len() >= MOST_DEEDS {
            self.deeds.drain(..MOST_DEEDS / 2);
        }
        let text = cut(text, MOST_LETTERS);
        self.deeds.push(Moment::at(self.lab, at).of_program(side, name, text));
    }
}

/// What a program did, by name and in words; `None` for what the wire shows, or has been told already.
fn act(event: &Event) -> Option<(&'static str, String)> {
    let text = &event.text;
    Some(match event.what {
        What::Run => ("start", words::runs(text)),
        What::Stdout => ("print", words::prints(text)),
        What::Stderr => ("complain", words::complains(text)),
        What::Exit => ("exit", words::exits(text)),
        What::TakenDown => ("killed", text.clone()),
        _ => return None,
    })
}
