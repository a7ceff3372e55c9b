//! Datagrams that a program has to send or must not believe, for the lessons over UDP.

use std::net::{SocketAddr, UdpSocket};

use grader::{Cause, Datagram, Failure, Finished, Run, Trouble, UdpPeer, Verdict, quoted_start};

/// The next datagram at `peer`; `expected` says what it should be.
///
/// # Errors
/// None comes.
pub(crate) fn awaited(peer: &mut UdpPeer, expected: &str) -> Verdict<Datagram> {
    peer.receive().map_err(|trouble| match trouble {
        Trouble::Failed(failure) => failure.expected(expected).got("no datagram").into(),
        other => other,
    })
}

/// [`awaited`] from `server`, which `peer` has asked.
///
/// # Errors
/// None comes, or another address has sent it; `elsewhere` is that explanation's id.
pub(crate) fn reply_of(
    server: SocketAddr,
    peer: &mut UdpPeer,
    expected: &str,
    elsewhere: &'static str,
) -> Verdict<Datagram> {
    let datagram = awaited(peer, expected)?;
    if datagram.from == server {
        return Ok(datagram);
    }
    let failure = Failure::new("the reply comes from another address than was asked")
        .cause(Cause::Other)
        .expected(format!("a datagram from {server}"))
        .got(format!("{} from {}", quoted_start(&datagram.bytes, 48), datagram.from));
    Err(failure.explain(elsewhere).into())
}

/// A probe, when a client believed a stranger: does it believe one with another IP address, too?
/// `talk` is a conversation in which somebody sends to the client's address.
///
/// # Errors
/// Those of the machine.
pub(crate) fn which_strangers(
    run: &Run,
    lie: &'static [u8],
    talk: impl FnOnce(&dyn Fn(SocketAddr) -> Verdict) -> Verdict,
) -> Verdict<Option<&'static str>> {
    // Another address of this machine, which not every system has.
    let Ok(other_host) = UdpSocket::bind("127.0.0.2:0") else { return Ok(None) };
    let disbelieved = talk(&|client| {
        run.note("now a stranger sends from 127.0.0.2");
        let sent = other_host.send_to(lie, client);
        sent.map(drop).map_err(|error| Trouble::Machine(error.to_string()))
    });
    Ok(Some(if disbelieved.is_ok() { "host_compared_only" } else { "believes_anyone" }))
}

/// Checks that one line on stderr has all `words`. Other lines may say how the conversation went.
///
/// # Errors
/// None has.
pub(crate) fn expect_line_that_says(finished: &Finished, words: &[&str]) -> Verdict {
    let said = String::from_utf8_lossy(&finished.output.stderr).to_lowercase();
    if said.lines().any(|line| words.iter().all(|word| line.contains(word))) {
        return Ok(());
    }
    finished.expect_stderr_says(words)
}

/// Checks that a client whose server's port is closed has ended with 1 and has said why. The system
/// tells a connected socket that it was refused (RFC 1122 section 4.1.3.3); to another one the
/// server is just silent.
///
/// # Errors
/// It ended otherwise, or did not say so.
pub(crate) fn expect_nobody_there(finished: &Finished, addr: SocketAddr) -> Verdict {
    finished.expect_code(1)?;
    let addr = addr.to_string();
    expect_line_that_says(finished, &[&addr, "refused"]).or_else(|refused| {
        expect_line_that_says(finished, &[&addr, "timed out"]).map_err(|_| refused)
    })
}
