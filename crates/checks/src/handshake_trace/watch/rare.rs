//! States that pass in microseconds, held for as long as a program needs to print them.

use std::net::SocketAddr;

use grader::{Cause, Failure, Probe, Run, Verdict};

use super::super::sockets::{End, Host, Manner, Pair, machine_has_a_table};
use super::{IPV4, Watch, came};

/// States that pass in microseconds, held: nobody answers, or a full buffer keeps a FIN back. A
/// failure means that a state is left out, or that its row is not understood.
pub(in crate::handshake_trace) fn sees_rare_states(run: &mut Run) -> Verdict {
    machine_has_a_table()?;
    let nobody_accepts = Host::listen(run, IPV4, Manner::NoBacklog)?;
    let calls = Watch::on(run, &nobody_accepts)?;
    let _calling = calls_in_vain(run, &nobody_accepts, &calls)?;

    let deaf = Host::listen(run, IPV4, Manner::Deaf)?;
    let openings = Watch::on(run, &deaf)?;
    let _half_open = half_opens(run, &deaf, &openings)?;

    let host = Host::listen(run, IPV4, Manner::SmallBuffers)?;
    let closes = Watch::on(run, &host)?;
    let _closing = closes_that_cross(run, &host, &closes)?;
    let _closed_first = closes_one_after_the_other(run, &host, &closes)?;
    [calls, openings, closes].iter().try_for_each(Watch::end)
}

/// Waits for `lines`, and looks further when one does not come.
fn sees(run: &Run, watch: &Watch, lines: &[String]) -> Verdict {
    watch.sees(lines).or_probe(|failure| left_out(run, failure, lines))
}

/// SYN-SENT: the queue is full, so nobody answers. Gives what calls, and what is in the queue.
fn calls_in_vain(run: &Run, host: &Host, watch: &Watch) -> Verdict<(End, End)> {
    let in_the_queue = queued(run, host, watch)?;
    let unanswered = host.call_in_vain(run)?;
    sees(run, watch, &[unanswered.line("SYN-SENT")])?;
    Ok((unanswered, in_the_queue))
}

/// SYN-RECEIVED: the server's end never hears the third segment. Gives the client's end.
fn half_opens(run: &Run, deaf: &Host, watch: &Watch) -> Verdict<End> {
    let half_open = deaf.call(run)?;
    let other_end = half_open.other_end("SYN-RECEIVED");
    sees(run, watch, &[half_open.line("ESTABLISHED"), other_end])?;
    Ok(half_open)
}

/// FIN-WAIT-1, then CLOSING: the client's FIN waits behind what nobody reads, and the server's
/// comes meanwhile. Gives the connection.
fn closes_that_cross(run: &Run, host: &Host, watch: &Watch) -> Verdict<Pair> {
    let mut pair = host.connect(run)?;
    pair.client.fill(run)?;
    pair.client.half_close(run)?;
    sees(run, watch, &[pair.client.line("FIN-WAIT-1"), pair.server.line("ESTABLISHED")])?;
    pair.server.half_close(run)?;
    sees(run, watch, &[pair.client.line("CLOSING"), pair.server.line("FIN-WAIT-2")])?;
    Ok(pair)
}

/// LAST-ACK: the second FIN waits behind what nobody reads. Gives the end that closed first.
fn closes_one_after_the_other(run: &Run, host: &Host, watch: &Watch) -> Verdict<End> {
    let mut last = host.connect(run)?;
    last.client.half_close(run)?;
    sees(run, watch, &[last.client.line("FIN-WAIT-2"), last.server.line("CLOSE-WAIT")])?;
    last.server.fill(run)?;
    let at_last = last.server.line("LAST-ACK");
    last.server.close(run);
    sees(run, watch, &[at_last])?;
    Ok(last.client)
}

/// The one connection that a backlog of 0 has room for. It is in the queue when the program shows
/// the server's end of it.
fn queued(run: &Run, host: &Host, watch: &Watch) -> Verdict<End> {
    let queued = host.call(run)?;
    watch.sees(&[queued.line("ESTABLISHED"), queued.other_end("ESTABLISHED")])?;
    Ok(queued)
}

/// A state did not come in `watch`. Does `table` know its code?
fn left_out(run: &Run, failure: &Failure, lines: &[String]) -> Verdict<Option<&'static str>> {
    if failure.cause != Cause::Silence {
        return Ok(None);
    }
    run.note("a further experiment: the same state, and it is there when a program begins to look");
    let missing: Vec<&String> = lines.iter().filter(|line| !came(failure, line)).collect();
    let [line] = *missing else { return Ok(None) };
    let port = |word: Option<&str>| word.and_then(|word| word.parse::<SocketAddr>().ok());
    let mut words = line.split(' ');
    let (local, remote) = (port(words.next()), port(words.next()));
    let Some((local, remote)) = local.zip(remote) else { return Ok(None) };
    let state = words.next().unwrap_or_default();
    let at = if state == "SYN-SENT" { remote } else { local };
    let again = Watch::at(run, at)?;
    let shown_now = again.shows(std::slice::from_ref(line));
    if shown_now {
        return Ok(None);
    }
    Ok(match state {
        "SYN-SENT" | "SYN-RECEIVED" => Some("half_open_left_out"),
        "CLOSING" => Some("closing_left_out"),
        _ => None,
    })
}
