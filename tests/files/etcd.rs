//! What runs etcd on hosts of its own.

use std::collections::{BTreeMap, BTreeSet};

use hawser::remote::files::etcd::{
    Beginning, Program, client_url, cluster_token, kubeadm_file, kubelet_configuration, kubelet_drop_in,
    peer_url, unit,
};
use hawser::remote::files::{patch_flags, patches};
use hawser::topology::{Role, Topology, Version};

use crate::builder::{
    KUBEADM_1_20, KUBEADM_1_30, KUBEADM_1_36, external, filled, find, patch, with_passthrough, with_patches,
};
use crate::schema::assert_valid;

const ETCD_3_4: Version = Version::new(3, 4, 23);
const ETCD_3_6: Version = Version::new(3, 6, 8);

/// An etcd of which no more is known.
fn program(path: &str, version: Version) -> Program<'_> {
    Program {
        path,
        version,
        flags: None,
    }
}

/// The external one, with kubelet's settings of the user's and a flag of etcd's.
fn with_settings() -> Topology {
    let mut topology = external();
    topology.kubeadm.kubelet_configuration = with_passthrough().kubeadm.kubelet_configuration;
    let password = "50%$ \"x\"".to_owned();
    topology.external_etcd.arguments = BTreeMap::from([
        ("quota-backend-bytes".to_owned(), "8589934592".to_owned()),
        ("snapshot-count".to_owned(), "5000".to_owned()),
        ("log-outputs".to_owned(), password),
    ]);
    topology
}

fn all(topology: &Topology) -> Beginning {
    Beginning::together(topology.with_role(Role::Etcd))
}

fn kubeadm(topology: &Topology, version: Version) -> String {
    let file = kubeadm_file(topology, find(topology, "etcd2"), version, &all(topology)).unwrap();
    assert_valid(&filled(&file));
    file.content.masked()
}

#[test]
fn members_know_each_other_by_name_and_address() {
    let topology = external();

    assert_eq!(
        all(&topology).initial_cluster(),
        "etcd1=https://192.0.2.21:2380,etcd2=https://192.0.2.22:2380,etcd3=https://192.0.2.23:2380"
    );
    assert_eq!(peer_url(find(&topology, "etcd2")), "https://192.0.2.22:2380");
    assert_eq!(client_url(find(&topology, "etcd2")), "https://192.0.2.22:2379");
    assert_eq!(cluster_token(&topology), "demo");
}

#[test]
fn kubeadm_v1beta2() {
    insta::assert_snapshot!(kubeadm(&external(), KUBEADM_1_20));
}

#[test]
fn kubeadm_v1beta3() {
    insta::assert_snapshot!(kubeadm(&external(), KUBEADM_1_30));
}

#[test]
fn kubeadm_v1beta4() {
    insta::assert_snapshot!(kubeadm(&with_settings(), KUBEADM_1_36));
}

#[test]
fn kubeadm_is_told_of_etcds_patches_in_its_file_or_by_a_flag() {
    let mut topology = external();
    topology.kubeadm.patches = with_patches().kubeadm.patches;
    let flags = |version| patch_flags(&topology, find(&topology, "etcd2"), version).unwrap();
    let in_file = "patches:\n  directory: \"/run/hawser/patches\"\n";

    assert!(!kubeadm(&topology, KUBEADM_1_20).contains("patches"));
    assert_eq!(
        flags(KUBEADM_1_20),
        ["--experimental-patches=/run/hawser/patches"]
    );
    assert!(kubeadm(&topology, KUBEADM_1_30).contains(in_file));
    assert!(kubeadm(&topology, KUBEADM_1_36).contains(in_file));
    assert_eq!(flags(KUBEADM_1_36), [""; 0]);
}

#[test]
fn patches_of_other_things_are_nothing_to_an_etcd_host() {
    let mut topology = external();
    topology.kubeadm.patches = vec![patch("corednsdeployment.yaml", "corednsdeployment", "{}\n")];
    let etcd2 = find(&topology, "etcd2");

    assert_eq!(patches(&topology, etcd2, KUBEADM_1_20).unwrap(), []);
    assert_eq!(patch_flags(&topology, etcd2, KUBEADM_1_20).unwrap(), [""; 0]);
    assert!(!kubeadm(&topology, KUBEADM_1_36).contains("patches"));
}

#[test]
fn a_kubelet_that_takes_the_runtime_by_a_flag() {
    let topology = with_settings();
    let file = kubelet_configuration(&topology, KUBEADM_1_20).unwrap();
    assert_valid(&filled(&file));
    let drop_in = kubelet_drop_in(&topology, find(&topology, "etcd1"), KUBEADM_1_20).unwrap();

    insta::assert_snapshot!(format!("{}\n{}", drop_in.content.masked(), file.content.masked()));
}

