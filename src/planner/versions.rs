//! Which versions go together. Source: Kubernetes' version skew policy.

use super::{Scene, etcd};
use crate::error::Problem;
use crate::topology::{EtcdManager, Host, HostName, Role, Version};

/// Refuses a skew that Kubernetes forbids.
pub(super) fn check(scene: &Scene) -> Result<(), Vec<Problem>> {
    let mut problems: Vec<Problem> = scene
        .all_answered()
        .filter(|(host, _)| uses_kubeadm(scene, host))
        .flat_map(|(host, facts)| forbidden(host, &facts.versions, scene.topology.version))
        .collect();
    let needs_keepalived = scene.topology.endpoint.vip.is_some();
    for (host, facts) in scene.answered(Role::Balancer) {
        let found = &facts.versions;
        problems.extend(found.haproxy.is_none().then(|| absent(&host.name, "haproxy")));
        let lacks_keepalived = needs_keepalived && found.keepalived.is_none();
        problems.extend(lacks_keepalived.then(|| absent(&host.name, "keepalived")));
    }
    let of_etcd = etcd::programs(scene).into_iter();
    problems.extend(of_etcd.map(|(host, what, package)| lacking(&host.name, what, package)));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Nodes, and etcd hosts where a kubelet runs etcd.
fn uses_kubeadm(scene: &Scene, host: &Host) -> bool {
    let runs_a_pod = scene.topology.external_etcd.manager == EtcdManager::Kubelet;
    host.is_node() || (host.is(Role::Etcd) && runs_a_pod)
}

fn forbidden(host: &Host, found: &crate::facts::Versions, target: Version) -> Vec<Problem> {
    let mut problems = Vec::new();
    let programs = [
        ("kubeadm", found.kubeadm, Version::cannot_deploy as fn(_, _) -> _),
        ("kubelet", found.kubelet, Version::cannot_join),
    ];
    for (program, version, rule) in programs {
        let Some(version) = version else {
            problems.push(absent(&host.name, program));
            continue;
        };
        problems.extend(rule(version, target).map(|rule| skew(&host.name, program, version, target, rule)));
    }
    if found.kubectl.is_none() && host.is(Role::ControlPlane) {
        problems.push(absent(&host.name, "kubectl"));
    }
    problems
}

/// Differences that are allowed and worth a look.
pub(super) fn differences(scene: &Scene) -> Vec<String> {
    let target = scene.topology.version;
    let nodes = scene.all_answered().filter(|(host, _)| uses_kubeadm(scene, host));
    nodes
        .flat_map(|(host, facts)| {
            let found = [
                ("kubeadm", facts.versions.kubeadm),
                ("kubelet", facts.versions.kubelet),
                ("kubectl", facts.versions.kubectl),
            ];
            found.into_iter().filter_map(move |(program, version)| {
                let version = version.filter(|version| *version != target)?;
                Some(format!(
                    "{}: {program} is {version}, the inventory says {target}",
                    host.name
                ))
            })
        })
        .collect()
}

fn absent(host: &HostName, program: &str) -> Problem {
    lacking(host, program, program)
}

fn lacking(host: &HostName, what: &str, package: &str) -> Problem {
    Problem::Unsafe {
        what: format!("{host}: {what} is not installed"),
        because: vec!["hawser installs nothing on a host for its own sake".to_owned()],
        way_out: vec![format!(
            "install {package} on {host} (apt-get install {package}) and run this again"
        )],
    }
}

fn skew(host: &HostName, program: &str, found: Version, target: Version, rule: &str) -> Problem {
    Problem::Unsafe {
        what: format!("{host}: {program} {found} does not go with Kubernetes {target}"),
        because: vec![rule.to_owned()],
        way_out: vec![format!(
            "install {program} {target} on {host}, or correct `kubernetes` under [cluster]"
        )],
    }
}
