//! The checks of the lesson new-lesson.

use grader::{Run, Suite, Verdict, check};

/// The lesson's checks.
pub(crate) const SUITE: Suite = Suite { lesson: "new-lesson", checks: &[check!(says_hello)] };

/// A failure means that the server says nothing, or something else, or does not close.
fn says_hello(run: &mut Run) -> Verdict {
    let server = run.server()?;
    let mut client = server.connect()?;
    client.expect(b"hello\n")?;
    client.expect_end()
}
