//! `kubeadm init` runs where nothing is of a cluster, and nowhere else.

use hawser::error::Problem;
use hawser::facts::{ClusterView, EtcdDirectory, KubernetesFacts, NodeFact, Observation, Observed};
use hawser::plan::Plan;
use hawser::planner::{self, Allowance};
use hawser::topology::Topology;

use crate::inventory::{external, stacked, worker};
use crate::listing::page;
use crate::world::{CA, World};

/// The steps of init, or of what finishes it.
fn inits(plan: &Plan) -> Vec<&str> {
    let ids = plan.steps().map(|step| step.id.0.as_str());
    ids.filter(|id| id.ends_with("init")).collect()
}

fn plan(world: &World, change: impl Fn(&mut ClusterView)) -> Result<Plan, Vec<Problem>> {
    let mut observation: Observation = world.observe();
    let cp1 = observation.get_mut(&"cp1".into()).unwrap().as_mut().unwrap();
    change(cp1.cluster.as_mut().unwrap());
    planner::plan(&world.topology, &observation, &Allowance::default())
}

/// One control plane whose cluster lives, and whose API server does not answer.
fn down(topology: Topology) -> World {
    let mut world = World::built(topology);
    world.has_new_leader = true;
    world
}

#[test]
fn a_living_cluster_without_kube_proxy_is_left_as_it_is() {
    let mut world = World::built(stacked(1, 0));
    world.has_proxy = false;

    let as_it_is = plan(&world, |_| ()).unwrap();
    // Neither does the inventory's pod network have to be there: others' pods are enough.
    let with_others_network = plan(&world, |view| view.applied = Observed::Known([].into())).unwrap();

    assert_eq!(inits(&as_it_is), [""; 0]);
    assert!(as_it_is.is_empty(), "{as_it_is:?}");
    assert_eq!(inits(&with_others_network), [""; 0]);
    assert!(page(&world, &Ok(as_it_is)).contains("kube-proxy is missing"));
}

#[test]
fn whether_a_cluster_lives_is_not_guessed() {
    let mut world = World::built(stacked(1, 0));
    world.has_proxy = false;
    world.has_pod_network = false;
    let unknown = || Observed::Unknown("no answer in time".to_owned());

    for change in [
        |view: &mut ClusterView, unknown| view.has_other_pods = unknown,
        |view: &mut ClusterView, unknown| view.has_cluster_info = unknown,
    ] {
        let problems = plan(&world, |view| change(view, unknown())).unwrap_err();

        assert!(
            matches!(&problems[..], [Problem::Probe { cause, .. }] if cause == "no answer in time"),
            "{problems:?}"
        );
    }
}

#[test]
fn each_sign_of_life_is_enough_alone() {
    let mut world = World::built(stacked(1, 0));
    (world.has_proxy, world.has_pod_network) = (false, false);
    assert_eq!(inits(&plan(&world, |_| ()).unwrap()), ["cp1/finish-init"]);

    for sign in [
        |view: &mut ClusterView| {
            let Observed::Known(nodes) = &mut view.nodes else {
                panic!()
            };
            nodes.push(NodeFact {
                name: "elsewhere".into(),
                ..nodes[0].clone()
            });
        },
        |view: &mut ClusterView| {
            let Observed::Known(applied) = &mut view.applied else {
                panic!()
            };
            *applied.values_mut().next().unwrap() = Some(serde_json::json!({}));
        },
        |view: &mut ClusterView| view.has_other_pods = Observed::Known(true),
    ] {
        assert_eq!(inits(&plan(&world, sign).unwrap()), [""; 0]);
    }
}

#[test]
fn where_a_join_has_begun_init_has_ended() {
    let mut world = World::built(stacked(1, 0));
    (world.has_proxy, world.has_pod_network) = (false, false);
    world.add(worker(1));
    world.machine("w1").facts.kubernetes.ca = Some(CA.to_owned());

    assert_eq!(inits(&world.plan().unwrap()), [""; 0]);
}

