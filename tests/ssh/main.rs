//! Connecting to a real sshd: whom hawser trusts, and with which keys it logs in.
//!
//! What is run on a host comes from the crate's own commands alone, so the tests that run arbitrary ones are beside
//! the code, in `src/ssh/tests`.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hawser::error::Problem;
use hawser::ssh::{Client, Prompter, Session};
use hawser::topology::{Host, HostName, SshSettings, SshTarget, Sudo};
use support::rig::{self, Sshd};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

mod agent;
mod agreeing;
mod config;
mod connectivity;
mod endings;
mod host_keys;
mod hostile;
mod jump;
mod keys;
mod reaching;

/// Knows one passphrase, and counts the questions.
#[derive(Default, Clone)]
struct Answers {
    asked: Arc<AtomicUsize>,
}

impl Answers {
    fn count(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Prompter for Answers {
    fn passphrase(&self, _: &Path) -> Result<Zeroizing<String>, Problem> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Zeroizing::new("open sesame".to_owned()))
    }

    fn sudo_password(&self, _: &HostName, _: &str) -> Result<Zeroizing<String>, Problem> {
        panic!("no sudo here")
    }
}

/// A client that trusts what a known_hosts file of the test says, and has no agent.
fn client(known_hosts: PathBuf, answers: Answers) -> Client {
    let settings = SshSettings {
        known_hosts: Some(known_hosts),
        handshakes: 10,
    };
    Client::new(&settings, answers).unwrap().with_agent(None)
}

fn host(sshd: &Sshd, identities: Vec<PathBuf>) -> Host {
    host_at(sshd.port, &sshd.user, identities)
}

fn host_at(port: u16, user: &str, identities: Vec<PathBuf>) -> Host {
    Host {
        name: HostName::from("cp1"),
        address: "127.0.0.1".parse().unwrap(),
        roles: BTreeSet::new(),
        ssh: SshTarget {
            address: "127.0.0.1".to_owned(),
            port,
            user: user.to_owned(),
            identities,
            agent: false,
            sudo: Sudo::None,
            jumps: Vec::new(),
        },
        labels: BTreeMap::new(),
        taints: Vec::new(),
        kubelet_args: BTreeMap::new(),
        take_over: std::collections::BTreeSet::new(),
    }
}

async fn connect(sshd: &Sshd, identities: Vec<PathBuf>) -> Result<Session, Problem> {
    let client = client(sshd.known_hosts(), Answers::default());
    client.connect(&host(sshd, identities)).await
}

fn problem(result: Result<Session, Problem>) -> Problem {
    result.err().expect("hawser must not connect")
}
