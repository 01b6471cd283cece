//! What is written on bare hosts.

use std::collections::BTreeMap;
use std::fmt::Write;

use hawser::remote::files::RenderedFile;
use hawser::remote::files::preparation::{CONTAINERD, preparation};
use hawser::topology::{EtcdManager, PackageSource, Proxy, Secret, Topology, Version};
use serde_json::json;
use zeroize::Zeroizing;

use crate::builder::{bare, external, filled, stacked, with_template};

fn files(topology: &Topology, host: &str) -> Vec<RenderedFile> {
    preparation(topology, topology.host(&host.into()).unwrap()).unwrap()
}

fn page(files: &[RenderedFile]) -> String {
    let mut text = String::new();
    for file in files {
        let _ = writeln!(
            text,
            "==> {} {} {:04o}\n{}",
            file.path,
            file.owner,
            file.mode,
            file.content.masked()
        );
    }
    text
}

fn containerd(topology: &Topology) -> toml::Table {
    let all = files(topology, "w1");
    let file = all.iter().find(|file| file.path == CONTAINERD).unwrap();
    file.content.masked().parse().unwrap()
}

#[test]
fn a_node() {
    insta::assert_snapshot!(page(&files(&bare(stacked()), "w1")));
}

#[test]
fn a_node_behind_a_proxy_with_mirrors_and_settings_of_the_users() {
    let mut topology = bare(stacked());
    let preparation = topology.preparation.as_mut().unwrap();
    preparation.proxy = Proxy {
        http: Some("http://proxy.example.org:3128".to_owned()),
        https: Some("http://proxy.example.org:3129".to_owned()),
        exceptions: [".example.org", "packages.example.net", "198.51.100.0/24"]
            .map(str::to_owned)
            .to_vec(),
    };
    preparation.mirrors = BTreeMap::from([
        (
            "docker.io".to_owned(),
            vec![
                "https://mirror.example.org".to_owned(),
                "http://10.0.0.5:5000".to_owned(),
            ],
        ),
        (
            "registry.k8s.io".to_owned(),
            vec![
                "https://mirror.example.org/v2/k8s".to_owned(),
                "https://mirror.example.org/k8s".to_owned(),
            ],
        ),
    ]);
    preparation.containerd = json!({
        "oom_score": -999,
        "plugins": { "io.containerd.grpc.v1.cri": { "restrict_oom_score_adj": true } },
    })
    .as_object()
    .unwrap()
    .clone();

    insta::assert_snapshot!(page(&files(&topology, "w1")));
}

/// A registry with a mirror, and one with neither, each of which asks who is there, as the mirror does.
fn with_credentials() -> Topology {
    let mut topology = bare(stacked());
    let preparation = topology.preparation.as_mut().unwrap();
    let credentials = [
        ("registry.example.org", "me:correct horse"),
        ("mirror.example.org:5000", "you:hunter2"),
        ("other.example.org", "they:12345678"),
    ];
    let credentials = credentials.map(|(registry, pair)| {
        let pair = Secret(Zeroizing::new(pair.to_owned()));
        (registry.to_owned(), pair)
    });
    preparation.credentials = credentials.into();
    let mirrors = [
        "https://mirror.example.org:5000/cache",
        "http://other.example.org",
    ];
    preparation.mirrors = BTreeMap::from([(
        "registry.example.org".to_owned(),
        mirrors.map(str::to_owned).to_vec(),
    )]);
    topology
}

#[test]
fn registries_that_ask_who_is_there() {
    let mut all = files(&with_credentials(), "w1");
    all.retain(|file| file.path.ends_with("/hosts.toml"));

    insta::assert_snapshot!(page(&all));
    assert!(all.iter().all(|file| file.secret && file.mode == 0o600));
}

