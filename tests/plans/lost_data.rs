//! etcd on hosts of its own has lost disks, and no quorum of it runs.

use hawser::facts::Observed;
use hawser::topology::EtcdManager;

use crate::doing::Cut;
use crate::inventory::external;
use crate::listing::page;
use crate::world::{CA, OTHER_CA, World};

const MANAGERS: [EtcdManager; 2] = [EtcdManager::Kubelet, EtcdManager::Systemd];

fn fresh(manager: EtcdManager) -> World {
    let mut topology = external(2, 1);
    topology.external_etcd.manager = manager;
    World::fresh(topology)
}

fn built(manager: EtcdManager) -> World {
    World::built(fresh(manager).topology)
}

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

fn stopped(world: &mut World, name: &str) {
    match world.topology.external_etcd.manager {
        EtcdManager::Kubelet => world.stop_kubelet(name),
        EtcdManager::Systemd => world.machine(name).unit("etcd", false),
    }
}

/// A first build that was cut off when the etcd hosts up to this one had started, and was then switched off.
fn cut_off_after(last: &str, manager: EtcdManager) -> World {
    let mut world = fresh(manager);
    let plan = world.plan().unwrap();
    let id = format!("{last}/start-etcd");
    let after = plan.steps().position(|step| step.id.0 == id).unwrap() + 1;
    let cut = Cut {
        after,
        parts: 0,
        pace: 0,
    };
    world.apply_until(&plan, cut).unwrap();
    world.knows_authority = false;
    for name in ["etcd1", "etcd2", "etcd3"] {
        if world.hosts[&name.into()].facts.kubernetes.has_etcd_data {
            stopped(&mut world, name);
        }
    }
    world
}

#[test]
fn two_of_three() {
    for manager in MANAGERS {
        let mut world = built(manager);
        world.empty("etcd2");
        world.empty("etcd3");

        let name = format!("two_of_three_by_{manager:?}").to_lowercase();
        insta::assert_snapshot!(name, planned(&world));
    }
}

#[test]
fn one_that_was_made_the_only_member_gets_the_others_back() {
    for manager in MANAGERS {
        let mut world = built(manager);
        world.empty("etcd2");
        world.empty("etcd3");
        world.members.retain(|member| member.host.0 == "etcd1");
        world.knows_authority = false;

        let plan = world.plan().unwrap();

        world.apply(&plan).unwrap();
        assert_eq!(world.violations, Vec::<String>::new());
        assert!(world.plan().unwrap().is_empty());
    }
}

#[test]
fn all_three_under_control_planes() {
    for manager in MANAGERS {
        let mut world = built(manager);
        for name in ["etcd1", "etcd2", "etcd3"] {
            world.empty(name);
        }

        insta::allow_duplicates! {
            insta::assert_snapshot!(planned(&world));
        }
    }
}

#[test]
fn one_of_three_while_the_others_are_switched_off() {
    for manager in MANAGERS {
        let mut world = built(manager);
        world.empty("etcd3");
        stopped(&mut world, "etcd1");
        stopped(&mut world, "etcd2");

        let name = format!("one_of_three_by_{manager:?}").to_lowercase();
        insta::assert_snapshot!(name, planned(&world));
    }
}

#[test]
fn no_control_plane_is_needed_to_tell_that_a_member_ran() {
    let mut world = built(EtcdManager::Kubelet);
    for name in ["etcd2", "etcd3", "cp1", "cp2", "w1"] {
        world.empty(name);
    }

    let problems = world.plan().unwrap_err();

    assert_eq!(
        problems[0].headline(),
        "refused: no etcd runs, and the data of etcd2, etcd3 is lost"
    );
    assert_eq!(
        problems[0].explain().details[0],
        "the data of etcd1 shows that etcd2, etcd3 ran before"
    );
}

#[test]
fn what_was_not_read_to_its_end_does_not_tell_that_a_member_never_ran() {
    let mut world = cut_off_after("etcd2", EtcdManager::Kubelet);
    world.etcd_id = None;
    let why = "its database is large, and 4096 bytes of it were not read".to_owned();
    world.etcd("etcd1").data.as_mut().unwrap().have_run = Observed::Unknown(why);

    let problems = world.plan().unwrap_err();

    assert_eq!(
        problems[0].explain().details[0],
        "whether etcd3 ran before cannot be determined from the data of etcd1: its database is large, and 4096 bytes of it were not read"
    );
}

#[test]
fn a_first_build_that_was_cut_off_and_switched_off_goes_on() {
    for manager in MANAGERS {
        for last in ["etcd1", "etcd2"] {
            let mut world = cut_off_after(last, manager);
            let has_data = |name: &str| world.hosts[&name.into()].facts.kubernetes.has_etcd_data;
            assert!(has_data("etcd1") && !has_data("etcd3"), "{last}");

            let plan = world.plan().unwrap();

            world.apply(&plan).unwrap();
            assert_eq!(world.violations, Vec::<String>::new());
            assert!(world.plan().unwrap().is_empty());
        }
    }
}

#[test]
fn all_disks_of_a_cluster_that_never_had_a_control_plane_may_be_begun_anew() {
    let mut world = cut_off_after("etcd3", EtcdManager::Kubelet);
    for name in ["etcd1", "etcd2", "etcd3"] {
        world.empty(name);
    }
    (world.members, world.etcd_id) = (vec![], None);

    let plan = world.plan().unwrap();

    world.apply(&plan).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn an_authority_that_the_control_planes_do_not_trust() {
    let mut world = built(EtcdManager::Kubelet);
    world.machine("cp1").facts.kubernetes.etcd_ca = Some(OTHER_CA.to_owned());
    world.machine("cp2").facts.kubernetes.etcd_ca = Some(CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}
