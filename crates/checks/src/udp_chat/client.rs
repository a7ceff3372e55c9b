//! The checks of the client: the grader is its user, its server, and every stranger.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use grader::{
    Cause, Datagram, Failure, Probe, Program, Run, Start, UdpPeer, Verdict, expect_bytes,
};

use super::LONGEST;
use super::experiments::{Finding, newline_behind};
use super::hostile::{expect_refused, expect_safe};
use crate::datagrams::{awaited, expect_line_that_says, expect_nobody_there, which_strangers};
use crate::refusal::closed_port;
use crate::shown::{Ink, Screen};

/// How long a client may take to start and to do the next thing. Generous: a slow machine is no
/// failure, and only a check that fails waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// A time limit that no check comes to, for clients that are answered.
pub(super) const NEVER: &str = "1000";

/// bob, a client of the student's, and the grader as his server.
pub(super) struct Bob {
    pub(super) client: Program,
    pub(super) server: UdpPeer,
    /// Where his last datagram came from.
    at: Option<SocketAddr>,
}

fn start<'a>(run: &'a Run, server: SocketAddr, timeout: &str) -> Start<'a> {
    let words = ["--name", "bob", "--timeout", timeout, "--color", "always"];
    run.program("client").addr(server).args(words)
}

impl Bob {
    pub(super) fn comes(run: &Run, timeout: &str) -> Verdict<Self> {
        let server = run.udp_host("server")?;
        let client = start(run, server.addr(), timeout).start()?;
        Ok(Bob { client, server, at: None })
    }

    pub(super) fn screen(&self) -> Screen<'_> {
        Screen::of(&self.client)
    }

    /// The next datagram, which must be `text` under bob's name.
    pub(super) fn sends(&mut self, text: &str) -> Verdict {
        let datagram = self.receives()?;
        let expected = format!("bob : {text}");
        let (wanted, came) = (expected.as_bytes(), &datagram.bytes[..]);
        expect_bytes("the datagram is not `NAME : text`", wanted, came).or_probe(|_| {
            let bare = came == text.as_bytes() && !text.is_empty();
            Ok(if bare { Some("name_left_out") } else { newline_behind(wanted, came) })
        })
    }

    fn receives(&mut self) -> Verdict<Datagram> {
        let datagram = awaited(&mut self.server, "a datagram from the client")?;
        self.at = Some(datagram.from);
        Ok(datagram)
    }

    /// bob's user types `text`, and it arrives.
    pub(super) fn says(&mut self, text: &str) -> Verdict {
        self.client.type_line(text);
        self.sends(text)
    }

    /// The server sends `answer` to where the last datagram came from.
    pub(super) fn is_told(&mut self, answer: &[u8]) -> Verdict {
        match self.at {
            Some(at) => self.server.send_to(at, answer),
            None => Ok(()),
        }
    }
}

/// Part of `colons_in_text`: the client adds its name and nothing else, and takes nothing away.
pub(super) fn keeps_colons(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    let mut bob = Bob::comes(run, NEVER)?;
    for (typed, answer) in [
        ("hello", "hello, bob"),
        ("at 10:30 : or 11:00", "10:30 : is fine: yes"),
        ("：", "12:00"),
        (" two  spaces ", ""),
        ("", " and so on "),
    ] {
        bob.says(typed)?;
        bob.is_told(answer.as_bytes())?;
    }
    let mut screen = bob.screen();
    for answer in ["hello, bob", "10:30 : is fine: yes", "12:00", "", " and so on "] {
        screen.expect_text(answer).or_probe(|_| Ok(taken_apart(answer, &screen.last().text())))?;
    }
    Ok(())
}

/// Only what stands behind the first colon of `answer` was shown, or a part of it.
fn taken_apart(answer: &str, shown: &str) -> Option<&'static str> {
    let after = answer.split_once(':').map(|(_, after)| after.trim());
    let shown = shown.trim();
    let taken_apart = after.is_some_and(|after| shown == after || after.starts_with(shown));
    (taken_apart && !shown.is_empty()).then_some("answer_taken_apart")
}

