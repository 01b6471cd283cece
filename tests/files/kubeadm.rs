use hawser::error::Problem;
use hawser::remote::files::{
    self, ApiVersion, RenderedFile, cluster_configuration, init, join_control_plane, join_worker,
    upload_certs,
};
use hawser::topology::{CertificateRoute, EtcdTopology, Host, Topology, Version};
use proptest::prelude::*;
use serde_json::{Value, json};
use similar::TextDiff;

use crate::builder::{
    KUBEADM_1_20, KUBEADM_1_30, KUBEADM_1_36, address, external, external_uploading, filled, find, map,
    patch, stacked, with_passthrough, with_patches,
};
use crate::schema::{assert_valid, documents};

/// What a kind of kubeadm's configuration is made by.
type Render = fn(&Topology, &Host, Version) -> Result<RenderedFile, Problem>;

/// Renders, validates what the host would receive, and returns what a plan shows.
fn shown(render: Render, topology: &Topology, host: &str, kubeadm: Version) -> String {
    let file = render(topology, find(topology, host), kubeadm).unwrap();
    assert_valid(&filled(&file));
    assert_eq!((file.mode, file.owner.as_str()), (0o600, "root:root"));
    format!("# {}\n{}", file.path, file.content.masked())
}

/// The file for a kubeadm that reads v1beta4, and how those for older ones differ from it.
fn golden(render: Render, topology: &Topology, host: &str) -> String {
    let newest = shown(render, topology, host, KUBEADM_1_36);
    let older = [("v1beta3", KUBEADM_1_30), ("v1beta2", KUBEADM_1_20)];
    let differences = older.map(|(name, kubeadm)| {
        let text = shown(render, topology, host, kubeadm);
        let diff = TextDiff::from_lines(&newest, &text);
        format!(
            "\n{}",
            diff.unified_diff().context_radius(0).header("v1beta4", name)
        )
    });
    newest + &differences.concat()
}

macro_rules! goldens {
    ($($name:ident: $render:ident, $topology:ident, $host:literal;)+) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(golden($render, &$topology(), $host));
        })+
    };
}

goldens! {
    init_stacked: init, stacked, "cp1";
    init_external: init, external, "cp1";
    init_external_uploading: init, external_uploading, "cp1";
    init_patches: init, with_patches, "cp1";
    init_passthrough: init, with_passthrough, "cp1";
    join_control_plane_stacked: join_control_plane, stacked, "cp2";
    join_control_plane_external: join_control_plane, external, "cp2";
    join_control_plane_external_uploading: join_control_plane, external_uploading, "cp2";
    join_control_plane_patches: join_control_plane, with_patches, "cp2";
    join_control_plane_passthrough: join_control_plane, with_passthrough, "cp1";
    join_worker_stacked: join_worker, stacked, "w1";
    upload_stacked: upload_certs, stacked, "cp1";
    upload_external: upload_certs, external, "cp1";
    upload_external_uploading: upload_certs, external_uploading, "cp1";
    upload_patches: upload_certs, with_patches, "cp1";
}

#[test]
fn a_plan_shows_no_secret_and_the_host_receives_it() {
    let topology = stacked();

    let file = join_control_plane(&topology, find(&topology, "cp2"), KUBEADM_1_36).unwrap();

    let shown = file.content.masked();
    assert!(shown.contains("token: \"<bootstrap token, made by this run>\""));
    assert!(shown.contains("certificateKey: \"<certificate key, made by this run>\""));
    assert!(shown.contains("- \"<cluster CA hash, known after init>\""));
    assert!(
        serde_json::to_string(&file)
            .unwrap()
            .contains("<bootstrap token, made by this run>")
    );
    let received = &documents(&filled(&file))[0];
    assert_eq!(
        received["controlPlane"]["certificateKey"].as_str().unwrap().len(),
        64
    );
}

#[test]
fn the_kubeadm_on_the_host_decides_the_version() {
    let version = |minor| ApiVersion::for_kubeadm(Version::new(1, minor, 0));

    assert_eq!(version(15), Ok(ApiVersion::V1Beta2));
    assert_eq!(version(21), Ok(ApiVersion::V1Beta2));
    assert_eq!(version(22), Ok(ApiVersion::V1Beta3));
    assert_eq!(version(30), Ok(ApiVersion::V1Beta3));
    assert_eq!(version(31), Ok(ApiVersion::V1Beta4));
    assert_eq!(version(37), Ok(ApiVersion::V1Beta4));
}

