//! A host under a lease: what changes it is sent behind a fence, and only while the lease is held; then it goes to
//! `ssh::session`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, timeout};

use super::wants::Wants;
use crate::engine::timeouts::QUESTION_LIMIT;
use crate::error::Problem;
use crate::remote::lease::{self, Answer, Claim, Fence, Held};
use crate::remote::wire::connection::{Connection, Output, Progress};
use crate::remote::wire::{RemoteCommand, Wire};
use crate::topology::HostName;
use crate::values::Values;

pub struct Leased<C> {
    host: HostName,
    session: Arc<C>,
    fence: Fence,
    hold: Mutex<Hold>,
}

/// How it stands with the lease.
struct Hold {
    /// Whether it is this run's, or may be.
    is_held: bool,
    /// When the last command began that renews it: it does so before it does anything.
    renewed: Instant,
    /// A command was let go, and may still work.
    is_left: bool,
    /// Why it is held no more: what was to be done then, and what the host says.
    lost: Option<(String, String)>,
}

/// A command that works under the lease.
struct Working<'a> {
    hold: &'a Mutex<Hold>,
    is_over: bool,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut hold = locked(self.hold);
        hold.is_left |= !self.is_over;
    }
}

impl<C: Connection> Leased<C> {
    pub(super) fn new(host: HostName, session: Arc<C>, wants: &Wants) -> Self {
        Self {
            host,
            session,
            fence: Fence {
                path: wants.path.clone(),
                id: wants.claim.id.clone(),
            },
            hold: Mutex::new(Hold {
                is_held: false,
                renewed: Instant::now(),
                is_left: false,
                lost: None,
            }),
        }
    }

    /// Takes the lease; whose it is, where it is not free.
    pub(super) async fn take(&self, claim: &Claim, over: Option<&str>) -> Result<Option<Held>, Problem> {
        let mut working = self.begins();
        // A take that is given up may have been done.
        working.is_over = true;
        locked(&self.hold).is_held = true;
        let output = self.ask(&self.fence.take(claim, over)).await?;
        match Answer::read(&output.stdout).filter(|_| output.is_success()) {
            Some(Answer::Taken) => Ok(None),
            Some(Answer::Held(held)) => {
                locked(&self.hold).is_held = false;
                Ok(Some(*held))
            }
            None => Err(self.cannot_tell(&output.last_lines(3).join("; "))),
        }
    }

    /// Gives the lease back, if it is held and nothing was let go under it. One that cannot be given back runs out.
    pub(super) async fn give_back(&self) {
        let is_mine = {
            let mut hold = locked(&self.hold);
            let is_held = std::mem::take(&mut hold.is_held);
            is_held && !hold.is_left && hold.lost.is_none()
        };
        if is_mine {
            drop(timeout(GIVE_BACK_LIMIT, self.ask(&self.fence.release())).await);
        }
    }

    /// Renews the lease, if it is held and nothing began for so long. Also while a command works under it: its end may
    /// come at any moment, and the lease would have run out by then. A host with one session is renewed right after
    /// that.
    pub(super) async fn renew_if_idle(&self, idle: Duration) {
        let is_due = {
            let hold = locked(&self.hold);
            hold.is_held && hold.lost.is_none() && hold.renewed.elapsed() >= idle
        };
        if !is_due {
            return;
        }
        // What cannot be sent is told by the step that needs the host.
        let sent = timeout(RENEW_LIMIT, self.ask(&self.fence.renew())).await;
        if let Ok(Ok(output)) = sent {
            match lease::lost(&output) {
                Some(why) => self.loses("renewing it", why),
                None if output.is_success() => locked(&self.hold).renewed = Instant::now(),
                None => {}
            }
        }
    }

    async fn ask(&self, command: &RemoteCommand) -> Result<Output, Problem> {
        let wire = command
            .wire(&Values::default())
            .map_err(|slot| self.cannot_tell(slot.mask()))?;
        self.session.run(&wire, QUESTION_LIMIT, None).await
    }

    fn begins(&self) -> Working<'_> {
        locked(&self.hold).renewed = Instant::now();
        Working {
            hold: &self.hold,
            is_over: false,
        }
    }

    fn loses(&self, what: &str, why: String) {
        let mut hold = locked(&self.hold);
        // Given back while it was renewed: nothing is lost.
        if hold.is_held {
            hold.lost.get_or_insert((what.to_owned(), why));
        }
    }

    fn cannot_tell(&self, cause: &str) -> Problem {
        Problem::Probe {
            host: self.host.clone(),
            what: "which run holds its lock".to_owned(),
            cause: cause.to_owned(),
        }
    }

    fn lock_lost(&self, what: &str, why: &str) -> Problem {
        Problem::LockLost {
            host: self.host.clone(),
            what: what.to_owned(),
            why: why.to_owned(),
        }
    }
}

impl<C: Connection> Connection for Leased<C> {
    async fn run(
        &self,
        command: &Wire,
        deadline: Duration,
        progress: Option<UnboundedSender<Progress>>,
    ) -> Result<Output, Problem> {
        if !command.effect().changes() {
            return self.session.run(command, deadline, progress).await;
        }
        if let Some(problem) = self.lost() {
            return Err(problem);
        }
        if !locked(&self.hold).is_held {
            return Err(self.lock_lost(command.purpose(), "this run has not taken it"));
        }
        let mut working = self.begins();
        let result = self
            .session
            .run(&self.fence.before(command), deadline, progress)
            .await;
        working.is_over = true;
        let Some(why) = result.as_ref().ok().and_then(lease::lost) else {
            if result.is_ok() {
                self.renew_if_idle(LONG).await;
            }
            return result;
        };
        self.loses(command.purpose(), why.clone());
        Err(self.lock_lost(command.purpose(), &why))
    }

    fn lost(&self) -> Option<Problem> {
        let hold = locked(&self.hold);
        let (what, why) = hold.lost.as_ref()?;
        Some(self.lock_lost(what, why))
    }
}

fn locked(hold: &Mutex<Hold>) -> MutexGuard<'_, Hold> {
    hold.lock().unwrap_or_else(PoisonError::into_inner)
}

/// After a command that took so long its lease is renewed at once.
const LONG: Duration = Duration::from_secs(lease::LASTS / 3);

/// Less than what is left of a lease when it is due, so that a host that does not answer keeps no other from being
/// renewed.
const RENEW_LIMIT: Duration = Duration::from_secs(15);

const GIVE_BACK_LIMIT: Duration = Duration::from_secs(10);
