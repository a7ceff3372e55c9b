//! What `autograder` says.

use std::path::Path;

pub(crate) fn is_there(out: &Path) -> String {
    format!("{} is there already; name another file", out.display())
}

pub(crate) fn written(out: &Path) -> String {
    format!(
        "Upload {} to Gradescope (\"Configure Autograder\"), or unzip it and read its Containerfile.",
        out.display()
    )
}
