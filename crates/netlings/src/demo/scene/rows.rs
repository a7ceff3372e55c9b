//! How what happens comes into the ladder.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use grader::ladder::{Place, Row, Side};
use grader::{Event, What};

use super::Scene;
use crate::demo::programs;
use crate::demo::script::{Kind, Sign, role_of};
use crate::words::demo as words;

/// Of what watch prints no more is read, in bytes: as much as the engine reads of any program.
const MOST_WATCHED: usize = 1 << 20;
/// Bytes of which an event tells are there after so long in any case.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

impl Scene<'_> {
    pub(super) fn show_now(&mut self, place: Place, label: &str) {
        let at = (place != Place::Between).then(|| self.began.elapsed());
        self.show(Row::at(at, place, label));
    }

    /// Shows a row when the one before has stood for a moment.
    pub(super) fn show(&mut self, row: Row) {
        self.keep_the_gap();
        self.view.row(row);
        self.last_row = Instant::now();
    }

    fn keep_the_gap(&mut self) {
        let next = self.last_row + self.gap;
        // Where much has come already, nobody can follow anyway.
        while Instant::now() < next
            && self.queue.len() < 12
            && self.typed.is_empty()
            && self.wishes.is_empty()
            && !self.interrupted
        {
            self.receive(next);
        }
    }

    pub(super) fn take(&mut self, mut event: Event) {
        if event.what == What::Exit && self.comes_before_its_last_words(&event) {
            return;
        }
        self.seen.take(&event);
        if self.view.stage.is_some() {
            let (printed, is_all) = self.printed(&event);
            if let Some(stage) = &mut self.view.stage {
                stage.takes(&event, &printed);
                if !is_all {
                    stage.changes().floods(&event.program);
                }
            }
        }
        if event.what == What::Stdout && event.program == "watch" {
            self.states(event.bytes);
            return;
        }
        match event.what {
            What::Run => {
                let command = self.commands.get(&event.program);
                event.text = command.cloned().unwrap_or_default();
            }
            What::TakenDown => event.text = words::KILLED.into(),
            // A client knows only the relay, which is nobody's affair.
            What::Stdout | What::Stderr => {
                let called = self.called_at.get(&event.program);
                if let (Some(relay), Some(server)) = (called, self.server) {
                    event.text = event.text.replace(&relay.to_string(), &server.to_string());
                }
            }
            _ => {}
        }
        let [left, right] = self.script.kind.sides();
        let actor = if event.peer.is_empty() { &event.program } else { &event.peer };
        let called = if [left, right].contains(&actor.as_str()) { "" } else { actor.as_str() };
        let called = called.to_owned();
        let side = if role_of(&event.program) == left { Side::Left } else { Side::Right };
        let row = Row::of(&event, side, &called);
        let can_crowd = matches!(
            event.what,
            What::Stdin
                | What::Stdout
                | What::Stderr
                | What::Sent
                | What::Received
                | What::SentDatagram
                | What::ReceivedDatagram
        );
        if can_crowd {
            // On the stage nobody's lines wait for the ladder.
            if self.view.stage.is_none() || !matches!(row.place, Place::AtLeft | Place::AtRight) {
                self.keep_the_gap();
            }
            self.view.row_or_crowd(row, &called, event.bytes);
            self.last_row = Instant::now();
        } else {
            self.show(row);
        }
        if self.explains {
            self.explain(&event);
        }
        if matches!(event.what, What::Exit | What::Stdout) {
            self.look_into_folder();
        }
    }

    /// What a program has printed that this event is about, and whether that is all: of a flood the
    /// rest is not read. The event is told just before its bytes are there.
    fn printed(&mut self, event: &Event) -> (Vec<u8>, bool) {
        let stream = match event.what {
            What::Stdout => 0,
            What::Stderr => 1,
            _ => return (Vec::new(), true),
        };
        let Some(program) = self.programs.get(&event.program) else { return (Vec::new(), true) };
        let read = self.read.entry(event.program.clone()).or_default();
        let from = read[stream];
        let awaited = usize::try_from(event.bytes).unwrap_or(MOST_WATCHED);
        let late = Instant::now() + ON_ITS_WAY;
        let mut printed = Vec::new();
        while printed.len() < awaited.min(MOST_WATCHED.saturating_sub(from)) {
            let all =
                if stream == 0 { program.stdout_from(from) } else { program.stderr_from(from) };
            printed = all;
            if Instant::now() >= late {
                break; // it is one that was started anew
            }
            thread::yield_now();
        }
        printed.truncate(awaited);
        read[stream] += printed.len();
        let is_all = printed.len() == awaited || read[stream] < MOST_WATCHED;
        (self.with_servers_address(&event.program, printed), is_all)
    }

    /// A client knows only the relay, which is nobody's affair.
    fn with_servers_address(&self, name: &str, printed: Vec<u8>) -> Vec<u8> {
        let (Some(relay), Some(server)) = (self.called_at.get(name), self.server) else {
            return printed;
        };
        let text = String::from_utf8(printed).map_err(std::string::FromUtf8Error::into_bytes);
        text.map_or_else(
            |bytes| bytes,
            |text| text.replace(&relay.to_string(), &server.to_string()).into_bytes(),
        )
    }

    /// Whether a program's exit is known before the last that it printed; then it is put behind it.
    fn comes_before_its_last_words(&mut self, exit: &Event) -> bool {
        self.programs.wait_for_last_words(exit);
        self.receive_all();
        programs::put_behind_last_words(&mut self.queue, exit)
    }

    /// Explains the first event of its kind.
    fn explain(&mut self, event: &Event) {
        let is_second = event.text == "FIN: closed";
        let what = if event.what == What::End { What::HalfClose } else { event.what };
        let is_stream = self.script.kind == Kind::Tcp;
        let Some(words) = words::narration(what, is_second, is_stream) else { return };
        if !self.explained.contains(&words) {
            self.explained.push(words);
            self.show(Row::told(words));
        }
    }

    /// Shows the states that watch has printed, each at the lifeline of the socket that is in it.
    /// So many bytes are new.
    fn states(&mut self, bytes: u64) {
        let Some(watch) = self.programs.get("watch") else { return };
        self.watch_printed += usize::try_from(bytes).unwrap_or(MOST_WATCHED);
        let mut printed = watch.stdout();
        while printed.len() < self.watch_printed.min(MOST_WATCHED) {
            thread::yield_now(); // an event is told just before its bytes are there
            printed = watch.stdout();
        }
        let new = &printed[self.watched.min(printed.len())..];
        let Some(end) = new.iter().rposition(|byte| *byte == b'\n') else { return };
        let text = String::from_utf8_lossy(&new[..end]).into_owned();
        self.watched += end + 1;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [local, remote, state] = words[..] else { continue };
            let Some(is_client) = self.sockets.is_clients(local, remote) else { continue };
            let key = (local.to_owned(), remote.to_owned());
            if self.states.insert(key, state.into()).as_deref() == Some(state) {
                continue;
            }
            let state = netkit::visible(state.as_bytes());
            let [left, right] = self.script.kind.sides();
            self.seen.note(if is_client { left } else { right }, Sign::Is, &state);
            let place = if is_client { Place::AtLeft } else { Place::AtRight };
            self.show_now(place, &state);
        }
    }

    /// Tells what the folder holds, when that is new.
    pub(super) fn look_into_folder(&mut self) {
        let Some(folder) = &self.folder else { return };
        let mut files: Vec<String> = Vec::new();
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            // Fails for a file that is gone again, as one is that is written and renamed.
            let Ok(content) = fs::read(entry.path()) else { continue };
            let name = netkit::visible(entry.file_name().to_string_lossy().as_bytes());
            let start = grader::quoted_start(&content, 24);
            files.push(format!("{name} {start} {}", grader::size(content.len() as u64)));
        }
        files.sort();
        let held = match &files[..] {
            [] => words::FOLDER_EMPTY.to_owned(),
            _ => words::folder_holds(&files.join(", ")),
        };
        if held != self.folder_held {
            self.folder_held.clone_from(&held);
            self.show(Row::at(None, Place::Between, held));
        }
    }
}
