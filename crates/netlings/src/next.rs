//! What to do next in a lesson, as the map and the end of a grading say it alike.

use std::path::Path;

use crate::todo::{self, Todo};

/// What a student's own files, and the checks that do not pass yet, leave to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<'a> {
    /// The open step with the lowest number, and the numbers of those after it.
    Step(Todo, Vec<u32>),
    /// No step is open, and this check, the first in the lesson's order, does not pass.
    Mend(&'a str),
    /// Neither.
    Nothing,
}

/// What is next where the student's files lie in the folder `src` and `failing` is the first check
/// that does not pass. An open step comes first: a check that fails may wait for it.
pub(crate) fn next<'a>(src: &Path, failing: Option<&'a str>) -> Next<'a> {
    let mut open = todo::all_in(src).into_iter();
    match (open.next(), failing) {
        (Some(first), _) => {
            let mut after: Vec<u32> = open.map(|step| step.number).collect();
            after.dedup();
            Next::Step(first, after)
        }
        (None, Some(check)) => Next::Mend(check),
        (None, None) => Next::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_open_step_comes_before_a_check_that_fails_and_those_after_it_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let src = folder.path();
        assert_eq!(next(src, None), Next::Nothing);
        assert_eq!(next(src, Some("echoes_hello")), Next::Mend("echoes_hello"));
        fs::write(src.join("a.rs"), "todo!(\"step 5: e\")\ntodo!(\"step 3: c\")\n").unwrap();
        fs::write(src.join("b.rs"), "todo!(\"step 4: d\")\n").unwrap();
        let Next::Step(first, after) = next(src, Some("echoes_hello")) else { panic!("no step") };
        assert_eq!((first.number, first.line, after), (3, 2, vec![4, 5]));
    }
}
