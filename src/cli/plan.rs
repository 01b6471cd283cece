//! `hawser plan`: what apply would do.

use serde_json::json;
use tokio::sync::mpsc;

use super::arguments::{Diff, OutputFormat, PlanArguments};
use super::connected_hosts::ConnectedHosts;
use super::saved::{self, SavedPlan};
use super::scope::{allowance, decide, load_scope, make_absolute, narrowed};
use super::{Outcome, render, workstation};
use crate::error::sanitize::sanitize_text;
use crate::error::{ExitCode, Problem};
use crate::facts::Observation;
use crate::plan::Plan;
use crate::remote::probe::ProbeScope;
use crate::report::paint::Paint;
use crate::report::plan_text::{self, Detail};
use crate::topology::Topology;
use crate::verify::FailedExpectation;

pub(super) async fn run(mut arguments: PlanArguments) -> Outcome {
    if let Some(out) = &arguments.out {
        saved::free(out)?;
        make_absolute(&mut arguments.scope);
    }
    let topology = load_scope(&arguments.scope)?;
    let detail = detail_of(&arguments, &topology)?;
    let client = workstation::client(&topology)?;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    let connected = ConnectedHosts::connect(&client, &topology, &events).await?;
    let observation = connected.observe(&topology, ProbeScope::Complete, &events).await;
    connected.close().await;

    let decided = decide(&topology, &observation, &allowance(&arguments.scope))
        .map(|plan| narrowed(plan, &arguments.scope));
    if let (Some(out), Ok(plan)) = (&arguments.out, &decided) {
        SavedPlan::new(&arguments, &topology, plan)?.write(out)?;
    }
    match arguments.scope.output {
        OutputFormat::Json => workstation::print_json(&as_json(&decided)),
        OutputFormat::Text => {
            if let Ok(plan) = &decided {
                workstation::print(&plan_text::render(plan, None, &detail, Paint::for_stdout()));
            }
        }
    }
    let plan = match decided {
        Ok(plan) => plan,
        Err(problems) => {
            let missing = problems
                .iter()
                .all(|problem| matches!(problem, Problem::MissingHosts { .. }));
            if missing && arguments.scope.output == OutputFormat::Text {
                show_without_the_missing(&topology, &observation);
            }
            return Err(problems);
        }
    };
    if let Some(out) = &arguments.out {
        workstation::print_to_stderr(&format!(
            "saved: `hawser apply {}` does exactly this, or nothing\n",
            out.display()
        ));
    }
    Ok(if arguments.detailed_exitcode && !plan.is_empty() {
        ExitCode::ChangesPending
    } else {
        ExitCode::Done
    })
}

/// How much of the plan is asked for.
fn detail_of(arguments: &PlanArguments, topology: &Topology) -> Result<Detail, Vec<Problem>> {
    if arguments.hosts.is_empty() {
        return Ok(arguments.scope.diff.into());
    }
    let hosts = render::wanted(topology, &arguments.hosts)?;
    Ok(Detail::Hosts(
        hosts.into_iter().map(|host| host.name.clone()).collect(),
    ))
}

impl From<Diff> for Detail {
    fn from(diff: Diff) -> Self {
        match diff {
            Diff::Changed => Detail::Folded,
            Diff::All => Detail::Complete,
        }
    }
}

/// What the hosts that did answer say of the cluster, where others are missing.
fn show_without_the_missing(topology: &Topology, observation: &Observation) {
    workstation::print(&as_text(&crate::verify::failed_expectations(
        topology,
        observation,
        &[],
    )));
}

fn as_text(failed_expectations: &[FailedExpectation]) -> String {
    let line = |missing: &FailedExpectation| {
        let what = sanitize_text(&missing.what);
        format!("{}: not as it should be: {what}\n", missing.host)
    };
    failed_expectations.iter().map(line).collect()
}

fn as_json(decided: &Result<Plan, Vec<Problem>>) -> serde_json::Value {
    match decided {
        Ok(plan) => json!({ "changes": !plan.is_empty(), "plan": plan }),
        Err(problems) => json!({ "refused": problems }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_that_did_answer_says_is_shown_and_does_nothing() {
        let failed_expectations = [FailedExpectation {
            host: "lb1".into(),
            what: "HAProxy does not tell: \u{1b}[2J".to_owned(),
            reported_by: None,
        }];

        let text = as_text(&failed_expectations);

        assert_eq!(
            text,
            "lb1: not as it should be: HAProxy does not tell: \\x1b[2J\n"
        );
    }
}
