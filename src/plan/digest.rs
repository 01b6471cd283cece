//! What a plan does, in a form that can be kept beside it and compared: a digest of each step, and what is different
//! between two plans. Secrets are in no digest: they stand in a plan by name only, or masked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Phase;
use super::step::Step;

/// A step by its name, what it does as a person reads it, and the SHA-256 of all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDigest {
    /// `HOST/what`.
    pub id: String,
    pub title: String,
    /// Of its commands, their input with secrets masked, files, questions and deadlines; in hexadecimal.
    pub sha256: String,
}

/// All that a plan does. Notes are no part of it: they tell ages and days, and nothing is done about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDigest {
    /// Every step, in order; those at the end of the run too.
    pub steps: Vec<StepDigest>,
    /// The SHA-256 of the order: phases, lanes, chains, and the names of their steps; in hexadecimal.
    pub order: String,
}

impl From<&Step> for StepDigest {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.0.clone(),
            title: step.title.to_string(),
            sha256: sha256_of(step),
        }
    }
}

impl PlanDigest {
    /// Of these steps, in the order of these phases.
    pub(super) fn of<'a>(phases: &[Phase], steps: impl Iterator<Item = &'a Step>) -> Self {
        let lanes = phases.iter().flat_map(|phase| {
            let lanes = phase.lanes.iter();
            lanes.map(move |lane| (&phase.name, lane))
        });
        let order: Vec<_> = lanes
            .map(|(phase, lane)| {
                let chains = lane.chains.iter().map(|chain| {
                    let ids: Vec<&str> = chain.steps.iter().map(|step| step.id.0.as_str()).collect();
                    (&chain.subject, chain.necessity, ids)
                });
                (phase, lane.width, chains.collect::<Vec<_>>())
            })
            .collect();
        Self {
            steps: steps.map(StepDigest::from).collect(),
            order: sha256_of(&order),
        }
    }

    /// What is different in a plan that was made later, a line each: steps that are new, gone, or others. Nothing where
    /// both do the same.
    pub fn moved_to(&self, later: &PlanDigest) -> Vec<String> {
        let before = self.by_id();
        let after = later.by_id();
        let mut moved = Vec::new();
        for step in &later.steps {
            match before.get(step.id.as_str()) {
                None => moved.push(format!("new: {}: {}", step.id, step.title)),
                Some(old) if old.title != step.title => moved.push(format!(
                    "changed: {}: {} (before: {})",
                    step.id, step.title, old.title
                )),
                Some(old) if old.sha256 != step.sha256 => {
                    moved.push(format!("changed: {}: {}", step.id, step.title));
                }
                Some(_) => {}
            }
        }
        let gone = self
            .steps
            .iter()
            .filter(|step| !after.contains_key(step.id.as_str()));
        moved.extend(gone.map(|step| format!("gone: {}: {}", step.id, step.title)));
        if moved.is_empty() && self != later {
            moved.push("the same steps in another order".to_owned());
        }
        moved
    }

    fn by_id(&self) -> BTreeMap<&str, &StepDigest> {
        self.steps.iter().map(|step| (step.id.as_str(), step)).collect()
    }
}

/// The SHA-256 of something as JSON, in hexadecimal.
fn sha256_of(value: &impl Serialize) -> String {
    // A plan's parts are texts, numbers and lists of them, which serialize always.
    hex::encode(Sha256::digest(serde_json::to_vec(value).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::{Chain, Lane, Necessity, PhaseName, Plan};
    use crate::remote::wire::{Effect, any};
    use crate::values::Content;

    fn step(name: &str, input: impl Into<Content>) -> Step {
        Step::on(&"cp1".into(), name, format!("do {name}"))
            .change(any("test", Effect::Changes, input), Duration::from_secs(1))
            .run_once()
    }

    fn plan(steps: Vec<Step>) -> Plan {
        let chain = Chain {
            subject: "cp1".into(),
            necessity: Necessity::Required,
            milestone: None,
            steps,
        };
        Plan {
            cluster: "demo".to_owned(),
            phases: vec![Phase {
                name: PhaseName::Init,
                lanes: vec![Lane {
                    width: 1,
                    chains: vec![chain],
                }],
            }],
            cleanup: vec![],
            notes: vec![],
        }
    }

    fn moved(before: Vec<Step>, after: Vec<Step>) -> Vec<String> {
        plan(before).digest().moved_to(&plan(after).digest())
    }

    #[test]
    fn what_is_different_is_named_by_step() {
        let slower = Step::on(&"cp1".into(), "b", "do b")
            .change(any("test", Effect::Changes, ""), Duration::from_secs(2))
            .run_once();
        let other_words = Step {
            title: "do another thing".into(),
            ..step("b", "")
        };

        assert_eq!(moved(vec![step("a", "x")], vec![step("a", "x")]), [""; 0]);
        assert_eq!(
            moved(
                vec![step("a", "x"), step("b", "")],
                vec![step("a", "y"), step("c", "")]
            ),
            ["changed: cp1/a: do a", "new: cp1/c: do c", "gone: cp1/b: do b"]
        );
        assert_eq!(moved(vec![step("b", "")], vec![slower]), ["changed: cp1/b: do b"]);
        assert_eq!(
            moved(vec![step("b", "")], vec![other_words]),
            ["changed: cp1/b: do another thing (before: do b)"]
        );
        assert_eq!(
            moved(
                vec![step("a", ""), step("b", "")],
                vec![step("b", ""), step("a", "")]
            ),
            ["the same steps in another order"]
        );
    }

    #[test]
    fn no_digest_is_made_of_a_secret() {
        let hidden = |text: &str| step("a", Content::hidden(text.to_owned(), "<a password>"));

        assert_eq!(
            StepDigest::from(&hidden("one")),
            StepDigest::from(&hidden("other"))
        );
    }
}
