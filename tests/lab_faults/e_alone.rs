//! One control plane and no other node: what lacks of its cluster is never a reason to initialise it again.

use support::hawser::{BUILD, Workstation};
use support::host::exec;
use support::process::Ran;
use support::{lab, wait};

const K: &str = "kubectl --kubeconfig /etc/kubernetes/admin.conf";

/// The inventory's balancers and its first control plane.
fn alone() -> Workstation {
    let text = lab::inventory_text("stacked");
    let (head, hosts) = text.split_once("[[hosts]]").unwrap();
    let others = ["cp2", "cp3", "w1", "w2"].map(|name| format!("name = \"{name}\""));
    let wanted = hosts
        .split("[[hosts]]")
        .filter(|host| !others.iter().any(|name| host.contains(name.as_str())));
    let hosts: Vec<String> = wanted.map(|host| format!("[[hosts]]{host}")).collect();
    Workstation::with_text(&format!("{head}{}", hosts.concat()))
}

fn identity() -> String {
    exec(
        "cp1",
        &format!("{K} get namespace kube-system default -o 'jsonpath={{.items[*].metadata.uid}}'"),
    )
}

/// No plan and no step names `kubeadm init`. A note or a hint may name one phase of it, for a person to type, or say
/// that it is never done again.
fn assert_no_init(ran: &Ran) {
    let reply = ran.reply();
    let named = reply.matches("kubeadm init").count();
    let for_a_person = ["`kubeadm init phase ", "hawser never runs `kubeadm init` again"];
    let known: usize = for_a_person
        .iter()
        .map(|words| reply.matches(words).count())
        .sum();
    assert_eq!(named, known, "{reply}");
}

#[test]
fn e10_a_cluster_of_one_lives_on_without_kube_proxy_and_without_its_api_server() {
    lab::up("stacked");
    let workstation = alone();
    workstation.hawser(&["apply", "--yes"], BUILD).exits(0);
    exec("cp1", &format!("{K} -n default create configmap of-a-user"));
    let before = identity();

    exec("cp1", &format!("{K} -n kube-system delete daemonset kube-proxy"));
    let ran = workstation.hawser(&["apply", "--yes"], BUILD);
    assert_no_init(&ran);
    assert!(ran.reply().contains("kube-proxy is missing"), "{}", ran.reply());
    exec("cp1", &format!("! {K} -n kube-system get daemonset kube-proxy"));

    // Its API server ends: etcd and kubelet go on.
    exec("cp1", "mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/");
    wait::until("the API server has ended", wait::LONG, || {
        let runs = exec("cp1", "if pgrep -x kube-apiserver >/dev/null; then echo runs; fi");
        if runs.is_empty() { Ok(()) } else { Err(runs) }
    });
    let ran = workstation.hawser(&["apply", "--yes"], BUILD).exits(4);
    assert!(
        ran.reply().contains("nothing there can start its API server"),
        "{}",
        ran.reply()
    );
    assert_no_init(&ran);

    // kubelet does not run, and the manifest is back: it is started.
    exec(
        "cp1",
        "systemctl stop kubelet; mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/",
    );
    let ran = workstation.hawser(&["apply", "--yes"], BUILD);
    assert_no_init(&ran);
    assert_eq!(identity(), before);
    exec("cp1", &format!("{K} -n default get configmap of-a-user"));
}
