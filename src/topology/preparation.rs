//! How bare hosts are prepared.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EtcdManager, Host, Role, Secret, Topology};

/// What becomes of swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Swap {
    /// It is switched off, now and at boot.
    Off,
    /// It stays as it is: the kubelet is told to bear it.
    Keep,
}

/// A repository of packages, laid out as pkgs.k8s.io: one for each minor release, with the suite `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Such as `https://pkgs.k8s.io/core:/stable:/v1.34/deb/`, with a slash at its end.
    pub url: String,
    /// The public key that signs it: OpenPGP, armoured anew from what was checked.
    pub key: String,
    /// The key's fingerprint, hexadecimal in upper case.
    pub fingerprint: String,
}

/// A package on the workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    pub path: PathBuf,
    pub package: String,
    /// Its version, as dpkg writes it.
    pub version: String,
    /// dpkg's name of it, such as `amd64`, or `all`.
    pub architecture: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
}

impl PackageFile {
    /// The file's own name, as it is on hosts too: of the package, its version and architecture.
    pub fn name(&self) -> String {
        let version = self
            .version
            .split_once(':')
            .map_or(self.version.as_str(), |(_, version)| version);
        format!("{}_{version}_{}.deb", self.package, self.architecture)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSource {
    /// What the hosts' own apt is set up with.
    Own,
    /// That, and this repository.
    Repository(Repository),
    /// Files of the workstation alone; the hosts ask no repository.
    Folder(Vec<PackageFile>),
}

/// The way to the outside, for apt and containerd.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    /// For `http://`.
    pub http: Option<String>,
    /// For `https://`.
    pub https: Option<String>,
    /// Names, addresses and networks that are reached without it, besides the cluster's own.
    pub exceptions: Vec<String>,
}

impl Proxy {
    pub fn is_set(&self) -> bool {
        self.http.is_some() || self.https.is_some()
    }

    /// The one through which apt asks a URL. Source: apt-transport-https(1), whose options default to those of http.
    fn of(&self, url: &str) -> Option<&str> {
        let https = self.https.as_deref().filter(|_| url.starts_with("https://"));
        let (name, _) = server(url);
        let is_direct = self.exceptions.iter().any(|exception| exception == name);
        https.or(self.http.as_deref()).filter(|_| !is_direct)
    }
}

impl Proxy {
    /// The one through which containerd asks a URL. Source: Go's `httpproxy`, which reads `HTTPS_PROXY` and
    /// `HTTP_PROXY` each for its own scheme.
    fn of_containerd(&self, url: &str) -> Option<&str> {
        let (name, _) = server(url);
        let through = if url.starts_with("https://") {
            self.https.as_deref()
        } else {
            self.http.as_deref()
        };
        let is_direct = self.exceptions.iter().any(|exception| excepts(exception, name));
        through.filter(|_| !is_direct)
    }
}

/// Of the images that a kubeadm names, one a line or an item each, the one that holds a pod's namespaces.
pub fn sandbox_among<'a>(images: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let is_sandbox = |name: &str| {
        name.rsplit_once('/')
            .is_some_and(|(_, last)| last.starts_with("pause:"))
    };
    images.into_iter().map(str::trim).find(|name| is_sandbox(name))
}

/// Whether an entry of `NO_PROXY` is of a server: its name or address, a domain that it is in, or its network.
fn excepts(exception: &str, name: &str) -> bool {
    let domain = exception.trim_start_matches('.');
    let is_within = name
        .strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.') || (rest.is_empty() && domain == exception));
    let network = exception.parse::<IpNet>().ok().zip(name.parse::<IpAddr>().ok());
    is_within || network.is_some_and(|(network, address)| network.contains(&address))
}

/// How bare hosts are prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct Preparation {
    pub source: PackageSource,
    /// Kernel modules, loaded now and at boot.
    pub modules: Vec<String>,
    /// Kernel settings by name, now and at boot.
    pub sysctls: BTreeMap<String, String>,
    pub swap: Swap,
    /// The image that holds a pod's namespaces, with its tag; without it, the one that each host's kubeadm names.
    pub sandbox_image: Option<String>,
    /// For a registry, where its images are asked for first, in order; then the registry itself.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// For a registry, `user:password` of who asks it.
    pub credentials: BTreeMap<String, Secret>,
    /// Merged into containerd's configuration (tables deeply, lists and scalars replaced).
    pub containerd: serde_json::Map<String, serde_json::Value>,
    pub proxy: Proxy,
}

impl Preparation {
    /// As whom containerd asks at a URL: that of a registry, or of a mirror. Never where
    /// everybody on the way could read it.
    pub fn credentials_at(&self, url: &str) -> Option<&Secret> {
        let authority = url.strip_prefix("https://")?.split('/').next()?;
        self.credentials.get(authority)
    }

    /// What a host's apt connects to for the repository's packages, and at which port: the repository, or the proxy
    /// that leads to it. `None` where no repository is named.
    pub fn path_to_repository(&self) -> Option<(&str, u16)> {
        let PackageSource::Repository(repository) = &self.source else {
            return None;
        };
        let url = repository.url.as_str();
        Some(server(self.proxy.of(url).unwrap_or(url)))
    }
}

impl Preparation {
    /// Whether containerd asks a registry in another way than at the registry itself.
    pub fn leads_to_registries(&self) -> bool {
        self.proxy.is_set() || !self.mirrors.is_empty()
    }
}

/// The server that a URL names, without the brackets of an address, and its port.
fn server(url: &str) -> (&str, u16) {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let (name, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address, port.strip_prefix(':')),
        None => authority
            .split_once(':')
            .map_or((authority, None), |(name, port)| (name, Some(port))),
    };
    let usual = if scheme == "https" { 443 } else { 80 };
    (name, port.and_then(|port| port.parse().ok()).unwrap_or(usual))
}

