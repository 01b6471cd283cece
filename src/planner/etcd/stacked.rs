//! etcd on the control planes: kubeadm adds a member with each that joins, where the quorum bears it.

use std::collections::BTreeSet;

use super::voters::Voters;
use super::{Scene, is_within};
use crate::error::Problem;
use crate::facts::MemberFact;
use crate::plan::{Note, Step};
use crate::planner::Cluster;
use crate::planner::cluster::{There, recognise};
use crate::planner::decision::Joins;
use crate::planner::ways::{Clear, Way};
use crate::steps::growth::Addition;
use crate::topology::{EtcdTopology, Host, HostName, Role};

/// A cluster that runs, and the control planes that become members of its etcd.
pub(in crate::planner) struct Growth<'a> {
    scene: &'a Scene<'a>,
    voters: Voters<'a>,
    joiners: Vec<&'a Host>,
    /// How many members are listed when each of them joins.
    listed: Vec<usize>,
}

impl<'a> Growth<'a> {
    /// Who is added, if anybody is. Members that this run brings up run by then, and those that it removes are gone.
    pub(in crate::planner) fn new(
        scene: &'a Scene<'a>,
        cluster: &'a Cluster<'a>,
        joins: &Joins<'a>,
    ) -> Option<Self> {
        let there = that_runs(scene, cluster)?;
        let ways = || joins.control_planes.iter();
        let removed: Vec<&str> = ways().filter_map(|(_, way)| removes(way)).collect();
        let is_brought_up = |member: &MemberFact| {
            let mut brought_up = ways().filter(|(_, way)| matches!(way, Way::BringUp { .. }));
            brought_up.any(|(host, _)| member.is_of(host))
        };
        let members = cluster.members().iter();
        let staying = members.filter(|member| !removed.contains(&member.id.as_str()));
        let voters = voters(there, staying, is_brought_up);
        let mut listed = voters.members.len();
        let joining = ways().filter(|(_, way)| way.is_join());
        let counted = joining.map(|(host, _)| {
            listed += 1;
            (*host, listed - 1)
        });
        let (joiners, listed): (Vec<&Host>, Vec<usize>) = counted.unzip();
        (!joiners.is_empty()).then_some(Self {
            scene,
            voters,
            joiners,
            listed,
        })
    }

    fn names(&self) -> Vec<&str> {
        self.joiners.iter().map(|host| host.name.0.as_str()).collect()
    }

    /// What keeps them from being added, with the sum.
    pub(in crate::planner) fn refused(&self) -> Option<Problem> {
        self.voters.refused(&self.names(), "")
    }

    /// The sum as a person reads it before anything is done.
    pub(in crate::planner) fn note(&self) -> Note {
        self.voters.note(&self.names())
    }

    /// Asks for the sum once more, right before a host joins.
    pub(in crate::planner) fn see_whole(&self, newcomer: &Host) -> Option<Step> {
        let place = self.joiners.iter().position(|host| host.name == newcomer.name)?;
        let addition = Addition {
            via: self.voters.via,
            newcomer,
            cri_socket: &self.scene.topology.kubeadm.cri_socket,
        };
        Some(addition.see_whole(*self.listed.get(place)?))
    }
}

/// While no API server is well, what is listed is brought up first, and nothing can be told of the sum.
fn that_runs<'c, 'a>(scene: &Scene, cluster: &'c Cluster<'a>) -> Option<&'c There<'a>> {
    let is_stacked = scene.topology.etcd == EtcdTopology::Stacked;
    cluster.there().filter(|there| is_stacked && there.well)
}

/// The member that goes before any host joins.
fn removes(way: &Way) -> Option<&str> {
    match way {
        Way::Join {
            clear: Clear {
                member: Some(member), ..
            },
        } => Some(&member.id),
        _ => None,
    }
}

fn voters<'a>(
    there: &There<'a>,
    members: impl Iterator<Item = &'a MemberFact>,
    is_brought_up: impl Fn(&MemberFact) -> bool,
) -> Voters<'a> {
    let (learning, members): (Vec<&MemberFact>, Vec<_>) = members.partition(|member| member.learner);
    let is_down = |member: &&MemberFact| !member.is_healthy() && !is_brought_up(member);
    Voters {
        via: &there.via.name,
        down: members.iter().copied().filter(is_down).collect(),
        learning,
        members,
    }
}

/// Why no control plane can be added, where not even all hosts can be looked at.
pub(in crate::planner) fn refused_early(scene: &Scene, limit: &BTreeSet<HostName>) -> Option<Problem> {
    let cluster = recognise(scene).ok()?;
    let there = that_runs(scene, &cluster)?;
    let is_new = |host: &Host| {
        is_within(limit, &host.name) && cluster.members().iter().all(|member| !member.is_of(host))
    };
    let planes = scene.answered(Role::ControlPlane).map(|(host, _)| host);
    let added: Vec<&str> = planes
        .filter(|host| is_new(host))
        .map(|host| host.name.0.as_str())
        .collect();
    let is_half_joined = |member: &MemberFact| {
        let mut planes = scene.answered(Role::ControlPlane);
        planes.any(|(host, _)| member.is_of(host))
    };
    voters(there, cluster.members().iter(), is_half_joined).refused(&added, "")
}
