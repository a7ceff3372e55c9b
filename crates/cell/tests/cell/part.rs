//! The parts that this program plays when it is started by itself.

use std::ffi::OsString;
use std::io::{self, Read, Write};

use cell::Policy;

use crate::attack::{self, Attack};
use crate::bait::Bait;
use crate::{behaviour, compile, owner, sys};

/// The attack got what it wanted.
pub(crate) const REACHED: i32 = 42;
/// It did not.
pub(crate) const KEPT_OUT: i32 = 43;
/// This kernel does not have what it wanted.
pub(crate) const NOT_THERE: i32 = 44;
/// What a test says that can't be run here.
pub(crate) const NOT_RUN: i32 = 77;

/// The exit code of a part; none if there is no such part.
pub(crate) fn play(part: &str, words: &[String]) -> Option<i32> {
    let first = words.first().map(String::as_str).unwrap_or_default();
    Some(match part {
        "attack" => attack(named(first), &Bait::from_arguments(words.get(1..)?)),
        "confined" => confined(words),
        "owner" => owner::attack(named(first), words.get(1)?),
        "engine" => owner::beside_an_engine(named(first), words.get(1)?),
        "behaviour" => behaviour::owner(first),
        "compile" => compile::owner(first),
        "program" => program(first, words.get(1..)?),
        _ => return None,
    })
}

fn named(name: &str) -> &'static Attack {
    attack::all().find(|one| one.name == name).expect("the name of an attack")
}

fn attack(attack: &Attack, bait: &Bait) -> i32 {
    match (attack.run)(bait) {
        Ok(reached) => {
            println!("reached: {reached}");
            REACHED
        }
        Err(error) => {
            println!("kept out: {error}");
            match error.raw_os_error() {
                Some(
                    libc::ENOSYS
                    | libc::EAFNOSUPPORT
                    | libc::EPROTONOSUPPORT
                    | libc::ESOCKTNOSUPPORT,
                ) => NOT_THERE,
                _ => KEPT_OUT,
            }
        }
    }
}

fn confined(words: &[String]) -> i32 {
    let [policy, _, program, arguments @ ..] = words else { return 2 };
    let policy = Policy::from_text(policy).expect("a policy");
    cell::inner::turn_into(&policy, &OsString::from(program), arguments)
}

/// Honest programs, by name.
fn program(name: &str, words: &[String]) -> i32 {
    match name {
        "exit" => words[0].parse().expect("a code"),
        "abort" => std::process::abort(),
        "echo" => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).expect("a stdin");
            print!("{text}");
            0
        }
        "ids" => {
            let id = std::process::id();
            println!("{id} {} {}", std::os::unix::process::parent_id(), sys::user());
            0
        }
        "localhost" => {
            let found = std::net::ToSocketAddrs::to_socket_addrs(&("localhost", 0));
            let mut found: Vec<_> = found.expect("addresses").map(|it| it.ip()).collect();
            found.sort();
            found.dedup();
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            println!("{}", found.join(" "));
            0
        }
        "wait" => {
            println!("ready");
            io::stdout().flush().expect("a stdout");
            loop {
                std::thread::park();
            }
        }
        "daemon" => {
            let is_double = words[1] == "double";
            attack::leave_a_daemon(words[0].as_ref(), is_double).expect("a daemon");
            0
        }
        "tables" => {
            // The page of zeros again and again, which is no memory but for the tables.
            let (size, flags) =
                (64 << 30, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE);
            let words = [0, size, libc::PROT_READ as usize, flags as usize, usize::MAX, 0];
            let place = sys::call(libc::SYS_mmap, words).expect("room for addresses") as usize;
            sys::look_at_pages(place, size, 2 << 20);
            loop {
                std::thread::park();
            }
        }
        "flood" => loop {
            if io::stdout().write_all(&[b'x'; 1 << 16]).is_err() {
                return 1;
            }
        },
        "serve" => {
            let port = words[0].parse::<u16>().expect("a port");
            let listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("a free port");
            let mut client = std::net::TcpStream::connect(("127.0.0.1", port)).expect("a listener");
            let (mut server, _) = listener.accept().expect("a client");
            client.write_all(b"hello").expect("room");
            drop(client);
            let mut text = String::new();
            server.read_to_string(&mut text).expect("bytes");
            println!("{text}");
            0
        }
        _ => 2,
    }
}
