//! All hosts of an inventory at once: connected to, observed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::future::join_all;
use tokio::sync::mpsc::UnboundedSender;

use super::deadline::Deadline;
use crate::error::Problem;
use crate::events::Event;
use crate::facts::{self, HostFacts, Observation};
use crate::remote;
use crate::remote::files::etcd::{KUBELET_CONFIGURATION, KUBELET_DROP_IN, MANIFEST, UNIT};
use crate::remote::files::preparation::OLD_SYSCTLS;
use crate::remote::files::{HAPROXY, KEEPALIVED};
use crate::remote::probe::{self, ProbeScope};
use crate::remote::wire::connection::{Connection, Output};
use crate::ssh::{Client, Session};
use crate::topology::{EtcdTopology, Host, HostName, Role, Topology};
use crate::values::Values;

/// The hosts that answered, and why the others did not.
pub(super) struct ConnectedHosts {
    pub(super) sessions: BTreeMap<HostName, Arc<Session>>,
    pub(super) silent: BTreeMap<HostName, Problem>,
}

impl ConnectedHosts {
    /// Connects to every host, all at once as far as the client lets. `Err` where the operator was asked something and
    /// wants to stop instead: no host is out of reach for that.
    pub(super) async fn connect(
        client: &Client,
        topology: &Topology,
        events: &UnboundedSender<Event>,
    ) -> Result<Self, Problem> {
        let mut connected = Self {
            sessions: BTreeMap::new(),
            silent: BTreeMap::new(),
        };
        let attempts = topology.hosts.iter().map(|host| async move {
            let since = Instant::now();
            let attempt = client.connect(host).await;
            let _ = events.send(match &attempt {
                Err(Problem::Interrupted { .. }) => return (host.name.clone(), attempt),
                Ok(_) => Event::HostConnected {
                    host: host.name.clone(),
                    took: since.elapsed(),
                },
                Err(problem) => Event::HostUnreachable {
                    host: host.name.clone(),
                    reason: problem.cause(),
                },
            });
            (host.name.clone(), attempt)
        });
        for (name, attempt) in join_all(attempts).await {
            match attempt {
                Ok(session) => drop(connected.sessions.insert(name, Arc::new(session))),
                Err(stopped @ Problem::Interrupted { .. }) => return Err(stopped),
                Err(problem) => drop(connected.silent.insert(name, problem)),
            }
        }
        Ok(connected)
    }

    /// Asks every host, all at once, what `remote::probe::commands` asks; one that is prepared gets a second question.
    pub(super) async fn observe(
        &self,
        topology: &Topology,
        scope: ProbeScope,
        events: &UnboundedSender<Event>,
    ) -> Observation {
        self.observe_within(topology, scope, events, Deadline::PerQuestion)
            .await
    }

    /// The same, within a deadline.
    pub(super) async fn observe_within(
        &self,
        topology: &Topology,
        scope: ProbeScope,
        events: &UnboundedSender<Event>,
        deadline: Deadline,
    ) -> Observation {
        let looks = topology.hosts.iter().map(|host| async move {
            let found = match (self.sessions.get(&host.name), self.silent.get(&host.name)) {
                (Some(session), _) => facts_of(session.as_ref(), topology, (host, scope), deadline).await,
                (None, Some(problem)) => Err(problem.clone()),
                (None, None) => Err(not_reported(host, "no session".to_owned())),
            };
            if found.is_ok() {
                let _ = events.send(Event::HostObserved {
                    host: host.name.clone(),
                });
            }
            (host.name.clone(), found)
        });
        join_all(looks).await.into_iter().collect()
    }

    /// Why the hosts that did not answer did not.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.silent.values().cloned()
    }

    /// Says good-bye to every host.
    pub(super) async fn close(&self) {
        join_all(self.sessions.values().map(|session| session.close())).await;
    }
}

async fn facts_of(
    session: &impl Connection,
    topology: &Topology,
    (host, scope): (&Host, ProbeScope),
    deadline: Deadline,
) -> Result<HostFacts, Problem> {
    let paths = match scope {
        ProbeScope::Complete => paths(topology, host),
        ProbeScope::Health => api_server(topology, host),
        ProbeScope::Images => Vec::new(),
    };
    let mut found = probed(session, topology, (host, scope), &paths, deadline).await?;
    if let (ProbeScope::Complete, Some(preparation)) = (scope, &topology.preparation) {
        let question = remote::preparation::look(preparation);
        let output = ask_within(session, &question, host, deadline).await?;
        let read = facts::read_preparation(&output.stdout).map_err(|cause| not_reported(host, cause))?;
        found.preparation = Some(read);
    }
    Ok(found)
}

/// What a probe tells. A host that boots, or whose disk is busy, is asked once more for what it was too slow to tell,
/// unless all that is asked has one deadline: then the caller repeats the whole probe.
async fn probed(
    session: &impl Connection,
    topology: &Topology,
    (host, scope): (&Host, ProbeScope),
    paths: &[String],
    deadline: Deadline,
) -> Result<HostFacts, Problem> {
    let question = probe::probe(topology, host, scope, paths);
    let first = ask_within(session, &question, host, deadline).await?;
    let found = match (facts::parse(&first.stdout), deadline) {
        (Err(_), Deadline::PerQuestion) if facts::is_late(&first.stdout) => {
            let second = ask_within(session, &question, host, deadline).await?;
            facts::parse(&second.stdout)
        }
        (found, _) => found,
    };
    found.map_err(|cause| not_reported(host, cause))
}

