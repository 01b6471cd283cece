//! What goes wrong on the lab's real hosts, and how the next run goes on: power lost, disks emptied, Ctrl-C, logins
//! that need a secret. The tests of a letter share one cluster, in the order of their names (nextest profile `lab`).
#![cfg(test)]
#![cfg(feature = "lab")]

mod cluster;
mod fault;

mod b_power;
mod c_logins;
mod d_stop;
mod e_alone;
