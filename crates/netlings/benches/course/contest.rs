//! A solution's server against the same server in Python and with socat.

use std::net::SocketAddr;

use anyhow::Context;

use crate::series::{Contender, in_turn};
use crate::server::Server;
use crate::table::Row;
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
    /// Compares with the opponents that there are, one after the other. The rest is named as not
    /// run.
    pub(crate) fn run(
        &self,
        plan: &Plan,
        ours: &Server,
        opponents: impl IntoIterator<Item = anyhow::Result<Opponent>>,
    ) -> Measured {
        let mut measured = Measured::default();
        for opponent in opponents {
            match opponent.and_then(|opponent| self.against(plan, ours, opponent)) {
                Ok(row) => measured.rows.push(row),
                Err(error) => measured.not_run.push(error),
            }
        }
        measured
    }

    fn against(&self, plan: &Plan, ours: &Server, opponent: Opponent) -> anyhow::Result<Row> {
        let Opponent { name, server, wanted, notes } = opponent;
        let contender = |who: &str, addr: SocketAddr| -> Contender<'_> {
            let who = who.to_owned();
            Box::new(move || (self.measure)(addr).with_context(|| who.clone()))
        };
        let both = vec![contender("the solution", ours.addr), contender(&name, server.addr)];
        let series = in_turn(plan.rounds * SHORT_ROUNDS, both)?;
        let [ours, other] = &series[..] else { unreachable!("two went in") };
        let mut row = versus::row(self.what, self.unit, ours, &name, other, wanted);
        row.notes.extend(notes);
        Ok(row)
    }
}
