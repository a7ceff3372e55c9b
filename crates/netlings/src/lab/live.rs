//! A lab that runs, and everything on its wire as it happens.

use std::collections::HashMap;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use wirelab::{Event, Fate, Lab, Numbers, Tier, payload};

use super::place::Place;
use super::{Options, door, place};
use crate::ending::{PASSED, Stop};
use crate::screen::Screen;
use crate::trace::input::Input;
use crate::trace::scenario::Side;
use crate::trace::view::{End, Row, View};
use crate::words::lab as words;

const NAMES: [&str; 8] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];
/// How often the wire is looked at, and how many frames of that moment are shown.
const MOMENT: Duration = Duration::from_millis(100);
const SHOWN: usize = 40;

pub(super) fn run(screen: &Screen, options: &Options) -> Result<u8, Stop> {
    let mut input = Input::new();
    let mut builder = Lab::builder().tier(Tier::Kernel).record_states();
    for (number, name) in (1..=options.hosts).zip(NAMES) {
        builder = builder.host(name, &format!("10.0.0.{number}/24"));
    }
    let lab =
        builder.build().map_err(|error| Stop::infrastructure(words::no_lab(&error.to_string())))?;
    let (own, listener) = Place::take(options.name.as_deref())?;
    let remover = own.remover();
    grader::interrupt::before_the_end(grader::interrupt::A_MOMENT, move |_| remover());
    let hosts: Vec<(String, String)> =
        lab.hosts().iter().map(|it| (it.name().to_owned(), it.address().to_string())).collect();
    own.write_hosts(&hosts)?;
    let mut told = String::new();
    for host in lab.hosts() {
        let entrance = host.entrance();
        let entrance = entrance
            .map_err(|error| Stop::infrastructure(words::no_lab(&netkit::cause(&error))))?;
        told.push_str(&format!("{} {entrance}\n", host.name()));
    }
    // It ends with the process, which ends when this function does.
    thread::Builder::new()
        .name("door".into())
        .spawn(move || door::keep(&listener, &told))
        .map_err(|error| Stop::infrastructure(words::no_lab(&netkit::cause(&error))))?;
    screen.paragraph("", &words::runs(&own.name, &hosts), 0);
    let is_alone = place::running()?.len() == 1;
    screen.line(words::way_in(NAMES[0], (!is_alone).then_some(&own.name)));
    screen.gap();
    let mut ladder = Ladder::over(screen, &lab, &hosts);
    loop {
        let goes_on = input.pause(MOMENT);
        ladder.show_new();
        if !goes_on {
            break;
        }
    }
    screen.gap();
    screen.paragraph("", words::ENDS, 0);
    drop(lab); // before its name is free again
    Ok(PASSED)
}

struct Ladder<'a> {
    screen: &'a Screen,
    lab: &'a Lab,
    /// With two hosts; more have rows without arrows.
    view: Option<View<'a>>,
    owners: HashMap<IpAddr, String>,
    numbers: Numbers,
    /// The number of the next event.
    next: u64,
}

impl<'a> Ladder<'a> {
    fn over(screen: &'a Screen, lab: &'a Lab, hosts: &[(String, String)]) -> Self {
        let view = (hosts.len() == 2).then(|| {
            let view = View::new(screen, false);
            let names: Vec<String> =
                hosts.iter().map(|(name, at)| format!("{name} {at}")).collect();
            view.heading(&[names[0].clone(), names[1].clone()]);
            view
        });
        let owners = lab.hosts().iter().map(|it| (it.address(), it.name().to_owned())).collect();
        Self { screen, lab, view, owners, numbers: Numbers::default(), next: 0 }
    }

    fn show_new(&mut self) {
        let events = self.lab.wire().recorder().since(self.next);
        if let Some(last) = events.last() {
            self.next = last.number + 1;
        }
        for event in events.iter().take(SHOWN) {
            self.show(event);
        }
        if let Some(more) = events.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            self.screen.paragraph(" ", &words::more_frames(more), 1);
        }
    }

    fn show(&mut self, event: &Event) {
        let decoded = event.frame.decode();
        let numbers = self.numbers.relative(&decoded);
        let mut text = decoded.line(numbers, payload(&event.frame.bytes));
        let ends = decoded.ends();
        if let Some((from, to)) = ends {
            text = words::of_ports(from.port(), to.port(), &text);
        }
        let Some(view) = &mut self.view else {
            let from = self.lab.hosts()[event.frame.from].name();
            let to = ends.and_then(|(_, to)| self.owners.get(&to.ip())).map(String::as_str);
            let text = words::frame_to(from, to, &text);
            self.screen.line(crate::screen::cut(&text, self.screen.columns()));
            return;
        };
        let end = if event.fate == Fate::Delivered { End::Delivered } else { End::Lost };
        view.frame(&Row { from: Side::at(event.frame.from), text, end }, "");
        let state = |host| event.states.iter().find(|it| it.host == host).map(|it| it.state());
        if let (Some(alice), Some(bob)) = (state(0), state(1)) {
            view.new_states([alice, bob], "");
        }
    }
}
