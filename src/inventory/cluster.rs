//! `[cluster]` and `[kubeadm]`.

use serde_json::{Map, Value};

use super::lists::List;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use super::workstation::Workstation;
use super::written;
use super::{formats, names, patches};
use crate::topology::{API_PORT, CertificateRoute, EtcdTopology, KubeadmSettings, Version, WORKERS_AT_ONCE};

/// `[cluster]`, as far as it is right.
pub(super) struct Cluster {
    pub(super) name: Option<String>,
    pub(super) version: Option<Version>,
    pub(super) etcd: EtcdTopology,
    pub(super) certificates: CertificateRoute,
    pub(super) image_repository: String,
    pub(super) api_port: u16,
    pub(super) workers_at_once: usize,
}

pub(super) fn resolve(written: Option<&written::Cluster>, place: &Place, mistakes: &mut Mistakes) -> Cluster {
    let none = written::Cluster::default();
    let cluster = written.unwrap_or(&none);
    let repository = cluster.image_repository.as_deref().unwrap_or(IMAGE_REPOSITORY);
    let mut text = |key: &str, checked: Option<Result<_, Wrong>>| mistakes.check(&place.key(key), checked?);
    let name = text(
        "name",
        cluster
            .name
            .as_deref()
            .map(|name| names::dns_name("the cluster's name", name)),
    );
    let repository = text("image_repository", Some(formats::image_repository(repository)));
    let version = cluster.kubernetes.as_deref().map(formats::version);
    Cluster {
        name,
        version: version.and_then(|version| mistakes.check(&place.key("kubernetes"), version)),
        etcd: cluster.topology.unwrap_or(EtcdTopology::Stacked),
        certificates: cluster.certificates.unwrap_or(CertificateRoute::Upload),
        image_repository: repository.unwrap_or_default(),
        api_port: cluster.api_port.unwrap_or(API_PORT),
        workers_at_once: cluster.workers_at_once.unwrap_or(WORKERS_AT_ONCE),
    }
}

pub(super) fn kubeadm(
    written: Option<&written::Kubeadm>,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> KubeadmSettings {
    let none = written::Kubeadm::default();
    let kubeadm = written.unwrap_or(&none);
    let socket = kubeadm.cri_socket.as_deref().unwrap_or(CRI_SOCKET);
    let socket = mistakes.check(&place.key("cri_socket"), formats::cri_socket(socket));
    for (place, name) in kubeadm.extra_sans.placed(&place.key("extra_sans")) {
        let bare = name.strip_prefix("*.").unwrap_or(name);
        mistakes.check(
            &place,
            names::dns_name_or_address("a name for the certificate", bare),
        );
    }
    check_words(
        &kubeadm.ignore_preflight_errors,
        &place.key("ignore_preflight_errors"),
        mistakes,
    );
    check_words(&kubeadm.skip_phases, &place.key("skip_phases"), mistakes);
    let found = kubeadm
        .patches
        .as_deref()
        .map(|folder| patches::read(&workstation.path(folder)));
    let found = found.and_then(|read| mistakes.check(&place.key("patches"), read));
    let owned = |list: &List<String>| list.iter().cloned().collect();
    check_etcd_data(&kubeadm.cluster_configuration, place, mistakes);
    let mut fragment = |key: &str, map: &Map<String, Value>, reserved: &[Reserved]| {
        refuse_reserved(map, &place.key(key), reserved, mistakes);
        map.clone()
    };
    KubeadmSettings {
        cri_socket: socket.unwrap_or_default(),
        extra_sans: owned(&kubeadm.extra_sans),
        ignore_preflight_errors: owned(&kubeadm.ignore_preflight_errors),
        skip_phases: owned(&kubeadm.skip_phases),
        patches: found.unwrap_or_default(),
        cluster_configuration: fragment("cluster_configuration", &kubeadm.cluster_configuration, CLUSTER),
        kubelet_configuration: fragment("kubelet_configuration", &kubeadm.kubelet_configuration, KUBELET),
        kube_proxy_configuration: fragment(
            "kube_proxy_configuration",
            &kubeadm.kube_proxy_configuration,
            PROXY,
        ),
    }
}

/// kubeadm takes a relative path, and etcd would keep its data wherever it happens to be started.
fn check_etcd_data(configuration: &Map<String, Value>, place: &Place, mistakes: &mut Mistakes) {
    let etcd = configuration.get("etcd");
    let Some(path) = etcd.and_then(|etcd| etcd.pointer("/local/dataDir")) else {
        return;
    };
    let keys = ["cluster_configuration", "etcd", "local", "dataDir"];
    let here = keys.iter().fold(place.clone(), |place, key| place.key(key));
    let text = path.as_str().unwrap_or_default();
    mistakes.check(&here, formats::folder("/var/lib/etcd", text));
}

/// Names that end up in one comma-separated argument of kubeadm.
fn check_words(words: &List<String>, place: &Place, mistakes: &mut Mistakes) {
    let is_word = |text: &str| {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | '_');
        !text.is_empty() && !text.starts_with('-') && text.chars().all(legal)
    };
    for (place, word) in words.placed(place) {
        mistakes.refuse(!is_word(word), &place, || {
            Wrong::new(
                format!("not a name that kubeadm knows: `{word}`"),
                "not one word",
                "write each name as an item of its own; `kubeadm init --help` lists them",
            )
        });
    }
}

