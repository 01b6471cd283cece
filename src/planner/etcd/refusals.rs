//! Wrong starts of etcd: recognised, explained, and never wiped. What has to go is removed by the operator, with the
//! commands that are told.

use super::beginning::{There, founders};
use super::{Scene, authority, hosts, lost, versions};
use crate::error::Problem;
use crate::facts::{self, ClusterOfEtcd, EtcdFacts, HostFacts, quorum};
use crate::remote::files::etcd::{UNIT, cluster_token, peer_url};
use crate::topology::{EtcdManager, Host, Role};

use super::super::Cluster;
use super::super::quorum::{POD, doubted};

/// Every reason not to touch etcd, at once.
pub(super) fn check(scene: &Scene, hosts: &[(&Host, &EtcdFacts)], there: &There) -> Vec<Problem> {
    let running = there.running;
    let mut problems: Vec<Problem> = Vec::new();
    let mut strange: Vec<Problem> = Vec::new();
    for (host, facts) in hosts {
        let Some(all) = scene.facts(&host.name) else {
            continue;
        };
        problems.extend(a_node(host, all));
        problems.extend(distributions_member(host, facts, all));
        problems.extend(other_manager(scene, host, facts, all));
        if !facts.is_well(host) {
            let found = match (&facts.data, running) {
                (Some(_), _) => stale(scene, host, facts, running),
                (None, Some(running)) => without_data(scene, host, running),
                (None, None) => None,
            };
            strange.extend(found.or_else(|| may_run(scene, host, running?)));
            problems.extend(versions::unknown(scene, host, all, facts));
        }
    }
    if strange.is_empty() {
        problems.extend(lost::refused(scene, hosts, there));
    }
    problems.extend(strange);
    problems.extend(authority::refused(scene, hosts));
    problems
}

/// A host has one kubelet.
fn a_node(host: &Host, facts: &HostFacts) -> Option<Problem> {
    facts.kubernetes.has_kubelet_conf.then(|| Problem::Unsafe {
        what: format!(
            "{} is a node of a Kubernetes cluster, and the inventory wants an etcd member",
            host.name
        ),
        because: vec!["its kubelet has an identity (/etc/kubernetes/kubelet.conf)".to_owned()],
        way_out: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!(
                "only if it is to leave that cluster: `kubeadm reset` on {}, then run this again",
                host.name
            ),
        ],
    })
}

/// Debian's package starts a member of its own when it is installed.
fn distributions_member(host: &Host, facts: &EtcdFacts, all: &HostFacts) -> Option<Problem> {
    let unit = all.units.get("etcd")?;
    let is_ours = facts.unit_file.as_deref() == Some(UNIT);
    if is_ours || !(unit.active || unit.enabled) {
        return None;
    }
    let file = facts.unit_file.as_deref().unwrap_or("etcd.service");
    let state = if unit.active {
        "runs"
    } else {
        "is enabled, and starts with the host"
    };
    Some(Problem::Unsafe {
        what: format!("{}: the distribution's own etcd {state}", host.name),
        because: vec![
            format!("{file} is its unit: a package starts a cluster of one member when it is installed"),
            "it would keep the ports from the member of this cluster; hawser stops nothing that it has not started, and deletes no data".to_owned(),
        ],
        way_out: vec![
            format!("on {}: `systemctl disable --now etcd`", host.name),
            "its data (Debian: /var/lib/etcd/default) may stay; remove it if nothing of it is wanted".to_owned(),
            "then run this again".to_owned(),
        ],
    })
}