#[test]
fn a_kubeadm_that_is_too_old_is_named_with_its_host() {
    let topology = stacked();

    let problem = init(&topology, find(&topology, "cp1"), Version::new(1, 14, 9)).unwrap_err();

    insta::assert_snapshot!(problem, @r"
    error: cp1: cannot determine which configuration kubeadm reads
      kubeadm v1.14.9 is too old: hawser writes configuration for v1.15.0 and newer
    hint: hawser never treats an unreadable value as missing. Fix the cause, then rerun this command
    ");
}

#[test]
fn a_control_plane_without_uploaded_certificates_is_still_no_worker() {
    let topology = external();

    let file = join_control_plane(&topology, find(&topology, "cp2"), KUBEADM_1_36).unwrap();

    let joined = &documents(&filled(&file))[0]["controlPlane"];
    assert_eq!(
        *joined,
        json!({"localAPIEndpoint": {"advertiseAddress": "192.0.2.12", "bindPort": 6443}})
    );
}

#[test]
fn flags_keep_secrets_off_the_screen_and_leave_phases_out() {
    let uploading = files::init_flags(&with_passthrough());
    let over_ssh = files::init_flags(&external());

    let quiet = ["--skip-token-print", "--skip-certificate-key-print"];
    assert_eq!(uploading[..2], quiet);
    assert_eq!(
        uploading[2..],
        ["--upload-certs", "--skip-phases=addon/coredns,addon/kube-proxy"]
    );
    assert_eq!(over_ssh, quiet);
}

#[test]
fn patches_lie_beside_the_configuration_and_only_v1beta2_needs_a_flag_for_them() {
    let topology = with_patches();
    let cp1 = find(&topology, "cp1");

    let lying = files::patches(&topology, cp1, KUBEADM_1_36).unwrap();
    let flags = |kubeadm| files::patch_flags(&topology, cp1, kubeadm).unwrap();

    let heads: Vec<_> = lying.iter().map(|file| (file.path.as_str(), file.mode)).collect();
    assert_eq!(
        heads,
        [
            ("/run/hawser/patches/etcd0+json.json", 0o600),
            ("/run/hawser/patches/kube-apiserver+merge.yaml", 0o600)
        ]
    );
    assert_eq!(
        flags(KUBEADM_1_20),
        ["--experimental-patches=/run/hawser/patches"]
    );
    assert_eq!(flags(KUBEADM_1_30), [""; 0]);
    assert_eq!(
        files::patch_flags(&stacked(), cp1, KUBEADM_1_20).unwrap(),
        [""; 0]
    );
}

#[test]
fn a_patch_that_a_kubeadm_would_leave_out_is_refused() {
    let mut topology = with_patches();
    let name = "kubeletconfiguration.yaml";
    topology
        .kubeadm
        .patches
        .push(patch(name, "kubeletconfiguration", "maxPods: 50\n"));
    let cp1 = find(&topology, "cp1");

    let problem = files::patches(&topology, cp1, KUBEADM_1_20).unwrap_err();

    assert_eq!(files::patches(&topology, cp1, KUBEADM_1_30).unwrap().len(), 3);
    insta::assert_snapshot!(problem, @r"
    error: cp1: kubeadm v1.20.2 would leave out the patch kubeletconfiguration.yaml: it does not know kubeletconfiguration
    hint: take it out of the folder that `patches` under [kubeadm] names, or install a newer kubeadm
    ");
}

#[test]
fn control_planes_share_exactly_the_files_of_the_guide() {
    let shared = |etcd| -> Vec<String> {
        let files = files::shared_certificates(etcd).into_iter();
        files
            .map(|file| format!("{} {} {:04o}", file.path, file.owner, file.mode))
            .collect()
    };

    insta::assert_snapshot!(shared(EtcdTopology::Stacked).join("\n"), @r"
    /etc/kubernetes/pki/ca.crt root:root 0644
    /etc/kubernetes/pki/ca.key root:root 0600
    /etc/kubernetes/pki/sa.key root:root 0600
    /etc/kubernetes/pki/sa.pub root:root 0600
    /etc/kubernetes/pki/front-proxy-ca.crt root:root 0644
    /etc/kubernetes/pki/front-proxy-ca.key root:root 0600
    /etc/kubernetes/pki/etcd/ca.crt root:root 0644
    /etc/kubernetes/pki/etcd/ca.key root:root 0600
    ");
    insta::assert_snapshot!(shared(EtcdTopology::External).join("\n"), @r"
    /etc/kubernetes/pki/ca.crt root:root 0644
    /etc/kubernetes/pki/ca.key root:root 0600
    /etc/kubernetes/pki/sa.key root:root 0600
    /etc/kubernetes/pki/sa.pub root:root 0600
    /etc/kubernetes/pki/front-proxy-ca.crt root:root 0644
    /etc/kubernetes/pki/front-proxy-ca.key root:root 0600
    /etc/kubernetes/pki/etcd/ca.crt root:root 0644
    /etc/kubernetes/pki/apiserver-etcd-client.crt root:root 0644
    /etc/kubernetes/pki/apiserver-etcd-client.key root:root 0600
    ");
}

#[test]
fn certificates_that_are_uploaded_again_come_with_the_way_to_an_external_etcd() {
    let mut topology = external();
    topology.certificates = CertificateRoute::Upload;

    let file = upload_certs(&topology, find(&topology, "cp1"), KUBEADM_1_20).unwrap();

    let documents = documents(&filled(&file));
    assert_eq!(documents[0]["certificateKey"].as_str().unwrap().len(), 64);
    let etcd = &documents[1]["etcd"]["external"];
    assert_eq!(etcd["endpoints"].as_array().unwrap().len(), 3);
    assert_eq!(etcd["caFile"], "/etc/kubernetes/pki/etcd/ca.crt");
    assert_eq!(etcd["certFile"], "/etc/kubernetes/pki/apiserver-etcd-client.crt");
    assert_eq!(etcd["keyFile"], "/etc/kubernetes/pki/apiserver-etcd-client.key");
}

#[test]
fn two_networks_of_each_kind_are_dual_stack() {
    let mut topology = stacked();
    topology.networks.pods.push("fd00:10::/48".parse().unwrap());
    topology.networks.services.push("fd00:20::/112".parse().unwrap());

    let networking = &cluster_configuration(&topology, ApiVersion::V1Beta4).unwrap()["networking"];

    assert_eq!(networking["podSubnet"], "10.244.0.0/16,fd00:10::/48");
    assert_eq!(networking["serviceSubnet"], "10.96.0.0/16,fd00:20::/112");
}

#[test]
fn ipv6_addresses_stand_in_brackets_where_a_port_follows() {
    let mut topology = external();
    topology.endpoint.name = "2001:db8::10".to_owned();
    topology
        .hosts
        .iter_mut()
        .find(|host| host.name == "etcd1".into())
        .unwrap()
        .address = address("2001:db8::21");

    let cluster = cluster_configuration(&topology, ApiVersion::V1Beta4).unwrap();

    assert_eq!(cluster["controlPlaneEndpoint"], "[2001:db8::10]:6443");
    assert_eq!(cluster["apiServer"]["certSANs"][0], "2001:db8::10");
    assert_eq!(
        cluster["etcd"]["external"]["endpoints"][0],
        "https://[2001:db8::21]:2379"
    );
}

#[test]
fn a_list_in_a_fragment_replaces_the_list_and_a_map_adds_to_the_map() {
    let mut topology = stacked();
    topology.kubeadm.cluster_configuration =
        map(&json!({"apiServer": {"certSANs": ["only.example"]}, "networking": {"dnsDomain": "demo.local"}}));

    let cluster = cluster_configuration(&topology, ApiVersion::V1Beta4).unwrap();

    assert_eq!(cluster["apiServer"]["certSANs"], json!(["only.example"]));
    assert_eq!(cluster["networking"]["dnsDomain"], "demo.local");
    assert_eq!(cluster["networking"]["podSubnet"], "10.244.0.0/16");
}

proptest! {
    #[test]
    fn whatever_text_a_user_writes_arrives_as_that_text(text in any::<String>()) {
        let mut topology = stacked();
        topology.kubeadm.extra_sans = vec![text.clone()];
        topology.kubeadm.kubelet_configuration = map(&json!({"clusterDomain": text}));
        topology.hosts[2].kubelet_args.insert("root-dir".to_owned(), text.clone());

        let file = init(&topology, find(&topology, "cp1"), KUBEADM_1_36).unwrap();

        let documents = documents(&filled(&file));
        let sans = documents[1]["apiServer"]["certSANs"].as_array().unwrap();
        prop_assert_eq!(sans.last().unwrap(), &Value::from(text.clone()));
        prop_assert_eq!(&documents[2]["clusterDomain"], &Value::from(text.clone()));
        prop_assert_eq!(&documents[0]["nodeRegistration"]["kubeletExtraArgs"][1]["value"], &Value::from(text));
    }
}