impl Topology {
    /// Whether a host's kubelet runs pods: of the cluster, or etcd's.
    pub fn runs_pods(&self, host: &Host) -> bool {
        host.is_node() || (host.is(Role::Etcd) && self.external_etcd.manager == EtcdManager::Kubelet)
    }

    /// What a host's containerd connects to for kubeadm's images, and at which port: the registry; on hosts that are
    /// prepared the first of its mirrors in its place, and the proxy that leads to either.
    pub fn path_to_registry(&self) -> (String, u16) {
        let registry = self.image_repository.split('/').next().unwrap_or_default();
        let upstream = format!("https://{registry}");
        let preparation = self.preparation.as_ref();
        let mirrors = preparation.and_then(|how| how.mirrors.get(registry));
        let url = mirrors.and_then(|urls| urls.first()).unwrap_or(&upstream);
        let proxy = preparation.and_then(|how| how.proxy.of_containerd(url));
        let (name, port) = server(proxy.filter(|_| !self.is_within(server(url).0)).unwrap_or(url));
        (name.to_owned(), port)
    }

    /// Whether a server is one of the cluster's own hosts, which are asked without a proxy.
    fn is_within(&self, name: &str) -> bool {
        let address = name.parse::<IpAddr>().ok();
        name == self.endpoint.name
            || address.is_some_and(|address| self.hosts.iter().any(|host| host.address == address))
    }

    /// Whether the kubelets leave cgroups to systemd: kubeadm's own default from Kubernetes 1.22 on, which
    /// hawser writes for those before.
    pub fn cgroups_are_systemds(&self) -> bool {
        let reply = self.kubeadm.kubelet_configuration.get("cgroupDriver");
        reply
            .and_then(serde_json::Value::as_str)
            .is_none_or(|driver| driver == "systemd")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(url: &str, proxy: Proxy) -> (String, u16) {
        let preparation = Preparation {
            source: PackageSource::Repository(Repository {
                url: url.to_owned(),
                key: String::new(),
                fingerprint: String::new(),
            }),
            modules: Vec::new(),
            sysctls: BTreeMap::new(),
            swap: Swap::Off,
            sandbox_image: None,
            mirrors: BTreeMap::new(),
            credentials: BTreeMap::new(),
            containerd: serde_json::Map::new(),
            proxy,
        };
        let (name, port) = preparation.path_to_repository().unwrap();
        (name.to_owned(), port)
    }

    #[test]
    fn the_repositorys_port_is_that_of_its_url_or_of_its_scheme() {
        for (url, name, port) in [
            ("https://pkgs.k8s.io/core:/stable:/v1.34/deb/", "pkgs.k8s.io", 443),
            ("http://packages.example/deb/", "packages.example", 80),
            ("http://packages.example:8080/deb/", "packages.example", 8080),
            ("https://[2001:db8::1]/deb/", "2001:db8::1", 443),
            ("https://[2001:db8::1]:8443/deb/", "2001:db8::1", 8443),
        ] {
            assert_eq!(way(url, Proxy::default()), (name.to_owned(), port), "{url}");
        }
    }

    #[test]
    fn containerds_proxy_is_that_of_its_scheme_but_for_what_is_reached_without() {
        let proxy = Proxy {
            http: Some("http://plain.example:3128".to_owned()),
            https: Some("http://sealed.example:3129".to_owned()),
            exceptions: [".internal.example", "mirror.example", "192.0.2.0/24"]
                .map(str::to_owned)
                .to_vec(),
        };
        let (plain, sealed) = (proxy.http.as_deref(), proxy.https.as_deref());

        for (url, expected) in [
            ("https://registry.k8s.io", sealed),
            ("http://registry.k8s.io", plain),
            ("https://mirror.example/v2", None),
            ("https://eu.mirror.example", None),
            ("https://other-mirror.example", sealed),
            ("https://a.internal.example", None),
            ("https://internal.example", sealed),
            ("http://192.0.2.7:5000", None),
            ("http://198.51.100.7:5000", plain),
        ] {
            assert_eq!(proxy.of_containerd(url), expected, "{url}");
        }
        let sealed_alone = Proxy { http: None, ..proxy };
        assert_eq!(sealed_alone.of_containerd("http://registry.k8s.io"), None);
    }

    #[test]
    fn a_proxy_stands_in_for_the_repository_as_far_as_apt_takes_it() {
        let http = Proxy {
            http: Some("http://plain.example:3128".to_owned()),
            ..Proxy::default()
        };
        let https = Proxy {
            https: Some("http://sealed.example:3129/".to_owned()),
            ..Proxy::default()
        };
        let both = Proxy {
            exceptions: vec![".example".to_owned(), "packages.example".to_owned()],
            ..Proxy {
                http: http.http.clone(),
                ..https.clone()
            }
        };
        let at = |name: &str, port| (name.to_owned(), port);

        assert_eq!(
            way("http://pkgs.example/", http.clone()),
            at("plain.example", 3128)
        );
        assert_eq!(way("https://pkgs.example/", http), at("plain.example", 3128));
        assert_eq!(way("http://pkgs.example/", https.clone()), at("pkgs.example", 80));
        assert_eq!(way("https://pkgs.example/", https), at("sealed.example", 3129));
        assert_eq!(
            way("https://pkgs.example/", both.clone()),
            at("sealed.example", 3129)
        );
        assert_eq!(
            way("https://packages.example/", both),
            at("packages.example", 443)
        );
    }
}
