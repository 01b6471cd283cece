//! `hawser plan`: what apply would do.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::sync::mpsc;

use super::arguments::{OutputFormat, PlanArguments, Scope};
use super::fleet::Fleet;
use super::{Outcome, surroundings};
use crate::error::sanitize::sanitize_text;
use crate::error::{ExitCode, Problem};
use crate::facts::Observation;
use crate::inventory::KeyFiles;
use crate::plan::{Note, NoteLevel, Plan};
use crate::planner::{self, Allowance};
use crate::remote::probe::Look;
use crate::report::paint::Paint;
use crate::report::plan_text;
use crate::topology::{HostName, Topology};

pub(super) async fn run(arguments: PlanArguments) -> Outcome {
    let topology = load(&arguments.scope)?;
    let client = surroundings::client(&topology)?;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    let fleet = Fleet::connect(&client, &topology, &events).await?;
    let observation = fleet.observe(&topology, Look::Whole, &events).await;
    fleet.close().await;

    let decided = decide(&topology, &observation, &allowance(&arguments.scope))
        .map(|plan| narrowed(plan, &arguments.scope));
    match arguments.scope.output {
        OutputFormat::Json => surroundings::say_json(&as_json(&decided)),
        OutputFormat::Text => {
            if let Ok(plan) = &decided {
                surroundings::say(&plan_text::render(plan, None, Paint::for_stdout()));
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
    Ok(if arguments.detailed_exitcode && !plan.is_empty() {
        ExitCode::ChangesPending
    } else {
        ExitCode::Done
    })
}

/// The inventory of a scope that goes with it.
pub(super) fn load(scope: &Scope) -> Result<Topology, Vec<Problem>> {
    let topology = surroundings::load_with(&scope.inventory.path, &scope.templates, KeyFiles::Required)?;
    if scope.prepare_only {
        planner::may_only_prepare(&topology).map_err(|problem| vec![problem])?;
    }
    Ok(topology)
}

/// As much of a plan as is to be done now.
pub(super) fn narrowed(plan: Plan, scope: &Scope) -> Plan {
    if scope.prepare_only {
        planner::only_prepare(plan)
    } else {
        plan
    }
}

pub(super) fn allowance(scope: &Scope) -> Allowance {
    let limit: BTreeSet<HostName> = scope.limit.iter().map(|name| HostName(name.clone())).collect();
    Allowance {
        max_unreachable_workers: scope.max_unreachable_workers,
        limit,
        prepare_only: scope.prepare_only,
    }
}

/// The plan, with what the workstation has to say about itself.
pub(super) fn decide(
    topology: &Topology,
    observation: &Observation,
    allowance: &Allowance,
) -> Result<Plan, Vec<Problem>> {
    let mut plan = planner::plan(topology, observation, allowance)?;
    if let Some(text) = surroundings::kubectl_remark(topology) {
        plan.notes.push(Note {
            level: NoteLevel::Info,
            text,
        });
    }
    Ok(plan)
}

/// What the hosts that did answer say of the cluster, where others are missing.
fn show_without_the_missing(topology: &Topology, observation: &Observation) {
    let unmet = crate::verify::unmet(topology, observation, &[]);
    for missing in unmet {
        surroundings::say(&format!(
            "{}: not as it should be: {}\n",
            missing.host,
            sanitize_text(&missing.what)
        ));
    }
}

fn as_json(decided: &Result<Plan, Vec<Problem>>) -> serde_json::Value {
    match decided {
        Ok(plan) => json!({ "changes": !plan.is_empty(), "plan": plan }),
        Err(problems) => json!({ "refused": problems }),
    }
}
