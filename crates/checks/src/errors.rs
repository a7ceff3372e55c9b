//! What `errors_are_clear` looks at in every lesson with a network in it: the exit code, and the
//! one line on stderr with the address as given and the cause in words.
//!
//! Each piece takes the role that it is about, so that lessons over TCP and UDP share them. They
//! hold what they need of the machine themselves and never guess a port: one that is in use is
//! held by the grader, one that refuses is held without listening.

use std::net::SocketAddr;

use grader::{Cause, Failure, Run, Trouble, Verdict, quoted_start};

/// A failure of the network or the system.
pub(crate) const FAILED: i32 = 1;
/// The command line is wrong.
pub(crate) const USAGE: i32 = 2;

/// A server whose port somebody else has says so. A failure usually means that the error of
/// `bind` was swallowed, or met with another port than the one that was asked for.
pub(crate) fn tcp_port_in_use(run: &Run, role: &str) -> Verdict {
    let holder = run.tcp_host()?;
    in_use(run, role, holder.addr())
}

/// [`tcp_port_in_use`] over UDP, where the ports are counted apart.
pub(crate) fn udp_port_in_use(run: &Run, role: &str) -> Verdict {
    let holder = run.udp_silent()?;
    in_use(run, role, holder.addr())
}

/// A client that nobody answers the call of says so. `arguments` are what the role takes besides
/// the address.
pub(crate) fn tcp_refused(run: &Run, role: &str, arguments: &[&str]) -> Verdict {
    let refusing = run.tcp_refused()?;
    let addr = refusing.addr();
    run.note(&format!("nobody listens on {addr}"));
    let client = run.program(role).args(arguments).addr(addr).finish()?;
    client.expect_code(FAILED)?;
    client.expect_stderr_says(&[&addr.to_string(), "refused"])
}

/// An address whose form is wrong is bad usage, before any network is touched. A failure usually
/// means that the address is taken as any text and fails only when it is used.
pub(crate) fn bad_address(run: &Run, role: &str) -> Verdict {
    bad_address_beside(run, role, &[])
}

/// [`bad_address`] of a role that takes `arguments` besides, without which it would be refused
/// anyway.
pub(crate) fn bad_address_beside(run: &Run, role: &str, arguments: &[&str]) -> Verdict {
    for typed in ["127.0.0.1", "127.0.0.1:65536"] {
        let start = run.program(role).args(arguments).args(["--addr", typed]);
        start.finish()?.expect_code(USAGE)?;
    }
    Ok(())
}

fn in_use(run: &Run, role: &str, addr: SocketAddr) -> Verdict {
    run.note(&format!("the grader holds {addr}"));
    let server = run.program(role).addr(addr).start()?;
    // A server that took another port would serve on; its announcement tells more than its
    // silence would.
    match server.next_line() {
        Ok(line) => {
            let failure = Failure::new("the server announced itself although its port is in use");
            let expected = format!("exit code {FAILED}, and nothing on stdout");
            let line = quoted_start(line.as_bytes(), 200);
            return Err(failure.cause(Cause::Other).expected(expected).got(line).into());
        }
        Err(Trouble::Failed(_)) => server.close_stdin(),
        Err(other) => return Err(other),
    }
    let server = server.finished()?;
    server.expect_code(FAILED)?;
    server.expect_stderr_says(&[&addr.to_string(), "in use"])
}
