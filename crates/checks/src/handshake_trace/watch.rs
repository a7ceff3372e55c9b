//! What `watch` prints of the grader's own sockets.
//!
//! The grader brings both ends of a connection into a state and holds them there until the program
//! has printed it. So it hardly matters how often the program looks (once within the patience of
//! 5 s), in which order it prints, and how often the same. That something is *not* printed is shown
//! by the next thing that is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use grader::{Cause, Failure, Probe, Program, Run, Trouble, Verdict, quoted_start};

use super::sockets::{Host, Manner, Pair, machine_has_a_table};
use super::table::is_held;

mod experiments;
mod rare;
mod time_wait;

pub(super) use rare::sees_rare_states;
pub(super) use time_wait::time_wait_side;

const IPV4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const IPV6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// How long a program watches that is ended by the grader.
const LONG: &str = "60";
/// How long a program may take to start and print its first row, and for each thing after that: no
/// contract says how often it looks.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// A program may print every row at every look.
const MOST_OUTPUT: usize = 64 << 20;
/// So much of a processor a program may use before it has once been seen asleep.
const WITHOUT_SLEEP: Duration = Duration::from_millis(200);

/// A program that watches.
struct Watch {
    program: Program,
}

impl Watch {
    /// Starts one on `host`'s port and waits until it has printed the row that is there already.
    fn on(run: &Run, host: &Host) -> Verdict<Watch> {
        let watch = Watch::at(run, host.addr())?;
        watch.is_ready(run, host)?;
        Ok(watch)
    }

    /// Waits for the row that is there at the start: until then the program may be starting.
    fn is_ready(&self, run: &Run, host: &Host) -> Verdict {
        run.patience(PATIENCE);
        self.sees(&[listening(host)])
    }

    fn at(run: &Run, addr: SocketAddr) -> Verdict<Watch> {
        let program = run
            .program("watch")
            .addr(addr)
            .args(["--for", LONG])
            .output_limit(MOST_OUTPUT)
            .start()?;
        Ok(Watch { program })
    }

    /// Waits until these lines have been printed, whatever else is. What the system itself does not
    /// show (a setting of its may be in the way) is the machine's trouble.
    fn sees(&self, lines: &[String]) -> Verdict {
        self.program.find_lines(lines, |_| Ok(())).map_err(|trouble| {
            let Trouble::Failed(failure) = &trouble else { return trouble };
            let mut missing = lines.iter().filter(|line| !came(failure, line));
            match missing.find(|line| failure.cause == Cause::Silence && !is_held(line)) {
                Some(line) => Trouble::Machine(format!("this system's table never has `{line}`")),
                None => trouble,
            }
        })
    }

    /// Ends it while the sockets it looks at are still there: how it takes their end is another
    /// check's affair.
    fn end(&self) -> Verdict {
        self.program.kill()
    }

    /// Whether these lines come.
    fn shows(&self, lines: &[String]) -> bool {
        self.sees(lines).is_ok()
    }
}

