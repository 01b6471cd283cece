//! Whether a host can be probed.

use super::{Asked, Fact, FactResult, Grade};
use crate::check::Scene;
use crate::topology::HostName;

pub(super) fn of(scene: &Scene, asked: &Asked, host: &HostName) -> FactResult {
    if let (Some(Ok(_)), Some(Err(why))) = (scene.observation.get(host), asked.preflights.get(host)) {
        return FactResult::unknown(Fact::Access, why.as_str());
    }
    match scene.observation.get(host) {
        Some(Ok(_)) => FactResult::ok(Fact::Access, "as root"),
        Some(Err(problem)) => FactResult {
            fact: Fact::Access,
            grade: Grade::Failed,
            found: problem.cause(),
            fix: problem.explain().hint,
        },
        None => FactResult::unknown(Fact::Access, "not probed"),
    }
}
