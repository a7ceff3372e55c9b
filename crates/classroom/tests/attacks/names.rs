//! Submissions that attack by what they are called, or by what stands in their folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::source::MINE;
use crate::table::Outcome::{NotTaken, Says};
use crate::table::{Attack, How, Outcome, Unconfined};

const SOURCES: &str = "exercises/tcp-echo/src";

pub(crate) const ATTACKS: &[Attack] = &[
    place(
        "+1+cmd",
        "is computed by whoever opens the gradebook in a spreadsheet",
        mine,
        Says("this is mine"),
    ),
    place(
        "@SUM(1+9)",
        "is computed by whoever opens the gradebook in a spreadsheet",
        mine,
        Says("this is mine"),
    ),
    place(
        "=cmd|' C calc'!A0",
        "runs a program of whoever opens the gradebook in a spreadsheet",
        mine,
        NotTaken("unreadable", "name"),
    ),
    place(
        "<script>alert(4)<",
        "runs a script in the page of whoever looks at the class",
        mine,
        NotTaken("unreadable", "name"),
    ),
    place(
        "\u{1b}]0;mine\u{7}\u{202e}\n0,100,100",
        "adds a line to the gradebook, and has the terminal obey",
        mine,
        NotTaken("unreadable", "name"),
    ),
    place("-rf", "is taken for an option", mine, NotTaken("unreadable", "name")),
    place(
        "its_sources_are_a_link",
        "has other files taken for its sources",
        |at| linked(at, SOURCES, "/etc"),
        NotTaken("hostile", "is a link"),
    ),
    place(
        "its_program_is_a_link",
        "has the machine's list of users taken for its source",
        |at| linked(at, "exercises/tcp-echo/src/main.rs", "/etc/passwd"),
        NotTaken("hostile", "is a link"),
    ),
    place(
        "its_folder_is_a_link",
        "has another's work taken for its own",
        |at| symlink("honest", at).expect("room"),
        NotTaken("hostile", "is a link"),
    ),
    place(
        "its_archive_is_a_link.zip",
        "has a file of the machine read",
        |at| symlink("/etc/passwd", at).expect("room"),
        NotTaken("hostile", "is a link"),
    ),
    place(
        "its_archive_is_a_pipe.zip",
        "has whoever reads it wait for ever",
        pipe,
        NotTaken("hostile", "neither a folder nor a file"),
    ),
    place(
        "its_program_is_a_pipe",
        "has whoever reads it wait for ever",
        |at| {
            fs::create_dir_all(at.join(SOURCES)).expect("room");
            pipe(&at.join(SOURCES).join("main.rs"));
        },
        NotTaken("hostile", "neither a file nor a folder"),
    ),
    place(
        "it_has_a_module_that_is_a_link",
        "has another's file taken for a module",
        |at| {
            mine(at);
            symlink(
                "../../../../honest/exercises/tcp-echo/src/server.rs",
                at.join(SOURCES).join("a.rs"),
            )
            .expect("room");
        },
        NotTaken("hostile", "is a link"),
    ),
    place(
        "it_has_hooks_of_git",
        "has git run a program of its own",
        |at| {
            mine(at);
            let hooks = at.join(".git/hooks");
            fs::create_dir_all(&hooks).expect("room");
            let marks = at.join("../../marks").display().to_string();
            fs::write(hooks.join("post-checkout"), format!("#!/bin/sh\ntouch {marks}/hook\n"))
                .expect("room");
            let config = format!("[core]\nbare = false\nfsmonitor = \"touch {marks}/git\"\n");
            fs::write(at.join(".git/config"), config).expect("room");
            fs::write(at.join(".git/HEAD"), "ref: refs/heads/main\n").expect("room");
        },
        Says("this is mine"),
    ),
];

const fn place(
    name: &'static str,
    tries: &'static str,
    put: fn(&Path),
    comes_to: Outcome,
) -> Attack {
    Attack {
        name,
        tries,
        how: How::Place(put),
        comes_to,
        unconfined: Unconfined::NeverRuns,
        needs_root: false,
    }
}

fn mine(at: &Path) {
    fs::create_dir_all(at.join(SOURCES)).expect("room");
    fs::write(at.join(SOURCES).join("main.rs"), MINE).expect("room");
}

fn linked(at: &Path, from: &str, to: &str) {
    let link = at.join(from);
    fs::create_dir_all(link.parent().expect("a folder")).expect("room");
    symlink(to, link).expect("room");
}

fn pipe(at: &Path) {
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, at, rustix::fs::FileType::Fifo, mode, 0).expect("room");
}
