//! `hawser kubeconfig`: the administrator's kubeconfig, for the operator.

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::arguments::KubeconfigArguments;
use super::connected_hosts::{ConnectedHosts, ask};
use super::kubeconfig_file::{self, Kubeconfig};
use super::{Outcome, scope, workstation};
use crate::error::{ExitCode, Problem};
use crate::remote::control_plane::read_admin_conf;
use crate::topology::{Role, Topology};

pub(super) async fn run(arguments: KubeconfigArguments) -> Outcome {
    let topology = scope::load(&arguments.inventory.path)?;
    let fetched = fetch(&topology).await?;
    let kubeconfig = Kubeconfig::named(&fetched, &topology.cluster).map_err(|problem| vec![problem])?;
    let result = if arguments.merge {
        kubeconfig_file::merge(&kubeconfig)
    } else {
        let path = arguments
            .to
            .unwrap_or_else(|| format!("{}.kubeconfig", topology.cluster).into());
        kubeconfig_file::write(&kubeconfig, &path)
    };
    workstation::print_to_stderr(&result.map_err(|problem| vec![problem])?);
    Ok(ExitCode::Done)
}

/// From the first control plane that has one.
async fn fetch(topology: &Topology) -> Result<Zeroizing<Vec<u8>>, Vec<Problem>> {
    let mut narrowed = topology.clone();
    narrowed.hosts.retain(|host| host.is(Role::ControlPlane));
    let client = workstation::client(topology)?;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    let connected = ConnectedHosts::connect(&client, &narrowed, &events).await?;
    let mut problems = Vec::new();
    for host in &narrowed.hosts {
        let Some(session) = connected.sessions.get(&host.name) else {
            continue;
        };
        match ask(session.as_ref(), &read_admin_conf(), host).await {
            Ok(output) => {
                connected.close().await;
                return Ok(output.stdout);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        problems.extend(connected.problems());
    }
    Err(problems)
}
