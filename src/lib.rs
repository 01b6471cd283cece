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

// What was written, and what hosts answered.
pub mod facts;
pub mod inventory;
pub mod ssh_config;

// Decisions: pure functions. Of `remote`, its `wire` lies below `plan`, and its subjects above it.
pub mod check;
pub mod plan;
pub mod planner;
pub mod remote;

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
