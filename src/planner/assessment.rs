//! How the situation is computed, or every reason why nothing is planned for it.

use super::certificates;
use super::etcd::{self, EtcdActions, EtcdState, StackedScaleUp};
use super::hidden_clusters;
use super::inputs::Inputs;
use super::node_actions::decide_nodes;
use super::recognition::recognise_cluster;
use super::situation::Situation;
use super::survey::Survey;
use super::{refusals, versions};
use crate::error::Problem;

/// The situation of hosts as found, and as they will be when bare ones are prepared.
///
/// A `Situation` can be asked what its [`Survey`] can be asked, and that what its [`Inputs`] can (`Deref`).
pub(super) fn assess<'a>(
    as_found: Inputs<'a>,
    as_prepared: Inputs<'a>,
) -> Result<Situation<'a>, Vec<Problem>> {
    let inputs = as_prepared;
    refusals::check(&inputs)?;
    versions::check(&inputs)?;
    let etcd = EtcdState::of(&inputs);
    let etcd_actions = EtcdActions::decide(&etcd)?;
    if !inputs.allowance.prepare_only {
        etcd_actions.refuse_partial_start(&inputs)?;
    }
    // In `recognition`: if nothing is anywhere, the first control plane that answered is initialised, and all others
    // join.
    let survey = Survey {
        inputs,
        cluster: recognise_cluster(&inputs)?,
        etcd,
    };
    hidden_clusters::check(&survey)?;
    etcd::refuse_other_clusters_objects(&survey)?;
    let nodes = decide_nodes(&survey)?;
    certificates::refuse_others(&survey, &nodes)?;
    let stacked_scale_up = StackedScaleUp::of(&survey, &nodes);
    if let Some(problem) = stacked_scale_up.as_ref().and_then(StackedScaleUp::refuse) {
        return Err(problem.into());
    }
    Ok(Situation {
        survey,
        as_found,
        nodes,
        etcd_actions,
        stacked_scale_up,
    })
}
