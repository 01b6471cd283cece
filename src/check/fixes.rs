//! The fixes of connections that are not ok; those with one cause have one.

use super::Grade;
use super::evaluation::CheckedConnection;
use super::fix::Fix;
use super::fix_steps::steps;
use super::stage::Scene;

/// The fixes of everything that is not ok, the most severe first.
pub fn fixes(scene: &Scene, connections: &[CheckedConnection]) -> Vec<Fix> {
    let mut fixes: Vec<Fix> = Vec::new();
    for connection in connections
        .iter()
        .filter(|connection| connection.evaluation.grade > Grade::Ok)
    {
        match fixes.iter_mut().find(|fix| fix.fits(connection)) {
            Some(fix) => fix.add(connection),
            None => fixes.push(Fix::of(connection)),
        }
    }
    // Names in the inventory's order; what is no host keeps its place before them.
    let place = |name: String| scene.topology.hosts.iter().position(|host| host.name.0 == name);
    for fix in &mut fixes {
        fix.from.sort_by_key(|from| place(from.to_string()));
        fix.to.sort_by_key(|to| place(to.to_string()));
        fix.steps = steps(scene, fix);
    }
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.grade));
    fixes
}
