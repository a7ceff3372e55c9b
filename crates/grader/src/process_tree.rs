//! What Linux tells of a process and all below it: proc(5).

use std::fs;
use std::io;
use std::time::Duration;

/// The ids of all processes below `root`, without it.
///
/// A process that starts or ends while this reads may be missed; ask again until nothing changes.
///
/// # Errors
/// There is no /proc, or it does not list children (CONFIG_PROC_CHILDREN).
pub(crate) fn below(root: u32) -> io::Result<Vec<u32>> {
    let mut found = children(root)?;
    let mut next = 0;
    while next < found.len() {
        // Fails for a process that has just ended: then it has no children any more.
        found.extend(children(found[next]).unwrap_or_default());
        next += 1;
    }
    Ok(found)
}

fn children(process: u32) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let list = match fs::read_to_string(thread?.path().join("children")) {
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => thread_gone_or_no_list(gone)?,
            list => list?,
        };
        found.extend(list.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
    }
    Ok(found)
}

/// A thread may end between the folder's listing and the file's reading. A kernel without the
/// list at all would let children go unseen, so that is an error.
fn thread_gone_or_no_list(gone: io::Error) -> io::Result<String> {
    let own = format!("/proc/self/task/{}/children", rustix::thread::gettid().as_raw_nonzero());
    if fs::exists(own)? { Ok(String::new()) } else { Err(gone) }
}

/// The memory that `root`'s processes hold (resident set, bytes), `root` not counted.
pub(crate) fn memory_below(root: u32) -> io::Result<u64> {
    let page = rustix::param::page_size() as u64;
    let mut sum = 0;
    for process in below(root)? {
        let Ok(text) = fs::read_to_string(format!("/proc/{process}/statm")) else { continue };
        let pages = text.split_whitespace().nth(1).and_then(|field| field.parse::<u64>().ok());
        sum += pages.unwrap_or(0) * page;
    }
    Ok(sum)
}

/// The CPU time that `root`'s processes have used, `root` not counted. Resolution: a clock tick,
/// 10 ms on common kernels.
pub(crate) fn cpu_below(root: u32) -> io::Result<Duration> {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let mut ticks = 0;
    for process in below(root)? {
        let Some(fields) = stat(&format!("/proc/{process}/stat")) else { continue };
        // Fields 14 to 17: its own time and its finished children's. The list begins with field 3.
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        ticks += (11..=14).filter_map(number).sum::<u64>();
    }
    Ok(Duration::from_micros(ticks * 1_000_000 / per_second))
}

/// Whether every thread below `root` sleeps, waiting for something to happen.
pub(crate) fn all_asleep_below(root: u32) -> io::Result<bool> {
    for process in below(root)? {
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for thread in threads.flatten() {
            let state = stat(&thread.path().join("stat").to_string_lossy());
            let busy = |fields: Vec<String>| fields.first().is_some_and(|s| s == "R" || s == "D");
            if state.is_some_and(busy) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The fields of a stat file from the third on, the state. The second, the name, stands in
/// parentheses and may hold anything, parentheses and spaces too.
fn stat(path: &str) -> Option<Vec<String>> {
    let text = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