/// Part of `interleaved_clients`: two of them on one machine, each with its own answer.
pub(super) fn two_at_once(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    let mut server = run.udp_host("server")?;
    let mut clients = Vec::new();
    for number in 1..=2 {
        let client = start(run, server.addr(), NEVER).start()?;
        client.type_line(&format!("I am number {number}"));
        let expected = format!("a datagram from client number {number}");
        let came = awaited(&mut server, &expected);
        let hello = came.or_probe(|_| alone_on_its_port(run, clients.first(), &mut server))?;
        let expected = format!("bob : I am number {number}");
        expect_bytes("the datagram is not `NAME : text`", expected.as_bytes(), &hello.bytes)?;
        clients.push((client, hello.from));
    }
    for (number, (_, from)) in clients.iter().enumerate().rev() {
        server.send_to(*from, format!("hello, number {}", number + 1).as_bytes())?;
    }
    for (number, (client, _)) in clients.iter().enumerate() {
        Screen::of(client).expect_text(&format!("hello, number {}", number + 1))?;
    }
    Ok(())
}

/// A client sent nothing. If `first` came before it: does a third, when that one has gone, and from
/// its port?
fn alone_on_its_port(
    run: &Run,
    first: Option<&(Program, SocketAddr)>,
    server: &mut UdpPeer,
) -> Finding {
    let Some((first, at)) = first else { return Ok(None) };
    run.note("a further experiment: the first client is ended, then another one starts");
    first.kill()?;
    let client = start(run, server.addr(), NEVER).start()?;
    client.type_line("is it free now?");
    let same_port = server.receive()?.from == *at;
    Ok(same_port.then_some("clients_share_a_port"))
}

/// Part of `hostile_datagrams`: a line that would make more than 1024 bytes is refused, one that
/// makes exactly so many is sent. The name counts, and bytes count, not characters.
pub(super) fn refuses_its_own(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    let most = LONGEST - "bob : ".len();
    let mut bob = Bob::comes(run, NEVER)?;
    bob.says(&"w".repeat(most))?;
    bob.is_told(b"that was just right")?;
    bob.screen().expect_text("that was just right")?;
    for long in ["x".repeat(most + 1), "时".repeat(400), "y".repeat(9000)] {
        bob.client.type_line(&long);
        expect_refused(&bob.client).or_probe(|_| what_came_of(&mut bob, &long))?;
    }
    bob.says("and a short one")
}

/// A line that is too long was not refused.
fn what_came_of(bob: &mut Bob, long: &str) -> Finding {
    let Some(sent) = bob.server.pending(Duration::ZERO)? else { return Ok(None) };
    let all = format!("bob : {long}");
    if sent.bytes != all.as_bytes() {
        let cut = sent.bytes.len() <= LONGEST && all.as_bytes().starts_with(&sent.bytes);
        return Ok(cut.then_some("own_line_cut"));
    }
    bob.is_told(b"too long, but well")?;
    let mut is_sent = |long: String| -> Verdict<bool> {
        bob.client.type_line(&long);
        let all = format!("bob : {long}");
        let sent = bob.server.pending(Duration::from_secs(1))?;
        let sent = sent.is_some_and(|sent| sent.bytes == all.as_bytes());
        bob.is_told(b"next")?;
        Ok(sent)
    };
    Ok(if is_sent("u".repeat(3000))? {
        Some("own_line_unbounded")
    } else if is_sent("é".repeat(900))? {
        (!is_sent("v".repeat(1800))?).then_some("characters_counted")
    } else if is_sent("v".repeat(LONGEST))? {
        (!is_sent("v".repeat(LONGEST + 1))?).then_some("name_not_counted")
    } else {
        None
    })
}

/// Part of `terminal_safety`: what the server sends cannot drive the client's terminal either.
pub(super) fn shows_safely(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    let mut bob = Bob::comes(run, NEVER)?;
    bob.says("hello")?;
    bob.is_told("one\x1b[31mtwo\rthree\nfour\u{202e}five".as_bytes())?;
    let line = bob.screen().line(false)?;
    expect_safe(&line, "", &["one", "two", "three", "four", "five"], Ink::PLAIN)
}

