//! Plans are done on the model, cut short anywhere, and made again, until nothing is left to do.
//!
//! Whatever happened before, the next plans finish, or refuse with exit 4 where nothing can be mended; never is a
//! second cluster made, a member removed that is needed, or anything started that etcd has no quorum for.

use std::collections::BTreeSet;

use hawser::error::ExitCode;
use hawser::planner::Allowance;
use hawser::topology::{CertificateRoute, HostName, Role, Topology, Version};
use hawser::verify::failed_expectations;
use proptest::prelude::*;

use crate::doing::Cut;
use crate::inventory::{audit_policy, compact, control_plane, stacked, worker};
use crate::listing::assert_sound;
use crate::world::World;

/// How an interrupted run leaves things.
#[derive(Debug, Clone)]
struct Break {
    cut: Cut,
    /// Whether the host in whose step the cut is loses power, so that its kubelet is not back yet.
    power: bool,
}

/// What befalls a cluster between runs.
#[derive(Debug, Clone)]
enum Damage {
    /// A new disk.
    Emptied(String),
    /// A new disk, and what the cluster knew of the host is deleted.
    LeftProperly(String),
    /// Only etcd's data is lost.
    EtcdDataLost(String),
    /// The kubelet stands still for now.
    Stopped(String),
    /// The host restarts and `/run` with it.
    Outage,
    /// The kubelet's certificate is lost.
    CertificateLost(String),
}

fn breaks() -> impl Strategy<Value = Vec<Break>> {
    let cut = (0..60_usize, 0..10_usize, any::<u64>());
    let one = (cut, any::<bool>()).prop_map(|((after, parts, pace), power)| Break {
        cut: Cut { after, parts, pace },
        power,
    });
    proptest::collection::vec(one, 0..3)
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let plane = (1..4_u8).prop_map(|number| format!("cp{number}"));
    let node = prop_oneof![plane.clone(), (1..3_u8).prop_map(|number| format!("w{number}"))];
    let plane_again = plane.clone();
    let one = prop_oneof![
        node.clone().prop_map(Damage::Emptied),
        node.prop_map(Damage::LeftProperly),
        plane.clone().prop_map(Damage::EtcdDataLost),
        plane.prop_map(Damage::Stopped),
        Just(Damage::Outage),
        plane_again.prop_map(Damage::CertificateLost),
    ];
    proptest::collection::vec(one, 0..3)
}

impl World {
    fn suffer(&mut self, damage: &Damage) {
        match damage {
            Damage::Emptied(name) => self.empty(name),
            Damage::LeftProperly(name) => {
                let host = HostName(name.clone());
                self.empty(name);
                if self.has_quorum() {
                    self.nodes.remove(&host);
                    self.members.retain(|member| member.host != host);
                }
            }
            Damage::EtcdDataLost(name) => self.machine(name).facts.kubernetes.has_etcd_data = false,
            Damage::Stopped(name) => self.stop_kubelet(name),
            Damage::CertificateLost(name) => {
                self.machine(name).facts.kubernetes.lacks_client_certificate = true;
            }
            Damage::Outage => self.hosts.values_mut().for_each(|machine| {
                machine.unit("kubelet", false);
            }),
        }
    }

    /// A minute later every kubelet that has something to start from is back.
    pub(crate) fn wake(&mut self) {
        for machine in self.hosts.values_mut() {
            let found = &machine.facts.kubernetes;
            if found.has_kubelet_config && (found.has_kubelet_identity() || found.has_bootstrap_kubelet_conf)
            {
                machine.unit("kubelet", true);
            }
        }
        self.settle();
    }

    /// Runs and is cut short.
    fn run_until(&mut self, stop: &Break) -> Result<(), TestCaseError> {
        let Ok(plan) = self.plan() else { return Ok(()) };
        assert_sound(self, &plan);
        let cut = self.apply_until(&plan, stop.cut);
        if let (Ok(Some(step)), true) = (&cut, stop.power) {
            let host = step.host.0.clone();
            self.stop_kubelet(&host);
            self.machine(&host).facts.kubernetes.has_leftovers = false;
        }
        prop_assert!(self.violations.is_empty(), "{:?}", self.violations);
        Ok(())
    }

    /// Runs again and again until nothing is left to do, or it is refused for good.
    fn finish(&mut self) -> Result<(), TestCaseError> {
        let mut reported = Vec::new();
        for _ in 0..4 {
            match self.plan() {
                Ok(plan) if plan.is_empty() && !self.is_stalled() => {
                    let before = self.clone();
                    self.wake();
                    if before == *self {
                        return self.expect_whole();
                    }
                }
                Ok(plan) => {
                    assert_sound(self, &plan);
                    let result = self.apply(&plan);
                    reported.push(format!("{result:?}"));
                    prop_assert!(self.violations.is_empty(), "{:?}", self.violations);
                    if result.is_err() {
                        self.wake();
                    }
                }
                Err(problems) => {
                    let exit = problems.iter().map(|problem| problem.explain().exit).max();
                    prop_assert_eq!(exit, Some(ExitCode::Unsafe), "{:?}", problems);
                    reported.push(format!("{problems:?}"));
                    let before = self.clone();
                    self.wake();
                    if before == *self {
                        return self.expect_lost(&reported);
                    }
                }
            }
            self.wake();
        }
        let plan = self.plan();
        if plan.as_ref().is_ok_and(hawser::plan::Plan::is_empty) && !self.is_stalled() {
            return self.expect_whole();
        }
        Err(TestCaseError::fail(format!(
            "no end: {reported:#?} then {:#?}",
            plan.map(|plan| plan.steps().map(|step| step.id.0.clone()).collect::<Vec<_>>())
        )))
    }

