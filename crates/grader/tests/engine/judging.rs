//! What the engine says of a program, right or wrong.

use std::time::Duration;

use grader::report::{Look, failure_text};
use grader::*;

use crate::{acting, graded, graded_within};

crate::trials![
    a_right_program_passes,
    an_answer_that_only_comes_at_the_end_is_shown_in_the_ladder,
    a_failed_probe_leaves_the_cause_open,
    a_failure_that_says_it_all_is_not_called_open,
    a_long_line_on_stderr_is_shown_to_its_end,
    a_panic_after_the_last_answer_fails_the_check,
    an_untouched_step_is_named,
    a_wrong_announcement_is_shown,
    a_program_that_prints_without_end_is_stopped_and_said_so,
    a_command_that_does_not_exist_is_the_machines_trouble,
    a_check_that_breaks_is_the_machines_trouble,
    a_finished_program_is_judged_by_code_and_words,
    what_no_line_ends_is_found_in_stdout,
    a_client_that_ends_instead_of_connecting_is_not_waited_for,
    a_sender_that_is_never_read_is_seen_as_blocked,
    the_same_seed_gives_the_same_numbers,
    a_conversation_without_end_is_ended_at_the_checks_limit,
    a_sender_to_a_busy_program_is_seen_as_blocked_too,
    what_a_program_prints_cannot_drive_the_terminal_of_the_grader,
    a_line_is_what_ends_in_lf_and_one_cr_before_it_is_dropped,
    a_line_without_an_end_is_told_apart_from_another_line,
    bytes_sent_one_by_one_are_read_one_by_one,
    what_has_no_end_of_line_is_seen_when_it_is_printed,
    lines_are_found_among_others_and_their_absence_tells_them,
    a_program_that_never_sleeps_does_not_rest,
    a_quiet_run_leaves_the_record_to_the_others,
];

fn talk(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut client = server.connect()?;
    run.patience(Duration::from_millis(300));
    client.send(b"hello!")?;
    client.expect(b"hello!").or_probe(|_| {
        client.half_close()?;
        client.expect(b"hello!")?;
        Ok(Some("known"))
    })?;
    client.half_close()?;
    client.expect_end()
}

fn a_right_program_passes() {
    let report = graded(&acting("echo"), talk);
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
    assert_eq!((report.points, report.max_points), (1, 1));
}

fn an_answer_that_only_comes_at_the_end_is_shown_in_the_ladder() {
    let report = graded(&acting("shout"), talk);
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(report.explanation.as_deref(), Some("The known misconception."));
    let text = failure_text("lesson", &report, Look { width: 80, color: false });
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no `{words}` in\n{text}"));
    let order =
        ["connect", "\"hello!\" 6 B ─", "nothing came", "half-close", "─ \"hello!\" 6 B ──│"];
    let places: Vec<_> = order.iter().map(|words| at(words)).collect();
    assert!(places.is_sorted(), "{text}");
    for part in ["the sentence", "0/1", "expected  ", "got  ", "hint      the hint", "--seed "] {
        at(part);
    }
}

fn a_failed_probe_leaves_the_cause_open() {
    let report = graded(&acting("never-reads"), talk);
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.explanation.is_none() && report.cause_open);
    let text = failure_text("lesson", &report, Look { width: 40, color: false });
    assert!(text.contains("Why is open"), "{text}");
}

fn a_failure_that_says_it_all_is_not_called_open() {
    let shown = |part: &str, body: fn(&mut Run) -> Verdict| {
        let report = graded(&acting(part), body);
        assert!(report.outcome == Outcome::Failed && report.cause_open, "{report:#?}");
        failure_text("lesson", &report, Look { width: 80, color: false })
    };
    let lacks = shown("says-and-ends", |run| {
        run.program("client").arg("x").finish()?.expect_stderr_says(&["timed out"])
    });
    assert!(lacks.contains("lacks the words `timed out`"), "{lacks}");
    let panics = shown("panics-late", |run| {
        let server = run.server()?;
        let mut client = server.connect()?;
        client.send(b"hello!")?;
        client.expect(b"hello!")
    });
    assert!(panics.contains("panicked: after the answer"), "{panics}");
    assert!(!format!("{lacks}{panics}").contains("Why is open"), "{lacks}{panics}");
    // A wrong exit code is a sign only.
    let code =
        shown("says-and-ends", |run| run.program("client").arg("x").finish()?.expect_code(1));
    assert!(code.contains("Why is open"), "{code}");
}

fn a_long_line_on_stderr_is_shown_to_its_end() {
    let long = format!("{}the end", "x ".repeat(100));
    let report = graded(&acting("says-and-ends"), |run| {
        run.program("client").arg(format!("{}the end", "x ".repeat(100))).finish()?.expect_code(1)
    });
    let text = failure_text("lesson", &report, Look { width: 80, color: false });
    let (_, stderr) = text.split_once("\nstderr\n").expect(&text);
    let rows: Vec<&str> = stderr.lines().map_while(|row| row.strip_prefix("  ")).collect();
    assert_eq!(rows.join(" "), format!("error: {long}"), "{text}");
    assert!(text.lines().all(|row| row.chars().count() <= 80), "{text}");
}

