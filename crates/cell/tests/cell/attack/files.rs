//! After files, and what stands in a program's environment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Attack, Reached, attack, c_string, found, read};
use crate::bait::{Bait, SECRET};
use crate::sys;

pub(super) const ATTACKS: &[Attack] = &[
    attack("reads_etc_passwd", |_| read("/etc/passwd", "root:")),
    attack("reads_the_solution", |bait| read(&bait.secret, SECRET)).inside_too(),
    attack("changes_a_file_of_another", |bait| {
        let mut file = OpenOptions::new().append(true).open(&bait.secret)?;
        file.write_all(b"").map(|()| "open to write".into())
    })
    .inside_too(),
    attack("lists_the_folder_of_another", |bait| {
        let folder = bait.secret.parent().expect("a folder");
        let names = fs::read_dir(folder)?.flatten().map(|entry| entry.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        found(&names.join(" "), "secret")
    })
    .inside_too(),
    attack("reads_through_dot_dot", |bait| read(bait.work.join("../secret"), SECRET)).inside_too(),
    attack("reads_through_a_symbolic_link", symbolic_link).inside_too(),
    attack("makes_a_hard_link", |bait| {
        let link = bait.work.join("hard");
        fs::hard_link(&bait.secret, &link)?;
        read(&link, SECRET)
    })
    .inside_too()
    .needs_newer(),
    attack("writes_outside", |_| {
        let path = std::env::temp_dir().join(format!("netlings-outside-{}", std::process::id()));
        let at = Path::new("/var/tmp").join(path.file_name().unwrap_or_default());
        fs::write(&at, "x").inspect(|()| drop(fs::remove_file(&at))).map(|()| "written".into())
    }),
    attack("changes_a_given_file", |bait| {
        let mut file = OpenOptions::new().append(true).open(&bait.given)?;
        file.write_all(b"").map(|()| "open to write".into())
    })
    .at_the_bait()
    .inside_too(),
    attack("empties_a_given_file", |bait| {
        let (path, size) = (c_string(&bait.given)?, fs::metadata(&bait.given)?.len() as usize);
        // To the length that it has, so that only the right to do so is tried.
        sys::call(libc::SYS_truncate, [path.as_ptr() as usize, size, 0, 0, 0, 0])
            .map(|_| "truncated".into())
    })
    .at_the_bait()
    .inside_too()
    .needs_newer(),
    attack("changes_the_permissions_of_a_given_file", |bait| {
        let before = fs::metadata(&bait.given)?.permissions();
        fs::set_permissions(&bait.given, fs::Permissions::from_mode(0o777))?;
        fs::set_permissions(&bait.given, before).map(|()| "changed".into())
    })
    .at_the_bait()
    .only_full(),
    attack("removes_a_given_file", |bait| {
        let away = bait.given.with_extension("away");
        fs::rename(&bait.given, &away)?;
        fs::rename(&away, &bait.given).map(|()| "moved".into())
    })
    .at_the_bait()
    .inside_too(),
    attack("runs_what_it_wrote", |bait| {
        let program = bait.work.join("program");
        fs::copy("/bin/true", &program)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        Command::new(&program).status().map(|_| "it ran".into())
    }),
    attack("makes_a_device", |bait| {
        let path = c_string(&bait.work.join("device"))?;
        let (mode, device) = (libc::S_IFCHR as usize | 0o666, libc::makedev(1, 3) as usize);
        let at = libc::AT_FDCWD as usize;
        sys::call(libc::SYS_mknodat, [at, path.as_ptr() as usize, mode, device, 0, 0])
            .map(|_| "made".into())
    })
    .for_root(),
    attack("gains_rights_by_setuid", setuid).for_root(),
    attack("uses_an_inherited_descriptor", |_| {
        let mut text = String::new();
        for number in 3..64 {
            if let Ok(mut file) = File::open(format!("/proc/self/fd/{number}")) {
                let _ = file.read_to_string(&mut text);
            }
        }
        found(&text, SECRET)
    })
    .at_the_bait()
    .inside_too(),
    attack("reads_its_environment", |_| {
        let all: Vec<_> = std::env::vars().map(|(_, value)| value).collect();
        found(&all.join(" "), SECRET)
    })
    .at_the_bait()
    .inside_too(),
    attack("is_made_to_load_a_library", |_| std::env::var("LD_PRELOAD").map_err(io::Error::other))
        .at_the_bait(),
];

fn symbolic_link(bait: &Bait) -> Reached {
    let link = bait.work.join("link");
    std::os::unix::fs::symlink(&bait.secret, &link)?;
    let read = read(&link, SECRET);
    fs::remove_file(&link)?;
    read
}

/// A program of root's with the bit that makes whoever starts it root. Unconfined, root becomes
/// somebody else first; in a cell it is somebody else.
fn setuid(bait: &Bait) -> Reached {
    let mut command = Command::new(bait.secret.with_file_name("setuid"));
    command.arg("-u");
    if sys::user() == 0 {
        std::os::unix::process::CommandExt::uid(&mut command, 12_345);
    }
    let output = command.output()?;
    found(&String::from_utf8_lossy(&output.stdout), "0\n")
        .and_then(|_| found(&format!("-{}", String::from_utf8_lossy(&output.stdout)), "-0\n"))
}
