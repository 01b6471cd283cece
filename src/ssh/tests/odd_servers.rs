//! Orders of messages that a real sshd sends only now and then.

use russh::Error;
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{self, Auth, ChannelOpenHandle, Msg, VerifiedPublicKey};
use russh::{Channel, ChannelId};
use tokio::net::TcpListener;

use super::*;

/// Answers every command in the same odd way.
struct Odd(fn(ChannelId, &mut server::Session) -> Result<(), Error>);

impl server::Handler for Odd {
    type Error = Error;

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut server::Session,
    ) -> Result<(), Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        _: &[u8],
        session: &mut server::Session,
    ) -> Result<(), Error> {
        self.0(id, session)
    }
}

/// Runs a command on such a server.
async fn ask(answer: fn(ChannelId, &mut server::Session) -> Result<(), Error>) -> Result<Output, Problem> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let known_hosts = folder.path().join("known_hosts");
    let line = format!(
        "[127.0.0.1]:{port} {}\n",
        key.public_key().to_openssh().unwrap().trim()
    );
    std::fs::write(&known_hosts, line).unwrap();
    let identity = folder.path().join("user");
    let user = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
    user.write_openssh_file(&identity, LineEnding::LF).unwrap();
    let config = server::Config {
        keys: vec![key],
        ..server::Config::default()
    };
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        server::run_stream(Arc::new(config), stream, Odd(answer))
            .await
            .unwrap()
            .await
    });

    let settings = SshSettings {
        known_hosts: Some(known_hosts),
        handshakes: 1,
    };
    let answers = Answers {
        password: "",
        asked: Arc::default(),
    };
    let host = host_at(port, "root", identity, "cp1", Sudo::None);
    let session = Client::new(&settings, answers)
        .unwrap()
        .connect(&host)
        .await
        .unwrap();
    session.run_line("true", request(b"")).await
}

#[tokio::test]
async fn output_that_follows_the_status_is_kept() {
    let output = ask(|id, session| {
        session.channel_success(id)?;
        session.exit_status_request(id, 0)?;
        session.extended_data(id, 1, "hawser-started 7\n")?;
        session.data(id, "late")?;
        session.eof(id)?;
        session.close(id)
    });

    assert_eq!(*output.await.unwrap().stdout, b"late");
}

#[tokio::test]
async fn a_status_that_follows_the_end_of_output_is_waited_for() {
    let output = ask(|id, session| {
        session.channel_success(id)?;
        session.extended_data(id, 1, "hawser-st")?;
        session.extended_data(id, 1, "arted 7\nerr")?;
        session.eof(id)?;
        session.exit_status_request(id, 4)?;
        session.close(id)
    });

    let output = output.await.unwrap();
    assert_eq!(
        (output.exit, output.stderr.as_slice()),
        (Exit::Code(4), b"err".as_slice())
    );
}

#[tokio::test]
async fn a_channel_that_closes_without_a_status_leaves_the_outcome_unknown() {
    let output = ask(|id, session| {
        session.channel_success(id)?;
        session.extended_data(id, 1, "hawser-started 7\n")?;
        session.eof(id)?;
        session.close(id)
    });

    assert!(matches!(output.await, Err(Problem::ConnectionLost { .. })));
}

#[tokio::test]
async fn a_server_that_refuses_the_command_is_no_failed_command() {
    let output = ask(|id, session| session.channel_failure(id));

    let Err(Problem::Step { how, .. }) = output.await else {
        panic!("it must not run")
    };
    assert_eq!(how, "sshd refused to run it");
}

#[tokio::test]
async fn a_connection_that_ends_at_once_leaves_the_outcome_unknown() {
    let output = ask(|_, _| Err(Error::Disconnect));

    assert!(matches!(output.await, Err(Problem::ConnectionLost { .. })));
}
