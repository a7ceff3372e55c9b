//! Hosts that are real kernels, or simulated ones, and one wire between them that is our code: it
//! can be watched, stepped, slowed, and made to lose.
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::time::Duration;
//!
//! use wirelab::{Lab, Loss};
//!
//! let lab = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24").build()?;
//! lab.wire().rule(Loss::of(0.1, 7)); // one frame in ten is lost, always the same with seed 7
//!
//! let listener = lab.host("bob").listen(7000)?;
//! let server = std::thread::spawn(move || -> std::io::Result<()> {
//!     let (mut stream, _) = listener.accept()?;
//!     stream.write_all(b"hello")
//! });
//! let mut client = lab.host("alice").connect("10.0.0.2:7000")?;
//! let mut text = String::new();
//! client.read_to_string(&mut text)?;
//! assert_eq!(text, "hello");
//! server.join().unwrap()?;
//! for event in lab.wire().recorder().events() {
//!     println!("{:?} {} {}", event.time, event.fate, event.frame.decode());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # One frame at a time
//!
//! With a rule that holds frames, the network stands still until you let it go on. Whatever has
//! happened by then has happened: after [`Held::release`] the receiver's kernel has dealt with the
//! frame, and [`Host::tcp_states`] says what came of it.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use wirelab::{Lab, SlowMotion, TcpState};
//! # let lab = Lab::builder().host("alice", "10.0.0.1/24").host("bob", "10.0.0.2/24").build()?;
//! lab.wire().rule(SlowMotion::stepped()); // and kernels' own impatience isn't shown
//! let listener = lab.host("bob").listen(7000)?;
//! let client = lab.host("alice").connecting("10.0.0.2:7000")?; // doesn't wait
//! let syn = lab.wire().next_held(Duration::from_secs(2)).expect("a SYN");
//! assert_eq!(lab.host("alice").tcp_states()?[0].state, TcpState::SynSent);
//! syn.lose(); // alice's kernel will send it again, in a second
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Tiers
//!
//! The same lab can be built of several kinds of hosts, and [`Lab::wire`], [`Recorder`] and
//! [`Host::tcp_states`] are the same for all:
//!
//! - [`Tier::Kernel`]: each host is a network namespace. Programs run on it unchanged, sockets are
//!   the standard library's, and what is seen is what Linux does. Take it for tests of programs, and
//!   wherever the kernel's own ways are the matter. It needs Linux 5.3 or later, and no root.
//!   [`probe`] says whether this machine allows it, and what to change where it doesn't.
//! - [`Tier::Simulated`]: each host is a TCP/IP stack in this process. It needs nothing and runs on
//!   any system; an hour of retransmissions takes a millisecond, and the same seed and acts give the
//!   same frames to the byte. Take it for lessons that have to run anywhere, and for tests of rules
//!   and timers. [`Tier::differences`] tells what it does otherwise than Linux.
//! - [`Tier::Observing`]: hosts are names only, for ports of this machine's own loopback. What goes
//!   from one to the other is captured there, and nothing can be done about it: there are no rules,
//!   nothing is held ([`Wire::can_hold`]), and a state that lasts for microseconds is not seen. It
//!   needs Linux and the right to capture (CAP_NET_RAW), and no namespaces. Take it to watch this
//!   very kernel where namespaces are refused. Frames of other programs are never recorded; of the
//!   hosts' own some are missing where more than a few MiB come at once.
//!
//! Where nobody chooses with [`Builder::tier`], it is the first of the first two that the machine
//! gives: the third can't be stepped, so it is for whoever asks for it.
//! [`Host::listening`], [`Host::dialling`] and [`Host::datagrams`] make sockets that work on all.
//! Ports are [`Host::port`]'s to give where hosts share them with a whole machine. Sockets never
//! block, so that one thread can play all programs:
//!
//! ```
//! use std::time::Duration;
//!
//! use wirelab::{Lab, TcpState, Tier};
//!
//! let lab = Lab::builder()
//!     .host("alice", "10.0.0.1/24")
//!     .host("bob", "10.0.0.2/24")
//!     .tier(Tier::Simulated)
//!     .build()?;
//! let listener = lab.host("bob").listening(7000)?;
//! let alice = lab.host("alice").dialling(0, "10.0.0.2:7000".parse()?)?;
//! let bob = listener.accept()?.expect("on a simulated wire three frames take no waiting");
//! alice.close();
//! bob.close();
//! assert_eq!(lab.host("alice").tcp_states()?[0].state, TcpState::TimeWait);
//! lab.wire().run_for(Duration::from_secs(10)); // the clock is moved; nobody waits
//! assert!(lab.host("alice").tcp_states()?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing of a lab is left when it is dropped: no namespace, no device, no program that was started
//! on a host. That holds after a panic, and when the owner is killed. Labs don't see each other;
//! every one may use the same addresses, in tests that run at the same time too.
//!
//! # Time
//!
//! Kernels have clocks of their own. What isn't acknowledged in time is sent again, after 200 ms and
//! later, a SYN after one second. [`SlowMotion`] keeps that from being seen;
//! [`Builder::patient`] keeps kernels from giving up while a person thinks.
//!
//! A simulated lab's clock stands still, while a person thinks too. [`Wire::next_held`],
//! [`Wire::run_for`] and [`Recorder::wait_for`] move it. Nothing else does, but for the 10 µs that
//! each frame takes: a loop that only asks a socket again and again waits for ever. Use such a lab
//! from one thread, or what one thread does comes at another time of the other's.

mod cable;
mod capability;
mod decode;
mod endpoint;
mod error;
mod frame;
mod host;
mod lab;
mod locked;
mod port;
mod record;
mod rule;
mod simulated;
mod tcp_state;
mod tier;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no kernel drives it there"))]
mod wire;

#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "ioctls, and a ring of frames shared with the kernel")]
mod sys;

#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod kernel;

pub use capability::{Capability, Kernel, probe};
pub use decode::{
    Arp, Decoded, Field, Flags, Icmp, Ip, Mac, Numbers, Packet, Relative, Tcp, TcpOption, Udp,
    decode, payload,
};
pub use endpoint::Endpoint;
pub use error::Error;
pub use frame::Frame;
pub use host::Host;
pub use lab::{Builder, Lab};
pub use namespaces::{Entrance, NoEntrance, Refusal};
pub use port::PortKind;
pub use record::{Deed, Event, Fate, Recorder, Telling};
pub use rule::{
    Decision, Delay, Duplication, Hold, Loss, Only, Perfect, Reordering, Rule, SlowMotion, Then,
    Verdict,
};
pub use tcp_state::{Sighting, TcpSocket, TcpState, Timer, TimerKind};
pub use tier::{Difference, Shows, Tier, UnknownTier};
pub use wire::{Held, Wire};