#[test]
fn a_cluster_whose_api_server_is_down_is_brought_up_and_not_initialised() {
    for world in [down(stacked(1, 0)), down(external(1, 0))] {
        let plan = world.plan().unwrap();

        let steps: Vec<&str> = plan.changes().map(|step| step.id.0.as_str()).collect();
        assert_eq!(steps, ["cp1/restart-control-plane"]);
    }
}

#[test]
fn a_cluster_that_nothing_would_start_is_refused() {
    let mut world = World::built(stacked(1, 0));
    let manifests = &mut world.machine("cp1").facts.kubernetes.manifests;
    manifests.retain(|name| name != "kube-apiserver.yaml");

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn an_etcd_that_does_not_tell_what_it_holds_is_taken_for_a_clusters() {
    let mut world = World::built(stacked(1, 0));
    world.has_cluster_info = false;
    world.has_new_leader = true;
    let starting = plan(&world, |_| ()).unwrap_err();
    assert!(starting[0].may_pass(), "its API server may come up: {starting:?}");
    let kubelet = world.machine("cp1").facts.units.get_mut("kubelet").unwrap();
    kubelet.active_for_s = 301;
    let known = plan(&world, |_| ()).unwrap();

    let unknown = plan(&world, |view| {
        view.beyond_init = Observed::Unknown("context deadline exceeded".to_owned());
    });

    assert_eq!(inits(&known), ["cp1/init"]);
    assert_eq!(inits(&unknown.unwrap()), [""; 0]);
}

#[test]
fn an_etcd_of_several_members_is_a_clusters() {
    let mut world = World::built(stacked(1, 0));
    (world.has_cluster_info, world.has_new_leader) = (false, true);
    let kubelet = world.machine("cp1").facts.units.get_mut("kubelet").unwrap();
    kubelet.active_for_s = 301;

    let plan = plan(&world, |view| {
        let Observed::Known(members) = &mut view.etcd else {
            panic!()
        };
        members.push(members[0].clone());
    });

    assert_eq!(inits(&plan.unwrap()), [""; 0]);
}

#[test]
fn init_does_not_pass_over_data_of_etcd_where_etcd_has_hosts_of_its_own() {
    let mut world = World::fresh(external(1, 0));
    world.machine("cp1").others_etcd = Some("/var/lib/etcd".to_owned());

    let page = page(&world, &world.plan());

    assert!(
        page.starts_with("exit 4: refused: cp1 holds data of an etcd member that this cluster does not list"),
        "{page}"
    );
}

#[test]
fn data_of_etcd_alone_is_a_clusters() {
    let mut world = World::fresh(stacked(1, 0));
    world.machine("cp1").others_etcd = Some("/var/lib/etcd".to_owned());

    assert!(matches!(&world.plan().unwrap_err()[..], [Problem::Silent { .. }]));
}

#[test]
fn what_only_another_control_plane_holds_is_no_begun_init() {
    let mut world = World::fresh(stacked(2, 0));
    world.machine("cp2").facts.kubernetes.ca = Some(CA.to_owned());

    assert!(matches!(&world.plan().unwrap_err()[..], [Problem::Silent { .. }]));
}

#[test]
fn an_init_whose_administrator_has_no_rights_yet_is_finished() {
    let mut world = World::built(stacked(1, 0));
    world.has_cluster_info = false;

    let plan = plan(&world, |view| {
        *view = ClusterView {
            ready: Observed::Known(true),
            nodes: Observed::Unknown("nodes is forbidden".to_owned()),
            etcd: view.etcd.clone(),
            beyond_init: Observed::Known(vec![]),
            ..ClusterView::default()
        };
    });

    assert_eq!(inits(&plan.unwrap()), ["cp1/finish-init"]);
}

#[test]
fn an_init_is_finished_without_what_the_inventory_leaves_out() {
    let mut world = World::built(stacked(1, 0));
    (world.has_cluster_info, world.has_proxy, world.has_pod_network) = (false, false, false);
    world.topology.kubeadm.skip_phases = vec!["addon/kube-proxy".to_owned()];

    let plan = world.plan().unwrap();

    let finish = plan.steps().find(|step| step.id.0 == "cp1/finish-init").unwrap();
    assert!(finish.title.ends_with("addon coredns"), "{}", finish.title);
    // upload-certs takes the place of a Secret that may be there.
    assert_eq!(
        finish.change().unwrap().command.effect(),
        hawser::remote::wire::Effect::Destroys
    );
}

/// A single control plane whose init came to no API server and to no data of etcd, as its host is seen then.
fn begun(
    change: impl Fn(&mut KubernetesFacts),
    allowance: &Allowance,
    workers: u8,
) -> (World, Result<Plan, Vec<Problem>>) {
    let mut world = World::built(stacked(1, workers));
    world.has_new_leader = true;
    world.has_cluster_info = false;
    for name in ["w1", "w2"].into_iter().take(workers.into()) {
        world.empty(name);
    }
    let mut observation: Observation = world.observe();
    let cp1 = observation.get_mut(&"cp1".into()).unwrap().as_mut().unwrap();
    cp1.units.get_mut("kubelet").unwrap().active_for_s = 301;
    cp1.cluster = Some(ClusterView::default());
    cp1.kubernetes.has_etcd_data = false;
    cp1.kubernetes.etcd_data = vec![];
    change(&mut cp1.kubernetes);
    if workers > 0 {
        let lost = Problem::Probe {
            host: "w1".into(),
            what: "the host".to_owned(),
            cause: "no route to host".to_owned(),
        };
        observation.insert("w1".into(), Err(lost));
    }
    let plan = planner::plan(&world.topology, &observation, allowance);
    (world, plan)
}

fn refused(change: impl Fn(&mut KubernetesFacts)) -> String {
    let (world, plan) = begun(change, &Allowance::default(), 0);
    page(&world, &plan)
}

#[test]
fn init_is_done_again_where_it_came_to_no_data() {
    let (_, plan) = begun(|_| (), &Allowance::default(), 0);

    assert_eq!(inits(&plan.unwrap()), ["cp1/init"]);
}

#[test]
fn a_host_that_has_joined_somewhere_is_not_initialised_again() {
    let joined = [
        |found: &mut KubernetesFacts| (found.has_kubelet_conf, found.has_admin_conf) = (true, false),
        |found: &mut KubernetesFacts| found.has_bootstrap_kubelet_conf = true,
    ];
    for change in joined {
        let (_, plan) = begun(change, &Allowance::default(), 0);

        assert!(matches!(&plan.unwrap_err()[..], [Problem::Silent { .. }]));
    }
}

#[test]
fn data_of_etcd_in_another_place_is_a_clusters() {
    let elsewhere = |found: &mut KubernetesFacts| {
        found.manifests.retain(|name| name != "etcd.yaml");
        found.etcd_data = vec![EtcdDirectory {
            path: "/srv/etcd".to_owned(),
            owner: Observed::Unknown("no write-ahead log names its owner".to_owned()),
            sha256: String::new(),
        }];
    };
    insta::assert_snapshot!(refused(elsewhere));

    // Also where nothing else of a cluster is left.
    let alone = refused(|found| {
        elsewhere(found);
        *found = KubernetesFacts {
            etcd_data: found.etcd_data.clone(),
            images: found.images.clone(),
            needed_images: found.needed_images.clone(),
            sandbox_image: found.sandbox_image.clone(),
            ..KubernetesFacts::default()
        };
    });
    assert!(
        alone.contains("/srv/etcd is of a member that is unknown"),
        "{alone}"
    );
}

#[test]
fn a_disk_that_is_not_mounted_may_hold_a_cluster() {
    insta::assert_snapshot!(refused(|found| found.unmounted = vec!["/var/lib/etcd".to_owned()]));
}

#[test]
fn etcds_data_that_is_gone_after_the_end_of_an_init_is_missed() {
    insta::assert_snapshot!(refused(|found| found.has_kubelet_rotation = true));
}

#[test]
fn a_worker_that_is_silent_may_be_a_clusters() {
    let allowance = Allowance {
        max_unreachable_workers: 1,
        ..Allowance::default()
    };

    let (world, plan) = begun(|_| (), &allowance, 1);

    let page = page(&world, &plan);
    assert!(page.contains("`kubeadm init` runs again on cp1"), "{page}");
}
