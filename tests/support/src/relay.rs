//! A proxy of this machine that counts connections: whoever reconnects is seen.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Passes bytes on (HTTP's CONNECT), and counts.
pub struct Relay {
    pub address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Relay {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let counting = Arc::clone(&counts);
        thread::spawn(move || {
            for client in listener.incoming() {
                let counts = Arc::clone(&counting);
                counts.begun.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    // An error is an end, and counted as such.
                    let _ = client.and_then(|client| pass_on(&client));
                    counts.ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, counts }
    }

    /// How many connections were begun.
    pub fn begun(&self) -> usize {
        self.counts.begun.load(Ordering::SeqCst)
    }

    /// How many of them have ended, by whichever side.
    pub fn ended(&self) -> usize {
        self.counts.ended.load(Ordering::SeqCst)
    }
}

/// Until one side ends.
fn pass_on(client: &TcpStream) -> std::io::Result<()> {
    let mut head = BufReader::new(client);
    let mut request = String::new();
    head.read_line(&mut request)?;
    let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let server = TcpStream::connect(target)?;
    (&*client).write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (from_server, to_client) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || copy(&mut &from_server, &to_client));
    copy(&mut head, &server);
    back.join().unwrap();
    Ok(())
}

/// To the end of one, which ends the other.
fn copy(from: &mut impl Read, mut to: &TcpStream) {
    let _ = std::io::copy(from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
