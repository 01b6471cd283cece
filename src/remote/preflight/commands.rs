//! What a host is asked before it becomes a part of a cluster. `facts::read_preflight` reads the answer.

use crate::topology::{Host, Role, Topology};

use crate::remote::probe::etcd_data;
use crate::remote::wire::RemoteCommand;

const SCRIPT: &str = script!("preflight.sh", [answers], (cri_socket sysctls; paths));

/// Kernel settings that pods and kube-proxy need.
const SYSCTLS: &str = "net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.bridge.bridge-nf-call-iptables \
     net.bridge.bridge-nf-call-ip6tables";

const SYNC_TIMES: &str = script!("sync_times.sh", [answers], (folder));

/// Where kubelet and a container runtime keep what grows.
pub const NODE_DATA: &str = "/var/lib";

/// What the host is, as far as a cluster depends on it.
pub fn preflight(topology: &Topology, host: &Host) -> RemoteCommand {
    let command = RemoteCommand::reads("checking its facts", SCRIPT)
        .arg(&topology.kubeadm.cri_socket)
        .arg(SYSCTLS)
        .arg(NODE_DATA);
    match keeps_etcd(topology, host) {
        Some(path) => command.arg(path),
        None => command,
    }
}

/// Where a host is to keep etcd's data, if it is.
pub fn keeps_etcd<'a>(topology: &'a Topology, host: &Host) -> Option<&'a str> {
    use crate::topology::EtcdTopology::{External, Stacked};
    let role = match topology.etcd {
        Stacked => Role::ControlPlane,
        External => Role::Etcd,
    };
    host.is(role).then(|| etcd_data(topology))
}

/// The host's time.
pub fn clock() -> RemoteCommand {
    RemoteCommand::reads("reading its clock", script!("clock.sh", [], ()))
}

/// How long the disk below a folder takes to keep what it is given. It writes some megabytes, and takes them away
/// again.
pub fn sync_times(folder: &str) -> RemoteCommand {
    RemoteCommand::changes("measuring etcd's disk", SYNC_TIMES).arg(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;
    use crate::facts::{Observed, read_preflight, read_sync_times};

    #[test]
    fn this_machine_tells_what_it_is() {
        let output = Command::new("sh")
            .args([
                "-c",
                SCRIPT,
                "hawser",
                "unix:///nonexistent.sock",
                SYSCTLS,
                "/var/lib",
            ])
            .output()
            .unwrap();

        let preflight = read_preflight(&output.stdout).unwrap();

        assert!(preflight.cpus.known().is_some_and(|count| *count > 0));
        assert!(preflight.memory_kb.known().is_some_and(|size| *size > 100_000));
        let room = preflight.disks["/var/lib"].known().copied().unwrap();
        assert!(room.size_kb >= room.free_kb);
        assert!(
            preflight
                .sysctls
                .known()
                .unwrap()
                .contains_key("net.ipv4.ip_forward")
        );
        assert!(preflight.cards.known().unwrap().contains_key("lo"));
        assert_eq!(
            preflight.runtime.known(),
            None,
            "there is no runtime at a socket that is not there"
        );
    }

    #[test]
    fn a_disk_is_measured_by_either_program_and_nothing_stays_on_it() {
        let home = tempfile::tempdir().unwrap();
        for program in ["perl", "python3"] {
            let find = "case $0 in python3) python3 -c 'import sys; print(sys.executable)' ;; *) command -v $0 ;; esac";
            let found = Command::new("sh").args(["-c", find, program]).output().unwrap();
            let path = String::from_utf8(found.stdout).unwrap();
            if path.is_empty() {
                eprintln!("SKIPPED: {program} is not installed");
                continue;
            }
            let programs = tempfile::tempdir().unwrap();
            for name in ["timeout", "base64", "tail", "cat", "uname"] {
                let found = Command::new("sh")
                    .args(["-c", "command -v $0", name])
                    .output()
                    .unwrap();
                let path = String::from_utf8(found.stdout).unwrap();
                symlink(path.trim(), programs.path().join(name)).unwrap();
            }
            symlink(path.trim(), programs.path().join(program)).unwrap();

            let output = Command::new("/bin/sh")
                .env_clear()
                .env("PATH", programs.path())
                .args(["-c", SYNC_TIMES, "hawser"])
                .arg(home.path().join("var/lib/etcd"))
                .output()
                .unwrap();

            let times = read_sync_times(&output.stdout).unwrap();
            assert!(times.count > 0, "{program}: {times:?}");
        }
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_path_that_is_not_absolute_is_told_and_looked_for_nowhere() {
        let answer = |script: &str, arguments: &[&str]| {
            let output = Command::new("timeout")
                .args(["60", "sh", "-c", script, "hawser"])
                .args(arguments)
                .output()
                .unwrap();
            output.stdout
        };
        let why = "not an absolute path: data/etcd";

        let measured = answer(SYNC_TIMES, &["data/etcd"]);
        let looked = answer(SCRIPT, &["unix:///nonexistent.sock", SYSCTLS, "/", "data/etcd"]);

        assert_eq!(read_sync_times(&measured), Err(why.to_owned()));
        let preflight = read_preflight(&looked).unwrap();
        assert!(preflight.disks["/"].known().is_some());
        assert_eq!(preflight.disks["data/etcd"], Observed::Unknown(why.to_owned()));
    }

    #[test]
    fn a_disk_that_cannot_be_measured_says_why() {
        let programs = tempfile::tempdir().unwrap();
        for name in ["base64", "tail", "cat"] {
            let found = Command::new("sh")
                .args(["-c", "command -v $0", name])
                .output()
                .unwrap();
            let path = String::from_utf8(found.stdout).unwrap();
            symlink(path.trim(), programs.path().join(name)).unwrap();
        }

        let output = Command::new("/bin/sh")
            .env_clear()
            .env("PATH", programs.path())
            .args(["-c", SYNC_TIMES, "hawser", "/"])
            .output()
            .unwrap();

        let why = "neither python3 nor perl is installed, and one is needed to measure".to_owned();
        assert_eq!(read_sync_times(&output.stdout), Err(why));
    }
}
