//! `[preparation]` as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::inventory::lists::List;
use crate::topology::Swap;

/// How unprepared hosts are prepared, where `prepare = true`. Debian and Ubuntu only; prepare other hosts yourself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::inventory) struct Preparation {
    /// The package repository with kubeadm, kubelet and kubectl, laid out as pkgs.k8s.io: one for each minor release.
    /// Without it, and without `packages`, all comes from what the hosts' apt knows.
    #[schemars(example = &"https://pkgs.k8s.io/core:/stable:/v1.34/deb/")]
    pub(in crate::inventory) repository: Option<String>,
    /// The key that signs the repository: a file on the workstation, armoured or not.
    #[schemars(example = &"kubernetes.asc")]
    pub(in crate::inventory) key: Option<String>,
    /// The same, fetched by the workstation; needs the `fingerprint`.
    #[schemars(example = &"https://pkgs.k8s.io/core:/stable:/v1.34/deb/Release.key")]
    pub(in crate::inventory) key_url: Option<String>,
    /// The fingerprint that the key must have, as `gpg --show-keys` prints it.
    #[schemars(example = &"DE15B14486CD377B9E876E1A234654DA9A296436")]
    pub(in crate::inventory) fingerprint: Option<String>,
    /// A folder with .deb files, in place of any repository: each host is sent what it lacks of what it needs.
    #[schemars(example = &"packages")]
    pub(in crate::inventory) packages: Option<String>,
    /// Kernel modules, loaded now and at boot.
    #[schemars(extend("examples" = [["overlay", "br_netfilter"]], "default" = ["overlay", "br_netfilter"]))]
    pub(in crate::inventory) modules: Option<List<String>>,
    /// Kernel settings besides those that Kubernetes needs, or in their place.
    #[serde(default)]
    #[schemars(extend("examples" = [{"fs.inotify.max_user_instances": "8192"}]))]
    pub(in crate::inventory) sysctls: BTreeMap<String, String>,
    /// What becomes of swap: `off` now and at boot, or `keep` for a kubelet with `failSwapOn = false`.
    #[schemars(example = &"off", extend("default" = "off"))]
    pub(in crate::inventory) swap: Option<Swap>,
    /// The image that holds a pod's namespaces; of the `image_repository`, and as the host's
    /// kubeadm names it, when not given.
    #[schemars(example = &"registry.k8s.io/pause:3.10.1")]
    pub(in crate::inventory) sandbox_image: Option<String>,
    /// For a registry's name, the URLs at which containerd asks for its images first, in order.
    #[serde(default)]
    #[schemars(extend("examples" = [{"docker.io": ["https://mirror.example.org"]}]))]
    pub(in crate::inventory) mirrors: BTreeMap<String, List<String>>,
    /// What else containerd knows about a registry, by its name.
    #[serde(default)]
    #[schemars(extend("examples" = [{"registry.example.org": {"credentials_file": "registry-credentials"}}]))]
    pub(in crate::inventory) registries: BTreeMap<String, Registry>,
    /// Merged into containerd's configuration (version 2): tables deeply, lists and single values replaced.
    #[serde(default)]
    #[schemars(extend("examples" = [{"oom_score": -999}]))]
    pub(in crate::inventory) containerd: Map<String, Value>,
    pub(in crate::inventory) proxy: Option<Proxy>,
}

/// A registry that asks who is there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::inventory) struct Registry {
    /// A file on the workstation with one line, `user:password`, that only its owner can read.
    #[schemars(required, example = &"registry-credentials")]
    pub(in crate::inventory) credentials_file: Option<String>,
}

/// The hosts' proxy, for apt and containerd.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::inventory) struct Proxy {
    /// For http://, without a password: every host would have it in a file.
    #[schemars(example = &"http://proxy.example.org:3128")]
    pub(in crate::inventory) http: Option<String>,
    /// For https://.
    #[schemars(example = &"http://proxy.example.org:3128")]
    pub(in crate::inventory) https: Option<String>,
    /// Names, domains and networks that are reached without it, besides the cluster's own.
    #[serde(default)]
    #[schemars(extend("examples" = [[".example.org", "198.51.100.0/24"]]))]
    pub(in crate::inventory) exceptions: List<String>,
}
