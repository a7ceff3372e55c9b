//! The programs of a scenario: what each does when its turn comes, on sockets that never block.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use wirelab::{Endpoint, Lab, TcpSocket, TcpState, TimerKind};

use super::scenario::{Act, Goal, Scenario, Side, Step};
use crate::words::trace as words;

/// The longest thing that a program of a scenario reads at once.
const MOST: usize = 2048;

/// Something that a program did, for a row.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) side: Side,
    pub(crate) act: Act,
    pub(crate) text: String,
}

/// How far the next step is.
pub(crate) enum Progress {
    /// It waits for frames.
    NotYet,
    /// It waits for frames that must not be delivered meanwhile.
    Gathering,
    /// It is done; what is to be told of it.
    Done(Option<Done>),
    /// TIME-WAIT is to be shown and ended; say so with [`Stage::time_wait_is_over`].
    TimeWait(Side),
    /// There is no further step.
    None,
}

/// A connection among others.
#[derive(Clone, Copy)]
pub(crate) struct Watched {
    /// alice's end and bob's.
    pub(crate) ends: [SocketAddr; 2],
    /// It is only asked for: where it isn't yet, the listener stands for it.
    pub(crate) opens: bool,
}

pub(crate) struct Stage<'a> {
    lab: &'a Lab,
    steps: VecDeque<Step>,
    /// What each side uses: a listener until it has accepted, then the connection.
    sockets: [Option<Endpoint>; 2],
    /// What has been read and not been told of, where a program waits for more.
    read: [Vec<u8>; 2],
    /// The one connection that is looked at, where there may be several.
    pub(crate) watched: Option<Watched>,
    /// When a program's own clock runs out, on the wire's clock.
    gives_up: Option<Duration>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(lab: &'a Lab, scenario: &Scenario) -> Self {
        Self {
            lab,
            steps: scenario.steps.iter().flat_map(|part| part.iter().copied()).collect(),
            sockets: [None, None],
            read: [Vec::new(), Vec::new()],
            watched: None,
            gives_up: None,
        }
    }

    /// Does the next step if it can be done. `on_the_wire` counts the frames of each side that wait
    /// there.
    pub(crate) fn advance(&mut self, on_the_wire: [usize; 2]) -> io::Result<Progress> {
        let Some(&step) = self.steps.front() else { return Ok(Progress::None) };
        let progress = match step {
            Step::Until(side, goal) => match self.is_reached(side, goal)? {
                true => Progress::Done(None),
                false => Progress::NotYet,
            },
            Step::OnTheWire(side, count) => match on_the_wire[side.place()] >= count {
                true => Progress::Done(None),
                false => Progress::Gathering,
            },
            Step::Do(side, Act::EndTimeWait) => Progress::TimeWait(side),
            // The program waits for an answer, so what is on the wire goes on first.
            Step::Do(_, Act::GiveUpAfter(_)) if on_the_wire != [0, 0] => Progress::NotYet,
            Step::Do(side, act) => match self.act(side, act)? {
                Some(text) => Progress::Done(Some(Done { side, act, text })),
                None => Progress::NotYet,
            },
        };
        if let Progress::Done(_) = progress {
            self.steps.pop_front();
        }
        Ok(progress)
    }

    /// Goes on behind TIME-WAIT.
    pub(crate) fn time_wait_is_over(&mut self) {
        self.steps.pop_front();
    }

    /// Whether a clock runs at whose end something happens by itself.
    pub(crate) fn has_a_clock(&self) -> bool {
        let runs = |side: Side| {
            let timer = self.socket(side).ok().flatten().and_then(|socket| socket.timer);
            let kinds = [TimerKind::Retransmission, TimerKind::WindowProbe];
            timer.is_some_and(|timer| kinds.contains(&timer.kind))
        };
        self.gives_up.is_some() || Side::BOTH.into_iter().any(runs)
    }

    /// The one connection of a side as its host tells it, or its listener; of several the one that
    /// is watched.
    pub(crate) fn socket(&self, side: Side) -> io::Result<Option<TcpSocket>> {
        let mut sockets = self.lab.hosts()[side.place()].tcp_states()?;
        if let Some(Watched { ends, opens }) = self.watched {
            let (own, other) = (ends[side.place()], ends[side.other().place()]);
            let plain = |address: SocketAddr| (address.ip().to_canonical(), address.port());
            sockets.retain(|socket| match socket.state {
                TcpState::Listen => opens && socket.local.port() == own.port(),
                _ => plain(socket.local) == plain(own) && plain(socket.remote) == plain(other),
            });
        }
        sockets.sort_by_key(|socket| match socket.state {
            TcpState::TimeWait => 0,
            TcpState::Listen => 2,
            _ => 1,
        });
        Ok(sockets.into_iter().next())
    }

    pub(crate) fn states(&self) -> io::Result<[TcpState; 2]> {
        let state = |side| -> io::Result<TcpState> {
            Ok(self.socket(side)?.map_or(TcpState::Closed, |socket| socket.state))
        };
        Ok([state(Side::Alice)?, state(Side::Bob)?])
    }

    fn is_reached(&self, side: Side, goal: Goal) -> io::Result<bool> {
        let socket = self.socket(side)?;
        Ok(match goal {
            Goal::State(wanted) => socket.map_or(TcpState::Closed, |socket| socket.state) == wanted,
            Goal::Acknowledged => socket.is_some_and(|socket| socket.unacknowledged == 0),
        })
    }

    /// A side's address and port.
    pub(crate) fn address(&self, side: Side) -> io::Result<SocketAddr> {
        let host = &self.lab.hosts()[side.place()];
        Ok((host.address(), host.port(side.port())?).into())
    }

    /// What a program did, in words; `None` while it can't.
    fn act(&mut self, side: Side, act: Act) -> io::Result<Option<String>> {
        let host = &self.lab.hosts()[side.place()];
        let (port, peer) = (self.address(side)?.port(), self.address(side.other())?);
        let own = &mut self.sockets[side.place()];
        match act {
            Act::Listen => *own = Some(host.listening(port)?),
            Act::Dial => *own = Some(host.dialling(port, peer)?),
            Act::Datagrams => *own = Some(host.datagrams(port)?),
            Act::CloseSending => open(own)?.close_sending()?,
            Act::Close => drop(own.take()),
            Act::Abort => own.take().map_or(Ok(()), Endpoint::abort)?,
            Act::Accept => match open(own)?.accept()? {
                Some(connection) => *own = Some(connection),
                None => return Ok(None),
            },
            Act::Send(text) => match open(own)?.send(text.as_bytes()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                sent => drop(sent?), // so little is always taken whole
            },
            Act::SendTo(text) => drop(open(own)?.send_to(text.as_bytes(), peer)?),
            Act::Read(count) => return self.read(side, count),
            Act::ReadEnd => match open(own)?.receive(&mut [0; MOST])? {
                Some(0) => {}
                Some(count) => return Err(io::Error::other(words::read_more(count))),
                None => return Ok(None),
            },
            Act::Fail => match open(own)?.take_error()? {
                Some(error) => return Ok(Some(words::fails(error.kind()))),
                None => return Ok(None),
            },
            Act::ReceiveFrom => {
                let mut buffer = [0; MOST];
                let Some((count, _)) = open(own)?.receive_from(&mut buffer)? else {
                    return Ok(None);
                };
                return Ok(Some(words::received(&buffer[..count])));
            }
            Act::GiveUpAfter(time) => {
                let now = self.lab.wire().now();
                let end = *self.gives_up.get_or_insert(now + time);
                if now < end {
                    return Ok(None);
                }
                self.gives_up = None;
            }
            Act::EndTimeWait => {}
        }
        Ok(Some(words::act(act)))
    }

    fn read(&mut self, side: Side, count: usize) -> io::Result<Option<String>> {
        let read = &mut self.read[side.place()];
        let mut buffer = [0; MOST];
        let socket = open(&mut self.sockets[side.place()])?;
        let most = count.saturating_sub(read.len()).min(MOST);
        match socket.receive(&mut buffer[..most])? {
            Some(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Some(got) => read.extend(&buffer[..got]),
            None => return Ok(None),
        }
        match read.len() < count {
            true => Ok(None),
            false => Ok(Some(words::received(&std::mem::take(read)))),
        }
    }
}

fn open(socket: &mut Option<Endpoint>) -> io::Result<&Endpoint> {
    socket.as_ref().ok_or_else(|| ErrorKind::NotConnected.into())
}
