//! Reads a probe's answer.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::topology::{RUN_FOLDER, Version};

use super::answer::{Answer, Answers};
use super::images::held_images;
use super::{
    EtcdDirectory, HostFacts, KubernetesFacts, StaticPod, System, Unit, Versions, balancer, cluster,
};

/// `getent` ends with this status when a name resolves to nothing.
const GETENT_NOT_FOUND: i32 = 2;

/// Reads what a probe (`remote::probe`) wrote to standard output.
///
/// What the host could not tell becomes `Unknown` with its words. `Err` when the answer is cut short, or does not tell
/// what nothing can be decided without: the system, its addresses, the units, what kubeadm left, the versions of what
/// is installed.
pub fn parse(output: &[u8]) -> Result<HostFacts, String> {
    let answers = Answers::read(output)?;
    let asked = answers.success("asked")?;
    let has_role = |role: &str| {
        asked
            .lines()
            .next()
            .unwrap_or_default()
            .split(',')
            .any(|one| one == role)
    };
    let vip = asked.lines().nth(1).and_then(|vip| vip.parse().ok());
    let system = system(&answers)?;
    let units = units(answers.success("units")?, system.uptime_s)?;
    let kubernetes = kubernetes(&answers)?;
    let is_balancer = has_role("balancer");
    let sees_cluster =
        has_role("control-plane") && (kubernetes.has_admin_conf || kubernetes.has_manifest(StaticPod::Etcd));
    Ok(HostFacts {
        versions: versions(&answers)?,
        preparation: None,
        files: answers.all("file").filter_map(super::file::read).collect(),
        endpoint_resolves_to: addresses_of_endpoint(&answers).into(),
        endpoint_speaks_tls: answers.success("tls").map(|reply| reply.trim() == "yes").into(),
        balancer: is_balancer.then(|| balancer::read(&answers, &units, &system, vip)),
        etcd: has_role("etcd")
            .then(|| super::etcd::read(&answers, kubernetes.has_etcd_data))
            .transpose()?,
        cluster: sees_cluster.then(|| cluster::read(&answers)),
        system,
        units,
        kubernetes,
    })
}

fn system(answers: &Answers) -> Result<System, String> {
    let text = answers.success("system")?;
    let garbled = || format!("system: not understood: {text}");
    let mut lines = text.lines();
    let os = lines.next().ok_or_else(garbled)?.to_owned();
    let mut names = lines.next().ok_or_else(garbled)?.split_whitespace();
    let mut name = || names.next().map(str::to_owned).ok_or_else(garbled);
    let (hostname, kernel, architecture) = (name()?, name()?, name()?);
    let uptime = lines.next().and_then(|uptime| uptime.split('.').next());
    let interfaces = interfaces(answers.success("addresses")?);
    Ok(System {
        os,
        kernel,
        architecture,
        hostname,
        uptime_s: uptime
            .and_then(|uptime| uptime.parse().ok())
            .ok_or_else(garbled)?,
        addresses: interfaces.iter().map(|(_, address)| *address).collect(),
        interfaces,
    })
}

/// Lines of `ip -o addr show`: `2: eth0    inet 10.77.0.21/24 brd …`.
fn interfaces(text: &str) -> Vec<(String, IpAddr)> {
    let pair = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let interface = words.next()?.split('@').next()?.to_owned();
        let address = words.nth(1)?.split('/').next()?.parse().ok()?;
        Some((interface, address))
    };
    text.lines().filter_map(pair).collect()
}

/// The names, and then systemd's answer about each in the same order, blank lines between.
fn units(text: &str, uptime_s: u64) -> Result<BTreeMap<String, Unit>, String> {
    let (names, reported) = text.split_once('\n').unwrap_or((text, ""));
    let names: Vec<&str> = names.split_whitespace().collect();
    let reported: Vec<&str> = reported.trim().split("\n\n").collect();
    if names.len() != reported.len() {
        return Err(format!("units: not understood: {text}"));
    }
    let unit = |(name, reported): (&str, &str)| (name.to_owned(), unit(reported, uptime_s));
    Ok(names.into_iter().zip(reported).map(unit).collect())
}

fn unit(reported: &str, uptime_s: u64) -> Unit {
    let property = |name: &str| {
        let lines = reported.lines().filter_map(|line| line.split_once('='));
        lines
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next()
            .unwrap_or_default()
    };
    let active = matches!(property("ActiveState"), "active" | "reloading" | "refreshing");
    let since_us: u64 = property("ActiveEnterTimestampMonotonic")
        .parse()
        .unwrap_or_default();
    Unit {
        active,
        enabled: matches!(
            property("UnitFileState"),
            "enabled" | "enabled-runtime" | "static" | "generated" | "alias"
        ),
        active_for_s: if active {
            uptime_s.saturating_sub(since_us / 1_000_000)
        } else {
            0
        },
    }
}

