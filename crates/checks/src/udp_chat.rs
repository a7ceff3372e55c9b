//! The checks of the lesson udp-chat.
//!
//! The grader is several clients of the server at once, and types what the server's user would
//! ([`talk`]). It waits for each answer before the next message, so a server may take them one by
//! one. Then it is the server of the student's clients, and every stranger ([`client`]). Colours are
//! judged by what a terminal would show ([`crate::shown`]). What is tried when a check has failed
//! stands in [`experiments`].

mod client;
mod experiments;
mod hostile;
mod quits;
mod talk;

use client::{silent_server, stranger_ignored};
use grader::{Cause, Failure, Probe, Run, Suite, UdpPeer, Verdict, check, quoted_start};
use hostile::{hostile_datagrams, terminal_safety};
use quits::quits;
use talk::{ALEX, Talk, coloured};

use crate::errors;
use crate::shown::{Ink, Line, Screen};

/// 太白: magenta on black.
const TAIBAI: Ink = Ink::named(5, 0);

/// The most bytes that a datagram of the chat may have.
const LONGEST: usize = 1024;

/// The lesson's checks.
pub(crate) const SUITE: Suite = Suite {
    lesson: "udp-chat",
    checks: &[
        check!(plain_line),
        check!(alex_colour),
        check!(taibai_colour),
        check!(colons_in_text),
        check!(no_colon),
        check!(full_width_colon),
        check!(reply_to_sender),
        check!(interleaved_clients),
        check!(one_leaves),
        check!(quits),
        check!(hostile_datagrams),
        check!(terminal_safety),
        check!(stranger_ignored),
        check!(silent_server, waits),
        check!(no_color),
        check!(errors_are_clear),
    ],
};

/// A long message and then a short one. Fails when what is shown is not what came, when the prompt
/// stays in a buffer, or when the answer is not exactly the line that was typed.
fn plain_line(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut bob = server.udp()?;
    for message in ["bob : good morning, everybody", "bob : hi"] {
        talk.hears(&mut bob, message, Ink::PLAIN).or_probe(|_| experiments::two_lengths(run))?;
        talk.prompts().or_probe(|_| experiments::prompt_after_typing(&mut talk, &mut bob))?;
        let before = talk.answer().to_owned();
        talk.answers(&mut bob).or_probe(|why| Ok(experiments::came_again(&before, why)))?;
    }
    Ok(())
}

/// Fails when another name is coloured, or `alex` is not, or the colours are not reset.
fn alex_colour(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    for message in ["alex : hello", "alex: no space", "  alex  :  many spaces"] {
        talk.exchange(&mut client, message, ALEX)
            .or_probe(|_| experiments::name_as_it_stands(run))?;
    }
    for message in ["alexander : hello", "bob : alex is here", "Alex : hello", "a lex : hello"] {
        talk.exchange(&mut client, message, Ink::PLAIN)
            .or_probe(|_| experiments::nearly_alex(run))?;
    }
    Ok(())
}

/// Fails when a name beyond ASCII is not recognised, or black is taken for no colour.
fn taibai_colour(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    for message in ["太白 : 你好", "太白:床前明月光", " 太白 : 疑是地上霜"] {
        talk.exchange(&mut client, message, TAIBAI)?;
    }
    talk.exchange(&mut client, "李白 : 举头望明月", Ink::PLAIN)?;
    talk.exchange(&mut client, "alex : what a moon", ALEX)?;
    talk.exchange(&mut client, "太白 : 低头思故乡", TAIBAI)
}

/// Fails when more than the first colon means something, at the server or at the client.
fn colons_in_text(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    for (message, ink) in
        [("bob : 10:30 : or 11:00::", Ink::PLAIN), ("alex : see http://[::1]:9090/", ALEX)]
    {
        talk.exchange(&mut client, message, ink).or_probe(|_| experiments::later_colons(run))?;
    }
    client::keeps_colons(run)
}

/// Fails when a message without a name is not shown, or is taken for a name.
fn no_colon(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    for message in ["hello, everybody", "alex", "太白", " "] {
        talk.exchange(&mut client, message, Ink::PLAIN)
            .or_probe(|failure| experiments::without_a_colon(run, &server, failure))?;
    }
    talk.exchange(&mut client, "alex : and with a name", ALEX)
}

/// Fails when `：` (U+FF1A, as Chinese text has it) is taken for `:`.
fn full_width_colon(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut client = server.udp()?;
    for (message, ink) in [
        ("太白：你好", Ink::PLAIN),
        ("alex：hello", Ink::PLAIN),
        ("alex：one : two", Ink::PLAIN),
        ("太白：q", Ink::PLAIN),
        ("alex : 一：二", ALEX),
    ] {
        talk.exchange(&mut client, message, ink).or_probe(|_| experiments::full_width(run))?;
    }
    Ok(())
}

/// Fails when an answer goes elsewhere than to the one whose message was shown, or to more than
/// that one: whatever reached somebody else is the first thing that comes there next time.
fn reply_to_sender(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let (mut ann, mut ben) = (server.udp()?, server.udp()?);
    talk.exchange(&mut ann, "ann : one", Ink::PLAIN)?;
    talk.hears(&mut ben, "ben : two", Ink::PLAIN)
        .or_probe(|_| experiments::second_client_is_refused(&server))?;
    talk.answers(&mut ben).or_probe(|_| experiments::went_to(&mut ann, talk.answer()))?;
    for round in 0..3 {
        let (peer, other) =
            if round % 2 == 0 { (&mut ann, &mut ben) } else { (&mut ben, &mut ann) };
        let message = format!("{} : round {round}", if round % 2 == 0 { "ann" } else { "ben" });
        let before = talk.answer().to_owned();
        talk.hears(peer, &message, Ink::PLAIN)?;
        talk.answers(peer)
            .or_probe(|why| experiments::whose_answer(&before, why, other, talk.answer()))?;
    }
    Ok(())
}

