//! The inventory as written, key for key: what serde reads, and what the schema is made from.
//!
//! Doc comments become the schema's descriptions, shown by editors. What must be there is `Option` with
//! `#[schemars(required)]`: `shape` reports what is missing, and everything else can still be looked at.

mod preparation;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::lists::{Cidrs, List};
use crate::topology::{CertificateRoute, EtcdManager, EtcdTopology, KeyAlgorithm, Role, Sudo};
pub(super) use preparation::{Preparation, Proxy};

/// A hawser inventory: one highly available Kubernetes cluster, built with kubeadm over SSH.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "hawser inventory")]
pub(super) struct Inventory {
    /// A folder with templates of your own, each in the place of hawser's of the same name, such as `haproxy.cfg.j2`.
    #[schemars(example = &"templates")]
    pub(super) templates: Option<String>,
    #[schemars(required)]
    pub(super) cluster: Option<Cluster>,
    #[schemars(required)]
    pub(super) endpoint: Option<Endpoint>,
    pub(super) networks: Option<Networks>,
    pub(super) pod_network: Option<PodNetwork>,
    pub(super) images: Option<Images>,
    pub(super) kubeadm: Option<Kubeadm>,
    pub(super) etcd: Option<Etcd>,
    pub(super) ssh: Option<Ssh>,
    /// Whether hosts are prepared: packages, kernel modules and settings, swap, containerd. Debian and Ubuntu only.
    #[serde(default)]
    #[schemars(example = true)]
    pub(super) prepare: bool,
    pub(super) preparation: Option<Preparation>,
    /// Files that hosts need before `kubeadm init` or `join`: an audit policy, an encryption configuration, an OIDC CA.
    #[serde(default)]
    pub(super) files: List<HostFile>,
    /// The hosts, each with its roles. The first control plane initialises a new cluster.
    #[schemars(required, length(min = 1))]
    pub(super) hosts: Option<List<Host>>,
}

/// What is built.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cluster {
    /// The cluster's name: kubeadm's `clusterName`, and the kubeconfig's context.
    #[schemars(required, example = &"demo")]
    pub(super) name: Option<String>,
    /// The exact Kubernetes version.
    #[schemars(required, regex(pattern = r"^v[0-9]+\.[0-9]+\.[0-9]+$"), example = &"v1.34.2")]
    pub(super) kubernetes: Option<String>,
    /// Where etcd runs: on every control plane, or on dedicated hosts.
    #[schemars(example = &"stacked", extend("default" = "stacked"))]
    pub(super) topology: Option<EtcdTopology>,
    /// How the cluster's certificates reach the joining control planes.
    #[schemars(example = &"upload", extend("default" = "upload"))]
    pub(super) certificates: Option<CertificateRoute>,
    /// Where kubeadm's images come from.
    #[schemars(example = &"registry.k8s.io", extend("default" = "registry.k8s.io"))]
    pub(super) image_repository: Option<String>,
    /// The API servers' own port, on each control plane.
    #[schemars(range(min = 1), example = 6443, extend("default" = 6443))]
    pub(super) api_port: Option<u16>,
    /// How many workers join at once.
    #[schemars(range(min = 1, max = 100), example = 10, extend("default" = 10))]
    pub(super) workers_at_once: Option<usize>,
}

/// Where every client reaches the API: kubeadm's `controlPlaneEndpoint`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    /// A DNS name; certificates and kubeconfigs are bound to it.
    #[schemars(required, example = &"api.demo.example")]
    pub(super) name: Option<String>,
    /// The balancers' port.
    #[schemars(range(min = 1), example = 6443, extend("default" = 6443))]
    pub(super) port: Option<u16>,
    /// The virtual IP that keepalived moves between the balancers; needed where there are several.
    #[schemars(example = &"192.0.2.10")]
    pub(super) vip: Option<String>,
    /// VRRP's group number, unique in the balancers' subnet.
    #[schemars(range(min = 1, max = 255), example = 51, extend("default" = 51))]
    pub(super) virtual_router_id: Option<u8>,
    /// The balancers' interface that carries the VIP; found by the host's own address when not given.
    #[schemars(example = &"eth0")]
    pub(super) interface: Option<String>,
    /// Whether hawser keeps a marked block with the endpoint's name in every host's /etc/hosts, if there is no DNS.
    #[serde(default)]
    #[schemars(example = true)]
    pub(super) hosts_file: bool,
}

/// The cluster's own networks. They must not overlap one another nor the hosts' network.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Networks {
    /// The pods' network; a list of an IPv4 and an IPv6 one for dual stack.
    #[schemars(example = &"10.244.0.0/16", extend("default" = "10.244.0.0/16"))]
    pub(super) pods: Option<Cidrs>,
    /// The Services' network; a list of an IPv4 and an IPv6 one for dual stack.
    #[schemars(example = &"10.96.0.0/12", extend("default" = "10.96.0.0/12"))]
    pub(super) services: Option<Cidrs>,
    /// The domain of Services' names.
    #[schemars(example = &"cluster.local", extend("default" = "cluster.local"))]
    pub(super) dns_domain: Option<String>,
}

