//! etcd on hosts of its own: the kubelet that runs it as a static pod, or its systemd unit.

mod beginning;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::context;
use serde_json::Value;

use super::kubeadm::{ApiVersion, api_version, arranged, document, kubelet_document, patches};
use super::template::{self, Needed};
use super::{RenderedFile, socket, yaml};
use crate::error::Problem;
use crate::pki::{AUTHORITY_CERTIFICATE, Order};
use crate::remote::certificate_transfer::HandedFile;
use crate::topology::{EtcdManager, Host, RUN_FOLDER, Role, Topology, Version};
use crate::versions::etcd::{corrupt_check, watch_progress};
use crate::versions::kubernetes::{runtime_in_file, runtime_is_remote};

pub use beginning::Beginning;

/// The kubelet's drop-in; sorts after kubeadm's own.
pub const KUBELET_DROP_IN: &str = "/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf";

pub const KUBELET_CONFIGURATION: &str = "/etc/kubernetes/etcd-kubelet.yaml";

/// hawser's own unit; systemd prefers it to one of that name that a package brings.
pub const UNIT: &str = "/etc/systemd/system/etcd.service";

/// Where distributions have etcd.
pub const PROGRAM: &str = "/usr/bin/etcd";

const KUBELET_DROP_IN_TEMPLATE: &str = "etcd-kubelet.conf.j2";
const UNIT_TEMPLATE: &str = "etcd.service.j2";
const INIT: &str = "kubeadm/etcd-init.yaml.j2";
const CLUSTER: &str = "kubeadm/etcd-cluster.yaml.j2";
const KUBELET: &str = "kubeadm/etcd-kubelet.yaml.j2";

/// Ports for clients, for other members, and for health and metrics on the host itself.
const CLIENTS: u16 = 2379;
const PEERS: u16 = 2380;
const METRICS: u16 = 2381;

/// The static pod, as kubeadm writes it.
pub const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";

/// Where kubeadm puts a static pod.
const STATIC_PODS: &str = "/etc/kubernetes/manifests";

/// `https://address:2380`, by which members know a host.
pub fn peer_url(host: &Host) -> String {
    format!("https://{}", socket(host.address, PEERS))
}

/// `https://address:2379`, by which clients know a host.
pub fn client_url(host: &Host) -> String {
    format!("https://{}", socket(host.address, CLIENTS))
}

/// The token from which a new cluster's identity is made: one cluster of an inventory is not taken for another's.
pub fn cluster_token(topology: &Topology) -> &str {
    &topology.cluster
}

/// The certificates and keys of an order, as a host has them.
pub fn certificates(order: &Order, manager: EtcdManager) -> Vec<HandedFile> {
    let paths = order.paths();
    paths.iter().map(|path| certificate(path, manager)).collect()
}

/// A unit runs etcd as a user of its own, who has to read the keys with which the member speaks.
fn certificate(path: &str, manager: EtcdManager) -> HandedFile {
    let file = HandedFile::of_root(path);
    let is_read_by_etcd = path.ends_with("/server.key") || path.ends_with("/peer.key");
    if manager == EtcdManager::Systemd && is_read_by_etcd {
        HandedFile {
            owner: "root:etcd".to_owned(),
            mode: 0o640,
            ..file
        }
    } else {
        file
    }
}

/// The configuration of the kubelet that runs etcd: the user's own, and what makes it stand alone. `kubelet` is its
/// version.
pub fn kubelet_configuration(topology: &Topology, kubelet: Version) -> Result<RenderedFile, Problem> {
    let runtime = runtime_in_file(kubelet).then_some(topology.kubeadm.cri_socket.as_str());
    let own = document(topology, KUBELET, context! { runtime })?;
    let needed = Needed {
        what: "the folder of static pods",
        is_there: own.get("staticPodPath").and_then(Value::as_str) == Some(STATIC_PODS),
        hint: "write `staticPodPath: /etc/kubernetes/manifests`: there kubeadm puts etcd",
    };
    template::check(&topology.templates, KUBELET, &[needed])?;
    let text = yaml::document(&kubelet_document(topology, own)?);
    Ok(RenderedFile::of_root(KUBELET_CONFIGURATION, 0o644, &text))
}

