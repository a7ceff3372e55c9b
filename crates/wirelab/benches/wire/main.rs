//! Figures of the kernel tier on this machine: `cargo bench -p wirelab`.
//!
//! Each is taken for every kind of port that the machine allows, as the user who runs it and in a
//! user namespace; root has them taken as an ordinary user too, by this program once more. The
//! references, in the same run, are a veth pair of the kernel's own between the same two hosts,
//! with no program in between (`ip` of iproute2 makes it), and two threads with a pair of sockets,
//! which shows what it takes this machine to wake somebody.

#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
mod making;
#[cfg(target_os = "linux")]
mod traffic;

#[cfg(target_os = "linux")]
fn main() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    /// Whoever has no rights: what nobody has, by its numbers.
    const ORDINARY: u32 = 65_534;

    if !rustix::process::geteuid().is_root() {
        return figures::measure("an ordinary user");
    }
    figures::measure("root");
    let mut again = Command::new("/proc/self/exe");
    again.uid(ORDINARY).gid(ORDINARY).current_dir("/").env("HOME", "/nonexistent");
    match again.status() {
        Ok(status) => assert!(status.success(), "as an ordinary user: {status}"),
        Err(error) => println!("not measured as an ordinary user: {error}"),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("{}", wirelab::probe());
}
