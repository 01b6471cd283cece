//! What came of trying the ways from a host.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::answer::Answers;
use crate::ca::first_certificate;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    pub reached: Reached,
    /// What the name resolved to, where a name was tried; empty when to nothing.
    pub resolved: Option<Vec<IpAddr>>,
    /// Who answered there, where TLS was asked for.
    pub peer: Peer,
}

impl Trial {
    /// Whether a name was tried that has this address.
    pub fn resolves_to(&self, address: IpAddr) -> bool {
        self.resolved
            .as_ref()
            .is_some_and(|found| found.contains(&address))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// Something accepts connections, and keeps them.
    Open,
    /// Something accepts connections, and closes them at once.
    Closed,
    /// The host is up, and says that nothing listens.
    Refused,
    /// Nobody answers.
    TimedOut,
    /// `EHOSTUNREACH`: no host of this address answers on its network, or a router or a firewall says so.
    NoRoute,
    /// `ENETUNREACH`: there is no way to its network.
    Unreachable,
    /// The name resolves to nothing.
    NameUnknown,
    /// Anything else, in the host's words.
    Failed(String),
    Untested(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    NotAsked,
    /// Nobody could ask it, and why.
    Unasked(String),
    /// It was asked, and did not say who it is: why.
    Unknown(String),
    /// Something that speaks no TLS.
    NoTls,
    /// The one with this certificate, PEM.
    Certificate(String),
}

/// Reads what trying ways (`remote::connectivity`) wrote to standard output: each trial by its number.
pub fn read_trials(output: &[u8]) -> Result<BTreeMap<usize, Trial>, String> {
    let answers = Answers::read(output)?;
    let mut reported: BTreeMap<usize, Reported> = BTreeMap::new();
    for line in answers.success("ways")?.lines() {
        let garbled = || format!("connections: not understood: {line}");
        let (number, rest) = line.split_once(' ').ok_or_else(garbled)?;
        let reported = reported
            .entry(number.parse().map_err(|_| garbled())?)
            .or_default();
        match rest.split_once(' ').unwrap_or((rest, "")) {
            ("tried", words) => reported.tried = words,
            ("resolved", words) => {
                let addresses = words.split_whitespace().map(str::parse);
                reported.resolved = Some(addresses.collect::<Result<_, _>>().map_err(|_| garbled())?);
            }
            ("tls", line) => reported.tls.get_or_insert_default().push(line),
            _ => return Err(garbled()),
        }
    }
    Ok(reported
        .into_iter()
        .map(|(number, reported)| (number, reported.trial()))
        .collect())
}

/// What was said of one way.
#[derive(Default)]
struct Reported<'a> {
    tried: &'a str,
    resolved: Option<Vec<IpAddr>>,
    tls: Option<Vec<&'a str>>,
}

impl Reported<'_> {
    fn trial(self) -> Trial {
        let (status, words) = self.tried.split_once(' ').unwrap_or((self.tried, ""));
        let mut reached = match words.split_once(' ').unwrap_or((words, "")) {
            ("open", "") => Reached::Open,
            ("open", _) => Reached::Closed,
            _ => failed(status, words),
        };
        let peer = match self.tls.map(|lines| of_tls(&lines)) {
            None => Peer::NotAsked,
            Some(Tls::Peer(peer)) => peer,
            Some(Tls::Closed) => {
                reached = Reached::Closed;
                Peer::NotAsked
            }
        };
        Trial {
            reached,
            resolved: self.resolved,
            peer,
        }
    }
}

/// Why no connection stands.
fn failed(status: &str, words: &str) -> Reached {
    match status {
        TIMED_OUT => Reached::TimedOut,
        NO_PROGRAM => Reached::Untested(words.to_owned()),
        _ => Reached::in_words(words),
    }
}

impl Reached {
    /// Why no connection stands, by the words in which the system says it.
    fn in_words(words: &str) -> Self {
        let known = WORDS.into_iter().find(|(part, _)| words.contains(part));
        known.map_or_else(|| Reached::Failed(words.to_owned()), |(_, reached)| reached)
    }
}

const WORDS: [(&str, Reached); 6] = [
    ("refused", Reached::Refused),
    ("timed out", Reached::TimedOut),
    ("No route", Reached::NoRoute),
    ("unreachable", Reached::Unreachable),
    ("not known", Reached::NameUnknown),
    ("name resolution", Reached::NameUnknown),
];

/// What a TLS client came to.
enum Tls {
    Closed,
    Peer(Peer),
}

/// What `openssl s_client`, or Python's `ssl`, says.
fn of_tls(lines: &[&str]) -> Tls {
    let reply = lines.join("\n");
    if first_certificate(&reply).is_ok() {
        return Tls::Peer(Peer::Certificate(reply));
    }
    let lower = reply.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if has(&["errno=104", "errno=0", "reset by peer", "eof"]) {
        return Tls::Closed;
    }
    if has(&[
        "wrong version",
        "wrong_version",
        "http request",
        "packet length",
        "unexpected message",
    ]) {
        return Tls::Peer(Peer::NoTls);
    }
    let why = lines
        .iter()
        .map(|line| line.trim())
        .rfind(|line| !line.is_empty());
    let why = why.unwrap_or("a TLS handshake came to nothing in time");
    Tls::Peer(Peer::Unknown(why.to_owned()))
}

