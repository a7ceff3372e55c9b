//! How a talk ends, at either side: each goodbye is told, and each program ends with 0.

use std::time::Duration;

use grader::{Cause, Probe, Run, Verdict};

use super::client::{Bob, NEVER, PATIENCE};
use super::talk::{Talk, coloured};
use crate::shown::Ink;

/// Every way to end, and what is none. Fails when a goodbye is not sent, is waited on, is
/// overlooked, or ends the program with another code than 0.
pub(super) fn quits(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    client_types_q(run)?;
    client_receives_q(run)?;
    clients_input_ends(run)?;
    server_types_q(run)?;
    servers_input_ends(run)
}

fn client_types_q(run: &Run) -> Verdict {
    let mut bob = Bob::comes(run, NEVER)?;
    for (typed, answer) in [("quit", "qq"), ("q ", "quit"), ("Q", "Q")] {
        bob.says(typed)?;
        bob.is_told(answer.as_bytes())?;
    }
    let mut screen = bob.screen();
    for answer in ["qq", "quit", "Q"] {
        screen.expect_text(answer)?;
    }
    bob.client.type_line("q");
    bob.sends("q").or_probe(|failure| {
        let silent = failure.cause == Cause::Exited && bob.client.wait_exit()?.code == Some(0);
        Ok(silent.then_some("goodbye_not_sent"))
    })?;
    bob.client.expect_exit(0).or_probe(|failure| {
        if failure.cause != Cause::Silence {
            return Ok(None);
        }
        bob.is_told(b"goodbye, bob")?;
        let waited = bob.client.wait_exit()?.code == Some(0);
        Ok(waited.then_some("waits_for_a_goodbye"))
    })
}

fn client_receives_q(run: &Run) -> Verdict {
    let mut bob = Bob::comes(run, NEVER)?;
    bob.says("hello")?;
    bob.is_told(b"q")?;
    bob.client.expect_exit(0).or_probe(|failure| {
        if failure.cause != Cause::Silence {
            return Ok(None);
        }
        let goes_on = bob.says("are you there?").is_ok();
        Ok(goes_on.then_some("servers_q_overlooked"))
    })
}

/// The last line counts without its LF. Whether its answer is waited for is left open.
fn clients_input_ends(run: &Run) -> Verdict {
    let mut bob = Bob::comes(run, NEVER)?;
    bob.client.write_stdin(b"last words");
    bob.client.close_stdin();
    bob.sends("last words")?;
    bob.is_told(b"yes")?;
    bob.client.expect_exit(0).or_probe(|_| {
        let empty = bob.server.pending(Duration::ZERO)?.is_some_and(|it| it.bytes == b"bob : ");
        Ok(empty.then_some("end_of_input_is_a_line"))
    })
}

fn server_types_q(run: &Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    for text in ["quit", "q ", "Q"] {
        talk.hears(&mut client, &format!("bob : is {text:?} the end?"), Ink::PLAIN)?;
        talk.prompts()?;
        server.type_line(text);
        client.expect(text.as_bytes())?;
    }
    talk.hears(&mut client, "bob : the end?", Ink::PLAIN)?;
    talk.prompts()?;
    server.type_line("q");
    client.expect(b"q").or_probe(|failure| {
        let silent = failure.cause == Cause::Exited && server.wait_exit()?.code == Some(0);
        Ok(silent.then_some("goodbye_not_sent"))
    })?;
    server.expect_exit(0).or_probe(|failure| {
        let goes_on = failure.cause == Cause::Silence
            && talk.exchange(&mut client, "bob : are you there?", Ink::PLAIN).is_ok();
        Ok(goes_on.then_some("own_q_overlooked"))
    })
}

fn servers_input_ends(run: &Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    talk.hears(&mut client, "bob : nobody types any more", Ink::PLAIN)?;
    talk.prompts()?;
    server.close_stdin();
    server.expect_exit(0).or_probe(|_| {
        let empty = client.pending(Duration::ZERO)?.is_some_and(|it| it.bytes.is_empty());
        Ok(empty.then_some("end_of_input_is_a_line"))
    })
}
