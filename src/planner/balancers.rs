//! The balancers: set up with the members that are there, reloaded when all have joined.

use std::collections::BTreeSet;

use super::behind_balancers::is_disabled;
use super::foreign_files;
use super::host_names::{as_limits, in_a_row};
use super::network_interface::network_interface;
use super::situation::Situation;
use crate::error::Problem;
use crate::facts::HostFacts;
use crate::plan::{Chain, Step, StepId};
use crate::remote::balancer;
use crate::remote::files;
use crate::topology::{Host, HostName, Role};

/// HAProxy with the control planes that are members now (at first: the one that will be initialised), and keepalived.
/// A control plane that joins needs every HAProxy to know it, whatever the limit; keepalived is the limit's own matter.
pub(super) fn set_up(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let mut chains = Vec::new();
    for (host, facts) in situation.answered(Role::Balancer) {
        let mut programs = Programs::of(situation, host, facts)?;
        if !situation.may_change(&host.name) {
            if !situation.nodes.changes_balancers() {
                programs.haproxy.clear();
            }
            programs.keepalived.clear();
        } else if !peers_without(situation, host, facts).is_empty() {
            programs.keepalived.clear();
        }
        let steps = programs.haproxy.into_iter().chain(programs.keepalived);
        chains.push(Chain::required(&host.name, steps.collect()));
    }
    chains.retain(|chain| !chain.steps.is_empty());
    Ok(chains)
}

/// Balancers that differ from the inventory, and stay so as the limit leaves them out.
pub(super) fn left_out(situation: &Situation) -> Result<BTreeSet<HostName>, Problem> {
    let mut left_out = BTreeSet::new();
    for (host, facts) in situation.answered(Role::Balancer) {
        if situation.may_change(&host.name) {
            continue;
        }
        let programs = Programs::of(situation, host, facts)?;
        let haproxy_stays = !situation.nodes.changes_balancers() && !programs.haproxy.is_empty();
        if haproxy_stays || !programs.keepalived.is_empty() {
            left_out.insert(host.name.clone());
        }
    }
    Ok(left_out)
}

/// What brings a balancer's programs up to the inventory.
struct Programs {
    haproxy: Vec<Step>,
    keepalived: Vec<Step>,
}

impl Programs {
    fn of(situation: &Situation, host: &Host, facts: &HostFacts) -> Result<Self, Problem> {
        Ok(Self {
            haproxy: haproxy_steps(situation, host, facts)?,
            keepalived: keepalived_steps(situation, host, facts)?,
        })
    }
}

fn haproxy_steps(situation: &Situation, host: &Host, facts: &HostFacts) -> Result<Vec<Step>, Problem> {
    let file = files::haproxy(situation.topology, host, &situation.nodes.behind_balancers)?;
    let description = files::haproxy_description(&file);
    let found = foreign_files::find(situation, host, &file.path);
    let write = balancer::write_haproxy(&host.name, &file, &found);
    let runs = running_configuration(facts) == Some(description.as_str()) && unit_is_up(facts, "haproxy");
    let activate = (!runs).then(|| balancer::activate_haproxy(&host.name, &description));
    Ok(write.into_iter().chain(activate).collect())
}

fn keepalived_steps(situation: &Situation, host: &Host, facts: &HostFacts) -> Result<Vec<Step>, Problem> {
    let Some(vip) = situation.topology.endpoint.vip else {
        return Ok(Vec::new());
    };
    let interface = network_interface(situation, host, facts).unwrap_or_default();
    let file = files::keepalived(situation.topology, host, &interface)?;
    let found = foreign_files::find(situation, host, &file.path);
    let write = balancer::write_keepalived(&host.name, &file, &found);
    if write.is_none() && unit_is_up(facts, "keepalived") {
        return Ok(Vec::new());
    }
    let rest = [
        balancer::activate_keepalived(&host.name),
        balancer::await_vip(&host.name, vip),
    ];
    Ok(write.into_iter().chain(rest).collect())
}

/// Balancers whose running keepalived does not know this host's, which does not run yet, and that the limit leaves out:
/// it would hear nothing of them, and take the VIP beside theirs.
fn peers_without<'a>(situation: &Situation<'a>, host: &Host, facts: &HostFacts) -> Vec<&'a HostName> {
    if unit_is_up(facts, "keepalived") || situation.topology.endpoint.vip.is_none() {
        return Vec::new();
    }
    let address = host.address.to_string();
    let is_unaware = |(peer, facts): &(&Host, &HostFacts)| {
        let file = situation.file(&peer.name, files::KEEPALIVED);
        let knows = file
            .and_then(|file| file.text())
            .is_some_and(|text| text.split_whitespace().any(|word| word == address));
        let runs = facts.units.get("keepalived").is_some_and(|unit| unit.active);
        !situation.may_change(&peer.name) && runs && !knows
    };
    let peers = situation.answered(Role::Balancer).filter(is_unaware);
    peers.map(|(peer, _)| &peer.name).collect()
}

