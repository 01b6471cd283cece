//! The scripts against a containerd that says what a test wants.

mod asked;
mod given;
mod machine;
mod taken;
