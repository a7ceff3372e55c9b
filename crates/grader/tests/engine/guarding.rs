//! What a guard hands on to its programs, one after the other, and what can be measured of them.

use std::time::Duration;

use grader::*;

use crate::{acting, graded};

crate::trials![
    what_a_server_says_instead_of_announcing_itself_is_heard_before_its_failure,
    an_announcement_can_be_looked_for_beside_other_work,
    a_guard_serves_the_next_program_with_that_ones_own_words,
    a_guard_with_a_program_is_not_shared,
    a_write_beyond_the_limit_ends_the_program_or_fails_and_the_next_has_no_limit,
    a_busy_programs_share_of_a_processor_is_large_and_a_sleepers_small,
    hundreds_of_programs_leave_no_descriptor_behind,
    what_is_not_to_be_recorded_leaves_no_row,
];

fn what_a_server_says_instead_of_announcing_itself_is_heard_before_its_failure() {
    // Its stdout ends well before it says why.
    let line = "sh -c 'exec >&-; sleep 0.2; echo why >&2; exit 3'";
    let subject = Subject::command_line(line).unwrap();
    let (teller, heard) = std::sync::mpsc::channel();
    let run = Run::followed(&subject, move |event| {
        let _ = teller.send(event.what); // fails where nobody listens any more
    });
    assert!(run.program("server").listen().is_err());
    let heard: Vec<What> = heard.try_iter().collect();
    assert!(heard.contains(&What::Stderr) && heard.contains(&What::Exit), "{heard:?}");
}

fn an_announcement_can_be_looked_for_beside_other_work() {
    let line = "sh -c 'read go; echo listening on 127.0.0.1:7; read go'";
    let subject = Subject::command_line(line).unwrap();
    let run = Run::followed(&subject, |_| {});
    let program = run.program("server").start().unwrap();
    assert!(program.announcement().is_none(), "it has not been told to go");
    program.type_line("go");
    program.expect_printed("\n").unwrap();
    assert_eq!(program.stdout_from(13), b"127.0.0.1:7\n");
    assert_eq!(program.stdout_from(1000), b"");
    assert_eq!(program.announcement().unwrap().unwrap().port(), 7);
    let silent = Run::followed(&Subject::command_line("true").unwrap(), |_| {});
    let program = silent.program("server").start().unwrap();
    program.wait_exit().unwrap();
    assert!(program.announcement().unwrap().is_err(), "nothing more can come");
}

/// The guard's id, the variable and the argument, as the program tells them.
fn told(start: Start<'_>) -> Verdict<String> {
    let finished = start.finish()?;
    Ok(String::from_utf8_lossy(&finished.output.stdout).trim_end().to_owned())
}

fn a_guard_serves_the_next_program_with_that_ones_own_words() {
    let report = graded(&acting("names-its-parent"), |run| {
        let first = told(run.program("client").env("ASKED", "yes").arg("one"))?;
        let second = told(run.program("client").arg(""))?;
        let guard = first.strip_suffix(" yes one").unwrap_or("none");
        expect_bytes("", guard.as_bytes(), second.as_bytes())
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
}

fn a_guard_with_a_program_is_not_shared() {
    let report = graded(&acting("names-its-parent"), |run| {
        let first = run.program("client").arg("one").start()?;
        let line = first.next_line()?;
        let second = told(run.program("client").arg("one"))?;
        // The first has ended, but it could have left something that lives.
        if line == second { Err(Failure::new("one guard for both").into()) } else { Ok(()) }
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
}

fn a_write_beyond_the_limit_ends_the_program_or_fails_and_the_next_has_no_limit() {
    let report = graded(&acting("writes-much"), |run| {
        let path = std::env::temp_dir().join(format!("writes-much-{}", std::process::id()));
        let write = || run.program("client");
        let died = write().file_size_limit(5000).arg(&path).finish()?.exit;
        let failed = write().file_size_error(5000).arg(&path).finish()?.exit;
        let done = write().arg(&path).finish()?.exit;
        let _ = std::fs::remove_file(&path);
        let came = format!("{died}, {failed}, {done}");
        expect_bytes("", b"killed by signal 25, exit code 5, exit code 0", came.as_bytes())
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
}

fn a_busy_programs_share_of_a_processor_is_large_and_a_sleepers_small() {
    let share = |part: &str| {
        graded(&acting(part), |run| {
            let share = run.program("client").start()?.cpu_share(Duration::from_millis(500))?;
            Err(Failure::new("as planned").got(format!("{:.0}", 100.0 * share)).into())
        })
    };
    let percent = |part| share(part).actual.and_then(|got| got.parse::<u32>().ok());
    assert!(percent("spins").is_some_and(|share| share > 50), "{:?}", percent("spins"));
    assert!(percent("silent").is_some_and(|share| share < 10), "{:?}", percent("silent"));
}

fn hundreds_of_programs_leave_no_descriptor_behind() {
    let report = graded(&acting("says-and-ends"), |run| {
        let open = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let before = open();
        for _ in 0..200 {
            // Its stdin is left open, as for a program that waits.
            run.program("client").start()?.finished()?.expect_code(4)?;
        }
        let more = open().saturating_sub(before);
        if more < 100 { Ok(()) } else { Err(Failure::new(format!("{more} more")).into()) }
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
}

fn what_is_not_to_be_recorded_leaves_no_row() {
    let report = graded(&acting("says-and-ends"), |run| {
        run.program("client").unrecorded().finish()?.expect_stdout(b"said")?;
        run.note("between");
        run.program("client").finish()?.expect_code(4)
    });
    let told: Vec<_> = report.transcript.iter().map(|event| &*event.program).collect();
    assert_eq!((told[0], told[1]), ("", "your client"), "{report:#?}");
}