/// The pod network, applied after `kubeadm init` as `kubectl apply -f` would.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PodNetwork {
    /// Manifests in the order in which they are applied.
    #[serde(default)]
    pub(super) manifests: List<Manifest>,
    /// Where its programs speak from node to node, `179/tcp` or `8472/udp`: for `hawser check`.
    #[serde(default)]
    #[schemars(extend("examples" = [["179/tcp", "8472/udp"]]))]
    pub(super) ports: List<String>,
}

/// A manifest: either `path` or `url`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// A file, or a folder of which every `*.yaml` and `*.yml` is applied in the order of names.
    #[schemars(example = &"pod-network.yaml")]
    pub(super) path: Option<String>,
    /// Fetched by the workstation; plain `http://` only together with `sha256`.
    #[schemars(example = &"https://example.org/pod-network.yaml")]
    pub(super) url: Option<String>,
    /// The SHA-256 of the content, as `sha256sum` prints it.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    #[schemars(example = &"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub(super) sha256: Option<String>,
}

/// Images for hosts that may not pull them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Images {
    /// Archives on the workstation: OCI layouts and what `docker save` writes, plain or compressed by gzip, zstd or xz.
    #[serde(default)]
    #[schemars(extend("examples" = [["kubernetes-images.tar"]]))]
    pub(super) archives: List<String>,
    /// Whether hosts send images to each other, so that each goes out from the workstation once.
    #[serde(default)]
    #[schemars(example = true)]
    pub(super) relay: bool,
    /// On which port a host takes an image from another.
    #[schemars(range(min = 1), example = 7791, extend("default" = 7791))]
    pub(super) relay_port: Option<u16>,
}

/// What of kubeadm's configuration is set besides what hawser sets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Kubeadm {
    /// The container runtime's socket.
    #[schemars(example = &"unix:///run/containerd/containerd.sock")]
    #[schemars(extend("default" = "unix:///run/containerd/containerd.sock"))]
    pub(super) cri_socket: Option<String>,
    /// Further names and addresses for the API server's certificate.
    #[serde(default)]
    #[schemars(extend("examples" = [["api.example.org", "198.51.100.7"]]))]
    pub(super) extra_sans: List<String>,
    /// Names of kubeadm's preflight checks whose errors become warnings.
    #[serde(default)]
    #[schemars(extend("examples" = [["NumCPU"]]))]
    pub(super) ignore_preflight_errors: List<String>,
    /// Phases of `kubeadm init` to leave out.
    #[serde(default)]
    #[schemars(extend("examples" = [["addon/kube-proxy"]]))]
    pub(super) skip_phases: List<String>,
    /// A folder with patches of what kubeadm writes, such as `etcd0+merge.yaml`: `TARGET[SUFFIX][+TYPE].{yaml,json}`.
    #[schemars(example = &"patches")]
    pub(super) patches: Option<String>,
    /// Merged into kubeadm's `ClusterConfiguration`: tables deeply, lists and single values replaced.
    #[serde(default)]
    pub(super) cluster_configuration: Map<String, Value>,
    /// Merged into the `KubeletConfiguration`.
    #[serde(default)]
    pub(super) kubelet_configuration: Map<String, Value>,
    /// Merged into the `KubeProxyConfiguration`.
    #[serde(default)]
    pub(super) kube_proxy_configuration: Map<String, Value>,
}

/// etcd on dedicated hosts (`topology = "external"`).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Etcd {
    /// What starts and watches it: a `kubelet` that belongs to no cluster, or a `systemd` unit.
    #[schemars(example = &"kubelet", extend("default" = "kubelet"))]
    pub(super) manager: Option<EtcdManager>,
    /// Where its data is on every etcd host.
    #[schemars(example = &"/var/lib/etcd", extend("default" = "/var/lib/etcd"))]
    pub(super) data_directory: Option<String>,
    /// Of which kind its new private keys are.
    #[schemars(example = &"rsa-2048", extend("default" = "rsa-2048"))]
    pub(super) key_algorithm: Option<KeyAlgorithm>,
    /// The certificate of an authority of your own, PEM; needs `ca_key`. hawser makes an authority where there is none.
    #[schemars(example = &"etcd-ca.crt")]
    pub(super) ca_certificate: Option<String>,
    /// Its private key, PEM without a passphrase: used from memory, and sent to no host.
    #[schemars(example = &"etcd-ca.key")]
    pub(super) ca_key: Option<String>,
    /// Further flags of etcd, without dashes.
    #[serde(default)]
    #[schemars(extend("examples" = [{"quota-backend-bytes": "8589934592"}]))]
    pub(super) arguments: BTreeMap<String, String>,
}

