//! Keys that an ssh-agent holds.

use super::*;

/// An ssh-agent of the test's own.
struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(sshd: &Sshd, keys: &[PathBuf]) -> Self {
        let socket = sshd.path("agent");
        let mut child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It prints its socket's name once that is there.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        for key in keys {
            let added = Command::new("ssh-add")
                .arg("-q")
                .arg(key)
                .env("SSH_AUTH_SOCK", &socket)
                .status();
            assert!(added.unwrap().success());
        }
        Self { child, socket }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn connect_with_agent(
    sshd: &Sshd,
    agent: &Agent,
    identities: Vec<PathBuf>,
) -> Result<Session, Problem> {
    let mut host = host(sshd, identities);
    host.ssh.agent = true;
    client(sshd.known_hosts(), Answers::default())
        .with_agent(Some(agent.socket.clone()))
        .connect(&host)
        .await
}

#[tokio::test]
async fn a_key_of_the_agent_logs_in() {
    let Some(sshd) = Sshd::start("") else { return };
    let rsa = sshd.keygen("rsa", "rsa", "");
    sshd.authorize("rsa");
    let agent = Agent::start(&sshd, &[rsa]);

    assert!(connect_with_agent(&sshd, &agent, vec![]).await.is_ok());
}

#[tokio::test]
async fn the_agents_copy_of_a_configured_key_goes_first_and_saves_the_passphrase() {
    let Some(sshd) = Sshd::start("MaxAuthTries 2") else {
        return;
    };
    let others = ["one", "two", "three", "four"].map(|name| sshd.keygen(name, "ed25519", ""));
    let mut keys = others.to_vec();
    keys.push(sshd.path("user"));
    let agent = Agent::start(&sshd, &keys);
    // The file holds another key by now, behind a passphrase that nobody knows.
    let configured = sshd.keygen("configured", "ed25519", "unknown");
    std::fs::copy(sshd.path("user.pub"), sshd.path("configured.pub")).unwrap();

    assert!(connect_with_agent(&sshd, &agent, vec![configured]).await.is_ok());
    assert_eq!(sshd.count("Failed publickey"), 0);
}

#[tokio::test]
async fn a_configured_key_goes_before_the_agents_other_keys() {
    let Some(sshd) = Sshd::start("MaxAuthTries 2") else {
        return;
    };
    let others = ["one", "two", "three", "four", "five", "six"].map(|name| sshd.keygen(name, "ed25519", ""));
    let agent = Agent::start(&sshd, &others);

    assert!(
        connect_with_agent(&sshd, &agent, vec![sshd.path("user")])
            .await
            .is_ok()
    );
}
