//! Bytes that others write, through every parser that reads them: whatever they are, nothing panics, nothing takes
//! longer than their number allows, and what is taken means the same when it is read again.
//!
//! Each test begins with its seeds (`corpus/`), and goes on with changes to them until its time is over:
//! `HAWSER_FUZZ_SECONDS` for each, one if it is not set. `HAWSER_FUZZ_SEED` makes other changes. A coverage-guided
//! fuzzer needs a nightly compiler; these run with every other test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "clippy.toml allows them in test functions; these are what those call"
)]

mod archives;
mod changes;
mod facts;
mod files;
mod ssh;
mod trying;
