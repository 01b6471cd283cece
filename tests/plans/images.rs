//! Images in archives on the workstation: which host gets which of them, and from whom.

use std::collections::BTreeSet;

use hawser::facts::Observed;
use hawser::plan::{Plan, Step};
use hawser::planner::push_images;
use hawser::topology::{HostName, Topology};

use crate::inventory::{compact_external, external, stacked};
use crate::listing::page;
use crate::world::World;
use support::archives::archive_of;

const NETWORK: &str = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: net, namespace: kube-system}\n\
    spec: {template: {spec: {containers: [{image: 'lab.local/net:1'}]}}}\n";

/// With an archive of what control planes, all nodes, and nobody but etcd's hosts need.
fn with_archive(mut topology: Topology) -> Topology {
    let file = tempfile::NamedTempFile::new().unwrap();
    let images = [
        ("k8s.gcr.io/kube-apiserver:v1.20.2", 3_000_000),
        ("k8s.gcr.io/kube-proxy:v1.20.2", 1_000_000),
        ("k8s.gcr.io/etcd:3.4.13-0", 2_000_000),
        ("lab.local/net:1", 100),
    ];
    std::fs::write(file.path(), archive_of(&images)).unwrap();
    topology.images.archives = vec![hawser::archive::open(file.path()).unwrap()];
    topology
}

/// Hosts that hold no image.
fn without_images(topology: Topology) -> World {
    let mut world = World::fresh(topology);
    for host in world.topology.hosts.clone() {
        let facts = &mut world.machine(&host.name.0).facts;
        "x86_64".clone_into(&mut facts.system.architecture);
        facts.kubernetes.images = Observed::Known(vec![]);
    }
    world
}

impl World {
    /// A host gets an image.
    pub(crate) fn import(&mut self, step: &Step) {
        let images: Vec<_> = self
            .topology
            .images
            .archives
            .iter()
            .flat_map(|archive| archive.images.clone())
            .collect();
        let wanted = step.change().unwrap().command.sends().unwrap();
        let image = images.iter().find(|image| image.single == *wanted).unwrap();
        let kubernetes = &mut self.machine(&step.host.0).facts.kubernetes;
        let mut held = kubernetes.images.known().cloned().unwrap_or_default();
        held.extend(image.names.clone());
        kubernetes.images = Observed::Known(held);
        kubernetes
            .image_ids
            .extend(image.names.iter().map(|name| (name.clone(), image.id.clone())));
    }
}

fn imports(world: &World, limit: &[&str]) -> Vec<String> {
    let limit: BTreeSet<_> = limit.iter().map(|name| (*name).into()).collect();
    let plan = push_images(&world.topology, &world.observe(), &limit).unwrap();
    plan.steps()
        .map(|step| format!("{}: {}", step.host, step.title))
        .collect()
}

#[test]
fn hosts_where_no_kubelet_runs_are_sent_nothing() {
    for topology in [stacked(1, 1), compact_external()] {
        let world = without_images(with_archive(topology));
        let hosts: Vec<_> = world.hosts.keys().cloned().collect();

        let plan = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();
        let sent: BTreeSet<_> = plan.steps().map(|step| step.host.clone()).collect();

        let runs_pods = |name: &&HostName| world.topology.runs_pods(world.topology.host(name).unwrap());
        assert_eq!(sent, hosts.iter().filter(runs_pods).cloned().collect());
        assert!(sent.len() < hosts.len());
    }
}

#[test]
fn a_build_sends_each_host_what_is_for_it_and_pulls_the_rest() {
    let world = without_images(with_archive(stacked(1, 1)));

    let mut plan = world.plan().unwrap();

    plan.phases
        .retain(|phase| phase.name == hawser::plan::PhaseName::Images);
    plan.cleanup.clear();
    insta::assert_snapshot!(page(&world, &Ok(plan)));
}