fn other_manager(scene: &Scene, host: &Host, facts: &EtcdFacts, all: &HostFacts) -> Option<Problem> {
    let is_pod = all.kubernetes.manifests.iter().any(|name| name == "etcd.yaml");
    let is_unit = facts.unit_file.as_deref() == Some(UNIT)
        && all
            .units
            .get("etcd")
            .is_some_and(|unit| unit.active || unit.enabled);
    let manager = scene.topology.external_etcd.manager;
    let (found, wanted, stop) = match manager {
        EtcdManager::Systemd if is_pod => (
            "the kubelet runs etcd there (/etc/kubernetes/manifests/etcd.yaml)",
            "systemd",
            "`rm /etc/kubernetes/manifests/etcd.yaml`, and when `pgrep -x etcd` finds nothing any more, `systemctl disable --now kubelet`",
        ),
        EtcdManager::Kubelet if is_unit => (
            "systemd runs etcd there (/etc/systemd/system/etcd.service)",
            "kubelet",
            "`systemctl disable --now etcd`, `rm /etc/systemd/system/etcd.service`",
        ),
        _ => return None,
    };
    Some(Problem::Unsafe {
        what: format!(
            "{}: {found}, and the inventory says `manager = \"{wanted}\"`",
            host.name
        ),
        because: vec!["two of them on one data directory would destroy it".to_owned()],
        way_out: vec![
            "correct `manager` under [etcd]".to_owned(),
            format!(
                "or hand over, with the API away until etcd runs again: on {}: {stop}; when every etcd host is through it, run this again",
                host.name
            ),
        ],
    })
}

/// Data is this cluster's where its identity is the running cluster's, or one that members of the inventory make.
fn stale(
    scene: &Scene,
    host: &Host,
    facts: &EtcdFacts,
    running: Option<ClusterOfEtcd<'_>>,
) -> Option<Problem> {
    let data = facts.data.as_ref()?;
    let directory = &scene.topology.external_etcd.data_directory;
    let urls: Vec<String> = scene.topology.with_role(Role::Etcd).map(peer_url).collect();
    let expected = facts::cluster_id(urls.iter().map(String::as_str), cluster_token(scene.topology));
    let found = data.cluster_id.known();
    if let Some(running) = running.filter(|running| found.is_some_and(|id| running.id == id)) {
        return removed(host, running, directory);
    }
    let is_of_ours = found.is_some_and(|id| founders(scene, id).is_some());
    if running.is_none() && facts.authority.is_some() && is_of_ours {
        return None;
    }
    let mut because = vec![match data.cluster_id.clone().into_result() {
        Ok(id) => format!("it is of the cluster {id}"),
        Err(why) => format!("of which cluster it is cannot be told: {why}"),
    }];
    if !data.members.is_empty() {
        because.push(format!("it names the members {}", data.members.join(", ")));
    }
    because.push(match running {
        Some(running) => format!(
            "the cluster that {} belongs to is {}",
            running.via.name, running.id
        ),
        None if facts.authority.is_none() => {
            "no etcd certificates are on the host: hawser writes them before any data".to_owned()
        }
        None => format!("a new cluster of the inventory's members is {expected}"),
    });
    because.push(
        "etcd keeps to the data that it finds, whatever it is told; and hawser deletes none".to_owned(),
    );
    Some(Problem::Unsafe {
        what: format!(
            "{}: {directory} holds the data of another etcd cluster",
            host.name
        ),
        because,
        way_out: vec![
            "correct the inventory if it names the wrong host, or the wrong `data_directory` under [etcd]"
                .to_owned(),
            format!(
                "if nothing of it is wanted: on {}: stop what runs it, `mv {directory}/member {directory}/member.old`, then run this again",
                host.name
            ),
        ],
    })
}

/// Its data is of the cluster that runs, which has it no more: etcd would end with it at once.
fn removed(host: &Host, running: ClusterOfEtcd<'_>, directory: &str) -> Option<Problem> {
    let is_listed = running.members.iter().any(|member| member.is_of(host));
    (!is_listed).then(|| Problem::Unsafe {
        what: format!("{} was a member of etcd, and has been removed from it", host.name),
        because: vec![
            format!(
                "{} lists {} members, and not this host",
                running.via.name,
                running.members.len()
            ),
            "its data is of the same cluster: no member that was removed comes back with it; and hawser deletes none"
                .to_owned(),
        ],
        way_out: vec![
            format!("leave {} out of the inventory", host.name),
            format!(
                "or have it added anew: on {}: stop what runs etcd, `mv {directory}/member {directory}/member.old`, then run this again",
                host.name
            ),
        ],
    })
}

