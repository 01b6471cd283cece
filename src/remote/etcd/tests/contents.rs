//! What is kept in etcd: nothing, what an init writes, or a cluster.

use super::*;

#[test]
fn an_etcd_without_keys_is_empty_whatever_etcdctl_warns_of() {
    with_each(&[("get", "get-none")], |version, rig| {
        let captured = rig.read("captured").join("\n");
        let warning = "! {\"level\":\"warn\",\"msg\":\"/registry/ is a word in a warning\"}\n== ";
        rig.write("captured", &captured.replace("\n== ", &format!("\n{warning}")));

        assert_eq!(
            rig.run(&is_empty("socket")),
            (Some(0), String::new()),
            "{version}"
        );
    });
    with_each(&[("get", "get-one")], |version, rig| {
        let reported = "a Kubernetes cluster keeps its objects in it, such as /registry/namespaces/default: a new cluster would treat them as its objects\n";
        assert_eq!(
            rig.run(&is_empty("socket")),
            (Some(1), reported.to_owned()),
            "{version}"
        );
    });
}

/// A cluster with an `--etcd-prefix` of its own keeps nothing below /registry/.
#[test]
fn keys_below_any_prefix_are_keys() {
    let answer = |key: &str| {
        let key = STANDARD.encode(key);
        let text = format!("{{\"header\":{{\"cluster_id\":1}},\"kvs\":[{{\"key\":\"{key}\"}}],\"count\":1}}");
        Rig::new(&format!("== keys 0\n{text}\n"), &[("get", "keys")])
    };
    let rig = answer("/prod/namespaces/default");

    let (status, reported) = rig.run(&is_empty("socket"));

    assert_eq!(status, Some(1), "{reported}");
    assert!(
        reported.contains(", such as /prod/namespaces/default: "),
        "{reported}"
    );
    assert!(
        rig.read("arguments")[0].contains(" get  --prefix "),
        "the whole key space"
    );
    let (status, reported) = answer("compact_rev_key").run(&is_empty("socket"));
    assert_eq!(status, Some(0), "every API server writes it: {reported}");
}

#[test]
fn what_is_no_answer_does_not_tell_that_etcd_is_empty() {
    for nonsense in [
        "",
        "{\"header\":{\"cluster_id\":1",
        "{}",
        "NAME:\n\tget - Gets the key\n",
    ] {
        let rig = Rig::new(&format!("== nonsense 0\n{nonsense}\n"), &[("get", "nonsense")]);
        let (status, reported) = rig.run(&is_empty("socket"));
        assert_eq!(status, Some(2), "{nonsense}: {reported}");
    }
}

/// What etcdctl says of keys with `-w fields` (3.4 to 3.6 say the same).
fn fields(keys: &[&str], more: bool, count: usize) -> String {
    let header = "\"ClusterID\" : 14841639068965178418\n\"MemberID\" : 10276657743932975437\n\"Revision\" : 5\n\"RaftTerm\" : 2\n";
    let key = |key: &&str| {
        let rest =
            "\"CreateRevision\" : 2\n\"ModRevision\" : 2\n\"Version\" : 1\n\"Value\" : \"\"\n\"Lease\" : 0\n";
        let below = if key.starts_with(['/', '!']) {
            ""
        } else {
            "/registry/"
        };
        format!("\"Key\" : \"{below}{}\"\n{rest}", key.trim_start_matches('!'))
    };
    let keys = keys.iter().map(key).collect::<Vec<_>>().concat();
    format!("{header}{keys}\"More\" : {more}\n\"Count\" : {count}\n")
}

