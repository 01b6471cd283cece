//! What a check says, as a program reads it.

use std::time::Duration;

use serde_json::Value;

use crate::support::hawser::Workstation;

/// A check takes ten seconds; on two cores that ten hosts share, more.
const LIMIT: Duration = Duration::from_secs(180);

/// What a check has found.
pub(crate) struct Seen {
    value: Value,
    pub(crate) code: Option<i32>,
    pub(crate) took: Duration,
}

/// Runs `hawser check` on a profile's hosts.
pub(crate) fn check(profile: &str, arguments: &[&str]) -> Seen {
    check_from(&Workstation::new(profile), arguments)
}

/// Runs `hawser check` as a workstation's user.
pub(crate) fn check_from(workstation: &Workstation, arguments: &[&str]) -> Seen {
    let ran = workstation.hawser(&[&["check", "-o", "json"], arguments].concat(), LIMIT);
    let value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.said()));
    Seen {
        value,
        code: ran.code,
        took: ran.took,
    }
}

impl Seen {
    fn ways(&self) -> impl Iterator<Item = &Value> {
        self.value["ways"].as_array().unwrap().iter()
    }

    /// Cause and grade of one way.
    pub(crate) fn way(&self, from: &str, to: &str, purpose: &str) -> (&str, &str) {
        let is_it = |way: &&Value| way["from"] == from && way["to"] == to && way["purpose"] == purpose;
        let way = self.ways().find(is_it);
        let way = way.unwrap_or_else(|| panic!("no way {from} → {to} ({purpose}) in {}", self.value));
        (way["cause"].as_str().unwrap(), way["grade"].as_str().unwrap())
    }

    /// What is known of a way besides its cause.
    pub(crate) fn detail(&self, from: &str, to: &str, purpose: &str) -> String {
        let is_it = |way: &&Value| way["from"] == from && way["to"] == to && way["purpose"] == purpose;
        self.ways().find(is_it).unwrap()["detail"].to_string()
    }

    /// `from → to (purpose): cause` of every way of a grade.
    pub(crate) fn ways_that_are(&self, grade: &str) -> Vec<String> {
        let shown = |way: &Value| {
            let text = |key: &str| way[key].as_str().unwrap_or_default().to_owned();
            format!(
                "{} → {} ({}): {}",
                text("from"),
                text("to"),
                text("purpose"),
                text("cause")
            )
        };
        let ways = self.ways().filter(|way| way["grade"] == grade);
        ways.map(shown).collect()
    }

    /// Grade and finding of one fact.
    pub(crate) fn fact(&self, host: &str, fact: &str) -> (&str, &str) {
        let mut facts = self.value["facts"].as_array().unwrap().iter();
        let found = facts.find(|one| one["host"] == host && one["fact"] == fact);
        let found = found.unwrap_or_else(|| panic!("no {fact} of {host} in {}", self.value));
        (found["grade"].as_str().unwrap(), found["found"].as_str().unwrap())
    }

    /// `fact on host: found` of every fact of a grade.
    pub(crate) fn facts_that_are(&self, grade: &str) -> Vec<String> {
        let facts = self.value["facts"].as_array().unwrap().iter();
        let facts = facts.filter(|fact| fact["grade"] == grade);
        let shown = |fact: &Value| {
            let text = |key: &str| fact[key].as_str().unwrap_or_default().to_owned();
            format!("{} on {}: {}", text("fact"), text("host"), text("found"))
        };
        facts.map(shown).collect()
    }

    /// What to do about everything, as one text.
    pub(crate) fn remedies(&self) -> String {
        self.value["remedies"].to_string()
    }
}