#[test]
fn containerd_gets_the_credentials_that_nobody_is_shown() {
    let all = files(&with_credentials(), "w1");
    let path = "/etc/containerd/certs.d/registry.example.org/hosts.toml";
    let file = all.iter().find(|file| file.path == path).unwrap();

    let hosts: toml::Table = filled(file).parse().unwrap();

    let header = |url: &str| hosts["host"][url].get("header").cloned();
    let basic = |encoded: &str| Some(toml::toml! { Authorization = encoded }.into());
    assert_eq!(
        header("https://registry.example.org"),
        basic("Basic bWU6Y29ycmVjdCBob3JzZQ==")
    );
    assert_eq!(
        header("https://mirror.example.org:5000/cache"),
        basic("Basic eW91Omh1bnRlcjI=")
    );
    assert_eq!(
        header("http://other.example.org"),
        None,
        "everybody on the way could read it"
    );
    let order: Vec<usize> = [
        "mirror.example.org",
        "other.example.org",
        "\"https://registry.example.org\".header",
    ]
    .iter()
    .map(|name| filled(file).find(name).unwrap())
    .collect();
    assert!(order.is_sorted(), "{order:?}");
    assert!(!format!("{file:?}").contains("bWU6"));
    assert_eq!(
        containerd(&with_credentials())["plugins"]["io.containerd.grpc.v1.cri"]["registry"]["config_path"]
            .as_str(),
        Some("/etc/containerd/certs.d")
    );
}

#[test]
fn a_template_without_the_folder_of_registries_is_refused_where_something_is_said_of_them() {
    let text = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = true\n";
    let rendered = |topology| {
        let topology = with_template(topology, "containerd.toml.j2", text);
        preparation(&topology, topology.host(&"w1".into()).unwrap())
    };

    assert!(rendered(bare(stacked())).is_ok());
    let reported = rendered(with_credentials()).unwrap_err().to_string();
    assert!(reported.contains("`config_path`"), "{reported}");
}

#[test]
fn hosts_that_run_no_pods_have_nothing_of_the_kernels_and_containerds() {
    let mut by_systemd = bare(external());
    by_systemd.external_etcd.manager = EtcdManager::Systemd;

    assert_eq!(files(&bare(stacked()), "lb1"), []);
    assert_eq!(files(&by_systemd, "etcd1"), []);
    assert_eq!(
        files(&bare(external()), "etcd1").len(),
        files(&bare(stacked()), "w1").len()
    );
}

#[test]
fn a_folder_of_packages_needs_no_source_and_no_proxy_for_apt() {
    let mut topology = bare(stacked());
    let preparation = topology.preparation.as_mut().unwrap();
    preparation.source = PackageSource::Folder(vec![]);
    preparation.proxy.http = Some("http://proxy.example.org:3128".to_owned());

    let all = files(&topology, "w1");

    assert!(all.iter().all(|file| !file.path.starts_with("/etc/apt/")));
}

#[test]
fn containerd_follows_the_kubelets_cgroup_driver() {
    let driver = |topology: &Topology| {
        let file = containerd(topology);
        let options =
            &file["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]["runc"]["options"];
        options["SystemdCgroup"].as_bool().unwrap()
    };
    let mut topology = bare(stacked());
    assert!(driver(&topology));

    topology.version = Version::new(1, 20, 2);
    assert!(
        driver(&topology),
        "hawser writes systemd for kubelets that have another default"
    );

    let fragment = &mut topology.kubeadm.kubelet_configuration;
    fragment.insert("cgroupDriver".to_owned(), "cgroupfs".into());
    assert!(!driver(&topology));
}

#[test]
fn what_the_user_says_of_containerd_is_merged_deeply() {
    let mut topology = bare(stacked());
    let before = containerd(&topology);
    let fragment =
        json!({ "plugins": { "io.containerd.grpc.v1.cri": { "cni": { "bin_dir": "/usr/lib/cni" } } } });
    topology.preparation.as_mut().unwrap().containerd = fragment.as_object().unwrap().clone();

    let after = containerd(&topology);

    let cri = |file: &toml::Table| file["plugins"]["io.containerd.grpc.v1.cri"].clone();
    assert_eq!(cri(&after)["cni"]["bin_dir"].as_str(), Some("/usr/lib/cni"));
    assert_eq!(cri(&after)["cni"]["conf_dir"], cri(&before)["cni"]["conf_dir"]);
    assert_eq!(cri(&after)["containerd"], cri(&before)["containerd"]);
}