/// A member that runs and is slow is not started again: for a while the others would have to do without it.
fn may_run(scene: &Scene, host: &Host, running: ClusterOfEtcd<'_>) -> Option<Problem> {
    let member = running.members.iter().find(|member| member.is_of(host))?;
    let way_out = match scene.topology.external_etcd.manager {
        EtcdManager::Kubelet => POD,
        EtcdManager::Systemd => "an etcd that hangs is restarted with `systemctl restart etcd`",
    };
    doubted(host, member, way_out)
}

/// The others list it as a member that has run, and nothing of that is left on the host.
fn without_data(scene: &Scene, host: &Host, running: ClusterOfEtcd<'_>) -> Option<Problem> {
    let via = &running.via.name;
    let member = running.members.iter().find(|member| member.is_of(host))?;
    if running.unpublished.contains(&member.id) {
        return None;
    }
    let healthy = running
        .members
        .iter()
        .filter(|one| one.is_healthy() && !one.learner)
        .count();
    let listed = running.members.iter().filter(|one| !one.learner).count();
    let directory = &scene.topology.external_etcd.data_directory;
    Some(Problem::Unsafe {
        what: format!("{}: its etcd member has no data to start from", host.name),
        because: vec![
            format!(
                "member {} of {} is listed, and has run before",
                member.id, host.name
            ),
            format!(
                "{healthy} of {listed} members run, the quorum is {}",
                quorum(listed)
            ),
            "a member without its data has to be removed before it is added anew; and hawser removes none"
                .to_owned(),
        ],
        way_out: vec![
            format!(
                "if {directory} of {} can come back as it was, bring it back and run this again",
                host.name
            ),
            format!(
                "otherwise on {via}, with etcdctl and the certificates in /etc/kubernetes/pki/etcd: `etcdctl member remove {}`, then run this again: it is added anew",
                member.id
            ),
        ],
    })
}

/// A new cluster on the objects of an old one would be the old one again.
pub(in crate::planner) fn holds_a_cluster(scene: &Scene, cluster: &Cluster) -> Result<(), Vec<Problem>> {
    let holds = |facts: &EtcdFacts| facts.has_registry.known() == Some(&true);
    let holder = hosts(scene).find(|(_, facts)| holds(facts));
    match (cluster, holder) {
        (Cluster::Absent(_), Some((host, _))) => Err(vec![Problem::Unsafe {
            what: "etcd holds the objects of a Kubernetes cluster, and no control plane is part of it"
                .to_owned(),
            because: vec![
                format!("asked at {}: there are keys below /registry/", host.name),
                "a new cluster on them would bring the old one back, with keys that nobody has".to_owned(),
            ],
            way_out: vec![
                "name the control planes of that cluster in the inventory to work with it".to_owned(),
                format!(
                    "if nothing of it is wanted: `etcdctl snapshot save FILE` and `etcdctl del /registry/ --prefix` on {}, then run this again",
                    host.name
                ),
            ],
        }]),
        _ => Ok(()),
    }
}

/// What an etcd host needs besides kubeadm and kubelet, by what runs etcd.
pub(in crate::planner) fn programs<'a>(scene: &Scene<'a>) -> Vec<(&'a Host, &'static str, &'static str)> {
    if scene.topology.external_etcd.manager == EtcdManager::Kubelet {
        return Vec::new();
    }
    hosts(scene)
        .flat_map(|(host, facts)| {
            let lacks = [
                (facts.program.is_none(), "etcd", "etcd-server"),
                (
                    facts.program.is_some() && !facts.has_user,
                    "a user named etcd",
                    "etcd-server",
                ),
                (!facts.has_etcdctl, "etcdctl", "etcd-client"),
            ];
            lacks
                .into_iter()
                .filter(|(is_lacking, ..)| *is_lacking)
                .map(move |(_, what, package)| (host, what, package))
        })
        .collect()
}
