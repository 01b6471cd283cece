//! What a kernel is set to: swap, modules, sysctls; and programs that must be there.

use super::{At, Fact, FactResult};
use crate::topology::{EtcdManager, Role};
use crate::versions::kubernetes::{
    wants_bridged_packets, wants_conntrack, wants_crictl, wants_iptables, warns_of_crictl,
};

pub(super) fn of(at: &At) -> Vec<FactResult> {
    let mut result = Vec::new();
    if at.runs_pods() {
        result.push(swap(at));
    }
    if at.host.is_node() {
        result.extend([modules(at), sysctls(at)]);
    }
    result.push(programs(at));
    result
}

fn swap(at: &At) -> FactResult {
    let kubelet = &at.scene.topology.kubeadm.kubelet_configuration;
    let is_allowed = kubelet.get("failSwapOn") == Some(&false.into());
    FactResult::of(Fact::Swap, &at.preflight.swap, |places| {
        if places.is_empty() {
            return FactResult::ok(Fact::Swap, "none");
        }
        let shown: Vec<String> = places
            .iter()
            .map(|(path, size)| format!("{path} ({} MB)", size / 1024))
            .collect();
        let found = shown.join(", ");
        if is_allowed {
            return FactResult::ok(
                Fact::Swap,
                format!("{found}, allowed because failSwapOn is false"),
            );
        }
        FactResult::failed(
            Fact::Swap,
            found,
            [
                "`swapoff -a`, and remove it from /etc/fstab; `systemctl list-units --type swap` lists swap units: `systemctl mask` them",
                "or set `failSwapOn = false` under [kubeadm.kubelet_configuration]",
            ],
        )
    })
}

fn modules(at: &At) -> FactResult {
    let bridges_matter = wants_bridged_packets(at.scene.topology.version);
    FactResult::of(Fact::KernelModules, &at.preflight.modules, |there| {
        let missing: Vec<&str> = ["overlay", "br_netfilter"]
            .into_iter()
            .filter(|name| !there.contains(*name))
            .collect();
        let fix = [
            "`modprobe -a overlay br_netfilter`",
            "for the next boot: `printf 'overlay\\nbr_netfilter\\n' >/etc/modules-load.d/kubernetes.conf`",
        ];
        let found = format!("{} not loaded", missing.join(" and "));
        if missing.is_empty() {
            FactResult::ok(Fact::KernelModules, "overlay, br_netfilter")
        } else if bridges_matter || missing.contains(&"overlay") {
            FactResult::failed(Fact::KernelModules, found, fix)
        } else {
            FactResult::warning(Fact::KernelModules, found, fix)
        }
    })
}

fn sysctls(at: &At) -> FactResult {
    let topology = at.scene.topology;
    let mut needed = vec!["net.ipv4.ip_forward"];
    if topology
        .networks
        .pods
        .iter()
        .any(|network| network.addr().is_ipv6())
    {
        needed.push("net.ipv6.conf.all.forwarding");
    }
    if wants_bridged_packets(topology.version) {
        needed.push("net.bridge.bridge-nf-call-iptables");
    }
    FactResult::of(Fact::Sysctls, &at.preflight.sysctls, |values| {
        // A missing setting belongs to the module that brings it.
        let is_off = |name: &&&str| values.get(**name).is_some_and(|value| value != "1");
        let off: Vec<&&str> = needed.iter().filter(is_off).collect();
        if off.is_empty() {
            return FactResult::ok(Fact::Sysctls, "complete");
        }
        let shown: Vec<String> = off.iter().map(|name| format!("{name} is not 1")).collect();
        let lines: Vec<String> = off.iter().map(|name| format!("{name} = 1")).collect();
        let write = format!(
            "`printf '{}\\n' >/etc/sysctl.d/90-kubernetes.conf`, and `sysctl --system`",
            lines.join("\\n")
        );
        FactResult::failed(Fact::Sysctls, shown.join(", "), [write.as_str()])
    })
}

fn programs(at: &At) -> FactResult {
    let topology = at.scene.topology;
    let mut needed: Vec<(&str, &str)> = Vec::new();
    if at.runs_pods() {
        needed.extend([("ip", "iproute2"), ("mount", "mount")]);
        if wants_iptables(at.kubeadm()) {
            needed.push(("nsenter", "util-linux"));
        }
    }
    if at.host.is_node() {
        if wants_iptables(at.kubeadm()) {
            needed.push(("iptables", "iptables"));
        } else {
            needed.push(("losetup", "mount"));
        }
        if wants_conntrack(topology.version) {
            needed.push(("conntrack", "conntrack"));
        }
    }
    if needs_crictl(at) {
        needed.push(("crictl", "cri-tools"));
    }
    if at.host.is(Role::Balancer) {
        needed.push(("haproxy", "haproxy"));
        if topology.endpoint.vip.is_some() {
            needed.push(("keepalived", "keepalived"));
        }
    }
    if at.host.is(Role::Etcd) && topology.external_etcd.manager == EtcdManager::Systemd {
        needed.extend([("etcd", "etcd-server"), ("etcdctl", "etcd-client")]);
    }
    FactResult::of(Fact::Programs, &at.preflight.programs, |there| {
        let missing: Vec<&(&str, &str)> = needed.iter().filter(|(name, _)| !there.contains(*name)).collect();
        let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
        let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
        if !missing.is_empty() {
            let install = at.install(&names.join(", "), &packages.join(" "));
            let found = format!("{} not found", names.join(", "));
            return FactResult::failed(Fact::Programs, found, [install.as_str()]);
        }
        let speaks_to_sockets = ["socat", "python3", "perl"]
            .iter()
            .any(|name| there.contains(*name));
        if at.host.is(Role::Balancer) && !speaks_to_sockets {
            return FactResult::failed(
                Fact::Programs,
                "none of socat, python3 and perl found: hawser needs one of them for the socket of HAProxy",
                [at.install("socat", "socat").as_str()],
            );
        }
        if at.host.is_node() && warns_of_crictl(at.kubeadm()) && !there.contains("crictl") {
            let install = format!(
                "{}: kubeadm warns about it (FileExisting-crictl)",
                at.install("crictl", "cri-tools")
            );
            return FactResult::warning(Fact::Programs, "crictl not found", [install.as_str()]);
        }
        FactResult::ok(Fact::Programs, "complete")
    })
}

/// kubeadm asks for it where it initialises or joins; hawser itself where the runtime is not containerd.
fn needs_crictl(at: &At) -> bool {
    (at.host.is_node() && wants_crictl(at.kubeadm())) || (at.runs_pods() && !at.runs_containerd())
}
