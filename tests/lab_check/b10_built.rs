//! A cluster that is well.

use crate::seen::check;
use crate::support::hawser::{BUILD, Workstation};

#[test]
fn b10_in_a_healthy_cluster_every_way_is_open_and_every_peer_is_its_own() {
    Workstation::new("stacked")
        .hawser(&["apply", "--yes"], BUILD)
        .exits(0);

    let seen = check("stacked", &[]);

    println!("checked in {:.1} s", seen.took.as_secs_f64());
    assert_eq!(seen.ways_that_are("error"), Vec::<String>::new());
    assert_eq!(seen.facts_that_are("error"), Vec::<String>::new());
    assert_eq!(seen.code, Some(0));
    for (from, to, purpose) in [
        ("w1", "endpoint", "endpoint"),
        ("w1", "endpoint", "endpoint-name"),
        ("lb1", "cp3", "api-server"),
        ("w2", "cp1", "api-server"),
    ] {
        assert_eq!(
            seen.way(from, to, purpose),
            ("right-peer", "fine"),
            "{from} → {to}"
        );
    }
    assert_eq!(seen.way("cp1", "endpoint", "hairpin"), ("open", "fine"));
    assert_eq!(seen.way("cp1", "w1", "kubelet"), ("open", "fine"));
    assert_eq!(seen.way("cp1", "cp2", "etcd-peers"), ("open", "fine"));
    assert_eq!(seen.way("lb1", "lb2", "vrrp"), ("open", "fine"));
}
