use hawser::remote::files::{ApiVersion, cluster_configuration, differences};
use serde_json::json;

use crate::builder::{map, stacked, with_passthrough};

/// What kubeadm 1.20 keeps of the stacked inventory, its own defaults added.
const KEPT_BY_1_20: &str = "
apiServer:
  certSANs: [w.example, cp3, cp2, cp1, 192.0.2.13, 192.0.2.12, 192.0.2.11, 192.0.2.3, 192.0.2.2, 192.0.2.10, api.demo.example]
  extraArgs: {authorization-mode: 'Node,RBAC', v: '4'}
  timeoutForControlPlane: 4m0s
apiVersion: kubeadm.k8s.io/v1beta2
certificatesDir: /etc/kubernetes/pki
clusterName: demo
controlPlaneEndpoint: api.demo.example:6443
controllerManager: {}
dns: {type: CoreDNS}
etcd: {local: {dataDir: /var/lib/etcd}}
imageRepository: registry.k8s.io
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
networking: {dnsDomain: cluster.local, podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/16}
scheduler: {}
";

fn running() -> String {
    KEPT_BY_1_20.replace("w.example, ", "")
}

#[test]
fn a_cluster_as_the_inventory_says_has_no_difference() {
    let mut topology = stacked();
    topology.kubeadm.cluster_configuration = map(&json!({
        "apiServer": {"extraArgs": {"v": 4}, "timeoutForControlPlane": "240s"},
        "featureGates": {},
        "dns": {"imageTag": ""},
    }));

    let as_kubeadm_writes = differences(
        &cluster_configuration(&topology, ApiVersion::V1Beta2).unwrap(),
        &running(),
    );
    let as_a_newer_would = differences(
        &cluster_configuration(&topology, ApiVersion::V1Beta4).unwrap(),
        &running(),
    );

    assert_eq!(as_kubeadm_writes, [""; 0]);
    assert_eq!(as_a_newer_would, [""; 0]);
}

#[test]
fn every_difference_is_named_by_its_path() {
    let mut topology = with_passthrough();
    topology.cluster = "other".to_owned();

    let found = differences(
        &cluster_configuration(&topology, ApiVersion::V1Beta4).unwrap(),
        KEPT_BY_1_20,
    );

    insta::assert_snapshot!(found.join("\n"), @r#"
    clusterName: other in the inventory, demo in the cluster
    apiServer.certSANs: kubernetes.example.org only in the inventory; w.example only in the cluster
    apiServer.extraArgs.audit-policy-file: /etc/kubernetes/audit.yaml in the inventory, not set in the cluster
    apiServer.extraVolumes: [{"name":"audit","hostPath":"/etc/kubernetes/audit.yaml","mountPath":"/etc/kubernetes/audit.yaml"}] in the inventory, not set in the cluster
    networking.dnsDomain: demo.local in the inventory, cluster.local in the cluster
    etcd.local.extraArgs.quota-backend-bytes: 8589934592 in the inventory, not set in the cluster
    "#);
}

#[test]
fn what_cannot_be_read_is_never_without_a_difference() {
    let found = differences(
        &cluster_configuration(&stacked(), ApiVersion::V1Beta4).unwrap(),
        "a: [",
    );

    assert!(found[0].starts_with("the cluster's own configuration cannot be read: "));
}

#[test]
fn an_empty_configuration_lacks_everything() {
    let found = differences(
        &json!({"clusterName": "demo", "networking": {"podSubnet": "10.244.0.0/16"}}),
        "",
    );

    assert_eq!(
        found,
        [
            "clusterName: demo in the inventory, not set in the cluster",
            "networking.podSubnet: 10.244.0.0/16 in the inventory, not set in the cluster",
        ]
    );
}