/// A way into a fragment that hawser fills itself, and what to do instead.
type Reserved = (&'static [&'static str], &'static str);

fn refuse_reserved(map: &Map<String, Value>, place: &Place, reserved: &[Reserved], mistakes: &mut Mistakes) {
    for (path, instead) in reserved {
        let mut keys = path.iter();
        let first = keys.next().and_then(|key| map.get(*key));
        if keys
            .try_fold(first, |value, key| value.map(|value| value.get(*key)))
            .flatten()
            .is_some()
        {
            let here = path.iter().fold(place.clone(), |place, key| place.key(key));
            let wrong = Wrong::new(
                format!("`{}` is set by hawser", path.join(".")),
                "set twice",
                *instead,
            );
            mistakes.push(Mistake::key(&here, wrong));
        }
    }
}

const HEAD: &str = "leave it out: hawser writes the document's head for the kubeadm on the host";

const CLUSTER: &[Reserved] = &[
    (&["apiVersion"], HEAD),
    (&["kind"], HEAD),
    (&["kubernetesVersion"], "set `kubernetes` in [cluster]"),
    (&["clusterName"], "set `name` in [cluster]"),
    (&["controlPlaneEndpoint"], "set `name` and `port` in [endpoint]"),
    (&["imageRepository"], "set `image_repository` in [cluster]"),
    (
        &["certificatesDir"],
        "leave it out: hawser looks for certificates in /etc/kubernetes/pki",
    ),
    (&["networking", "podSubnet"], "set `pods` in [networks]"),
    (&["networking", "serviceSubnet"], "set `services` in [networks]"),
    (&["networking", "dnsDomain"], "set `dns_domain` in [networks]"),
    (
        &["etcd", "external"],
        "set `topology = \"external\"` in [cluster] and give hosts the role \"etcd\"",
    ),
    (
        &["apiServer", "certSANs"],
        "set `extra_sans` in [kubeadm]: this list would replace the endpoint's name",
    ),
];

const KUBELET: &[Reserved] = &[
    (&["apiVersion"], HEAD),
    (&["kind"], HEAD),
    (&["clusterDomain"], "set `dns_domain` in [networks]"),
];

const PROXY: &[Reserved] = &[
    (&["apiVersion"], HEAD),
    (&["kind"], HEAD),
    (&["clusterCIDR"], "set `pods` in [networks]"),
];

/// kubeadm's own default.
const IMAGE_REPOSITORY: &str = "registry.k8s.io";
/// containerd's, as kubeadm finds it.
const CRI_SOCKET: &str = "unix:///run/containerd/containerd.sock";
