//! What the programs did, in rows beside their hosts.

use grader::{Event, What};

use super::Lesson;
use super::cast::side_of;
use crate::demo::script::role_of;
use crate::trace::words;

impl Lesson<'_> {
    /// Shows what the programs have done; whether there was something.
    pub(super) fn tell(&mut self) -> bool {
        let mut some = false;
        // Not more than that at once: the wire has its turn too.
        for _ in 0..256 {
            let Some(event) = self.cast.next_event() else { break };
            some = true;
            self.awaited &= event.what != What::Exit;
            if let Some(text) = act(&event) {
                // A panic says where, at its end.
                let most = if event.what == What::Stderr { 8 } else { 3 };
                self.show_act_in(most, &event.program, &text);
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

    /// What a program does, beside its host. The plain names need not be said: the server is bob's,
    /// the client alice's.
    pub(super) fn show_act(&mut self, name: &str, does: &str) {
        self.show_act_in(3, name, does);
    }

    fn show_act_in(&mut self, most: usize, name: &str, does: &str) {
        self.hide_prompt();
        let is_plain = name == role_of(name);
        let text = if is_plain { does.to_owned() } else { words::of_program(name, does) };
        self.play.view.act_in_rows(side_of(name), &text, most);
    }
}

/// What a program did, in words; `None` for what the wire shows, or has been told already.
fn act(event: &Event) -> Option<String> {
    let text = &event.text;
    Some(match event.what {
        What::Run => words::runs(text),
        What::Stdout => words::prints(text),
        What::Stderr => words::complains(text),
        What::Exit => words::exits(text),
        What::TakenDown => text.clone(),
        _ => return None,
    })
}
