//! `docs/reference/events.md` and the code say the same: every event, every field, nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

type Fields = BTreeMap<String, BTreeSet<String>>;

const DOCUMENT: &str = include_str!("../../../docs/reference/events.md");

/// One name per kind of event. A new kind does not compile until it is named here, and fails until it is recorded
/// in [`everything`].
fn kind(event: &Event) -> &'static str {
    match event {
        Event::RunStarted { .. } => "run-started",
        Event::HostConnected { .. } => "host-connected",
        Event::HostUnreachable { .. } => "host-unreachable",
        Event::HostObserved { .. } => "host-observed",
        Event::PhaseStarted { .. } => "phase-started",
        Event::StepStarted { .. } => "step-started",
        Event::OutputLine { .. } => "output-line",
        Event::ImageSent { .. } => "image-sent",
        Event::ImageReceived { .. } => "image-received",
        Event::StillWaiting { .. } => "still-waiting",
        Event::StepFinished { .. } => "step-finished",
        Event::PhaseFinished { .. } => "phase-finished",
        Event::Warning { .. } => "warning",
        Event::StopRequested => "stop-requested",
        Event::Detached { .. } => "detached",
        Event::RunFinished { .. } => "run-finished",
    }
}

/// Sections and the fields in their tables: `## NAME`, then rows that begin with a field in backticks.
fn documented() -> Fields {
    let mut sections = Fields::new();
    let mut section = String::new();
    for line in DOCUMENT.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            section = name.trim_matches('`').to_owned();
            sections.entry(section.clone()).or_default();
        } else if let Some(row) = line.strip_prefix("| `") {
            let field = row.split('`').next().unwrap().to_owned();
            sections.entry(section.clone()).or_default().insert(field);
        }
    }
    sections
}

/// What the code writes: each event's fields, and those of what is nested in it.
fn written() -> Fields {
    let mut sections = Fields::new();
    for event in everything() {
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(value["event"], kind(&event));
        let nested =
            [("report", "report"), ("problem", "problem")].map(|(field, name)| (name, value.get(field)));
        nested
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .for_each(|(name, value)| {
                add(&mut sections, name, value);
            });
        add(&mut sections, kind(&event), &value);
    }
    let report = serde_json::to_value(report()).unwrap();
    add(&mut sections, "problem", &report["problems"][0]);
    add(&mut sections, "phase-time", &report["phases"][0]);
    sections
}

fn add(sections: &mut Fields, name: &str, value: &Value) {
    let fields = value
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| *key != "event")
        .cloned();
    sections.entry(name.to_owned()).or_default().extend(fields);
}

#[test]
fn every_event_and_field_is_documented_and_nothing_else() {
    assert_eq!(documented(), written());
}

#[test]
fn every_outcome_is_documented() {
    let outcomes = everything().into_iter().filter_map(|event| match event {
        Event::StepFinished { outcome, .. } => Some(serde_json::to_value(outcome).unwrap()),
        _ => None,
    });
    let names: BTreeSet<String> = outcomes
        .map(|value| value["outcome"].as_str().unwrap().to_owned())
        .collect();

    assert_eq!(names.len(), 6);
    assert!(names.iter().all(|name| DOCUMENT.contains(&format!("`{name}`"))));
}

#[test]
fn every_phase_is_documented() {
    let mut missing = PhaseName::ALL
        .iter()
        .filter(|phase| **phase != PhaseName::JoinCommand)
        .filter(|phase| !DOCUMENT.contains(&format!("`{}`", phase.name())));

    assert_eq!(missing.next(), None);
}
