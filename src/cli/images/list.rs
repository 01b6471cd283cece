//! `hawser images list`.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::json;
use tokio::sync::mpsc;

use super::with_a_runtime;
use crate::cli::arguments::{ImagesListArguments, OutputFormat};
use crate::cli::connected_hosts::{ConnectedHosts, ask};
use crate::cli::{Outcome, scope, workstation};
use crate::error::sanitize::{decode, sanitize_line};
use crate::error::{ExitCode, Problem};
use crate::facts::beforehand::unreported_images;
use crate::facts::{HostFacts, Observation, Observed, WantedImage, is_prepared, lacks, wanted_images};
use crate::remote::files::{ApiVersion, cluster_configuration};
use crate::remote::images::kubeadm_images;
use crate::remote::probe::ProbeScope;
use crate::topology::{Host, HostName, Topology};

/// Where an image is needed, and where it is not yet.
#[derive(Default)]
struct Where {
    hosts: Vec<HostName>,
    lacking: Vec<HostName>,
}

pub(in crate::cli) async fn run(arguments: ImagesListArguments) -> Outcome {
    let topology = with_a_runtime(&scope::load(&arguments.inventory.path)?);
    let client = workstation::client(&topology)?;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    let connected = ConnectedHosts::connect(&client, &topology, &events).await?;
    let mut observation = connected.observe(&topology, ProbeScope::Complete, &events).await;
    let asked = as_configured(&connected, &topology, &mut observation).await;
    connected.close().await;

    let mut problems: Vec<Problem> = observation
        .values()
        .filter_map(|found| found.clone().err())
        .collect();
    problems.extend(asked);
    if let Some(warning) = unreported(&topology, &observation) {
        workstation::print_to_stderr(&format!("hawser: {warning}\n"));
    }
    let wanted = gather(&topology, &observation);
    match arguments.output {
        OutputFormat::Text => workstation::print(&as_text(&wanted)),
        OutputFormat::Json => workstation::print_json(&as_json(&wanted)),
    }
    if problems.is_empty() {
        Ok(ExitCode::Done)
    } else {
        Err(problems)
    }
}

/// What is not listed, as no kubeadm is there to be asked.
fn unreported(topology: &Topology, observation: &Observation) -> Option<String> {
    let mut images: BTreeSet<&str> = BTreeSet::new();
    let mut names: Vec<&str> = Vec::new();
    for host in &topology.hosts {
        let Some(Ok(facts)) = observation.get(&host.name) else {
            continue;
        };
        let unreported = if is_prepared(topology, host, facts) {
            unreported_images(topology, host, facts)
        } else if topology.runs_pods(host) && facts.versions.kubeadm.is_none() {
            vec!["Kubernetes"]
        } else {
            Vec::new()
        };
        if !unreported.is_empty() {
            names.push(&host.name.0);
            images.extend(unreported);
        }
    }
    let images: Vec<&str> = images.into_iter().collect();
    (!names.is_empty()).then(|| {
        format!(
            "without the images of {}: only kubeadm {} names them, which is not on {} yet",
            images.join(" and "),
            topology.version,
            names.join(", ")
        )
    })
}

