//! `hawser join-command`: the one place where hawser shows a secret, because it was asked to.

use tokio::sync::{mpsc, watch};
use zeroize::Zeroizing;

use super::arguments::JoinCommandArguments;
use super::connected_hosts::ConnectedHosts;
use super::lease::claim;
use super::{Outcome, Stop, scope, stopped, workstation};
use crate::engine::{self, IfHeld, Lease, Options, StopLevel, Wants, until_stopped};
use crate::error::{ExitCode, Problem};
use crate::events::Report;
use crate::inventory::KeyFiles;
use crate::plan::Plan;
use crate::planner::{self, Invitation};
use crate::remote::files::{TOKEN_LIFE, socket_to_name};
use crate::remote::probe::ProbeScope;
use crate::report;
use crate::ssh::Session;
use crate::topology::{API_PORT, Role, Topology};
use crate::values::{Slot, Values};

pub(super) async fn run(arguments: JoinCommandArguments, stop: Stop) -> Outcome {
    let topology = scope::load_with_templates(
        &arguments.inventory.path,
        &arguments.templates,
        KeyFiles::Required,
    )?;
    let role = if arguments.control_plane {
        Role::ControlPlane
    } else {
        Role::Worker
    };
    planner::may_invite(&topology, role)?;
    // Nobody listens to events here, and no log is kept.
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    let mut asked = topology.clone();
    asked.hosts.retain(|host| host.is(Role::ControlPlane));
    let client = workstation::client(&topology)?;
    let looked = until_stopped(&stop, async {
        let connected = ConnectedHosts::connect(&client, &asked, &events).await?;
        let observation = connected.observe(&asked, ProbeScope::Complete, &events).await;
        Ok::<_, Problem>((connected, observation))
    });
    let (connected, observation) = looked.await.unwrap_or_else(|| Err(stopped()))?;
    let invited = planner::invite(&topology, &observation, role);
    let outcome = match invited {
        Ok(invitation) => under_lock(&connected, &topology, (&invitation, role), &stop).await,
        Err(problems) => Err(problems),
    };
    connected.close().await;
    outcome
}

/// Nobody else changes the cluster meanwhile: another run's clean-up would take away what this one makes.
async fn under_lock(
    connected: &ConnectedHosts,
    topology: &Topology,
    (invitation, role): (&Invitation, Role),
    stop: &Stop,
) -> Outcome {
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    let mut hosts = planner::locked_hosts(topology, &invitation.plan);
    hosts.extend(planner::locked_hosts(topology, &invitation.withdrawal));
    let wants = Wants::new(claim(workstation::run_name()), IfHeld::Refuse);
    let lease = Lease::take(&connected.sessions, &hosts, wants, stop, &events).await?;
    let outcome = make(&lease, topology, (invitation, role), stop).await;
    lease.release().await;
    outcome
}

async fn make(
    lease: &Lease<Session>,
    topology: &Topology,
    (invitation, role): (&Invitation, Role),
    stop: &Stop,
) -> Outcome {
    let values = Values::for_new_run();
    let line = line(topology, &values, &invitation.ca_hash, role);
    let mut token_id = Values::default();
    if let Some(id) = values.get(Slot::BootstrapTokenId) {
        token_id.set(Slot::BootstrapTokenId, id.to_owned());
    }
    let report = execute(lease, &invitation.plan, values, stop.clone()).await;
    let code = report::exit_code(&report);
    if code != ExitCode::Done {
        let withdrawn = execute(lease, &invitation.withdrawal, token_id, never()).await;
        let problems = [report.problems, withdrawn.problems].concat();
        return if problems.is_empty() {
            Ok(code)
        } else {
            Err(problems)
        };
    }
    workstation::print(&line);
    workstation::print_to_stderr(&remark(topology, role));
    Ok(ExitCode::Done)
}

/// Nobody stops what takes back: what it deletes lets others join.
fn never() -> Stop {
    watch::channel(StopLevel::Running).1
}

async fn execute(lease: &Lease<Session>, plan: &Plan, values: Values, stop: Stop) -> Report {
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    let options = Options {
        max_tolerated: 0,
        stop,
        so_far: Report::default(),
    };
    let resources = workstation::resources(values);
    engine::execute(plan, lease.sessions(), resources, options, events).await
}

