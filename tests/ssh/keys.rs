//! Logging in with key files.

use super::*;

#[tokio::test]
async fn a_known_host_lets_a_known_key_in() {
    let Some(sshd) = Sshd::start("") else { return };

    let session = connect(&sshd, vec![sshd.path("user")]).await.unwrap();
    session.close().await;

    assert_eq!(sshd.count("Accepted publickey"), 1);
}

#[tokio::test]
async fn an_encrypted_key_is_asked_for_once_for_all_hosts() {
    let Some(sshd) = Sshd::start("") else { return };
    let key = sshd.keygen("encrypted", "ed25519", "open sesame");
    sshd.authorize("encrypted");
    let answers = Answers::default();
    let client = client(sshd.known_hosts(), answers.clone());
    let host = host(&sshd, vec![key]);

    let sessions = futures::future::join_all((0..5).map(|_| client.connect(&host))).await;

    assert!(sessions.iter().all(Result::is_ok));
    assert_eq!(answers.count(), 1);
}

#[tokio::test]
async fn a_wrong_passphrase_is_a_problem_of_the_key_and_asked_for_once() {
    let Some(sshd) = Sshd::start("") else { return };
    let key = sshd.keygen("encrypted", "ed25519", "another");
    let answers = Answers::default();
    let client = client(sshd.known_hosts(), answers.clone());
    let host = host(&sshd, vec![key]);

    let first = problem(client.connect(&host).await);
    let second = problem(client.connect(&host).await);

    assert!(
        matches!(&first, Problem::Identity { cause, .. } if cause == "the passphrase is wrong"),
        "{first:?}"
    );
    assert_eq!(first, second);
    assert_eq!(answers.count(), 1);
    assert_eq!(sshd.count("Connection from"), 0);
}

#[tokio::test]
async fn keys_in_pem_and_of_every_kind_are_taken() {
    let Some(sshd) = Sshd::start("") else { return };

    for (name, arguments) in [
        ("rsa", &["-t", "rsa"][..]),
        // ssh-key 0.7 does not read every 256th key on the smaller curve: one whose scalar begins with a zero byte.
        ("ecdsa", &["-t", "ecdsa", "-b", "384"]),
        ("rsa_pem", &["-t", "rsa", "-m", "PEM"]),
        ("rsa_pkcs8", &["-t", "rsa", "-m", "PKCS8"]),
        ("ecdsa_pkcs8", &["-t", "ecdsa", "-m", "PKCS8"]),
        (
            "encrypted_pkcs8",
            &["-t", "ecdsa", "-m", "PKCS8", "-N", "open sesame"],
        ),
        ("encrypted_pem", &["-t", "rsa", "-m", "PEM", "-N", "open sesame"]),
    ] {
        let key = sshd.keygen_with(name, arguments);
        sshd.authorize(name);
        let session = connect(&sshd, vec![key]).await;
        assert!(session.is_ok(), "{name}: {:?}", session.err());
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_named() {
    let Some(sshd) = Sshd::start("") else { return };
    let garbage = sshd.write("garbage", "not a key\n");

    let absent = problem(connect(&sshd, vec![sshd.path("absent")]).await);
    let unreadable = problem(connect(&sshd, vec![garbage]).await);

    assert!(matches!(absent, Problem::Identity { .. }), "{absent:?}");
    assert!(matches!(unreadable, Problem::Identity { .. }), "{unreadable:?}");
}

#[tokio::test]
async fn a_refused_login_names_what_was_offered_and_what_would_be_taken() {
    let Some(sshd) = Sshd::start("") else { return };
    let keys = vec![
        sshd.keygen("one", "ed25519", ""),
        sshd.keygen_with("two", &["-t", "ecdsa", "-b", "384"]),
    ];

    let problem = problem(connect(&sshd, keys).await);

    let Problem::LoginRefused {
        offered, accepted, ..
    } = problem
    else {
        panic!("{problem:?}")
    };
    assert_eq!(offered.len(), 2);
    assert!(offered[0].contains("/one (ED25519 SHA256:"), "{offered:?}");
    assert_eq!(accepted, ["publickey"]);
    assert_eq!(sshd.count("Connection from"), 1);
}

#[tokio::test]
async fn a_server_that_has_seen_enough_keys_is_quoted() {
    let Some(sshd) = Sshd::start("MaxAuthTries 2") else {
        return;
    };
    let keys = ["one", "two", "three"].map(|name| sshd.keygen(name, "ed25519", ""));

    let problem = problem(connect(&sshd, keys.to_vec()).await);

    let Problem::LoginRefused { offered, .. } = problem else {
        panic!("{problem:?}")
    };
    assert!(
        offered
            .last()
            .unwrap()
            .contains("Too many authentication failures"),
        "{offered:?}"
    );
}

#[tokio::test]
async fn a_server_that_wants_two_keys_gets_both() {
    let Some(sshd) = Sshd::start("AuthenticationMethods publickey,publickey") else {
        return;
    };
    let second = sshd.keygen("second", "ed25519", "");
    sshd.authorize("second");

    let alone = problem(connect(&sshd, vec![sshd.path("user")]).await);
    let both = connect(&sshd, vec![sshd.path("user"), second]).await;

    let Problem::LoginRefused { offered, .. } = alone else {
        panic!("{alone:?}")
    };
    assert!(offered[0].ends_with("(accepted, but not enough)"), "{offered:?}");
    assert!(both.is_ok());
}
