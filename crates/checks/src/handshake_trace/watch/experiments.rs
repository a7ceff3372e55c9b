//! What is tried when `watch` did not print what it should: one more experiment, whose outcome only
//! one misconception explains. It gives that misconception's id in lesson.toml, or `None`: open.
//!
//! Each says in the ladder, by a note, where the failure ends and the experiment begins.

use std::net::SocketAddr;
use std::time::Duration;

use grader::{Cause, Failure, Program, Run, Verdict};

use super::super::sockets::{Host, Manner};
use super::{IPV4, WITHOUT_SLEEP, Watch, both_up, came, listening, watch_for};

/// The confirmed misconception, if any.
type Finding = Verdict<Option<&'static str>>;

/// The row that was there at the start did not come. Does a later one, or this one at the end?
pub(super) fn when_it_prints(run: &Run, host: &Host, watch: &Watch) -> Finding {
    run.note("further experiments: a connection meanwhile; another look at it, or 0.3 s");
    let pair = host.connect(run)?;
    let up = both_up(&pair);
    if watch.shows(&up) {
        let at_first = Watch::at(run, host.addr())?.shows(&up);
        return Ok((!at_first).then_some("first_look_kept_quiet"));
    }
    let short = watch_for(run, host, "0.3")?;
    short.wait_exit()?;
    let text = String::from_utf8_lossy(&short.stdout()).into_owned();
    let at_last = text.lines().any(|line| line == listening(host));
    Ok(at_last.then_some("printed_at_the_end"))
}

/// The time of `short` is over, and it has not ended. Does it still look?
pub(super) fn long_after_its_time(
    run: &Run,
    host: &Host,
    short: &Program,
    failure: &Failure,
) -> Finding {
    if failure.cause != Cause::Silence {
        return Ok(None);
    }
    run.note("a further experiment: a connection, while its time is long over");
    let pair = host.connect(run)?;
    let up = both_up(&pair);
    Ok(short.find_lines(&up, |_| Ok(())).is_ok().then_some("watches_for_ever"))
}

/// The rows `up`, which are new, were not shown. Does a program show them at its start, and does it
/// end in order?
pub(super) fn a_program_that_begins_now(
    run: &Run,
    host: &Host,
    up: &[String],
    failure: &Failure,
) -> Finding {
    run.note("a further experiment: another program, for 60 s");
    let again = Watch::on(run, host)?;
    if failure.cause == Cause::Ended {
        let ends_well = again.program.wait_exit()?.code == Some(0);
        return Ok(ends_well.then_some("ends_before_its_time"));
    }
    let text = String::from_utf8_lossy(&failure.received);
    let nothing_new = text.lines().all(|line| line == listening(host));
    let silent = failure.cause == Cause::Silence && nothing_new;
    Ok((silent && again.shows(up)).then_some("later_looks_show_nothing"))
}

/// Of a connection's two rows one is missing; `server` is the server's. Which one is it of a second
/// connection, and how often does the other stand there?
pub(super) fn which_end(
    run: &Run,
    host: &Host,
    watch: &Watch,
    server: &str,
    failure: &Failure,
) -> Finding {
    run.note("a further experiment: a second connection");
    let second = host.connect(run)?;
    run.patience(Duration::from_secs(1));
    let (other, end) = (second.client.line("ESTABLISHED"), second.server.line("ESTABLISHED"));
    let server_only = came(failure, server) && watch.shows(std::slice::from_ref(&end));
    if !server_only || watch.shows(&[other]) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&watch.program.stdout()).into_owned();
    let times = |row: &str| text.lines().filter(|line| *line == row).count();
    Ok(match (times(server), times(&end)) {
        (1, 1) => Some("local_end_only"),
        (2, 2) => Some("port_always_on_the_left"),
        _ => None,
    })
}

/// A program that watches an IPv6 address shows nothing. Does one that was given the same port at
/// `ipv4`? And all of it over IPv4?
pub(super) fn all_over_ipv4(
    run: &Run,
    ipv4: SocketAddr,
    host: &Host,
    failure: &Failure,
) -> Finding {
    run.note("further experiments: --addr with 127.0.0.1, then all of it over IPv4");
    let by_port = Watch::at(run, ipv4)?.shows(&[listening(host)]);
    let other = Host::listen(run, IPV4, Manner::Usual)?;
    let only_ipv4 = failure.cause == Cause::Silence && !by_port;
    Ok((only_ipv4 && Watch::on(run, &other).is_ok()).then_some("only_ipv4_looked_at"))
}

/// The program that knows only the port shows nothing. Does it show a connection that the one with
/// the whole address sees?
pub(super) fn what_the_other_sees(
    run: &Run,
    host: &Host,
    by_address: &Watch,
    by_port: &Watch,
) -> Finding {
    run.note("a further experiment: a connection, which the first program sees");
    let pair = host.connect(run)?;
    let up = both_up(&pair);
    let compares_all = by_address.shows(&up) && !by_port.shows(&up);
    Ok(compares_all.then_some("address_compared_too"))
}

/// A row of another port was printed, it seems. Is a new connection there shown, too?
pub(super) fn one_more_elsewhere(run: &Run, elsewhere: &Host, watch: &Watch) -> Finding {
    run.note("a further experiment: one more connection elsewhere");
    let more = elsewhere.connect(run)?;
    let shown = watch.shows(&[more.client.line("ESTABLISHED")]);
    Ok(shown.then_some("everybodys_sockets"))
}

/// A program that has nothing to print computes all the time. Does it without any row to look at?
pub(super) fn where_there_is_nothing(run: &Run) -> Finding {
    run.note("a further experiment: a port where there is nothing at all");
    let nobody = run.tcp_refused()?;
    let again = Watch::at(run, nobody.addr())?;
    Ok((!again.program.rests(WITHOUT_SLEEP)?).then_some("no_pause"))
}
