//! Reads what of its preparation a host has.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::answer::Answers;
use super::{HostFacts, StaticPod};
use crate::topology::{Host, Role, Topology};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PreparationFacts {
    /// `PRETTY_NAME` of os-release.
    pub system: String,
    pub is_debians: bool,
    /// dpkg's architecture, such as `amd64`; empty where there is no dpkg.
    pub architecture: String,
    /// What dpkg knows to be installed, by name.
    pub packages: BTreeMap<String, Installed>,
    /// From where swap is on or comes back, such as `active /dev/sda2`, `fstab UUID=…`, `unit dev-zram0.swap`.
    pub swap: Vec<String>,
    /// Those of the modules asked for that are loaded or built in.
    pub modules: BTreeSet<String>,
    /// Those of the settings asked for that the kernel has.
    pub sysctls: BTreeMap<String, String>,
    /// Whether packages lie there that an earlier run sent, and did not install.
    pub has_leftover_packages: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// As dpkg writes it: `1.34.2-1.1`.
    pub version: String,
    /// Whether upgrades leave it as it is.
    pub is_held: bool,
}

/// Whether hawser prepares a host: where the inventory says so, it is Debian's or Ubuntu's, and
/// nothing of a cluster is on it.
pub fn is_prepared(topology: &Topology, host: &Host, facts: &HostFacts) -> bool {
    let found = facts.preparation.as_ref();
    topology.preparation.is_some() && found.is_some_and(|found| found.is_debians) && !is_in_use(host, facts)
}

/// Whether something of a cluster is on it: what it runs with is not changed under it.
pub fn is_in_use(host: &Host, facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    let is_node =
        found.may_have_kubelet_identity() || found.has_bootstrap_kubelet_conf || found.has_admin_conf;
    let is_member = found.has_etcd_data || found.has_manifest(StaticPod::Etcd);
    let haproxy = facts.balancer.as_ref().filter(|_| host.is(Role::Balancer));
    let balances = haproxy.is_some_and(|haproxy| matches!(haproxy.running.known(), Some(Some(_))));
    is_node || is_member || balances || found.kubelet_listens || facts.kubelet_works()
}

/// What nothing keeps up ends sooner, in seconds.
const LASTS_S: u64 = 30;

impl HostFacts {
    /// Whether a kubelet runs, whoever configured it. One that was installed and finds nothing to start with ends
    /// within a second, again and again.
    pub fn kubelet_works(&self) -> bool {
        let kubelet = self.units.get("kubelet").filter(|unit| unit.active);
        kubelet.is_some_and(|unit| self.kubernetes.has_kubelet_config || unit.active_for_s >= LASTS_S)
    }
}

/// Distributions whose packages are where hawser looks for them.
const PREPARED: [&str; 2] = ["debian", "ubuntu"];

/// Reads what a look (`remote::preparation::look`) wrote to standard output.
///
/// `Err` when the answer is cut short, or something could not be told: nothing is changed on a guess.
pub fn read_preparation(output: &[u8]) -> Result<PreparationFacts, String> {
    let answers = Answers::read(output)?;
    let mut distribution = answers.success("distribution")?.lines();
    let mut line = || distribution.next().unwrap_or_default();
    let (system, ids, architecture) = (line().to_owned(), line(), line().to_owned());
    let id = ids.split_whitespace().next().unwrap_or_default();
    let packages = match answers.get("packages") {
        Some(answer) => answer.success()?,
        None => "",
    };
    let lines = |key: &str| answers.success(key).map(str::lines);
    Ok(PreparationFacts {
        system,
        is_debians: PREPARED.contains(&id) && answers.get("packages").is_some(),
        architecture,
        packages: packages.lines().filter_map(package).collect(),
        swap: lines("swap")?.map(str::to_owned).collect(),
        modules: lines("modules")?.map(str::to_owned).collect(),
        sysctls: lines("sysctls")?.filter_map(setting).collect(),
        has_leftover_packages: answers.get("leftover_packages").is_some(),
    })
}

/// `kubeadm 1.34.2-1.1 hold installed`; what was removed, or is half installed, is not installed.
fn package(line: &str) -> Option<(String, Installed)> {
    let mut words = line.split(' ');
    let (name, version, want, status) = (words.next()?, words.next()?, words.next()?, words.next()?);
    (status == "installed").then(|| {
        let installed = Installed {
            version: version.to_owned(),
            is_held: want == "hold",
        };
        (name.to_owned(), installed)
    })
}

/// The kernel separates several numbers by tabs.
fn setting(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(' ')?;
    let value: Vec<&str> = value.split_whitespace().collect();
    Some((name.to_owned(), value.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::answer::tests::line;

    fn answer(ids: &str, packages: &str) -> String {
        line("distribution", &format!("A system\n{ids}\namd64\n"), 0, "")
            + &line("packages", packages, 0, "")
            + &line("swap", "active /dev/sda2\nfstab UUID=1\n", 0, "")
            + &line("modules", "overlay\n", 0, "")
            + &line(
                "sysctls",
                "net.ipv4.ip_forward 1\nnet.ipv4.tcp_rmem 4096\t131072\t6291456\n",
                0,
                "",
            )
            + &line("leftover_packages", "", 0, "")
            + &line("end", "", 0, "")
    }

    #[test]
    fn packages_are_those_that_are_installed() {
        let packages = "kubeadm 1.34.2-1.1 hold installed\nsocat 1.7-2 install installed\netcd-server 3.4 deinstall config-files\nlibx 1 install half-configured\n";

        let found = read_preparation(answer("debian ", packages).as_bytes()).unwrap();

        let shown: Vec<_> = found
            .packages
            .iter()
            .map(|(name, found)| (name.as_str(), found.version.as_str(), found.is_held))
            .collect();
        assert_eq!(
            shown,
            [("kubeadm", "1.34.2-1.1", true), ("socat", "1.7-2", false)]
        );
        assert!(found.has_leftover_packages);
        assert_eq!(found.swap, ["active /dev/sda2", "fstab UUID=1"]);
        assert_eq!(found.sysctls["net.ipv4.tcp_rmem"], "4096 131072 6291456");
    }

    #[test]
    fn a_system_that_is_like_debian_is_not_debian() {
        let is_debians = |ids: &str| read_preparation(answer(ids, "").as_bytes()).unwrap().is_debians;

        assert!(is_debians("ubuntu debian"));
        assert!(!is_debians("raspbian debian"));
        assert!(!is_debians("rocky rhel centos fedora"));
    }

    #[test]
    fn where_there_is_no_dpkg_nothing_is_prepared() {
        let output = line("distribution", "Debian\ndebian \n\n", 0, "")
            + &line("swap", "", 0, "")
            + &line("modules", "", 0, "")
            + &line("sysctls", "", 0, "")
            + &line("end", "", 0, "");

        assert!(!read_preparation(output.as_bytes()).unwrap().is_debians);
    }
}
