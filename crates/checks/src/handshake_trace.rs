//! The checks of the lesson handshake-trace.
//!
//! The machine is asked edge by edge ([`machine`]). The table is read from files that the grader
//! writes ([`table`]). `watch` looks at real sockets, both ends of which the grader holds
//! ([`sockets`]), each state for as long as the program needs to print it ([`watch`]). What the
//! machine must have for that is asked for first ([`sockets::machine_has_a_table`]).

use std::time::Duration;

use grader::{Check, Suite, check};

mod live;
mod machine;
#[cfg(test)]
mod recorded;
mod sockets;
mod table;
mod watch;

use live::live_walk;
use machine::{every_edge, no_such_edge, opens_and_closes};
use table::{all_codes, ipv6_rows, ragged_table, table_row};
use watch::{
    only_that_port, sees_established, sees_half_close, sees_listen, sees_rare_states,
    time_wait_side, watch_ipv6,
};

/// How long the larger checks may last. On a busy machine a hundred short programs take their time,
/// and so do experiments after a silence.
const SLOW: Duration = Duration::from_secs(180);

/// The lesson's checks.
pub(crate) const SUITE: Suite = Suite {
    lesson: "handshake-trace",
    checks: &[
        Check { limit: SLOW, ..check!(opens_and_closes) },
        Check { limit: SLOW, ..check!(every_edge) },
        Check { limit: SLOW, ..check!(no_such_edge) },
        check!(table_row),
        check!(all_codes),
        check!(ipv6_rows),
        check!(ragged_table),
        Check { limit: SLOW, ..check!(sees_listen, waits) },
        Check { limit: SLOW, ..check!(sees_established) },
        Check { limit: SLOW, ..check!(sees_half_close) },
        Check { limit: SLOW, ..check!(watch_ipv6) },
        Check { limit: SLOW, ..check!(only_that_port) },
        Check { limit: SLOW, ..check!(time_wait_side) },
        Check { limit: SLOW, ..check!(sees_rare_states) },
        Check { limit: SLOW, ..check!(live_walk) },
    ],
};
