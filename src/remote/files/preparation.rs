//! What is written on a bare host: apt's sources, the kernel's modules and settings, containerd's configuration.

use std::fmt::Write;

use minijinja::context;
use serde_json::{Map, Value};

use super::merge::merge_key;
use super::template::{self, Needed};
use super::{RenderedFile, owned, registries};
use crate::error::Problem;
use crate::topology::{Host, PackageSource, Preparation, Topology};
use crate::values::Slot;
use crate::versions::containerd::GRPC_PLUGIN;

/// Named as Kubernetes' documentation names it, so that a host set up by hand has it once.
pub const REPOSITORY: &str = "/etc/apt/sources.list.d/kubernetes.list";
/// apt takes an armoured key by the end of its name.
pub const REPOSITORY_KEY: &str = "/etc/apt/keyrings/kubernetes-apt-keyring.asc";
/// apt's way to the outside.
pub const APT_PROXY: &str = "/etc/apt/apt.conf.d/90hawser-proxy";
/// Read at boot by systemd-modules-load.
pub const MODULES: &str = "/etc/modules-load.d/kubernetes.conf";
/// Read at boot by systemd-sysctl, by name after Debian's 99-sysctl.conf, which is /etc/sysctl.conf.
pub const SYSCTLS: &str = "/etc/sysctl.d/99-zz-kubernetes.conf";
/// As hawser named it before: what /etc/sysctl.conf says won over it.
pub const OLD_SYSCTLS: &str = "/etc/sysctl.d/99-kubernetes.conf";
/// crictl asks the one runtime that there is.
pub const CRICTL: &str = "/etc/crictl.yaml";
pub const CONTAINERD: &str = "/etc/containerd/config.toml";
/// containerd's way to the outside.
pub const CONTAINERD_PROXY: &str = "/etc/systemd/system/containerd.service.d/hawser-proxy.conf";

/// The first line of what hawser writes.
const MARK: &str = "# Written by hawser.\n";

const CONTAINERD_TEMPLATE: &str = "containerd.toml.j2";

/// The files that prepare a host, by who reads them; none where it comes prepared.
#[derive(Debug, Default)]
pub struct PreparationFiles {
    /// apt, before it installs anything.
    pub apt: Vec<RenderedFile>,
    /// The kernel, crictl, and containerd whenever it asks a registry.
    pub others: Vec<RenderedFile>,
    /// containerd's unit.
    pub containerd_proxy: Option<RenderedFile>,
    /// containerd, when it starts.
    pub containerd: Option<RenderedFile>,
}

impl PreparationFiles {
    /// Those of a host.
    ///
    /// Errors: a template that cannot be rendered.
    pub fn of(topology: &Topology, host: &Host) -> Result<Self, Problem> {
        let Some(preparation) = &topology.preparation else {
            return Ok(Self::default());
        };
        let mut files = Self {
            apt: apt(topology, preparation, host),
            ..Self::default()
        };
        if topology.runs_pods(host) {
            files.others.extend(kernel(preparation));
            let crictl = RenderedFile::of_root(CRICTL, 0o644, &crictl(topology));
            files.others.push(crictl);
            files.others.extend(registries::every(preparation));
            files.containerd_proxy = containerd_proxy(topology, preparation);
            files.containerd = Some(containerd(topology, preparation)?);
        }
        Ok(files)
    }
}

/// Every file that prepares a host, in the order in which they are written.
///
/// Errors: a template that cannot be rendered.
pub fn preparation(topology: &Topology, host: &Host) -> Result<Vec<RenderedFile>, Problem> {
    let files = PreparationFiles::of(topology, host)?;
    let containerd = files.containerd_proxy.into_iter().chain(files.containerd);
    let all = files.apt.into_iter().chain(files.others).chain(containerd);
    Ok(all.collect())
}

fn apt(topology: &Topology, preparation: &Preparation, host: &Host) -> Vec<RenderedFile> {
    let mut files = Vec::new();
    let proxy = &preparation.proxy;
    let asks = !matches!(preparation.source, PackageSource::Folder(_));
    if proxy.is_set() && asks {
        let mut text = String::from("// Written by hawser.\n");
        for (scheme, url) in [("http", &proxy.http), ("https", &proxy.https)] {
            let Some(url) = url else { continue };
            let _ = writeln!(text, "Acquire::{scheme}::Proxy \"{url}\";");
            // apt knows no domains and no networks here.
            let hosts = proxy
                .exceptions
                .iter()
                .filter(|name| !name.starts_with('.') && !name.contains('/'));
            for host in hosts {
                let _ = writeln!(text, "Acquire::{scheme}::Proxy::{host} \"DIRECT\";");
            }
        }
        files.push(RenderedFile::of_root(APT_PROXY, 0o644, &text));
    }
    if let (PackageSource::Repository(repository), true) = (&preparation.source, topology.runs_pods(host)) {
        files.push(RenderedFile::of_root(REPOSITORY_KEY, 0o644, &repository.key));
        let source = format!(
            "# Written by hawser.\ndeb [signed-by={REPOSITORY_KEY}] {} /\n",
            repository.url
        );
        files.push(RenderedFile::of_root(REPOSITORY, 0o644, &source));
    }
    files
}

