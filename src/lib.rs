//! hawser builds highly available Kubernetes clusters with kubeadm over plain SSH.
//!
//! The path of a run: **inventory** (as written) → **topology** (as meant) + **facts** (as found) →
//! **plan** (as decided) → **events** (as it happens) → **report** (as it went). There is no state file:
//! hosts are observed again on each run, so running `apply` again is resuming.
//!
//! Modules in layer order; a module may use those above it, and `tests/architecture.rs` holds the exact rules.

// Vocabulary: plain data, no I/O.
pub mod archive;
pub mod ca;
pub mod error;
pub mod manifests;
pub mod pki;
pub mod templates;
pub mod topology;
pub mod values;
pub mod versions;

// What a host receives, and what it answered.
pub mod remote;

pub mod inventory;

pub mod facts;

// Decisions: pure functions.
pub mod check;
pub mod plan;
pub mod steps;

pub mod planner;

pub mod events;

// The world.
pub mod engine;
pub mod issuer;
pub mod ssh;
pub mod tls;
pub mod transfer;

// People and machines who watch.
pub mod cli;
pub mod report;
pub mod verify;
