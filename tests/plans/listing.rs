//! A plan as a page: phase by phase, what is done where.

use std::collections::BTreeSet;
use std::fmt::Write;

use hawser::error::Problem;
use hawser::plan::{NoteLevel, Plan, Step};
use hawser::planner::Allowance;
use hawser::remote::wire::Effect;

use crate::world::World;

/// `--limit`, once for each name.
pub(crate) fn limited_to(names: &[&str]) -> Allowance {
    Allowance {
        limit: names.iter().map(|name| (*name).into()).collect(),
        ..Allowance::default()
    }
}

/// The page of a plan, or of the reasons why there is none.
pub(crate) fn page(world: &World, planned: &Result<Plan, Vec<Problem>>) -> String {
    match planned {
        Ok(plan) => {
            assert_sound(world, plan);
            listing(plan)
        }
        Err(problems) => problems.iter().map(refusal).collect(),
    }
}

/// What holds for every plan: a step's name is its own, where it is done somebody answered,
/// and what goes with it is said.
pub(crate) fn assert_sound(world: &World, plan: &Plan) {
    let steps = plan.all_steps();
    let mut seen = BTreeSet::new();
    for step in steps {
        assert!(seen.insert(&step.id), "{} is there twice", step.id);
        assert!(
            world.hosts[&step.host].silent.is_none(),
            "{} is done nowhere",
            step.id
        );
        let change = step.change().map(|change| &change.command);
        assert_eq!(
            change.is_some_and(|change| change.effect() == Effect::Destroys),
            !step.destroys().is_empty(),
            "{}: what destroys says what goes, and nothing else does",
            step.id
        );
    }
}

fn listing(plan: &Plan) -> String {
    if plan.steps().next().is_none() && plan.notes.is_empty() {
        return "nothing to do\n".to_owned();
    }
    let mut text = String::new();
    for phase in &plan.phases {
        let _ = writeln!(text, "{}", phase.name);
        let lanes = phase.lanes.len();
        for (number, lane) in phase.lanes.iter().enumerate() {
            if lanes > 1 {
                let _ = writeln!(text, " lane {}, {} at once", number + 1, lane.width);
            }
            let steps = lane.chains.iter().flat_map(|chain| &chain.steps);
            steps.for_each(|step| text.push_str(&line(step)));
        }
    }
    if !plan.cleanup.is_empty() {
        text.push_str("at the end\n");
        plan.cleanup_steps().for_each(|step| text.push_str(&line(step)));
    }
    for note in &plan.notes {
        let level = match note.level {
            NoteLevel::Info => "note",
            NoteLevel::Warning => "warning",
        };
        let _ = writeln!(text, "{level}: {}", note.text);
    }
    text
}

fn line(step: &Step) -> String {
    let mut text = format!("  {:<4} {}\n", step.host, step.title);
    for what in step.destroys() {
        let _ = writeln!(text, "       ! {what}");
    }
    text
}

fn refusal(problem: &Problem) -> String {
    let reported = problem.explain();
    let mut text = format!("exit {}: {}\n", reported.exit as u8, reported.headline);
    let details = reported.details.iter().map(|line| format!("  {line}\n"));
    let hints = reported.hint.iter().map(|line| format!("  → {line}\n"));
    text.extend(details.chain(hints));
    text
}
