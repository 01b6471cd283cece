//! Ctrl-C, once and twice, in the middle of `kubeadm join`. The cluster is one that was built before.

use std::process::Command;

use support::hawser::{BUILD, LOOK, Workstation};
use support::host::{exec, is_so};
use support::wait;

use crate::cluster::{assert_whole, await_members, members};
use crate::fault::{Run, apply, empty, hold_kubeadm};

/// The join has got as far as the kubelet's identity, and goes on.
const JOINING: &str = "[ -e /etc/kubernetes/kubelet.conf ] && pgrep -x kubeadm >/dev/null";

fn interrupt(run: &Run) {
    let sent = Command::new("kill")
        .args(["-INT", &run.pid().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn await_joining(run: &mut Run, host: &str) {
    wait::until("kubeadm join is in its middle", wait::LONG, || {
        run.must_go_on();
        if is_so(host, JOINING) {
            Ok(())
        } else {
            Err("not yet".to_owned())
        }
    });
}

#[test]
fn d10_ctrl_c_awaits_the_join_and_starts_nothing_new() {
    let workstation = Workstation::new("stacked");
    assert_whole(&workstation);
    empty("cp3");
    // Where cp3 was the leader they elect another: until then hawser would refuse to add a member.
    await_members("cp1");
    await_members("cp2");

    let mut run = apply(&workstation);
    await_joining(&mut run, "cp3");
    interrupt(&run);
    let ran = run.end().exits(130);

    assert!(ran.reply().contains("stopped by you"), "{}", ran.reply());
    assert!(!is_so("cp3", "pgrep -x kubeadm"), "kubeadm has been awaited");
    assert!(members("cp1").unwrap().iter().any(|member| member.name == "cp3"));
    assert!(
        is_so(
            "lb1",
            "grep -q 'server cp3 .* disabled$' /etc/haproxy/haproxy.cfg"
        ),
        "it is not let in any more"
    );
    workstation.hawser(&["apply", "--yes"], BUILD).exits(0);
    assert_whole(&workstation);
}

#[test]
fn d20_ctrl_c_twice_lets_go_and_the_next_run_waits_for_what_runs() {
    let workstation = Workstation::new("stacked");
    empty("w2");

    // However fast the host is, the join is not over before the test has looked.
    let held = hold_kubeadm("w2", JOINING);
    let mut run = apply(&workstation);
    held.reached(&mut run);
    interrupt(&run);
    wait::until("the first Ctrl-C is heard", wait::LONG, || run.heard("stop"));
    interrupt(&run);
    let reply = run.end().exits(130).reply();
    let pid = detached(&reply, "w2");
    assert!(
        is_so("w2", &format!("[ -d /proc/{pid} ] && pgrep -x kubeadm")),
        "{reply}"
    );

    let refused = workstation.hawser(&["apply", "--yes"], LOOK).exits(4).reply();
    assert!(
        refused.contains("w2: kubeadm is still running there"),
        "{refused}"
    );

    exec("w2", "pkill -CONT -x kubeadm");
    wait::until("kubeadm ends", wait::LONG, || {
        if is_so("w2", "pgrep -x kubeadm") {
            Err("it runs".to_owned())
        } else {
            Ok(())
        }
    });
    workstation.hawser(&["apply", "--yes"], BUILD).exits(0);
    assert_whole(&workstation);
}

/// The process that a run left running on a host.
fn detached(reply: &str, host: &str) -> u32 {
    let mark = format!("{host}: process ");
    let rest = reply
        .split(&mark)
        .nth(1)
        .unwrap_or_else(|| panic!("no process of {host}: {reply}"));
    rest.split(' ').next().unwrap().parse().unwrap()
}
