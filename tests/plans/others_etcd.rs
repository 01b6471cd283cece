//! Data of etcd on hosts that join: whose it is decides whether anything of it may go.

use hawser::facts::{EtcdDirectory, EtcdIdentity, Observation, Observed};
use hawser::planner::{self, Allowance};

use crate::inventory::{control_plane, external, stacked, worker};
use crate::listing::page;
use crate::world::{CA, World};

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

/// A host that another program's etcd has data on.
fn with_others_etcd(world: &mut World, name: &str) {
    world.machine(name).others_etcd = Some("/var/lib/etcd".to_owned());
}

#[test]
fn a_new_worker_with_another_programs_etcd() {
    let mut world = World::built(stacked(1, 0));
    world.add(worker(1));
    with_others_etcd(&mut world, "w1");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_half_joined_worker_with_another_programs_etcd_is_refused_with_and_without_an_identity() {
    for has_identity in [false, true] {
        let mut world = World::built(stacked(1, 0));
        world.add(worker(1));
        with_others_etcd(&mut world, "w1");
        let found = &mut world.machine("w1").facts.kubernetes;
        (found.ca, found.has_kubelet_config) = (Some(CA.to_owned()), true);
        found.has_kubelet_conf = has_identity;

        let page = planned(&world);

        assert!(
            page.starts_with(
                "exit 4: refused: w1 holds data of an etcd member that this cluster does not list: /var/lib/etcd\n"
            ),
            "{page}"
        );
    }
}

#[test]
fn a_new_control_plane_of_a_cluster_whose_etcd_is_elsewhere() {
    let mut world = World::built(external(1, 0));
    world.add(control_plane(2));
    with_others_etcd(&mut world, "cp2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_new_control_plane_with_data_of_another_member() {
    let mut world = World::built(stacked(1, 0));
    world.add(control_plane(2));
    with_others_etcd(&mut world, "cp2");

    insta::assert_snapshot!(planned(&world));
}

/// What a removed member has left is nobody's any more, and the last copy of it for all that is known.
#[test]
fn data_of_a_member_of_this_cluster_that_was_removed() {
    let mut world = World::built(stacked(3, 0));
    world.stop_kubelet("cp3");
    world.members.retain(|member| member.host.0 != "cp3");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn data_of_the_member_that_goes() {
    let mut world = World::built(stacked(3, 0));
    let machine = world.machine("cp3");
    machine
        .facts
        .kubernetes
        .manifests
        .retain(|name| name != "etcd.yaml");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_listed_member_is_not_started_on_data_of_another() {
    let mut world = World::built(stacked(2, 0));
    world.add(control_plane(3));
    crate::repairs::listed(&mut world, "cp3");
    world.machine("cp3").add_manifests(&["etcd.yaml"]);
    world.stop_kubelet("cp3");
    assert!(
        planned(&world).contains("cp3  start the kubelet"),
        "{}",
        planned(&world)
    );

    let machine = world.machine("cp3");
    machine.facts.kubernetes.has_etcd_data = true;
    machine.etcd_member = Some("bad".to_owned());

    let page = planned(&world);
    assert!(
        page.starts_with("exit 4: refused: cp3 holds data of an etcd member that this cluster does not list"),
        "{page}"
    );
    assert!(
        page.contains("/var/lib/etcd is of member bad of the etcd cluster c1"),
        "{page}"
    );
}

/// What is seen of a third control plane that has to be reset, where its data is told in another way.
fn seen(change: impl Fn(&mut Vec<EtcdDirectory>)) -> String {
    let mut world = World::built(stacked(3, 0));
    let machine = world.machine("cp3");
    machine
        .facts
        .kubernetes
        .manifests
        .retain(|name| name != "etcd.yaml");
    let mut observation: Observation = world.observe();
    let facts = observation.get_mut(&"cp3".into()).unwrap().as_mut().unwrap();
    change(&mut facts.kubernetes.etcd_data);
    page(
        &world,
        &planner::plan(&world.topology, &observation, &Allowance::default()),
    )
}

#[test]
fn data_whose_owner_is_unknown_is_not_deleted() {
    assert!(seen(|_| ()).contains("! the data of this cluster's etcd in /var/lib/etcd/member"));
    let refused = "exit 4: refused: cp3 holds data of an etcd member that this cluster does not list";

    let unreadable = seen(|data| data[0].owner = Observed::Unknown("no write-ahead log".to_owned()));
    let unreported = seen(Vec::clear);
    let copied = seen(|data| {
        let copy = EtcdDirectory {
            path: "/srv/etcd".to_owned(),
            ..data[0].clone()
        };
        data.push(copy);
    });

    assert!(unreadable.starts_with(refused), "{unreadable}");
    assert!(unreported.starts_with(refused), "{unreported}");
    assert!(
        copied.contains("data of one etcd member in several directories"),
        "{copied}"
    );
}

#[test]
fn data_of_another_cluster_or_of_another_member_is_not_deleted() {
    let refused = "exit 4: refused: cp3 holds data of an etcd member that this cluster does not list";
    for other in [
        |owner: &mut EtcdIdentity| owner.cluster = "another".to_owned(),
        |owner: &mut EtcdIdentity| owner.member = "another".to_owned(),
    ] {
        let page = seen(|data| {
            let Observed::Known(owner) = &mut data[0].owner else {
                panic!()
            };
            other(owner);
        });

        assert!(page.starts_with(refused), "{page}");
    }
}

#[test]
fn static_pods_of_others_are_not_deleted_with_kubeadms() {
    let mut world = World::built(stacked(1, 0));
    world.add(worker(1));
    world.machine("w1").add_manifests(&["mine.yaml"]);
    let page = planned(&world);
    assert!(page.contains("w1   kubeadm join as a worker"), "{page}");
    assert!(
        !page.contains("kubeadm reset"),
        "one's own static pod is no half-done join: {page}"
    );

    world.machine("w1").facts.kubernetes.ca = Some(CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_identity_of_which_nothing_tells_whose_it_is_is_not_reset() {
    let mut world = World::built(stacked(1, 0));
    world.add(worker(1));
    let found = &mut world.machine("w1").facts.kubernetes;
    (found.has_kubelet_conf, found.has_kubelet_config) = (true, true);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_worker_without_an_identity_whose_node_is_ready_is_not_reset() {
    let mut world = World::built(stacked(1, 1));
    world.machine("w1").facts.kubernetes.has_kubelet_conf = false;
    world.node("w1").ready = true;

    let page = planned(&world);

    assert!(
        page.starts_with("exit 4: refused: w1 is in service, but its join is not complete"),
        "{page}"
    );
}
