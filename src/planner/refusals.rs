//! What is refused before anything is decided.

use super::{Allowance, Scene, balancers, etcd};
use crate::error::Problem;
use crate::facts::Observed;
use crate::topology::{HostName, Role};

/// Every reason not to go on, at once.
pub(super) fn check(scene: &Scene, allowance: &Allowance) -> Result<(), Vec<Problem>> {
    let mut problems = unknown_limits(scene, allowance);
    problems.extend(host_keys(scene));
    problems.extend(missing(scene, allowance));
    problems.extend(unreadable_files(scene));
    problems.extend(running_kubeadm(scene));
    problems.extend(no_interface(scene));
    problems.extend(vip_in_use(scene));
    if problems.is_empty() {
        return Ok(());
    }
    problems.extend(etcd::refused_growth(scene, &allowance.limit));
    problems.extend(etcd::stacked::refused_early(scene, &allowance.limit));
    Err(problems)
}

fn unknown_limits(scene: &Scene, allowance: &Allowance) -> Vec<Problem> {
    let unknown = allowance
        .limit
        .iter()
        .filter(|name| scene.topology.host(name).is_none());
    unknown
        .map(|name| Problem::Usage {
            message: format!("--limit {name}: the inventory has no such host"),
            hint: "name a host as the inventory does".to_owned(),
        })
        .collect()
}

/// A host key that is not to be trusted is a refusal of its own, whatever the host is for.
fn host_keys(scene: &Scene) -> Vec<Problem> {
    let failed = scene
        .observation
        .values()
        .filter_map(|found| found.as_ref().err());
    failed.filter(|problem| problem.is_host_key()).cloned().collect()
}

/// Balancers, etcd and control planes are all or nothing; workers may lag.
fn missing(scene: &Scene, allowance: &Allowance) -> Vec<Problem> {
    let silent = |required: bool| -> Vec<(HostName, String)> {
        let hosts = scene.topology.hosts.iter().filter(|host| {
            let lags = host.is(Role::Worker) && host.roles.len() == 1;
            lags != required
        });
        hosts
            .filter_map(|host| match scene.observation.get(&host.name) {
                Some(Err(problem)) if problem.is_host_key() => None,
                Some(Err(problem)) => Some((host.name.clone(), problem.cause())),
                None => Some((host.name.clone(), "not looked at".to_owned())),
                Some(Ok(_)) => None,
            })
            .collect()
    };
    let mut problems = Vec::new();
    let required = silent(true);
    if !required.is_empty() {
        let has_etcd = scene.topology.with_role(Role::Etcd).next().is_some();
        let who = if has_etcd {
            "balancers, etcd hosts and control planes"
        } else {
            "balancers and control planes"
        };
        let needed_for = format!("a run that changes something: {who} are all or nothing");
        problems.push(Problem::MissingHosts {
            hosts: required,
            needed_for,
        });
    }
    let workers = silent(false);
    if workers.len() > allowance.max_unreachable_workers {
        let needed_for = format!(
            "this run (--max-unreachable-workers is {})",
            allowance.max_unreachable_workers
        );
        problems.push(Problem::MissingHosts {
            hosts: workers,
            needed_for,
        });
    }
    problems
}

fn unreadable_files(scene: &Scene) -> Vec<Problem> {
    let files = scene
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

fn running_kubeadm(scene: &Scene) -> Vec<Problem> {
    let busy = scene
        .all_answered()
        .filter_map(|(host, facts)| Some((host, facts.kubernetes.running_kubeadm?)));
    busy.map(|(host, pid)| Problem::Unsafe {
        what: format!("{}: a kubeadm is still at work there (process {pid})", host.name),
        because: vec![
            "an earlier run let it go, or somebody else runs one; it must not be disturbed".to_owned(),
        ],
        way_out: vec![format!(
            "wait until it ends (`tail --pid={pid} -f /dev/null` on {}), then run this again",
            host.name
        )],
    })
    .collect()
}

/// keepalived has to know where the VIP goes.
fn no_interface(scene: &Scene) -> Vec<Problem> {
    let Some(vip) = scene.topology.endpoint.vip else {
        return Vec::new();
    };
    let balancers = scene.answered(Role::Balancer);
    let lacking = balancers.filter(|(host, facts)| balancers::interface(scene, host, facts).is_none());
    lacking
        .map(|(host, _)| Problem::Usage {
            message: format!(
                "{}: no interface carries {}, so none can be told for the VIP {vip}",
                host.name, host.address
            ),
            hint: "correct its address, or name the interface: `interface` under [endpoint]".to_owned(),
        })
        .collect()
}

/// A VIP that answers before keepalived is set up belongs to somebody else.
fn vip_in_use(scene: &Scene) -> Option<Problem> {
    let vip = scene.topology.endpoint.vip?;
    let balancers: Vec<_> = scene.answered(Role::Balancer).collect();
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
            "seen from {}: another machine has this address",
            answers.0.name
        )],
        way_out: vec![
            format!(
                "`ip neigh show {vip}` on {} shows the other machine's hardware address",
                answers.0.name
            ),
            "give the cluster a free address: `vip` under [endpoint]".to_owned(),
        ],
    })
}
