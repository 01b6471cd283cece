//! Which packages a host needs, and which files of a folder bring them.

use crate::error::Problem;
use crate::facts::PreparationFacts;
use crate::plan::Step;
use crate::remote::preparation as steps;
use crate::remote::preparation::{Wanted, of_the_release};
use crate::topology::{EtcdManager, Host, PackageFile, PackageSource, Preparation, Role, Topology, Version};

/// Installs what a host lacks; sent before, where it comes from a folder.
///
/// Errors: a folder without a package that the host needs.
pub(super) fn install(
    topology: &Topology,
    preparation: &Preparation,
    host: &Host,
    found: &PreparationFacts,
) -> Result<Vec<Step>, Problem> {
    let mut wanted = needed(topology, host);
    for wanted in &mut wanted {
        if wanted.name == CONTAINERD && found.packages.contains_key(DOCKERS) {
            wanted.name = DOCKERS;
        }
    }
    let lacking: Vec<Wanted> = wanted
        .iter()
        .filter(|wanted| !has(found, wanted))
        .cloned()
        .collect();
    let mut all = Vec::new();
    let is_from_folder = matches!(preparation.source, PackageSource::Folder(_)) && !lacking.is_empty();
    if found.has_leftover_packages && !is_from_folder {
        all.push(steps::clear_packages(&host.name));
    }
    if lacking.is_empty() {
        return Ok(all);
    }
    let brings_etcd = lacking.iter().any(|wanted| wanted.name == ETCD);
    all.extend(brings_etcd.then(|| steps::mask_etcd(&host.name)));
    let install = match &preparation.source {
        PackageSource::Folder(files) => {
            let sent = to_send(files, topology.version, &wanted, &lacking, found)
                .map_err(|missing| absent(host, found, &missing))?;
            all.extend(sent.iter().map(|file| steps::send(&host.name, file)));
            steps::install_from_folder(&host.name, &wanted, &lacking, &sent)
        }
        PackageSource::Own | PackageSource::Repository(_) => steps::install(&host.name, &wanted, &lacking),
    };
    all.push(install);
    Ok(all)
}

fn has(found: &PreparationFacts, wanted: &Wanted) -> bool {
    let installed = found.packages.get(wanted.name);
    installed.is_some_and(|one| wanted.is(&one.version) && (one.is_held || wanted.version.is_none()))
}

/// The files of the folder that are for this host: of its architecture, Kubernetes' of the cluster's version, and not
/// there already. Which of them are needed is left to the host's apt. `Err` names what the folder lacks.
fn to_send<'a>(
    files: &'a [PackageFile],
    version: Version,
    wanted: &[Wanted],
    lacking: &[Wanted],
    found: &PreparationFacts,
) -> Result<Vec<&'a PackageFile>, Vec<Wanted>> {
    let of_the_cluster = of_the_release(version);
    let fits = |file: &&PackageFile| {
        let is_for_host = file.architecture == "all" || file.architecture == found.architecture;
        let mut named = wanted.iter().chain(&of_the_cluster);
        let named = named.find(|wanted| wanted.name == file.package);
        is_for_host && named.is_none_or(|wanted| wanted.is(&file.version))
    };
    let fitting = files.iter().filter(fits);
    let is_missing = |wanted: &&Wanted| {
        let installed = found.packages.get(wanted.name);
        !installed.is_some_and(|one| wanted.is(&one.version))
            && fitting.clone().all(|file| file.package != wanted.name)
    };
    let missing: Vec<Wanted> = lacking.iter().filter(is_missing).cloned().collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let is_new = |file: &&PackageFile| {
        let installed = found.packages.get(&file.package);
        installed.is_none_or(|one| one.version != file.version)
    };
    Ok(fitting.filter(is_new).collect())
}

fn absent(host: &Host, found: &PreparationFacts, missing: &[Wanted]) -> Problem {
    let names: Vec<String> = missing.iter().map(Wanted::shown).collect();
    Problem::Unsafe {
        what: format!("{}: the package folder lacks {}", host.name, names.join(", ")),
        because: vec![format!("the host needs this, for {}, and uses no repository", found.architecture)],
        recovery: vec![
            "put the packages into the folder that `packages` in [preparation] names, with all their dependencies".to_owned(),
            "or set a `repository` there instead".to_owned(),
        ],
    }
}

/// Brings a unit that starts a member of its own.
const ETCD: &str = "etcd-server";

/// The distribution's, and Docker's own, which cannot be there together. Unit, configuration file and socket are the
/// same.
const CONTAINERD: &str = "containerd";
const DOCKERS: &str = "containerd.io";

/// What kubeadm, kubelet and kube-proxy call. Source: kubeadm's preflight checks.
const OF_A_NODE: [&str; 6] = [
    CONTAINERD,
    "conntrack",
    "ebtables",
    "ethtool",
    "iptables",
    "socat",
];

/// The packages that a host needs by its roles, by their names in Debian and Ubuntu.
fn needed(topology: &Topology, host: &Host) -> Vec<Wanted> {
    let mut names: Vec<&'static str> = Vec::new();
    let mut wanted = Vec::new();
    if topology.runs_pods(host) {
        wanted.extend(of_the_release(topology.version));
        names.extend(OF_A_NODE);
    }
    if host.is(Role::Balancer) {
        names.push("haproxy");
        names.extend(topology.endpoint.vip.map(|_| "keepalived"));
        // What asks HAProxy's runtime socket.
        names.push("socat");
    }
    if host.is(Role::Etcd) && topology.external_etcd.manager == EtcdManager::Systemd {
        names.extend([ETCD, "etcd-client"]);
    }
    names.sort_unstable();
    names.dedup();
    wanted.extend(names.into_iter().map(|name| Wanted { name, version: None }));
    wanted
}
