//! Power lost in the middle of init and of every kind of join, and what the next run makes of it. b10 and b20 build one
//! cluster on the way, by as many runs as it takes; b30 to b50 another one.

use support::hawser::{BUILD, LOOK, Workstation};
use support::host::{exec, exec_patiently, is_so};
use support::process::Ran;
use support::{lab, wait};

use crate::cluster::{
    HOSTS, assert_whole, await_members, await_unstarted, ca, fingerprint, members, node_ids,
};
use crate::fault::{apply, cut_once, empty, hold_etcd_manifest};

/// The run in which a host loses its power ends by itself, and says which host and what it was doing.
fn assert_lost(ran: Ran, hosts: &[&str], during: &str) {
    let ran = ran.exits(1);
    for host in hosts {
        let words = format!("{host}: the connection broke during {during}");
        assert!(
            ran.reply().contains(&words),
            "{words:?} is not in {}",
            ran.reply()
        );
    }
    for host in HOSTS.iter().filter(|host| !hosts.contains(host)) {
        assert!(
            is_so(host, "[ ! -e /run/hawser ]"),
            "left on {host}: {}",
            ran.reply()
        );
    }
}

#[test]
fn b10_init_is_finished_after_a_power_loss() {
    lab::up("stacked");
    let workstation = Workstation::new("stacked");
    let cut = cut_once("cp1", "[ -e /etc/kubernetes/manifests/etcd.yaml ]");
    let mut run = apply(&workstation);
    cut.done(&mut run);
    assert_lost(run.end(), &["cp1"], "kubeadm init");

    lab::power_cycle("cp1");
    let before = ca("cp1");
    await_members("cp1");
    // The next run goes on with it, until cp2 loses its power: see b20.
    let held = hold_etcd_manifest("cp2");
    let mut run = apply(&workstation);
    await_unstarted(&mut run, "cp1", &lab::address("stacked", "cp2"));
    let off = held.cut();
    assert_lost(run.end(), &["cp2"], "kubeadm join");
    off.on();
    assert_eq!(ca("cp1"), before, "the CA is the one of the first attempt");
}

/// The commands that a refusal prints for a host.
fn commands_for(host: &str, reply: &str) -> Vec<String> {
    let mark = format!("on {host}: `");
    let lines = reply.lines().filter_map(|line| line.split_once(&mark));
    lines
        .map(|(_, command)| command.trim_end().trim_end_matches('`').to_owned())
        .collect()
}

/// How to go on with one member that a kubelet runs: the first two pieces of shell on the page.
fn commands_of_the_page() -> Vec<&'static str> {
    let page = include_str!("../../docs/how-to/recover-etcd-quorum.md");
    let pieces = page.split("```sh\n").skip(1).take(2);
    pieces.map(|piece| piece.split("```").next().unwrap()).collect()
}

/// Refused, with the sum and the way out, and nothing is changed. An etcd without a quorum is started again and again
/// by kubelet, ever more seldom: while it is down, all that can be told is that nothing answers, and how to start it.
fn assert_refused(workstation: &Workstation) -> String {
    let before = fingerprint();
    let reply = wait::until("the sum is told", wait::LONG, || {
        let reply = workstation.hawser(&["apply", "--yes"], BUILD).exits(4).reply();
        if reply.contains("none of its API servers and etcd members answers") {
            let commands = commands_for("cp1", &reply);
            assert_eq!(commands, ["systemctl restart kubelet"]);
            exec("cp1", &commands[0]);
            Err(reply)
        } else {
            Ok(reply)
        }
    });
    assert!(reply.contains("refused: cp2: its etcd member has no"), "{reply}");
    assert!(
        reply.contains("without it 1 of 2 listed members run, the quorum is 2"),
        "{reply}"
    );
    assert_eq!(fingerprint(), before);
    reply
}

#[test]
fn b20_without_a_quorum_it_refuses_and_the_way_out_works() {
    let workstation = Workstation::new("stacked");
    let before = ca("cp1");
    assert_refused(&workstation);

    empty("cp2");
    let refused = assert_refused(&workstation);
    assert!(
        refused.contains("from the data of cp1: docs/how-to/recover-etcd-quorum.md"),
        "{refused}"
    );
    for commands in commands_of_the_page() {
        let commands = commands.replace("ADDRESS", &lab::address("stacked", "cp1"));
        exec_patiently("cp1", &format!("set -e\n{commands}"));
    }
    let names: Vec<String> = members("cp1")
        .unwrap()
        .into_iter()
        .map(|member| member.name)
        .collect();
    assert_eq!(names, ["cp1"]);

    workstation.hawser(&["apply", "--yes"], BUILD).exits(0);
    assert_whole(&workstation);
    assert_eq!(ca("cp1"), before);
}

#[test]
fn b30_a_control_plane_with_its_etcd_manifest_written_is_brought_up() {
    lab::up("stacked");
    let workstation = Workstation::new("stacked");
    let cut = cut_once("cp2", "[ -s /etc/kubernetes/manifests/etcd.yaml ]");
    let mut run = apply(&workstation);
    cut.done(&mut run);
    assert_lost(run.end(), &["cp2"], "kubeadm join");
    lab::power_cycle("cp2");
    let identity = exec("cp2", "sha256sum </etc/kubernetes/pki/etcd/peer.crt");

    // The next run brings it up as it is, and goes on until w1 and cp3 lose their power: see b40.
    let cut = cut_once("w1", "[ -e /etc/kubernetes/kubelet.conf ]");
    let held = hold_etcd_manifest("cp3");
    let mut run = apply(&workstation);
    cut.done(&mut run);
    await_unstarted(&mut run, "cp1", &lab::address("stacked", "cp3"));
    let off = held.cut();
    assert_lost(run.end(), &["w1", "cp3"], "kubeadm join");
    off.on();
    assert_eq!(
        exec("cp2", "sha256sum </etc/kubernetes/pki/etcd/peer.crt"),
        identity
    );
}

#[test]
fn b40_a_listed_control_plane_and_a_half_joined_worker_are_finished() {
    let workstation = Workstation::new("stacked");
    lab::power_cycle("w1");
    assert!(is_so("w1", "[ -e /etc/kubernetes/kubelet.conf ]"));

    workstation.hawser(&["apply", "--yes"], BUILD).exits(0);

    assert_whole(&workstation);
}

#[test]
fn b50_an_emptied_first_control_plane_joins_its_cluster() {
    let workstation = Workstation::new("stacked");
    let cp2 = lab::address("stacked", "cp2");
    let (before, nodes) = (ca("cp1"), node_ids(&workstation, &cp2));
    empty("cp1");

    let out = cut_of_balancers();
    let ran = workstation.hawser(&["apply", "--yes"], BUILD).exits(0);
    out.finish(LOOK).exits(0);

    assert!(!ran.reply().contains("kubeadm init"), "{}", ran.reply());
    assert_eq!(ca("cp1"), before);
    let mut after = node_ids(&workstation, &cp2);
    assert_ne!(
        after.insert("cp1".to_owned(), nodes["cp1"].clone()).as_ref(),
        nodes.get("cp1")
    );
    assert_eq!(after, nodes, "the other nodes are those that were there");
    assert!(is_so(
        "lb1",
        "grep -q 'server cp1 .* check$' /etc/haproxy/haproxy.cfg"
    ));
    assert_whole(&workstation);
}

/// Ends well once the first balancer's file has left cp1 out.
fn cut_of_balancers() -> support::process::Running {
    crate::fault::seen(
        "lb1",
        "grep -q 'server cp1 .* disabled$' /etc/haproxy/haproxy.cfg",
    )
}
