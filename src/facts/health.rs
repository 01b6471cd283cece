//! A member of etcd, and how it is: as it says itself, each asked by itself.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::answer::Answers;
use crate::topology::Host;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It answered a read that needs the quorum.
    Healthy,
    /// It has never started, its host refuses the connection, or it learns and has no vote: which of them.
    Down(String),
    /// It did not answer in time, could not be asked, or answered with some other error: why. It may run.
    Unknown(String),
}

/// What is said of a member that did not answer: the time is what the probe gives each (`etcd_members.sh`).
const NO_ANSWER: &str = "no answer within 5 s";

/// What a member answers that learns. Of all that one may say this alone tells that it does no work: an election, an
/// alarm or a broken connection is an error too, and passes.
const LEARNS: &str = "rpc not supported for learner";

/// With this etcdctl tells of alarms, each of which every member tells.
const ALARMS: &str = "Active Alarm(s): ";

/// What a member says instead of an answer while the alarm CORRUPT is active.
const CORRUPT: &str = "corrupt cluster";

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberFact {
    /// Hexadecimal.
    pub id: String,
    /// Empty while it has not started.
    pub name: String,
    /// Such as `https://10.77.0.21:2380`.
    pub peer_urls: Vec<String>,
    /// Not yet a voter.
    pub learner: bool,
    pub health: Health,
}

/// etcd's port between members, as kubeadm sets it.
const ETCD_PEER_PORT: u16 = 2380;

/// Where its peers reach a host's member.
pub(super) fn peer_url(host: &Host) -> String {
    format!("https://{}", SocketAddr::new(host.address, ETCD_PEER_PORT))
}

impl MemberFact {
    /// Whether it is a host's: by its name or, before it has started, by its address.
    pub fn is_of(&self, host: &Host) -> bool {
        self.name == host.name.0 || self.peer_urls.contains(&peer_url(host))
    }

    /// Whether it has ever started: until then it has no name.
    pub fn has_started(&self) -> bool {
        !self.name.is_empty()
    }

    pub fn is_healthy(&self) -> bool {
        self.health == Health::Healthy
    }

    pub fn unknown(&self) -> Option<&str> {
        match &self.health {
            Health::Unknown(why) => Some(why),
            Health::Healthy | Health::Down(_) => None,
        }
    }

    /// The alarms that it tells of, as etcd names them: `NOSPACE`, `CORRUPT`. It runs, with a quorum behind it,
    /// and does not do all of its work.
    pub fn alarm(&self) -> Option<&str> {
        let why = self.unknown()?;
        if why.contains(CORRUPT) {
            return Some("CORRUPT");
        }
        let (_, alarms) = why.split_once(ALARMS)?;
        Some(alarms.trim_end_matches(['"', ' ']))
    }

    /// How it is, in a few words: `cp2` refuses the connection.
    pub fn state(&self, name: &str) -> String {
        if let Some(alarm) = self.alarm() {
            return format!("{name} has the alarm {alarm}");
        }
        match &self.health {
            Health::Healthy => format!("{name} runs"),
            Health::Down(why) => format!("{name} {why}"),
            Health::Unknown(why) => format!("whether {name} runs is unknown ({why})"),
        }
    }
}

/// A member as etcdctl tells of it.
#[derive(Deserialize)]
struct Reported {
    endpoint: String,
    health: bool,
    #[serde(default)]
    error: String,
}

/// What the probe has heard of all members.
pub(super) struct Healths {
    reported: Vec<Reported>,
    refusing: BTreeSet<String>,
}

impl Healths {
    /// Lines that etcdctl wrote, one question each, and `refused URL`.
    pub(super) fn read(answers: &Answers) -> Self {
        let text = answers.get("etcd_health").map(|answer| answer.text.as_str());
        let lines = || text.unwrap_or_default().lines();
        let reported = lines().filter_map(|line| serde_json::from_str::<Vec<Reported>>(line).ok());
        let refused = lines().filter_map(|line| line.strip_prefix("refused "));
        Self {
            reported: reported.flatten().collect(),
            refusing: refused.map(str::to_owned).collect(),
        }
    }

