//! After all that the machine has.

use std::fs::{self, File, OpenOptions};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::{Attack, Reached, attack};
use crate::bait::Bait;
use crate::sys;

pub(super) const ATTACKS: &[Attack] = &[
    attack("forks_without_end", fork_bomb),
    attack("takes_all_memory", |_| memory(1, 256, fill)),
    attack("takes_memory_in_many_processes", |_| memory(8, 40, fill)).only_full(),
    attack("takes_memory_in_processes_whose_first_thread_is_gone", |_| memory(8, 40, gone))
        .only_full(),
    attack("takes_shared_memory_that_nobody_maps", |_| unmapped(None)).only_full(),
    attack("takes_memory_of_a_device_that_nobody_maps", |_| {
        unmapped(Some(&OpenOptions::new().read(true).write(true).open("/dev/zero")?))
    })
    .only_full(),
    attack("takes_memory_without_a_path", |_| {
        let mut files = Vec::new();
        for _ in 0..40 {
            let name = c"x".as_ptr() as usize;
            let number = sys::call(libc::SYS_memfd_create, [name, 0, 0, 0, 0, 0])?;
            let mut file = File::create(format!("/proc/self/fd/{number}"))?;
            file.write_all(&vec![1; 8 << 20])?;
            files.push(file);
        }
        Ok(format!("{} files of 8 MiB", files.len()))
    }),
    attack("fills_the_disk", fill_disk).only_full(),
    attack("writes_a_huge_file", |bait| {
        sys::ignore(libc::SIGXFSZ);
        let mut file = File::create(bait.work.join("huge"))?;
        let written = (0..64).try_for_each(|_| file.write_all(&vec![1; 1 << 20]));
        fs::remove_file(bait.work.join("huge"))?;
        written.map(|()| "64 MiB in a file".into())
    }),
    attack("opens_many_files", |_| {
        let files: io::Result<Vec<_>> = (0..512).map(|_| File::open("/dev/null")).collect();
        files.map(|files| format!("{} open files", files.len()))
    }),
    attack("runs_without_end", |_| {
        while sys::cpu_time() < Duration::from_secs(3) {
            std::hint::spin_loop();
        }
        Ok("three seconds of a processor".into())
    }),
];

fn fork_bomb(_: &Bait) -> Reached {
    let mut children = Vec::new();
    let result = loop {
        match sys::fork() {
            Ok(0) => loop {
                std::thread::park();
            },
            Ok(child) => children.push(child),
            Err(error) => break Err(error),
        }
        if children.len() == 200 {
            break Ok("200 processes".into());
        }
    };
    for child in children {
        sys::kill(child, libc::SIGKILL)?;
    }
    result
}

/// How a process takes that many MiB, tells so, and holds them until it may end.
type Take = fn(usize, &PipeWriter, &PipeReader) -> !;

fn fill(mebibytes: usize, tell: &PipeWriter, hold: &PipeReader) -> ! {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for _ in 0..mebibytes {
        let mut one = Vec::new();
        if one.try_reserve_exact(1 << 20).is_err() {
            sys::exit(1);
        }
        one.resize(1 << 20, 1);
        all.push(one);
    }
    let _ = { tell }.write_all(b"x");
    let _ = { hold }.read(&mut [0]);
    sys::exit(0);
}

/// The same in a second thread, while the first has ended: what /proc says of the process is what it
/// says of its first thread, and that has no memory any more.
fn gone(mebibytes: usize, tell: &PipeWriter, hold: &PipeReader) -> ! {
    std::thread::scope(|scope| {
        scope.spawn(|| fill(mebibytes, tell, hold));
        let _ = sys::call(libc::SYS_exit, [0; 6]);
        sys::exit(1)
    })
}

/// In each of `processes` that many MiB, all held at once.
fn memory(processes: usize, mebibytes: usize, take: Take) -> Reached {
    let (mut told, tell) = io::pipe()?;
    let (hold, release) = io::pipe()?;
    let mut children = Vec::new();
    for _ in 0..processes {
        match sys::fork()? {
            0 => {
                drop((told, release));
                take(mebibytes, &tell, &hold)
            }
            child => children.push(child),
        }
    }
    drop((tell, hold));
    let mut words = Vec::new();
    let mut one = [0];
    while words.len() < processes && told.read(&mut one)? == 1 {
        words.push(one[0]);
    }
    if words.len() == processes {
        // A look comes 20 times a second: it is given the time for some.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(1) {
            std::thread::park_timeout(Duration::from_millis(100));
        }
        drop(release);
        return Ok(format!("{} MiB", processes * mebibytes));
    }
    Err(io::Error::other("an allocation failed"))
}

/// 180 MiB, of which never more than a part is in this process's tables, so that it shows nowhere.
fn unmapped(file: Option<&File>) -> Reached {
    const PART: usize = 30 << 20;
    let anonymous = if file.is_some() { 0 } else { libc::MAP_ANONYMOUS };
    let flags = (libc::MAP_SHARED | anonymous) as usize;
    let number = file.map_or(-1, AsRawFd::as_raw_fd) as usize;
    let mut parts = Vec::new();
    for _ in 0..6 {
        let place =
            sys::call(libc::SYS_mmap, [0, PART, libc::PROT_READ as usize, flags, number, 0])?;
        // Brought into memory, and then out of the tables again.
        sys::look_at_pages(place as usize, PART, 4096);
        let away = libc::MADV_DONTNEED as usize;
        sys::call(libc::SYS_madvise, [place as usize, PART, away, 0, 0, 0])?;
        parts.push(place as usize);
    }
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        std::thread::park_timeout(Duration::from_millis(100));
    }
    // It was there all the time: mincore(2) says so.
    let mut pages = vec![0u8; PART / 4096];
    let mut there = 0;
    for part in parts {
        sys::call(libc::SYS_mincore, [part, PART, pages.as_mut_ptr() as usize, 0, 0, 0])?;
        there += pages.iter().filter(|page| **page & 1 == 1).count();
    }
    if there * 4096 > 160 << 20 {
        return Ok(format!("{there} pages"));
    }
    Err(io::Error::other(format!("{there} pages are there")))
}

fn fill_disk(bait: &Bait) -> Reached {
    let folder = std::env::var_os("TMPDIR").map_or_else(|| bait.work.clone(), Into::into);
    let mut files = Vec::new();
    let result = (0..40).try_for_each(|number| {
        let path = folder.join(format!("part-{number}"));
        files.push(path.clone());
        fs::write(path, vec![1; 1 << 20])
    });
    for file in files {
        let _ = fs::remove_file(file);
    }
    result.map(|()| "40 MiB".into())
}
