//! Whether a host can be looked at at all.

use super::{Asked, Fact, Grade, Said};
use crate::check::Scene;
use crate::topology::HostName;

pub(super) fn of(scene: &Scene, asked: &Asked, host: &HostName) -> Said {
    if let (Some(Ok(_)), Some(Err(why))) = (scene.observation.get(host), asked.preflights.get(host)) {
        return Said::unknown(Fact::Access, why.as_str());
    }
    match scene.observation.get(host) {
        Some(Ok(_)) => Said::ok(Fact::Access, "as root"),
        Some(Err(problem)) => Said {
            fact: Fact::Access,
            grade: Grade::Failed,
            found: problem.cause(),
            fix: problem.explain().hint,
        },
        None => Said::unknown(Fact::Access, "not probed"),
    }
}