/// Runs a question that has no secret in it.
pub(super) async fn ask(
    session: &impl Connection,
    command: &crate::remote::wire::RemoteCommand,
    host: &Host,
) -> Result<Output, Problem> {
    ask_within(session, command, host, Deadline::PerQuestion).await
}

/// The same, within a deadline.
pub(super) async fn ask_within(
    session: &impl Connection,
    command: &crate::remote::wire::RemoteCommand,
    host: &Host,
    deadline: Deadline,
) -> Result<Output, Problem> {
    let wire = command
        .wire(&Values::default())
        .map_err(|slot| not_reported(host, format!("{slot:?} is not known")))?;
    let answer = deadline.within(session.run(&wire, deadline.left(), None)).await;
    let output = answer.ok_or_else(|| not_reported(host, "no answer came in time".to_owned()))??;
    if output.is_success() {
        return Ok(output);
    }
    let cause = output.last_lines(3).join("; ");
    Err(Problem::Probe {
        host: host.name.clone(),
        what: format!("the result of: {} ({:?})", command.purpose(), output.exit),
        cause,
    })
}

fn not_reported(host: &Host, cause: String) -> Problem {
    Problem::Probe {
        host: host.name.clone(),
        what: "what is on it".to_owned(),
        cause,
    }
}

/// What shows which etcd members an API server uses, with etcd on dedicated hosts.
fn api_server(topology: &Topology, host: &Host) -> Vec<String> {
    let asks = host.is(Role::ControlPlane) && topology.etcd == EtcdTopology::External;
    let path = asks.then(|| crate::remote::files::API_SERVER.to_owned());
    path.into_iter().collect()
}

/// The files whose content the plan compares.
fn paths(topology: &Topology, host: &Host) -> Vec<String> {
    let mut paths = vec!["/etc/hosts".to_owned()];
    if host.is(Role::Balancer) {
        paths.extend([HAPROXY, KEEPALIVED].map(str::to_owned));
    }
    if host.is(Role::ControlPlane) && topology.etcd == EtcdTopology::External {
        paths.push(facts::CLIENT_CERTIFICATE.to_owned());
    }
    paths.extend(api_server(topology, host));
    if host.is(Role::Etcd) {
        paths.extend([KUBELET_CONFIGURATION, KUBELET_DROP_IN, MANIFEST, UNIT].map(str::to_owned));
    }
    let for_host = topology
        .files
        .iter()
        .filter(|file| file.roles.iter().any(|role| host.is(*role)));
    paths.extend(for_host.map(|file| file.path.clone()));
    // A template that cannot be rendered is reported before any host is asked.
    let prepared = crate::remote::files::preparation::preparation(topology, host).unwrap_or_default();
    if !prepared.is_empty() {
        paths.push(OLD_SYSCTLS.to_owned());
    }
    paths.extend(prepared.into_iter().map(|file| file.path));
    paths
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::fake_host::{FakeHost, Journal, Reply};

    const ANSWER: &str = include_str!("../facts/captured/worker-fresh.txt");

    /// `systemctl` did not answer in time: nothing, and the status 124, as base64.
    fn late() -> String {
        let lines = ANSWER
            .lines()
            .map(|line| match line.strip_prefix("hawser-fact units ") {
                Some(_) => "hawser-fact units CjEyNA==",
                None => line,
            });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn topology() -> Topology {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inventory.toml");
        let text = "cluster = { name = \"demo\", kubernetes = \"v1.34.2\" }\n\
                    endpoint = { name = \"api.demo.example\" }\n\
                    hosts = [\n\
                      { name = \"cp1\", address = \"192.0.2.21\", roles = [\"control-plane\"] },\n\
                      { name = \"w1\", address = \"192.0.2.31\", roles = [\"worker\"] },\n\
                    ]\n";
        std::fs::write(&path, text).unwrap();
        crate::inventory::load(&path, false.into()).unwrap().topology
    }

    async fn observed(answers: &[&str], deadline: Deadline) -> Result<HostFacts, Problem> {
        let topology = topology();
        let host = topology.with_role(Role::Worker).next().unwrap();
        let reported = answers
            .iter()
            .fold(FakeHost::new("w1", &Journal::new()), |host, answer| {
                host.expects("probing the host", Reply::exit(0).saying(answer))
            });
        facts_of(&reported, &topology, (host, ProbeScope::Complete), deadline).await
    }

    #[tokio::test]
    async fn a_host_that_was_too_slow_is_asked_once_more() {
        let late = late();
        assert!(facts::parse(late.as_bytes()).is_err_and(|why| why.starts_with("units: no answer in time")));

        assert!(observed(&[&late, ANSWER], Deadline::PerQuestion).await.is_ok());

        let twice = observed(&[&late, &late], Deadline::PerQuestion)
            .await
            .unwrap_err();
        assert!(twice.to_string().contains("units: no answer in time"), "{twice}");
    }

    #[tokio::test]
    async fn where_all_that_is_asked_has_one_deadline_a_host_is_asked_once() {
        let deadline = Deadline::after(Duration::from_secs(30));
        assert!(observed(&[&late()], deadline).await.is_err());
    }
}
