//! One run at a time: the leases of all hosts that a run changes or must have for itself, taken before its first
//! change, renewed while it lasts, given back at its end. No channel is held for them.

mod leased;
mod taking;
mod wants;
mod words;

pub use taking::Lease;
pub use wants::{IfHeld, Wants};
