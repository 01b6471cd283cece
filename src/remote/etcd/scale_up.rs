//! One member more in an etcd cluster that runs: asked for, saved, added without a vote, and promoted when it is in
//! step.
//!
//! Nothing here depends on an earlier run's having come to its end: each step asks first whether it is done.

use std::time::Duration;

use super::commands as etcd;
use crate::facts::quorum;
use crate::plan::{Step, StepBuilder};
use crate::remote::files::etcd::peer_url;
use crate::remote::timeouts::{KUBEADM, QUICK};
use crate::topology::{Host, HostName};

/// A change of etcd's members: who is asked, and who is added.
#[derive(Clone, Copy)]
pub struct Addition<'a> {
    /// A member that runs.
    pub via: &'a HostName,
    /// The host that becomes a member.
    pub joining_host: &'a Host,
    /// The container runtime's socket, where no `etcdctl` is on the host itself.
    pub cri_socket: &'a str,
}

impl Addition<'_> {
    /// Sees that all that are listed run and have a vote, so that the quorum bears one more.
    pub fn see_complete(self, members: usize) -> Step {
        let (name, now, then) = (&self.joining_host.name, quorum(members), quorum(members + 1));
        let title = format!(
            "check the etcd quorum before adding {name}: {members} of {members} members run, no learner (quorum {now}; \
             with {name} {then} of {})",
            members + 1
        );
        self.step("check-etcd-complete-before", title)
            .wait(etcd::may_grow(self.cri_socket, members), QUICK)
    }

    /// Saves what etcd holds on the host that is asked.
    pub fn save_snapshot(self, data_directory: &str) -> Step {
        let command = etcd::save_snapshot(self.cri_socket, data_directory, &self.joining_host.name.0);
        self.step(
            "save-etcd-snapshot-before",
            format!("save a snapshot of etcd in {}", etcd::SNAPSHOTS),
        )
        .change(command, KUBEADM)
        .run_once()
    }

    /// Adds the newcomer without a vote.
    pub fn add(self) -> Step {
        let (socket, url) = (self.cri_socket, peer_url(self.joining_host));
        let name = &self.joining_host.name;
        self.step("add-etcd-member", format!("add {name} to etcd, without a vote"))
            .change(etcd::add_learner(socket, name, &url), QUICK)
            .until(etcd::is_listed(socket, &url), QUICK)
    }

    /// Waits until it has what the others have, and all of them run.
    pub fn await_in_step(self, voters: usize) -> Step {
        let title = format!(
            "wait for {} to be in sync, with {voters} of {voters} voting members running (with it the quorum is {} of {})",
            self.joining_host.name,
            quorum(voters + 1),
            voters + 1
        );
        self.step("await-etcd-member", title).wait(
            etcd::is_in_step(self.cri_socket, &peer_url(self.joining_host), voters),
            IN_STEP,
        )
    }

    /// Gives it its vote, once.
    pub fn promote(self) -> Step {
        let (socket, url) = (self.cri_socket, peer_url(self.joining_host));
        let name = &self.joining_host.name;
        self.step("promote-etcd-member", format!("promote {name}: it gets a vote"))
            .change(etcd::promote(socket, &url), QUICK)
            .until(etcd::is_voting(socket, &url), QUICK)
    }

    fn step(self, what: &str, title: String) -> StepBuilder {
        Step::on(self.via, &format!("{what}-{}", self.joining_host.name), title)
    }
}

/// A database of gigabytes goes over the network, and onto a disk, first.
const IN_STEP: Duration = Duration::from_secs(15 * 60);
