//! Trying the connections: each from the host where it begins, all at the same time.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::listeners::Listeners;
use crate::check::{Cell, Port, Purpose, Source, Target};
use crate::cli::connected_hosts::{ConnectedHosts, ask_within};
use crate::cli::deadline::Deadline;
use crate::error::Problem;
use crate::facts::{Peer, Reached, Trial, read_trials};
use crate::remote::connectivity::{ConnectionTrial, try_connections};
use crate::ssh::Session;
use crate::topology::{Host, HostName, Topology};

/// What came of the connections, by their place among the cells; or why they could not be tried.
pub(super) type Trials = BTreeMap<usize, Result<Trial, String>>;

/// As long as sshd is waited for when it is connected to.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Tries every connection from where it begins, all at the same time.
pub(super) async fn try_all(
    connected: &ConnectedHosts,
    topology: &Topology,
    (cells, listeners): (&[Cell], &Listeners),
    deadline: Deadline,
) -> Trials {
    let from_hosts = topology.hosts.iter().map(|host| async move {
        let from = Source::from(host);
        let numbered = cells.iter().enumerate().filter(|(_, cell)| cell.from == from);
        let connection = |(number, cell): (usize, &Cell)| {
            let connection = cell.connection(number)?;
            // hawser itself says nothing, least of all in TLS.
            let asks_tls = connection.asks_tls && !listeners.are_at(cell);
            Some(ConnectionTrial {
                asks_tls,
                ..connection
            })
        };
        let connections: Vec<ConnectionTrial> = numbered.filter_map(connection).collect();
        match connected.sessions.get(&host.name) {
            Some(session) => from_host(session, host, &connections, deadline).await,
            None => untried(&connections, &format!("{} could not be reached", host.name)),
        }
    });
    let from_here = cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| cell.purpose == Purpose::Ssh);
    let from_here = from_here.map(|(number, cell)| async move {
        let reached = match &cell.to {
            Target::Host(name) if connected.sessions.contains_key(name) => Reached::Open,
            Target::Host(name) if is_behind_jump_host(topology, name) => {
                let problem = connected.silent.get(name);
                Reached::Failed(problem.map_or_else(|| "not connected".to_owned(), Problem::cause))
            }
            _ => dial(cell).await,
        };
        (number, Ok(bare(reached)))
    });
    let (from_hosts, from_here) = futures::future::join(join_all(from_hosts), join_all(from_here)).await;
    from_hosts.into_iter().flatten().chain(from_here).collect()
}

/// Such a host cannot be dialled from the workstation.
fn is_behind_jump_host(topology: &Topology, name: &HostName) -> bool {
    topology.host(name).is_some_and(|host| !host.ssh.jumps.is_empty())
}

async fn from_host(
    session: &Session,
    host: &Host,
    connections: &[ConnectionTrial],
    deadline: Deadline,
) -> Trials {
    let commands = try_connections(connections);
    let asked = commands.iter().map(|command| async move {
        let output = ask_within(session, command, host, deadline)
            .await
            .map_err(|problem| problem.cause())?;
        read_trials(&output.stdout)
    });
    let (answers, silences): (Vec<_>, Vec<_>) = join_all(asked).await.into_iter().partition(Result::is_ok);
    let why = silences.into_iter().find_map(Result::err);
    let mut tried = untried(connections, why.as_deref().unwrap_or("no answer"));
    for (number, mut trial) in answers.into_iter().flatten().flatten() {
        // A host that has a program to ask with says so of each that it asked.
        let asks_tls = connections
            .iter()
            .any(|connection| connection.number == number && connection.asks_tls);
        if asks_tls && trial.reached == Reached::Open && trial.peer == Peer::NotAsked {
            trial.peer = Peer::Unasked("neither openssl nor python3 is installed".to_owned());
        }
        tried.insert(number, Ok(trial));
    }
    tried
}

fn untried(connections: &[ConnectionTrial], why: &str) -> Trials {
    connections
        .iter()
        .map(|connection| (connection.number, Err(why.to_owned())))
        .collect()
}

/// Why a host could not be connected to, as the system says it.
async fn dial(cell: &Cell) -> Reached {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut};
    let Port::Tcp(port) = cell.port else {
        return Reached::Untested("no port".to_owned());
    };
    let found = tokio::net::lookup_host((cell.address.as_str(), port)).await;
    let Some(address) = found.ok().and_then(|mut found| found.next()) else {
        return Reached::NameUnknown;
    };
    match timeout(CONNECT_LIMIT, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Reached::Open,
        Ok(Err(error)) => match error.kind() {
            ConnectionRefused => Reached::Refused,
            HostUnreachable => Reached::NoRoute,
            NetworkUnreachable => Reached::Unreachable,
            TimedOut => Reached::TimedOut,
            _ => Reached::Failed(error.to_string()),
        },
        Err(_) => Reached::TimedOut,
    }
}

fn bare(reached: Reached) -> Trial {
    Trial {
        reached,
        resolved: None,
        peer: Peer::NotAsked,
    }
}