/// The drop-in that starts it, in place of kubeadm's arguments. The host's own `KUBELET_EXTRA_ARGS` stay.
pub fn kubelet_drop_in(topology: &Topology, host: &Host, kubelet: Version) -> Result<RenderedFile, Problem> {
    let mut arguments = vec![("config".to_owned(), KUBELET_CONFIGURATION.to_owned())];
    if !runtime_is_remote(kubelet) {
        arguments.push(("container-runtime".to_owned(), "remote".to_owned()));
    }
    if !runtime_in_file(kubelet) {
        let socket = topology.kubeadm.cri_socket.clone();
        arguments.push(("container-runtime-endpoint".to_owned(), socket));
    }
    arguments.extend(host.kubelet_args.clone());
    let words = words(&arguments);
    let context = context! { words => words.clone() };
    let text = template::render(&topology.templates, KUBELET_DROP_IN_TEMPLATE, context)?;
    check_words(topology, KUBELET_DROP_IN_TEMPLATE, &text, &words)?;
    Ok(RenderedFile::of_root(KUBELET_DROP_IN, 0o644, &text))
}

/// For `kubeadm init phase etcd local` on an etcd host.
pub fn kubeadm_file(
    topology: &Topology,
    host: &Host,
    kubeadm: Version,
    beginning: &Beginning,
) -> Result<RenderedFile, Problem> {
    let api = api_version(host, kubeadm)?;
    let address = host.address.to_string();
    let patches = patches::folder(topology, host, api);
    let patches = patches.as_deref();
    let cluster = yaml::document(&cluster_document(topology, host, api, beginning)?);
    let text = template::render(
        &topology.templates,
        INIT,
        context! {
            api_version => api.group_version(),
            address => address,
            name => host.name.to_string(),
            cri_socket => api.cri_socket(&topology.kubeadm.cri_socket),
            patches,
            cluster => cluster.clone(),
        },
    )?;
    let needed = Needed {
        what: "the cluster's document",
        is_there: text.contains(cluster.trim_end()),
        hint: "write `{{ cluster }}` below a line `---`",
    };
    template::check(&topology.templates, INIT, &[needed])?;
    patches::check(topology, INIT, &text, patches)?;
    Ok(RenderedFile::of_root(
        &format!("{RUN_FOLDER}/kubeadm-etcd.yaml"),
        0o600,
        &text,
    ))
}

/// The tag of etcd's image that the inventory's own template names for an etcd host, if it names one.
pub fn image_tag(topology: &Topology, host: &Host, kubeadm: Version) -> Option<String> {
    let together = Beginning::together(topology.with_role(Role::Etcd));
    let api = api_version(host, kubeadm).ok()?;
    let document = cluster_document(topology, host, api, &together).ok()?;
    let tag = document.pointer("/etcd/local/imageTag")?.as_str()?;
    Some(tag.to_owned())
}

fn cluster_document(
    topology: &Topology,
    host: &Host,
    api: ApiVersion,
    beginning: &Beginning,
) -> Result<Value, Problem> {
    let document = arranged(
        topology,
        CLUSTER,
        context! {
            api_version => api.group_version(),
            version => topology.version.to_string(),
            image_repository => topology.image_repository.as_str(),
            data_directory => topology.external_etcd.data_directory.as_str(),
            address => host.address.to_string(),
            arguments => with_the_users(membership(topology, host, beginning), topology),
        },
        api,
    )?;
    let local = document.pointer("/etcd/local");
    let directory = local.and_then(|local| local.get("dataDir"));
    let arguments = local.and_then(|local| local.get("extraArgs"));
    let needed = [
        Needed {
            what: "the data directory",
            is_there: directory.and_then(Value::as_str) == Some(&topology.external_etcd.data_directory),
            hint: "write `dataDir: {{ data_directory | quoted }}` in `local` of `etcd`",
        },
        Needed {
            what: "the first members of the cluster",
            is_there: arguments
                .is_some_and(|arguments| arguments.to_string().contains(&beginning.initial_cluster())),
            hint: "write all of `arguments` as `extraArgs` in `local` of `etcd`",
        },
    ];
    template::check(&topology.templates, CLUSTER, &needed)?;
    Ok(document)
}

/// The etcd that a host has.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    pub path: &'a str,
    pub version: Version,
    /// The flags that it takes, as far as that is known.
    pub flags: Option<&'a BTreeSet<String>>,
}

/// hawser's unit for the host's own etcd.
pub fn unit(
    topology: &Topology,
    host: &Host,
    program: Program<'_>,
    beginning: &Beginning,
) -> Result<RenderedFile, Problem> {
    let mut arguments = membership(topology, host, beginning);
    arguments.extend(of_a_unit(topology, program));
    let words = words(&with_the_users(arguments, topology));
    let text = template::render(
        &topology.templates,
        UNIT_TEMPLATE,
        context! {
            name => host.name.to_string(),
            cluster => topology.cluster.as_str(),
            program => word(program.path),
            words => words.clone(),
        },
    )?;
    check_words(topology, UNIT_TEMPLATE, &text, &words)?;
    Ok(RenderedFile::of_root(UNIT, 0o644, &text))
}

