//! Asking hosts what they are, besides what every plan is made from.

use std::time::SystemTime;

use futures::future::join_all;

use crate::check::host::{Asked, Clock};
use crate::cli::fleet::{Fleet, ask};
use crate::facts::{Observed, Preflight, SyncTimes, read_clock, read_preflight, read_sync_times};
use crate::remote::RemoteCommand;
use crate::remote::preflight::{clock, keeps_etcd, preflight, sync_times};
use crate::ssh::Session;
use crate::topology::{Host, Topology};

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nothing.
    Nothing,
    /// What hosts are.
    Facts,
    /// That, and how long etcd's disks take.
    FactsAndDisks,
}

/// Asks every host that can be reached. Clocks first: what hosts have to do besides would blur them; and disks, which
/// measured together with all else would seem slow, before the rest as well.
pub(super) async fn ask_hosts(fleet: &Fleet, topology: &Topology, extent: Extent) -> Asked {
    let mut asked = Asked::default();
    if extent == Extent::Nothing {
        return asked;
    }
    let sessions = || {
        let hosts = topology.hosts.iter();
        hosts.filter_map(|host| Some((host, fleet.sessions.get(&host.name)?.as_ref())))
    };
    let clocks =
        join_all(sessions().map(|(host, session)| async move { (host, read(session, host).await) })).await;
    let known = clocks
        .into_iter()
        .filter_map(|(host, clock)| Some((host.name.clone(), clock?)));
    asked.clocks = known.collect();
    if extent == Extent::FactsAndDisks {
        let measured = sessions().filter_map(|(host, session)| {
            let folder = keeps_etcd(topology, host)?;
            Some(async move { (host.name.clone(), measure(session, host, folder).await) })
        });
        asked.sync_times = join_all(measured).await.into_iter().collect();
    }
    let looks = sessions()
        .map(|(host, session)| async move { (host.name.clone(), look(session, topology, host).await) });
    asked.preflights = join_all(looks).await.into_iter().collect();
    asked
}

/// The host's clock against this one's; it was read at some time between question and answer.
async fn read(session: &Session, host: &Host) -> Option<Clock> {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok();
    let before = now()?.as_secs_f64();
    let told = read_clock(&text(session, host, &clock()).await.ok()?).ok()?;
    let after = now()?.as_secs_f64();
    let doubt_s = (after - before) / 2.0;
    Some(Clock {
        ahead_s: told - (before + doubt_s),
        doubt_s,
    })
}

async fn measure(session: &Session, host: &Host, folder: &str) -> Observed<SyncTimes> {
    let answer = text(session, host, &sync_times(folder)).await;
    answer.and_then(|answer| read_sync_times(&answer)).into()
}

async fn look(session: &Session, topology: &Topology, host: &Host) -> Result<Preflight, String> {
    read_preflight(&text(session, host, &preflight(topology, host)).await?)
}

async fn text(session: &Session, host: &Host, command: &RemoteCommand) -> Result<Vec<u8>, String> {
    let answer = ask(session, command, host).await;
    answer
        .map(|output| output.stdout.to_vec())
        .map_err(|problem| problem.cause())
}
