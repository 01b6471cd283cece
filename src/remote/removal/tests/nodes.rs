//! A node is deleted only if it is the one that the plan saw.

use super::*;

/// What a kubectl says that is asked for a node, and again after a deletion was refused; and what it was sent to
/// delete, with the uid that the plan saw.
fn deletes(says: &str, refused: Option<&str>, uid: Option<&str>) -> (Ran, String) {
    let host = Host::new();
    host.put("/proc/uptime", "100.0 1\n");
    let refusal = refused.map_or_else(String::new, |then| {
        format!("printf '%s' '{then}' >\"$there/says\"; echo 'Error from server (Conflict): Precondition failed' >&2; exit 1")
    });
    host.put("/bin/says", says);
    host.program(
        "kubectl",
        &format!(
            "there=${{0%/*}}; case \"$*\" in *\"delete --raw /api/v1/nodes/w1 -f -\"*) cat >\"$there/deleted\"; {refusal} ;; *delete*) exit 1 ;; *) cat \"$there/says\" ;; esac"
        ),
    );
    let node = HostName("w1".to_owned());
    let ran = host.run(&delete_node("https://192.0.2.21:6443", &node, uid));
    let sent = std::fs::read_to_string(host.path("/bin/deleted")).unwrap_or_default();
    (ran, sent)
}

#[test]
fn a_node_is_deleted_only_if_it_is_the_one_that_the_plan_saw_and_is_not_ready() {
    for status in ["False", "Unknown", ""] {
        let (ran, sent) = deletes(&format!("uid-1 {status}"), None, Some("uid-1"));
        assert_eq!(ran.status, Some(0), "{status}: {ran:?}");
        assert_eq!(
            sent,
            r#"{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"uid-1"}}"#
        );
    }
    for uid in [Some("uid-1"), None] {
        let (ran, sent) = deletes("", None, uid);
        assert_eq!((ran.status, sent.as_str()), (Some(0), ""), "it is gone: {ran:?}");
    }
    for (says, uid, why) in [
        ("uid-1 True", Some("uid-1"), "node w1 is Ready"),
        (
            "uid-2 False",
            Some("uid-1"),
            "node w1 is another object (uid uid-2, and not uid-1)",
        ),
        (
            "uid-2 False",
            None,
            "node w1 is there (uid uid-2), and the plan saw none",
        ),
    ] {
        let (ran, sent) = deletes(says, None, uid);
        assert_eq!(
            (ran.status, ran.words, sent.as_str()),
            (Some(4), format!("changed since the plan: {why}\n"), "")
        );
    }
}

#[test]
fn a_node_that_becomes_another_in_the_last_moment_stays() {
    let (ran, _) = deletes("uid-1 False", Some("uid-2 False"), Some("uid-1"));
    assert_eq!(ran.status, Some(4), "{ran:?}");

    let (ran, _) = deletes("uid-1 False", Some(""), Some("uid-1"));
    assert_eq!(ran.status, Some(0), "it is gone: {ran:?}");

    let (ran, _) = deletes("uid-1 False", Some("uid-1 False"), Some("uid-1"));
    assert_eq!(
        (ran.status, ran.words.as_str()),
        (Some(1), "Error from server (Conflict): Precondition failed\n")
    );
}

/// What is said of a node with these pods.
fn pods(lines: &str) -> Option<i32> {
    let host = Host::new();
    host.put("/proc/uptime", "100.0 1\n");
    host.put("/bin/pods", lines);
    host.program("kubectl", "cat \"${0%/*}/pods\"");
    let node = HostName("cp3".to_owned());
    host.run(&node_has_no_pods("https://192.0.2.21:6443", &node))
        .status
}

#[test]
fn a_node_may_go_with_pods_that_go_with_it_and_with_no_other() {
    let goes = "kube-system   kube-proxy-x        DaemonSet    <none>                 kube-proxy
kube-system   kube-apiserver-cp3  Node         <none>                 <none>
kube-system   coredns-5d-x        ReplicaSet   <none>                 kube-dns
shop          cart-7f-x           ReplicaSet   2026-11-30T10:00:00Z   <none>
";
    assert_eq!(pods(goes), Some(0));
    assert_eq!(pods(""), Some(0));
    for stays in [
        "shop  cart-7f-x  ReplicaSet  <none>  <none>\n",
        "shop  db-0  <none>  <none>  <none>\n",
        "shop  coredns-5d-x  ReplicaSet  <none>  kube-dns\n",
        "not understood\n",
    ] {
        assert_eq!(pods(&format!("{goes}{stays}")), Some(1), "{stays}");
    }
}
