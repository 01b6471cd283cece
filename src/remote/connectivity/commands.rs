//! Trying the ways from a host. `facts::read_trials` reads the answer.

use std::time::Duration;

use crate::remote::wire::RemoteCommand;

const SCRIPT: &str = script!("try_connections.sh", [answers apart dial], (; connections));

/// So many are tried at the same time by one command: each costs the host some processes for a second.
const AT_ONCE: usize = 64;

/// A name is looked up, a connection made and watched, and TLS spoken, each with a limit of its own.
pub const LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionTrial {
    /// By which the answer is known.
    pub number: usize,
    pub address: String,
    pub is_name: bool,
    pub port: u16,
    /// Whether who is there is asked for a certificate.
    pub asks_tls: bool,
    /// How many connections are made, one after the other.
    pub connections: usize,
}

/// Tries all of a host's ways: commands that run beside each other, each for at most [`LIMIT`].
pub fn try_connections(connections: &[ConnectionTrial]) -> Vec<RemoteCommand> {
    connections.chunks(AT_ONCE).map(try_at_once).collect()
}

fn try_at_once(connections: &[ConnectionTrial]) -> RemoteCommand {
    let arguments = connections.iter().flat_map(|connection| {
        let kind = if connection.is_name { "name" } else { "address" };
        let ask = if connection.asks_tls { "tls" } else { "connect" };
        [
            connection.number.to_string(),
            kind.to_owned(),
            connection.address.clone(),
            connection.port.to_string(),
            ask.to_owned(),
            connection.connections.to_string(),
        ]
    });
    RemoteCommand::reads("trying the connections from it", SCRIPT).args(arguments)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{BufRead, BufReader};
    use std::net::{IpAddr, TcpListener, TcpStream};
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};

    use tempfile::TempDir;

    use super::*;
    use crate::facts::{Peer, Reached, Trial, read_trials};

    fn way(port: u16) -> ConnectionTrial {
        ConnectionTrial {
            number: 7,
            address: "127.0.0.1".to_owned(),
            is_name: false,
            port,
            asks_tls: false,
            connections: 1,
        }
    }

    fn named(name: &str) -> ConnectionTrial {
        ConnectionTrial {
            address: name.to_owned(),
            is_name: true,
            ..way(1)
        }
    }

    /// What the trials come to, as a shell of this machine makes them.
    fn ran_all(mut shell: Command, connections: &[ConnectionTrial]) -> BTreeMap<usize, Trial> {
        let [command] = try_connections(connections).try_into().unwrap();
        shell.args(["-c", SCRIPT, "hawser"]).args(&command.arguments);
        let output = shell.output().unwrap();
        read_trials(&output.stdout).unwrap_or_else(|why| panic!("{why}: {output:?}"))
    }

    fn ran(shell: Command, way: &ConnectionTrial) -> Trial {
        let mut trials = ran_all(shell, std::slice::from_ref(way));
        trials.remove(&way.number).unwrap()
    }

    fn tried(way: &ConnectionTrial) -> Trial {
        ran(Command::new("sh"), way)
    }

    /// Where a program is, if it is; an interpreter that a wrapper finds is named itself.
    fn find(name: &str) -> Option<PathBuf> {
        let script = match name {
            "python3" => "python3 -c 'import sys; print(sys.executable)'",
            _ => "command -v \"$0\"",
        };
        let found = Command::new("sh").args(["-c", script, name]).output().unwrap();
        let path = String::from_utf8(found.stdout).unwrap();
        (!path.is_empty()).then(|| path.trim().into())
    }

    /// A folder with the few programs that every host has, and with more of them.
    fn programs(more: &[(&str, PathBuf)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "timeout", "env", "base64", "cat", "sed", "awk", "sort", "tr", "tail", "getent", "sleep",
        ] {
            symlink(find(name).unwrap(), folder.path().join(name)).unwrap();
        }
        for (name, path) in more {
            symlink(path, folder.path().join(name)).unwrap();
        }
        folder
    }

    fn shell_in(folder: &TempDir) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().env("LC_ALL", "C").env("PATH", folder.path());
        shell
    }

    /// Accepts one connection and does something with it.
    fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || serve(listener.accept().unwrap().0));
        port
    }

    /// Keeps it until the other side goes.
    fn keeper() -> u16 {
        server(|mut stream| drop(std::io::copy(&mut stream, &mut std::io::sink())))
    }

    fn closed_port() -> u16 {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    }

    #[test]
    fn what_keeps_a_connection_what_closes_it_and_what_refuses_it_is_found() {
        let folder = programs(&[("bash", find("bash").unwrap())]);
        let open = ran(shell_in(&folder), &way(keeper()));
        let closed = ran(shell_in(&folder), &way(server(drop)));
        let refused = ran(shell_in(&folder), &way(closed_port()));
        let unknown = ran(shell_in(&folder), &named("nobody.invalid"));

        assert_eq!(open.reached, Reached::Open);
        assert_eq!(closed.reached, Reached::Closed);
        assert_eq!(refused.reached, Reached::Refused);
        assert_eq!(unknown.reached, Reached::NameUnknown);
        assert_eq!(unknown.resolved, Some(vec![]));
    }

    #[test]
    fn a_host_without_bash_says_so() {
        let trial = ran(shell_in(&programs(&[])), &way(1));

        let words = "bash is not here to test with";
        assert_eq!(trial.reached, Reached::Untested(words.to_owned()));
    }

    #[test]
    fn a_name_is_resolved_on_the_host() {
        let trial = tried(&named("localhost"));

        let addresses = trial.resolved.unwrap();
        assert!(addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
        assert_eq!(trial.reached, Reached::Refused);
    }

    #[test]
    fn ways_that_are_tried_together_answer_each_by_its_number() {
        let ports = [keeper(), closed_port(), keeper()];
        let connections: Vec<ConnectionTrial> = ports
            .iter()
            .enumerate()
            .map(|(number, port)| ConnectionTrial { number, ..way(*port) })
            .collect();

        let trials = ran_all(Command::new("sh"), &connections);

        let reached: Vec<_> = trials
            .into_iter()
            .map(|(number, trial)| (number, trial.reached))
            .collect();
        assert_eq!(
            reached,
            [(0, Reached::Open), (1, Reached::Refused), (2, Reached::Open)]
        );
    }

    #[test]
    fn hundreds_of_ways_are_split_into_commands() {
        let commands = try_connections(&vec![way(1); 2 * AT_ONCE + 1]);

        let counts: Vec<usize> = commands
            .iter()
            .map(|command| command.arguments.len() / 6)
            .collect();
        assert_eq!(counts, [AT_ONCE, AT_ONCE, 1]);
    }

    #[test]
    fn a_way_is_tried_as_often_as_it_is_to_be() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (counted, count) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let streams: Vec<_> = listener.incoming().take(3).collect();
            counted.send(streams.len()).unwrap();
        });

        tried(&ConnectionTrial {
            connections: 3,
            ..way(port)
        });

        assert_eq!(count.recv_timeout(LIMIT), Ok(3));
    }

    /// A network of its own with these rules; `None`, said aloud, where that is not allowed.
    fn network(rules: &str) -> Option<Command> {
        let isolated = |script: &str| {
            let mut command = Command::new("unshare");
            command.args(["-n", "sh", "-c", script, "sh"]);
            command
        };
        let setup = format!("set -e\nip link set lo up\n{rules}\n");
        let proof = isolated(&setup).output();
        if !proof.as_ref().is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: no network namespace with these rules: {proof:?}");
            return None;
        }
        let mut shell = isolated(&format!("{setup}exec \"$@\""));
        shell.arg("sh");
        Some(shell)
    }

    #[test]
    fn what_firewalls_and_routes_do_has_its_name() {
        let rules = "
            ip link add here type veth peer name there
            ip addr add 198.51.100.1/24 dev here
            ip link set here up && ip link set there up
            reject() { iptables -A INPUT -p tcp --dport \"$1\" -j REJECT --reject-with \"$2\"; }
            iptables -A INPUT -p tcp --dport 81 -j DROP
            reject 82 icmp-port-unreachable
            reject 83 tcp-reset
            reject 84 icmp-admin-prohibited
            reject 85 icmp-host-prohibited
            reject 86 icmp-net-unreachable";
        let Some(shell) = network(rules) else { return };
        let at = |address: &str, port: u16| ConnectionTrial {
            number: port.into(),
            address: address.to_owned(),
            ..way(port)
        };
        let mut connections: Vec<ConnectionTrial> = (80..=86).map(|port| at("127.0.0.1", port)).collect();
        connections.extend([at("198.51.100.2", 90), at("203.0.113.1", 91)]);

        let trials = ran_all(shell, &connections);

        let reached: Vec<_> = trials
            .into_iter()
            .map(|(number, trial)| (number, trial.reached))
            .collect();
        assert_eq!(
            reached,
            [
                (80, Reached::Refused),
                (81, Reached::TimedOut),
                (82, Reached::Refused),
                (83, Reached::Refused),
                (84, Reached::NoRoute),
                (85, Reached::NoRoute),
                (86, Reached::Unreachable),
                (90, Reached::NoRoute),
                (91, Reached::Unreachable),
            ]
        );
    }

    fn asks_tls(port: u16) -> Trial {
        tried(&ConnectionTrial {
            asks_tls: true,
            ..way(port)
        })
    }

    #[test]
    fn what_closes_during_the_handshake_was_accepted_and_closed() {
        let serve_two = |answer: &'static [u8]| {
            use std::io::{Read, Write};
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            std::thread::spawn(move || {
                let (mut first, _) = listener.accept().unwrap();
                let _ = std::io::copy(&mut first, &mut std::io::sink());
                let (mut second, _) = listener.accept().unwrap();
                let _ = second.read(&mut [0; 16]);
                let _ = second.write_all(answer);
            });
            port
        };

        assert_eq!(asks_tls(serve_two(b"")).reached, Reached::Closed);
        let plain = asks_tls(serve_two(b"HTTP/1.0 400 Bad Request\r\n\r\nthis is no TLS"));
        assert_eq!((plain.reached, plain.peer), (Reached::Open, Peer::NoTls));
    }

    /// As etcd does, it takes nobody without a certificate. Gone when it is dropped.
    struct Strict(Child);

    impl Strict {
        fn start(port: u16) -> Option<(Self, TempDir)> {
            find("openssl")?;
            let folder = tempfile::tempdir().unwrap();
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = rcgen::CertificateParams::new(vec![])
                .unwrap()
                .self_signed(&key)
                .unwrap();
            let path = folder.path().join("etcd.pem");
            std::fs::write(&path, format!("{}{}", key.serialize_pem(), certificate.pem())).unwrap();
            let mut server = Command::new("openssl");
            server.args(["s_server", "-www", "-Verify", "1", "-verify_return_error"]);
            server
                .args(["-accept", &format!("127.0.0.1:{port}"), "-cert"])
                .arg(&path);
            server.arg("-CAfile").arg(&path);
            server
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let mut server = Self(server.spawn().unwrap());
            // What it says first, when it listens.
            let reply = server.0.stdout.as_mut().unwrap();
            assert!(
                BufReader::new(reply)
                    .lines()
                    .any(|line| line.unwrap().starts_with("ACCEPT"))
            );
            Some((server, folder))
        }
    }

    impl Drop for Strict {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_server_that_takes_nobody_without_a_certificate_shows_its_own_all_the_same() {
        let port = closed_port();
        let Some(_server) = Strict::start(port) else {
            eprintln!("SKIPPED: openssl is not installed");
            return;
        };
        let bash = || find("bash").map(|path| ("bash", path));
        for program in ["openssl", "python3"] {
            let (Some(path), Some(bash)) = (find(program), bash()) else {
                eprintln!("SKIPPED: {program} is not installed");
                continue;
            };
            let folder = programs(&[(program, path), bash]);

            let trial = ran(
                shell_in(&folder),
                &ConnectionTrial {
                    asks_tls: true,
                    ..way(port)
                },
            );

            assert_eq!(trial.reached, Reached::Open, "{program}");
            assert!(matches!(trial.peer, Peer::Certificate(_)), "{program}: {trial:?}");
        }
    }
}
