//! What a server says before it has shown a key, to a client whose known hosts may be damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hawser::error::Problem;
use hawser::error::sanitize::is_invisible;
use hawser::ssh::{Client, Prompter};
use hawser::topology::{Host, HostName, SshSettings, SshTarget, Sudo};
use support::dice::Dice;
use support::rig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use zeroize::Zeroizing;

use crate::changes::changed;
use crate::trying::{fuzz, seeds};

struct Nobody;

impl Prompter for Nobody {
    fn passphrase(&self, _: &Path) -> Result<Zeroizing<String>, Problem> {
        panic!("no key is encrypted")
    }

    fn sudo_password(&self, _: &HostName, _: &str) -> Result<Zeroizing<String>, Problem> {
        panic!("no sudo here")
    }
}

fn settings(known_hosts: &Path) -> SshSettings {
    SshSettings {
        known_hosts: Some(known_hosts.to_owned()),
        handshakes: 1,
    }
}

fn host(port: u16, identity: PathBuf) -> Host {
    Host {
        name: HostName::from("cp1"),
        address: "127.0.0.1".parse().unwrap(),
        roles: BTreeSet::new(),
        ssh: SshTarget {
            address: "127.0.0.1".to_owned(),
            port,
            user: "root".to_owned(),
            identities: vec![identity],
            agent: false,
            sudo: Sudo::None,
            jumps: Vec::new(),
        },
        labels: BTreeMap::new(),
        taints: Vec::new(),
        kubelet_args: BTreeMap::new(),
        take_over: BTreeSet::new(),
    }
}

/// What hawser says of a server that says this, ends what it has to say, and hangs up.
async fn told_of(reply: &[u8], known_hosts: &Path, identity: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = host(listener.local_addr().unwrap().port(), identity.to_owned());
    let server = async {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(reply).await;
            let _ = stream.shutdown().await;
            let _ = stream.read(&mut [0; 4096]).await;
        }
    };
    let client = Client::new(&settings(known_hosts), Nobody)
        .unwrap()
        .with_agent(None);
    tokio::select! {
        () = server => unreachable!("it listens on"),
        connected = client.connect(&target) => connected.err().expect("nobody shows a key").to_string(),
    }
}

#[test]
fn what_a_server_says_in_the_place_of_a_key_is_refused_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (known_hosts, identity) = (folder.path().join("known_hosts"), folder.path().join("user"));
    rig::keygen(&identity, &[]);
    let of_known_hosts = seeds("tests/fuzz/corpus/known_hosts");
    // Between attempts nobody waits for a clock.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let mut dice = Dice(1);

    fuzz("banner", &seeds("tests/fuzz/corpus/banner"), |input| {
        std::fs::write(&known_hosts, changed(&mut dice, &of_known_hosts)).unwrap();
        let reported = runtime.block_on(told_of(input, &known_hosts, &identity));
        let raw: Vec<char> = reported
            .chars()
            .filter(|c| *c != '\n' && is_invisible(*c))
            .collect();
        assert!(raw.is_empty(), "{raw:?} in {reported:?}");
    });
}

#[test]
fn a_file_of_known_hosts_is_read_whatever_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known_hosts");

    fuzz("known_hosts", &seeds("tests/fuzz/corpus/known_hosts"), |input| {
        std::fs::write(&path, input).unwrap();
        // A line that is not understood is told of where a host has no other, and is no
        // reason not to connect to others.
        assert!(Client::new(&settings(&path), Nobody).is_ok());
    });
}
