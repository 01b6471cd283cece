//! Every process's arguments, on all hosts and on the workstation: hosts' processes are this machine's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::wait;

const EVERY: Duration = Duration::from_millis(300);

/// Samples while it lives.
pub struct Sampling {
    stop: Arc<AtomicBool>,
    sampler: JoinHandle<BTreeSet<String>>,
}

/// Begins to look.
pub fn start() -> Sampling {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let sampler = std::thread::spawn(move || {
        let mut seen = BTreeSet::new();
        while !stopped.load(Ordering::Relaxed) {
            seen.extend(arguments_now());
            wait::pass(EVERY);
        }
        seen
    });
    Sampling { stop, sampler }
}

impl Sampling {
    /// Every command line that was seen, once.
    pub fn end(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.sampler.join().unwrap()
    }
}

/// Processes come and go while they are looked at.
fn arguments_now() -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let processes = entries.filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok());
    processes
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .filter(|line| !line.is_empty())
        .collect()
}
