//! The cluster as these tests see it: by its own programs, on its own hosts.

use std::collections::BTreeMap;

use serde_json::Value;
use support::hawser::{LOOK, Workstation, report};
use support::host::{exec, try_exec};
use support::kubectl::{Kubectl, is_ready, name};
use support::wait;

use crate::fault::Run;

/// All hosts of the profile.
pub(crate) const HOSTS: [&str; 7] = ["lb1", "lb2", "cp1", "cp2", "cp3", "w1", "w2"];

/// One etcd member, as another lists it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Empty until it has started.
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) is_learner: bool,
}

/// etcdctl against a host's own member.
const ETCDCTL: &str = "etcdctl --endpoints=https://127.0.0.1:2379 \
    --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt \
    --key=/etc/kubernetes/pki/etcd/healthcheck-client.key";

/// etcd's members, as a host's own member lists them.
pub(crate) fn members(at: &str) -> Result<Vec<Member>, String> {
    let text = try_exec(at, &format!("{ETCDCTL} member list -w json")).answer()?;
    let list: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let all = list["members"].as_array().ok_or("no members")?;
    Ok(all.iter().map(member).collect())
}

fn member(value: &Value) -> Member {
    let url = value["peerURLs"][0].as_str().unwrap_or_default();
    Member {
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        address: url
            .trim_start_matches("https://")
            .trim_end_matches(":2380")
            .to_owned(),
        is_learner: value["isLearner"] == true,
    }
}

/// Waits until a host that has been started again serves its etcd.
pub(crate) fn await_members(at: &str) {
    wait::until("etcd answers", wait::LONG, || members(at).map(drop));
}

/// Waits until a member of this address is listed that has not started, while hawser runs.
pub(crate) fn await_unstarted(run: &mut Run, at: &str, address: &str) {
    wait::until("a member is listed and not started", wait::LONG, || {
        run.must_go_on();
        let members = members(at)?;
        let found = members
            .iter()
            .any(|member| member.address == address && member.name.is_empty());
        found.then_some(()).ok_or_else(|| format!("{members:?}"))
    });
}

/// The digest of the cluster's CA on a host.
pub(crate) fn ca(host: &str) -> String {
    exec(host, "sha256sum </etc/kubernetes/pki/ca.crt")
}

/// Each node's name and the id that it was given when it was made.
pub(crate) fn node_ids(workstation: &Workstation, at: &str) -> BTreeMap<String, String> {
    let nodes = Kubectl::new(workstation.kubeconfig())
        .at(at)
        .items(&["nodes"])
        .unwrap();
    let id = |node: &Value| node["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    nodes
        .iter()
        .map(|node| (name(node).to_owned(), id(node)))
        .collect()
}

/// Everything is whole, and hawser finds nothing to do.
pub(crate) fn assert_whole(workstation: &Workstation) {
    let nodes = Kubectl::new(workstation.kubeconfig()).items(&["nodes"]).unwrap();
    let mut ready: Vec<&str> = nodes.iter().filter(|node| is_ready(node)).map(name).collect();
    ready.sort_unstable();
    assert_eq!(ready, ["cp1", "cp2", "cp3", "w1", "w2"]);

    let health = exec("cp1", &format!("{ETCDCTL} endpoint health --cluster -w json"));
    assert_eq!(health.matches("\"health\":true").count(), 3, "{health}");
    let mut names: Vec<(String, bool)> = members("cp1")
        .unwrap()
        .into_iter()
        .map(|member| (member.name, member.is_learner))
        .collect();
    names.sort();
    assert_eq!(names, ["cp1", "cp2", "cp3"].map(|name| (name.to_owned(), false)));

    for host in HOSTS {
        let left = exec(
            host,
            "ls -d /run/hawser /etc/kubernetes/bootstrap-kubelet.conf 2>/dev/null || :",
        );
        assert_eq!(left, "", "left on {host}");
    }
    let again = workstation
        .hawser(&["apply", "--yes", "-o", "json"], LOOK)
        .exits(0);
    assert_eq!(report(&again.stdout)["changed"], 0, "{}", again.reply());
}

/// What must not change while hawser refuses: settings and identities, of every host.
pub(crate) fn fingerprint() -> String {
    let one = |host: &str| {
        let seen = exec(
            host,
            "find /etc /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env -xdev -type f \
             -printf '%p %C@ %s\\n' 2>/dev/null | LC_ALL=C sort",
        );
        format!("{host}\n{seen}")
    };
    HOSTS.map(one).concat()
}
