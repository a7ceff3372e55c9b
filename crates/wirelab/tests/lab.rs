//! Labs on every tier. Of kernels: as whoever runs the tests, and in a user namespace; with each kind
//! of port. Where the machine refuses, a test says so and is not run; `WIRELAB_REQUIRE=kernel` makes
//! that a failure, and `WIRELAB_REQUIRE=kernel,tshark` also where tshark is not there. What uses the
//! system's own sockets and programs is for Linux alone.

#[path = "lab/addresses.rs"]
mod addresses;
#[path = "lab/datagrams.rs"]
mod datagrams;
#[path = "lab/differences.rs"]
mod differences;
#[path = "lab/endpoints.rs"]
mod endpoints;
#[cfg(target_os = "linux")]
#[path = "lab/hosts.rs"]
mod hosts;
#[cfg(target_os = "linux")]
#[path = "lab/observing.rs"]
mod observing;
#[path = "lab/outputs.rs"]
mod outputs;
#[path = "lab/simulated.rs"]
mod simulated;
#[cfg(target_os = "linux")]
#[path = "lab/slow_motion.rs"]
mod slow_motion;
#[path = "lab/stepping.rs"]
mod stepping;
#[cfg(target_os = "linux")]
#[path = "lab/teardown.rs"]
mod teardown;
#[cfg(target_os = "linux")]
#[path = "lab/threads.rs"]
mod threads;
#[path = "lab/tier.rs"]
mod tier;
#[path = "lab/traffic.rs"]
mod traffic;
#[path = "lab/tshark.rs"]
mod tshark;