    fn is_stalled(&self) -> bool {
        !self.members.is_empty() && !self.any_well()
    }

    /// As the inventory says, by the model's own account and by that of `verify`.
    fn expect_whole(&self) -> Result<(), TestCaseError> {
        let failed_expectations = failed_expectations(&self.topology, &self.observe(), &[]);
        prop_assert!(
            failed_expectations.is_empty(),
            "nothing to do, and yet {failed_expectations:?}"
        );
        let left: Vec<_> = self
            .hosts
            .iter()
            .filter(|(_, machine)| machine.facts.kubernetes.has_leftovers)
            .map(|(name, _)| name)
            .collect();
        prop_assert!(left.is_empty(), "files of the run are left on {left:?}");
        Ok(())
    }

    /// A refusal is for good only where etcd has lost its quorum, or everything that was there.
    fn expect_lost(&self, reported: &[String]) -> Result<(), TestCaseError> {
        prop_assert!(
            !self.any_well(),
            "refused for good, and the API answers: {reported:#?}"
        );
        Ok(())
    }
}

/// Of a kubeadm that adds voters, or of one that adds learners; with either way of the certificates; with balancers of
/// their own, or on the control planes.
fn inventories() -> impl Strategy<Value = Topology> {
    let hosts = prop_oneof![Just(stacked(3, 2)), Just(compact(2))];
    let versions = prop_oneof![
        Just(Version::new(1, 20, 2)),
        Just(Version::new(1, 30, 4)),
        Just(Version::new(1, 33, 1)),
        Just(Version::new(1, 36, 2))
    ];
    let routes = prop_oneof![Just(CertificateRoute::Upload), Just(CertificateRoute::Ssh)];
    (hosts, versions, routes).prop_map(inventory)
}

fn inventory((hosts, version, certificates): (Topology, Version, CertificateRoute)) -> Topology {
    let mut topology = Topology {
        version,
        certificates,
        ..hosts
    };
    topology.files.push(audit_policy());
    let worker = topology.hosts.iter_mut().find(|host| host.is(Role::Worker));
    worker.unwrap().labels.insert("disk".to_owned(), "ssd".to_owned());
    topology
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_build_that_is_cut_short_is_finished_by_the_next(inventory in inventories(), breaks in breaks()) {
        let mut world = World::fresh(inventory);

        for stop in &breaks {
            world.run_until(stop)?;
        }

        world.finish()?;
    }

    #[test]
    fn a_damaged_cluster_is_mended_or_refused(
        inventory in inventories(), damages in damages(), breaks in breaks()
    ) {
        let mut world = World::built(inventory);

        for damage in &damages {
            world.suffer(damage);
        }
        for stop in &breaks {
            world.run_until(stop)?;
        }

        world.finish()?;
    }

    /// No worker holds anything that would show that a cluster has been here.
    #[test]
    fn control_planes_alone_are_mended_or_refused(
        lost in proptest::sample::subsequence(vec!["cp1", "cp2", "cp3"], 1..3),
        stopped in proptest::sample::subsequence(vec!["cp1", "cp2", "cp3"], 0..3),
        breaks in breaks(),
    ) {
        let mut world = World::built(stacked(3, 0));

        for name in lost {
            world.empty(name);
        }
        for name in stopped {
            world.stop_kubelet(name);
        }
        for stop in &breaks {
            world.run_until(stop)?;
        }

        world.finish()?;
    }

    #[test]
    fn a_cluster_grows_in_parts(breaks in breaks(), limit in proptest::sample::subsequence(vec!["cp1", "cp2", "w1", "w2", "lb1", "lb2"], 1..5)) {
        let mut world = World::built(stacked(1, 1));
        world.add(control_plane(2));
        world.add(worker(2));
        let limit: BTreeSet<HostName> = limit.into_iter().map(HostName::from).collect();
        let allowance = Allowance { limit, ..Allowance::default() };

        let plan = world.plan_with(&allowance).unwrap();
        assert_sound(&world, &plan);
        prop_assert_eq!(world.apply(&plan), Ok(()));
        prop_assert!(world.violations.is_empty(), "{:?}", world.violations);
        for stop in &breaks {
            world.run_until(stop)?;
        }

        world.finish()?;
    }
}
