//! The cluster that was built is whole, by every way of asking, and its administrator has a key to it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use support::hawser::{LOOK, Workstation, administrator};
use support::{host, lab};

use crate::evidence::PROFILE;

const CONTROL_PLANES: [&str; 3] = ["cp1", "cp2", "cp3"];

#[test]
fn a20_five_nodes_are_ready_through_the_vip() {
    let mut ready = administrator(PROFILE).kubectl.ready_nodes().unwrap();

    ready.sort();
    assert_eq!(ready, ["cp1", "cp2", "cp3", "w1", "w2"]);
}

#[test]
fn a20_each_api_server_is_ready_directly_and_through_the_vip() {
    let credentials = administrator(PROFILE).credentials;
    let mut servers = CONTROL_PLANES.map(|name| lab::address(PROFILE, name)).to_vec();
    servers.push(lab::VIP.to_owned());

    for server in servers {
        let answer = credentials.get(&server, "/readyz", Duration::from_secs(20));
        assert_eq!(answer.as_deref(), Ok("ok"), "{server}");
    }
}

#[test]
fn a20_etcd_has_three_healthy_members() {
    let ask = |what: &str| {
        let script = format!(
            "etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt \
             --cert=/etc/kubernetes/pki/etcd/peer.crt --key=/etc/kubernetes/pki/etcd/peer.key -w json {what}"
        );
        serde_json::from_str::<Value>(&host::exec("cp1", &script)).unwrap()
    };

    let members = ask("member list")["members"].as_array().cloned().unwrap();
    let health = ask("endpoint health --cluster").as_array().cloned().unwrap();

    let mut names: Vec<&str> = members
        .iter()
        .filter_map(|member| member["name"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, CONTROL_PLANES);
    assert!(
        members.iter().all(|member| member["isLearner"] != true),
        "{members:?}"
    );
    assert_eq!(health.len(), 3);
    assert!(health.iter().all(|member| member["health"] == true), "{health:?}");
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Whether a kubeconfig's context speaks to the endpoint, as the administrator.
fn assert_context(text: &str, context: &str) {
    assert!(text.contains("server: https://api.lab.test:6443"), "{text}");
    assert!(text.contains(&format!("name: {context}")), "{text}");
    assert!(text.contains("client-key-data: "), "no key");
}

#[test]
fn a20_the_kubeconfig_is_written_for_its_owner_alone() {
    let workstation = Workstation::new(PROFILE);

    let path = workstation.kubeconfig();

    assert_eq!(mode(&path), 0o600);
    assert_context(&std::fs::read_to_string(&path).unwrap(), "lab-stacked");
}

#[test]
fn a20_the_kubeconfig_is_merged_into_the_operators_own_and_a_backup_kept() {
    let workstation = Workstation::new(PROFILE);
    let folder = workstation.folder().join("home/.kube");
    std::fs::create_dir(&folder).unwrap();
    let before = "apiVersion: v1\nkind: Config\ncurrent-context: mine\n\
                  contexts:\n- name: mine\n  context: {cluster: mine, user: mine}\n\
                  clusters:\n- name: mine\n  cluster: {server: \"https://192.0.2.1\"}\n\
                  users:\n- name: mine\n  user: {token: abc}\n";
    std::fs::write(folder.join("config"), before).unwrap();

    let ran = workstation.hawser(&["kubeconfig", "--merge"], LOOK).exits(0);

    let after = std::fs::read_to_string(folder.join("config")).unwrap();
    assert_context(&after, "lab-stacked");
    assert!(after.contains("server: https://192.0.2.1"), "{after}");
    assert_eq!(mode(&folder.join("config")), 0o600);
    let entries = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let kept = entries.filter(|path| std::fs::read_to_string(path).unwrap() == before);
    assert_eq!(kept.count(), 1, "no backup: {}", ran.reply());
}
