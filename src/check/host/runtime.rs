//! The container runtime, whether kubelet and it agree, and what has to start with the host.

use super::{At, Fact, FactResult};
use crate::topology::Role;
use crate::versions::kubernetes::asks_runtime_for_driver;

pub(super) fn of(at: &At) -> Vec<FactResult> {
    if !at.runs_pods() {
        return Vec::new();
    }
    let mut result = vec![runtime(at)];
    if at.host.is_node() {
        result.extend(driver(at));
    }
    result.push(services(at));
    result
}

fn runtime(at: &At) -> FactResult {
    let socket = &at.scene.topology.kubeadm.cri_socket;
    let containerd = at.preflight.containerd.as_ref().and_then(|found| found.known());
    if containerd.is_some_and(|found| found.cri_is_disabled) {
        return FactResult::failed(
            Fact::ContainerRuntime,
            "containerd's CRI plugin is disabled",
            [
                "remove `cri`, and every name that ends in `cri` or starts with `io.containerd.cri`, from `disabled_plugins` in /etc/containerd/config.toml (`containerd config default` prints a complete one)",
                "`systemctl restart containerd`",
            ],
        );
    }
    match &at.preflight.runtime {
        crate::facts::Observed::Known(name) => FactResult::ok(Fact::ContainerRuntime, name.as_str()),
        crate::facts::Observed::Unknown(why) => {
            let look = format!("`systemctl status containerd`; `cri_socket` under [kubeadm] is {socket}");
            FactResult::failed(Fact::ContainerRuntime, why.as_str(), [look.as_str()])
        }
    }
}

/// kubelet's driver is the inventory's, unless it asks the runtime, which then has the last word.
fn driver(at: &At) -> Option<FactResult> {
    let containerd = at
        .preflight
        .containerd
        .as_ref()
        .filter(|_| at.runs_containerd())?;
    Some(FactResult::of(Fact::CgroupDriver, containerd, |containerd| {
        let inventory = driver_of(at.scene.topology.cgroups_are_systemds());
        let runtime = driver_of(containerd.systemd_cgroup);
        let init = at.preflight.init.known().map(String::as_str);
        if runtime == SYSTEMD && init.is_some_and(|init| init != SYSTEMD) {
            return driver_without_systemd(init.unwrap_or_default());
        }
        if runtime == inventory {
            return FactResult::ok(Fact::CgroupDriver, runtime);
        }
        if !kubelet_asks_runtime(at) {
            return two_drivers(runtime, inventory);
        }
        let found = format!("{runtime}: kubelet uses containerd's driver, not the inventory's {inventory}");
        if runtime == SYSTEMD || init != Some(SYSTEMD) {
            return FactResult::ok(Fact::CgroupDriver, found);
        }
        FactResult::warning(
            Fact::CgroupDriver,
            found,
            [
                "systemd, this host's init, manages cgroups too: with two managers a node is unstable when memory runs short",
                set_driver(SYSTEMD).as_str(),
                "or, if you want cgroupfs, set `cgroupDriver = \"cgroupfs\"` under [kubeadm.kubelet_configuration]",
            ],
        )
    }))
}

/// As a kubelet does that is older than the question, or whose containerd cannot answer it.
fn two_drivers(runtime: &str, inventory: &str) -> FactResult {
    let or = format!("or set `cgroupDriver = \"{runtime}\"` under [kubeadm.kubelet_configuration]");
    FactResult::failed(
        Fact::CgroupDriver,
        format!("containerd uses {runtime}, kubelet will use {inventory}: pods would restart repeatedly"),
        [set_driver(inventory).as_str(), or.as_str()],
    )
}

fn driver_without_systemd(init: &str) -> FactResult {
    let set = set_driver("cgroupfs");
    FactResult::failed(
        Fact::CgroupDriver,
        format!("containerd uses systemd, but this host's init is {init}: no container would start"),
        [
            set.as_str(),
            "and `cgroupDriver = \"cgroupfs\"` under [kubeadm.kubelet_configuration]",
        ],
    )
}

fn set_driver(driver: &str) -> String {
    format!(
        "set `SystemdCgroup = {}` for runc in /etc/containerd/config.toml, and `systemctl restart containerd`",
        driver == SYSTEMD
    )
}

fn driver_of(is_systemds: bool) -> &'static str {
    if is_systemds { SYSTEMD } else { "cgroupfs" }
}

/// Whether the kubelet will take the runtime's driver and pass over its own. A containerd that does not know the
/// question leaves it to its configuration.
fn kubelet_asks_runtime(at: &At) -> bool {
    let configuration = &at.scene.topology.kubeadm.kubelet_configuration;
    let gates = configuration.get("featureGates");
    let gate = gates.and_then(|gates| gates.get("KubeletCgroupDriverFromCRI")?.as_bool());
    asks_runtime_for_driver(at.kubelet(), gate) && at.preflight.containerd_tells_driver()
}

const SYSTEMD: &str = "systemd";

fn services(at: &At) -> FactResult {
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
        return FactResult::ok(Fact::Services, "start at boot");
    }
    let enable = format!("`systemctl enable {}`", off.join(" "));
    let found = format!("{} would not start at boot", off.join(" and "));
    FactResult::warning(Fact::Services, found, [enable.as_str()])
}

impl At<'_> {
    /// Whether its container runtime is containerd, as its socket says.
    pub(super) fn runs_containerd(&self) -> bool {
        self.scene.topology.kubeadm.cri_socket.contains("containerd")
    }
}