/// Has each host's kubeadm name its images for the configuration that it would be given. What it names by itself is
/// kept besides where etcd has hosts of its own, as the configuration then speaks of no image of etcd.
async fn as_configured(
    connected: &ConnectedHosts,
    topology: &Topology,
    observation: &mut Observation,
) -> Vec<Problem> {
    let answers = topology.hosts.iter().filter_map(|host| {
        let facts = observation.get(&host.name)?.as_ref().ok()?;
        let kubeadm = facts.versions.kubeadm?;
        // Another is put in its place, and names others.
        let stays = kubeadm == topology.version || !is_prepared(topology, host, facts);
        stays.then_some(async move {
            (
                host.name.clone(),
                named_by_kubeadm(connected, topology, host, kubeadm).await,
            )
        })
    });
    let answers: Vec<_> = answers.collect();
    for host in &topology.hosts {
        if let Some(Ok(facts)) = observation.get_mut(&host.name)
            && facts.versions.kubeadm != Some(topology.version)
            && is_prepared(topology, host, facts)
        {
            facts.kubernetes.needed_images = Observed::Unknown("its kubeadm is not installed yet".to_owned());
        }
    }
    let answers = join_all(answers).await;
    let mut problems = Vec::new();
    for (name, answer) in answers {
        match (answer, observation.get_mut(&name)) {
            (Ok(images), Some(Ok(facts))) => add(facts, images),
            (Ok(_), _) => {}
            (Err(problem), _) => problems.push(problem),
        }
    }
    problems
}

fn add(facts: &mut HostFacts, mut images: Vec<String>) {
    let by_itself = facts.kubernetes.needed_images.known().into_iter().flatten();
    let is_etcd = |name: &&String| {
        name.rsplit('/')
            .next()
            .is_some_and(|last| last.starts_with("etcd:"))
    };
    if !images.iter().any(|name| is_etcd(&name)) {
        images.extend(by_itself.filter(is_etcd).cloned());
    }
    facts.kubernetes.needed_images = Observed::Known(images);
}

async fn named_by_kubeadm(
    connected: &ConnectedHosts,
    topology: &Topology,
    host: &Host,
    kubeadm: crate::topology::Version,
) -> Result<Vec<String>, Problem> {
    let cannot = |cause: String| Problem::Probe {
        host: host.name.clone(),
        what: "which images kubeadm needs".to_owned(),
        cause,
    };
    let api = ApiVersion::for_kubeadm(kubeadm).map_err(cannot)?;
    let configuration = cluster_configuration(topology, api)?;
    let session = connected
        .sessions
        .get(&host.name)
        .ok_or_else(|| cannot("no session".to_owned()))?;
    let answer = ask(
        session.as_ref(),
        &kubeadm_images(&configuration.to_string()),
        host,
    )
    .await?;
    let text = decode(&answer.stdout);
    Ok(text
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect())
}

fn gather(topology: &Topology, observation: &Observation) -> BTreeMap<WantedImage, Where> {
    let mut all: BTreeMap<WantedImage, Where> = BTreeMap::new();
    for host in &topology.hosts {
        let Some(Ok(facts)) = observation.get(&host.name) else {
            continue;
        };
        for image in wanted_images(topology, host, facts) {
            let lacking = lacks(facts, &image.name);
            let places = all.entry(image).or_default();
            places.hosts.push(host.name.clone());
            if lacking {
                places.lacking.push(host.name.clone());
            }
        }
    }
    all
}

/// The names come from hosts.
fn as_text(wanted: &BTreeMap<WantedImage, Where>) -> String {
    let mut names: Vec<String> = wanted.keys().map(|image| sanitize_line(&image.name)).collect();
    names.dedup();
    names.push(String::new());
    names.join("\n")
}

fn as_json(wanted: &BTreeMap<WantedImage, Where>) -> serde_json::Value {
    let images: Vec<_> = wanted
        .iter()
        .map(|(image, places)| {
            json!({ "name": image.name, "named_by": image.named_by, "hosts": places.hosts, "lacking": places.lacking })
        })
        .collect();
    json!({ "images": images })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_image_is_shown_and_does_nothing() {
        let image = WantedImage {
            name: "docker.io/\u{1b}]0;x\u{7}app:\u{202e}1\nrm -rf /".to_owned(),
            named_by: crate::facts::NamedBy::Kubeadm,
        };
        let wanted = BTreeMap::from([(image, Where::default())]);

        let text = as_text(&wanted);

        assert_eq!(text, "docker.io/\\x1b]0;x\\x07app:\\u{202e}1\\nrm -rf /\n");
    }
}
