//! Each thing that `verify` can miss.

use hawser::facts::{ClusterView, Health, HostFacts, MemberFact, Observation, Observed};
use hawser::topology::HostName;
use hawser::verify::failed_expectations;

use crate::inventory::stacked;
use crate::world::World;

struct Seen {
    world: World,
    observation: Observation,
}

impl Seen {
    fn facts(&mut self, host: &str) -> &mut HostFacts {
        self.observation.get_mut(&host.into()).unwrap().as_mut().unwrap()
    }

    /// What every control plane says.
    fn view(&mut self, change: impl Fn(&mut ClusterView)) {
        for host in ["cp1", "cp2", "cp3"] {
            change(self.facts(host).cluster.as_mut().unwrap());
        }
    }

    fn member(&mut self, change: impl Fn(&mut MemberFact)) {
        self.view(|view| {
            if let Observed::Known(members) = &mut view.etcd {
                change(&mut members[2]);
            }
        });
    }

    fn failed_expectations(&self) -> Vec<String> {
        self.unmet_but(&[])
    }

    fn unmet_but(&self, tolerated: &[HostName]) -> Vec<String> {
        let found = failed_expectations(&self.world.topology, &self.observation, tolerated);
        let line = |failed_expectations: &hawser::verify::FailedExpectation| {
            format!("{}: {}", failed_expectations.host, failed_expectations.what)
        };
        found.iter().map(line).collect()
    }
}

fn complete() -> Seen {
    let world = World::built(stacked(3, 1));
    Seen {
        observation: world.observe(),
        world,
    }
}

#[test]
fn nothing() {
    assert_eq!(complete().failed_expectations(), Vec::<String>::new());
}

#[test]
fn an_unreachable_control_plane_or_balancer() {
    let mut seen = complete();
    seen.observation.remove(&"cp2".into());
    seen.observation.remove(&"lb2".into());

    assert_eq!(
        seen.failed_expectations(),
        ["cp2: not reachable", "lb2: not reachable"]
    );
}

#[test]
fn an_api_server_that_is_not_ready() {
    let mut seen = complete();
    let view = seen.facts("cp2").cluster.as_mut().unwrap();
    view.ready = Observed::Unknown("refused".to_owned());
    view.ready_through_endpoint = Observed::Unknown("refused".to_owned());

    assert_eq!(
        seen.failed_expectations(),
        [
            "cp2: /readyz of its API server",
            "cp2: /readyz through api.lab.test:6443"
        ]
    );
}

#[test]
fn no_api_server_at_all() {
    let mut seen = complete();
    seen.view(|view| view.ready = Observed::Unknown("refused".to_owned()));

    assert_eq!(
        seen.failed_expectations().last().unwrap(),
        "cp1: no API server answers for the cluster"
    );
}

#[test]
fn a_host_that_was_emptied() {
    let mut seen = complete();
    seen.facts("cp2").cluster = None;

    assert_eq!(seen.failed_expectations(), ["cp2: holds no admin.conf"]);
}

#[test]
fn a_backend_that_is_down_or_unchecked() {
    let mut seen = complete();
    let servers = &mut seen.facts("lb2").balancer.as_mut().unwrap().servers;
    let Observed::Known(servers) = servers else {
        panic!("no servers")
    };
    servers[0].status = "DOWN".to_owned();
    servers[1].status = "no check".to_owned();

    assert_eq!(
        seen.failed_expectations(),
        ["lb2: backend cp1 is DOWN", "lb2: backend cp2 is no check"]
    );
}

#[test]
fn a_sole_control_plane_is_not_checked() {
    let world = World::built(stacked(1, 0));

    assert_eq!(failed_expectations(&world.topology, &world.observe(), &[]), []);
}

#[test]
fn units_that_do_not_run() {
    let mut seen = complete();
    let units = &mut seen.facts("lb2").units;
    units.get_mut("haproxy").unwrap().active = false;
    units.get_mut("keepalived").unwrap().active = false;

    assert_eq!(
        seen.failed_expectations(),
        ["lb2: keepalived does not run", "lb2: HAProxy does not run"]
    );
}

#[test]
fn a_haproxy_that_does_not_tell() {
    let mut seen = complete();
    seen.facts("lb1").balancer.as_mut().unwrap().servers = Observed::Unknown("no socket".to_owned());

    assert_eq!(
        seen.failed_expectations(),
        ["lb1: the state of HAProxy is unknown: no socket"]
    );
}

#[test]
fn a_vip_that_nobody_holds() {
    let mut seen = complete();
    seen.facts("lb1").balancer.as_mut().unwrap().holds_vip = false;

    assert_eq!(
        seen.failed_expectations(),
        ["lb1: exactly one balancer holds the VIP (now none)"]
    );
}

