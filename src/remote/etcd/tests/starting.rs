//! A member that runs is left as it is, and one that does not is started; beside a systemctl that is told what to say.

use std::net::TcpListener;
use std::process::Child;

use super::*;

/// Shows what stands in `unit`, and writes down what else it is asked to do.
const SYSTEMCTL: &str = "#!/bin/sh\nhere=${0%/*}\ncase $1 in\nshow) grep \"^$3=\" \"$here/unit\" ;;\n*) echo \"$*\" >>\"$here/done\" ;;\nesac\n";

fn rig(unit: &str) -> Rig {
    let rig = Rig::new("", &[]);
    rig.program("systemctl", SYSTEMCTL);
    // Whose files are whose is not looked at here, and who runs this may not be root.
    for name in ["install", "chown", "chmod"] {
        rig.program(name, &format!("#!/bin/sh\necho {name} >>\"${{0%/*}}/done\"\n"));
    }
    rig.write("unit", unit);
    rig
}

/// What is done to a unit on a host where it is so.
fn done_where(unit: &str) -> Vec<String> {
    let rig = rig(unit);
    let (status, reported) = rig.run(&start(EtcdManager::Systemd, "/var/lib/etcd"));
    assert_eq!(status, Some(0), "{reported}");
    rig.read("done")
}

/// A process in etcd's place; it ends with the test.
struct Member(Child);

impl Member {
    fn start() -> Self {
        Self(Command::new("sleep").arg("60").spawn().unwrap())
    }

    fn unit(&self, state: &str, needs_reload: &str, words: &str) -> String {
        let pid = self.0.id();
        format!(
            "ActiveState={state}\nNeedDaemonReload={needs_reload}\nMainPID={pid}\n\
             ExecStart={{ path=/usr/bin/sleep ; argv[]={words} ; ignore_errors=no ; pid={pid} }}\n"
        )
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_unit_that_is_active_is_left_as_it_is() {
    let member = Member::start();
    for state in ["active", "reloading"] {
        for words in ["sleep 60", "sleep 99"] {
            let done = done_where(&member.unit(state, "yes", words));

            assert_eq!(done, [""; 0], "{state}, {words}");
        }
    }
}

#[test]
fn a_unit_that_does_not_run_is_started_and_not_restarted() {
    let stopped = "NeedDaemonReload=yes\nMainPID=0\nExecStart={ path=/usr/bin/etcd ; argv[]=etcd ; }\n";
    for state in ["inactive", "failed", "deactivating"] {
        let done = done_where(&format!("ActiveState={state}\n{stopped}"));

        assert_eq!(
            done.last().map(String::as_str),
            Some("start --no-block etcd"),
            "{state}"
        );
        assert!(done.contains(&"daemon-reload".to_owned()), "{done:?}");
        assert!(done.contains(&"enable -q etcd".to_owned()), "{done:?}");
    }
}

#[test]
fn a_unit_that_waits_for_a_quorum_is_begun_anew_only_with_other_words() {
    let member = Member::start();
    let last = |needs_reload: &str, words: &str| {
        let done = done_where(&member.unit("activating", needs_reload, words));
        done.last().cloned().unwrap()
    };

    assert_eq!(last("no", "sleep 60"), "start --no-block etcd");
    assert_eq!(last("no", "sleep 99"), "restart --no-block etcd");
    assert_eq!(last("yes", "sleep 60"), "restart --no-block etcd");
}

#[test]
fn a_kubelet_is_restarted_only_where_no_etcd_listens() {
    let done = || {
        let rig = rig("");
        let (status, reported) = rig.run(&start(EtcdManager::Kubelet, "/var/lib/etcd"));
        assert_eq!(status, Some(0), "{reported}");
        rig.read("done").last().cloned().unwrap()
    };
    let Ok(free) = TcpListener::bind(("127.0.0.1", 2379)) else {
        eprintln!("SKIPPED: port 2379 of this machine is taken");
        return;
    };
    assert_eq!(done(), "start --no-block kubelet");
    drop(free);
    assert_eq!(done(), "restart --no-block kubelet");
}