#[test]
fn etcds_own_hosts_get_etcd_and_nobody_else_does() {
    let world = without_images(with_archive(external(1, 1)));

    assert_eq!(
        imports(&world, &["etcd1", "cp1"]),
        [
            "cp1: import k8s.gcr.io/kube-apiserver:v1.20.2 (4 MB)",
            "cp1: import k8s.gcr.io/kube-proxy:v1.20.2 (2 MB)",
            "cp1: import lab.local/net:1 (1 MB)",
            "etcd1: import k8s.gcr.io/etcd:3.4.13-0 (3 MB)",
        ]
    );
}

#[test]
fn what_a_host_has_is_not_sent_and_another_image_of_the_same_name_is_replaced() {
    let mut world = without_images(with_archive(stacked(1, 1)));
    let all = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();
    for step in all.steps().filter(|step| step.host.0 == "w1") {
        world.import(step);
    }
    assert_eq!(imports(&world, &["w1"]), [""; 0]);

    let ids = &mut world.machine("w1").facts.kubernetes.image_ids;
    ids.insert("lab.local/net:1".to_owned(), "sha256:of another build".to_owned());

    assert_eq!(imports(&world, &["w1"]), ["w1: import lab.local/net:1 (1 MB)"]);
}

#[test]
fn what_was_sent_is_not_sent_again() {
    let mut world = without_images(with_archive(stacked(1, 1)));
    let plan = world.plan().unwrap();
    for step in plan.steps().filter(|step| {
        step.change()
            .is_some_and(|change| change.command.sends().is_some())
    }) {
        world.import(step);
    }

    let again = world.plan().unwrap();

    assert!(again.steps().all(|step| !step.id.0.contains("/import-")));
}

#[test]
fn an_image_for_another_processor_is_not_sent() {
    let mut world = without_images(with_archive(stacked(1, 1)));
    "aarch64".clone_into(&mut world.machine("w1").facts.system.architecture);

    assert_eq!(imports(&world, &["w1"]), [""; 0]);
}

#[test]
fn with_relay_each_image_goes_out_once_and_each_host_passes_it_on_to_two() {
    let mut topology = with_archive(stacked(1, 6));
    topology.images.relay = true;
    let world = without_images(topology);

    let plan = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();

    assert_eq!(
        connectivity(&plan, "net"),
        [
            "cp1 from the workstation",
            "w1 from cp1",
            "w2 from cp1",
            "w3 from w1",
            "w4 from w1",
            "w5 from w2",
            "w6 from w2"
        ]
    );
    assert_eq!(plan.phases[0].bytes(), all_images(&world));
}

