//! What a cluster is for: pods reach each other across nodes, and a Service answers from every node.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::api::Credentials;
use support::hawser::{Administrator, administrator};
use support::kubectl::{Kubectl, is_ready};
use support::wait::{LONG, in_time, until};
use support::{host, lab};

use crate::evidence::PROFILE;

const NODES: [&str; 5] = ["cp1", "cp2", "cp3", "w1", "w2"];

/// How long what is known to every API server may take to be in every node's rules, where no watch is deaf.
const RULES_ARE_WRITTEN: Duration = Duration::from_secs(30);

const NAMESPACE: &str = "hawser-lab-test";

/// A web server of busybox's on each worker, and a Service before them.
fn documents() -> String {
    let pod = |node: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\n\
             metadata: {{name: on-{node}, namespace: {NAMESPACE}, labels: {{app: web}}}}\n\
             spec:\n  nodeName: {node}\n  terminationGracePeriodSeconds: 1\n  containers:\n  - name: web\n    \
             image: lab.local/pod-network:1\n    imagePullPolicy: Never\n    command: [/bin/busybox, sh, -c]\n    \
             args: ['mkdir /www; hostname >/www/index.html; exec /bin/busybox httpd -f -p 8080 -h /www']\n"
        )
    };
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {NAMESPACE}}}\n{}{}---\napiVersion: v1\nkind: Service\n\
         metadata: {{name: web, namespace: {NAMESPACE}}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80, targetPort: 8080}}]\n",
        pod("w1"),
        pod("w2")
    )
}

#[test]
fn a40_pods_reach_each_other_and_a_service_answers_from_every_node() {
    let Administrator {
        kubectl,
        credentials,
        workstation: _home,
    } = administrator(PROFILE);
    kubectl.run(&["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait"]);
    until("pods and a Service", LONG, || kubectl.apply(&documents()));

    let (here, there) = (pod_ip(&kubectl, "on-w1"), pod_ip(&kubectl, "on-w2"));
    pod_reaches(&kubectl, "on-w1", &there, "on-w2");
    pod_reaches(&kubectl, "on-w2", &here, "on-w1");

    caches_know_the_service(&credentials);
    service_answers_everywhere(&kubectl, &credentials);
    kubectl
        .run(&["delete", "namespace", NAMESPACE, "--wait=false"])
        .exits(0);
}

fn pod_ip(kubectl: &Kubectl, pod: &str) -> String {
    until(&format!("{pod} is Ready"), LONG, || {
        let found = kubectl.get(&["pod", pod, "-n", NAMESPACE])?;
        let ip = found["status"]["podIP"].as_str().filter(|_| is_ready(&found));
        ip.map(str::to_owned).ok_or_else(|| found["status"].to_string())
    })
}

/// The image has no other client of HTTP than kubectl: busybox's, linked statically,
/// cannot look up names and dies of it.
fn pod_reaches(kubectl: &Kubectl, from: &str, address: &str, who: &str) {
    let server = format!("--server=http://{address}:8080");
    let fetch = [
        "exec",
        "-n",
        NAMESPACE,
        from,
        "--",
        "/bin/kubectl",
        &server,
        "get",
        "--raw",
        "/",
    ];
    until(&format!("{from} reaches {who}"), LONG, || {
        let reply = kubectl.run(&fetch).answer()?;
        if reply.trim() == who { Ok(()) } else { Err(reply) }
    });
    println!("{from} reaches {who} by its address");
}

/// What kube-proxy is told comes from its API server's cache, which a change of etcd's leader may set back.
fn caches_know_the_service(credentials: &Credentials) {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/services?resourceVersion=0");
    let since = Instant::now();
    for node in &NODES[..3] {
        let address = lab::address(PROFILE, node);
        until(&format!("{node}'s cache knows the Service"), LONG, || {
            let list = credentials.get(&address, &path, Duration::from_secs(10))?;
            if list.contains("\"name\":\"web\"") {
                Ok(())
            } else {
                Err(list)
            }
        });
        println!(
            "{node}'s cache knows the Service after {:.1} s",
            since.elapsed().as_secs_f64()
        );
    }
}

