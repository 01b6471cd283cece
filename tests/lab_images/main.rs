//! Images on the lab's real hosts: sent from archives by `images push` to ten that have none, and that are never made a
//! cluster. The tests run in the order of their names (nextest profile `lab`).
//! `tests/lab_bare` builds on images so brought.
#![cfg(test)]
#![cfg(feature = "lab")]

mod a10_push;
mod a20_relay;
mod a30_foul;
mod builds;
mod ten;