    /// How the member of this name is, which clients reach at these places. One without a name has never started.
    pub(super) fn of(&self, name: &str, urls: &[String]) -> Health {
        if urls.is_empty() && name.is_empty() {
            return Health::Down("does not run yet".to_owned());
        }
        if urls.is_empty() {
            return Health::Unknown("etcd does not list where clients reach it".to_owned());
        }
        let reported: Vec<&Reported> = self
            .reported
            .iter()
            .filter(|one| urls.contains(&one.endpoint))
            .collect();
        if reported.iter().any(|one| one.health) {
            return Health::Healthy;
        }
        // etcdctl's own deadline, or etcd's: either way nobody answered the question.
        let is_late =
            |one: &&&Reported| one.error.contains("deadline exceeded") || one.error.contains("timed out");
        match reported.iter().find(|one| !is_late(one) && !one.error.is_empty()) {
            Some(one) if one.error.contains(LEARNS) => Health::Down(format!("says {:?}", one.error)),
            Some(one) if !urls.iter().all(|url| self.refusing.contains(url)) => {
                Health::Unknown(format!("says {:?}", one.error))
            }
            _ if urls.iter().all(|url| self.refusing.contains(url)) => {
                Health::Down("refuses the connection".to_owned())
            }
            _ => Health::Unknown(NO_ANSWER.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// What etcdctl 3.5.1 said of a member that had stopped, and of a learner.
    const LATE: &str = r#"[{"endpoint":"https://192.0.2.43:2379","health":false,"took":"5.012695418s","error":"context deadline exceeded"}]"#;
    const LEARNER: &str = r#"[{"endpoint":"https://192.0.2.44:2379","health":false,"took":"2.6s","error":"etcdserver: rpc not supported for learner"}]"#;
    const HEALTHY: &str = r#"[{"endpoint":"https://192.0.2.41:2379","health":true,"took":"3.359413ms"}]"#;
    /// As etcd itself ends a read that no quorum answers.
    const TIMED_OUT: &str = r#"[{"endpoint":"https://192.0.2.43:2379","health":false,"took":"7.0s","error":"etcdserver: request timed out"}]"#;

    fn health(lines: &[&str], host: &str) -> Health {
        let answer = |key: &str, text: &str| {
            let text = STANDARD.encode(format!("{text}\n0"));
            format!("hawser-fact {key} {text}\n")
        };
        let text = [answer("etcd_health", &lines.join("\n")), answer("end", "")].concat();
        let answers = Answers::read(text.as_bytes()).unwrap();
        Healths::read(&answers).of("etcd3", &[format!("https://192.0.2.{host}:2379")])
    }

    fn unknown() -> Health {
        Health::Unknown("no answer within 5 s".to_owned())
    }

    #[test]
    fn out_of_time_is_unknown_and_never_down() {
        for lines in [
            &[HEALTHY, LATE][..],
            &[HEALTHY, TIMED_OUT],
            &[HEALTHY],
            &[],
            &["garbled"],
        ] {
            assert_eq!(health(lines, "43"), unknown(), "{lines:?}");
        }
    }

    #[test]
    fn an_error_that_passes_is_unknown_and_never_down() {
        for error in [
            "etcdserver: leader changed",
            "Active Alarm(s): NOSPACE ",
            "Unable to fetch the alarm list",
            "rpc error: code = Unavailable desc = error reading from server: EOF",
        ] {
            let line = format!(
                r#"[{{"endpoint":"https://192.0.2.43:2379","health":false,"took":"2ms","error":"{error}"}}]"#
            );
            let reported = Health::Unknown(format!("says {error:?}"));
            assert_eq!(health(&[HEALTHY, &line], "43"), reported);
        }
    }

    #[test]
    fn an_alarm_is_told_by_a_member_that_runs() {
        let with = |error: &str| MemberFact {
            id: "1".to_owned(),
            name: "etcd3".to_owned(),
            peer_urls: vec![],
            learner: false,
            health: health(
                &[&format!(
                    r#"[{{"endpoint":"https://192.0.2.43:2379","health":false,"took":"2ms","error":"{error}"}}]"#
                )],
                "43",
            ),
        };

        assert_eq!(with("Active Alarm(s): NOSPACE ").alarm(), Some("NOSPACE"));
        assert_eq!(
            with("Active Alarm(s): NOSPACE CORRUPT ").alarm(),
            Some("NOSPACE CORRUPT")
        );
        assert_eq!(with("etcdserver: corrupt cluster").alarm(), Some("CORRUPT"));
        assert_eq!(with("etcdserver: leader changed").alarm(), None);
        let reported = with("Active Alarm(s): NOSPACE ").state("etcd3");
        assert_eq!(reported, "etcd3 has the alarm NOSPACE");
    }

    #[test]
    fn a_member_that_has_a_name_and_no_address_for_clients_may_run() {
        let text = STANDARD.encode("\n0");
        let text = format!("hawser-fact etcd_health {text}\nhawser-fact end {text}\n");
        let healths = Healths::read(&Answers::read(text.as_bytes()).unwrap());

        assert_eq!(healths.of("", &[]), Health::Down("does not run yet".to_owned()));
        assert!(matches!(healths.of("cp2", &[]), Health::Unknown(_)));
    }

    #[test]
    fn a_host_that_refuses_and_a_member_that_says_so_are_down() {
        let refused = "refused https://192.0.2.43:2379";

        assert_eq!(health(&[HEALTHY, LATE], "41"), Health::Healthy);
        assert_eq!(
            health(&[HEALTHY, LATE, refused], "43"),
            Health::Down("refuses the connection".to_owned())
        );
        let reported = "says \"etcdserver: rpc not supported for learner\"".to_owned();
        assert_eq!(health(&[LEARNER], "44"), Health::Down(reported));
        assert_eq!(health(&[LATE, refused], "44"), unknown(), "another's refusal");
    }
}