/// The flags that a member runs with whoever starts it, but for those with which it only begins.
pub fn standing_flags(topology: &Topology, host: &Host) -> Vec<String> {
    let beginning = Beginning::together(topology.with_role(Role::Etcd));
    let mut arguments = with_the_users(membership(topology, host, &beginning), topology);
    let directory = topology.external_etcd.data_directory.clone();
    arguments.push(("data-dir".to_owned(), directory));
    let flags = arguments.iter().map(|(name, value)| format!("--{name}={value}"));
    flags.filter(|flag| !is_of_the_beginning(flag)).collect()
}

/// Whether a flag counts only where a member has no data yet.
pub fn is_of_the_beginning(flag: &str) -> bool {
    flag.starts_with("--initial-")
}

/// Who a member is, where it listens, and with whom it begins.
fn membership(topology: &Topology, host: &Host, beginning: &Beginning) -> Vec<(String, String)> {
    let clients = client_url(host);
    let listens = format!("{clients},https://127.0.0.1:{CLIENTS}");
    [
        ("name", host.name.to_string()),
        ("initial-cluster", beginning.initial_cluster()),
        ("initial-cluster-state", beginning.state.to_owned()),
        ("initial-cluster-token", cluster_token(topology).to_owned()),
        ("listen-peer-urls", peer_url(host)),
        ("initial-advertise-peer-urls", peer_url(host)),
        ("listen-client-urls", listens),
        ("advertise-client-urls", clients),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// What kubeadm sets in its static pod.
fn of_a_unit(topology: &Topology, program: Program<'_>) -> Vec<(String, String)> {
    let pki = |name: &str| format!("/etc/kubernetes/pki/etcd/{name}");
    let arguments = [
        ("data-dir", topology.external_etcd.data_directory.clone()),
        ("cert-file", pki("server.crt")),
        ("key-file", pki("server.key")),
        ("trusted-ca-file", AUTHORITY_CERTIFICATE.to_owned()),
        ("client-cert-auth", "true".to_owned()),
        ("peer-cert-file", pki("peer.crt")),
        ("peer-key-file", pki("peer.key")),
        ("peer-trusted-ca-file", AUTHORITY_CERTIFICATE.to_owned()),
        ("peer-client-cert-auth", "true".to_owned()),
        ("listen-metrics-urls", format!("http://127.0.0.1:{METRICS}")),
        ("snapshot-count", "10000".to_owned()),
    ];
    // An etcd that is given a flag that it does not know does not start.
    let knows = |(name, _): &(&str, &str)| program.flags.is_none_or(|flags| flags.contains(*name));
    let of_version = [corrupt_check(program.version), watch_progress(program.version)];
    let of_version = of_version.into_iter().flatten().filter(knows);
    let arguments = arguments
        .into_iter()
        .chain(of_version.map(|(name, value)| (name, value.to_owned())));
    arguments.map(|(name, value)| (name.to_owned(), value)).collect()
}

fn with_the_users(arguments: Vec<(String, String)>, topology: &Topology) -> Vec<(String, String)> {
    let users: &BTreeMap<String, String> = &topology.external_etcd.arguments;
    let ours = arguments
        .into_iter()
        .filter(|(name, _)| !users.contains_key(name));
    ours.chain(users.clone()).collect()
}

/// That a template still starts the program with all its flags.
fn check_words(topology: &Topology, name: &str, text: &str, words: &[String]) -> Result<(), Problem> {
    let lacking = words.iter().find(|word| !text.contains(word.as_str()));
    let needed = Needed {
        what: lacking.map_or("", String::as_str),
        is_there: lacking.is_none(),
        hint: "write `{% for word in words %} {{ word }}{% endfor %}` after the path of the program",
    };
    template::check(&topology.templates, name, &[needed])
}

fn words(arguments: &[(String, String)]) -> Vec<String> {
    let flag = |(name, value): &(String, String)| word(&format!("--{name}={value}"));
    arguments.iter().map(flag).collect()
}

/// A word of a unit's command line: systemd puts something else in place of `%` and `$`, and takes quotes and
/// backslashes away.
fn word(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    if escaped.contains([' ', '"', '\'', '\\', ';']) {
        format!("\"{escaped}\"")
    } else {
        escaped
    }
}