/// Balancers whose keepalived is not started, and why.
pub(super) fn notes(situation: &Situation) -> Vec<String> {
    let balancers = situation.answered(Role::Balancer);
    let notes = balancers.filter_map(|(host, facts)| {
        let mut hosts = peers_without(situation, host, facts);
        if !situation.may_change(&host.name) || hosts.is_empty() {
            return None;
        }
        let peers = in_a_row(hosts.iter().copied());
        hosts.push(&host.name);
        Some(format!(
            "keepalived is not started on {}: the keepalived of {peers} is not configured for it yet, so two hosts would hold \
             the VIP. `hawser apply {}` configures all of them",
            host.name,
            as_limits(hosts.iter().copied())
        ))
    });
    notes.collect()
}

fn unit_is_up(facts: &HostFacts, unit: &str) -> bool {
    facts
        .units
        .get(unit)
        .is_some_and(|unit| unit.active && unit.enabled)
}

fn running_configuration(facts: &HostFacts) -> Option<&str> {
    facts.balancer.as_ref()?.running.known()?.as_deref()
}

/// Whether the balancers send all they get to this one: taken out, even for a moment, it would leave the endpoint
/// leading nowhere.
pub(super) fn is_the_only_one(situation: &Situation, host: &Host) -> bool {
    situation.nodes.behind_balancers == [host.name.clone()] && !is_disabled(situation, host)
}

/// Watches a control plane from every balancer, before it joins.
pub(super) fn watch(situation: &Situation, host: &Host) -> Vec<Step> {
    situation
        .answered(Role::Balancer)
        .map(|(on, _)| balancer::watch(&on.name, &host.name))
        .collect()
}

/// Enables a control plane on every balancer, when every balancer has seen it well; `members` are those that are
/// enabled by then, itself included.
pub(super) fn enable(situation: &Situation, host: &Host, members: &[HostName]) -> Result<Vec<Step>, Problem> {
    let mut steps: Vec<Step> = situation
        .answered(Role::Balancer)
        .map(|(on, _)| balancer::await_healthy(&on.name, &host.name))
        .collect();
    for (on, _) in situation.answered(Role::Balancer) {
        let file = files::haproxy(situation.topology, on, members)?;
        let others: Vec<HostName> = members
            .iter()
            .filter(|name| **name != host.name)
            .cloned()
            .collect();
        let before = files::haproxy(situation.topology, on, &others)?;
        let found = situation.file(&on.name, &file.path);
        steps.extend(balancer::enable((&on.name, &host.name), &file, (&before, found)));
    }
    Ok(steps)
}

/// Steps that end a control plane's API server for a while: its balancers send it nothing new meanwhile, as long as
/// there is another one that they can send to.
pub(super) fn while_drained(situation: &Situation, host: &Host, change: Vec<Step>) -> Vec<Step> {
    let members = situation.nodes.behind_balancers_at_the_end(situation);
    let is_needed = members.contains(&host.name) && members.len() > 1;
    let balancers: Vec<&Host> = situation
        .answered(Role::Balancer)
        .filter(|_| is_needed)
        .map(|(on, _)| on)
        .collect();
    let out = balancers.iter().map(|on| balancer::drain(&on.name, &host.name));
    let back = balancers
        .iter()
        .flat_map(|on| balancer::reenable(&on.name, &host.name));
    out.chain(change).chain(back).collect()
}

/// When no kubeadm runs any more, HAProxy takes up the file that was kept in sync: checks and the cutting of
/// sessions of a server that is down begin with two members.
pub(super) fn reload(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let nodes = &situation.nodes;
    let last = nodes.behind_balancers_at_the_end(situation);
    let mut chains = Vec::new();
    if last == nodes.behind_balancers {
        return Ok(chains);
    }
    for (host, _) in situation.answered(Role::Balancer) {
        let description = files::haproxy_description(&files::haproxy(situation.topology, host, &last)?);
        let mut step = balancer::activate_haproxy(&host.name, &description);
        step.id = StepId(format!("{}/settle-haproxy", host.name));
        step.title = "reload HAProxy with the current haproxy.cfg".into();
        chains.push(Chain::required(&host.name, vec![step]));
    }
    Ok(chains)
}
