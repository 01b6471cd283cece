//! What the hosts are found to be, taken together: the cluster, and etcd where it has hosts of its own.

use std::ops::Deref;

use super::cluster::Cluster;
use super::etcd::EtcdState;
use super::inputs::Inputs;

/// All that is known before it is decided what is done with each host. What the inputs tell can be asked of it too.
pub(super) struct Survey<'a> {
    pub(super) inputs: Inputs<'a>,
    pub(super) cluster: Cluster<'a>,
    pub(super) etcd: EtcdState<'a>,
}

impl<'a> Deref for Survey<'a> {
    type Target = Inputs<'a>;

    fn deref(&self) -> &Inputs<'a> {
        &self.inputs
    }
}
