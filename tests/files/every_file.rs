//! All that each host receives, host by host, for each version of kubeadm's configuration and both topologies.

use std::fmt::Write;

use hawser::remote::files::every_file;
use hawser::topology::{EtcdManager, Role, Topology, Version};

use crate::builder::{KUBEADM_1_20, KUBEADM_1_30, KUBEADM_1_36, external, filled, stacked, with_patches};
use crate::schema::assert_valid;

/// What is written where; the content of kubeadm's files is valid, and stands in snapshots of its own.
fn listing(topology: &Topology, kubeadm: Version) -> String {
    let mut text = String::new();
    for host in &topology.hosts {
        for file in every_file(topology, host, kubeadm).unwrap() {
            if file.path.starts_with("/run/hawser/kubeadm-") {
                assert_valid(&filled(&file));
            }
            let _ = writeln!(
                text,
                "{} {} {} {:04o}",
                host.name, file.path, file.owner, file.mode
            );
        }
    }
    text
}

#[test]
fn every_file_of_a_stacked_cluster() {
    let pages = [KUBEADM_1_20, KUBEADM_1_30, KUBEADM_1_36].map(|kubeadm| listing(&stacked(), kubeadm));

    assert!(pages[0] == pages[1] && pages[1] == pages[2]);
    insta::assert_snapshot!(pages[0]);
}

#[test]
fn every_file_of_a_cluster_with_external_etcd() {
    let pages = [KUBEADM_1_20, KUBEADM_1_30, KUBEADM_1_36].map(|kubeadm| listing(&external(), kubeadm));

    assert!(pages[0] == pages[1] && pages[1] == pages[2]);
    insta::assert_snapshot!(pages[0]);
}

#[test]
fn every_file_of_an_etcd_host_whose_etcd_is_run_by_systemd() {
    let mut topology = external();
    topology.external_etcd.manager = EtcdManager::Systemd;
    topology.hosts.retain(|host| host.is(Role::Etcd));

    insta::assert_snapshot!(listing(&topology, KUBEADM_1_36));
}

#[test]
fn patches_go_to_every_node() {
    let page = listing(&with_patches(), KUBEADM_1_36);

    for node in ["cp1", "cp2", "cp3", "w1"] {
        assert!(
            page.contains(&format!(
                "{node} /run/hawser/patches/etcd0+json.json root:root 0600\n"
            )),
            "{page}"
        );
    }
    assert_eq!(page.matches("/run/hawser/patches/").count(), 8);
}

#[test]
fn etcds_patches_go_to_etcd_hosts_too() {
    let topology = Topology {
        kubeadm: with_patches().kubeadm,
        ..external()
    };

    let page = listing(&topology, KUBEADM_1_36);

    assert!(page.contains("etcd1 /run/hawser/patches/etcd0+json.json root:root 0600\n"));
    assert!(!page.contains("etcd1 /run/hawser/patches/kube-apiserver"));
}

#[test]
fn what_only_hosts_know_stands_as_it_will_be_or_by_name() {
    let topology = stacked();
    let files = every_file(&topology, &topology.hosts[0], KUBEADM_1_36).unwrap();
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .unwrap()
            .content
            .masked()
    };

    assert_eq!(text("/etc/hosts").lines().count(), 4);
    assert!(!text("/etc/haproxy/haproxy.cfg").contains(" disabled"));
    assert!(
        text("/etc/keepalived/keepalived.conf")
            .contains("interface <the interface that carries 192.0.2.2>\n")
    );
}
