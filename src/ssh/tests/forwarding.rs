//! Connections that sshd makes for hawser.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::*;

const LIMIT: Duration = Duration::from_secs(60);

/// A server that says back what it hears, once.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
    });
    port
}

fn not_forwarded<T>(result: Result<T, NotForwarded>) -> NotForwarded {
    match result {
        Ok(_) => panic!("there is nothing to be reached"),
        Err(why) => why,
    }
}

#[tokio::test]
async fn a_server_beyond_the_host_is_spoken_with() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;

    let mut stream = session
        .forwarding("127.0.0.1", echo().await, LIMIT)
        .await
        .unwrap();
    stream.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    stream.read_exact(&mut heard).await.unwrap();

    assert_eq!(&heard, b"hello");
}

#[tokio::test]
async fn what_sshd_says_of_each_failure_is_passed_on() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);

    for _ in 0..3 {
        let refused = not_forwarded(session.forwarding("127.0.0.1", port, LIMIT).await);
        assert_eq!(refused, NotForwarded::Failed("Connection refused".to_owned()));
    }
    assert!(session.forwarding("127.0.0.1", echo().await, LIMIT).await.is_ok());
}

#[tokio::test]
async fn an_sshd_that_may_not_forward_says_so() {
    let Some(sshd) = Sshd::start("AllowTcpForwarding no") else {
        return;
    };
    let session = connect(&sshd, "", Sudo::None).await;

    let forbidden = not_forwarded(session.forwarding("127.0.0.1", 1, LIMIT).await);

    assert_eq!(forbidden, NotForwarded::Forbidden);
}

#[tokio::test]
async fn commands_still_run_after_openings_that_failed() {
    let Some(sshd) = Sshd::start("AllowTcpForwarding no") else {
        return;
    };
    let session = connect(&sshd, "", Sudo::None).await;

    not_forwarded(session.forwarding("127.0.0.1", 1, LIMIT).await);
    let output = run(&session, "echo well", b"").await.unwrap();

    assert_eq!(*output.stdout, b"well\n");
}

/// A port whose connections nobody takes, so full that the system answers no further one;
/// it is so while the streams live.
async fn silent() -> (u16, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
        waiting.push(stream);
    }
    (address.port(), listener, waiting)
}

#[tokio::test]
async fn a_failure_after_an_opening_that_was_given_up_has_its_own_words() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let (port, _listener, _waiting) = silent().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusing = closed.local_addr().unwrap().port();
    drop(closed);

    let given_up = not_forwarded(
        session
            .forwarding("127.0.0.1", port, Duration::from_millis(200))
            .await,
    );
    let refused = not_forwarded(session.forwarding("127.0.0.1", refusing, LIMIT).await);

    assert_eq!(given_up, NotForwarded::Silent);
    assert_eq!(refused, NotForwarded::Failed("Connection refused".to_owned()));
}
