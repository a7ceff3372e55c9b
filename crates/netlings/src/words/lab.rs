//! The sentences of `netlings lab`.

use std::io;

pub(crate) fn cannot_enter(error: &io::Error) -> String {
    format!("cannot enter the host: {}. Does its lab still run?", netkit::cause(error))
}
