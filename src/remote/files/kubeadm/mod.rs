//! kubeadm's configuration files, for the kubeadm that is on the host.

use std::collections::BTreeMap;

use minijinja::context;
use serde_json::{Map, Value};

use super::{RenderedFile, template, yaml};
use crate::error::Problem;
use crate::topology::{CertificateRoute, Host, Role, Topology, Version};
use crate::values::Slot;

mod api_version;
mod certificates;
mod cluster;
mod differences;
mod fragments;

pub use api_version::ApiVersion;
pub use certificates::shared_certificates;
pub use cluster::cluster_configuration;
pub use differences::differences;

/// As long as the Secret that `--upload-certs` makes, of which kubeadm fixes the life.
const TOKEN_TTL: &str = "2h0m0s";

/// For `kubeadm init` by a host's kubeadm: all four documents, the user's fragments merged in.
pub fn init(topology: &Topology, host: &Host, kubeadm: Version) -> Result<RenderedFile, Problem> {
    let api = api_version(host, kubeadm)?;
    let documents = [
        cluster_configuration(topology, api),
        kubelet_configuration(topology, api),
        kube_proxy_configuration(topology),
    ];
    Ok(init_file(
        "/run/hawser/kubeadm-init.yaml",
        topology,
        host,
        api,
        &documents,
    ))
}

/// For `kubeadm init phase upload-certs` and `kubeadm token create` on a control plane of a running cluster. The first
/// does not ask the cluster whether etcd is external, so the `ClusterConfiguration` goes with it.
pub fn upload_certs(topology: &Topology, host: &Host, kubeadm: Version) -> Result<RenderedFile, Problem> {
    let api = api_version(host, kubeadm)?;
    let documents = [cluster_configuration(topology, api)];
    Ok(init_file(
        "/run/hawser/kubeadm-upload.yaml",
        topology,
        host,
        api,
        &documents,
    ))
}

/// For `kubeadm join` of a control plane.
pub fn join_control_plane(
    topology: &Topology,
    host: &Host,
    kubeadm: Version,
) -> Result<RenderedFile, Problem> {
    Ok(join_file(
        topology,
        host,
        api_version(host, kubeadm)?,
        Role::ControlPlane,
    ))
}

/// For `kubeadm join` of a worker.
pub fn join_worker(topology: &Topology, host: &Host, kubeadm: Version) -> Result<RenderedFile, Problem> {
    Ok(join_file(
        topology,
        host,
        api_version(host, kubeadm)?,
        Role::Worker,
    ))
}

/// What `kubeadm init` takes besides `--config`. Phases are left out by a flag whatever the version, since
/// v1beta2 has no field for them.
pub fn init_flags(topology: &Topology) -> Vec<String> {
    let mut flags = vec![
        "--skip-token-print".to_owned(),
        "--skip-certificate-key-print".to_owned(),
    ];
    if topology.certificates == CertificateRoute::Upload {
        flags.push("--upload-certs".to_owned());
    }
    if !topology.kubeadm.skip_phases.is_empty() {
        flags.push(format!(
            "--skip-phases={}",
            topology.kubeadm.skip_phases.join(",")
        ));
    }
    flags
}

pub(super) fn api_version(host: &Host, kubeadm: Version) -> Result<ApiVersion, Problem> {
    ApiVersion::for_kubeadm(kubeadm).map_err(|cause| Problem::Probe {
        host: host.name.clone(),
        what: "which configuration kubeadm reads".to_owned(),
        cause,
    })
}

fn init_file(
    path: &str,
    topology: &Topology,
    host: &Host,
    api: ApiVersion,
    documents: &[Value],
) -> RenderedFile {
    let text = template::render(
        "init.yaml",
        context! {
            api_version => api.group_version(),
            arguments_are_lists => api.arguments_are_lists(),
            token => Slot::BootstrapToken.placeholder(),
            token_ttl => TOKEN_TTL,
            certificate_key => certificate_key(topology),
            node => node(topology, host, api),
            documents => documents.iter().map(yaml::document).collect::<Vec<_>>(),
        },
    );
    RenderedFile::of_root(path, 0o600, &text)
}

fn join_file(topology: &Topology, host: &Host, api: ApiVersion, role: Role) -> RenderedFile {
    let text = template::render(
        "join.yaml",
        context! {
            api_version => api.group_version(),
            arguments_are_lists => api.arguments_are_lists(),
            endpoint => topology.endpoint.authority(),
            token => Slot::BootstrapToken.placeholder(),
            ca_hash => Slot::CaHash.placeholder(),
            certificate_key => certificate_key(topology),
            is_control_plane => role == Role::ControlPlane,
            node => node(topology, host, api),
        },
    );
    RenderedFile::of_root("/run/hawser/kubeadm-join.yaml", 0o600, &text)
}

/// What a file says of its own host.
fn node(topology: &Topology, host: &Host, api: ApiVersion) -> minijinja::Value {
    context! {
        name => host.name.to_string(),
        address => host.address.to_string(),
        bind_port => topology.api_port,
        cri_socket => api.cri_socket(&topology.kubeadm.cri_socket),
        takes_workloads => host.is(Role::ControlPlane) && host.is(Role::Worker),
        ignored_checks => topology.kubeadm.ignore_preflight_errors.clone(),
        kubelet_args => kubelet_args(host),
    }
}

fn certificate_key(topology: &Topology) -> Option<String> {
    match topology.certificates {
        CertificateRoute::Upload => Some(Slot::CertificateKey.placeholder()),
        CertificateRoute::Ssh => None,
    }
}

/// The host's own, and `node-ip`: by itself a kubelet takes the address of the default route, which on a host
/// with several networks may be one that the others cannot reach.
fn kubelet_args(host: &Host) -> Vec<(String, String)> {
    let mut arguments = BTreeMap::from([("node-ip".to_owned(), host.address.to_string())]);
    arguments.extend(host.kubelet_args.clone());
    arguments.into_iter().collect()
}

fn kubelet_configuration(topology: &Topology, api: ApiVersion) -> Value {
    let text = template::render(
        "kubelet.yaml",
        context! { cgroup_driver => api.missing_cgroup_driver() },
    );
    merged(&text, &topology.kubeadm.kubelet_configuration)
}

/// The configuration of a kubelet that no kubeadm completes: the user's fragment, and `own` over it. The document's own
/// cgroup driver is systemd's, since a kubelet by itself still takes the other.
pub(super) fn kubelet_document(topology: &Topology, own: &str) -> Value {
    let text = template::render("kubelet.yaml", context! { cgroup_driver => "systemd" });
    let mut document = fragments::parse(&text);
    fragments::merge(&mut document, &topology.kubeadm.kubelet_configuration);
    let own = fragments::parse(own);
    // Whole: how a cluster's kubelet knows its callers makes no sense where there is no cluster.
    for key in own.keys() {
        document.shift_remove(key);
    }
    fragments::merge(&mut document, &own);
    Value::Object(document)
}

/// A document of our own with extra arguments in the shape that the version wants.
pub(super) fn arrange_arguments(text: &str, api: ApiVersion) -> Value {
    let mut document = Value::Object(fragments::parse(text));
    fragments::arrange_arguments(&mut document, api);
    document
}

fn kube_proxy_configuration(topology: &Topology) -> Value {
    let text = template::render("kube-proxy.yaml", context! {});
    merged(&text, &topology.kubeadm.kube_proxy_configuration)
}

/// A document of our own with the user's fragment merged in.
fn merged(document: &str, fragment: &Map<String, Value>) -> Value {
    let mut document = fragments::parse(document);
    fragments::merge(&mut document, fragment);
    Value::Object(document)
}
