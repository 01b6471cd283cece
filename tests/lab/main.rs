//! hawser on the lab's real hosts. One cluster is shared: tests run in the order of their names (nextest profile `lab`).
#![cfg(test)]
#![cfg(feature = "lab")]

mod support;

mod a20_healthy;
