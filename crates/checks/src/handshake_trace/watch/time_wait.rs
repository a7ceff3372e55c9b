//! TIME-WAIT: on whoever closed first, and not the end.

use grader::{Cause, Failure, Probe, Run, Verdict};

use super::super::sockets::{End, Host};
use super::{Watch, both_up, came, host, quoted};

/// First the client's end closes first, then the server's. A failure means that TIME-WAIT is
/// believed to be always the same role's, or that it is taken for the end.
pub(in crate::handshake_trace) fn time_wait_side(run: &mut Run) -> Verdict {
    let host = host(run)?;
    let watch = Watch::on(run, &host)?;
    waits_on_either_side(run, &host, &watch).or_probe(|failure| match failure.cause {
        Cause::Ended => a_row_goes(run, &host),
        _ => Ok(None),
    })
}

/// Closes a connection at the client's end first, another at the server's, and lets a third show
/// that the program goes on.
fn waits_on_either_side(run: &Run, host: &Host, watch: &Watch) -> Verdict {
    let pair = host.connect(run)?;
    let never = pair.server.line("TIME-WAIT");
    first_waits(run, host, watch, &pair.client, pair.server)?;
    let pair = host.connect(run)?;
    let (client, server) = (pair.client.line("TIME-WAIT"), pair.server.line("TIME-WAIT"));
    first_waits(run, host, watch, &pair.server, pair.client).or_probe(|failure| {
        let only_the_clients = came(failure, &client) && !came(failure, &server);
        Ok(only_the_clients.then_some("time_wait_always_the_clients"))
    })?;
    let next = host.connect(run)?;
    watch.sees(&both_up(&next))?;
    expect_none_of(watch, &[never, client])?;
    watch.end()
}

/// Checks that none of these lines, of ends that closed second, has been printed.
fn expect_none_of(watch: &Watch, lines: &[String]) -> Verdict {
    let text = String::from_utf8_lossy(&watch.program.stdout()).into_owned();
    match text.lines().find(|line| lines.iter().any(|never| never == line)) {
        None => Ok(()),
        Some(line) => {
            let failure = Failure::new("the end that closed second is shown in TIME-WAIT");
            Err(failure.expected("TIME-WAIT at the other end only").got(quoted(line)).into())
        }
    }
}

/// Closes `first`, then `second`, and waits until TIME-WAIT has been shown of the first.
fn first_waits(run: &Run, host: &Host, watch: &Watch, first: &End, second: End) -> Verdict {
    watch.sees(&[first.line("ESTABLISHED"), second.line("ESTABLISHED")])?;
    first.half_close(run)?;
    watch.sees(&[first.line("FIN-WAIT-2"), second.line("CLOSE-WAIT")])?;
    let never = second.line("TIME-WAIT");
    second.close(run);
    watch.sees(&[first.line("TIME-WAIT")]).or_probe(|failure| {
        let taken_for_the_end = failure.cause == Cause::Silence
            && came(failure, &first.line("CLOSED"))
            && !came(failure, &never);
        if taken_for_the_end { another_look(run, host, first) } else { Ok(None) }
    })
}

/// The program ended when a row vanished. Does a reset, after which both are gone, end it, too?
fn a_row_goes(run: &Run, host: &Host) -> Verdict<Option<&'static str>> {
    run.note("a further experiment: a connection that is reset");
    // The table is no picture of one moment: a row that changes while it is read may be missed, and
    // the program may end of that already. Then the experiment begins anew.
    for _ in 0..3 {
        let watch = Watch::on(run, host)?;
        let pair = host.connect(run)?;
        if watch.shows(&both_up(&pair)) {
            pair.client.reset(run)?;
            let exit = watch.program.wait_exit()?;
            return Ok((exit.code == Some(101)).then_some("vanished_row_unwrapped"));
        }
    }
    Ok(None)
}

/// The first closer was shown as CLOSED. What does a program say that looks at it now?
fn another_look(run: &Run, host: &Host, first: &End) -> Verdict<Option<&'static str>> {
    run.note("a further experiment: another program looks at the same connection");
    let again = Watch::on(run, host)?;
    let shows_it = again.shows(&[first.line("TIME-WAIT")]);
    Ok((!shows_it).then_some("time_wait_taken_for_the_end"))
}
