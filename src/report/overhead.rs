//! Measures the overhead of a run: the time of its phases in which no host was changed and none was waited for.

use std::time::Duration;

use tokio::time::Instant;

use crate::events::Event;

/// Follows the events of a run as they happen.
#[derive(Default)]
pub struct Overhead {
    phase: Option<PhaseSoFar>,
    overhead: Duration,
}

/// A phase that runs.
struct PhaseSoFar {
    began: Instant,
    /// When a step worked on its host or waited for it: from one moment to another.
    busy: Vec<(Instant, Instant)>,
}

impl Overhead {
    /// Takes note of an event; the last one gets what was measured.
    pub fn observe(&mut self, event: &mut Event) {
        match event {
            // A phase without steps is measured by the code that runs it.
            Event::PhaseStarted { steps, .. } if *steps > 0 => {
                self.phase = Some(PhaseSoFar {
                    began: Instant::now(),
                    busy: Vec::new(),
                });
            }
            Event::StepFinished { remote, waited, .. } => {
                if let Some(phase) = &mut self.phase {
                    phase.end_step(*remote + *waited);
                }
            }
            Event::PhaseFinished { .. } => {
                if let Some(phase) = self.phase.take() {
                    self.overhead += phase.overhead();
                }
            }
            Event::RunFinished { report } => report.overhead += self.overhead,
            _ => {}
        }
    }
}

impl PhaseSoFar {
    /// A step has ended that was busy for so long, up to now.
    fn end_step(&mut self, busy: Duration) {
        let now = Instant::now();
        self.busy.push((now.checked_sub(busy).unwrap_or(self.began), now));
    }

    fn overhead(mut self) -> Duration {
        self.busy.sort_unstable();
        let mut overhead = Duration::ZERO;
        let mut idle_since = self.began;
        for (since, until) in self.busy {
            overhead += since.saturating_duration_since(idle_since);
            idle_since = idle_since.max(until);
        }
        overhead + idle_since.elapsed()
    }
}
