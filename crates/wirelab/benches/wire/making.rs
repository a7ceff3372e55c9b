//! Hosts made and gone.

use std::time::Instant;

use wirelab::Builder;

use crate::figures::{beside, figure, middle};

/// Hosts made in a second, and how long one takes to be gone: in labs of two, and in one of a
/// hundred. Each with the neighbours that its kernel finds by itself. The middle of three rounds.
pub(crate) fn measure(plan: impl Fn() -> Builder) {
    const LABS: u32 = 20;
    let hosts = |count: u32| {
        let named = (1..=count).map(|host| (format!("h{host}"), format!("10.0.{host}.1/16")));
        named.fold(plan(), |plan, (name, address)| plan.host(&name, &address))
    };
    for (what, labs, size) in [("labs of two", LABS, 2), ("a lab of 100", 1, 100)] {
        let count = f64::from(labs * size);
        let round = || {
            let began = Instant::now();
            let made: Vec<_> = (0..labs).map(|_| hosts(size).build().expect("built")).collect();
            let in_a_second = count / began.elapsed().as_secs_f64();
            let began = Instant::now();
            drop(made);
            (in_a_second, began.elapsed().as_secs_f64() * 1e3 / count)
        };
        let rounds = [round(), round(), round()];
        let (in_a_second, gone) = (middle(rounds.map(|it| it.0)), middle(rounds.map(|it| it.1)));
        let rate = format!("{in_a_second:.0} hosts/s");
        if size > 2 {
            figure(what, &rate, "500 hosts/s", in_a_second >= 500.0);
        } else {
            beside(what, rate);
        }
        let what = format!("{what}, one host gone");
        figure(&what, format!("{gone:.1} ms"), "under 20 ms", gone < 20.0);
    }
}