fn service_answers_everywhere(kubectl: &Kubectl, credentials: &Credentials) {
    let service = kubectl.get(&["service", "web", "-n", NAMESPACE]).unwrap();
    let ip = service["spec"]["clusterIP"].as_str().unwrap();
    let since = Instant::now();
    let deaf: Vec<&str> = NODES
        .into_iter()
        .filter(|node| {
            in_time(RULES_ARE_WRITTEN.saturating_sub(since.elapsed()), || {
                answers(ip, node)
            })
            .is_err()
        })
        .collect();
    println!(
        "after {:.1} s the Service does not answer on: {deaf:?}",
        since.elapsed().as_secs_f64()
    );
    if !deaf.is_empty() {
        assert!(lab::minor() < 29, "kubeadm adds learners: no watch may be deaf");
        restart_what_is_silent(kubectl, credentials, &deaf);
    }
    for node in deaf {
        until(&format!("the Service answers on {node}"), LONG, || {
            answers(ip, node)
        });
    }
}

/// What docs/explanation/known-issues.md says to do about watches that stay silent after etcd grew from one member to
/// two: the API servers whose caches are behind, the leading controller manager, and kube-proxy where it is missed.
/// Killed, not moved: kubelet starts the container of the same pod again at once.
fn restart_what_is_silent(kubectl: &Kubectl, credentials: &Credentials, deaf: &[&str]) {
    for node in NODES[..3].iter().filter(|node| is_behind(credentials, node)) {
        host::exec(node, "pkill -x kube-apiserver");
    }
    let lease = ["lease", "kube-controller-manager", "-n", "kube-system"];
    let leader = until("a controller manager leads", LONG, || {
        let lease = kubectl.get(&lease)?;
        let holder = lease["spec"]["holderIdentity"].as_str();
        let host = holder.and_then(|holder| holder.split('_').next());
        host.map(str::to_owned).ok_or_else(|| lease.to_string())
    });
    println!("restarted: the controller manager of {leader}");
    host::exec(&leader, "pkill -x kube-controller");
    for node in deaf {
        host::exec(node, "pkill -x kube-proxy");
    }
}

/// Whether the API server tells of the Service's objects from its cache what etcd does not hold.
fn is_behind(credentials: &Credentials, node: &str) -> bool {
    let slices = if lab::minor() < 21 { "v1beta1" } else { "v1" };
    let paths = [
        format!("/api/v1/namespaces/{NAMESPACE}/pods"),
        format!("/api/v1/namespaces/{NAMESPACE}/endpoints"),
        format!("/apis/discovery.k8s.io/{slices}/namespaces/{NAMESPACE}/endpointslices"),
    ];
    let address = lab::address(PROFILE, node);
    let versions = |path: &str| {
        until(&format!("{node} answers {path}"), LONG, || {
            let text = credentials.get(&address, path, Duration::from_secs(10))?;
            let list: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let items = list["items"].as_array().ok_or(text)?;
            let object = |item: &Value| {
                let meta = &item["metadata"];
                format!("{} at {}", meta["name"], meta["resourceVersion"])
            };
            // A cache lists in no certain order.
            Ok(items.iter().map(object).collect::<BTreeSet<_>>())
        })
    };
    let behind = paths.iter().filter(|path| {
        let (cache, etcd) = (versions(&format!("{path}?resourceVersion=0")), versions(path));
        println!("{node} {path}: its cache {cache:?}, etcd {etcd:?}");
        cache != etcd
    });
    behind.count() > 0
}

fn answers(ip: &str, node: &str) -> Result<(), String> {
    let reply = host::try_exec(node, &format!("curl -sS --max-time 5 http://{ip}/")).answer()?;
    if reply.starts_with("on-w") {
        Ok(())
    } else {
        Err(reply)
    }
}
