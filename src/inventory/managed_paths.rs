//! What hawser writes on hosts itself: a file of the user's at the same path would take turns with it.

use crate::topology::{EtcdManager, EtcdSettings, EtcdTopology, HostFile, Preparation, Role, is_run_file};

/// What decides which files hawser writes.
pub(super) struct ManagedPaths<'a> {
    pub(super) hosts_file: bool,
    pub(super) etcd: EtcdTopology,
    pub(super) external_etcd: &'a EtcdSettings,
    pub(super) preparation: Option<&'a Preparation>,
}

impl ManagedPaths<'_> {
    /// What to do in the place of a file whose path is hawser's on hosts of its roles.
    pub(super) fn instead_of(&self, file: &HostFile) -> Option<&'static str> {
        let is_for = |roles: &[Role]| roles.iter().any(|role| file.roles.contains(role));
        match file.path.as_str() {
            path if is_run_file(path) => Some("choose another folder: a run deletes this one at its end"),
            "/etc/hosts" if self.hosts_file => {
                Some("set `hosts_file = false` in [endpoint], and add the endpoint's name to your file")
            }
            "/etc/haproxy/haproxy.cfg" | "/etc/keepalived/keepalived.conf" if is_for(&[Role::Balancer]) => {
                Some("replace it with your own template: `templates`")
            }
            path if is_for(&[Role::Etcd]) && self.is_etcds(path) => {
                Some("set it in [etcd], or replace it with your own template: `templates`")
            }
            path => self.of_preparation(path, is_for(&self.with_pods())),
        }
    }

    fn is_etcds(&self, path: &str) -> bool {
        self.etcd == EtcdTopology::External
            && match self.external_etcd.manager {
                EtcdManager::Kubelet => matches!(
                    path,
                    "/etc/kubernetes/etcd-kubelet.yaml"
                        | "/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf"
                        | "/etc/kubernetes/manifests/etcd.yaml"
                ),
                EtcdManager::Systemd => path == "/etc/systemd/system/etcd.service",
            }
    }

    /// The roles of hosts on which a kubelet runs.
    fn with_pods(&self) -> Vec<Role> {
        let mut roles = vec![Role::ControlPlane, Role::Worker];
        if self.external_etcd.manager == EtcdManager::Kubelet {
            roles.push(Role::Etcd);
        }
        roles
    }

    fn of_preparation(&self, path: &str, runs_pods: bool) -> Option<&'static str> {
        let preparation = self.preparation?;
        if path == "/etc/apt/apt.conf.d/90hawser-proxy" {
            return Some("set `proxy` in [preparation]");
        }
        if !runs_pods {
            return None;
        }
        match path {
            "/etc/apt/sources.list.d/kubernetes.list" | "/etc/apt/keyrings/kubernetes-apt-keyring.asc" => {
                Some("set `repository` and its key in [preparation], or choose another name")
            }
            "/etc/modules-load.d/kubernetes.conf" => Some("set `modules` in [preparation]"),
            "/etc/sysctl.d/99-zz-kubernetes.conf" => Some("set `sysctls` in [preparation]"),
            "/etc/crictl.yaml" => Some("leave it out: hawser writes it for the `cri_socket`"),
            "/etc/containerd/config.toml" => {
                Some("set it in [preparation.containerd], or replace it with your own template: `templates`")
            }
            "/etc/systemd/system/containerd.service.d/hawser-proxy.conf" => {
                Some("set `proxy` in [preparation]")
            }
            path => {
                let registry = path
                    .strip_prefix("/etc/containerd/certs.d/")?
                    .strip_suffix("/hosts.toml")?;
                let is_reported = preparation.mirrors.contains_key(registry)
                    || preparation.credentials.contains_key(registry);
                is_reported.then_some(
                    "remove the registry from `mirrors` and `registries` in [preparation], or configure all of it there",
                )
            }
        }
    }
}
