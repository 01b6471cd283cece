//! Which connections a topology needs.

use super::*;
use crate::check::Port;

/// `from to port, what for, at what`, a line each.
fn listed(topology: &Topology, narrowing: &Narrowing) -> String {
    let line = |cell: &crate::check::Cell| {
        let expected = cell.expected.map(|address| format!(" = {address}"));
        format!(
            "{:<11} {:<8} {:<5} {} at {}{}\n",
            cell.from,
            cell.to,
            cell.port,
            cell.purpose,
            cell.address,
            expected.unwrap_or_default()
        )
    };
    cells(topology, narrowing).iter().map(line).collect()
}

#[test]
fn the_ways_of_a_stacked_cluster() {
    insta::assert_snapshot!(listed(&stacked(), &Narrowing::default()));
}

#[test]
fn the_ways_of_a_cluster_with_etcd_on_hosts_of_its_own() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2', topology = 'external' }
        endpoint = { name = 'api.demo.example', hosts_file = true }
    ";
    let hosts = [
        "lb1 balancer",
        "etcd1 etcd",
        "etcd2 etcd",
        "etcd3 etcd",
        "cp1 control-plane",
    ];

    insta::assert_snapshot!(listed(&topology(head, &hosts), &Narrowing::default()));
}

#[test]
fn the_ways_of_hosts_that_are_everything() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2', api_port = 8443 }
        endpoint = { name = 'api.demo.example', vip = '192.0.2.10', hosts_file = true }
    ";
    let hosts = [
        "cp1 balancer control-plane worker",
        "cp2 balancer control-plane worker",
    ];

    insta::assert_snapshot!(listed(&topology(head, &hosts), &Narrowing::default()));
}

#[test]
fn behind_a_balancer_of_somebody_elses_the_endpoint_is_known_by_its_name_alone() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2', image_repository = 'registry.example:5000/k8s' }
        endpoint = { name = 'api.demo.example' }
    ";

    let listed = listed(&topology(head, &["cp1 control-plane"]), &Narrowing::default());

    assert_eq!(
        listed,
        "workstation cp1      22    sshd at 192.0.2.11\n\
         cp1         endpoint 6443  the endpoint by its name at api.demo.example\n\
         cp1         endpoint 6443  itself through the endpoint at api.demo.example\n\
         cp1         registry 5000  the image registry at registry.example\n"
    );
}

#[test]
fn the_pod_networks_ports_are_tried_between_all_nodes() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2' }
        endpoint = { name = 'api.demo.example' }
        pod_network = { ports = ['179/tcp', '8472/udp'] }
    ";
    let topology = topology(head, &["cp1 control-plane", "w1 worker", "w2 worker"]);

    let mut cells = cells(&topology, &Narrowing::default());

    cells.retain(|cell| cell.purpose == Purpose::PodNetwork);
    let count = |port| cells.iter().filter(|cell| cell.port == port).count();
    assert_eq!((count(Port::Tcp(179)), count(Port::Udp(8472))), (6, 6));
    assert_eq!(cells.len(), 12);
}

#[test]
fn the_matrix_is_narrowed_by_its_ends_and_by_port() {
    let narrowing = |from: Option<&str>, to: Option<&str>, port| Narrowing {
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        port,
    };
    let count = |narrowing| cells(&stacked(), &narrowing).len();

    assert_eq!(count(narrowing(Some("workstation"), None, None)), 5);
    assert_eq!(count(narrowing(Some("w1"), Some("cp2"), None)), 2);
    assert_eq!(count(narrowing(Some("w1"), Some("cp2"), Some(6443))), 1);
    assert_eq!(count(narrowing(None, Some("registry"), None)), 3);
    assert_eq!(count(narrowing(None, None, Some(2380))), 2);
}

#[test]
fn a_control_plane_meets_every_control_plane_behind_the_balancer_even_when_others_connect_too() {
    let cells = cells(&stacked(), &Narrowing::default());

    let hairpin = cells
        .iter()
        .find(|cell| cell.purpose == Purpose::Hairpin)
        .unwrap();

    assert_eq!(hairpin.connections, 4);
    assert_eq!(hairpin.port, Port::Tcp(6443));
}

#[test]
fn hosts_that_are_prepared_ask_the_repository_or_the_proxy_that_leads_there() {
    let proxy = "proxy = { http = 'http://proxy.example:3128' }";
    let to_repository = Narrowing {
        to: Some("repository".to_owned()),
        ..Narrowing::default()
    };

    let direct = listed(&prepared(""), &to_repository);
    let through = listed(&prepared(proxy), &to_repository);

    assert_eq!(
        direct,
        "cp1         repository 8080  the package repository at packages.example\n\
         w1          repository 8080  the package repository at packages.example\n"
    );
    assert_eq!(
        through,
        "cp1         repository 3128  the package repository at proxy.example\n\
         w1          repository 3128  the package repository at proxy.example\n"
    );
    // What the hosts' own apt knows, and a folder, are no connection that hawser could name.
    assert_eq!(listed(&stacked(), &to_repository), "");
}

#[test]
fn hosts_that_are_prepared_ask_the_registrys_mirror_or_the_proxy_that_leads_there() {
    let to_registry = Narrowing {
        from: Some("w1".to_owned()),
        to: Some("registry".to_owned()),
        ..Narrowing::default()
    };
    let asked = |more: &str| listed(&prepared(more), &to_registry);
    let at = |port: u16, name: &str| format!("w1          registry {port:<5} the image registry at {name}\n");
    let mirrors =
        "mirrors = { 'registry.k8s.io' = ['https://mirror.example/v2/k8s', 'https://second.example'] }";
    let other = "mirrors = { 'docker.io' = ['https://mirror.example'] }";
    let proxy = "proxy = { http = 'http://plain.example:3128', https = 'http://proxy.example:3129' }";

    assert_eq!(asked(""), at(443, "registry.k8s.io"));
    assert_eq!(asked(mirrors), at(443, "mirror.example"));
    assert_eq!(asked(other), at(443, "registry.k8s.io"));
    assert_eq!(asked(proxy), at(3129, "proxy.example"));
    assert_eq!(asked(&format!("{mirrors}\n{proxy}")), at(3129, "proxy.example"));
    // A mirror on one of the hosts is asked without it.
    let own = "mirrors = { 'registry.k8s.io' = ['http://192.0.2.11:5000'] }";
    assert_eq!(asked(&format!("{own}\n{proxy}")), at(5000, "192.0.2.11"));
}
