//! Reads what the cluster says of itself: the API's objects and etcd's lists, all JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::Answers;
use super::health::Healths;
use super::{ClusterView, MemberFact, NodeFact, Observed, WorkloadFact};
use crate::topology::{HostName, Version};
use crate::versions::kubernetes::marks_control_plane;

/// Written by kubeadm at the end of a node's TLS bootstrap.
const CRI_SOCKET: &str = "kubeadm.alpha.kubernetes.io/cri-socket";

pub(super) fn read(answers: &Answers) -> ClusterView {
    ClusterView {
        ready: ready(answers, "ready"),
        ready_through_endpoint: ready(answers, "ready_through_endpoint"),
        version: version(answers).into(),
        nodes: list(answers, "nodes")
            .map(|nodes| nodes.into_iter().map(node).collect())
            .into(),
        etcd: members(answers).into(),
        etcd_id: etcd_id(answers).into(),
        cluster_configuration: cluster_configuration(answers).into(),
        workloads: workloads(answers).into(),
        applied: super::applied::read(answers).into(),
        has_cluster_info: list(answers, "cluster_info")
            .map(|found: Vec<Object>| !found.is_empty())
            .into(),
        has_other_pods: has_other_pods(answers).into(),
        beyond_init: beyond_init(answers).into(),
    }
}

/// A mirror of a static pod says nothing of a cluster's life: each host makes its own.
const STATIC_POD: &str = "kubernetes.io/config.mirror";

/// The beginning of a list of pods.
#[derive(Deserialize)]
struct Pods {
    #[serde(default)]
    metadata: ListMetadata,
    items: Option<Vec<Pod>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListMetadata {
    r#continue: String,
}

#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
}

