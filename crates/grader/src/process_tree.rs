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

/// The ids of all processes that were started with `variable` (`NAME=value`) in their environment.
pub(crate) fn with_variable(variable: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
    })
    .collect()
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

/// How long each thread below `root` was ready to run and got no processor, since it began. Empty
/// where the kernel does not say (CONFIG_SCHED_INFO).
pub(crate) fn kept_waiting_below(root: u32) -> Vec<(u32, Duration)> {
    schedules_below(root).into_iter().map(|(id, [_, waited])| (id, waited)).collect()
}

/// How long all threads that now live below `root` have run. Exact, where the ticks of
/// [`cpu_below`] miss what runs between them; but without what has ended. Zero where the kernel
/// does not say.
pub(crate) fn ran_below(root: u32) -> Duration {
    schedules_below(root).into_iter().map(|(_, [ran, _])| ran).sum()
}

/// For each thread below `root` how long it has run, and how long it was kept waiting.
fn schedules_below(root: u32) -> Vec<(u32, [Duration; 2])> {
    let mut found = Vec::new();
    for process in below(root).unwrap_or_default() {
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for thread in threads.flatten() {
            // Nanoseconds on a processor, nanoseconds kept waiting, number of turns.
            let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            let mut times = text.split_whitespace().map_while(|field| field.parse().ok());
            let times = times.next().zip(times.next());
            let id = thread.file_name().to_str().and_then(|id| id.parse().ok());
            found
                .extend(id.zip(times.map(|(ran, waited)| [ran, waited].map(Duration::from_nanos))));
        }
    }
    found
}

/// The fields of a stat file from the third on, the state. The second, the name, stands in
/// parentheses and may hold anything, parentheses and spaces too.
fn stat(path: &str) -> Option<Vec<String>> {
    let text = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::time::Instant;

    use rustix::process::{Pid, Signal, kill_process_group};

    use super::*;

    #[test]
    fn two_that_share_one_processor_keep_each_other_waiting() {
        let script = "(while :; do :; done) & while :; do :; done";
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0", "sh", "-c", script]).process_group(0);
        let mut loops = command.spawn().expect("taskset is there");
        let late = Instant::now() + Duration::from_secs(20);
        let busy = |least| cpu_below(loops.id()).is_ok_and(|used| used >= least);
        while !busy(Duration::from_millis(100)) && Instant::now() < late {
            std::thread::yield_now();
        }
        let waits = kept_waiting_below(loops.id());
        let waited = waits.into_iter().map(|(_, waited)| waited).max().unwrap_or_default();
        let asleep = all_asleep_below(loops.id());
        let group = Pid::from_raw(loops.id().cast_signed()).expect("an id");
        kill_process_group(group, Signal::KILL).expect("the loops are there");
        loops.wait().expect("the outer loop ends");
        assert!(waited >= Duration::from_millis(20), "{waited:?}");
        assert!(!asleep.expect("there is a /proc"), "a loop does not sleep");
    }
}