#[test]
fn behind_each_giver_stands_another_that_gives_in_its_place() {
    let mut topology = with_archive(stacked(1, 4));
    topology.images.relay = true;
    let world = without_images(topology);

    let plan = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();

    let net = plan.steps().filter(|step| step.id.0.contains("/import-net-"));
    let givers: Vec<_> = net
        .map(|step| {
            let from = step.sources().iter().map(|source| source.host.0.as_str());
            format!("{}: {}", step.host, from.collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert_eq!(
        givers,
        ["cp1: ", "w1: cp1", "w2: cp1, w1", "w3: w1, cp1", "w4: w1, cp1"]
    );
}

/// `HOST from HOST` for each host that gets an image which is to be got by its giver first.
fn connectivity(plan: &Plan, image: &str) -> Vec<String> {
    let image = format!("/import-{image}-");
    let steps = plan.steps().filter(|step| step.id.0.contains(&image));
    let way = |step: &Step| {
        let source = step.sources().first();
        let after = source.and_then(|source| source.after.clone());
        let from = source.map_or("the workstation", |source| source.host.0.as_str());
        assert_eq!(after.is_some(), source.is_some());
        format!("{} from {from}", step.host)
    };
    steps.map(way).collect()
}

fn all_images(world: &World) -> u64 {
    let images = world.topology.images.archives[0].images.iter();
    images.map(|image| image.single.size()).sum()
}

#[test]
fn to_twenty_hosts_each_image_goes_out_once_and_the_last_is_four_hands_away() {
    let mut topology = with_archive(stacked(3, 17));
    topology.images.relay = true;
    let world = without_images(topology);

    let plan = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();

    let connectivity = connectivity(&plan, "net");
    let hands = |host: &str| {
        let from = |host: &str| {
            let way = connectivity
                .iter()
                .find_map(|way| way.strip_prefix(&format!("{host} from ")));
            way.unwrap().to_owned()
        };
        std::iter::successors(Some(from(host)), |source_host| {
            (source_host != "the workstation").then(|| from(source_host))
        })
        .count()
            - 1
    };
    let farthest = world.topology.nodes().map(|host| hands(&host.name.0)).max();
    assert_eq!((connectivity.len(), farthest), (20, Some(4)));
    assert_eq!(plan.phases[0].bytes(), all_images(&world));
}

#[test]
fn root_on_a_worker_gives_nothing_to_hosts_that_have_the_cluster() {
    let mut topology = with_archive(stacked(2, 3));
    topology.images.relay = true;
    topology.hosts.reverse();
    let mut world = without_images(topology);
    let all = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();
    let of_worker = all.steps().filter(|step| step.id.0.starts_with("w2/import-net-"));
    for step in of_worker {
        world.import(step);
    }

    let plan = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();

    let net = plan.steps().filter(|step| step.id.0.contains("/import-net-"));
    let from: Vec<_> = net
        .map(|step| {
            let from = step.sources().first().map(|source| source.host.0.as_str());
            (step.host.0.as_str(), from)
        })
        .collect();
    assert_eq!(
        from,
        [
            ("w3", Some("cp1")),
            ("w1", Some("cp1")),
            ("cp2", None),
            ("cp1", Some("cp2")),
        ]
    );
}

#[test]
fn with_relay_a_host_that_has_an_image_gives_it_and_the_workstation_sends_nothing() {
    let mut topology = with_archive(stacked(1, 2));
    topology.images.relay = true;
    let mut world = without_images(topology);
    let all = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();
    for step in all.steps().filter(|step| step.host.0 == "w2") {
        world.import(step);
    }

    let plan = push_images(&world.topology, &world.observe(), &["w1".into()].into()).unwrap();

    let givers: Vec<_> = plan
        .steps()
        .map(|step| {
            step.sources()
                .first()
                .map(|source| (source.host.0.as_str(), source.after.is_some()))
        })
        .collect();
    assert_eq!(givers, [Some(("w2", false)); 2]);
    assert_eq!(plan.phases[0].bytes(), 0);
}

#[test]
fn what_hosts_lack_and_no_archive_has_is_told() {
    let mut topology = stacked(1, 2);
    topology.manifests[0].content = NETWORK.to_owned();
    let mut world = without_images(topology);
    for name in ["w1", "w2"] {
        let kubernetes = &mut world.machine(name).facts.kubernetes;
        kubernetes.images = kubernetes.needed_images.clone();
    }

    let plan = world.plan().unwrap();

    let notes: Vec<_> = plan.notes.iter().map(|note| note.text.as_str()).collect();
    insta::assert_snapshot!(notes.join("\n"));
}

#[test]
fn an_image_is_asked_for_imported_and_handed_over_by_these_commands() {
    let mut topology = with_archive(stacked(1, 1));
    topology.images.relay = true;
    let world = without_images(topology);
    let plan = push_images(&world.topology, &world.observe(), &BTreeSet::new()).unwrap();
    let step = plan
        .steps()
        .find(|step| step.id.0.starts_with("w1/import-net-"))
        .unwrap();
    let source = step.sources().first().unwrap();

    let commands = [
        &step.until().unwrap().command,
        &step.change().unwrap().command,
        &source.receive,
        &source.send,
    ];

    let shown: Vec<_> = commands
        .iter()
        .map(|command| {
            // sh -c SCRIPT hawser, and the arguments; the scripts have tests of their own.
            let words = shlex::split(&command.line()).unwrap();
            format!(
                "{:?} {}\n{}\n<<< {}\n",
                command.effect(),
                command.purpose(),
                words[4..].join("\n"),
                command.stdin().masked()
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}