fn listening(host: &Host) -> String {
    let nobody: IpAddr = match host.addr() {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    format!("{} {} LISTEN", host.addr(), SocketAddr::new(nobody, 0))
}

/// The rows of a connection that is up, the client's first.
fn both_up(pair: &Pair) -> [String; 2] {
    [pair.client.line("ESTABLISHED"), pair.server.line("ESTABLISHED")]
}

/// Listens on IPv4 in the usual manner, where the machine can have this graded.
fn host(run: &Run) -> Verdict<Host> {
    machine_has_a_table()?;
    Host::listen(run, IPV4, Manner::Usual)
}

/// Whether one of the lines that came is this one.
fn came(failure: &Failure, line: &str) -> bool {
    String::from_utf8_lossy(&failure.received).lines().any(|came| came == line)
}

/// A failure means that the row which is there at the start is not printed, or not at once; that
/// the program looks no more after that; or that it ends at another time than it should.
pub(super) fn sees_listen(run: &mut Run) -> Verdict {
    let host = host(run)?;
    let watch = Watch::at(run, host.addr())?;
    watch.is_ready(run, &host).or_probe(|_| experiments::when_it_prints(run, &host, &watch))?;
    let short = watch_for(run, &host, "0.3")?;
    short
        .expect_exit(0)
        .or_probe(|failure| experiments::long_after_its_time(run, &host, &short, failure))?;
    let pair = host.connect(run)?;
    let up = [pair.server.line("ESTABLISHED")];
    watch
        .sees(&up)
        .or_probe(|failure| experiments::a_program_that_begins_now(run, &host, &up, failure))?;
    watch.end()
}

fn watch_for(run: &Run, host: &Host, seconds: &str) -> Verdict<Program> {
    run.program("watch").addr(host.addr()).args(["--for", seconds]).start()
}

/// Both ends of a connection within one machine are in its table. A failure usually means that one
/// of them is overlooked.
pub(super) fn sees_established(run: &mut Run) -> Verdict {
    let host = host(run)?;
    let watch = Watch::on(run, &host)?;
    let pair = host.connect(run)?;
    let (client, server) = (pair.client.line("ESTABLISHED"), pair.server.line("ESTABLISHED"));
    watch
        .sees(&[client, server.clone()])
        .or_probe(|failure| experiments::which_end(run, &host, &watch, &server, failure))?;
    watch.end()
}

/// A failure usually means that a row which has changed is taken for one that is known already.
pub(super) fn sees_half_close(run: &mut Run) -> Verdict {
    let host = host(run)?;
    let watch = Watch::on(run, &host)?;
    let pair = host.connect(run)?;
    watch.sees(&both_up(&pair))?;
    pair.client.half_close(run)?;
    let half = [pair.client.line("FIN-WAIT-2"), pair.server.line("CLOSE-WAIT")];
    watch.sees(&half).or_probe(|_| {
        run.note("further experiments: a new connection; another look at the old one");
        let second = host.connect(run)?;
        let sees_new = watch.shows(&[second.client.line("ESTABLISHED")]);
        let again = Watch::on(run, &host)?.shows(&half);
        Ok((sees_new && again).then_some("changed_rows_unseen"))
    })?;
    watch.end()
}

/// Two programs: one is given the address as it is, the other only its port. A failure means that
/// one table of two is read, or that more than the port is compared.
pub(super) fn watch_ipv6(run: &mut Run) -> Verdict {
    machine_has_a_table()?;
    let host = Host::listen(run, IPV6, Manner::Usual)?;
    let ipv4 = SocketAddr::new(IPV4, host.addr().port());
    let by_address = Watch::on(run, &host)
        .or_probe(|failure| experiments::all_over_ipv4(run, ipv4, &host, failure))?;
    let by_port = Watch::at(run, ipv4)?;
    by_port
        .is_ready(run, &host)
        .or_probe(|_| experiments::what_the_other_sees(run, &host, &by_address, &by_port))?;
    let pair = host.connect(run)?;
    let up = both_up(&pair);
    by_address.sees(&up)?;
    by_port.sees(&up)?;
    by_address.end()?;
    by_port.end()
}

/// A connection elsewhere changes, then one at the port. A failure means that other programs'
/// sockets are shown, or that the program looks without a pause.
pub(super) fn only_that_port(run: &mut Run) -> Verdict {
    let host = host(run)?;
    let elsewhere = Host::listen(run, IPV4, Manner::Usual)?;
    let decoy = elsewhere.connect(run)?;
    let watch = Watch::at(run, host.addr())?;
    let sees = |lines: &[String]| {
        let found = watch.program.find_lines(lines, |line| is_at(line, host.addr().port()));
        found.or_probe(|_| experiments::one_more_elsewhere(run, &elsewhere, &watch))
    };
    run.patience(PATIENCE);
    sees(&[listening(&host)])?;
    decoy.client.half_close(run)?;
    let _another_decoy = elsewhere.connect(run)?;
    let pair = host.connect(run)?;
    sees(&both_up(&pair))?;
    expect_pauses(run, &watch)?;
    watch.end()
}

/// Checks that the program sleeps between two looks while nothing changes.
fn expect_pauses(run: &Run, watch: &Watch) -> Verdict {
    if watch.program.rests(WITHOUT_SLEEP)? {
        return Ok(());
    }
    let used = WITHOUT_SLEEP.as_millis();
    let failure = Failure::new("nothing changes, and the program keeps a processor busy")
        .expected("a pause between two looks at the table")
        .got(format!("{used} ms of computing without one"));
    Err(Trouble::from(failure)).or_probe(|_| experiments::where_there_is_nothing(run))
}

/// Checks that a line is a row which has `port` at either end.
fn is_at(line: &str, port: u16) -> Verdict {
    let mut words = line.split(' ');
    let mut addr = || words.next().and_then(|word| word.parse::<SocketAddr>().ok());
    let (local, remote) = (addr(), addr());
    let (Some(local), Some(remote)) = (local, remote) else {
        let failure = Failure::new("a line that is no row").expected("LOCAL REMOTE STATE");
        return Err(failure.got(quoted_start(line.as_bytes(), 96)).into());
    };
    if local.port() == port || remote.port() == port {
        return Ok(());
    }
    let failure = Failure::new("a row was printed that has another port at both ends");
    let failure = failure.expected(format!("only rows with port {port}"));
    Err(failure.got(quoted_start(line.as_bytes(), 96)).into())
}

fn quoted(line: &str) -> String {
    quoted_start(line.as_bytes(), 96)
}
