//! What a grading in a process of its own tells: one JSON line each, on its stdout.

use std::path::PathBuf;
use std::time::Duration;

use grader::CheckReport;
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub(crate) enum Said {
    /// A line of cargo's, while it builds.
    Cargo { line: String },
    /// The compiler's words, with its colours where those were asked for.
    Compiler { text: String, is_error: bool },
    /// The program is built and the checks begin.
    Built,
    /// The program that was asked for is built, and is here.
    Program { path: PathBuf },
    /// A check has ended.
    Check(Box<Report>),
    /// All checks have ended, and the progress is saved.
    Graded,
    /// It cannot go on: the exit code and the words, as `netlings check` has them.
    Stopped { code: u8, words: String },
}

/// A check's report with what stands below the line of the result format too: a person reads it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    report: CheckReport,
    cause_open: bool,
    cause_is_told: bool,
    found: Option<Duration>,
    not_here: bool,
    waits: bool,
    hints_left: usize,
    stderr: Vec<String>,
    step_to_do: Option<String>,
    alone: String,
}

impl Report {
    pub(crate) fn of(report: &CheckReport) -> Self {
        Self {
            report: report.clone(),
            cause_open: report.cause_open,
            cause_is_told: report.cause_is_told,
            found: report.found,
            not_here: report.not_here,
            waits: report.waits,
            hints_left: report.hints_left,
            stderr: report.stderr.clone(),
            step_to_do: report.step_to_do.clone(),
            alone: report.alone.clone(),
        }
    }

    pub(crate) fn unpack(self) -> CheckReport {
        CheckReport {
            cause_open: self.cause_open,
            cause_is_told: self.cause_is_told,
            found: self.found,
            not_here: self.not_here,
            waits: self.waits,
            hints_left: self.hints_left,
            stderr: self.stderr,
            step_to_do: self.step_to_do,
            alone: self.alone,
            ..self.report
        }
    }
}
