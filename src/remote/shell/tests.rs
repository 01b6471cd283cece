//! A bare connection by the host's bash, whatever root's own .bashrc says, and however long it takes.

use std::net::TcpListener;
use std::process::Command;

const SCRIPTS: &str = concat!(
    include_str!("apart.sh"),
    include_str!("dial.sh"),
    include_str!("etcdctl.sh"),
    include_str!("etcd_members.sh"),
    include_str!("answers.sh"),
    include_str!("probe_cluster.sh"),
);

/// What a script says on a host that is reached over ssh, and whose root has this .bashrc.
fn asked(bashrc: &str, script: &str, port: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".bashrc");
    std::fs::write(&path, bashrc).unwrap();
    let script = format!("{SCRIPTS}\n{script}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, "hawser", port]);
    shell.env("HOME", home.path()).env("BASH_ENV", &path);
    shell
        .env("SSH_CLIENT", "192.0.2.1 50000 22")
        .env("SSH2_CLIENT", "192.0.2.1")
        .env_remove("SHLVL");
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}

fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

/// Nobody can connect to it: that is neither yes nor no.
const NO_PORT: &str = "no-such-service";
const CHATTY: &str = "echo 'bash: connect: Connection refused'; echo 'bash: connect: Connection refused' >&2";
const SLOW: &str = "sleep 3";

#[test]
fn a_member_of_etcd_is_not_down_because_a_bashrc_says_so() {
    let refuses = "etcd_refuses \"https://127.0.0.1:$1\" && echo refused || echo unknown";

    assert_eq!(asked(CHATTY, refuses, NO_PORT), "unknown\n");
    for bashrc in ["", CHATTY, SLOW] {
        assert_eq!(asked(bashrc, refuses, &closed_port()), "refused\n", "{bashrc}");
    }
}

#[test]
fn what_listens_at_the_endpoint_is_not_told_by_a_bashrc() {
    let speaks = "endpoint_url=https://127.0.0.1:$1; speaks_tls 2>/dev/null || echo unknown";

    assert_eq!(asked(CHATTY, speaks, NO_PORT), "unknown\n");
    for bashrc in ["", CHATTY, SLOW] {
        assert_eq!(asked(bashrc, speaks, &closed_port()), "no\n", "{bashrc}");
    }
}

#[test]
fn a_connection_of_which_bash_never_spoke_is_unknown() {
    let script = "bare_bash() { echo 'connect: Connection refused' >&2; return 1; }\n\
        dial 1 127.0.0.1 1 || printf '%s\\n' \"$words\"";

    assert_eq!(asked("", script, NO_PORT), "bash has not come to connect\n");
}
