//! Which packages a host needs, and which files of a folder bring them.

use std::collections::BTreeSet;

use crate::error::Problem;
use crate::facts::PreparationFacts;
use crate::plan::Step;
use crate::remote::preparation::{Wanted, of_the_release};
use crate::steps::preparation as steps;
use crate::topology::{EtcdManager, Host, PackageFile, PackageSource, Preparation, Role, Topology};

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
            let sent =
                closure(files, &wanted, &lacking, found).map_err(|missing| absent(host, found, &missing))?;
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

/// The files that bring what is lacking, with all that these depend on, as far as the folder has it and the host does
/// not have it in the same version. Of alternatives each is taken, and which are needed is left to the host's apt.
/// `Err` names what the folder lacks.
fn closure<'a>(
    files: &'a [PackageFile],
    wanted: &[Wanted],
    lacking: &[Wanted],
    found: &PreparationFacts,
) -> Result<Vec<&'a PackageFile>, Vec<Wanted>> {
    let fits = |file: &&PackageFile| {
        let is_for_host = file.architecture == "all" || file.architecture == found.architecture;
        let named = wanted.iter().find(|wanted| wanted.name == file.package);
        is_for_host && named.is_none_or(|wanted| wanted.is(&file.version))
    };
    let fitting: Vec<&PackageFile> = files.iter().filter(fits).collect();
    let is_there = |wanted: &&Wanted| {
        let installed = found.packages.get(wanted.name);
        installed.is_some_and(|one| wanted.is(&one.version))
            || fitting.iter().any(|file| file.package == wanted.name)
    };
    let missing: Vec<Wanted> = lacking
        .iter()
        .filter(|wanted| !is_there(wanted))
        .cloned()
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut names: Vec<&str> = lacking.iter().map(|wanted| wanted.name).collect();
    let (mut seen, mut taken) = (BTreeSet::new(), Vec::new());
    while let Some(name) = names.pop() {
        if !seen.insert(name) {
            continue;
        }
        let brings =
            |file: &&&PackageFile| file.package == name || file.provides.iter().any(|one| one == name);
        for file in fitting.iter().filter(brings) {
            let installed = found.packages.get(&file.package);
            let is_installed = installed.is_some_and(|one| one.version == file.version);
            if is_installed || taken.contains(file) {
                continue;
            }
            taken.push(*file);
            names.extend(file.depends.iter().map(String::as_str));
        }
    }
    taken.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(taken)
}

fn absent(host: &Host, found: &PreparationFacts, missing: &[Wanted]) -> Problem {
    let names: Vec<String> = missing.iter().map(Wanted::shown).collect();
    Problem::Unsafe {
        what: format!("{}: the folder of packages has no {}", host.name, names.join(", ")),
        because: vec![format!("the host needs it, for {}, and uses no repository", found.architecture)],
        way_out: vec![
            "put the packages into the folder that `packages` in [preparation] names, with all that they depend on".to_owned(),
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
