//! Also right: a thread for each client, arguments read by hand.
//!
//! Run it: `cargo run -p new-lesson-solution --example new_lesson_threads`

use std::io::Write;
use std::net::TcpListener;
use std::process::exit;
use std::thread;

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    words.next_if(|word| word == "server");
    let mut addr = String::from("127.0.0.1:9090");
    while let Some(word) = words.next() {
        match word.as_str() {
            "--addr" => addr = words.next().unwrap_or_default(),
            _ => {
                eprintln!("what is `{word}`? usage: [server] [--addr HOST:PORT]");
                exit(2);
            }
        }
    }
    let listener = TcpListener::bind(&addr).unwrap_or_else(|error| {
        eprintln!("{addr}: {error}");
        exit(1);
    });
    println!("listening on {}", listener.local_addr().expect("a bound socket has an address"));
    for mut stream in listener.incoming().flatten() {
        // A client that vanished takes its greeting with it.
        thread::spawn(move || stream.write_all(b"hello\n"));
    }
}
