//! Hosts behind jump hosts: a target and the hosts on the way, each a real sshd.

use std::fmt::Write;

use futures::future::join_all;

use super::*;

/// A known_hosts file that knows all of them.
fn known_hosts(all: &[&Sshd]) -> PathBuf {
    let mut lines = String::new();
    for sshd in all {
        let _ = writeln!(lines, "[127.0.0.1]:{} {}", sshd.port, sshd.public("host_ed25519"));
    }
    all[0].write("all_known_hosts", &lines)
}

fn hop(sshd: &Sshd) -> SshTarget {
    host(sshd, vec![sshd.path("user")]).ssh
}

fn behind(target: &Sshd, jumps: &[&Sshd]) -> Host {
    let mut host = host(target, vec![target.path("user")]);
    host.ssh.jumps = jumps.iter().copied().map(hop).collect();
    host
}

/// How many have logged in.
fn logins(sshd: &Sshd) -> usize {
    sshd.count("Accepted publickey")
}

fn cause(problem: Problem) -> String {
    match problem {
        Problem::Unreachable { host, cause, .. } => {
            assert_eq!(host, HostName::from("cp1"));
            cause
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_host_is_reached_through_one_jump_host_and_through_two() {
    let (Some(first), Some(second), Some(target)) = (Sshd::start(""), Sshd::start(""), Sshd::start(""))
    else {
        return;
    };
    let known = known_hosts(&[&target, &first, &second]);

    for jumps in [&[&first][..], &[&first, &second]] {
        let client = client(known.clone(), Answers::default());
        client
            .connect(&behind(&target, jumps))
            .await
            .unwrap()
            .close()
            .await;
    }

    assert_eq!((logins(&first), logins(&second), logins(&target)), (2, 1, 2));
}

#[tokio::test]
async fn twenty_five_hosts_share_a_connection_to_their_jump_host() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("MaxStartups 100")) else {
        return;
    };
    let client = client(known_hosts(&[&target, &jump_host]), Answers::default());
    let host = behind(&target, &[&jump_host]);

    let sessions = join_all((0..26).map(|_| client.connect(&host))).await;

    assert!(sessions.iter().all(Result::is_ok));
    assert_eq!((logins(&jump_host), logins(&target)), (2, 26));
}

#[tokio::test]
async fn nothing_is_sent_through_a_jump_host_whose_key_is_not_known() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let client = client(known_hosts(&[&target]), Answers::default());

    let problem = problem(client.connect(&behind(&target, &[&jump_host])).await);

    let Problem::HostKeyUnknown { host, address, .. } = problem else {
        panic!("{problem:?}")
    };
    assert_eq!(host, HostName::from("127.0.0.1"));
    assert_eq!(address, format!("127.0.0.1:{}", jump_host.port));
    assert_eq!((logins(&jump_host), logins(&target)), (0, 0));
}

#[tokio::test]
async fn the_key_of_a_host_is_verified_behind_a_jump_host_too() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let client = client(known_hosts(&[&jump_host]), Answers::default());

    let problem = problem(client.connect(&behind(&target, &[&jump_host])).await);

    assert!(matches!(problem, Problem::HostKeyUnknown { host, .. } if host.0 == "cp1"));
    assert_eq!(logins(&target), 0);
}

#[tokio::test]
async fn a_jump_host_that_forbids_forwarding_is_named() {
    let (Some(jump_host), Some(target)) = (Sshd::start("AllowTcpForwarding no"), Sshd::start("")) else {
        return;
    };
    let client = client(known_hosts(&[&target, &jump_host]), Answers::default());

    let problem = problem(client.connect(&behind(&target, &[&jump_host])).await);

    let cause = cause(problem);
    assert!(cause.contains("forbids forwarding"), "{cause}");
    assert!(
        cause.contains(&format!("127.0.0.1:{}", jump_host.port)),
        "{cause}"
    );
}

#[tokio::test]
async fn what_a_jump_host_cannot_reach_is_told_in_its_words() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let client = client(known_hosts(&[&target, &jump_host]), Answers::default());
    let mut host = behind(&target, &[&jump_host]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    host.ssh.port = listener.local_addr().unwrap().port();
    drop(listener);

    let cause = cause(problem(client.connect(&host).await));

    assert!(
        cause.ends_with("cannot connect to it: Connection refused"),
        "{cause}"
    );
}

#[tokio::test]
async fn one_handshake_at_a_time_is_enough_for_a_host_and_its_jump_host() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let settings = SshSettings {
        known_hosts: Some(known_hosts(&[&target, &jump_host])),
        handshakes: 1,
    };
    let client = Client::new(&settings, Answers::default())
        .unwrap()
        .with_agent(None);
    let host = behind(&target, &[&jump_host]);

    let both = join_all([client.connect(&host), client.connect(&host)]).await;

    assert!(both.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_connection_to_a_jump_host_that_has_ended_is_made_anew() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let client = client(known_hosts(&[&target, &jump_host]), Answers::default());
    let host = behind(&target, &[&jump_host]);
    let _first = client.connect(&host).await.unwrap();
    jump_host.kill_connections();

    client.connect(&host).await.unwrap().close().await;

    assert_eq!(logins(&jump_host), 2);
}

#[tokio::test]
async fn a_login_that_a_jump_host_refuses_is_tried_once_for_all_hosts() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let client = client(known_hosts(&[&target, &jump_host]), Answers::default());
    let mut host = behind(&target, &[&jump_host]);
    host.ssh.jumps[0].identities = vec![jump_host.keygen("stranger", "ed25519", "")];

    let all = join_all((0..60).map(|_| client.connect(&host))).await;

    for result in all {
        let cause = cause(problem(result));
        assert!(cause.contains("refuses the login; tried: "), "{cause}");
        assert!(
            cause.contains(&format!("127.0.0.1:{}", jump_host.port)),
            "{cause}"
        );
    }
    assert_eq!(jump_host.count("Connection from"), 1);
}

#[tokio::test]
async fn a_jump_host_that_is_down_is_named_and_not_the_host() {
    let (Some(jump_host), Some(target)) = (Sshd::start(""), Sshd::start("")) else {
        return;
    };
    let client = client(known_hosts(&[&target, &jump_host]), Answers::default());
    let mut host = behind(&target, &[&jump_host]);
    host.ssh.jumps[0].identities = vec![target.path("user")];
    let port = jump_host.port;
    drop(jump_host);

    let cause = cause(problem(client.connect(&host).await));

    let named = format!("127.0.0.1:{port}: connection refused");
    assert!(
        cause.starts_with("the jump host ") && cause.contains(&named),
        "{cause}"
    );
}
