//! How another terminal comes into a lab: it asks at a socket where the hosts are, and becomes
//! a program there.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use grader::text::near_match;
use wirelab::Entrance;

use super::{Shell, place};
use crate::ending::Stop;
use crate::words::lab as words;

/// How long the other end may take, and how much it may say.
const PATIENCE: Duration = Duration::from_secs(5);
const MOST: u64 = 64 * 1024;

/// Whether the other end is of this user. The folder is this user's alone, so it is; but a door is
/// looked at twice.
fn is_ours(stream: &UnixStream) -> bool {
    let peer = rustix::net::sockopt::socket_peercred(stream.as_fd());
    peer.is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// Tells whoever asks where the hosts are, for as long as the process lives.
pub(super) fn keep(listener: &UnixListener, hosts: &str) {
    for mut stream in listener.incoming().flatten() {
        let _ = stream.set_write_timeout(Some(PATIENCE));
        if is_ours(&stream) {
            // Fails where they have left already.
            let _ = stream.write_all(hosts.as_bytes());
        }
    }
}

/// Becomes a shell, or a command, on a host of a lab that runs. Comes back only when that failed.
pub(super) fn go_in(shell: &Shell) -> Stop {
    match way_in(shell) {
        Ok(mut command) => {
            let error = command.exec();
            Stop::infrastructure(words::cannot_enter(&error))
        }
        Err(stop) => stop,
    }
}

fn way_in(shell: &Shell) -> Result<Command, Stop> {
    let mut labs = place::running()?;
    let names: Vec<String> = labs.iter().map(|(name, ..)| name.clone()).collect();
    let at = match &shell.lab {
        Some(name) => names.iter().position(|it| it == name),
        None if names.len() > 1 => return Err(Stop::usage(words::which_lab(&names))),
        None => names.len().checked_sub(1),
    };
    let at = at.ok_or_else(|| Stop::usage(words::no_such_lab(shell.lab.as_deref(), &names)))?;
    let (name, folder, stream) = labs.swap_remove(at);
    let mut told = String::new();
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let read = match is_ours(&stream) {
        true => stream.take(MOST).read_to_string(&mut told),
        false => Err(std::io::ErrorKind::PermissionDenied.into()),
    };
    read.map_err(|error| Stop::infrastructure(words::does_not_answer(&name, &error)))?;
    let hosts: Vec<(&str, Entrance)> = told.lines().filter_map(host).collect();
    let names = || hosts.iter().map(|(name, _)| *name);
    let Some((_, entrance)) = hosts.iter().find(|(name, _)| *name == shell.host) else {
        let near = near_match(&shell.host, names());
        return Err(Stop::usage(words::no_such_host(
            &shell.host,
            near,
            &names().collect::<Vec<_>>(),
        )));
    };
    let own = std::env::current_exe()
        .map_err(|error| Stop::infrastructure(words::cannot_enter(&error)))?;
    let mut command = Command::new(own);
    command.arg("inside").arg(entrance.to_string());
    command.arg("--hosts").arg(place::hosts_file(&folder)).arg("--");
    if shell.line.is_empty() {
        command.arg(std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into()));
    } else {
        command.args(&shell.line);
    }
    Ok(command)
}

/// `alice 1234:5:6:7`
fn host(line: &str) -> Option<(&str, Entrance)> {
    let (name, entrance) = line.split_once(' ')?;
    Some((name, entrance.parse().ok()?))
}
