//! Reading an inventory, or a folder of templates, for a command.

use std::path::Path;

use super::colours::Colours;
use super::document::Document;
use super::managed_paths::ManagedPaths;
use super::mistake::Mistakes;
use super::place::Place;
use super::workstation::{KeyFiles, Workstation};
use super::written::Inventory;
use super::{
    cluster, endpoint, etcd, files, hosts, images, manifests, networks, preparation, report, roles, shape,
    ssh, templates,
};
use crate::error::Problem;
use crate::templates::Templates;
use crate::topology::Topology;

/// A good inventory.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub topology: Topology,
    /// What is allowed and may still be unwise, each rendered with its position.
    pub warnings: Vec<String>,
}

/// Reads the inventory for a command that connects to its hosts; see [`load_with_key_files`].
pub fn load(path: &Path, colours: Colours) -> Result<Loaded, Problem> {
    load_with_key_files(path, colours, KeyFiles::Required)
}

/// Reads the inventory at `path`, the files it names and the manifests at its URLs.
///
/// Blocks for as long as the slowest URL takes (at most 30 s each). Errors: `LocalFile` where the inventory cannot
/// be read, else `Inventory` with all of its mistakes.
pub fn load_with_key_files(path: &Path, colours: Colours, key_files: KeyFiles) -> Result<Loaded, Problem> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Problem::LocalFile {
        path: name.clone(),
        verb: "read",
        cause: error.to_string(),
    })?;
    interpret(&name, &text, &Workstation::beside(path, key_files), colours)
}

/// Reads a folder of templates that was named on the command line.
///
/// Errors: `Usage` where one of them is none of hawser's, or the folder cannot be read.
pub fn read_templates(folder: &Path) -> Result<Templates, Problem> {
    super::templates::read(folder).map_err(|wrong| Problem::Usage {
        message: format!("--templates: {}: {}", wrong.message, wrong.label),
        hint: wrong.help,
    })
}

fn interpret(name: &str, text: &str, workstation: &Workstation, colours: Colours) -> Result<Loaded, Problem> {
    let mut mistakes = Mistakes::default();
    let (document, topology) = match Document::parse(text, &mut mistakes) {
        Some(document) => {
            let written = shape::check(&document, &mut mistakes);
            let topology = resolve(&written, workstation, &mut mistakes);
            (document, topology)
        }
        None => (Document::default(), None),
    };
    let report = report::render(mistakes, name, text, &document, colours);
    match topology {
        Some(topology) if report.errors.is_empty() => Ok(Loaded {
            topology,
            warnings: report.warnings,
        }),
        _ => Err(Problem::Inventory {
            path: name.to_owned(),
            count: report.errors.len(),
            rendered: [report.errors, report.warnings].concat().join("\n"),
        }),
    }
}

/// The topology; `None` only where a mistake was found.
fn resolve(inventory: &Inventory, workstation: &Workstation, mistakes: &mut Mistakes) -> Option<Topology> {
    let root = Place::root();
    let cluster = cluster::resolve(inventory.cluster.as_ref(), &root.key("cluster"), mistakes);
    let kubeadm = cluster::kubeadm(
        inventory.kubeadm.as_ref(),
        &root.key("kubeadm"),
        workstation,
        mistakes,
    );
    let external_etcd = etcd::resolve(inventory.etcd.as_ref(), cluster.etcd, workstation, mistakes);
    etcd::refuse_local(cluster.etcd, &kubeadm, mistakes);
    etcd::refuse_patches(cluster.etcd, &external_etcd, &kubeadm, mistakes);
    let ssh = ssh::resolve(inventory.ssh.as_ref(), &root.key("ssh"), workstation, mistakes);
    let hosts = hosts::resolve(inventory.hosts.as_ref(), &ssh, workstation, mistakes);
    let networks = networks::resolve(inventory.networks.as_ref(), &hosts, &kubeadm, mistakes);
    let endpoint = endpoint::resolve(inventory.endpoint.as_ref(), &hosts, &networks, mistakes);
    roles::check(&hosts, cluster.etcd, &endpoint.ports(cluster.api_port), mistakes);
    let manifests = manifests::resolve(inventory.pod_network.as_ref(), workstation, mistakes);
    let pod_network_ports = manifests::ports(inventory.pod_network.as_ref(), mistakes);
    let images = images::resolve(inventory.images.as_ref(), workstation, mistakes);
    let preparation = preparation::resolve(inventory, &cluster, &kubeadm, workstation, mistakes);
    let own = ManagedPaths {
        hosts_file: endpoint
            .proved
            .as_ref()
            .is_some_and(|endpoint| endpoint.hosts_file),
        etcd: cluster.etcd,
        external_etcd: &external_etcd,
        preparation: preparation.as_ref(),
    };
    let files = files::resolve(&inventory.files, &own, workstation, mistakes);
    let templates = inventory
        .templates
        .as_deref()
        .map(|folder| templates::read(&workstation.path(folder)));
    let templates = templates.and_then(|read| mistakes.check(&root.key("templates"), read));
    Some(Topology {
        cluster: cluster.name?,
        version: cluster.version?,
        etcd: cluster.etcd,
        external_etcd,
        certificates: cluster.certificates,
        image_repository: cluster.image_repository,
        images,
        endpoint: endpoint.proved?,
        networks,
        api_port: cluster.api_port,
        workers_at_once: cluster.workers_at_once,
        manifests,
        pod_network_ports,
        kubeadm,
        preparation,
        files,
        templates: templates.unwrap_or_default(),
        ssh: ssh.run,
        hosts: hosts.into_iter().map(|draft| draft.host).collect::<Option<_>>()?,
    })
}