/// Some of what an init has written before its last phases, with names of 1.20 and of today.
const OF_AN_INIT: [&str; 33] = [
    "apiregistration.k8s.io/apiservices/v1.apps",
    "clusterrolebindings/cluster-admin",
    "clusterroles/system:node",
    "configmaps/default/kube-root-ca.crt",
    "configmaps/kube-system/extension-apiserver-authentication",
    "configmaps/kube-system/kubeadm-config",
    "configmaps/kube-system/kubelet-config-1.20",
    "csinodes/cp1",
    "endpointslices/default/kubernetes",
    "events/default/cp1.18a",
    "events/kube-system/kube-apiserver-cp1.18b",
    "flowschemas/catch-all",
    "ipaddresses/10.96.0.1",
    "leases/kube-node-lease/cp1",
    "leases/kube-system/kube-scheduler",
    "masterleases/192.0.2.21",
    "minions/cp1",
    "namespaces/default",
    "namespaces/kube-node-lease",
    "namespaces/kube-public",
    "namespaces/kube-system",
    "pods/kube-system/etcd-cp1",
    "priorityclasses/system-node-critical",
    "ranges/serviceips",
    "rolebindings/kube-public/system:controller:bootstrap-signer",
    "secrets/default/default-token-2xkzq",
    "secrets/kube-system/bootstrap-token-k3x9qz",
    "secrets/kube-system/kubeadm-certs",
    "serviceaccounts/default/default",
    "serviceaccounts/kube-system/node-controller",
    "servicecidrs/kubernetes",
    "services/endpoints/default/kubernetes",
    "services/specs/default/kubernetes",
];

fn held(keys: &[&str], more: bool, count: usize) -> (Option<i32>, String) {
    let captured = format!("== keys 0\n{}", fields(keys, more, count));
    let rig = Rig::new(&captured, &[("get", "keys")]);
    let reported = rig.run(&holds_no_cluster("socket"));
    // Below whatever prefix they are.
    assert!(
        rig.read("arguments")[0].contains(" get  --prefix "),
        "{:?}",
        rig.read("arguments")
    );
    reported
}

#[test]
fn what_an_init_has_written_is_no_cluster() {
    assert_eq!(held(&[], false, 0), (Some(0), String::new()));
    assert_eq!(
        held(&OF_AN_INIT, false, OF_AN_INIT.len()),
        (Some(0), String::new())
    );
}

#[test]
fn one_key_more_is_a_cluster() {
    for key in [
        "minions/w1",
        "configmaps/kube-public/cluster-info",
        "namespaces/shop",
        "daemonsets/kube-system/cilium",
        "deployments/kube-system/coredns",
        "pods/default/web",
        "secrets/default/password",
        "secrets/kube-system/cloud-credentials",
        "configmaps/kube-system/coredns",
        "apiextensions.k8s.io/customresourcedefinitions/ciliumnodes.cilium.io",
        "cilium.io/ciliumnodes/cp1",
        "persistentvolumes/data",
        "services/specs/default/web",
        "serviceaccounts/shop/default-of-another",
        "leases/kube-node-lease/w1",
    ] {
        let keys = [&OF_AN_INIT[..], &[key]].concat();
        let reported = format!("a Kubernetes cluster keeps its objects in it: /registry/{key}\n");
        assert_eq!(held(&keys, false, keys.len()), (Some(1), reported));
    }
    for key in [
        "/prod/minions/cp1",
        "/stranger/pods/kube-system/web",
        "/coreos.com/network/config",
    ] {
        let keys = [&OF_AN_INIT[..], &[key, "!compact_rev_key"]].concat();
        let reported = format!("a Kubernetes cluster keeps its objects in it: {key}\n");
        assert_eq!(held(&keys, false, keys.len()), (Some(1), reported));
    }
    let many = held(&OF_AN_INIT, true, 5000);
    assert_eq!(
        many,
        (
            Some(1),
            "a Kubernetes cluster keeps its objects in it: 5000 keys\n".to_owned()
        )
    );
}

#[test]
fn keys_that_are_not_all_told_are_not_taken_for_none() {
    for text in ["", "NAME:\n\tget - Gets the key\n", &fields(&[], false, 7)] {
        let rig = Rig::new(&format!("== keys 0\n{text}\n"), &[("get", "keys")]);
        assert_eq!(rig.run(&holds_no_cluster("socket")).0, Some(2), "{text}");
    }
    let failing = Rig::new("== keys 1\n! context deadline exceeded\n", &[("get", "keys")]);
    let reported = failing.run(&holds_no_cluster("socket"));
    assert_eq!(reported, (Some(2), "context deadline exceeded\n".to_owned()));
}
