//! Asking hosts what they are, besides what every plan is made from.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use futures::future::join_all;

use crate::check::host::{Asked, Clock};
use crate::cli::connected_hosts::{ConnectedHosts, ask_within};
use crate::cli::deadline::Deadline;
use crate::facts::{Observed, Preflight, SyncTimes, read_clock, read_preflight, read_sync_times};
use crate::remote::preflight::{clock, keeps_etcd, preflight, sync_times};
use crate::remote::wire::RemoteCommand;
use crate::ssh::Session;
use crate::topology::{Host, HostName, Topology};

/// A clock that is reported later than this says little.
const CLOCKS: Duration = Duration::from_secs(10);

/// A disk that is measured for 5 s may take longer to keep what it was given last.
const DISKS: Duration = Duration::from_secs(25);

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Nothing,
    Facts,
    /// That, and how long etcd's disks take.
    FactsAndDisks,
}

/// Everything that is asked of hosts, within a deadline.
pub(super) async fn ask_hosts(
    connected: &ConnectedHosts,
    topology: &Topology,
    extent: Extent,
    deadline: Deadline,
) -> Asked {
    let asked = measure(connected, topology, extent, deadline).await;
    Asked {
        preflights: preflights(connected, topology, extent, deadline).await,
        ..asked
    }
}

/// What can be measured only while nothing else is asked. Clocks first: other work on the hosts would blur them; and
/// disks, which measured together with all else would seem slow, before the rest as well.
pub(super) async fn measure(
    connected: &ConnectedHosts,
    topology: &Topology,
    extent: Extent,
    deadline: Deadline,
) -> Asked {
    let mut asked = Asked::default();
    if extent == Extent::Nothing {
        return asked;
    }
    let until = deadline.part(CLOCKS);
    let clocks = sessions(connected, topology).map(|(host, session)| async move {
        let clock = read(session, host, until).await;
        Some((host.name.clone(), clock?))
    });
    asked.clocks = join_all(clocks).await.into_iter().flatten().collect();
    if extent == Extent::FactsAndDisks {
        let until = deadline.part(DISKS);
        let measured = sessions(connected, topology).filter_map(|(host, session)| {
            let folder = keeps_etcd(topology, host)?;
            Some(async move { (host.name.clone(), sync(session, host, folder, until).await) })
        });
        asked.sync_times = join_all(measured).await.into_iter().collect();
    }
    asked
}

/// What hosts are besides.
pub(super) async fn preflights(
    connected: &ConnectedHosts,
    topology: &Topology,
    extent: Extent,
    deadline: Deadline,
) -> BTreeMap<HostName, Result<Preflight, String>> {
    if extent == Extent::Nothing {
        return BTreeMap::new();
    }
    let looks = sessions(connected, topology).map(|(host, session)| async move {
        (host.name.clone(), look(session, topology, host, deadline).await)
    });
    join_all(looks).await.into_iter().collect()
}

/// Every host that can be reached.
fn sessions<'a>(
    connected: &'a ConnectedHosts,
    topology: &'a Topology,
) -> impl Iterator<Item = (&'a Host, &'a Session)> {
    let hosts = topology.hosts.iter();
    hosts.filter_map(|host| Some((host, connected.sessions.get(&host.name)?.as_ref())))
}

/// The host's clock against this one's; it was read at some time between question and answer.
async fn read(session: &Session, host: &Host, deadline: Deadline) -> Option<Clock> {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok();
    let before = now()?.as_secs_f64();
    let reported = read_clock(&text(session, host, &clock(), deadline).await.ok()?).ok()?;
    let after = now()?.as_secs_f64();
    let doubt_s = (after - before) / 2.0;
    Some(Clock {
        ahead_s: reported - (before + doubt_s),
        doubt_s,
    })
}

async fn sync(session: &Session, host: &Host, folder: &str, deadline: Deadline) -> Observed<SyncTimes> {
    let answer = text(session, host, &sync_times(folder), deadline).await;
    answer.and_then(|answer| read_sync_times(&answer)).into()
}

async fn look(
    session: &Session,
    topology: &Topology,
    host: &Host,
    deadline: Deadline,
) -> Result<Preflight, String> {
    read_preflight(&text(session, host, &preflight(topology, host), deadline).await?)
}

async fn text(
    session: &Session,
    host: &Host,
    command: &RemoteCommand,
    deadline: Deadline,
) -> Result<Vec<u8>, String> {
    let answer = ask_within(session, command, host, deadline).await;
    answer
        .map(|output| output.stdout.to_vec())
        .map_err(|problem| problem.cause())
}
