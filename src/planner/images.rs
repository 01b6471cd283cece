//! Which images go where, and from whom.

use std::collections::{BTreeMap, BTreeSet};

use super::chains::{chain_of, necessity};
use super::host_names::in_a_row;
use super::image_sources::image_sources;
use super::inputs::{Allowance, Inputs};
use super::situation::Situation;
use crate::archive::Image;
use crate::error::Problem;
use crate::facts::beforehand::{is_archived_unreported, unreported_images};
use crate::facts::{
    HostFacts, Observation, has_image, is_archived, is_prepared, lacks, missing_images, runs, wanted_images,
};
use crate::plan::{Chain, Lane, Necessity, Note, Phase, PhaseName, Plan, Step};
use crate::remote::images::{self, Delivery};
use crate::topology::{Host, HostName, Topology};

/// What each host that becomes a node lacks of the images it will run: from archives, and what is in none is pulled. A
/// node that is there keeps its own: its kubelet clears away what it does not use.
pub(super) fn load_images(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let topology = situation.topology;
    let targets = targets(situation);
    let mut chains = deliveries(situation, &targets, necessity);
    for (host, facts) in &targets {
        let missing: Vec<String> = missing_images(topology, host, facts)
            .into_iter()
            .filter(|name| !is_archived(topology, host, facts, name))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let pull = images::pull(&host.name, &topology.kubeadm.cri_socket, &missing);
        match chains.iter_mut().find(|chain| chain.subject == host.name) {
            Some(chain) => chain.steps.push(pull),
            None => chains.push(chain_of(host, vec![pull])),
        }
    }
    Ok(chains)
}

/// What hosts will have to pull, for which they may have no way.
pub(super) fn notes(situation: &Situation) -> Vec<String> {
    let topology = situation.topology;
    let mut lacking: BTreeMap<Vec<String>, Vec<&HostName>> = BTreeMap::new();
    for (host, facts) in targets(situation) {
        if facts.kubernetes.images.known().is_none() && !is_prepared(topology, host, facts) {
            continue;
        }
        let mut names: Vec<String> = wanted_images(topology, host, facts)
            .into_iter()
            .map(|wanted| wanted.name)
            .filter(|name| lacks(facts, name) && !is_archived(topology, host, facts, name))
            .collect();
        let mut unknown = unreported_images(topology, host, facts);
        unknown.retain(|image| !is_archived_unreported(topology, image));
        if !unknown.is_empty() {
            names.push(format!(
                "and the {} images that kubeadm will name when it is installed",
                unknown.join(" and ")
            ));
        }
        if !names.is_empty() {
            lacking.entry(names).or_default().push(&host.name);
        }
    }
    let notes = lacking.into_iter().map(|(names, hosts)| {
        format!(
            "{} {} {}: the hosts pull them. If they cannot, add archives under [images]",
            in_a_row(hosts.iter().copied()),
            if hosts.len() == 1 { "lacks" } else { "lack" },
            names.join(", "),
        )
    });
    notes.collect()
}

/// Brings every host what it lacks of the archives in `topology`, whatever else is to be done. `Err` where a host of
/// `limit` is none of the inventory's.
pub fn push(
    topology: &Topology,
    observation: &Observation,
    limit: &BTreeSet<HostName>,
) -> Result<Plan, Vec<Problem>> {
    if let Some(unknown) = limit.iter().find(|name| topology.host(name).is_none()) {
        return Err(vec![Problem::Usage {
            message: format!("--limit {unknown}: the inventory names no such host on which a kubelet runs"),
            hint: "`hawser inventory check` reads the inventory; names are those of [[hosts]]".to_owned(),
        }]);
    }
    if !topology.takes_archives() {
        return Err(vec![Problem::Usage {
            message: format!(
                "images are imported by containerd, and cri_socket is {}",
                topology.kubeadm.cri_socket
            ),
            hint: "bring them to the hosts by what their runtime has, or have them pulled".to_owned(),
        }]);
    }
    let allowance = Allowance {
        limit: limit.clone(),
        ..Allowance::default()
    };
    let inputs = Inputs {
        topology,
        observation,
        allowance: &allowance,
    };
    let targets: Vec<_> = inputs
        .all_answered()
        .filter(|(host, _)| inputs.may_change(&host.name))
        .collect();
    let lane = Lane {
        width: usize::MAX,
        chains: deliveries(&inputs, &targets, |_| Necessity::Apart),
    };
    let mut phases = vec![Phase {
        name: PhaseName::Images,
        lanes: vec![lane],
    }];
    phases.retain(|phase| phase.steps().next().is_some());
    Ok(Plan {
        cluster: topology.cluster.clone(),
        phases,
        cleanup: Vec::new(),
        notes: unwanted(&inputs).map(Note::warning).into_iter().collect(),
    })
}

/// Which images no host will run.
fn unwanted(inputs: &Inputs) -> Option<String> {
    let topology = inputs.topology;
    let names: Vec<String> = archived(topology)
        .into_iter()
        .filter(|image| {
            !inputs
                .all_answered()
                .any(|(host, facts)| runs(topology, host, facts, image))
        })
        .map(|image| format!("{} ({})", image.name(), image.architecture))
        .collect();
    (!names.is_empty()).then(|| format!("no host is to run {}: not sent", names.join(", ")))
}

fn targets<'a>(situation: &Situation<'a>) -> Vec<(&'a Host, &'a HostFacts)> {
    let cluster = &situation.cluster;
    let becomes_node = |host: &Host| {
        let initialises = cluster.is_to_be_initialised() && host.name == cluster.reference_node().name;
        let runs_etcd = situation.etcd_actions.starts_pod(situation, host);
        initialises || situation.nodes.joins(host) || runs_etcd
    };
    situation
        .all_answered()
        .filter(|(host, _)| becomes_node(host))
        .collect()
}

/// For each host that lacks something, a chain; images come in the same order to all, the largest first, so that what
/// is handed on last is handed on soon.
fn deliveries(
    inputs: &Inputs,
    targets: &[(&Host, &HostFacts)],
    necessity: fn(&Host) -> Necessity,
) -> Vec<Chain> {
    let topology = inputs.topology;
    let mut steps: BTreeMap<&HostName, Vec<Step>> = BTreeMap::new();
    if topology.takes_archives() {
        for image in archived(topology) {
            let lacking: Vec<&Host> = targets
                .iter()
                .filter(|(host, facts)| runs(topology, host, facts, image) && !has_image(facts, image))
                .map(|(host, _)| *host)
                .collect();
            for (host, sources) in image_sources(inputs, image, &lacking) {
                let step = images::push(&Delivery {
                    host,
                    cri_socket: &topology.kubeadm.cri_socket,
                    image,
                    port: topology.images.relay_port,
                    sources,
                });
                steps.entry(&host.name).or_default().push(step);
            }
        }
    }
    let chain = |(host, _): &(&Host, &HostFacts)| {
        let steps = steps.remove(&host.name)?;
        Some(Chain::required(&host.name, steps).with_necessity(necessity(host)))
    };
    targets.iter().filter_map(chain).collect()
}

/// All images of all archives, each once, the largest first.
fn archived(topology: &Topology) -> Vec<&Image> {
    let mut all: Vec<&Image> = Vec::new();
    for image in topology
        .images
        .archives
        .iter()
        .flat_map(|archive| &archive.images)
    {
        if !all
            .iter()
            .any(|known| known.id == image.id && known.names == image.names)
        {
            all.push(image);
        }
    }
    all.sort_by_key(|image| std::cmp::Reverse(image.single.size()));
    all
}