/// Three clients of one name, in an order that the seed gives; then two of the student's clients
/// at once. Fails when a name is taken for an address, or a client needs a port of its own.
fn interleaved_clients(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let mut clients = [server.udp()?, server.udp()?, server.udp()?];
    let mut order = [0, 1, 2, 0, 1, 2, 0, 1];
    run.random().shuffle(&mut order);
    for (turn, which) in order.into_iter().enumerate() {
        talk.hears(&mut clients[which], &format!("bob : turn {turn}"), Ink::PLAIN)?;
        let answered = talk.answers(&mut clients[which]);
        answered.or_probe(|_| {
            let answer = talk.answer().to_owned();
            let mut others = clients.iter_mut().enumerate().filter(|(at, _)| *at != which);
            let astray = others.any(|(_, other)| {
                experiments::went_to(other, &answer).is_ok_and(|found| found.is_some())
            });
            if astray { experiments::names_of_their_own(run) } else { Ok(None) }
        })?;
    }
    client::two_at_once(run)
}

/// A client says `q`, then a client is gone without a word. Fails when that ends the server, or
/// when it asks its user for an answer to a goodbye.
fn one_leaves(run: &mut Run) -> Verdict {
    let server = coloured(run)?;
    let mut talk = Talk::with(&server);
    let (mut alex, mut bob) = (server.udp()?, server.udp()?);
    talk.exchange(&mut alex, "alex : hello", ALEX)?;
    talk.exchange(&mut bob, "bob : hello", Ink::PLAIN)?;
    talk.hears(&mut alex, "alex : q", ALEX)?;
    talk.hears(&mut bob, "bob : I stay", Ink::PLAIN)
        .or_probe(|failure| experiments::after_a_q(run, &mut talk, &mut alex, failure))?;
    talk.answers(&mut bob)?;
    for goodbye in ["q", "alex :q", ":q"] {
        let ink = if goodbye.starts_with("alex") { ALEX } else { Ink::PLAIN };
        talk.hears(&mut alex, goodbye, ink)?;
        talk.exchange(&mut bob, &format!("bob : after {goodbye:?}"), Ink::PLAIN)?;
    }
    near_goodbyes_are_answered(run, &mut talk, &mut bob)?;
    talk.hears(&mut alex, "alex : I vanish", ALEX)?;
    drop(alex);
    talk.prompts()?;
    talk.types();
    talk.exchange(&mut bob, "bob : still here", Ink::PLAIN)
}

/// Texts that are nearly `q` are messages like any other.
fn near_goodbyes_are_answered(run: &Run, talk: &mut Talk<'_>, bob: &mut UdpPeer) -> Verdict {
    for text in ["qq", "q ", " q", "Q", "quit", "q: a letter", ""] {
        talk.exchange(bob, &format!("bob : {text}"), Ink::PLAIN)
            .or_probe(|_| experiments::nearly_q(run))?;
    }
    Ok(())
}

/// Where there are to be no colours: arguments, whether NO_COLOR is set, and both in words.
const UNCOLOURED: [([&str; 2], bool, &str); 3] = [
    (["--color", "never"], false, "--color never"),
    (["--color", "auto"], true, "--color auto, and NO_COLOR is set"),
    (["--color", "auto"], false, "--color auto, and stdout is not a terminal"),
];

/// Fails when colours are printed although they were switched off, or where nobody would see them.
fn no_color(run: &mut Run) -> Verdict {
    for (arguments, no_color, why) in UNCOLOURED {
        let start = run.program("server").args(arguments).env("CLICOLOR_FORCE", "0");
        let start = if no_color { start.env("NO_COLOR", "1") } else { start };
        let server = start.listen()?;
        let mut client = server.udp()?;
        let mut screen = Screen::after_announcement(&server);
        for message in ["alex : hello", "bob : hello"] {
            client.send(message.as_bytes())?;
            let line = screen.line(false)?;
            screen.open_line(Line::is_prompt)?;
            server.type_line("hello");
            client.expect(b"hello")?;
            let printed = server.stdout();
            expect_no_codes(&printed, why)
                .or_probe(|_| experiments::codes_anyway(run, &line, &printed))?;
            screen.expect_last(message)?;
        }
    }
    Ok(())
}

/// Checks that what a server has printed is text alone. `why` says what should have kept it so.
fn expect_no_codes(printed: &[u8], why: &str) -> Verdict {
    if !printed.contains(&0x1b) {
        return Ok(());
    }
    let failure = Failure::new(format!("escape codes are printed: {why}"))
        .cause(Cause::Other)
        .expected("no escape codes")
        .got(quoted_start(&printed[printed.len().saturating_sub(120)..], 120));
    Err(failure.into())
}

/// Fails when the server starts on a port it cannot have, or says too little about why not.
fn errors_are_clear(run: &mut Run) -> Verdict {
    errors::udp_port_in_use(run, "server")?;
    errors::bad_address(run, "server")?;
    errors::bad_address_beside(run, "client", &["--name", "bob"])
}
