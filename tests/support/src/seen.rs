//! What a check says, as a program reads it.

use std::time::Duration;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::hawser::Workstation;
use crate::lab::{VIP, hosts};
use crate::{host, wait};

/// A check takes ten seconds; on two cores that ten hosts share, more.
const LIMIT: Duration = Duration::from_secs(180);

/// Until a cluster that was disturbed is well again.
pub const SETTLED: Duration = Duration::from_secs(120);

/// What a check has found.
pub struct Seen {
    value: Value,
    pub code: Option<i32>,
    pub took: Duration,
}

/// A connection, and its cause: from, to, purpose, cause.
pub type Connection<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Runs `hawser check` as a workstation's user.
pub fn check_from(workstation: &Workstation, arguments: &[&str]) -> Seen {
    let ran = workstation.hawser(&[&["check", "-o", "json"], arguments].concat(), LIMIT);
    let value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.reply()));
    Seen {
        value,
        code: ran.code,
        took: ran.took,
    }
}

impl Cluster {
    /// Runs `hawser check` on the hosts that all of these tests share.
    pub fn check(&self, arguments: &[&str]) -> Seen {
        check_from(&Workstation::new(self.profile), arguments)
    }

    /// Checks until these connections are as they should be, and ok: a busy host may not show its certificate in time.
    pub fn check_until(&self, connections: &[Connection<'_>]) -> Seen {
        wait::until("each connection is as it should be", SETTLED, || {
            let seen = self.check(&[]);
            let is_so = |(from, to, purpose, cause): &Connection<'_>| {
                seen.connection(from, to, purpose) == (cause, "ok")
            };
            match connections.iter().find(|one| !is_so(one)) {
                None => Ok(seen),
                Some(one) => Err(format!("{one:?} is {:?}", seen.connection(one.0, one.1, one.2))),
            }
        })
    }

    /// Waits until the endpoint leads to an API server that is ready, whoever disturbed it before.
    pub fn well(&self) {
        let ready = format!("curl -skf --max-time 5 https://{}/readyz", self.endpoint);
        wait::until("the API is ready through the VIP", SETTLED, || {
            let is_ready = host::is_so("cp1", &ready) && host::is_so("cp3", &ready);
            is_ready.then_some(()).ok_or_else(|| "not yet".to_owned())
        });
    }

    /// Waits until one of the hosts holds the VIP.
    pub fn vip_is_held(&self) {
        let hosts = hosts(self.profile);
        wait::until("the VIP is held", SETTLED, || {
            let is_held = hosts.iter().any(|(name, _)| host::holds(name, VIP));
            is_held.then_some(()).ok_or_else(|| "by nobody".to_owned())
        });
    }
}

impl Seen {
    fn connections(&self) -> impl Iterator<Item = &Value> {
        self.value["connections"].as_array().unwrap().iter()
    }

    /// Cause and grade of one connection.
    pub fn connection(&self, from: &str, to: &str, purpose: &str) -> (&str, &str) {
        let is_it = |one: &&Value| one["from"] == from && one["to"] == to && one["purpose"] == purpose;
        let found = self.connections().find(is_it);
        let found = found.unwrap_or_else(|| panic!("no {from} → {to} ({purpose}) in {}", self.value));
        (found["cause"].as_str().unwrap(), found["grade"].as_str().unwrap())
    }

    /// What is known of a connection besides its cause.
    pub fn detail(&self, from: &str, to: &str, purpose: &str) -> String {
        let is_it = |one: &&Value| one["from"] == from && one["to"] == to && one["purpose"] == purpose;
        self.connections().find(is_it).unwrap()["detail"].to_string()
    }

    /// `from → to (purpose): cause` of every connection of a grade.
    pub fn connections_that_are(&self, grade: &str) -> Vec<String> {
        let shown = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            format!(
                "{} → {} ({}): {}",
                text("from"),
                text("to"),
                text("purpose"),
                text("cause")
            )
        };
        let found = self.connections().filter(|one| one["grade"] == grade);
        found.map(shown).collect()
    }

    /// Grade and finding of one fact.
    pub fn fact(&self, host: &str, fact: &str) -> (&str, &str) {
        let mut facts = self.value["facts"].as_array().unwrap().iter();
        let found = facts.find(|one| one["host"] == host && one["fact"] == fact);
        let found = found.unwrap_or_else(|| panic!("no {fact} of {host} in {}", self.value));
        (found["grade"].as_str().unwrap(), found["found"].as_str().unwrap())
    }

    /// What to do about one fact.
    pub fn fix_of(&self, host: &str, fact: &str) -> &Vec<Value> {
        let mut facts = self.value["facts"].as_array().unwrap().iter();
        let found = facts.find(|one| one["host"] == host && one["fact"] == fact);
        found.unwrap()["fix"].as_array().unwrap()
    }

    /// `fact on host: found` of every fact of a grade.
    pub fn facts_that_are(&self, grade: &str) -> Vec<String> {
        let facts = self.value["facts"].as_array().unwrap().iter();
        let facts = facts.filter(|fact| fact["grade"] == grade);
        let shown = |fact: &Value| {
            let text = |key: &str| fact[key].as_str().unwrap_or_default().to_owned();
            format!("{} on {}: {}", text("fact"), text("host"), text("found"))
        };
        facts.map(shown).collect()
    }

    /// What to do about everything, as one text.
    pub fn fixes(&self) -> String {
        self.value["fixes"].to_string()
    }
}
