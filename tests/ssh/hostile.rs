//! What a server says before it has shown a key: anybody on the network can say it.

use hawser::error::sanitize::is_invisible;
use tokio::io::AsyncWriteExt;

use super::*;

const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}";

/// russh takes no other names of algorithms than ASCII's.
const HOSTILE_ASCII: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{7f}";

/// An unencrypted packet of the protocol.
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 8 - (payload.len() + 5) % 8 + 8;
    let length = u32::try_from(payload.len() + padding + 1).unwrap();
    let mut packet = length.to_be_bytes().to_vec();
    packet.push(u8::try_from(padding).unwrap());
    packet.extend_from_slice(payload);
    packet.resize(packet.len() + padding, 0);
    packet
}

fn string(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&length[..], text.as_bytes()].concat()
}

/// A KEXINIT whose names are all the same.
fn kexinit(names: &str) -> Vec<u8> {
    let mut payload = vec![20];
    payload.extend([7; 16]);
    (0..10).for_each(|_| payload.extend(string(names)));
    payload.extend([0; 5]);
    packet(&payload)
}

fn disconnect(message: &str) -> Vec<u8> {
    let mut payload = vec![1, 0, 0, 0, 2];
    payload.extend(string(message));
    payload.extend(string(""));
    packet(&payload)
}

/// What hawser says of a server that says this and nothing more.
async fn told_of(reply: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let reply = reply.clone();
            tokio::spawn(async move {
                stream.write_all(&reply).await.unwrap();
                let mut heard = Vec::new();
                let _ = stream.read_to_end(&mut heard).await;
            });
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("user");
    rig::keygen(&identity, &[]);
    let client = client(folder.path().join("known_hosts"), Answers::default());
    let target = host_at(port, "root", vec![identity]);
    problem(client.connect(&target).await).to_string()
}

fn does_nothing(text: &str) {
    let raw: Vec<char> = text.chars().filter(|c| *c != '\n' && is_invisible(*c)).collect();
    assert!(raw.is_empty(), "{raw:?} in {text:?}");
}

#[tokio::test]
async fn names_of_algorithms_are_shown_and_do_nothing() {
    let reply = [b"SSH-2.0-x\r\n".to_vec(), kexinit(&format!("{HOSTILE_ASCII}a,b"))].concat();

    let text = told_of(reply).await;

    does_nothing(&text);
    assert!(
        text.contains(r"no common Kex algorithm; the server has \x1b[2J\x1b]0;x\x07\x7fa, b"),
        "{text}"
    );
}

#[tokio::test]
async fn a_disconnect_is_shown_and_does_nothing() {
    let reply = [
        b"SSH-2.0-x\r\n".to_vec(),
        disconnect(&format!("{HOSTILE}\nerror: go away")),
    ]
    .concat();

    let text = told_of(reply).await;

    does_nothing(&text);
    assert!(!text.contains("\nerror: go away"), "{text}");
}

#[tokio::test]
async fn what_stands_in_the_place_of_a_version_does_nothing() {
    for reply in [
        format!("{HOSTILE}\r\nSSH-1.5-{HOSTILE}\r\n"),
        format!("SSH-2.0-{HOSTILE}\r\n{HOSTILE}"),
        HOSTILE.repeat(10_000),
    ] {
        does_nothing(&told_of(reply.into_bytes()).await);
    }
}
