use hawser::remote::files::{RenderedFile, haproxy, haproxy_description};
use hawser::topology::{HostName, Topology};

use crate::builder::{address, find, stacked};

fn render(topology: &Topology, ready: &[&str]) -> RenderedFile {
    let ready: Vec<HostName> = ready.iter().copied().map(HostName::from).collect();
    haproxy(topology, find(topology, "lb1"), &ready).unwrap()
}

fn servers(topology: &Topology, ready: &[&str]) -> Vec<String> {
    let text = render(topology, ready).content.masked();
    text.lines()
        .filter_map(|line| line.strip_prefix("  server "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_sole_ready_control_plane_is_not_checked() {
    insta::assert_snapshot!(render(&stacked(), &["cp1"]).content.masked());
}

#[test]
fn of_two_ready_ones_a_failed_one_is_cut() {
    insta::assert_snapshot!(render(&stacked(), &["cp1", "cp2"]).content.masked());
}

#[test]
fn any_of_them_may_be_the_sole_one() {
    assert_eq!(
        servers(&stacked(), &["cp2"]),
        [
            "cp1 192.0.2.11:6443 check disabled",
            "cp2 192.0.2.12:6443",
            "cp3 192.0.2.13:6443 check disabled"
        ]
    );
}

#[test]
fn with_all_ready_all_are_checked() {
    assert_eq!(
        servers(&stacked(), &["cp3", "cp2", "cp1"]),
        [
            "cp1 192.0.2.11:6443 check",
            "cp2 192.0.2.12:6443 check",
            "cp3 192.0.2.13:6443 check"
        ]
    );
}

#[test]
fn with_none_ready_all_are_disabled() {
    assert_eq!(
        servers(&stacked(), &[]),
        [
            "cp1 192.0.2.11:6443 check disabled",
            "cp2 192.0.2.12:6443 check disabled",
            "cp3 192.0.2.13:6443 check disabled"
        ]
    );
}

#[test]
fn from_two_ready_on_only_the_word_disabled_changes() {
    let body = |ready: &[&str]| {
        let text = render(&stacked(), ready).content.masked();
        let lines = text.lines().filter(|line| !line.contains("description"));
        lines
            .map(|line| line.trim_end_matches(" disabled").to_owned())
            .collect::<Vec<_>>()
    };

    assert_eq!(body(&["cp1", "cp2"]), body(&["cp1", "cp2", "cp3"]));
}

#[test]
fn the_description_tells_configurations_apart_and_is_the_same_on_every_balancer() {
    let topology = stacked();
    let members = [HostName::from("cp1")];

    let one = haproxy_description(&haproxy(&topology, find(&topology, "lb1"), &members).unwrap());
    let same = haproxy_description(&haproxy(&topology, find(&topology, "lb2"), &members).unwrap());
    let other = haproxy_description(&render(&topology, &["cp1", "cp2"]));

    assert!(
        one.starts_with("hawser ") && one.len() == "hawser ".len() + 16,
        "{one}"
    );
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[test]
fn with_ipv6_both_families_are_served_and_addresses_stand_in_brackets() {
    let mut topology = stacked();
    topology.endpoint.vip = Some(address("2001:db8::10"));
    topology.hosts[2].address = address("2001:db8::11");

    let text = render(&topology, &["cp1"]).content.masked();

    assert!(text.contains("  bind [::]:6443 v4v6\n"));
    assert!(text.contains("  server cp1 [2001:db8::11]:6443\n"));
}

#[test]
fn the_balancers_port_and_the_api_servers_may_differ() {
    let mut topology = stacked();
    topology.endpoint.port = 8443;

    let text = render(&topology, &["cp1"]).content.masked();

    assert!(text.contains("  bind *:8443\n"));
    assert!(text.contains("  server cp1 192.0.2.11:6443\n"));
}
