//! What a cluster is for: pods reach each other across nodes, and a Service answers from every node.

use std::time::{Duration, Instant};

use support::api::Credentials;
use support::hawser::{Administrator, administrator};
use support::kubectl::{Kubectl, is_ready};
use support::wait::{LONG, in_time, until};
use support::{host, lab};

use crate::evidence::PROFILE;

const NODES: [&str; 5] = ["cp1", "cp2", "cp3", "w1", "w2"];

/// How long what is known to every API server may take to be in every node's rules, where no watch is deaf.
const RULES_ARE_WRITTEN: Duration = Duration::from_secs(30);

/// What docs/explanation/known-issues.md says to do about watches that stay silent after etcd grew from one member to
/// two.
const RESTART_THE_CLIENTS: &str = "
    export KUBECONFIG=/etc/kubernetes/admin.conf
    kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec.nodeName=cp1
    mv /etc/kubernetes/manifests/kube-controller-manager.yaml /etc/kubernetes/
    while pgrep -x kube-controller >/dev/null; do sleep 0.5; done
    mv /etc/kubernetes/kube-controller-manager.yaml /etc/kubernetes/manifests/";

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
    service_answers_everywhere(&kubectl);
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

fn service_answers_everywhere(kubectl: &Kubectl) {
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
        host::exec("cp1", RESTART_THE_CLIENTS);
    }
    for node in deaf {
        until(&format!("the Service answers on {node}"), LONG, || {
            answers(ip, node)
        });
    }
}

fn answers(ip: &str, node: &str) -> Result<(), String> {
    let reply = host::try_exec(node, &format!("curl -sS --max-time 5 http://{ip}/")).answer()?;
    if reply.starts_with("on-w") {
        Ok(())
    } else {
        Err(reply)
    }
}
