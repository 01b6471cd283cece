//! What a host receives, and the steps that send it: a folder a subject, with its scripts, its commands and its steps.
//!
//! The constructors of [`RemoteCommand`](wire::RemoteCommand) are private to this module tree, and a session runs
//! nothing else, so the compiler keeps the promise. Files are rendered in [`files`]; plans and sessions use [`wire`]
//! alone.

#[macro_use]
mod shell;

pub mod balancer;
pub mod certificate_transfer;
pub mod connectivity;
pub mod control_plane;
pub mod credentials;
pub mod diagnostics;
pub mod endpoint_path;
pub mod etcd;
pub mod files;
pub mod half_joined;
pub mod host_files;
pub mod images;
pub mod init;
pub mod join;
pub mod lease;
pub mod listen;
pub mod node;
pub mod preflight;
pub mod preparation;
pub mod probe;
pub mod removal;
mod timeouts;
pub mod wire;
