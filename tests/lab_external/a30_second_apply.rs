//! A second apply finds everything done.

use support::hawser::{LOOK, report};

use crate::CLUSTER;

#[test]
fn a30_a_second_apply_changes_nothing_and_a_plan_has_no_changes() {
    let again = CLUSTER
        .builder()
        .hawser(&["apply", "--yes", "-o", "json"], LOOK)
        .exits(0);
    assert_eq!(report(&again.stdout)["changed"], 0, "{}", again.reply());

    CLUSTER
        .builder()
        .hawser(&["plan", "--detailed-exitcode"], LOOK)
        .exits(0);
}
