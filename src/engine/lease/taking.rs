//! The leases that a run has: taken all or none, renewed while it lasts, given back at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::leased::Leased;
use super::wants::{IfHeld, Wants};
use super::words::{refused, remaining};
use crate::engine::stop::{StopLevel, until_stopped};
use crate::error::Problem;
use crate::events::Event;
use crate::remote::lease::{Claim, Held};
use crate::remote::wire::connection::Connection;
use crate::topology::HostName;

/// The leases that a run has.
pub struct Lease<C> {
    sessions: BTreeMap<HostName, Arc<Leased<C>>>,
    claim: Claim,
    renewing: JoinHandle<()>,
}

/// Why a host's lease was not taken.
enum Untaken {
    Held(HostName, Held),
    Failed(Problem),
}

impl<C: Connection> Lease<C> {
    /// Takes the leases of those hosts to which there is a connection, in the order of their names. `Err` where another
    /// run has one: all are given back. With [`IfHeld::Wait`] it waits until that is free, and begins again.
    pub async fn take(
        sessions: &BTreeMap<HostName, Arc<C>>,
        hosts: &BTreeSet<HostName>,
        wants: Wants,
        stop: &watch::Receiver<StopLevel>,
        events: &UnboundedSender<Event>,
    ) -> Result<Self, Problem> {
        let lease = Self::none_yet(sessions, &wants);
        let there: Vec<&HostName> = hosts.iter().filter(|host| sessions.contains_key(*host)).collect();
        loop {
            let untaken = match lease.take_all(&there, stop, events).await {
                Ok(()) => return Ok(lease),
                Err(untaken) => untaken,
            };
            lease.give_back().await;
            let ended = match untaken {
                Untaken::Failed(problem) => Err(problem),
                Untaken::Held(host, held) => match wants.if_held {
                    IfHeld::Refuse => Err(refused(&host, &held)),
                    IfHeld::Wait => lease.until_free(&host, held, stop, events).await,
                },
            };
            lease.give_back().await;
            if let Err(problem) = ended {
                lease.release().await;
                return Err(problem);
            }
        }
    }

    fn none_yet(sessions: &BTreeMap<HostName, Arc<C>>, wants: &Wants) -> Self {
        let leased = sessions.iter().map(|(host, session)| {
            let leased = Leased::new(host.clone(), Arc::clone(session), wants);
            (host.clone(), Arc::new(leased))
        });
        let sessions: BTreeMap<_, _> = leased.collect();
        let renewing = renew_idle(sessions.values().cloned().collect(), wants.idle);
        Self {
            sessions,
            claim: wants.claim.clone(),
            renewing: tokio::spawn(renewing),
        }
    }

    /// The hosts: what changes one is only sent where the lease is held.
    pub fn sessions(&self) -> &BTreeMap<HostName, Arc<Leased<C>>> {
        &self.sessions
    }

    /// Gives all back. Where a command still works, or was let go, the lease runs out after it.
    pub async fn release(mut self) {
        self.renewing.abort();
        // No renewal is under way any more.
        let _ = (&mut self.renewing).await;
        self.give_back().await;
    }

    async fn take_all(
        &self,
        hosts: &[&HostName],
        stop: &watch::Receiver<StopLevel>,
        events: &UnboundedSender<Event>,
    ) -> Result<(), Untaken> {
        for host in hosts {
            match self.take_one(host, stop, events).await {
                Ok(None) => {}
                Ok(Some(held)) => return Err(Untaken::Held((*host).clone(), held)),
                Err(problem) => return Err(Untaken::Failed(problem)),
            }
        }
        Ok(())
    }

    /// Whose it is, where it is not free.
    async fn take_one(
        &self,
        host: &HostName,
        stop: &watch::Receiver<StopLevel>,
        events: &UnboundedSender<Event>,
    ) -> Result<Option<Held>, Problem> {
        let Some(leased) = self.sessions.get(host) else {
            return Ok(None);
        };
        let taking = async {
            let held = leased.take(&self.claim, None).await?;
            match held {
                Some(held) if !held.works && is_gone(&held.by, &self.claim) => {
                    let text = format!("{host}: takes the lock over from {}, which has exited", held.by);
                    let _ = events.send(Event::Warning { text });
                    leased.take(&self.claim, Some(&held.by.id)).await
                }
                other => Ok(other),
            }
        };
        until_stopped(stop, taking)
            .await
            .unwrap_or_else(|| Err(stopped()))
    }

    /// Waits until a host's lease is free, and has it then.
    async fn until_free(
        &self,
        host: &HostName,
        mut held: Held,
        stop: &watch::Receiver<StopLevel>,
        events: &UnboundedSender<Event>,
    ) -> Result<(), Problem> {
        let mut reported = None::<(Instant, String)>;
        loop {
            let is_reported = |(at, id): &(Instant, String)| *id == held.by.id && at.elapsed() < TELL_AGAIN;
            if !reported.as_ref().is_some_and(is_reported) {
                let text = format!(
                    "waiting for {host}: {} holds its lock; {}",
                    held.by,
                    remaining(&held)
                );
                let _ = events.send(Event::Warning { text });
                reported = Some((Instant::now(), held.by.id.clone()));
            }
            until_stopped(stop, sleep(PACE)).await.ok_or_else(stopped)?;
            match self.take_one(host, stop, events).await? {
                Some(still) => held = still,
                None => return Ok(()),
            }
        }
    }

    async fn give_back(&self) {
        join_all(self.sessions.values().map(|leased| leased.give_back())).await;
    }
}

impl<C> Drop for Lease<C> {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

/// Renews the leases of hosts to which nothing was sent for a while, for as long as it is polled.
async fn renew_idle<C: Connection>(hosts: Vec<Arc<Leased<C>>>, idle: Duration) {
    loop {
        sleep(idle / 4).await;
        join_all(hosts.iter().map(|leased| leased.renew_if_idle(idle))).await;
    }
}

/// Whether a run was begun here by the same user, and its process is gone.
fn is_gone(holder: &Claim, claim: &Claim) -> bool {
    let pid = i32::try_from(holder.pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let is_dead =
        |pid| rustix::process::test_kill_process(pid).is_err_and(|errno| errno == rustix::io::Errno::SRCH);
    holder.is_from_the_same_place(claim) && pid.is_some_and(is_dead)
}

fn stopped() -> Problem {
    Problem::Interrupted {
        running: Vec::new(),
        is_begun: false,
    }
}

/// How often it is asked whether a lease is free.
const PACE: Duration = Duration::from_secs(1);

/// Who waits is told for whom this often.
const TELL_AGAIN: Duration = Duration::from_secs(30);
