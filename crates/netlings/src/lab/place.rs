//! Where labs that run are found: a folder of this user's alone, and in it one for each lab, with a
//! socket to ask at and the hosts' names.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::ending::Stop;
use crate::words::lab as words;

/// A lab's folder. It is removed when this is dropped.
pub(super) struct Place {
    pub(super) name: String,
    folder: PathBuf,
}

/// The folder of this user's labs; made if it isn't there, refused if somebody else could have put
/// something into it.
fn labs() -> Result<PathBuf, Stop> {
    let user = rustix::process::geteuid().as_raw();
    let folder = match std::env::var_os("XDG_RUNTIME_DIR").filter(|it| Path::new(it).is_dir()) {
        Some(runtime) => Path::new(&runtime).join("netlings"),
        None => std::env::temp_dir().join(format!("netlings-{user}")),
    };
    let stop = |error: io::Error| Stop::infrastructure(crate::words::unwritable(&folder, &error));
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(stop(error)),
        _ => {}
    }
    let is = fs::symlink_metadata(&folder).map_err(stop)?;
    match is.is_dir() && is.uid() == user && is.mode() & 0o077 == 0 {
        true => Ok(folder),
        false => Err(Stop::infrastructure(words::not_private(&folder))),
    }
}

pub(super) fn hosts_file(folder: &Path) -> PathBuf {
    folder.join("hosts")
}

fn door(folder: &Path) -> PathBuf {
    folder.join("door")
}

/// Everything that runs: its name, its folder, and a connection to its door.
pub(super) fn running() -> Result<Vec<(String, PathBuf, UnixStream)>, Stop> {
    let labs = labs()?;
    let entries = fs::read_dir(&labs);
    let entries =
        entries.map_err(|error| Stop::infrastructure(crate::words::unwritable(&labs, &error)))?;
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let name = super::name(entry.file_name().to_str()?).ok()?;
            // Refused where nobody listens any more.
            let stream = UnixStream::connect(door(&entry.path())).ok()?;
            Some((name, entry.path(), stream))
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

impl Place {
    /// Takes the name that was asked for, or the first free one.
    pub(super) fn take(name: Option<&str>) -> Result<(Self, UnixListener), Stop> {
        let labs = labs()?;
        let stop = |error: io::Error| Stop::infrastructure(crate::words::unwritable(&labs, &error));
        // Two that start at once must not take the same name. The lock ends with `_lock`.
        let _lock = File::open(&labs).map_err(stop)?;
        rustix::fs::flock(&_lock, FlockOperation::LockExclusive)
            .map_err(|errno| stop(errno.into()))?;
        let usual = (1..).map(|number| match number {
            1 => "lab".to_owned(),
            _ => format!("lab-{number}"),
        });
        let is_taken = |name: &str| UnixStream::connect(door(&labs.join(name))).is_ok();
        let name = match name {
            Some(name) if is_taken(name) => return Err(Stop::usage(words::is_taken(name))),
            Some(name) => name.to_owned(),
            None => usual.into_iter().find(|name| !is_taken(name)).expect("numbers go on"),
        };
        let folder = labs.join(&name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(stop(error)),
            _ => {} // it was of one that was killed
        }
        DirBuilder::new().mode(0o700).create(&folder).map_err(stop)?;
        let place = Self { name, folder };
        let listener = UnixListener::bind(door(&place.folder)).map_err(stop)?;
        Ok((place, listener))
    }

    /// Says who is where, as /etc/hosts does.
    pub(super) fn write_hosts(&self, hosts: &[(String, String)]) -> Result<(), Stop> {
        let mut text = String::from("127.0.0.1 localhost\n::1 localhost\n");
        for (name, address) in hosts {
            text.push_str(&format!("{address} {name}\n"));
        }
        let path = hosts_file(&self.folder);
        fs::write(&path, text)
            .map_err(|error| Stop::infrastructure(crate::words::unwritable(&path, &error)))
    }

    /// For when the process ends without dropping this.
    pub(super) fn remover(&self) -> impl FnOnce() + Send + 'static {
        let folder = self.folder.clone();
        move || remove(&folder)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    // Only the last one's goes.
    let _ = folder.parent().map(fs::remove_dir);
}
