//! What is refused before anything is decided.

use super::inputs::Inputs;
use super::network_interface::network_interface;
use super::{etcd, foreign_files, hosts};
use crate::error::Problem;
use crate::facts::Observed;
use crate::topology::{Host, HostName, Role};

/// Every reason not to go on, at once.
pub(super) fn check(inputs: &Inputs) -> Result<(), Vec<Problem>> {
    let mut problems = unknown_limits(inputs);
    problems.extend(host_keys(inputs));
    problems.extend(missing(inputs));
    problems.extend(unreadable_files(inputs));
    problems.extend(hosts::refuse_large_hosts_files(inputs));
    problems.extend(foreign_files::refuse_foreign_files(inputs));
    problems.extend(running_kubeadm(inputs));
    problems.extend(no_interface(inputs));
    problems.extend(vip_in_use(inputs));
    if problems.is_empty() {
        return Ok(());
    }
    problems.extend(etcd::refuse_scale_up(inputs));
    problems.extend(etcd::refuse_stacked_scale_up(inputs));
    Err(problems)
}

fn unknown_limits(inputs: &Inputs) -> Vec<Problem> {
    let unknown = inputs
        .allowance
        .limit
        .iter()
        .filter(|name| inputs.topology.host(name).is_none());
    unknown
        .map(|name| Problem::Usage {
            message: format!("--limit {name}: the inventory has no such host"),
            hint: "use the name of a host of the inventory".to_owned(),
        })
        .collect()
}

/// A host key that is not to be trusted is a refusal of its own, whatever the host is for.
fn host_keys(inputs: &Inputs) -> Vec<Problem> {
    let failed = inputs
        .observation
        .values()
        .filter_map(|found| found.as_ref().err());
    failed.filter(|problem| problem.is_host_key()).cloned().collect()
}

/// Balancers, etcd and control planes are all or nothing; workers may lag.
fn missing(inputs: &Inputs) -> Vec<Problem> {
    let max_unreachable_workers = inputs.allowance.max_unreachable_workers;
    let is_worker = |host: &Host| host.is(Role::Worker) && host.roles.len() == 1;
    let (workers, required): (Vec<&Host>, Vec<&Host>) =
        inputs.topology.hosts.iter().partition(|host| is_worker(host));
    let silent = |hosts: Vec<&Host>| -> Vec<(HostName, String)> {
        let silent = hosts
            .into_iter()
            .filter_map(|host| match inputs.observation.get(&host.name) {
                Some(Err(problem)) if problem.is_host_key() => None,
                Some(Err(problem)) => Some((host.name.clone(), problem.cause())),
                None => Some((host.name.clone(), "not probed".to_owned())),
                Some(Ok(_)) => None,
            });
        silent.collect()
    };
    let mut problems = Vec::new();
    let required = silent(required);
    if !required.is_empty() {
        let has_etcd = inputs.topology.with_role(Role::Etcd).next().is_some();
        let who = if has_etcd {
            "balancer, etcd host and control plane"
        } else {
            "balancer and control plane"
        };
        let because = format!("every {who} must be reachable before hawser changes anything");
        problems.push(Problem::MissingHosts {
            hosts: required,
            because,
        });
    }
    let workers = silent(workers);
    if workers.len() > max_unreachable_workers {
        let because = format!("--max-unreachable-workers is {max_unreachable_workers}");
        problems.push(Problem::MissingHosts {
            hosts: workers,
            because,
        });
    }
    problems
}

fn unreadable_files(inputs: &Inputs) -> Vec<Problem> {
    let files = inputs
        .all_answered()
        .flat_map(|(host, facts)| facts.files.iter().map(move |(path, file)| (host, path, file)));
    files
        .filter_map(|(host, path, file)| match file {
            Observed::Unknown(cause) => Some(Problem::Probe {
                host: host.name.clone(),
                what: format!("what is in {path}"),
                cause: cause.clone(),
            }),
            Observed::Known(_) => None,
        })
        .collect()
}

fn running_kubeadm(inputs: &Inputs) -> Vec<Problem> {
    let busy = inputs
        .all_answered()
        .filter_map(|(host, facts)| Some((host, facts.kubernetes.running_kubeadm?)));
    busy.map(|(host, pid)| Problem::Unsafe {
        what: format!("{}: kubeadm is still running there (process {pid})", host.name),
        because: vec![
            "an earlier run detached from it, or another user started it; hawser does not interrupt it"
                .to_owned(),
        ],
        recovery: vec![format!(
            "wait until it exits (`tail --pid={pid} -f /dev/null` on {}), then rerun this command",
            host.name
        )],
    })
    .collect()
}

/// keepalived has to know where the VIP goes.
fn no_interface(inputs: &Inputs) -> Vec<Problem> {
    let Some(vip) = inputs.topology.endpoint.vip else {
        return Vec::new();
    };
    let balancers = inputs.answered(Role::Balancer);
    let lacking = balancers.filter(|(host, facts)| network_interface(inputs, host, facts).is_none());
    lacking
        .map(|(host, _)| Problem::Usage {
            message: format!(
                "{}: no interface has {}, so the interface for the VIP {vip} is unknown",
                host.name, host.address
            ),
            hint: "correct its address, or set `interface` under [endpoint]".to_owned(),
        })
        .collect()
}

/// A VIP that answers before keepalived is set up belongs to somebody else.
fn vip_in_use(inputs: &Inputs) -> Option<Problem> {
    let vip = inputs.topology.endpoint.vip?;
    let balancers: Vec<_> = inputs.answered(Role::Balancer).collect();
    let ours = balancers.iter().any(|(_, facts)| {
        facts.units.get("keepalived").is_some_and(|unit| unit.active)
            || facts.balancer.as_ref().is_some_and(|balancer| balancer.holds_vip)
    });
    let answers = balancers.iter().find(|(_, facts)| {
        facts
            .balancer
            .as_ref()
            .is_some_and(|balancer| balancer.vip_answers.known() == Some(&true))
    })?;
    (!ours).then(|| Problem::Unsafe {
        what: format!("the VIP {vip} already answers, and keepalived runs on no balancer"),
        because: vec![format!(
            "checked from {}: another machine has this address",
            answers.0.name
        )],
        recovery: vec![
            format!(
                "`ip neigh show {vip}` on {} shows the MAC address of the other machine",
                answers.0.name
            ),
            "set `vip` under [endpoint] to a free address".to_owned(),
        ],
    })
}
