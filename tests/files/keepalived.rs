use hawser::remote::files::keepalived;

use crate::builder::{address, find, stacked};

#[test]
fn the_first_balancer() {
    let topology = stacked();

    insta::assert_snapshot!(
        keepalived(&topology, find(&topology, "lb1"), "eth0")
            .unwrap()
            .content
            .masked()
    );
}

#[test]
fn the_second_balancer_has_the_first_as_peer_and_a_lower_priority() {
    let topology = stacked();

    let text = keepalived(&topology, find(&topology, "lb2"), "ens3")
        .unwrap()
        .content
        .masked();

    assert!(text.contains("  priority 199\n"));
    assert!(text.contains("  unicast_src_ip 192.0.2.3\n  unicast_peer {\n    192.0.2.2\n  }\n"));
    assert!(text.contains("    192.0.2.10/32 dev ens3\n"));
}

#[test]
fn a_sole_balancer_has_no_peers_and_ipv6_its_own_prefix() {
    let mut topology = stacked();
    topology.hosts.retain(|host| host.name != "lb2".into());
    topology.endpoint.vip = Some(address("2001:db8::10"));

    let text = keepalived(&topology, find(&topology, "lb1"), "eth0")
        .unwrap()
        .content
        .masked();

    assert!(!text.contains("unicast"));
    assert!(text.contains("    2001:db8::10/128 dev eth0\n"));
}