/// `timeout` ends with this where it had to end the program.
const TIMED_OUT: &str = "124";

/// What the script ends with where no program is there to try with.
const NO_PROGRAM: &str = "127";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::answer::tests::line;

    fn read(reply: &[&str]) -> Trial {
        let text: Vec<String> = reply.iter().map(|reply| format!("4 {reply}")).collect();
        let output = line("ways", &text.join("\n"), 0, "") + &line("end", "", 0, "");
        read_trials(output.as_bytes()).unwrap().remove(&4).unwrap()
    }

    fn tried(reply: &str) -> Reached {
        read(&[&format!("tried {reply}")]).reached
    }

    #[test]
    fn bashs_words_for_a_failure_are_understood() {
        for (words, reached) in [
            (
                "bash: connect: Connection refused bash: line 1: /dev/tcp/10.77.0.21/1: Connection refused",
                Reached::Refused,
            ),
            (
                "bash: line 1: /dev/tcp/10.77.0.99/1: No route to host",
                Reached::NoRoute,
            ),
            (
                "bash: line 1: /dev/tcp/203.0.113.1/1: Network is unreachable",
                Reached::Unreachable,
            ),
            (
                "bash: line 1: /dev/tcp/10.77.0.21/1: Connection timed out",
                Reached::TimedOut,
            ),
            (
                "bash: nobody.invalid: Temporary failure in name resolution",
                Reached::NameUnknown,
            ),
        ] {
            assert_eq!(tried(&format!("1 {words}")), reached, "{words}");
        }
    }

    #[test]
    fn words_that_nobody_knows_are_passed_on() {
        let words = "bash: line 1: /dev/tcp/10.77.0.21/1: Permission denied";

        assert_eq!(tried(&format!("1 {words}")), Reached::Failed(words.to_owned()));
    }

    #[test]
    fn a_connection_stands_is_closed_or_comes_to_nothing() {
        assert_eq!(tried("0 open"), Reached::Open);
        assert_eq!(tried("0 open closed"), Reached::Closed);
        assert_eq!(tried("124 "), Reached::TimedOut);
    }

    #[test]
    fn the_peers_certificate_is_taken_out_of_what_a_tls_client_says() {
        let pem = include_str!("../../tests/data/ca.crt");
        let lines: Vec<String> = pem.lines().map(|line| format!("tls {line}")).collect();
        let mut reply = vec!["tried 0 open", "tls CONNECTED(00000003)"];
        reply.extend(lines.iter().map(String::as_str));

        let Peer::Certificate(found) = read(&reply).peer else {
            panic!("no certificate")
        };

        assert_eq!(crate::ca::ca_hash(&found), crate::ca::ca_hash(pem));
    }

    #[test]
    fn a_server_that_speaks_no_tls_is_told_from_one_that_closes() {
        let reply = |words: &str| read(&["tried 0 open", &format!("tls {words}"), "tls"]);
        let plain = "40B7F9A89C7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record/ssl3_record.c:350:";

        assert_eq!(reply(plain).peer, Peer::NoTls);
        assert_eq!(
            reply("error: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)").peer,
            Peer::NoTls
        );
        assert_eq!(reply("write:errno=104").reached, Reached::Closed);
        assert_eq!(
            reply("error: [Errno 104] Connection reset by peer").reached,
            Reached::Closed
        );
        assert_eq!(
            reply("error: EOF occurred in violation of protocol (_ssl.c:1006)").reached,
            Reached::Closed
        );
    }

    #[test]
    fn a_handshake_that_comes_to_nothing_leaves_the_peer_unknown() {
        let trial = read(&["tried 0 open", "tls"]);

        assert_eq!(trial.reached, Reached::Open);
        assert!(matches!(trial.peer, Peer::Unknown(_)), "{:?}", trial.peer);
    }

    #[test]
    fn what_a_name_resolves_to_is_read() {
        let trial = read(&["resolved 10.77.0.100 fd00::1 ", "tried 0 open"]);

        let addresses = ["10.77.0.100", "fd00::1"].map(|address| address.parse().unwrap());
        assert_eq!(trial.resolved, Some(addresses.to_vec()));
    }

    #[test]
    fn lines_of_different_ways_may_come_in_any_order() {
        let text = "1 resolved 10.77.0.100\n2 tried 0 open\n1 tried 1 Connection refused";
        let output = line("ways", text, 0, "") + &line("end", "", 0, "");

        let trials = read_trials(output.as_bytes()).unwrap();

        assert_eq!(trials[&1].reached, Reached::Refused);
        assert_eq!(trials[&2].reached, Reached::Open);
    }

    #[test]
    fn an_answer_that_ends_early_or_is_no_answer_is_refused() {
        let cut = line("ways", "4 tried 0 open", 0, "");
        let garbled = line("ways", "four tried 0 open", 0, "") + &line("end", "", 0, "");

        assert_eq!(
            read_trials(cut.as_bytes()),
            Err("the output of the probe is incomplete".to_owned())
        );
        assert!(
            read_trials(garbled.as_bytes())
                .unwrap_err()
                .contains("not understood")
        );
    }
}
