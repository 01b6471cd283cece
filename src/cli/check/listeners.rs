//! Listening on hosts for the moment of the check, so that a firewall shows before there is anything to reach.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::check::{Cell, Port, Scene, Stage, Target};
use crate::cli::connected_hosts::{ConnectedHosts, ask};
use crate::cli::deadline::Deadline;
use crate::remote::listen::{LIMIT, LISTENING, listen, stop_listening};
use crate::remote::wire::connection::{Connection, Progress};
use crate::ssh::Session;
use crate::topology::{Host, HostName};
use crate::values::Values;

/// Until a host that has much to do has started its listener.
const READY: Duration = Duration::from_secs(15);

/// Until a listener has ended that was asked to.
const ENDED: Duration = Duration::from_secs(10);

/// What listens, and where.
#[derive(Default)]
pub(super) struct Listeners {
    open: BTreeSet<(HostName, u16)>,
    running: Vec<Running>,
}

struct Running {
    host: Host,
    session: Arc<Session>,
    pid: u32,
    ended: JoinHandle<()>,
}

impl Listeners {
    /// Whether hawser listens where a connection leads.
    pub(super) fn are_at(&self, cell: &Cell) -> bool {
        place(cell).is_some_and(|place| self.open.contains(&place))
    }

    /// Listens at the end of every connection where nothing of the cluster does yet.
    pub(super) async fn start(
        connected: &ConnectedHosts,
        scene: &Scene<'_>,
        cells: &[Cell],
        deadline: Deadline,
    ) -> Self {
        let mut wanted: BTreeMap<HostName, BTreeSet<u16>> = BTreeMap::new();
        let empty = cells.iter().filter(|cell| scene.stage(cell) == Stage::Empty);
        for (host, port) in empty.filter_map(place) {
            wanted.entry(host).or_default().insert(port);
        }
        let starting = wanted.into_iter().filter_map(|(name, ports)| {
            let host = scene.topology.host(&name)?.clone();
            let session = Arc::clone(connected.sessions.get(&name)?);
            Some(start_one(host, session, ports, deadline))
        });
        let mut listeners = Self::default();
        for (running, ports) in join_all(starting).await.into_iter().flatten() {
            let name = &running.host.name;
            listeners
                .open
                .extend(ports.into_iter().map(|port| (name.clone(), port)));
            listeners.running.push(running);
        }
        listeners
    }

    /// Ends them all, and waits until they have.
    pub(super) async fn stop(self) {
        let stops = self.running.into_iter().map(|running| async move {
            let stop = stop_listening(running.pid);
            let ends = async {
                let _ = ask(running.session.as_ref(), &stop, &running.host).await;
                let _ = running.ended.await;
            };
            // What does not end so ends by itself.
            let _ = timeout(ENDED, ends).await;
        });
        join_all(stops).await;
    }
}

/// The host and the port at which a connection ends, where it is one that a cluster's program listens at.
fn place(cell: &Cell) -> Option<(HostName, u16)> {
    match (&cell.to, cell.port) {
        (Target::Host(name), Port::Tcp(port)) => Some((name.clone(), port)),
        _ => None,
    }
}

async fn start_one(
    host: Host,
    session: Arc<Session>,
    ports: BTreeSet<u16>,
    deadline: Deadline,
) -> Option<(Running, BTreeSet<u16>)> {
    let wire = listen(&host, ports.iter().copied())
        .wire(&Values::default())
        .ok()?;
    let (progress, reported) = unbounded_channel();
    let listening = Arc::clone(&session);
    let ended = tokio::spawn(async move {
        // It is ended from outside; how, does not matter.
        drop(listening.run(&wire, LIMIT + READY, Some(progress)).await);
    });
    let (pid, open) = timeout(READY.min(deadline.left()), ready(reported, ports.len()))
        .await
        .ok()
        .flatten()?;
    let running = Running {
        host,
        session,
        pid,
        ended,
    };
    Some((running, open))
}

/// The process, and the ports at which it listens, once it has result of each whether it does.
async fn ready(mut reported: UnboundedReceiver<Progress>, count: usize) -> Option<(u32, BTreeSet<u16>)> {
    let (mut pid, mut open, mut result) = (None, BTreeSet::new(), 0);
    while result < count {
        match reported.recv().await? {
            Progress::Started(number) => pid = Some(number),
            Progress::Sent(_) => {}
            Progress::Line(line) => {
                result += 1;
                open.extend(
                    line.strip_prefix(LISTENING)
                        .and_then(|port| port.parse::<u16>().ok()),
                );
            }
        }
    }
    Some((pid?, open))
}
