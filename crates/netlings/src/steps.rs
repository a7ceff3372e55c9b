//! The marked steps of a solution, and the skeleton that a student gets instead.
//!
//! ```text
//! // step 2: write back what was read          todo!("step 2: write back what was read")
//! let count = stream.read(&mut buffer)?;
//! …
//! // end of step 2
//! ```
//!
//! A step's body is the tail of its function, so that `todo!()` can stand in its place.

use std::ops::Range;

use grader::text::{Text, TextError};

use crate::words::author as words;

/// The longest text of a step, in characters.
const LONGEST_TEXT: usize = 90;
/// The longest line that rustfmt leaves whole (rustfmt.toml).
const LONGEST_LINE: usize = 100;

/// A step that a student is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) number: u32,
    pub(crate) text: String,
    /// How many lines of code and comments the solution needs for it.
    pub(crate) lines: usize,
    /// Where its marker stands in the solution's file, in bytes.
    pub(crate) place: Range<usize>,
}

/// A solution's file with a `todo!` in place of each step.
#[derive(Debug)]
pub(crate) struct Skeleton {
    pub(crate) content: String,
    pub(crate) steps: Vec<Step>,
}

/// What a line is to the steps.
enum Marker<'a> {
    Begin(u32, &'a str),
    End(u32),
    None,
}

/// Makes the skeleton of one file of a solution.
pub(crate) fn skeleton(solution: &Text) -> Result<Skeleton, TextError> {
    let mut skeleton = Skeleton { content: String::new(), steps: Vec::new() };
    let mut open: Option<(Step, &str)> = None;
    let mut at = 0;
    for line in solution.content.split_inclusive('\n') {
        let place = at + indent(line).len()..at + line.trim_end().len();
        at += line.len();
        let wrong = |problem: String, fix: String| Err(solution.wrong_at(&place, problem, fix));
        match (marker(line), open.take()) {
            (Marker::None, None) => skeleton.content.push_str(line),
            (Marker::None, Some((mut step, indent))) => {
                step.lines += 1;
                open = Some((step, indent));
            }
            (Marker::Begin(number, text), None) => {
                let before = skeleton.steps.last().map_or(0, |step| step.number);
                if let Some((problem, fix)) = words::wrong_step(number, text, before, LONGEST_TEXT)
                {
                    return wrong(problem, fix);
                }
                let step = Step { number, text: text.into(), lines: 0, place };
                open = Some((step, indent(line)));
            }
            (Marker::Begin(number, _), Some((step, _))) => {
                return wrong(
                    words::step_in_step(number, step.number),
                    words::end_step(step.number),
                );
            }
            (Marker::End(number), Some((step, begun))) if number == step.number => {
                if begun != indent(line) {
                    return wrong(words::end_elsewhere(number), words::INDENT_ALIKE.into());
                }
                skeleton.content.push_str(&todo(&step, begun));
                skeleton.steps.push(step);
            }
            (Marker::End(number), other) => {
                let (problem, fix) =
                    words::end_of_no_step(number, other.map(|(step, _)| step.number));
                return wrong(problem, fix);
            }
        }
    }
    match open {
        Some((step, _)) => Err(solution.wrong_at(
            &step.place,
            words::endless_step(step.number),
            words::end_step(step.number),
        )),
        None => Ok(skeleton),
    }
}

/// A solution's text as one would write it without the markers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unmarked {
    pub(crate) content: String,
    /// Each step and its lines, counted from 0.
    pub(crate) steps: Vec<(Step, Range<usize>)>,
}

/// Leaves the markers of one file of a solution out.
pub(crate) fn unmarked(solution: &Text) -> Result<Unmarked, TextError> {
    let mut ahead = skeleton(solution)?.steps.into_iter(); // in the order of their places
    let mut unmarked = Unmarked::default();
    for (number, line) in solution.content.lines().enumerate() {
        let here = number - 2 * unmarked.steps.len();
        match (marker(line), unmarked.steps.last_mut()) {
            (Marker::Begin(..), _) => {
                unmarked.steps.extend(ahead.next().map(|step| (step, here..here)));
            }
            (Marker::End(_), Some((step, lines))) => lines.end = lines.start + step.lines,
            _ => unmarked.content.extend([line, "\n"]),
        }
    }
    Ok(unmarked)
}

/// The line that waits for the student, as rustfmt writes it.
fn todo(step: &Step, indent: &str) -> String {
    let text = step.text.replace('\\', "\\\\").replace('"', "\\\"");
    let text = text.replace('{', "{{").replace('}', "}}"); // todo! takes a format
    let quoted = format!("\"step {}: {text}\"", step.number);
    let line = format!("{indent}todo!({quoted})\n");
    if line.trim_end().chars().count() <= LONGEST_LINE {
        return line;
    }
    format!("{indent}todo!(\n{indent}    {quoted}\n{indent})\n")
}

