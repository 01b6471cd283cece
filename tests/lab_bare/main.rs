//! Bare hosts of the lab: prepared, built on, and left alone by the next run. The tests share clusters, in the order of
//! their names (nextest profile `lab`): `a` begins with the profile `bare` and a repository, `b`
//! with `bare-external` and none.
#![cfg(test)]
#![cfg(feature = "lab")]

mod bare;

mod a03_bare;
mod a03_package;
mod a04_wrong_key;
mod a05_wrong_version;
mod a10_build;
mod a20_second_apply;
mod a30_growing;
mod b10_offline;
