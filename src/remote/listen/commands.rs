//! Listening where nothing listens yet, for the moment in which a way is tried.

use std::time::Duration;

use crate::remote::wire::RemoteCommand;
use crate::topology::Host;

/// It ends by itself after this, should nobody end it.
pub const LIMIT: Duration = Duration::from_secs(90);

/// What a listener says of each port at which it listens: this, and the port.
pub const LISTENING: &str = "listening ";

/// Takes connections at the host's address and says nothing, until it is ended.
pub fn listen(host: &Host, ports: impl IntoIterator<Item = u16>) -> RemoteCommand {
    RemoteCommand::changes(
        "listening where nothing listens yet",
        script!("listen.sh", [], (address seconds; ports)),
    )
    .arg(host.address.to_string())
    .arg(LIMIT.as_secs().to_string())
    .args(ports.into_iter().map(|port| port.to_string()))
}

pub fn stop_listening(pid: u32) -> RemoteCommand {
    RemoteCommand::changes(
        "ending what listened",
        script!("stop_listening.sh", [], (process)),
    )
    .arg(pid.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, ErrorKind, Read};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};

    use super::*;

    const LISTEN: &str = script!("listen.sh", [], (address seconds; ports));

    /// A connection that is closed is so at once.
    const KEPT: Duration = Duration::from_millis(500);

    /// A program's listener on two ports, the second of which is taken; what it says of them.
    fn started(program: &str, port: u16, taken: u16) -> Option<(Child, Vec<String>)> {
        let others = match program {
            "perl" => "command() { [ \"$2\" != python3 ]; }\n",
            _ => "command() { [ \"$2\" = python3 ]; }\n",
        };
        let is_there = Command::new(program).arg("--version").output().is_ok();
        if !is_there {
            eprintln!("SKIPPED: {program} is not installed");
            return None;
        }
        let mut child = Command::new("sh")
            .args(["-c", &format!("{others}{LISTEN}"), "hawser", "127.0.0.1", "60"])
            .args([port.to_string(), taken.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reply = lines.take(2).map(Result::unwrap).collect();
        Some((child, reply))
    }

    #[test]
    fn each_program_listens_at_what_is_free_and_ends_when_it_is_told() {
        for program in ["python3", "perl"] {
            let taken = TcpListener::bind("127.0.0.1:0").unwrap();
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let taken_port = taken.local_addr().unwrap().port();

            let Some((mut child, reply)) = started(program, free.port(), taken_port) else {
                continue;
            };
            let mut reached = TcpStream::connect(free).unwrap();
            reached.set_read_timeout(Some(KEPT)).unwrap();
            let heard = reached.read(&mut [0]);
            let stop = Command::new("sh")
                .args([
                    "-c",
                    script!("stop_listening.sh", [], (process)),
                    "hawser",
                    &child.id().to_string(),
                ])
                .status();

            assert_eq!(reply[0], format!("{LISTENING}{}", free.port()), "{program}");
            assert!(reply[1].starts_with(&format!("taken {taken_port} ")), "{reply:?}");
            let silence = heard.map_err(|error| error.kind());
            assert_eq!(silence, Err(ErrorKind::WouldBlock), "{program}: it is to be kept");
            assert!(stop.unwrap().success());
            assert!(child.wait().unwrap().success(), "{program}");
            assert!(TcpStream::connect(free).is_err(), "{program}");
        }
    }

    #[test]
    fn a_process_that_is_another_is_left_alone() {
        let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();

        let stop = Command::new("sh")
            .args([
                "-c",
                script!("stop_listening.sh", [], (process)),
                "hawser",
                &other.id().to_string(),
            ])
            .status();

        assert!(stop.unwrap().success());
        assert_eq!(other.try_wait().unwrap(), None, "it still runs");
        drop(other.stdin.take());
        other.wait().unwrap();
    }
}
