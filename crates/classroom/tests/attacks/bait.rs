//! What the attacks are after, and what shows that one has got there.

use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::PoisonError;

use crate::class::Class;
use crate::run_time::PRELUDE;
use crate::table::{Attack, How};

/// What no submission may learn.
pub(crate) const SECRET: &str = "the-secret-of-the-class";

/// Laid out beside a class, and taken away when this is dropped.
pub(crate) struct Bait {
    folder: PathBuf,
    tcp: TcpListener,
    by_name: UnixListener,
    by_path: UnixListener,
    /// Programs of the machine, one for each attack on one.
    victims: RefCell<Vec<Child>>,
}

impl Bait {
    pub(crate) fn beside(class: &Class) -> Self {
        let folder = PathBuf::from(class.path(""));
        let open = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
        };
        // It must not be these bits that keep anybody out.
        open(&folder, 0o755);
        fs::create_dir(folder.join("marks")).expect("room");
        open(&folder.join("marks"), 0o777);
        fs::write(folder.join("secret"), SECRET).expect("room");
        fs::write(folder.join("secret.rs"), format!("pub const SECRET: &str = {SECRET:?};"))
            .expect("room");
        fs::write(folder.join("script"), "netlings_secret = 0x1234;\n").expect("room");
        let marked = format!("#!/bin/sh\ntouch {}/marks/program\n", folder.display());
        fs::write(folder.join("marked"), marked).expect("room");
        open(&folder.join("marked"), 0o755);
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let name = SocketAddr::from_abstract_name(socket_name()).expect("a name");
        let by_name = UnixListener::bind_addr(&name).expect("the name is free");
        let by_path = UnixListener::bind(folder.join("socket")).expect("room");
        open(&folder.join("socket"), 0o777);
        tcp.set_nonblocking(true).expect("it is ours");
        by_name.set_nonblocking(true).expect("it is ours");
        by_path.set_nonblocking(true).expect("it is ours");
        Self { folder, tcp, by_name, by_path, victims: RefCell::default() }
    }

    /// Hands the attack in.
    pub(crate) fn hand_in(&self, attack: &Attack) {
        let at = self.folder.join("in").join(attack.name);
        let main = at.join("exercises/tcp-echo/src/main.rs");
        match &attack.how {
            How::Source(text) => write(&main, &self.in_words(text)),
            How::Body(text) => write(&main, &self.in_words(&format!("{PRELUDE}{text}\n}}\n"))),
            How::Files(files) => {
                for (path, text) in *files {
                    write(&at.join(path), &self.in_words(text));
                }
            }
            How::Archive(ending, make) => {
                let path = self.folder.join("in").join(format!("{}.{ending}", attack.name));
                fs::write(path, make()).expect("room");
            }
            How::Place(put) => put(&at),
        }
    }

    fn in_words(&self, text: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two below");
        let inside = |name: &str| self.folder.join(name).display().to_string();
        let words = [
            ("@SOLUTION@", root.join("solutions/tcp-echo/src/server.rs").display().to_string()),
            ("@CHECKS@", root.join("crates/checks/src/lib.rs").display().to_string()),
            ("@OTHER@", inside("in/honest/exercises/tcp-echo/src/server.rs")),
            ("@SUBMISSIONS@", inside("in")),
            ("@OUT@", inside("out")),
            ("@MARKS@", inside("marks")),
            ("@MARKED@", inside("marked")),
            ("@SECRET@", inside("secret")),
            ("@MODULE@", inside("secret.rs")),
            ("@SCRIPT@", inside("script")),
            ("@SOCKETFILE@", inside("socket")),
            ("@SOCKET@", socket_name()),
            ("@PORT@", self.tcp.local_addr().expect("its address").port().to_string()),
        ];
        let mut text = text.to_owned();
        for (word, meaning) in words {
            text = text.replace(word, &meaning);
        }
        if text.contains("@VICTIM@") {
            text = text.replace("@VICTIM@", &self.victim().to_string());
        }
        text
    }

    /// Another program of the machine's; it lives until its stdin ends.
    fn victim(&self) -> u32 {
        let cat = Command::new("/bin/cat")
            .env("NETLINGS_SECRET", SECRET)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("cat is there");
        let id = cat.id();
        self.victims.borrow_mut().push(cat);
        id
    }

    /// What was done to it, in words.
    pub(crate) fn harm(&self) -> Vec<String> {
        let mut harm = Vec::new();
        let mut is = |bad: bool, words: &str| {
            if bad {
                harm.push(words.to_owned());
            }
        };
        is(self.tcp.accept().is_ok(), "somebody connected to the loopback");
        is(self.by_name.accept().is_ok(), "somebody connected to the abstract socket");
        is(self.by_path.accept().is_ok(), "somebody connected to the socket's path");
        for mark in names_in(&self.folder.join("marks")) {
            is(true, &format!("somebody left the mark {mark}"));
        }
        let known = [
            "in",
            "marked",
            "marks",
            "out",
            "script",
            "secret",
            "secret.rs",
            "socket",
            "temporary",
        ];
        for name in names_in(&self.folder) {
            is(!known.contains(&&*name) && name != "alone", &format!("{name} was made"));
        }
        let secret = fs::read_to_string(self.folder.join("secret")).unwrap_or_default();
        is(secret != SECRET, "the secret was changed");
        for forged in ["out/forged.json", "in/forged.zip"] {
            is(self.folder.join(forged).exists(), forged);
        }
        for victim in self.victims.borrow_mut().iter_mut() {
            is(!matches!(victim.try_wait(), Ok(None)), "another program was ended");
            let state = fs::read_to_string(format!("/proc/{}/stat", victim.id()));
            is(state.is_ok_and(|it| it.contains(") T ")), "another program was stopped");
        }
        harm
    }

    /// Processes that nobody has ended, of those that this one has been left: it takes them in
    /// (PR_SET_CHILD_SUBREAPER).
    pub(crate) fn left_running(&self) -> Vec<String> {
        let known = crate::OWN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = known.clone();
        own.extend(self.victims.borrow().iter().map(Child::id));
        let mut left = Vec::new();
        for task in names_in(Path::new("/proc/self/task")) {
            let path = format!("/proc/self/task/{task}/children");
            let children = fs::read_to_string(path).unwrap_or_default();
            for child in children.split_whitespace().filter_map(|it| it.parse::<u32>().ok()) {
                let state = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
                if !own.contains(&child) && !state.is_empty() && !state.contains(") Z ") {
                    left.push(state);
                }
            }
        }
        drop(known);
        left
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        for victim in self.victims.borrow_mut().iter_mut() {
            let _ = victim.kill();
            let _ = victim.wait();
        }
    }
}

fn socket_name() -> String {
    format!("netlings-class-{}", std::process::id())
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("room");
    let mut file = fs::File::create(path).expect("room");
    file.write_all(text.as_bytes()).expect("room");
}

pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is there").flatten();
    entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect()
}

/// All that stands in the files below `folder`, one after the other.
pub(crate) fn all_text(folder: &Path, aside: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in names_in(folder).into_iter().filter(|name| name != aside) {
        let path = folder.join(&name);
        if path.is_dir() {
            found.extend(all_text(&path, aside));
        } else {
            let mut bytes = Vec::new();
            fs::File::open(&path)
                .and_then(|mut it| it.read_to_end(&mut bytes))
                .expect("it is ours");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
    found
}