fn a_panic_after_the_last_answer_fails_the_check() {
    let report = graded(&acting("panics-late"), |run| {
        let server = run.server()?;
        let mut client = server.connect()?;
        client.send(b"hello!")?;
        client.expect(b"hello!")
    });
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.message.contains("panicked: after the answer"), "{}", report.message);
}

fn an_untouched_step_is_named() {
    let report = graded(&acting("todo"), talk);
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.message.starts_with("step 2: answer"), "{}", report.message);
    assert!(!report.cause_open);
}

fn a_wrong_announcement_is_shown() {
    let report = graded(&acting("wrong-announcement"), talk);
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.actual.unwrap().contains("ready on port 1"));
}

fn a_program_that_prints_without_end_is_stopped_and_said_so() {
    let report = graded(&acting("prints-without-end"), talk);
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.message.contains("printed more than 1 MiB on stdout"), "{}", report.message);
}

fn a_command_that_does_not_exist_is_the_machines_trouble() {
    let report = graded(&Subject::program("/nowhere/at/all"), talk);
    assert_eq!(report.outcome, Outcome::InfraError);
    assert!(report.message.contains("/nowhere/at/all") && report.message.contains("No such file"));
}

fn a_check_that_breaks_is_the_machines_trouble() {
    let report = graded(&acting("echo"), |_| panic!("a check of ours is wrong"));
    assert_eq!(report.outcome, Outcome::InfraError);
    assert!(report.message.contains("a check of ours is wrong"));
}

fn a_finished_program_is_judged_by_code_and_words() {
    let report = graded(&acting("says-and-ends"), |run| {
        let finished = run.program("client").arg("Port IN USE").finish()?;
        finished.expect_code(4)?;
        finished.expect_stdout(b"said")?;
        finished.expect_stderr_says(&["in use"])?;
        finished.expect_stderr_says(&["in use", "refused"])
    });
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.message.contains("lacks the words `refused`"), "{}", report.message);
}

fn what_no_line_ends_is_found_in_stdout() {
    let report = graded(&acting("says-and-ends"), |run| {
        let program = run.program("client").start()?;
        let at = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).position(|it| it == word);
        assert_eq!(program.find_in_stdout(|bytes| at(bytes, b"id"))?, 2);
        program.find_in_stdout(|bytes| at(bytes, b"more")).map(drop)
    });
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.message.contains("no line on stdout: it was closed"), "{}", report.message);
}

fn a_client_that_ends_instead_of_connecting_is_not_waited_for() {
    let report = graded(&acting("says-and-ends"), |run| {
        let host = run.tcp_host()?;
        let _client = run.program("client").addr(host.addr()).start()?;
        host.accept().map(drop)
    });
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.message.contains("ended without connecting"), "{}", report.message);
    assert_eq!(report.actual.as_deref(), Some("exit code 4"));
    assert!(report.duration_ms < 4000, "{} ms", report.duration_ms);
}

fn a_sender_that_is_never_read_is_seen_as_blocked() {
    let report = graded(&acting("never-reads"), |run| {
        let server = run.server()?;
        let taken = server.connect()?.send_until_blocked(&Pattern::new(1), 64 << 20)?;
        if (1..64 << 20).contains(&taken) { Ok(()) } else { Err(Failure::new("not so").into()) }
    });
    assert_eq!(report.outcome, Outcome::Passed, "{}", report.message);
}

fn a_conversation_without_end_is_ended_at_the_checks_limit() {
    let report = graded_within(Duration::from_secs(1), &acting("echo"), |run| {
        let server = run.server()?;
        let mut client = server.connect()?;
        loop {
            client.send(b"more")?;
            client.expect(b"more")?;
        }
    });
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(report.message, "not done within 1 s");
    assert!(report.transcript.len() < 3000, "{}", report.transcript.len());
}

fn a_sender_to_a_busy_program_is_seen_as_blocked_too() {
    let report = graded(&acting("never-reads-and-never-rests"), |run| {
        let server = run.server()?;
        let taken = server.connect()?.send_until_blocked(&Pattern::new(1), 64 << 20)?;
        if (1..64 << 20).contains(&taken) { Ok(()) } else { Err(Failure::new("not so").into()) }
    });
    assert_eq!(report.outcome, Outcome::Passed, "{}", report.message);
}

fn what_a_program_prints_cannot_drive_the_terminal_of_the_grader() {
    let report = graded(&acting("prints-escape-codes"), talk);
    let text = failure_text("lesson", &report, Look { width: 80, color: false });
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    let longest = text.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(500), "{longest:?}");
}

fn the_same_seed_gives_the_same_numbers() {
    let report = || graded(&acting("echo"), |run| Err(Failure::new(run.seed().to_string()).into()));
    let (one, two) = (report(), report());
    assert_eq!((one.message, two.message), (one.seed.to_string(), two.seed.to_string()));
    assert_ne!(one.seed, two.seed);
}

