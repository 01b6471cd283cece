//! Which hosts a plan builds: those are looked at more closely before it begins.

use hawser::planner::new_hosts;
use hawser::topology::EtcdManager;

use crate::inventory::{external, stacked, worker};
use crate::world::World;

fn names(world: &World) -> Vec<String> {
    let plan = world.plan().unwrap();
    new_hosts(&plan).into_iter().map(|name| name.0).collect()
}

#[test]
fn of_fresh_hosts_all() {
    let stacked = names(&World::fresh(stacked(3, 1)));
    let external = names(&World::fresh(external(1, 0)));

    assert_eq!(stacked, ["cp1", "cp2", "cp3", "lb1", "lb2", "w1"]);
    assert_eq!(external, ["cp1", "etcd1", "etcd2", "etcd3", "lb1", "lb2"]);
}

#[test]
fn of_a_whole_cluster_none_and_of_one_that_grows_who_joins() {
    let mut world = World::built(stacked(3, 2));
    assert_eq!(names(&world), Vec::<String>::new());

    world.add(worker(3));

    assert_eq!(names(&world), ["w3"]);
}

#[test]
fn who_is_only_mended_is_not_built() {
    let mut stacked = World::built(stacked(3, 2));
    stacked.machine("lb1").unit("haproxy", false);
    let mut topology = external(1, 0);
    topology.external_etcd.manager = EtcdManager::Systemd;
    let mut external = World::built(topology);
    external.machine("etcd2").unit("etcd", false);

    for world in [stacked, external] {
        assert!(!world.plan().unwrap().is_empty());
        assert_eq!(names(&world), Vec::<String>::new());
    }
}