fn has_other_pods(answers: &Answers) -> Result<bool, String> {
    let pods: Pods = json("other_pods", answers.success("other_pods")?)?;
    let is_static = |pod: &Pod| pod.metadata.annotations.contains_key(STATIC_POD);
    let all = pods.items.unwrap_or_default();
    Ok(!pods.metadata.r#continue.is_empty() || !all.iter().all(is_static))
}

/// What is kept in etcd that init does not write.
pub(super) fn beyond_init(answers: &Answers) -> Result<Vec<String>, String> {
    let lines = answers.success("etcd_beyond_init")?.lines();
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

#[derive(Deserialize)]
struct List<T> {
    items: Option<Vec<T>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    name: String,
    uid: String,
    generation: u64,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Object {
    #[expect(dead_code, reason = "an object without metadata is none")]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Node {
    metadata: Metadata,
    #[serde(default)]
    spec: NodeSpec,
    #[serde(default)]
    status: NodeStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NodeSpec {
    taints: Vec<Taint>,
}

#[derive(Deserialize)]
struct Taint {
    key: String,
    #[serde(default)]
    value: String,
    effect: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct NodeStatus {
    conditions: Vec<Condition>,
    addresses: Vec<Address>,
    node_info: NodeInfo,
}

#[derive(Deserialize)]
struct Condition {
    r#type: String,
    status: String,
}

#[derive(Deserialize)]
struct Address {
    r#type: String,
    address: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct NodeInfo {
    kubelet_version: String,
}

#[derive(Deserialize)]
struct Workload {
    metadata: Metadata,
    #[serde(default)]
    spec: WorkloadSpec,
    #[serde(default)]
    status: WorkloadStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WorkloadSpec {
    replicas: u64,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct WorkloadStatus {
    observed_generation: u64,
    desired_number_scheduled: u64,
    updated_number_scheduled: u64,
    number_available: u64,
    updated_replicas: u64,
    available_replicas: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    git_version: String,
}

#[derive(Deserialize)]
struct ConfigMap {
    #[serde(default)]
    data: BTreeMap<String, String>,
}

/// As etcdctl lists them, or as a member tells its peers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Members {
    Listed { members: Vec<Member> },
    Reported(Vec<Member>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    #[serde(rename = "ID", alias = "id")]
    id: u64,
    #[serde(default)]
    name: String,
    #[serde(rename = "peerURLs", default)]
    peer_urls: Vec<String>,
    #[serde(rename = "clientURLs", default)]
    client_urls: Vec<String>,
    #[serde(default)]
    is_learner: bool,
}

pub(super) fn json<T: DeserializeOwned>(key: &str, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{key}: not understood: {error}"))
}

fn list<T: DeserializeOwned>(answers: &Answers, key: &str) -> Result<Vec<T>, String> {
    let list: List<T> = json(key, answers.success(key)?)?;
    Ok(list.items.unwrap_or_default())
}

fn ready(answers: &Answers, key: &str) -> Observed<bool> {
    answers.success(key).map(|text| text.trim() == "ok").into()
}

fn version(answers: &Answers) -> Result<Version, String> {
    let reply: Response = json("api_version", answers.success("api_version")?)?;
    reply.git_version.parse()
}

fn node(node: Node) -> NodeFact {
    let Metadata {
        name,
        uid,
        labels,
        annotations,
        ..
    } = node.metadata;
    let taints: Vec<_> = node
        .spec
        .taints
        .into_iter()
        .map(|taint| (taint.key, taint.value, taint.effect))
        .collect();
    let mut marks = labels.keys().chain(taints.iter().map(|(key, _, _)| key));
    let control_plane = marks.any(|key| marks_control_plane(key));
    NodeFact {
        name: HostName(name),
        uid,
        ready: node
            .status
            .conditions
            .iter()
            .any(|one| one.r#type == "Ready" && one.status == "True"),
        version: node.status.node_info.kubelet_version,
        control_plane,
        joined: annotations.contains_key(CRI_SOCKET),
        addresses: node
            .status
            .addresses
            .into_iter()
            .filter(|one| one.r#type == "InternalIP")
            .map(|one| one.address)
            .collect(),
        labels,
        taints,
    }
}

fn cluster_configuration(answers: &Answers) -> Result<String, String> {
    let mut map: ConfigMap = json("kubeadm_config", answers.success("kubeadm_config")?)?;
    map.data
        .remove("ClusterConfiguration")
        .ok_or_else(|| "the ConfigMap kubeadm-config holds no ClusterConfiguration".to_owned())
}

fn workloads(answers: &Answers) -> Result<Vec<WorkloadFact>, String> {
    let daemon_sets: Vec<Workload> = list(answers, "daemonsets")?;
    let deployments: Vec<Workload> = list(answers, "deployments")?;
    let daemon_sets = daemon_sets.iter().map(daemon_set);
    Ok(daemon_sets.chain(deployments.iter().map(deployment)).collect())
}

fn daemon_set(workload: &Workload) -> WorkloadFact {
    let status = &workload.status;
    let available = status.number_available.min(status.updated_number_scheduled);
    fact("DaemonSet", workload, status.desired_number_scheduled, available)
}

fn deployment(workload: &Workload) -> WorkloadFact {
    let status = &workload.status;
    let available = status.available_replicas.min(status.updated_replicas);
    fact("Deployment", workload, workload.spec.replicas, available)
}

/// A controller that has not seen the newest generation yet tells of an older one: then nothing counts as available.
fn fact(kind: &str, workload: &Workload, wanted: u64, available: u64) -> WorkloadFact {
    let seen = workload.status.observed_generation >= workload.metadata.generation;
    WorkloadFact {
        name: format!("{kind}/{}", workload.metadata.name),
        wanted: if seen { wanted } else { wanted.max(1) },
        available: if seen { available } else { 0 },
    }
}

/// Only a member that serves clients tells it: none tells it to its peers.
fn etcd_id(answers: &Answers) -> Result<String, String> {
    #[derive(Deserialize)]
    struct List {
        header: Header,
    }
    #[derive(Deserialize)]
    struct Header {
        cluster_id: u64,
    }
    let list: List = json("etcd_members", answers.success("etcd_members")?)?;
    Ok(format!("{:x}", list.header.cluster_id))
}

fn listed(answers: &Answers) -> Result<Vec<Member>, String> {
    let (Members::Listed { members } | Members::Reported(members)) =
        json("etcd_members", answers.success("etcd_members")?)?;
    Ok(members)
}

/// The ids of members that are listed and have never started: only then do they say where clients reach them.
pub(super) fn unpublished_members(answers: &Answers) -> BTreeSet<String> {
    let members = listed(answers).unwrap_or_default().into_iter();
    let silent = members.filter(|member| member.client_urls.is_empty());
    silent.map(|member| format!("{:x}", member.id)).collect()
}

pub(super) fn members(answers: &Answers) -> Result<Vec<MemberFact>, String> {
    let members = listed(answers)?;
    let healths = Healths::read(answers);
    let member = |member: Member| MemberFact {
        id: format!("{:x}", member.id),
        health: healths.of(&member.name, &member.client_urls),
        name: member.name,
        peer_urls: member.peer_urls,
        learner: member.is_learner,
    };
    Ok(members.into_iter().map(member).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_tells_its_peers_what_etcdctl_lists() {
        let listed = r#"{"header":{"member_id":1},"members":[{"ID":4810096729039999787,"name":"cp1","peerURLs":
            ["https://10.77.0.21:2380"],"clientURLs":["https://10.77.0.21:2379"]}]}"#;
        let reported = r#"[{"id":4810096729039999787,"peerURLs":["https://10.77.0.21:2380"],"name":"cp1",
            "clientURLs":["https://10.77.0.21:2379"]}]"#;
        for text in [listed, reported] {
            let (Members::Listed { members } | Members::Reported(members)) =
                json("etcd_members", text).unwrap();

            assert_eq!(members[0].id, 4_810_096_729_039_999_787);
            assert_eq!(members[0].peer_urls, ["https://10.77.0.21:2380"]);
        }
    }
}