/// Fails when the client takes a datagram for its answer that is not from the server, be it `q`,
/// or sends its next line there.
pub(super) fn stranger_ignored(run: &mut Run) -> Verdict {
    run.patience(PATIENCE);
    let mut stranger = run.udp_host("stranger")?;
    let lies = |at: SocketAddr| {
        ["hello, says a stranger", "q", ""]
            .iter()
            .try_for_each(|lie| stranger.send_to(at, lie.as_bytes()))
    };
    talk_beside(run, lies).or_probe(|failure| {
        if !matches!(failure.cause, Cause::Differs { .. }) {
            let undisturbed = talk_beside(run, |_| Ok(())).is_ok();
            let ends = undisturbed && matches!(failure.cause, Cause::Ended | Cause::Exited);
            return Ok(ends.then_some("stranger_ends_it"));
        }
        which_strangers(run, b"hello, says a stranger", |lies| talk_beside(run, lies))
    })
}

/// Two lines, two answers, and what `disturb` does between the first and its answer.
fn talk_beside(run: &Run, mut disturb: impl FnMut(SocketAddr) -> Verdict) -> Verdict {
    let mut bob = Bob::comes(run, NEVER)?;
    bob.says("is anybody there?")?;
    if let Some(at) = bob.at {
        disturb(at)?;
    }
    bob.is_told(b"I am, says the server")?;
    bob.screen().expect_text("I am, says the server")?;
    bob.says("good")?;
    bob.is_told(b"quite, says the server")?;
    let mut screen = bob.screen();
    screen.expect_text("I am, says the server")?;
    screen.expect_text("quite, says the server")
}

/// Fails when the client waits without a limit, or hides that no answer came.
pub(super) fn silent_server(run: &mut Run) -> Verdict {
    run.patience(Duration::from_millis(6500));
    let began = Instant::now();
    let mut bob = Bob::comes(run, "0.4")?;
    bob.says("is anybody there?")?;
    let asked = Instant::now();
    bob.client.expect_exit(1).or_probe(|failure| match failure.cause {
        Cause::Silence => why_still_there(&mut bob),
        _ => Ok((bob.client.wait_exit()?.code == Some(0)).then_some("silence_is_success")),
    })?;
    keeps_its_limit(run, asked.elapsed(), began.elapsed())?;
    let addr = bob.server.addr().to_string();
    expect_line_that_says(&bob.client.finished()?, &["timed out", &addr])?;
    nobody_there(run)
}

/// Checks that the client gave up when its 0.4 s were over. Too soon is counted from before the
/// program began, so that a busy machine can only make it longer.
fn keeps_its_limit(run: &Run, waited: Duration, since_start: Duration) -> Verdict {
    if since_start < Duration::from_millis(360) {
        return Err(wrong_wait("the client gives up before its time is over", since_start).into());
    }
    if waited > Duration::from_secs(4) {
        let failed: Verdict = Err(wrong_wait("the client gives up far too late", waited).into());
        return failed.or_probe(|_| gives_up_anyway(run));
    }
    Ok(())
}

fn wrong_wait(message: &str, waited: Duration) -> Failure {
    let got = format!("{:.2} s", waited.as_secs_f64());
    Failure::new(message).cause(Cause::Other).expected("0.4 s, as --timeout says").got(got)
}

/// The client has not ended. Does it still wait for the answer, or for the next line?
fn why_still_there(bob: &mut Bob) -> Finding {
    bob.client.type_line("or not?");
    if bob.server.pending(Duration::from_secs(1))?.is_some() {
        return Ok(Some("silence_overlooked"));
    }
    bob.is_told(b"late")?;
    let takes_it = bob.screen().expect_text("late").is_ok();
    Ok(takes_it.then_some("waits_for_ever"))
}

/// Told to wait for a minute, it ends after seconds: the limit is its own.
fn gives_up_anyway(run: &Run) -> Finding {
    run.note("a further experiment: a limit of 60 s");
    let mut bob = Bob::comes(run, "60")?;
    bob.says("is anybody there?")?;
    bob.client.wait_exit()?;
    Ok(Some("timeout_ignored"))
}

/// A port that is closed to the client.
fn nobody_there(run: &Run) -> Verdict {
    let (addr, _closed) = closed_port()?;
    let client = start(run, addr, "0.4").start()?;
    client.type_line("is anybody there?");
    expect_nobody_there(&client.finished()?, addr)
}