/// How hosts are reached, unless a host says otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ssh {
    /// The login user.
    #[schemars(example = &"root", extend("default" = "root"))]
    pub(super) user: Option<String>,
    /// sshd's port.
    #[schemars(range(min = 1), example = 22, extend("default" = 22))]
    pub(super) port: Option<u16>,
    /// Private key files, tried in order after the agent's keys; those ssh itself tries when not given.
    #[schemars(extend("examples" = [["~/.ssh/id_ed25519"]]))]
    pub(super) identities: Option<List<String>>,
    /// Whether the keys of the agent at `SSH_AUTH_SOCK` are offered.
    #[schemars(example = true, extend("default" = true))]
    pub(super) agent: Option<bool>,
    /// Jump hosts on the way to every host, as `ssh -J` takes them: `[user@]host[:port]`, several separated by commas.
    #[schemars(example = &"ops@bastion.example.org:2222")]
    pub(super) jump: Option<String>,
    /// The cluster's own `known_hosts` file; the user's and the system's when not given.
    #[schemars(example = &"known_hosts")]
    pub(super) known_hosts: Option<String>,
    /// How root is gained: `none` for root itself, else `passwordless` unless set.
    #[schemars(example = &"passwordless")]
    pub(super) sudo: Option<Sudo>,
    /// How many hosts may be in the middle of an SSH handshake at once.
    #[schemars(range(min = 1, max = 1000), example = 50, extend("default" = 50))]
    pub(super) handshakes: Option<usize>,
}

/// A file for every host of some roles.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HostFile {
    /// Which hosts receive it.
    #[schemars(required, length(min = 1), extend("examples" = [["control-plane"]]))]
    pub(super) roles: Option<List<Role>>,
    /// Absolute path on the host.
    #[schemars(required, example = &"/etc/kubernetes/audit-policy.yaml")]
    pub(super) path: Option<String>,
    /// The file on the workstation: UTF-8 text.
    #[schemars(required, example = &"audit-policy.yaml")]
    pub(super) source: Option<String>,
    /// `user:group` on the host.
    #[schemars(example = &"root:root", extend("default" = "root:root"))]
    pub(super) owner: Option<String>,
    /// Permission bits, octal, in quotes; `0600` for a secret one, else `0644`.
    #[schemars(regex(pattern = "^0?[0-7]{3}$"), example = &"0600")]
    pub(super) mode: Option<String>,
    /// Not to be shown in a plan's diff.
    #[serde(default)]
    #[schemars(example = true)]
    pub(super) secret: bool,
}

/// One host.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    /// Its name, and its node's name: RFC 1123, at most 63 characters.
    #[schemars(required, example = &"cp1")]
    pub(super) name: Option<String>,
    /// The address that the workstation connects to, and other hosts too unless there is a `private_address`.
    #[schemars(required, example = &"192.0.2.21")]
    pub(super) address: Option<String>,
    /// The IP address that other hosts use; needed where `address` is a DNS name.
    #[schemars(example = &"10.0.0.21")]
    pub(super) private_address: Option<String>,
    /// What the host is for. A control plane that is a worker too carries no control-plane taint.
    #[schemars(required, length(min = 1), extend("examples" = [["control-plane"]]))]
    pub(super) roles: Option<List<Role>>,
    /// Node labels, set through the API after the join.
    #[serde(default)]
    #[schemars(extend("examples" = [{"topology.kubernetes.io/zone": "a"}]))]
    pub(super) labels: BTreeMap<String, String>,
    /// Node taints, `key=value:Effect` or `key:Effect`, set through the API after the join.
    #[serde(default)]
    #[schemars(extend("examples" = [["dedicated=db:NoSchedule"]]))]
    pub(super) taints: List<String>,
    /// Further kubelet arguments, without dashes.
    #[serde(default)]
    #[schemars(extend("examples" = [{"node-ip": "10.0.0.21"}]))]
    pub(super) kubelet_args: BTreeMap<String, String>,
    /// Files that another program wrote and that hawser may replace on it; each is kept beside, as `….before-hawser`.
    #[serde(default)]
    #[schemars(extend("examples" = [["/etc/haproxy/haproxy.cfg"]]))]
    pub(super) take_over: List<String>,
    pub(super) ssh: Option<HostSsh>,
}

/// How this host is reached, where that differs from `[ssh]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HostSsh {
    /// What the workstation connects to instead of the host's `address`.
    #[schemars(example = &"cp1.example.org")]
    pub(super) address: Option<String>,
    /// The login user.
    #[schemars(example = &"ops")]
    pub(super) user: Option<String>,
    /// sshd's port.
    #[schemars(range(min = 1), example = 2222)]
    pub(super) port: Option<u16>,
    /// Private key files, in place of those of `[ssh]`.
    #[schemars(extend("examples" = [["~/.ssh/id_ed25519"]]))]
    pub(super) identities: Option<List<String>>,
    /// Whether the agent's keys are offered.
    #[schemars(example = true)]
    pub(super) agent: Option<bool>,
    /// How root is gained.
    #[schemars(example = &"password")]
    pub(super) sudo: Option<Sudo>,
    /// Jump hosts on the way to it, in place of those of `[ssh]`; `none` for no jump host.
    #[schemars(example = &"none")]
    pub(super) jump: Option<String>,
}
