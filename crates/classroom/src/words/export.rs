//! What is said of the course file and while results are exported.

pub(crate) const BAD_PERCENT: &str = "a percentage of [late] is not 0 to 100";

pub(crate) fn bad_weight(lesson: &str) -> String {
    format!("the weight of `{lesson}` is no number from 0 up")
}

pub(crate) fn no_such_check(lesson: &str, id: &str) -> String {
    format!("the course file names a check `{id}`, which `{lesson}` does not have")
}
