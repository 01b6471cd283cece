//! A new worker on which another program's etcd lives.

use support::others_etcd;

use crate::evidence::PROFILE;

#[test]
fn a69_a_new_worker_with_another_programs_etcd_is_refused_and_the_etcd_lives_on() {
    others_etcd::is_refused(PROFILE, "w3", "10.77.0.33", "worker");
}
