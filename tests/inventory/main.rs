//! The inventory as its author meets it: what loads, and what is said of what does not.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's own preparation may end it"
)]

mod broken;
mod example;
mod good;
mod manifests;
mod report;
mod workshop;
