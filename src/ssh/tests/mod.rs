//! Commands on a real sshd.

mod commands;
mod forwarding;
mod images;
mod lease;
mod odd_servers;
mod sudo;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::rig::Sshd;
use zeroize::Zeroizing;

use super::conversation::Request;
use super::*;
use crate::error::Problem;
use crate::remote::wire::connection::{Exit, Output, Progress};
use crate::topology::{Host, HostName, SshSettings, SshTarget, Sudo};

struct Answers {
    password: &'static str,
    asked: Arc<AtomicUsize>,
}

impl Prompter for Answers {
    fn passphrase(&self, _: &Path) -> Result<Zeroizing<String>, Problem> {
        unreachable!("no key is encrypted")
    }

    fn sudo_password(&self, _: &HostName, _: &str) -> Result<Zeroizing<String>, Problem> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Zeroizing::new(self.password.to_owned()))
    }
}

fn client(sshd: &Sshd, password: &'static str) -> Client {
    let settings = SshSettings {
        known_hosts: Some(sshd.known_hosts()),
        handshakes: 10,
    };
    let asked = Arc::default();
    Client::new(&settings, Answers { password, asked }).unwrap()
}

fn host(sshd: &Sshd, name: &str, sudo: Sudo) -> Host {
    host_at(sshd.port, &sshd.user, sshd.path("user"), name, sudo)
}

fn host_at(port: u16, user: &str, identity: PathBuf, name: &str, sudo: Sudo) -> Host {
    Host {
        name: HostName::from(name),
        address: "127.0.0.1".parse().unwrap(),
        roles: BTreeSet::new(),
        ssh: SshTarget {
            address: "127.0.0.1".to_owned(),
            port,
            user: user.to_owned(),
            identities: vec![identity],
            agent: false,
            sudo,
            jumps: Vec::new(),
        },
        labels: BTreeMap::new(),
        taints: Vec::new(),
        kubelet_args: BTreeMap::new(),
        take_over: std::collections::BTreeSet::new(),
    }
}

fn line(script: &str) -> String {
    let script = format!("{}{script}", include_str!("../../remote/shell/prelude.sh"));
    shlex::try_join(["sh", "-c", &script, "hawser"]).unwrap()
}

fn request(input: &[u8]) -> Request {
    Request {
        purpose: "test".to_owned(),
        input: Zeroizing::new(input.to_vec()),
        image: None,
        deadline: Duration::from_secs(60),
        progress: None,
        prints_secrets: false,
    }
}

async fn run(session: &Session, script: &str, input: &[u8]) -> Result<Output, Problem> {
    session.run_line(&line(script), request(input)).await
}

async fn connect(sshd: &Sshd, password: &'static str, sudo: Sudo) -> Session {
    client(sshd, password)
        .connect(&host(sshd, "cp1", sudo))
        .await
        .unwrap()
}