fn marker(line: &str) -> Marker<'_> {
    let comment = line.trim().strip_prefix("//").map(str::trim_start);
    let Some(comment) = comment else { return Marker::None };
    if let Some(number) = comment.strip_prefix("end of step ") {
        return number.parse().map_or(Marker::None, Marker::End);
    }
    // `// step by step` is a comment like any other.
    let Some((number, text)) = comment.strip_prefix("step ").and_then(|it| it.split_once(':'))
    else {
        return Marker::None;
    };
    number.parse().map_or(Marker::None, |number| Marker::Begin(number, text.trim()))
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(solution: &str) -> Result<Skeleton, String> {
        let text = Text { path: "server.rs".into(), content: solution.into() };
        skeleton(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn each_marked_body_becomes_a_todo_and_the_rest_stays() {
        let solution = "//! Step 1: not a marker\nfn a() -> u8 {\n    // step 1: count\n    \
                        let one = 1;\n\n    one\n    // end of step 1\n}\n\n// step by step\nfn b() {\n    \
                        // step 2: say \"{}\"\n    // end of step 2\n}\n";
        let skeleton = made(solution).unwrap();
        assert_eq!(
            skeleton.content,
            "//! Step 1: not a marker\nfn a() -> u8 {\n    todo!(\"step 1: count\")\n}\n\n\
             // step by step\nfn b() {\n    todo!(\"step 2: say \\\"{{}}\\\"\")\n}\n"
        );
        let lines: Vec<_> = skeleton.steps.iter().map(|step| (step.number, step.lines)).collect();
        assert_eq!(lines, [(1, 3), (2, 0)]);
    }

    #[test]
    fn without_the_markers_each_step_keeps_its_lines() {
        let solution =
            "a\n// step 1: x\nb\nc\n// end of step 1\nd\n// step 2: y\ne\n// end of step 2\n";
        let text = Text { path: "server.rs".into(), content: solution.into() };
        let unmarked = unmarked(&text).unwrap();
        assert_eq!(unmarked.content, "a\nb\nc\nd\ne\n");
        let lines: Vec<_> =
            unmarked.steps.iter().map(|(step, lines)| (step.number, lines.clone())).collect();
        assert_eq!(lines, [(1, 1..3), (2, 4..5)]);
    }

    #[test]
    fn a_file_without_steps_stays_as_it_is() {
        let solution = "fn main() {}\n// no newline at the end";
        assert_eq!(made(solution).unwrap().content, solution);
    }

    #[test]
    fn a_todo_of_over_100_columns_is_written_on_three_lines() {
        let step = |length: usize| {
            let text = "x".repeat(length);
            made(&format!("    // step 1: {text}\n    // end of step 1\n")).unwrap().content
        };
        // 4 of indent, `todo!("step 1: `, the text, `")`
        assert_eq!(step(79), format!("    todo!(\"step 1: {}\")\n", "x".repeat(79)));
        assert_eq!(
            step(80),
            format!("    todo!(\n        \"step 1: {}\"\n    )\n", "x".repeat(80))
        );
    }

    #[test]
    fn wrong_markers_are_told_with_their_line_and_the_fix() {
        let long = format!("// step 1: {}\n// end of step 1\n", "x".repeat(91));
        let wrong = [
            ("// step 1: a\n", ":1:1: step 1 has no end", "`// end of step 1`"),
            ("// end of step 1\n", ":1:1: step 1 ends, but never began", "`// step 1: …`"),
            (
                "// step 1: a\n// end of step 2\n",
                ":2:1: step 2 ends inside step 1",
                "`// end of step 1`",
            ),
            (
                "// step 1: a\n// step 2: b\n",
                ":2:1: step 2 begins inside step 1",
                "`// end of step 1`",
            ),
            (
                "// step 2: a\n// end of step 2\n// step 1: b\n",
                ":3:1: step 1 comes after step 2",
                "order of work",
            ),
            (
                "// step 1: a\n// end of step 1\n// step 1: b\n",
                ":3:1: step 1 comes after step 1",
                "order of work",
            ),
            (
                "  // step 1: a\n    // end of step 1\n",
                ":2:5: step 1 begins and ends at different",
                "same indentation",
            ),
            ("// step 1:\n// end of step 1\n", ":1:1: step 1 says nothing", "imperative"),
            (&long, ":1:1: the text of step 1 has 91 characters", "at most 90"),
        ];
        for (solution, problem, fix) in wrong {
            let error = made(solution).expect_err(solution);
            assert!(error.contains(problem) && error.contains(fix), "{solution}\n{error}");
        }
    }
}
