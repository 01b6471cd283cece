//! Ways tried from a real sshd's host: what hawser sends, and what it makes of the answer.

use std::time::Duration;

use hawser::facts::{Reached, read_trials};
use hawser::remote::connectivity::{ConnectionTrial, LIMIT, try_connections};
use hawser::remote::wire::connection::Connection;
use hawser::values::Values;

use super::*;

fn way(number: usize, port: u16) -> ConnectionTrial {
    ConnectionTrial {
        number,
        address: "127.0.0.1".to_owned(),
        is_name: false,
        port,
        asks_tls: false,
        connections: 1,
    }
}

#[tokio::test]
async fn ways_are_tried_from_the_host_and_told_apart() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, vec![sshd.path("user")]).await.unwrap();
    let closes = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [&closes, &nobody].map(|listener| listener.local_addr().unwrap().port());
    drop(nobody);
    tokio::spawn(async move { while closes.accept().await.is_ok() {} });

    let [command] = try_connections(&[way(1, sshd.port), way(2, ports[0]), way(3, ports[1])])
        .try_into()
        .unwrap();
    let wire = command.wire(&Values::default()).unwrap();
    let limit = LIMIT + Duration::from_secs(30);
    let output = session.run(&wire, limit, None).await.unwrap();

    let trials = read_trials(&output.stdout).unwrap();
    let reached: Vec<_> = trials
        .into_iter()
        .map(|(number, trial)| (number, trial.reached))
        .collect();
    assert_eq!(
        reached,
        [(1, Reached::Open), (2, Reached::Closed), (3, Reached::Refused)]
    );
}
