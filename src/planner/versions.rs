//! Which versions go together.

use super::inputs::Inputs;
use super::{etcd, preparation};
use crate::error::Problem;
use crate::topology::{EtcdManager, Host, HostName, Role, Version};
use crate::versions::kubernetes::{cannot_deploy, cannot_join};

/// Refuses a skew that Kubernetes forbids.
pub(super) fn check(inputs: &Inputs) -> Result<(), Vec<Problem>> {
    let mut problems: Vec<Problem> = inputs
        .all_answered()
        .filter(|(host, _)| uses_kubeadm(inputs, host))
        .flat_map(|(host, facts)| forbidden_skews(inputs, host, &facts.versions))
        .collect();
    let needs_keepalived = inputs.topology.endpoint.vip.is_some();
    for (host, facts) in inputs.answered(Role::Balancer) {
        let found = &facts.versions;
        problems.extend(found.haproxy.is_none().then(|| absent(inputs, host, "haproxy")));
        let lacks_keepalived = needs_keepalived && found.keepalived.is_none();
        problems.extend(lacks_keepalived.then(|| absent(inputs, host, "keepalived")));
    }
    let of_etcd = etcd::missing_programs(inputs).into_iter();
    problems.extend(of_etcd.map(|(host, what, package)| lacking(inputs, host, what, package)));
    problems.extend(etcd::refuse_too_old(inputs));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Nodes, and etcd hosts where a kubelet runs etcd.
fn uses_kubeadm(inputs: &Inputs, host: &Host) -> bool {
    let runs_a_pod = inputs.topology.external_etcd.manager == EtcdManager::Kubelet;
    host.is_node() || (host.is(Role::Etcd) && runs_a_pod)
}

fn forbidden_skews(inputs: &Inputs, host: &Host, found: &crate::facts::Versions) -> Vec<Problem> {
    let target = inputs.topology.version;
    let mut problems = Vec::new();
    let programs = [
        ("kubeadm", found.kubeadm, cannot_deploy as fn(_, _) -> _),
        ("kubelet", found.kubelet, cannot_join),
    ];
    for (program, version, rule) in programs {
        let Some(version) = version else {
            problems.push(absent(inputs, host, program));
            continue;
        };
        problems.extend(rule(version, target).map(|rule| skew(&host.name, program, version, target, rule)));
    }
    if found.kubectl.is_none() && host.is(Role::ControlPlane) {
        problems.push(absent(inputs, host, "kubectl"));
    }
    problems
}

/// Differences that are allowed and worth a look.
pub(super) fn differences(inputs: &Inputs) -> Vec<String> {
    let target = inputs.topology.version;
    let nodes = inputs
        .all_answered()
        .filter(|(host, _)| uses_kubeadm(inputs, host));
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

fn absent(inputs: &Inputs, host: &Host, program: &str) -> Problem {
    lacking(inputs, host, program, program)
}

fn lacking(inputs: &Inputs, host: &Host, what: &str, package: &str) -> Problem {
    let host_name = &host.name;
    let (missing, install) = if what == etcd::USER {
        (format!("{what} does not exist"), format!("create {what}"))
    } else {
        (format!("{what} is not installed"), format!("install {what}"))
    };
    let mut recovery = vec![if preparation::is_of_another_distribution(inputs, host) {
        format!(
            "prepare {host_name} yourself and {install}; docs/reference/host-requirements.md lists what a host needs"
        )
    } else {
        format!("install {package} on {host_name} (apt-get install {package}) and rerun this command")
    }];
    let because = preparation::why_not(inputs, host).unwrap_or_else(|| {
        recovery.push("or have hawser prepare the hosts: `prepare = true` in the inventory".to_owned());
        "hawser installs packages only if the inventory says `prepare = true`".to_owned()
    });
    Problem::Unsafe {
        what: format!("{host_name}: {missing}"),
        because: vec![because],
        recovery,
    }
}

fn skew(host: &HostName, program: &str, found: Version, target: Version, rule: &str) -> Problem {
    Problem::Unsafe {
        what: format!("{host}: {program} {found} does not support Kubernetes {target}"),
        because: vec![rule.to_owned()],
        recovery: vec![format!(
            "install {program} {target} on {host}, or correct `kubernetes` under [cluster]"
        )],
    }
}
