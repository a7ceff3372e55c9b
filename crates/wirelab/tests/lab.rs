//! Labs on this machine's kernel: as whoever runs the tests, and in a user namespace; with each kind
//! of port. Where the machine refuses, a test says so and is not run; `WIRELAB_REQUIRE=kernel` makes
//! that a failure.
#![cfg(target_os = "linux")]

#[path = "lab/datagrams.rs"]
mod datagrams;
#[path = "lab/endpoints.rs"]
mod endpoints;
#[path = "lab/hosts.rs"]
mod hosts;
#[path = "lab/outputs.rs"]
mod outputs;
#[path = "lab/stepping.rs"]
mod stepping;
#[path = "lab/teardown.rs"]
mod teardown;
#[path = "lab/tier.rs"]
mod tier;
