//! Hosts that are cut off from a cluster that runs. What is plugged in again has another interface, which a balancer's
//! keepalived does not know: this comes last where the host is one.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use support::broken::forgets;
use support::lab;
use support::process::run;
use support::seen::SETTLED;
use support::wait::until;

use crate::{CLUSTER, PROFILE};

const LIMIT: Duration = Duration::from_secs(60);

/// A host whose network is unplugged, and plugged in again when dropped.
struct Unplugged(&'static str);

impl Unplugged {
    fn network(&self, arguments: &[&str]) {
        let mut docker = Command::new("docker");
        docker.arg("network").args(arguments).args(["hawser-lab", self.0]);
        run(&mut docker, LIMIT).exits(0);
    }
}

impl Drop for Unplugged {
    fn drop(&mut self) {
        self.network(&["connect", "--ip", &lab::address(PROFILE, self.0)]);
    }
}

/// As `forgets`, of the workstation.
fn the_workstation_forgets(gone: &str) {
    let sshd: SocketAddr = format!("{gone}:22").parse().unwrap();
    until(
        "the workstation knows no way there",
        SETTLED,
        || match TcpStream::connect_timeout(&sshd, Duration::from_secs(5)) {
            Err(error) if error.kind() == ErrorKind::HostUnreachable => Ok(()),
            other => Err(format!("{other:?}")),
        },
    );
}

#[test]
fn b10_a_host_whose_network_is_cut_is_named_from_all_others() {
    CLUSTER.well();
    let unplugged = Unplugged("cp2");
    unplugged.network(&["disconnect"]);
    let address = lab::address(PROFILE, "cp2");
    let others: Vec<String> = lab::hosts(PROFILE)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name != "cp2" && !name.starts_with("etcd"))
        .collect();
    for name in &others {
        forgets(name, &address);
    }
    the_workstation_forgets(&address);

    let seen = CLUSTER.check(&["--to", "cp2"]);

    assert_eq!(
        seen.connection("workstation", "cp2", "ssh"),
        ("no-route", "failed")
    );
    for name in &others {
        let way = seen.connection(name, "cp2", "api-server");
        assert_eq!(way, ("no-route", "failed"), "{name}");
    }
    assert_eq!(seen.connection("cp1", "cp2", "kubelet"), ("no-route", "failed"));
    assert_eq!(seen.code, Some(3));
}
