//! Which hosts are trusted.

use super::*;

/// Connects with a known_hosts file and sees that the login was not even begun.
async fn refused_unseen(sshd: &Sshd, known_hosts: &str) -> Problem {
    let client = client(sshd.write("known_hosts", known_hosts), Answers::default());

    let problem = problem(client.connect(&host(sshd, vec![sshd.path("user")])).await);

    sshd.wait_for("[preauth]");
    assert_eq!(sshd.count("Connection from"), 1);
    assert_eq!(sshd.count("authenticating user"), 0);
    assert_eq!(sshd.count("Accepted"), 0);
    problem
}

/// Whether a known_hosts file lets the login succeed.
async fn is_trusted(sshd: &Sshd, known_hosts: &str) -> bool {
    let client = client(sshd.write("known_hosts", known_hosts), Answers::default());
    client.connect(&host(sshd, vec![sshd.path("user")])).await.is_ok()
}

#[tokio::test]
async fn an_unknown_host_is_refused_with_the_line_that_trusts_it() {
    let Some(sshd) = Sshd::start("") else { return };

    let problem = refused_unseen(&sshd, "# nothing\n").await;

    let Problem::HostKeyUnknown {
        line, fingerprint, ..
    } = problem
    else {
        panic!("{problem:?}")
    };
    let shown = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(sshd.path("host_ed25519.pub"))
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains(fingerprint.strip_prefix("ED25519 ").unwrap()));
    assert!(is_trusted(&sshd, &line).await);
}

#[tokio::test]
async fn a_changed_host_key_is_refused_and_never_tried_again() {
    let Some(sshd) = Sshd::start("") else { return };
    sshd.keygen("other", "ed25519", "");
    let lines = format!(
        "# two lines\n[127.0.0.1]:{} {}\n",
        sshd.port,
        sshd.public("other")
    );

    let problem = refused_unseen(&sshd, &lines).await;

    let Problem::HostKeyChanged { known_at, .. } = problem else {
        panic!("{problem:?}")
    };
    assert_eq!(known_at, format!("{}:2", sshd.path("known_hosts").display()));
}

#[tokio::test]
async fn a_revoked_host_key_is_refused_though_another_line_trusts_it() {
    let Some(sshd) = Sshd::start("") else { return };
    let key = sshd.public("host_ed25519");
    let lines = format!("[127.0.0.1]:{} {key}\n@revoked * {key}\n", sshd.port);

    let problem = refused_unseen(&sshd, &lines).await;

    assert!(matches!(problem, Problem::HostKeyRevoked { .. }), "{problem:?}");
}

#[tokio::test]
async fn a_known_host_that_also_has_other_keys_shows_the_known_one() {
    let Some(sshd) = Sshd::start_with_keys("", &["ed25519", "ecdsa", "rsa"]) else {
        return;
    };

    for kind in ["ecdsa", "rsa", "ed25519"] {
        let key = sshd.public(&format!("host_{kind}"));
        let line = format!("[127.0.0.1]:{} {key}\n", sshd.port);

        assert!(is_trusted(&sshd, &line).await, "{kind}");
    }
}

#[tokio::test]
async fn a_host_certificate_of_a_known_authority_is_trusted() {
    let Some(sshd) = Sshd::start("HostCertificate @FOLDER@/host_ed25519-cert.pub") else {
        return;
    };

    let lines = format!("@cert-authority * {}\n", sshd.public("authority"));

    assert!(is_trusted(&sshd, &lines).await);
}

#[tokio::test]
async fn a_known_hosts_file_that_cannot_be_read_is_no_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SshSettings {
        known_hosts: Some(folder.path().to_owned()),
        handshakes: 1,
    };

    let problem = Client::new(&settings, Answers::default()).err().unwrap();

    assert!(matches!(problem, Problem::LocalFile { .. }), "{problem:?}");
}
