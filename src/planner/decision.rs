//! Who joins, who is mended, and whom the balancers let in.

use super::limit::Limit;
use super::ways::{Way, is_member, way};
use super::{Cluster, Scene, balancers};
use crate::error::Problem;
use crate::topology::{Host, HostName, Role};

/// Who joins in which way.
#[derive(Debug, Default)]
pub(super) struct Joins<'a> {
    /// In the order in which they join: what is there comes first, what is taken down and joins anew last.
    pub(super) control_planes: Vec<(&'a Host, Way)>,
    /// In the inventory's order.
    pub(super) workers: Vec<(&'a Host, Way)>,
    /// Members that run and that the balancers do not let in yet, in the inventory's order.
    pub(super) let_in: Vec<&'a Host>,
}

impl Joins<'_> {
    /// Whether a host becomes a node anew.
    pub(super) fn joins(&self, host: &Host) -> bool {
        let mut all = self.control_planes.iter().chain(&self.workers);
        all.any(|(joiner, way)| joiner.name == host.name && way.is_join())
    }

    /// Whether the balancers watch a control plane, and let it in.
    pub(super) fn meet_balancers(&self) -> bool {
        let meets = |(_, way): &(&Host, Way)| way.is_join() || *way == Way::BringUp { finish: true };
        !self.let_in.is_empty() || self.control_planes.iter().any(meets)
    }

    /// The control planes that stand behind the balancers when all joins are done, in the inventory's order.
    pub(super) fn members_at_the_end(&self, scene: &Scene, cluster: &Cluster) -> Vec<HostName> {
        let joining = self.control_planes.iter().map(|(host, _)| *host);
        let newcomers = joining.chain(self.let_in.iter().copied());
        let now = balancers::members(scene, cluster);
        newcomers.fold(now, |members, host| {
            balancers::in_order(scene, &members, &host.name)
        })
    }
}

/// Decides for every node host, or refuses with every reason. Only hosts that the limit allows are changed.
pub(super) fn decide<'a>(
    scene: &Scene<'a>,
    cluster: &Cluster<'a>,
    limit: &mut Limit<'_>,
) -> Result<Joins<'a>, Vec<Problem>> {
    let mut joins = Joins::default();
    let mut problems = Vec::new();
    for (host, facts) in scene.all_answered().filter(|(host, _)| host.is_node()) {
        if cluster.is_to_be_initialised() && host.name == cluster.via().name {
            continue;
        }
        let list = if host.is(Role::ControlPlane) {
            &mut joins.control_planes
        } else {
            &mut joins.workers
        };
        match way(scene, cluster, host, facts) {
            Ok(Some(way)) => list.push((host, way)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    start_what_stands_still(scene, cluster, &mut joins);
    joins.let_in = to_be_let_in(scene, cluster);
    limit.keep(&mut joins.control_planes, |(host, _)| &host.name);
    limit.keep(&mut joins.workers, |(host, _)| &host.name);
    limit.keep(&mut joins.let_in, |host| &host.name);
    joins.control_planes.sort_by_key(|(_, way)| rank(way));
    Ok(joins)
}

/// What is there already comes first.
fn rank(way: &Way) -> u8 {
    match way {
        Way::BringUp { .. } | Way::Finish => 0,
        Way::Join { .. } => 1,
    }
}

/// No API server is well, and no etcd member is there that could be brought up: what stands is started once more, but for
/// a host that is reset.
fn start_what_stands_still<'a>(scene: &Scene<'a>, cluster: &Cluster<'a>, joins: &mut Joins<'a>) {
    let is_brought_up = |(_, way): &(&Host, Way)| matches!(way, Way::BringUp { .. });
    if !cluster.is_stalled() || joins.control_planes.iter().any(is_brought_up) {
        return;
    }
    let hosts = scene.answered(Role::ControlPlane).map(|(host, _)| host);
    let has_way = |host: &Host| {
        joins
            .control_planes
            .iter()
            .any(|(other, _)| other.name == host.name)
    };
    let standing: Vec<&Host> = hosts
        .filter(|host| is_member(scene, cluster, host) && !has_way(host))
        .collect();
    let ways = standing
        .into_iter()
        .map(|host| (host, Way::BringUp { finish: false }));
    joins.control_planes.extend(ways);
}

/// Members that run and that the balancers do not let in yet.
fn to_be_let_in<'a>(scene: &Scene<'a>, cluster: &Cluster) -> Vec<&'a Host> {
    if !cluster.there().is_some_and(|there| there.well) {
        return Vec::new();
    }
    let members = balancers::members(scene, cluster);
    let hosts = scene.answered(Role::ControlPlane).map(|(host, _)| host);
    hosts
        .filter(|host| is_member(scene, cluster, host) && !members.contains(&host.name))
        .collect()
}
