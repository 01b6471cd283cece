//! What may hide a cluster from who looks at the hosts: data of etcd in another place, a disk that is not mounted, a
//! host that is silent. `kubeadm init` does not run beside it.

use super::inputs::Inputs;
use super::survey::Cluster;
use super::survey::Survey;
use crate::error::Problem;
use crate::facts::{EtcdDirectory, HostFacts, StaticPod};
use crate::remote::probe::etcd_data;
use crate::topology::{EtcdTopology, Host, Role};

/// Data of etcd that does not lie where the inventory has a control plane's member keep it. What it holds nobody can
/// tell.
pub(super) fn data_elsewhere<'f>(
    inputs: &Inputs,
    host: &Host,
    facts: &'f HostFacts,
) -> Vec<&'f EtcdDirectory> {
    let is_kept = inputs.topology.etcd == EtcdTopology::Stacked && host.is(Role::ControlPlane);
    let own = etcd_data(inputs.topology).trim_end_matches('/');
    let found = facts.kubernetes.etcd_data.iter();
    found
        .filter(|found| is_kept && found.path.trim_end_matches('/') != own)
        .collect()
}

/// The refusal where no API server answers and data lies elsewhere.
pub(super) fn refuse_data_elsewhere(inputs: &Inputs) -> Option<Problem> {
    let hosts = inputs.answered(Role::ControlPlane);
    let found: Vec<(&Host, &EtcdDirectory)> = hosts
        .flat_map(|(host, facts)| {
            data_elsewhere(inputs, host, facts)
                .into_iter()
                .map(move |data| (host, data))
        })
        .collect();
    let (host, first) = found.first()?;
    let (name, path) = (&host.name, &first.path);
    let each = found.iter();
    let mut because: Vec<String> = each
        .map(|(host, data)| format!("{}: {} is of {}", host.name, data.path, data.describe_owner()))
        .collect();
    because.push(format!(
        "in the inventory etcd has its data in {}: `kubeadm init` would create a new cluster beside the existing one",
        etcd_data(inputs.topology)
    ));
    Some(Problem::Unsafe {
        what: "no API server answers, and there is etcd data outside the directory of the inventory"
            .to_owned(),
        because,
        recovery: vec![
            format!(
                "if it is this cluster's: name {path} as etcd.local.dataDir under [kubeadm.cluster_configuration], make sure that etcd.yaml is in /etc/kubernetes/manifests on {name}, then rerun this command"
            ),
            format!(
                "only if you no longer need it: `mv {path}/member {path}.old` on {name}, then rerun this command"
            ),
        ],
    })
}

/// Refuses an init while something may hide a cluster.
pub(super) fn check(survey: &Survey) -> Result<(), Vec<Problem>> {
    if !survey.cluster.runs_init() || survey.allowance.prepare_only {
        return Ok(());
    }
    let mut problems: Vec<Problem> = refuse_unmounted(survey).collect();
    if let Cluster::HalfInitialised(host) = survey.cluster {
        problems.extend(refuse_silent_hosts(survey, host));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Hosts that are to keep etcd's data on a disk that is not there.
fn refuse_unmounted<'s>(inputs: &'s Inputs) -> impl Iterator<Item = Problem> + 's {
    let keeper = match inputs.topology.etcd {
        EtcdTopology::Stacked => Role::ControlPlane,
        EtcdTopology::External => Role::Etcd,
    };
    inputs.answered(keeper).filter_map(|(host, facts)| {
        let point = facts.kubernetes.unmounted.first()?;
        let (name, directory) = (&host.name, etcd_data(inputs.topology));
        Some(Problem::Unsafe {
            what: format!("a disk is not mounted on {name}, and etcd's data may be on it"),
            because: vec![format!(
                "/etc/fstab or a mount unit names {point}, which contains {directory}, but nothing is mounted there"
            )],
            recovery: vec![
                format!("on {name}: `mount {point}`, then rerun this command"),
                format!("or, if there is no such disk any more: remove {point} from /etc/fstab, or remove its unit"),
            ],
        })
    })
}

/// A host that says nothing may have joined the cluster whose init seems not to have ended.
fn refuse_silent_hosts(inputs: &Inputs, initialised: &Host) -> Option<Problem> {
    let hosts = inputs.topology.hosts.iter();
    let silent: Vec<_> = hosts
        .filter_map(|host| match inputs.observation.get(&host.name) {
            Some(Ok(_)) => None,
            Some(Err(problem)) => Some((host.name.clone(), problem.cause())),
            None => Some((host.name.clone(), "not probed".to_owned())),
        })
        .collect();
    (!silent.is_empty()).then(|| Problem::MissingHosts {
        hosts: silent,
        because: format!(
            "before `kubeadm init` runs again on {}, hawser checks that no other host has joined its cluster",
            initialised.name
        ),
    })
}

/// The refusal where an init has ended on the only host that holds anything, and etcd has no data: kubelet.conf was
/// changed by the last phases of one, which asked the API.
pub(super) fn refuse_lost_data(inputs: &Inputs, host: &Host, facts: &HostFacts) -> Option<Problem> {
    let found = &facts.kubernetes;
    let has_manifest = found.has_manifest(StaticPod::Etcd);
    let has_ended = inputs.topology.etcd == EtcdTopology::Stacked
        && has_manifest
        && found.has_admin_conf
        && found.has_kubelet_rotation;
    let (name, directory) = (&host.name, etcd_data(inputs.topology));
    has_ended.then(|| Problem::Unsafe {
        what: format!("{name} lost its etcd data: is a disk not mounted?"),
        because: vec![
            format!("{directory}/member is not there, and etcd.yaml is in /etc/kubernetes/manifests"),
            "/etc/kubernetes/kubelet.conf names a certificate that `kubeadm init` writes last, so a cluster existed here"
                .to_owned(),
        ],
        recovery: vec![
            format!("on {name}: mount the disk, or bring {directory} back from a snapshot, then rerun this command"),
            format!("only if you need nothing of the cluster any more: `kubeadm reset` on {name}, then rerun this command"),
        ],
    })
}
