//! Balancers on the control planes: three hosts in all, the endpoint at a port of its own.

use hawser::error::Problem;
use hawser::verify::failed_expectations;

use crate::inventory::{compact, compact_external, control_plane, with_etcd_hosts};
use crate::listing::{limited_to, page};
use crate::world::World;

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

#[test]
fn fresh_hosts() {
    insta::assert_snapshot!(planned(&World::fresh(compact(0))));
}

#[test]
fn a_whole_cluster_leaves_nothing_to_do() {
    insta::assert_snapshot!(planned(&World::built(compact(0))), @"nothing to do");
}

#[test]
fn etcd_may_have_hosts_of_its_own() {
    let fresh = World::fresh(with_etcd_hosts(compact(1)));

    insta::assert_snapshot!(planned(&fresh));
    let world = World::built(with_etcd_hosts(compact(1)));
    assert!(world.plan().unwrap().is_empty());
    assert_eq!(failed_expectations(&world.topology, &world.observe(), &[]), []);
}

#[test]
fn each_balancer_leads_to_its_own_host_as_to_the_others() {
    let world = World::fresh(compact(0));
    let plan = world.plan().unwrap();

    for host in ["cp1", "cp2", "cp3"] {
        let id = format!("{host}/write/etc/haproxy/haproxy.cfg");
        let write = plan.steps().find(|step| step.id.0 == id).unwrap();
        let file = write.change().unwrap().command.stdin().masked();

        assert!(file.contains("bind *:8443"), "{file}");
        for (number, server) in ["cp1", "cp2", "cp3"].into_iter().enumerate() {
            let line = format!("server {server} 10.0.0.1{}:6443", number + 1);
            assert!(file.contains(&line), "{host}: {file}");
        }
    }
}

#[test]
fn the_path_is_proved_to_the_endpoints_port_and_to_the_api_servers() {
    let world = World::fresh(compact(0));
    let plan = world.plan().unwrap();
    let proof = plan.steps().find(|step| step.id.0 == "cp2/check-path").unwrap();
    let line = proof.until().unwrap().command.line();

    for path in [
        "'cp2 → the endpoint' api.lab.test 8443 10.0.0.100",
        "'cp2 → the API server of cp1' 10.0.0.11 6443",
        "'cp2 → the API server of cp2' 10.0.0.12 6443",
        "'cp2 → the API server of cp3' 10.0.0.13 6443",
    ] {
        assert!(line.contains(path), "{path}");
    }
}

#[test]
fn an_emptied_host_that_is_both() {
    let mut world = World::built(compact(0));
    world.empty("cp1");

    insta::assert_snapshot!(planned(&world));
}

/// Whatever is reset there, the balancer goes on: other hosts' way to the API may lead over it.
#[test]
fn a_half_joined_control_plane_is_reset_while_its_balancer_goes_on() {
    let mut world = World::built(compact(0));
    let cp3 = world.machine("cp3");
    cp3.facts.kubernetes.has_etcd_data = false;
    cp3.facts.kubernetes.manifests.retain(|name| name != "etcd.yaml");
    let units = cp3.facts.units.clone();

    insta::assert_snapshot!(planned(&world));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    for unit in ["haproxy", "keepalived"] {
        assert_eq!(world.machine("cp3").facts.units.get(unit), units.get(unit));
    }
    let resets = plan.steps().filter(|step| step.id.0.ends_with("/reset"));
    for reset in resets {
        let line = reset.change().unwrap().command.line();
        assert!(
            !line.contains("haproxy") && !line.contains("keepalived"),
            "{line}"
        );
    }
}

#[test]
fn one_host_down() {
    let mut world = World::built(compact(0));
    world.machine("cp2").silent = Some(Problem::Unreachable {
        host: "cp2".into(),
        address: "10.0.0.12:22".to_owned(),
        cause: "no answer within 10 s".to_owned(),
    });

    insta::assert_snapshot!(planned(&world));
}

fn with_a_fourth_host() -> World {
    let mut world = World::built(compact(0));
    let mut host = control_plane(4);
    host.roles.insert(hawser::topology::Role::Balancer);
    world.add(host);
    world
}

#[test]
fn a_fourth_host_that_is_both() {
    insta::assert_snapshot!(planned(&with_a_fourth_host()));
}

/// It joins, and every HAProxy lets it in; its keepalived would take the VIP beside those that do not know it.
#[test]
fn a_fourth_host_that_is_both_alone() {
    let mut world = with_a_fourth_host();

    let plan = world.plan_with(&limited_to(&["cp4"]));

    insta::assert_snapshot!(page(&world, &plan));
    assert_eq!(world.apply(&plan.unwrap()), Ok(()));
    let rest = world.plan().unwrap();
    let changed: Vec<_> = rest.changes().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        changed,
        ["cp1", "cp2", "cp3", "cp4"]
            .map(|host| [
                format!("{host}/write/etc/keepalived/keepalived.conf"),
                format!("{host}/activate-keepalived")
            ])
            .concat()
    );
}

#[test]
fn fresh_hosts_with_etcd_on_hosts_of_its_own() {
    insta::assert_snapshot!(planned(&World::fresh(compact_external())));
}

#[test]
fn a_whole_cluster_with_etcd_on_hosts_of_its_own_leaves_nothing_to_do() {
    let world = World::built(compact_external());

    insta::assert_snapshot!(planned(&world), @"note: the etcd certificates expire in 364 days, the etcd CA in 3649 days");
}

/// The host lost its disk, and etcd no member: only the node has to go before the host joins anew.
#[test]
fn an_emptied_host_that_is_both_where_etcd_has_hosts_of_its_own() {
    let mut world = World::built(compact_external());
    world.empty("cp2");

    insta::assert_snapshot!(planned(&world));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
    assert!(world.plan().unwrap().is_empty());
}

/// The authority's key stays on the etcd hosts; what asks etcd goes the way of the other certificates.
#[test]
fn control_planes_are_handed_what_asks_etcd_and_no_authoritys_key() {
    let plan = World::fresh(compact_external()).plan().unwrap();
    let write = plan
        .steps()
        .find(|step| step.id.0 == "cp2/write-control-plane-certificates")
        .unwrap();

    let files: Vec<&str> = write
        .files()
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| path.contains("etcd"))
        .collect();

    assert_eq!(
        files,
        [
            "/etc/kubernetes/pki/etcd/ca.crt",
            "/etc/kubernetes/pki/apiserver-etcd-client.crt",
            "/etc/kubernetes/pki/apiserver-etcd-client.key",
        ]
    );
}
