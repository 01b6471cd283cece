//! What good inventories mean.

use std::collections::BTreeSet;
use std::path::Path;

use hawser::inventory::Loaded;
use hawser::remote::files::every_file;
use hawser::topology::{EtcdTopology, HostName, PackageSource, Role, Sudo, Swap, Version};

use crate::workshop::{GOOD, good_but, load_text, rendered};

#[test]
fn a_good_inventory_is_resolved_with_its_defaults() {
    let Loaded { topology, warnings } = load_text("good.toml", GOOD).unwrap();

    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(topology.version, Version::new(1, 34, 2));
    assert_eq!(topology.endpoint.authority(), "api.demo.example:6443");
    assert_eq!(topology.endpoint_address(), Some("192.0.2.10".parse().unwrap()));
    assert_eq!(topology.endpoint.virtual_router_id, 51);
    assert_eq!((topology.api_port, topology.ssh.handshakes), (6443, 50));
    assert_eq!(topology.workers_at_once, 10);
    assert_eq!(topology.networks.dns_domain, "cluster.local");
    assert_eq!(topology.manifests[0].source, "pod-network.yaml");
    assert_eq!(
        (topology.files[0].mode, topology.files[0].owner.as_str()),
        (0o644, "root:root")
    );
    let host = topology.host(&HostName::from("w1")).unwrap();
    assert_eq!(host.ssh.identities, [Path::new("id_demo")]);
    assert_eq!(
        (host.ssh.user.as_str(), host.ssh.port, host.ssh.sudo),
        ("root", 22, Sudo::None)
    );
    assert_eq!(host.taints[0].effect, "NoSchedule");
    assert!(host.ssh.agent && host.is(Role::Worker));
}

#[test]
fn a_host_may_be_reached_by_name_and_have_its_own_user() {
    let edits = [(
        "address = \"192.0.2.31\"",
        "address = \"w1.example.org\"\nprivate_address = \"10.0.0.31\"\nssh = { user = \"ops\", port = 2222 }",
    )];

    let topology = load_text("named.toml", &good_but(&edits)).unwrap().topology;

    let host = topology.host(&HostName::from("w1")).unwrap();
    assert_eq!(host.address.to_string(), "10.0.0.31");
    assert_eq!(
        (host.ssh.address.as_str(), host.ssh.port),
        ("w1.example.org", 2222)
    );
    assert_eq!(
        (host.ssh.user.as_str(), host.ssh.sudo),
        ("ops", Sudo::Passwordless)
    );
}

#[test]
fn a_balancer_may_share_a_host_with_a_control_plane_where_ports_differ() {
    let edits = [
        (
            "[\"control-plane\"]\n\n[[hosts]]",
            "[\"control-plane\", \"worker\", \"balancer\"]\n\n[[hosts]]",
        ),
        ("[endpoint]", "[endpoint]\nport = 8443"),
    ];

    assert!(load_text("shared.toml", &good_but(&edits)).is_ok());
}

#[test]
fn dual_stack_networks_are_lists_of_two() {
    let edits = [
        ("\"10.244.0.0/16\"", "[\"10.244.0.0/16\", \"2001:db8:42::/56\"]"),
        ("\"10.96.0.0/12\"", "[\"10.96.0.0/12\", \"2001:db8:43::/112\"]"),
    ];

    let topology = load_text("dual.toml", &good_but(&edits)).unwrap().topology;

    assert_eq!(
        (topology.networks.pods.len(), topology.networks.services.len()),
        (2, 2)
    );
}

#[test]
fn templates_and_patches_are_folders_beside_the_inventory() {
    let edits = [
        ("[cluster]", "templates = \"templates\"\n\n[cluster]"),
        ("[ssh]", "[kubeadm]\npatches = \"patches\"\n\n[ssh]"),
    ];

    let topology = load_text("folders.toml", &good_but(&edits)).unwrap().topology;

    let patches = topology.kubeadm.patches.iter();
    let patches: Vec<_> = patches
        .map(|patch| (patch.name.as_str(), patch.target.as_str()))
        .collect();
    assert_eq!(
        patches,
        [
            ("etcd0.json", "etcd"),
            ("kube-apiserver+merge.yaml", "kube-apiserver")
        ]
    );
    let name = "kubeadm/kube-proxy.yaml.j2";
    assert_eq!(
        topology.templates.path(name),
        "templates/kubeadm/kube-proxy.yaml.j2"
    );
    assert!(
        topology
            .templates
            .all()
            .any(|(own, text)| own == name && text == "kind: KubeProxyConfiguration\n")
    );
}

