//! What came of trying the ways from a host.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::answer::{Answer, Answers, TIMED_OUT};

/// What came of trying one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// How far it led.
    pub reached: Reached,
    /// What the name resolved to, where a name was tried; empty when to nothing.
    pub resolved: Option<Vec<IpAddr>>,
    /// Who answered there, where TLS was asked for.
    pub peer: Peer,
}

/// How far a way led.
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
    /// It could not be tried, and why.
    Untested(String),
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// Nobody was asked.
    NotAsked,
    /// It could not be asked, and why.
    Unknown(String),
    /// Something that speaks no TLS.
    NoTls,
    /// The one with this certificate, PEM.
    Certificate(String),
}

/// Reads what trying ways (`remote::ways`) wrote to standard output: each trial by its number.
pub fn read_trials(output: &[u8]) -> Result<BTreeMap<usize, Trial>, String> {
    let answers = Answers::read(output)?;
    answers.all("way").map(trial).collect()
}

fn trial(answer: &Answer) -> Result<(usize, Trial), String> {
    let garbled = || format!("way: not understood: {}", answer.text);
    let (told, peer) = match answer.text.split_once("\ntls") {
        Some((told, said)) => (told, of_tls(said)),
        None => (answer.text.as_str(), Tls::NotAsked),
    };
    let mut lines = told.lines();
    let number = lines.next().and_then(|number| number.parse().ok());
    let mut trial = Trial {
        reached: failed(answer),
        resolved: None,
        peer: Peer::NotAsked,
    };
    for line in lines {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("open", _) => trial.reached = Reached::Open,
            ("closed", _) => trial.reached = Reached::Closed,
            ("resolved", addresses) => {
                let addresses = addresses.split_whitespace().map(str::parse);
                trial.resolved = Some(addresses.collect::<Result<_, _>>().map_err(|_| garbled())?);
            }
            _ => return Err(garbled()),
        }
    }
    match peer {
        Tls::NotAsked => {}
        Tls::Closed => trial.reached = Reached::Closed,
        Tls::Peer(peer) => trial.peer = peer,
    }
    Ok((number.ok_or_else(garbled)?, trial))
}

/// Why no connection stands, by the words in which every system program says it.
fn failed(answer: &Answer) -> Reached {
    let words = answer.failure();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    match answer.code {
        TIMED_OUT => Reached::TimedOut,
        NO_PROGRAM => Reached::Untested(words),
        _ if has(&["refused"]) => Reached::Refused,
        _ if has(&["timed out"]) => Reached::TimedOut,
        _ if has(&["No route"]) => Reached::NoRoute,
        _ if has(&["unreachable"]) => Reached::Unreachable,
        _ if has(&["not known", "name resolution", "associated with hostname"]) => Reached::NameUnknown,
        _ => Reached::Failed(words),
    }
}

/// What a TLS client came to.
enum Tls {
    NotAsked,
    Closed,
    Peer(Peer),
}

/// What `openssl s_client`, or Python's `ssl`, says.
fn of_tls(said: &str) -> Tls {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let has = |parts: &[&str]| parts.iter().any(|part| said.to_lowercase().contains(part));
    if let Some((_, rest)) = said.split_once(BEGIN) {
        let body = rest.split_once(END).map_or(rest, |(body, _)| body);
        return Tls::Peer(Peer::Certificate(format!("{BEGIN}{body}{END}\n")));
    }
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
    let why = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let why = why.unwrap_or("a TLS handshake came to nothing in time");
    Tls::Peer(Peer::Unknown(why.to_owned()))
}

/// What the script ends with where no program is there to try with.
const NO_PROGRAM: i32 = 127;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::answer::tests::line;

    fn read(text: &str, code: i32, words: &str) -> Trial {
        let output = line("way", &format!("4\n{text}"), code, words) + &line("end", "", 0, "");
        read_trials(output.as_bytes()).unwrap().remove(&4).unwrap()
    }

    fn refused(code: i32, words: &str) -> Reached {
        read("", code, words).reached
    }

    #[test]
    fn every_programs_words_for_a_failure_are_understood() {
        for (words, reached) in [
            (
                "bash: connect: Connection refused\nbash: line 1: /dev/tcp/10.77.0.21/1: Connection refused",
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
            ("Connection refused\n", Reached::Refused),
            ("[Errno 113] No route to host", Reached::NoRoute),
            ("[Errno -2] Name or service not known", Reached::NameUnknown),
            (
                "nc: connect to 10.77.0.21 port 1 (tcp) failed: Connection refused",
                Reached::Refused,
            ),
            (
                "nc: connect to 10.77.0.21 port 81 (tcp) timed out: Operation now in progress",
                Reached::TimedOut,
            ),
            (
                "(UNKNOWN) [10.77.0.99] 1 (?) : No route to host",
                Reached::NoRoute,
            ),
            ("Ncat: TIMEOUT. Connection timed out.", Reached::TimedOut),
        ] {
            assert_eq!(refused(1, words), reached, "{words}");
        }
    }

    #[test]
    fn words_that_nobody_knows_are_passed_on() {
        let words = "bash: line 1: /dev/tcp/10.77.0.21/1: Permission denied";

        assert_eq!(refused(1, words), Reached::Failed(words.to_owned()));
    }

    #[test]
    fn a_connection_that_was_kept_until_the_time_was_up_stands() {
        assert_eq!(read("open\n", 124, "").reached, Reached::Open);
        assert_eq!(refused(124, ""), Reached::TimedOut);
    }

    #[test]
    fn the_peers_certificate_is_taken_out_of_what_openssl_says() {
        let said = "open\ntls\nCONNECTED\n-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n";

        let peer = read(said, 0, "").peer;

        let pem = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n";
        assert_eq!(peer, Peer::Certificate(pem.to_owned()));
    }

    #[test]
    fn a_server_that_speaks_no_tls_is_told_from_one_that_closes() {
        let said = |words: &str| read(&format!("open\ntls\n{words}\n"), 0, "");
        let plain = "40B7F9A89C7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record/ssl3_record.c:350:";

        assert_eq!(said(plain).peer, Peer::NoTls);
        assert_eq!(
            said("error: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)").peer,
            Peer::NoTls
        );
        assert_eq!(said("write:errno=104").reached, Reached::Closed);
        assert_eq!(
            said("error: [Errno 104] Connection reset by peer").reached,
            Reached::Closed
        );
        assert_eq!(
            said("error: EOF occurred in violation of protocol (_ssl.c:1006)").reached,
            Reached::Closed
        );
    }

    #[test]
    fn a_handshake_that_comes_to_nothing_leaves_the_peer_unknown() {
        let trial = read("open\ntls", 0, "");

        assert_eq!(trial.reached, Reached::Open);
        assert!(matches!(trial.peer, Peer::Unknown(_)), "{:?}", trial.peer);
    }

    #[test]
    fn what_a_name_resolves_to_is_read() {
        let trial = read("resolved 10.77.0.100 fd00::1 \nopen", 0, "");

        let addresses = ["10.77.0.100", "fd00::1"].map(|address| address.parse().unwrap());
        assert_eq!(trial.resolved, Some(addresses.to_vec()));
    }

    #[test]
    fn an_answer_that_ends_early_or_is_no_answer_is_refused() {
        let cut = line("way", "4\nopen", 0, "");
        let garbled = line("way", "x\nopen", 0, "") + &line("end", "", 0, "");

        assert_eq!(
            read_trials(cut.as_bytes()),
            Err("the answer ends early".to_owned())
        );
        assert!(
            read_trials(garbled.as_bytes())
                .unwrap_err()
                .contains("not understood")
        );
    }
}
