//! Connections that fail before the host has shown its key.

use super::*;

#[tokio::test]
async fn a_refused_connection_says_so_at_once() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut host = host(&sshd, vec![sshd.path("user")]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    host.ssh.port = listener.local_addr().unwrap().port();
    drop(listener);

    let problem = problem(
        client(sshd.known_hosts(), Answers::default())
            .connect(&host)
            .await,
    );

    let Problem::Unreachable { cause, .. } = problem else {
        panic!("{problem:?}")
    };
    assert!(cause.starts_with("connection refused"), "{cause}");
}

/// Drops the first connections as an sshd beyond its `MaxStartups` does, then passes the next on.
async fn drop_first(count: usize, sshd: &Sshd) -> (u16, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, target) = (listener.local_addr().unwrap().port(), sshd.port);
    let serve = async move {
        for _ in 0..count {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Closing with unread bytes is a reset.
            let _ = stream.read(&mut [0; 4]).await;
        }
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut forwarding = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut forwarding).await;
        count + 1
    };
    (port, tokio::spawn(serve))
}

#[tokio::test]
async fn a_connection_that_is_dropped_before_the_handshake_is_tried_again() {
    let Some(sshd) = Sshd::start("") else { return };
    let (port, proxy) = drop_first(2, &sshd).await;
    let mut host = host(&sshd, vec![sshd.path("user")]);
    host.ssh.port = port;
    let line = format!("[127.0.0.1]:{port} {}\n", sshd.public("host_ed25519"));
    let client = client(sshd.write("known_hosts", &line), Answers::default());

    let session = client.connect(&host).await.unwrap();
    session.close().await;

    assert_eq!(proxy.await.unwrap(), 3);
}

#[tokio::test]
async fn connections_that_sshd_drops_because_there_are_many_come_in_later() {
    let Some(sshd) = Sshd::start("MaxStartups 2:100:2") else {
        return;
    };
    let client = client(sshd.known_hosts(), Answers::default());
    let host = host(&sshd, vec![sshd.path("user")]);

    let sessions = futures::future::join_all((0..6).map(|_| client.connect(&host))).await;

    assert!(sessions.iter().all(Result::is_ok));
    assert!(sshd.count("MaxStartups") > 0);
}
