//! `netlings peer`: the finished program in one of its roles, so that a student tries their own
//! against it. It works wherever the course does, also where there is no nc.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use grader::text::near_match;

use crate::course::Course;
use crate::ending::Stop;
use crate::gauge::Gauge;
use crate::{build, words};

#[derive(Args)]
pub(crate) struct Options {
    /// The lesson whose finished program is run
    #[arg(value_name = "LESSON")]
    lesson: String,
    /// The role, and what the program takes in it: server --addr 127.0.0.1:9000
    #[arg(value_name = "ROLE", trailing_var_arg = true, allow_hyphen_values = true)]
    line: Vec<OsString>,
}

/// Runs the program with this one's stdin, stdout and stderr, and gives its exit code.
pub(crate) fn run(course: &Course, options: &Options) -> Result<u8, Stop> {
    let lesson = &course.entry_named(&options.lesson)?.name;
    let gauge = Gauge::new(lesson);
    gauge.beside(words::BUILDING);
    let program = build::solution(&course.root, lesson);
    gauge.end();
    let program = program?;
    role_is_known(&program, lesson, options.line.first())?;
    let mut command = Command::new(&program);
    command.args(&options.line);
    let unable = |error| Stop::infrastructure(words::cannot_run(&program, &error));
    become_it(&mut command).map_err(unable)
}

/// An option in the role's place is the program's affair: it has a role that it takes without one.
fn role_is_known(program: &Path, lesson: &str, typed: Option<&OsString>) -> Result<(), Stop> {
    let typed = typed.map(|word| word.to_string_lossy());
    if typed.as_ref().is_some_and(|word| word.starts_with('-') || word == "help") {
        return Ok(());
    }
    let roles =
        roles(program).map_err(|error| Stop::infrastructure(words::cannot_run(program, &error)))?;
    match typed {
        None => Err(Stop::usage(words::name_a_role(lesson, &roles))),
        // A help of another form names none; then the program itself says what is wrong.
        Some(typed) if roles.is_empty() || roles.iter().any(|role| *role == *typed) => Ok(()),
        Some(typed) => {
            let near = near_match(&typed, roles.iter().map(String::as_str));
            Err(Stop::usage(words::unknown_role(lesson, &typed, near, &roles)))
        }
    }
}

/// The roles, as the program's own help lists them.
fn roles(program: &Path) -> std::io::Result<Vec<String>> {
    let output = Command::new(program).arg("--help").stdin(Stdio::null()).output()?;
    let help = String::from_utf8_lossy(&output.stdout);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty()).filter_map(|line| {
        // A description that goes on is indented further than a name.
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        name.split_whitespace().next().map(str::to_owned)
    });
    Ok(names.filter(|name| name != "help").collect())
}

/// Becomes the program, so that every signal reaches it and nothing of netlings is left beside it.
#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Result<u8> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()) // comes back only when it failed
}

/// Runs the program in a job that ends with netlings, however that ends. Ctrl-C reaches both.
#[cfg(windows)]
fn become_it(command: &mut Command) -> std::io::Result<u8> {
    use process_wrap::std::{CommandWrap, JobObject};
    let plain = std::mem::replace(command, Command::new(""));
    let mut child = CommandWrap::from(plain).wrap(JobObject).spawn()?;
    let code = child.wait()?.code().unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}
