//! kubeadm's configuration files, for the kubeadm that is on the host.

use std::collections::BTreeMap;
use std::time::Duration;

use minijinja::context;
use serde_json::{Map, Value};

use super::template::{self, Needed};
use super::{RenderedFile, yaml};
use crate::error::Problem;
use crate::topology::{CertificateRoute, Host, RUN_FOLDER, Role, Topology, Version};
use crate::values::Slot;
pub use crate::versions::kubernetes::ApiVersion;
use crate::versions::kubernetes::finds_containerd;

mod certificates;
mod cluster;
mod differences;
mod endpoints;
mod fragments;
pub(super) mod patches;

pub use certificates::shared_certificates;
pub use cluster::cluster_configuration;
pub use differences::differences;
pub use endpoints::{completed, etcd_endpoints, wanted_etcd_endpoints, with_etcd_endpoints};
pub use patches::{patch_flags, patches};

/// How long a bootstrap token lives: as long as the Secret that `--upload-certs` makes, of which kubeadm fixes the
/// life.
pub const TOKEN_LIFE: Duration = Duration::from_secs(2 * 60 * 60);

/// Where kubeadm looks for containerd by itself.
const USUAL_SOCKETS: [&str; 2] = [
    "unix:///run/containerd/containerd.sock",
    "unix:///var/run/containerd/containerd.sock",
];

const INIT: &str = "kubeadm/init.yaml.j2";
const JOIN: &str = "kubeadm/join.yaml.j2";
const KUBELET: &str = "kubeadm/kubelet.yaml.j2";

/// The container runtime's socket, where a kubeadm without a file would not find it by itself.
pub fn socket_to_name(topology: &Topology, kubeadm: Version) -> Option<&str> {
    let socket = topology.kubeadm.cri_socket.as_str();
    let is_found = finds_containerd(kubeadm) && USUAL_SOCKETS.contains(&socket);
    let api = ApiVersion::for_kubeadm(kubeadm).ok()?;
    (!is_found).then(|| api.cri_socket(socket))
}

/// For `kubeadm init` by a host's kubeadm: all four documents, the user's fragments merged in.
pub fn init(topology: &Topology, host: &Host, kubeadm: Version) -> Result<RenderedFile, Problem> {
    let api = api_version(host, kubeadm)?;
    let documents = [
        cluster_configuration(topology, api)?,
        kubelet_configuration(topology, api)?,
        kube_proxy_configuration(topology)?,
    ];
    let file = init_file(
        topology,
        host,
        api,
        &documents,
        patches::folder(topology, host, api).as_deref(),
    )?;
    Ok(RenderedFile::of_root(
        &format!("{RUN_FOLDER}/kubeadm-init.yaml"),
        0o600,
        &file,
    ))
}

/// For `kubeadm init phase upload-certs` and `kubeadm token create` on a control plane of a running cluster. The first
/// does not ask the cluster whether etcd is external, so the `ClusterConfiguration` goes with it.
pub fn upload_certs(topology: &Topology, host: &Host, kubeadm: Version) -> Result<RenderedFile, Problem> {
    let api = api_version(host, kubeadm)?;
    let file = init_file(
        topology,
        host,
        api,
        &[cluster_configuration(topology, api)?],
        None,
    )?;
    Ok(RenderedFile::of_root(
        &format!("{RUN_FOLDER}/kubeadm-upload.yaml"),
        0o600,
        &file,
    ))
}

/// For `kubeadm join` of a control plane.
pub fn join_control_plane(
    topology: &Topology,
    host: &Host,
    kubeadm: Version,
) -> Result<RenderedFile, Problem> {
    join_file(topology, host, api_version(host, kubeadm)?, Role::ControlPlane)
}

pub fn join_worker(topology: &Topology, host: &Host, kubeadm: Version) -> Result<RenderedFile, Problem> {
    join_file(topology, host, api_version(host, kubeadm)?, Role::Worker)
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
    topology: &Topology,
    host: &Host,
    api: ApiVersion,
    documents: &[Value],
    patches: Option<&str>,
) -> Result<String, Problem> {
    let text = template::render(
        &topology.templates,
        INIT,
        context! {
            api_version => api.group_version(),
            arguments_are_lists => api.arguments_are_lists(),
            token => Slot::BootstrapToken.placeholder(),
            token_ttl => format!("{}h0m0s", TOKEN_LIFE.as_secs() / 3600),
            certificate_key => certificate_key(topology),
            node => node(topology, host, api),
            patches,
            documents => documents.iter().map(yaml::document).collect::<Vec<_>>(),
        },
    )?;
    check(topology, INIT, &text, &[Slot::BootstrapToken])?;
    if certificate_key(topology).is_some() {
        check(topology, INIT, &text, &[Slot::CertificateKey])?;
    }
    patches::check(topology, INIT, &text, patches)?;
    Ok(text)
}