fn kubernetes(answers: &Answers) -> Result<KubernetesFacts, String> {
    let text = answers.success("kubernetes")?;
    let reported = |what: &str| {
        text.lines()
            .filter_map(move |line| line.strip_prefix(what))
            .collect::<Vec<_>>()
    };
    let (present, manifests, running) = (reported("has "), reported("manifest "), reported("running "));
    let has = |path: &str| present.contains(&path);
    let held = answers.success("images").and_then(held_images);
    let authority = |key: &str| answers.get(key).map(Answer::success).transpose();
    Ok(KubernetesFacts {
        ca: authority("ca")?.map(str::to_owned),
        etcd_ca: authority("etcd_ca")?.map(str::to_owned),
        shared: reported("shared ").into_iter().filter_map(shared).collect(),
        has_ca_key: has("/etc/kubernetes/pki/ca.key"),
        has_kubelet_conf: has("/etc/kubernetes/kubelet.conf"),
        lacks_client_certificate: reported("lacks ").contains(&"client-certificate"),
        has_client_certificate: has("/var/lib/kubelet/pki/kubelet-client-current.pem"),
        kubelet_listens: has("kubelet-port"),
        has_bootstrap_kubelet_conf: has("/etc/kubernetes/bootstrap-kubelet.conf"),
        has_kubelet_config: has("/var/lib/kubelet/config.yaml"),
        has_instance_config: has("/var/lib/kubelet/instance-config.yaml"),
        has_admin_conf: has("/etc/kubernetes/admin.conf"),
        manifests: manifests.into_iter().map(str::to_owned).collect(),
        has_etcd_data: has("etcd-data"),
        etcd_data: reported("etcd-data ")
            .into_iter()
            .map(EtcdDirectory::read)
            .collect(),
        unmounted: reported("unmounted ").into_iter().map(str::to_owned).collect(),
        has_kubelet_rotation: has("kubelet-rotation"),
        has_leftovers: has(RUN_FOLDER),
        running_kubeadm: running.first().and_then(|pid| pid.parse().ok()),
        images: held
            .as_ref()
            .map(|held| held.names.clone())
            .map_err(Clone::clone)
            .into(),
        image_ids: held.map(|held| held.ids).unwrap_or_default(),
        sandbox_image: answers.success("sandbox").and_then(sandbox).into(),
        needed_images: answers.success("needed_images").map(lines).into(),
    })
}

/// `SUM  - PATH`, as `sha256sum` names its standard input; of a file that could not be read the sum is no sum.
fn shared(line: &str) -> Option<(String, String)> {
    let sum = line.split_whitespace().next()?;
    let (_, path) = line.split_once(" /")?;
    Some((format!("/{path}"), sum.to_owned()))
}

/// The line of containerd's configuration, `sandbox_image = "…"` or, since 2.0, `sandbox = '…'`.
fn sandbox(text: &str) -> Result<String, String> {
    let line = text.lines().next().unwrap_or_default();
    let value = line.split_once('=').map(|(_, value)| value.trim());
    let image = value.map(|value| value.trim_matches(['"', '\'']));
    image
        .filter(|image| !image.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| "containerd's configuration names none".to_owned())
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn versions(answers: &Answers) -> Result<Versions, String> {
    let installed = |key: &str| answers.get(key).map(Answer::success).transpose();
    let number = |key: &str| installed(key)?.map(|text| version(key, text)).transpose();
    Ok(Versions {
        kubeadm: number("kubeadm")?,
        kubelet: number("kubelet")?,
        kubectl: number("kubectl")?,
        haproxy: installed("haproxy")?.and_then(|text| word(text, 2)),
        keepalived: installed("keepalived")?.and_then(|text| word(text, 1)),
    })
}

/// The first thing that looks like a version: `v1.34.2`, `Kubernetes v1.34.2`, `"gitVersion": "v1.34.2",`.
fn version(program: &str, text: &str) -> Result<Version, String> {
    let words = text.split(|character: char| character.is_whitespace() || "\",".contains(character));
    let mut versions = words
        .filter(|word| word.starts_with('v'))
        .filter_map(|word| word.parse().ok());
    versions
        .next()
        .ok_or_else(|| format!("{program}: no version in {text:?}"))
}

fn word(text: &str, index: usize) -> Option<String> {
    let word = text.lines().next()?.split_whitespace().nth(index)?;
    Some(word.trim_start_matches('v').to_owned())
}

fn addresses_of_endpoint(answers: &Answers) -> Result<Vec<IpAddr>, String> {
    let answer = answers.get("endpoint").ok_or("endpoint: not asked")?;
    if answer.code == GETENT_NOT_FOUND {
        return Ok(Vec::new());
    }
    let mut addresses = Vec::new();
    for line in answer.success()?.lines() {
        let address = line.split_whitespace().next().and_then(|word| word.parse().ok());
        addresses.extend(address.filter(|address| !addresses.contains(address)));
    }
    Ok(addresses)
}