#[test]
fn a_kubelet_that_takes_the_runtime_in_its_file() {
    let topology = external();
    let file = kubelet_configuration(&topology, KUBEADM_1_36).unwrap();
    assert_valid(&filled(&file));
    let drop_in = kubelet_drop_in(&topology, find(&topology, "etcd1"), KUBEADM_1_36).unwrap();

    insta::assert_snapshot!(format!("{}\n{}", drop_in.content.masked(), file.content.masked()));
}

#[test]
fn a_unit_for_the_etcd_of_debian_12() {
    let topology = external();

    let file = unit(
        &topology,
        find(&topology, "etcd1"),
        program("/usr/bin/etcd", ETCD_3_4),
        &all(&topology),
    )
    .unwrap();

    assert_eq!(
        (file.path.as_str(), file.mode),
        ("/etc/systemd/system/etcd.service", 0o644)
    );
    insta::assert_snapshot!(file.content.masked());
}

#[test]
fn a_unit_with_the_users_flags_for_an_etcd_with_feature_gates() {
    let topology = with_settings();

    let file = unit(
        &topology,
        find(&topology, "etcd1"),
        program("/opt/my etcd/etcd", ETCD_3_6),
        &all(&topology),
    )
    .unwrap();

    insta::assert_snapshot!(file.content.masked());
}

#[test]
fn a_member_that_joins_others_begins_after_them() {
    let topology = external();
    let etcd3 = find(&topology, "etcd3");
    let member = |name: &str, url: String| (name.to_owned(), url);
    let beginning = Beginning::after(vec![
        member("old", "https://192.0.2.99:2380".to_owned()),
        member("etcd3", peer_url(etcd3)),
    ]);

    let pod = kubeadm_file(&topology, etcd3, KUBEADM_1_20, &beginning).unwrap();
    let unit = unit(&topology, etcd3, program("/usr/bin/etcd", ETCD_3_4), &beginning).unwrap();

    let members = "old=https://192.0.2.99:2380,etcd3=https://192.0.2.23:2380";
    let pod = pod.content.masked();
    assert!(pod.contains(&format!("initial-cluster: \"{members}\"")), "{pod}");
    assert!(pod.contains("initial-cluster-state: \"existing\""), "{pod}");
    let unit = unit.content.masked();
    assert!(unit.contains(&format!("--initial-cluster={members} ")), "{unit}");
    assert!(unit.contains("--initial-cluster-state=existing "), "{unit}");
}

/// The flags that an etcd's `--help` lists.
fn listed(help: &str) -> BTreeSet<String> {
    let lines = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--"));
    let names = lines.filter_map(|line| {
        line.split(|c: char| c != '-' && !c.is_ascii_alphanumeric())
            .next()
    });
    names.map(str::to_owned).collect()
}

#[test]
fn a_unit_has_kubeadms_own_flags_and_none_that_the_hosts_etcd_does_not_list() {
    let topology = external();
    let old = "experimental-watch-progress-notify-interval";
    let captured = [
        (
            (3, 4, 23),
            include_str!("../../src/remote/etcd/captured/etcd-help-3.4.23.txt"),
            old,
        ),
        (
            (3, 5, 1),
            include_str!("../../src/remote/etcd/captured/etcd-help-3.5.1.txt"),
            old,
        ),
        (
            (3, 6, 8),
            include_str!("../../src/remote/etcd/captured/etcd-help-3.6.8.txt"),
            "watch-progress-notify-interval",
        ),
    ];
    for ((major, minor, patch), help, progress) in captured {
        let flags = listed(help);
        let version = Version::new(major, minor, patch);
        let written = |flags: &BTreeSet<String>| {
            let etcd = Program {
                flags: Some(flags),
                ..program("/usr/bin/etcd", version)
            };
            let file = unit(&topology, find(&topology, "etcd1"), etcd, &all(&topology)).unwrap();
            file.content.masked()
        };

        let text = written(&flags);

        let unknown = &listed(&text) - &flags;
        assert!(unknown.is_empty(), "{version}: {unknown:?}");
        assert!(text.contains(&format!("--{progress}=5s")), "{version}: {text}");
        // 3.4 has it from 3.4.11 on.
        let mut older = flags.clone();
        older.remove(progress);
        assert!(!written(&older).contains("watch-progress"), "{version}");
    }
}