#[test]
fn kubeadms_fragments_keep_their_types() {
    let fragment =
        "[kubeadm.kubelet_configuration]\nmaxPods = 50\nserializeImagePulls = false\nshare = 0.5\n\n[ssh]";

    let topology = load_text("types.toml", &good_but(&[("[ssh]", fragment)]))
        .unwrap()
        .topology;

    let expected = serde_json::json!({ "maxPods": 50, "serializeImagePulls": false, "share": 0.5 });
    assert_eq!(
        serde_json::Value::Object(topology.kubeadm.kubelet_configuration),
        expected
    );
}

/// Three hosts for etcd, before the hosts that there are.
fn etcd_hosts() -> String {
    let members = ["1", "2", "3"].map(|n| {
        format!("[[hosts]]\nname = \"etcd{n}\"\naddress = \"192.0.2.4{n}\"\nroles = [\"etcd\"]\n\n")
    });
    format!("{}[[hosts]]", members.concat())
}

#[test]
fn control_planes_may_be_the_balancers_where_etcd_has_hosts_of_its_own() {
    let both = "[\"balancer\", \"control-plane\"]";
    let edits = [
        ("[endpoint]", "topology = \"external\"\n\n[endpoint]\nport = 8443"),
        ("[\"balancer\"]", both),
        ("[\"balancer\"]", both),
        (
            "[\"control-plane\"]\n\n[[hosts]]\nname = \"w1",
            &format!("{both}\n\n[[hosts]]\nname = \"w1"),
        ),
        ("[[hosts]]", &etcd_hosts()),
    ];

    let Loaded { topology, warnings } = load_text("compact-external.toml", &good_but(&edits)).unwrap();

    assert_eq!(warnings, Vec::<String>::new());
    let counts =
        [Role::Balancer, Role::ControlPlane, Role::Etcd].map(|role| topology.with_role(role).count());
    assert_eq!((counts, topology.hosts.len()), ([3, 3, 3], 7));
}

#[test]
fn external_etcd_has_three_hosts_of_its_own() {
    let edits = [
        ("[endpoint]", "topology = \"external\"\n\n[endpoint]"),
        ("[[hosts]]", &etcd_hosts()),
    ];

    let Loaded { topology, warnings } = load_text("external.toml", &good_but(&edits)).unwrap();

    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(topology.etcd, EtcdTopology::External);
    assert_eq!(topology.with_role(Role::Etcd).count(), 3);
}

#[test]
fn hosts_come_prepared_where_nothing_is_said() {
    let loaded = load_text("good.toml", GOOD).unwrap();

    assert_eq!(loaded.topology.preparation, None);
}

#[test]
fn preparation_that_is_not_asked_for_is_warned_about() {
    let text = good_but(&[("[networks]", "[preparation]\nswap = \"keep\"\n\n[networks]")]);

    let loaded = load_text("good.toml", &text).unwrap();

    assert_eq!(loaded.topology.preparation, None);
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].contains("has no effect without `prepare = true`"));
}

#[test]
fn preparation_has_what_kubernetes_needs_by_default() {
    let text = good_but(&[("[cluster]", "prepare = true\n\n[cluster]")]);

    let preparation = load_text("good.toml", &text)
        .unwrap()
        .topology
        .preparation
        .unwrap();

    assert_eq!(preparation.source, PackageSource::Own);
    assert_eq!(preparation.modules, ["overlay", "br_netfilter"]);
    let sysctls: Vec<&str> = preparation.sysctls.keys().map(String::as_str).collect();
    assert_eq!(
        sysctls,
        [
            "net.bridge.bridge-nf-call-ip6tables",
            "net.bridge.bridge-nf-call-iptables",
            "net.ipv4.ip_forward"
        ]
    );
    assert_eq!(preparation.swap, Swap::Off);
    assert_eq!(preparation.sandbox_image, None, "kubeadm is asked");
}

