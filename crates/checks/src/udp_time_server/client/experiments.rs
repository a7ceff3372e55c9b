//! What is tried when a check of the client has failed: one more experiment, whose outcome only one
//! misconception explains. It gives that misconception's id in lesson.toml, or `None`: open.

use std::time::{Duration, Instant};

use grader::{Program, Run, Verdict};

use super::{NEVER, ask_in_silence, client, questions, receive};

/// The confirmed misconception, if any.
type Finding = Verdict<Option<&'static str>>;

/// An interval was too short. Asks for 1.9 s and looks how long it really takes. A busy machine
/// makes it longer and never shorter, so the shortest of three is what the program does.
pub(super) fn how_intervals_go(run: &Run) -> Finding {
    let mut shortest = u128::MAX;
    for _ in 0..3 {
        shortest = shortest.min(how_an_interval_goes(run)?);
        if shortest < 600 {
            return Ok(Some("no_interval"));
        }
    }
    Ok((990..1750).contains(&shortest).then_some("whole_seconds"))
}

/// The milliseconds from a reply to the next question, when they should be 1900.
fn how_an_interval_goes(run: &Run) -> Verdict<u128> {
    let mut server = run.udp_host("server")?;
    let words = ["%H", "--count", "2", "--interval", "1.9", "--timeout", NEVER];
    client(run, &server, &words).start()?;
    let question = receive(&mut server)?;
    let replied = Instant::now();
    server.send_to(question.from, b"now")?;
    receive(&mut server)?;
    Ok(replied.elapsed().as_millis())
}

/// The question was not asked again. Asks with a limit of 0.2 s and one retry: whoever knows the
/// limit ends soon.
pub(super) fn why_not_again(run: &Run) -> Finding {
    let (client, mut server) = ask_in_silence(run, "1")?;
    let question = receive(&mut server)?;
    if client.wait_exit().is_ok() {
        return Ok((questions(&mut server)? == 0).then_some("never_resends"));
    }
    let asked_nothing = questions(&mut server)? == 0;
    server.send_to(question.from, b"late")?;
    let takes_it = client.expect_line("late").is_ok();
    Ok((asked_nothing && takes_it).then_some("waits_for_ever"))
}

/// The client ended `waited` after its question. Was it at the limit of 1.2 s, and with which words?
pub(super) fn ended_at_the_limit(client: &Program, waited: Duration) -> Finding {
    let at_the_limit = waited > Duration::from_millis(1100);
    if !at_the_limit || client.wait_exit()?.code != Some(1) {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&client.stderr()).to_lowercase();
    let limit_refused = said.contains("invalid") || said.contains("0 duration");
    Ok(Some(if limit_refused { "zero_timeout" } else { "first_silence_ends" }))
}
