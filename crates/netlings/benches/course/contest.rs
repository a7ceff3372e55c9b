//! A solution's server against the same server in Python and with socat, in turn.

use std::net::SocketAddr;

use crate::series::{Contender, in_turn};
use crate::server::Server;
use crate::versus::{self, Wanted};
use crate::{Measured, Plan};

/// How many rounds make one of the plan's. They are short, about 0.1 s, so that the servers take
/// turns often and what else the machine does hits all of them.
const SHORT_ROUNDS: usize = 5;

/// What is measured of each server.
pub(crate) struct Contest {
    pub(crate) what: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// One round.
    pub(crate) measure: fn(SocketAddr) -> anyhow::Result<f64>,
}

/// A server that the solution is compared with.
pub(crate) struct Opponent {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) wanted: Wanted,
    pub(crate) notes: Vec<String>,
}

impl Contest {
    /// Compares with the opponents that there are. The others are named as not run.
    pub(crate) fn run(
        &self,
        plan: &Plan,
        ours: &Server,
        opponents: impl IntoIterator<Item = anyhow::Result<Opponent>>,
    ) -> anyhow::Result<Measured> {
        let mut measured = Measured::default();
        let mut present = Vec::new();
        for opponent in opponents {
            match opponent {
                Ok(opponent) => present.push(opponent),
                Err(error) => measured.not_run.push(error),
            }
        }
        let addrs = std::iter::once(ours.addr).chain(present.iter().map(|it| it.server.addr));
        let contender =
            |addr: SocketAddr| -> Contender<'_> { Box::new(move || (self.measure)(addr)) };
        let series = in_turn(plan.rounds * SHORT_ROUNDS, addrs.map(contender).collect())?;
        for (opponent, other) in present.into_iter().zip(&series[1..]) {
            let Opponent { name, wanted, notes, .. } = opponent;
            let mut row = versus::row(self.what, self.unit, &series[0], &name, other, wanted);
            row.notes.extend(notes);
            measured.rows.push(row);
        }
        Ok(measured)
    }
}
