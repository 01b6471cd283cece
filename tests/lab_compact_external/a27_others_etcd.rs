//! A new control plane on which another program's etcd lives, in a cluster whose own etcd has hosts of its own.

use support::others_etcd;

use crate::PROFILE;

#[test]
fn a27_a_new_control_plane_with_another_programs_etcd_is_refused_and_the_etcd_lives_on() {
    others_etcd::is_refused(PROFILE, "cp9", "10.77.0.29", "control-plane");
}