/// The line, as kubeadm itself would print it.
fn line(topology: &Topology, values: &Values, ca_hash: &str, role: Role) -> Zeroizing<String> {
    let value = |slot| values.get(slot).unwrap_or_default();
    // Reserved at its full length first: a growing string would leave copies of secrets behind.
    let mut line = Zeroizing::new(String::with_capacity(1024));
    for part in [
        "kubeadm join ",
        &topology.endpoint.authority(),
        " --token ",
        value(Slot::BootstrapToken),
        " --discovery-token-ca-cert-hash ",
        ca_hash,
    ] {
        line.push_str(part);
    }
    if role == Role::ControlPlane {
        line.push_str(" --control-plane --certificate-key ");
        line.push_str(value(Slot::CertificateKey));
        if topology.api_port != API_PORT {
            line.push_str(" --apiserver-bind-port ");
            line.push_str(&topology.api_port.to_string());
        }
    }
    if let Some(socket) = socket_to_name(topology, topology.version) {
        line.push_str(" --cri-socket ");
        line.push_str(socket);
    }
    line.push('\n');
    line
}

/// How long the line is good for, and what the one who uses it should know.
fn remark(topology: &Topology, role: Role) -> String {
    let until = jiff::Timestamp::now().checked_add(TOKEN_LIFE);
    let until = until.map_or_else(
        |_| String::new(),
        |time| format!(", until {}", time.strftime("%Y-%m-%d %H:%M UTC")),
    );
    let mut text = format!(
        "The line is good for {} hours{until}. Everyone who has it can join {}; it is in no log, and nothing deletes the token earlier.\n",
        TOKEN_LIFE.as_secs() / 3600,
        topology.cluster,
    );
    if role == Role::ControlPlane {
        text.push_str(
            "The next `hawser apply` that joins a control plane replaces the certificates, and the line is void then.\n\
             No balancer sends anything to a control plane that the inventory does not name: add it there afterwards.\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Version;

    fn topology(api_port: u16) -> Topology {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inventory.toml");
        let text = format!(
            "cluster = {{ name = \"demo\", kubernetes = \"v1.34.2\", api_port = {api_port} }}\n\
             endpoint = {{ name = \"api.demo.example\" }}\n\
             hosts = [{{ name = \"cp1\", address = \"192.0.2.21\", roles = [\"control-plane\"] }}]\n"
        );
        std::fs::write(&path, text).unwrap();
        crate::inventory::load(&path, false.into()).unwrap().topology
    }

    /// A worker's line, from the socket on, in a cluster of this version whose runtime listens there.
    fn socket_in_line(version: Version, socket: &str) -> Option<String> {
        let mut topology = topology(6443);
        topology.version = version;
        topology.kubeadm.cri_socket = socket.to_owned();
        let line = line(&topology, &values(), "sha256:12", Role::Worker);
        let (_, socket) = line.trim_end().split_once(" --cri-socket ")?;
        Some(socket.to_owned())
    }

    #[test]
    fn the_runtimes_socket_is_named_where_kubeadm_would_not_find_it() {
        let containerd = "unix:///run/containerd/containerd.sock";
        let crio = "unix:///var/run/crio/crio.sock";
        let named = |minor, socket| socket_in_line(Version::new(1, minor, 2), socket);

        assert_eq!(named(34, containerd), None);
        assert_eq!(named(24, "unix:///var/run/containerd/containerd.sock"), None);
        assert_eq!(named(34, crio).as_deref(), Some(crio));
        assert_eq!(named(23, containerd).as_deref(), Some(containerd));
        assert_eq!(
            named(20, containerd).as_deref(),
            Some("/run/containerd/containerd.sock")
        );
    }

    fn values() -> Values {
        let mut values = Values::default();
        values.set(Slot::BootstrapToken, "abcdef.0123456789abcdef".to_owned());
        values.set(Slot::CertificateKey, "0f".repeat(32));
        values
    }

    #[test]
    fn a_workers_line_is_kubeadms_own() {
        let line = line(&topology(6443), &values(), "sha256:12", Role::Worker);

        assert_eq!(
            *line,
            "kubeadm join api.demo.example:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:12\n"
        );
    }

    #[test]
    fn a_control_planes_line_has_the_key_and_a_port_that_is_not_kubeadms_default() {
        let usual = line(&topology(6443), &values(), "sha256:12", Role::ControlPlane);
        let moved = line(&topology(7443), &values(), "sha256:12", Role::ControlPlane);

        let key = "0f".repeat(32);
        assert!(usual.ends_with(&format!(" --control-plane --certificate-key {key}\n")));
        assert!(moved.ends_with(&format!(" --certificate-key {key} --apiserver-bind-port 7443\n")));
        assert!(!moved[..moved.len() - 1].contains('\n'));
    }

    #[test]
    fn what_is_said_of_the_line_holds_no_secret_and_the_time() {
        let result = remark(&topology(6443), Role::ControlPlane);

        assert!(
            result.starts_with("The line is good for 2 hours, until 20"),
            "{result}"
        );
        assert!(!result.contains("abcdef"));
    }
}
