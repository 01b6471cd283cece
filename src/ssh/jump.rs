//! Jump hosts: connections through which others are made, each shared by many hosts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use super::forwarding::NotForwarded;
use super::session::{Carrier, Session};
use super::unreachable::{Peer, address};
use crate::error::Problem;
use crate::topology::SshTarget;

/// How many hosts one connection to a jump host carries. A channel that is not read for a moment holds up all of them,
/// and sshd counts no forwarded connection against `MaxSessions` (measured: 100 at once).
const MOST_HOSTS: usize = 25;

/// The jump hosts of a run, by the hops that lead to them.
#[derive(Default)]
pub(super) struct JumpHosts(Mutex<BTreeMap<Vec<Hop>, Vec<Shared>>>);

/// The user, address and port of a jump host.
type Hop = (String, String, u16);

/// A connection to a jump host, which the first host that needs it makes: what it is told, all are told.
type Connecting = Arc<OnceCell<Result<Arc<Session>, Problem>>>;

struct Shared {
    connecting: Connecting,
    /// Each host that it carries holds one more.
    places: Arc<()>,
}

impl JumpHosts {
    /// The connection that carries one more host through these hops.
    ///
    /// A further one is made only when the first has been: a login that is refused is not tried again, which would lock
    /// the operator out.
    pub(super) async fn carrier<'a>(
        &self,
        hops: &[SshTarget],
        connect: impl Fn() -> BoxFuture<'a, Result<Arc<Session>, Problem>>,
    ) -> Result<Carrier, Problem> {
        let first = self.first(hops);
        first.get_or_init(&connect).await.clone()?;
        let (connecting, place) = self.take(hops);
        let session = connecting.get_or_init(&connect).await.clone()?;
        Ok(Carrier { session, place })
    }

    fn first(&self, hops: &[SshTarget]) -> Connecting {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = all.entry(key(hops)).or_default();
        match shared.first() {
            Some(first) => Arc::clone(&first.connecting),
            None => add(shared).0,
        }
    }

    fn take(&self, hops: &[SshTarget]) -> (Connecting, Arc<()>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = all.entry(key(hops)).or_default();
        let has_place = |shared: &&Shared| {
            Arc::strong_count(&shared.places) <= MOST_HOSTS && !is_closed(&shared.connecting)
        };
        match shared.iter().find(has_place) {
            Some(shared) => (Arc::clone(&shared.connecting), Arc::clone(&shared.places)),
            None => add(shared),
        }
    }
}

fn add(shared: &mut Vec<Shared>) -> (Connecting, Arc<()>) {
    let (connecting, places) = (Connecting::default(), Arc::new(()));
    shared.push(Shared {
        connecting: Arc::clone(&connecting),
        places: Arc::clone(&places),
    });
    (connecting, places)
}

fn key(hops: &[SshTarget]) -> Vec<Hop> {
    let hop = |hop: &SshTarget| (hop.user.clone(), hop.address.clone(), hop.port);
    hops.iter().map(hop).collect()
}

/// Whether it was connected and is so no more.
fn is_closed(connecting: &Connecting) -> bool {
    matches!(connecting.get(), Some(Ok(session)) if session.is_closed())
}

/// A jump host in messages.
pub(super) fn title(hop: &SshTarget) -> String {
    format!("the jump host {}@{}", hop.user, address(hop))
}

/// Why a host cannot be reached whose jump host cannot. What is said of the jump host's key is about the jump host.
pub(super) fn not_reached(peer: Peer<'_>, hop: &SshTarget, problem: Problem) -> Problem {
    match problem {
        Problem::Unreachable { cause, .. } => peer.unreachable(format!("{}: {cause}", title(hop))),
        Problem::LoginRefused { offered, .. } => peer.unreachable(format!(
            "{} refuses the login; tried: {}",
            title(hop),
            offered.join(", ")
        )),
        other => other,
    }
}

/// Why a jump host made no connection to a host.
pub(super) fn not_carried(peer: Peer<'_>, hop: &SshTarget, why: &NotForwarded, limit: Duration) -> Problem {
    let jump_host = title(hop);
    peer.unreachable(match why {
        NotForwarded::Forbidden => format!(
            "{jump_host} forbids forwarding; allow it there with `AllowTcpForwarding` and `PermitOpen` in sshd_config"
        ),
        NotForwarded::Failed(words) => format!("{jump_host} cannot connect to it: {words}"),
        NotForwarded::Silent => format!("{jump_host} did not connect to it in {} s", limit.as_secs()),
        NotForwarded::Gone => format!("the connection to {jump_host} is gone"),
    })
}