#[test]
fn a_vip_that_two_hold() {
    let mut seen = complete();
    seen.facts("lb2").balancer.as_mut().unwrap().holds_vip = true;

    assert_eq!(
        seen.failed_expectations(),
        ["lb1: exactly one balancer holds the VIP (now lb1 and lb2)"]
    );
}

#[test]
fn nodes_that_are_missing_not_ready_unmarked_or_too_new() {
    let mut seen = complete();
    seen.view(|view| {
        let Observed::Known(nodes) = &mut view.nodes else {
            panic!("no nodes")
        };
        nodes[0].control_plane = false;
        nodes[1].ready = false;
        nodes[2].version = "v1.21.0".to_owned();
        nodes.pop();
    });

    assert_eq!(
        seen.failed_expectations(),
        [
            "cp1: its node is not labelled as a control plane",
            "cp2: its node is not Ready",
            "cp3: its kubelet is v1.21.0",
            "w1: its node is not in the cluster",
        ]
    );
}

#[test]
fn nodes_that_cannot_be_told() {
    let mut seen = complete();
    seen.view(|view| view.nodes = Observed::Unknown("forbidden".to_owned()));

    assert_eq!(seen.failed_expectations(), ["cp1: the nodes are unknown"]);
}

#[test]
fn a_member_that_is_unhealthy_or_a_learner() {
    let (mut down, mut learner) = (complete(), complete());
    down.member(|member| member.health = Health::Down("refuses the connection".to_owned()));
    learner.member(|member| member.learner = true);

    let expected = ["cp1: etcd: 2 of 3 members healthy, 3 listed"];
    assert_eq!(down.failed_expectations(), expected);
    assert_eq!(learner.failed_expectations(), expected);
}

#[test]
fn a_member_too_few() {
    let mut seen = complete();
    seen.view(|view| {
        if let Observed::Known(members) = &mut view.etcd {
            members.pop();
        }
    });

    assert_eq!(
        seen.failed_expectations(),
        ["cp1: etcd: 2 of 3 members healthy, 2 listed"]
    );
}

#[test]
fn a_member_that_left_the_inventory_may_be_there_while_it_runs() {
    let mut seen = complete();
    seen.world.topology.hosts.retain(|host| host.name.0 != "cp3");

    let left: Vec<String> = seen.failed_expectations();
    seen.member(|member| member.health = Health::Down("refuses the connection".to_owned()));

    assert_eq!(left, Vec::<String>::new());
    assert_eq!(
        seen.failed_expectations(),
        ["cp1: etcd: 2 of 2 members healthy, 3 listed"]
    );
}

#[test]
fn workloads_that_are_not_available_or_cannot_be_told() {
    let (mut short, mut silent) = (complete(), complete());
    short.view(|view| {
        if let Observed::Known(workloads) = &mut view.workloads {
            workloads[0].available = 2;
        }
    });
    silent.view(|view| view.workloads = Observed::Unknown("timeout".to_owned()));

    assert_eq!(
        short.failed_expectations(),
        ["cp1: DaemonSet/kube-proxy: 2 of 4 available"]
    );
    assert_eq!(
        silent.failed_expectations(),
        ["cp1: the workloads of kube-system are unknown"]
    );
}

#[test]
fn a_worker_that_may_lag_is_not_waited_for() {
    let mut world = World::built(stacked(3, 1));
    world.stop_kubelet("w1");
    let seen = Seen {
        observation: world.observe(),
        world,
    };

    assert_eq!(seen.unmet_but(&["w1".into()]), Vec::<String>::new());
    assert_eq!(
        seen.failed_expectations(),
        [
            "w1: its node is not Ready",
            "cp1: DaemonSet/kube-proxy: 3 of 4 available"
        ]
    );
}

#[test]
fn who_told_is_known_of_what_the_cluster_tells_and_not_of_what_a_host_is() {
    let mut seen = complete();
    seen.observation.remove(&"cp1".into());
    seen.world.stop_kubelet("w1");
    let worker = seen.world.observe();
    seen.observation
        .insert("cp2".into(), worker[&"cp2".into()].clone());

    let found = failed_expectations(&seen.world.topology, &seen.observation, &[]);

    let reported: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|one| {
            (
                one.host.0.as_str(),
                one.reported_by.as_ref().map(|host| host.0.as_str()),
            )
        })
        .collect();
    assert_eq!(
        reported,
        [("cp1", None), ("w1", Some("cp2")), ("cp1", Some("cp2"))]
    );
}