fn join_file(topology: &Topology, host: &Host, api: ApiVersion, role: Role) -> Result<RenderedFile, Problem> {
    let is_control_plane = role == Role::ControlPlane;
    let patches = patches::folder(topology, host, api);
    let patches = patches.as_deref();
    let text = template::render(
        &topology.templates,
        JOIN,
        context! {
            api_version => api.group_version(),
            arguments_are_lists => api.arguments_are_lists(),
            endpoint => topology.endpoint.authority(),
            token => Slot::BootstrapToken.placeholder(),
            ca_hash => Slot::CaHash.placeholder(),
            certificate_key => certificate_key(topology),
            is_control_plane,
            node => node(topology, host, api),
            patches,
        },
    )?;
    check(topology, JOIN, &text, &[Slot::BootstrapToken, Slot::CaHash])?;
    if is_control_plane && certificate_key(topology).is_some() {
        check(topology, JOIN, &text, &[Slot::CertificateKey])?;
    }
    patches::check(topology, JOIN, &text, patches)?;
    Ok(RenderedFile::of_root(
        &format!("{RUN_FOLDER}/kubeadm-join.yaml"),
        0o600,
        &text,
    ))
}

/// That a template's output still takes the values that hawser fills in.
fn check(topology: &Topology, name: &str, text: &str, slots: &[Slot]) -> Result<(), Problem> {
    let needed = |slot: &Slot| Needed {
        what: slot.mask(),
        is_there: text.contains(&slot.placeholder()),
        hint: "write `{{ token | quoted }}`, `{{ ca_hash | quoted }}` or `{{ certificate_key | quoted }}` where \
            kubeadm looks for it",
    };
    let needed: Vec<Needed<'_>> = slots.iter().map(needed).collect();
    template::check(&topology.templates, name, &needed)
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

fn kubelet_configuration(topology: &Topology, api: ApiVersion) -> Result<Value, Problem> {
    merged(
        topology,
        KUBELET,
        context! { cgroup_driver => api.missing_cgroup_driver() },
        &topology.kubeadm.kubelet_configuration,
    )
}

/// The configuration of a kubelet that no kubeadm completes: the user's fragment, and `own` over it. The document's own
/// cgroup driver is systemd's, since a kubelet by itself still takes the other.
pub(super) fn kubelet_document(topology: &Topology, own: Map<String, Value>) -> Result<Value, Problem> {
    let mut document = document(topology, KUBELET, context! { cgroup_driver => "systemd" })?;
    fragments::merge(&mut document, &topology.kubeadm.kubelet_configuration);
    for (key, value) in own {
        // Whole: how a cluster's kubelet knows its callers makes no sense where there is no cluster.
        document.shift_remove(&key);
        document.insert(key, value);
    }
    Ok(Value::Object(document))
}

/// A `ClusterConfiguration` from its template, with extra arguments in the shape that the version wants.
pub(super) fn arranged(
    topology: &Topology,
    name: &str,
    context: minijinja::Value,
    api: ApiVersion,
) -> Result<Value, Problem> {
    let mut document = Value::Object(document(topology, name, context)?);
    fragments::arrange_arguments(&mut document, api);
    Ok(document)
}

fn kube_proxy_configuration(topology: &Topology) -> Result<Value, Problem> {
    merged(
        topology,
        "kubeadm/kube-proxy.yaml.j2",
        context! {},
        &topology.kubeadm.kube_proxy_configuration,
    )
}

/// A document from its template, with the user's fragment merged in.
fn merged(
    topology: &Topology,
    name: &str,
    context: minijinja::Value,
    fragment: &Map<String, Value>,
) -> Result<Value, Problem> {
    let mut document = document(topology, name, context)?;
    fragments::merge(&mut document, fragment);
    Ok(Value::Object(document))
}

/// A document from its template.
pub(super) fn document(
    topology: &Topology,
    name: &str,
    context: minijinja::Value,
) -> Result<Map<String, Value>, Problem> {
    let text = template::render(&topology.templates, name, context)?;
    template::parse(&topology.templates, name, &text)
}
