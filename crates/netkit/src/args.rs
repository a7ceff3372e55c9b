//! Roles and arguments.

use std::ffi::OsString;
use std::time::Duration;

use clap::Parser;

/// Reads the program's arguments, or ends it: with its help text (exit code 0), or with what is
/// wrong with them (exit code 2).
///
/// The first argument names the role. Where there is none, or an option stands in its place, the
/// role is `default_role`: `tcp-echo --addr 127.0.0.1:0` is `tcp-echo server --addr 127.0.0.1:0`.
#[must_use]
pub fn parse<A: Parser>(default_role: &str) -> A {
    parse_from(default_role, std::env::args_os()).unwrap_or_else(|refused| refused.exit())
}

/// [`parse`] for a given command line, whose first word is the program's own name.
///
/// # Errors
/// What clap has to say: a wrong role, option or value, or a request for help.
pub fn parse_from<A: Parser>(
    default_role: &str,
    line: impl IntoIterator<Item = OsString>,
) -> Result<A, clap::Error> {
    let mut line: Vec<OsString> = line.into_iter().collect();
    let asks_for_help = |word: &str| ["-h", "--help", "-V", "--version"].contains(&word);
    let role_is_named = line
        .get(1)
        .and_then(|word| word.to_str())
        .is_some_and(|word| !word.starts_with('-') || asks_for_help(word));
    if !role_is_named {
        line.insert(line.len().min(1), default_role.into());
    }
    // Whoever types may leave the role out, and the help says so: `[COMMAND]`.
    let command = A::command().subcommand_required(false);
    A::from_arg_matches(&command.try_get_matches_from(line)?)
}

/// Reads a time in seconds, with decimals if need be: `2`, `0.25`. From 0 to 1,000,000,000.
///
/// # Errors
/// Says what is wrong, for the user to read.
pub fn seconds(typed: &str) -> Result<Duration, String> {
    let value: f64 = typed.parse().map_err(|_| "invalid time, write seconds like 2 or 0.5")?;
    if !(0.0..=1e9).contains(&value) {
        return Err("invalid time, seconds go from 0 to 1000000000".into());
    }
    Ok(Duration::from_secs_f64(value))
}

/// [`seconds`] above zero, for a time limit: the system refuses a socket time limit of zero.
///
/// # Errors
/// As [`seconds`], and for a time that is zero or rounds to it.
pub fn positive_seconds(typed: &str) -> Result<Duration, String> {
    match seconds(typed)? {
        time if time < Duration::from_micros(1) => {
            Err("invalid time, it must be longer than zero".into())
        }
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Subcommand;

    #[derive(Parser, Debug)]
    struct Args {
        #[command(subcommand)]
        role: Role,
    }

    #[derive(Subcommand, Debug, PartialEq)]
    enum Role {
        Server {
            #[arg(long, default_value = "127.0.0.1:1")]
            addr: crate::Addr,
        },
        Client,
    }

    fn role(line: &[&str]) -> Result<Role, clap::Error> {
        parse_from::<Args>("server", line.iter().map(OsString::from)).map(|args| args.role)
    }

    #[test]
    fn the_role_that_waits_is_taken_when_none_is_named() {
        let server = |addr: &str| Role::Server { addr: addr.parse().unwrap() };
        assert_eq!(role(&["p"]).unwrap(), server("127.0.0.1:1"));
        assert_eq!(role(&["p", "--addr", "[::1]:0"]).unwrap(), server("[::1]:0"));
        assert_eq!(role(&["p", "client"]).unwrap(), Role::Client);
    }

    #[test]
    fn help_is_asked_for_and_nonsense_is_bad_usage() {
        let help = role(&["p", "--help"]).unwrap_err();
        assert_eq!(help.exit_code(), 0);
        assert!(help.to_string().contains("Usage: p [COMMAND]\n"), "{help}");
        let of_a_role = role(&["p", "server", "--help"]).unwrap_err().to_string();
        assert!(of_a_role.contains("Usage: p server [OPTIONS]\n"), "{of_a_role}");
        assert_eq!(role(&["p", "server", "--help"]).unwrap_err().exit_code(), 0);
        assert_eq!(role(&["p", "juggler"]).unwrap_err().exit_code(), 2);
        assert_eq!(role(&["p", "--colour"]).unwrap_err().exit_code(), 2);
        assert_eq!(role(&["p", "--addr", "nowhere"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn seconds_have_decimals_and_stay_in_range() {
        assert_eq!(seconds("0.25").unwrap(), Duration::from_millis(250));
        assert_eq!(seconds("0").unwrap(), Duration::ZERO);
        for wrong in ["", "-1", "NaN", "inf", "1e10", "two"] {
            assert!(seconds(wrong).unwrap_err().contains("invalid"), "{wrong}");
        }
        assert!(positive_seconds("0").is_err());
        assert!(positive_seconds("1e-12").is_err());
    }
}