/// Whether a file is hawser's own, and no other's of the same name.
pub fn is_own(text: &str) -> bool {
    text.starts_with(MARK)
}

fn kernel(preparation: &Preparation) -> Vec<RenderedFile> {
    let mut files = Vec::new();
    if !preparation.modules.is_empty() {
        let text = format!("{MARK}{}\n", preparation.modules.join("\n"));
        files.push(RenderedFile::of_root(MODULES, 0o644, &text));
    }
    if !preparation.sysctls.is_empty() {
        let mut text = MARK.to_owned();
        for (name, value) in &preparation.sysctls {
            let _ = writeln!(text, "{name} = {value}");
        }
        files.push(RenderedFile::of_root(SYSCTLS, 0o644, &text));
    }
    files
}

fn crictl(topology: &Topology) -> String {
    format!(
        "# Written by hawser.\nruntime-endpoint: {}\n",
        topology.kubeadm.cri_socket
    )
}

fn containerd_proxy(topology: &Topology, preparation: &Preparation) -> Option<RenderedFile> {
    let proxy = &preparation.proxy;
    if !proxy.is_set() {
        return None;
    }
    let mut text = String::from("# Written by hawser.\n[Service]\n");
    for (name, url) in [("HTTP_PROXY", &proxy.http), ("HTTPS_PROXY", &proxy.https)] {
        if let Some(url) = url {
            let _ = writeln!(text, "Environment=\"{name}={url}\"");
        }
    }
    let _ = writeln!(
        text,
        "Environment=\"NO_PROXY={}\"",
        without_proxy(topology, preparation).join(",")
    );
    Some(RenderedFile::of_root(CONTAINERD_PROXY, 0o644, &text))
}

/// What is reached without a proxy: the host itself, all hosts, the endpoint, the cluster's own networks and names.
fn without_proxy(topology: &Topology, preparation: &Preparation) -> Vec<String> {
    let networks = topology.networks.pods.iter().chain(&topology.networks.services);
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    names.extend(topology.hosts.iter().map(|host| host.address.to_string()));
    names.push(topology.endpoint.name.clone());
    names.extend(topology.endpoint.vip.map(|vip| vip.to_string()));
    names.extend(networks.map(ToString::to_string));
    names.extend([".svc".to_owned(), format!(".{}", topology.networks.dns_domain)]);
    names.extend(preparation.proxy.exceptions.iter().cloned());
    names
}

fn containerd(topology: &Topology, preparation: &Preparation) -> Result<RenderedFile, Problem> {
    let templates = &topology.templates;
    let sandbox_image = preparation.sandbox_image.clone();
    let text = template::render(
        templates,
        CONTAINERD_TEMPLATE,
        context! {
            sandbox_image => sandbox_image.unwrap_or_else(|| Slot::SandboxImage.placeholder()),
            systemd_cgroup => topology.cgroups_are_systemds(),
            mirrors => registries::FOLDER,
        },
    )?;
    let parsed: Map<String, Value> = toml::from_str(&text).map_err(|error| Problem::Template {
        path: templates.path(CONTAINERD_TEMPLATE),
        line: None,
        cause: format!("the rendered file is not TOML: {}", error.message()),
        hint: "`containerd config default` prints a complete one".to_owned(),
    })?;
    let driver = format!("/plugins/{GRPC_PLUGIN}/containerd/runtimes/runc/options/SystemdCgroup");
    let document = Value::Object(parsed.clone());
    let needed = Needed {
        what: "`SystemdCgroup` of runc",
        is_there: document.pointer(&driver).and_then(Value::as_bool) == Some(topology.cgroups_are_systemds()),
        hint: "write `SystemdCgroup` below runc's options as `systemd_cgroup` says: kubelet and containerd must agree",
    };
    let says_nothing = preparation.mirrors.is_empty() && preparation.credentials.is_empty();
    let folder = document.pointer(&format!("/plugins/{GRPC_PLUGIN}/registry/config_path"));
    let registries = Needed {
        what: "`config_path`, without which containerd reads nothing of mirrors and credentials",
        is_there: says_nothing || folder.and_then(Value::as_str) == Some(registries::FOLDER),
        hint: "write `config_path = \"{{ mirrors }}\"` below the registry",
    };
    template::check(templates, CONTAINERD_TEMPLATE, &[needed, registries])?;
    Ok(RenderedFile::of_root(
        CONTAINERD,
        0o644,
        &with_the_users(text, parsed, preparation),
    ))
}

/// As the template has it, word for word, where the user says nothing.
fn with_the_users(text: String, mut document: Map<String, Value>, preparation: &Preparation) -> String {
    if preparation.containerd.is_empty() {
        return owned::with_mark(text);
    }
    for (key, value) in &preparation.containerd {
        merge_key(&mut document, key, value);
    }
    let merged = toml::to_string(&document).unwrap_or(text);
    format!("# Written by hawser.\n{merged}")
}