fn a_line_is_what_ends_in_lf_and_one_cr_before_it_is_dropped() {
    let report = graded(&acting("echo"), |run| {
        let mut client = run.server()?.connect()?;
        client.send(b"one\r\n\ntwo\r\r\n")?;
        client.expect_line("one")?;
        client.expect_line("")?;
        client.expect_line("two\r")
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
}

fn a_line_without_an_end_is_told_apart_from_another_line() {
    let no_end = graded(&acting("echo"), |run| {
        run.patience(Duration::from_millis(300));
        let mut client = run.server()?.connect()?;
        client.send(b"one")?;
        client.expect_line("one")
    });
    assert_eq!(no_end.message, "a line without an end came");
    assert_eq!(no_end.actual.as_deref(), Some("\"one\" and no end of line"));
    let other = graded(&acting("echo"), |run| {
        let mut client = run.server()?.connect()?;
        client.send(b"two\n")?;
        client.expect_line("one")
    });
    assert_eq!(other.message, "another line came");
}

fn bytes_sent_one_by_one_are_read_one_by_one() {
    let report = graded(&acting("counts-reads"), |run| {
        let mut client = run.server()?.connect()?;
        client.send_byte_by_byte(b"0123456789")?;
        client.half_close()?;
        client.expect_line("10 reads")
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
}

fn what_has_no_end_of_line_is_seen_when_it_is_printed() {
    let said = graded(&acting("says-and-ends"), |run| {
        run.program("client").start()?.expect_printed("aid")
    });
    assert_eq!(said.outcome, Outcome::Passed, "{said:#?}");
    let unsaid = graded(&acting("says-and-ends"), |run| {
        run.program("client").start()?.expect_printed("paid")
    });
    assert_eq!(unsaid.expected.as_deref(), Some("\"paid\" on stdout"));
    assert_eq!(unsaid.actual.as_deref(), Some("\"said\""));
}

fn lines_are_found_among_others_and_their_absence_tells_them() {
    fn lines(numbers: &[u32]) -> Vec<String> {
        numbers.iter().map(|number| format!("line {number}")).collect()
    }
    let report = graded(&acting("counts-without-end"), |run| {
        let program = run.program("server").start()?;
        program.find_lines(&lines(&[700, 3]), |_| Ok(()))?;
        program.expect_line("line 701")?;
        run.patience(Duration::from_millis(200));
        let found = program.find_lines(&lines(&[1, 702]), |_| Ok(()));
        let Err(Trouble::Failed(failure)) = found else { panic!("found") };
        assert_eq!(failure.cause, Cause::Silence);
        assert!(failure.received.starts_with(b"line 702\nline 703\n"));
        assert_eq!(failure.expected.as_deref(), Some("\"line 1\""));
        let shown = failure.got.expect("the last of them");
        assert!(shown.contains(" lines, the last of them\n\"line "), "{shown}");
        Ok(())
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
    let report = graded(&acting("says-and-ends"), |run| {
        let program = run.program("server").start()?;
        program.wait_exit()?;
        program.find_lines(&["said".into()], |_| Ok(()))?;
        let program = run.program("server").start()?;
        let found = program.find_lines(&["more".into()], |_| Ok(()));
        let Err(Trouble::Failed(failure)) = found else { panic!("found") };
        assert_eq!((failure.cause, failure.got.as_deref()), (Cause::Ended, Some("\"said\"")));
        Ok(())
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
    let report = graded(&acting("counts-without-end"), |run| {
        let program = run.program("server").start()?;
        let wrong = |line: &str| Err(Failure::new(format!("{line} is wrong")).into());
        program.find_lines(&["line 2".into()], wrong)
    });
    assert_eq!(report.message, "line 1 is wrong", "{report:#?}");
}

fn a_program_that_never_sleeps_does_not_rest() {
    if !cfg!(target_os = "linux") {
        return; // the system does not tell
    }
    let report = graded(&acting("silent"), |run| {
        let silent = run.program("server").start()?;
        assert!(silent.rests(Duration::from_millis(50))?);
        assert!(silent.comes_to_rest(Duration::from_secs(10)));
        silent.kill()?;
        assert!(silent.comes_to_rest(Duration::from_secs(10)));
        Ok(())
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
    let report = graded(&acting("never-reads-and-never-rests"), |run| {
        let server = run.server()?;
        let _client = server.connect()?;
        assert!(!server.rests(Duration::from_millis(50))?);
        assert!(!server.comes_to_rest(Duration::from_millis(50)));
        Ok(())
    });
    assert_eq!(report.outcome, Outcome::Passed, "{report:#?}");
}

fn a_quiet_run_leaves_the_record_to_the_others() {
    let report = graded(&acting("says-and-ends"), |run| {
        for _ in 0..3 {
            run.program("quiet").unrecorded().finish()?.expect_stdout(b"said")?;
        }
        run.program("loud").finish()?.expect_code(0)
    });
    let shown = failure_text("lesson", &report, Look { width: 80, color: false });
    assert!(shown.contains("run: loud") && !shown.contains("quiet"), "{shown}");
    assert_eq!(report.stderr.len(), 1, "{shown}");
}
