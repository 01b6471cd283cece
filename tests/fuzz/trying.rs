//! Tries one parser for its time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::dice::Dice;

use crate::changes::changed;

/// What anything may take, of a processor's time, and what every byte may take besides: a hundred times of what is
/// usual, and far less than what anything takes that is worse than linear.
const ANY: Duration = Duration::from_millis(500);
const EACH_BYTE: Duration = Duration::from_micros(20);

/// The seeds of a folder, in the order of their names.
pub(crate) fn seeds(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_none_or(|extension| extension != "md"));
    paths.sort();
    assert!(!paths.is_empty(), "no seed in {}", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Gives a parser the seeds and then changes to them. `takes` panics where something is not as it should be.
pub(crate) fn fuzz(name: &str, seeds: &[Vec<u8>], takes: impl FnMut(&[u8])) {
    fuzz_with(name, seeds, |dice| changed(dice, seeds), takes);
}

/// The same with changes of its own.
pub(crate) fn fuzz_with(
    name: &str,
    seeds: &[Vec<u8>],
    mut next: impl FnMut(&mut Dice) -> Vec<u8>,
    mut takes: impl FnMut(&[u8]),
) {
    let time = Duration::from_secs(setting("HAWSER_FUZZ_SECONDS"));
    let mut dice = Dice(setting("HAWSER_FUZZ_SEED"));
    let (since, mut tried) = (Instant::now(), 0);
    while tried < seeds.len() || since.elapsed() < time {
        let input = seeds.get(tried).cloned().unwrap_or_else(|| next(&mut dice));
        let before = processor_time();
        let ended = catch_unwind(AssertUnwindSafe(|| takes(&input)));
        let took = processor_time().saturating_sub(before);
        let allowed = ANY + EACH_BYTE * u32::try_from(input.len()).unwrap();
        if ended.is_err() || took > allowed {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
            std::fs::write(&path, &input).unwrap();
            println!(
                "input {tried}, of {} bytes, took {took:?} of {allowed:?}: {}; once fixed, it is a seed for tests/fuzz/corpus",
                input.len(),
                path.display()
            );
        }
        if let Err(panic) = ended {
            resume_unwind(panic);
        }
        assert!(took <= allowed, "{name}: {took:?} for {} bytes", input.len());
        tried += 1;
    }
    println!("{name}: {tried} inputs");
}

fn setting(name: &str) -> u64 {
    std::env::var(name).map_or(1, |value| value.parse().expect("a number"))
}

/// What this thread has had of processors: other programs' turns do not count.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}
