//! A program run to its end in a process of its own: how long it took and how much memory it had at most.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a finished program cost.
pub struct Measured {
    pub wall: Duration,
    /// The most memory it had, where the system tells.
    pub memory: Option<u64>,
    pub code: i32,
    pub said: String,
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Measured {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("stderr");
    stderr.read_to_string(&mut said).expect("what it says");
    let (code, memory) = ended(child);
    Measured { wall: begun.elapsed(), memory, code, said }
}

/// Waits for the end: exit code, and bytes of memory at most.
#[cfg(unix)]
fn ended(child: Child) -> (i32, Option<u64>) {
    let pid = libc::pid_t::try_from(child.id()).expect("a process id");
    let mut status = 0;
    // SAFETY: both are plain numbers that wait4 fills in; the child is this program's and nobody else waits for it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::wait4(pid, &mut status, 0, &mut usage), pid, "wait4");
        usage
    };
    let most = u64::try_from(usage.ru_maxrss).unwrap_or_default();
    // Kilobytes, save on Apple's systems.
    let bytes = if cfg!(target_vendor = "apple") { most } else { most * 1024 };
    (if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { -1 }, Some(bytes))
}

#[cfg(not(unix))]
fn ended(mut child: Child) -> (i32, Option<u64>) {
    (child.wait().expect("its end").code().unwrap_or(-1), None)
}
