//! The container runtime, whether kubelet and it agree, and what has to start with the host.

use super::{At, Fact, Said};
use crate::topology::Role;

pub(super) fn of(at: &At) -> Vec<Said> {
    if !at.runs_pods() {
        return Vec::new();
    }
    let mut said = vec![runtime(at)];
    if at.host.is_node() {
        said.extend(driver(at));
    }
    said.push(services(at));
    said
}

fn runtime(at: &At) -> Said {
    let socket = &at.scene.topology.kubeadm.cri_socket;
    let containerd = at.preflight.containerd.as_ref().and_then(|found| found.known());
    if containerd.is_some_and(|found| found.cri_is_disabled) {
        return Said::error(
            Fact::Runtime,
            "containerd's plugin for Kubernetes is switched off",
            [
                "take `cri` out of `disabled_plugins` in /etc/containerd/config.toml (`containerd config default` writes a whole one)",
                "`systemctl restart containerd`",
            ],
        );
    }
    match &at.preflight.runtime {
        crate::facts::Observed::Known(name) => Said::fine(Fact::Runtime, name.as_str()),
        crate::facts::Observed::Unknown(why) => {
            let look = format!("`systemctl status containerd`; `cri_socket` under [kubeadm] says {socket}");
            Said::error(Fact::Runtime, why.as_str(), [look.as_str()])
        }
    }
}

fn driver(at: &At) -> Option<Said> {
    let topology = at.scene.topology;
    let kubelet = if topology.cgroups_are_systemds() {
        "systemd"
    } else {
        "cgroupfs"
    };
    let containerd = at.preflight.containerd.as_ref()?;
    Some(Said::of(Fact::CgroupDriver, containerd, |containerd| {
        let runtime = if containerd.systemd_cgroup {
            "systemd"
        } else {
            "cgroupfs"
        };
        if runtime == kubelet {
            return Said::fine(Fact::CgroupDriver, runtime);
        }
        let set = format!(
            "set `SystemdCgroup = {}` for runc in /etc/containerd/config.toml, and `systemctl restart containerd`",
            kubelet == "systemd"
        );
        let or = format!("or set `cgroupDriver = \"{runtime}\"` under [kubeadm.kubelet_configuration]");
        Said::error(
            Fact::CgroupDriver,
            format!(
                "containerd's is {runtime}, kubelet's will be {kubelet}: pods would restart again and again"
            ),
            [set.as_str(), or.as_str()],
        )
    }))
}

fn services(at: &At) -> Said {
    let mut needed = vec!["kubelet"];
    if at.runs_containerd() {
        needed.push("containerd");
    }
    let is_off = |name: &&&str| {
        let unit = at.facts.units.get(**name);
        unit.is_none_or(|unit| !unit.enabled)
    };
    // A kubelet of an etcd host is switched on by hawser.
    let is_own = |name: &&&str| at.host.is(Role::Etcd) && **name == "kubelet";
    let off: Vec<&str> = needed
        .iter()
        .filter(|name| is_off(name) && !is_own(name))
        .copied()
        .collect();
    if off.is_empty() {
        return Said::fine(Fact::Services, "start with the host");
    }
    let enable = format!("`systemctl enable {}`", off.join(" "));
    let found = format!("{} would not start with the host", off.join(" and "));
    Said::warning(Fact::Services, found, [enable.as_str()])
}

impl At<'_> {
    /// Whether its container runtime is containerd, as its socket says.
    pub(super) fn runs_containerd(&self) -> bool {
        self.scene.topology.kubeadm.cri_socket.contains("containerd")
    }
}
