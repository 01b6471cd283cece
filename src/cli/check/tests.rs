//! Checks of hosts that are not as they should be, on a real sshd.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use support::rig::Sshd;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::hosts::Extent;
use super::rounds::{Found, look};
use crate::check::{Cause, Narrowing, Source, cells};
use crate::cli::connected_hosts::ConnectedHosts;
use crate::cli::deadline::Deadline;
use crate::error::Problem;
use crate::ssh::{Client, Prompter};
use crate::topology::{HostName, Topology};

struct Nobody;

impl Prompter for Nobody {
    fn passphrase(&self, _: &Path) -> Result<Zeroizing<String>, Problem> {
        unreachable!("no key is encrypted")
    }

    fn sudo_password(&self, _: &HostName, _: &str) -> Result<Zeroizing<String>, Problem> {
        unreachable!("no sudo here")
    }
}

/// A control plane and a worker, each behind an sshd of its own.
fn topology(cp1: &Sshd, w1: &Sshd) -> Topology {
    let known = [cp1, w1].map(|sshd| std::fs::read_to_string(sshd.known_hosts()).unwrap());
    let known = cp1.write("known_hosts_of_all", &known.concat());
    let host = |name: &str, role: &str, address: u8, sshd: &Sshd| {
        format!(
            "[[hosts]]\nname = '{name}'\naddress = '127.0.0.{address}'\nroles = ['{role}']\n\
             ssh = {{ address = '127.0.0.1', port = {}, user = '{}', identities = ['{}'] }}\n",
            sshd.port,
            sshd.user,
            sshd.path("user").display()
        )
    };
    let text = format!(
        "cluster = {{ name = 'demo', kubernetes = 'v1.34.2' }}\nendpoint = {{ name = '127.0.0.1' }}\n\
         ssh = {{ known_hosts = '{}', agent = false, sudo = 'none' }}\n{}{}",
        known.display(),
        host("cp1", "control-plane", 11, cp1),
        host("w1", "worker", 12, w1)
    );
    let path = cp1.write("inventory.toml", &text);
    match crate::inventory::load(&path, false.into()) {
        Ok(loaded) => loaded.topology,
        Err(problem) => panic!("{problem:?}"),
    }
}

/// From which hosts a connection could not be tested.
fn unreported(found: &Found) -> BTreeSet<Source> {
    found
        .connections
        .iter()
        .filter(|connection| matches!(connection.evaluation.cause, Cause::NotTested(_)))
        .map(|connection| connection.cell.from.clone())
        .collect()
}

#[tokio::test]
async fn a_host_whose_commands_hang_is_waited_for_once_and_keeps_no_other_from_telling() {
    let (Some(well), Some(hangs)) = (Sshd::start(""), Sshd::start("ForceCommand sleep 600")) else {
        return;
    };
    let topology = topology(&well, &hangs);
    let client = Client::new(&topology.ssh, Nobody).unwrap();
    let (events, _told) = mpsc::unbounded_channel();
    let connected = ConnectedHosts::connect(&client, &topology, &events)
        .await
        .unwrap();
    let cells = cells(&topology, &Narrowing::default());
    let (cp1, w1) = (HostName::from("cp1"), HostName::from("w1"));
    assert_eq!(connected.sessions.len(), 2);

    // On a machine that is busy the host that is well needs longer, and so the one that hangs is waited for longer.
    let mut limits = [16, 60, 120].map(Duration::from_secs).into_iter();
    let found = loop {
        let (since, limit) = (Instant::now(), limits.next().expect("cp1 tells in two minutes"));
        let deadline = Deadline::after(limit);
        let found = look(
            &connected,
            &topology,
            cells.clone(),
            Extent::Facts,
            false,
            deadline,
        )
        .await;
        let took = since.elapsed();
        if found.asked.preflights[&cp1].is_ok() && !unreported(&found).contains(&Source::Host(cp1.clone())) {
            assert!(took < limit * 2, "{took:?}, where {limit:?} was the limit");
            break found;
        }
    };

    assert!(found.asked.clocks.contains_key(&cp1) && !found.asked.clocks.contains_key(&w1));
    assert!(found.asked.preflights[&cp1].is_ok() && found.asked.preflights[&w1].is_err());
    assert!(found.observation[&w1].is_err());
    assert_eq!(unreported(&found), BTreeSet::from([Source::Host(w1)]));
    connected.close().await;
}
