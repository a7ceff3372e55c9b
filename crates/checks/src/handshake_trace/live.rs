//! What `live` shows of a connection that it makes and ends itself.

use std::net::Ipv4Addr;

use grader::{Cause, Failure, Probe, Program, Run, Trouble, Verdict, quoted_start};

use super::sockets::{Host, Manner, machine_has_a_table};
use super::table::is_held;
use super::watch::PATIENCE;

/// One line, `STEP | client STATE | server STATE`: the two states.
type Shown = (String, String);

/// Either end may close first, the steps may have any names, and there may be more of them. A
/// failure means that a moment of the connection's life is missing, or at the wrong end.
pub(super) fn live_walk(run: &mut Run) -> Verdict {
    machine_has_a_table()?;
    run.patience(PATIENCE);
    let live = run.program("live").start()?;
    let (shown, end) = steps(&live)?;
    let walked = walk(&shown);
    // One that has shown all of it and stays is another story; `expect_exit` tells that.
    if walked.is_err() {
        end?;
    }
    walked.or_probe(|_| what_walk(run, &shown)).map_err(|trouble| match trouble {
        Trouble::Failed(_) if waits_nowhere(&shown) => {
            time_wait_exists(run).err().unwrap_or(trouble)
        }
        other => other,
    })?;
    live.expect_exit(0)
}

/// What it shows, step by step, until its stdout ends. Each line is judged as it comes, and has the
/// usual time, so a program may rest after each for somebody to read it. The second verdict is that
/// of a line that did not come.
fn steps(live: &Program) -> Verdict<(Vec<Shown>, Verdict)> {
    live.close_stdin();
    let mut shown = Vec::new();
    loop {
        match live.next_line() {
            Ok(line) => shown.push(states(&line)?),
            Err(Trouble::Failed(failure)) if failure.cause == Cause::Ended => {
                return Ok((shown, Ok(())));
            }
            Err(trouble) => return Ok((shown, Err(trouble))),
        }
    }
}

fn waits_nowhere(shown: &[Shown]) -> bool {
    !shown.iter().any(|(client, server)| [client, server].iter().any(|state| *state == "TIME-WAIT"))
}

/// Closes a connection of the grader's own and looks for its TIME-WAIT.
///
/// # Errors
/// The machine's: a system can be told to keep no such row (tcp(7), tcp_max_tw_buckets).
fn time_wait_exists(run: &Run) -> Verdict {
    let host = Host::listen(run, Ipv4Addr::LOCALHOST.into(), Manner::Usual)?;
    let pair = host.connect(run)?;
    pair.client.half_close(run)?;
    pair.server.close(run);
    match is_held(&pair.client.line("TIME-WAIT")) {
        true => Ok(()),
        false => Err(Trouble::Machine("this system keeps no connection in TIME-WAIT".into())),
    }
}

/// The states of a line.
fn states(line: &str) -> Verdict<Shown> {
    let parts: Vec<&str> = line.rsplitn(3, '|').map(str::trim).collect();
    let state = |part: Option<&&str>, end: &str| {
        let state = part?.strip_prefix(end)?.trim();
        super::machine::STATES.contains(&state).then(|| state.to_owned())
    };
    match (state(parts.get(1), "client "), state(parts.first(), "server ")) {
        (Some(client), Some(server)) if parts.len() == 3 => Ok((client, server)),
        _ => {
            let failure = Failure::new("a line that shows no step").cause(Cause::Other);
            let expected = "STEP | client STATE | server STATE, with RFC 9293's names";
            Err(failure.expected(expected).got(quoted_start(line.as_bytes(), 100)).into())
        }
    }
}

/// Checks that the moments of a connection's life are there, in order.
fn walk(shown: &[Shown]) -> Verdict {
    let mut rest = shown.iter();
    let mut find = |what: &str, is_it: &dyn Fn(&Shown) -> bool| {
        rest.find(|line| is_it(line)).ok_or_else(|| Trouble::from(missing(what, shown)))
    };
    find("the server in LISTEN, the client CLOSED", &|(client, server)| {
        client == "CLOSED" && server == "LISTEN"
    })?;
    find("both in ESTABLISHED", &|(client, server)| {
        client == "ESTABLISHED" && server == "ESTABLISHED"
    })?;
    let half = |first: &str, second: &str| first == "FIN-WAIT-2" && second == "CLOSE-WAIT";
    let (client, _) =
        find("one end in FIN-WAIT-2, the other in CLOSE-WAIT", &|(client, server)| {
            half(client, server) || half(server, client)
        })?;
    let client_is_first = client == "FIN-WAIT-2";
    let first_of = |(client, server): &Shown| {
        if client_is_first { client.clone() } else { server.clone() }
    };
    let second_of = |(client, server): &Shown| {
        if client_is_first { server.clone() } else { client.clone() }
    };
    let first = if client_is_first { "client" } else { "server" };
    let what = format!("TIME-WAIT at the end of the one that closed first, the {first}");
    find(&what, &|line| first_of(line) == "TIME-WAIT")?;
    if shown.iter().any(|line| second_of(line) == "TIME-WAIT") {
        return Err(missing("TIME-WAIT at the first closer's end only", shown).into());
    }
    match shown.last() {
        Some(line) if first_of(line) == "TIME-WAIT" => Ok(()),
        _ => Err(missing("TIME-WAIT in the last line", shown).into()),
    }
}

fn missing(what: &str, shown: &[Shown]) -> Failure {
    let lines: Vec<_> =
        shown.iter().map(|(client, server)| format!("client {client}, server {server}")).collect();
    let got = if lines.is_empty() { "no line at all".into() } else { lines.join("\n") };
    Failure::new("a moment of the connection's life is not shown").expected(what).got(got)
}

/// Is the walk the same a second time? Then what it lacks tells what was done.
fn what_walk(run: &Run, shown: &[Shown]) -> Verdict<Option<&'static str>> {
    run.note("a further experiment: once more");
    let (same, end) = steps(&run.program("live").start()?)?;
    end?;
    if same != shown || same.is_empty() {
        return Ok(None);
    }
    let has = |first: &str, second: &str| {
        let is = |(a, b): &Shown| (a == first && b == second) || (a == second && b == first);
        shown.iter().any(is)
    };
    let waits = |(client, server): &Shown| client == "TIME-WAIT" || server == "TIME-WAIT";
    let half_closed = shown
        .iter()
        .find(|(client, server)| [client, server].iter().any(|state| *state == "FIN-WAIT-2"));
    Ok(match half_closed {
        Some((client, _)) => {
            let client_is_first = client == "FIN-WAIT-2";
            let at_other_end = |(client, server): &Shown| {
                if client_is_first { server == "TIME-WAIT" } else { client == "TIME-WAIT" }
            };
            if shown.iter().any(at_other_end) {
                Some("time_wait_at_the_other_end")
            } else if has("CLOSED", "CLOSED") && !shown.iter().any(waits) {
                Some("nothing_left_to_wait")
            } else {
                None
            }
        }
        None => {
            let only_these = ["CLOSED", "LISTEN", "ESTABLISHED", "TIME-WAIT"];
            let known = |(client, server): &Shown| {
                only_these.contains(&&**client) && only_these.contains(&&**server)
            };
            let skips = shown.iter().all(known) && shown.iter().any(waits);
            (skips && has("ESTABLISHED", "ESTABLISHED")).then_some("no_half_closed_moment")
        }
    })
}