#[test]
fn a_repository_has_its_key_and_a_setting_its_own_value() {
    let table = "[preparation]\nrepository = \"https://p.example/v1.34/deb\"\nkey = \"kubernetes.asc\"\n\
                 fingerprint = \"E804 F2B8 DAD4 3FA8 9C4F  21E6 C8E8 A914 FECF 7ACB\"\nmodules = [\"overlay\"]\n\
                 sysctls = { \"net.ipv4.ip_forward\" = \"0\" }\n\n[networks]";
    let text = good_but(&[
        ("[cluster]", "prepare = true\n\n[cluster]"),
        ("[networks]", table),
    ]);

    let preparation = load_text("good.toml", &text)
        .unwrap()
        .topology
        .preparation
        .unwrap();

    let PackageSource::Repository(repository) = preparation.source else {
        panic!("{:?}", preparation.source);
    };
    assert_eq!(repository.url, "https://p.example/v1.34/deb/");
    assert!(
        repository
            .key
            .starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    );
    let sysctls: Vec<_> = preparation.sysctls.into_iter().collect();
    assert_eq!(sysctls, [("net.ipv4.ip_forward".to_owned(), "0".to_owned())]);
}

#[test]
fn credentials_of_a_registry_are_one_line_that_is_never_shown() {
    let table = "[preparation.registries.\"registry.example.org\"]\ncredentials_file = \"registry-credentials\"\n\n[networks]";
    let text = good_but(&[
        ("[cluster]", "prepare = true\n\n[cluster]"),
        ("[networks]", table),
    ]);

    let topology = load_text("good.toml", &text).unwrap().topology;

    assert!(!format!("{topology:?}").contains("correct horse"));
    let credentials = topology.preparation.unwrap().credentials;
    assert_eq!(credentials["registry.example.org"].0.as_str(), "me:correct horse");
}

/// Certificates may be the user's own: kubeadm takes up those that are there.
fn is_a_certificate(path: &str) -> bool {
    path.contains("/pki/")
}

#[test]
fn no_file_of_the_users_has_a_path_that_hawser_writes() {
    let preparation = "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"kubernetes.asc\"\n\
        mirrors = { \"docker.io\" = [\"https://m.example\"] }\nproxy = { http = \"http://proxy.example:3128\" }\n\
        registries = { \"r.example\" = { credentials_file = \"registry-credentials\" } }\n\n[networks]";
    let prepared = [
        ("[cluster]", "prepare = true\n\n[cluster]"),
        ("[networks]", preparation),
        ("[endpoint]", "[endpoint]\nhosts_file = true"),
    ];
    let stacked = good_but(&prepared);
    let external = |manager: &str| {
        let etcd = format!("topology = \"external\"\n\n[etcd]\nmanager = \"{manager}\"\n\n[endpoint]");
        stacked
            .replacen("[endpoint]", &etcd, 1)
            .replacen("[[hosts]]", &etcd_hosts(), 1)
    };
    let mut tried = BTreeSet::new();
    for text in [stacked.clone(), external("kubelet"), external("systemd")] {
        let topology = load_text("own.toml", &text).unwrap().topology;
        for host in &topology.hosts {
            let role = host.roles.first().unwrap();
            for file in every_file(&topology, host, topology.version).unwrap() {
                if is_a_certificate(&file.path) || !topology.files.iter().all(|own| own.path != file.path) {
                    continue;
                }
                let entry = format!(
                    "[[files]]\nroles = [\"{role}\"]\npath = \"{}\"\nsource = \"audit-policy.yaml\"\n\n[[files]]",
                    file.path
                );
                let (count, reply) = rendered(load_text("own.toml", &text.replacen("[[files]]", &entry, 1)));
                assert_eq!(count, 1, "{role} {}: {reply}", file.path);
                assert!(reply.contains("hawser itself writes"), "{reply}");
                tried.insert(file.path);
            }
        }
    }
    assert!(tried.len() >= 20, "{tried:?}");
}
