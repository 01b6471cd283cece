//! The situation that a plan is made for, computed once: every phase reads it, and nothing else.

use std::ops::Deref;

use super::etcd::{EtcdActions, StackedScaleUp};
use super::inputs::Inputs;
use super::node_actions::NodeActions;
use super::survey::Survey;

/// What was found, and what is decided for each host. What the survey tells can be asked of it too.
pub(super) struct Situation<'a> {
    /// Everything as it will be when bare hosts are prepared.
    pub(super) survey: Survey<'a>,
    /// The inputs with bare hosts as they are.
    pub(super) as_found: Inputs<'a>,
    pub(super) nodes: NodeActions<'a>,
    pub(super) etcd_actions: EtcdActions<'a>,
    /// The members that join etcd on control planes.
    pub(super) stacked_scale_up: Option<StackedScaleUp<'a>>,
}

impl<'a> Deref for Situation<'a> {
    type Target = Survey<'a>;

    fn deref(&self) -> &Survey<'a> {
        &self.survey
    }
}
