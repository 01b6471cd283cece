//! Members whose data is gone while no quorum runs. Begun anew under their old names they could make a quorum of their
//! own, and etcd would be empty, under a cluster that is there.

use super::hosts::{EtcdHost, is_initialised};
use super::state::EtcdState;
use crate::error::Problem;
use crate::facts::{EtcdData, Observed, quorum};
use crate::planner::host_names::in_a_row;
use crate::planner::inputs::Inputs;
use crate::planner::quorum::RECOVERY_PAGE;
use crate::remote::etcd::SNAPSHOTS;
use crate::remote::files::etcd::peer_url;
use crate::topology::{EtcdManager, Host, HostName, Role};

/// Who has data, and who would begin without.
struct Lost<'a> {
    holding: Vec<(&'a Host, &'a EtcdData)>,
    blank: Vec<&'a Host>,
    /// How many members there were, as far as the data tells.
    members: usize,
}

/// Why blank members are not started; nothing where they may never have run.
pub(super) fn refuse(state: &EtcdState) -> Option<Problem> {
    if state.running.is_some() {
        return None;
    }
    let lost = Lost::of(state);
    let evidence = lost.evidence().into_iter().chain(control_planes(&state.inputs));
    let because: Vec<String> = evidence.collect();
    if lost.blank.is_empty() || because.is_empty() {
        return None;
    }
    let sum = format!(
        "{} of {} members have their data, the quorum is {}",
        lost.holding.len(),
        lost.members,
        quorum(lost.members)
    );
    let danger = "a member restarted with an empty disk no longer knows how it voted, and a quorum of such members forms an empty cluster; hawser does not start it";
    Some(Problem::Unsafe {
        what: format!("no etcd runs, and the data of {} is lost", in_a_row(lost.blank())),
        because: because.into_iter().chain([sum, danger.to_owned()]).collect(),
        recovery: lost.recovery(state),
    })
}

/// All members ran before the first control plane was made.
fn control_planes(inputs: &Inputs) -> Option<String> {
    let planes = inputs.answered(Role::ControlPlane);
    let names: Vec<&HostName> = planes
        .filter(|(_, facts)| is_initialised(facts))
        .map(|(host, _)| &host.name)
        .collect();
    let what = match names.as_slice() {
        [] => return None,
        [_] => "is a control plane already",
        _ => "are control planes already",
    };
    Some(format!(
        "{} {what}, so every etcd member has run before",
        in_a_row(names)
    ))
}

impl<'a> Lost<'a> {
    fn of(state: &EtcdState<'a>) -> Self {
        let with_data = state.hosts.iter();
        let with_data = with_data.filter_map(|etcd| Some((etcd.host, etcd.facts.data.as_ref()?)));
        let holding: Vec<(&Host, &EtcdData)> = with_data.collect();
        let has_run = |host: &Host| holding.iter().any(|(_, data)| has_run_on(data, host));
        let is_member = |etcd: &&EtcdHost| state.has_vote(**etcd) || has_run(etcd.host);
        let is_blank = |etcd: &&EtcdHost| etcd.facts.data.is_none() && state.has_vote(**etcd);
        let blank = state.hosts.iter().filter(is_blank);
        Self {
            members: state.hosts.iter().filter(is_member).count(),
            blank: blank.map(|etcd| etcd.host).collect(),
            holding,
        }
    }

    fn blank(&self) -> impl Iterator<Item = &HostName> {
        self.blank.iter().map(|host| &host.name)
    }

    fn holding(&self) -> impl Iterator<Item = &HostName> {
        self.holding.iter().map(|(host, _)| &host.name)
    }

    /// What data tells of members that have none.
    fn evidence(&self) -> Vec<String> {
        let of = |(host, data): &(&Host, &EtcdData)| {
            let name = &host.name;
            if let Observed::Unknown(why) = &data.have_run {
                let blank = in_a_row(self.blank());
                return Some(format!(
                    "whether {blank} ran before cannot be determined from the data of {name}: {why}"
                ));
            }
            let ran: Vec<&HostName> = self
                .blank
                .iter()
                .filter(|blank| has_run_on(data, blank))
                .map(|blank| &blank.name)
                .collect();
            (!ran.is_empty()).then(|| format!("the data of {name} shows that {} ran before", in_a_row(ran)))
        };
        self.holding.iter().filter_map(of).collect()
    }

    fn recovery(&self, state: &EtcdState) -> Vec<String> {
        let inputs = &state.inputs;
        let directory = &inputs.topology.external_etcd.data_directory;
        let blank = in_a_row(self.blank());
        let mut lines = vec![format!(
            "if {directory} of {blank} can be restored unchanged, bring it back and rerun this command"
        )];
        if self.holding.len() >= quorum(self.members) {
            lines.extend(self.start(inputs));
            return lines;
        }
        let data = match self.holding.as_slice() {
            [] => String::new(),
            _ => format!(", or from the data of {}", in_a_row(self.holding())),
        };
        lines.push(format!(
            "otherwise recover etcd from a snapshot (hawser saves some in {SNAPSHOTS}){data}: {RECOVERY_PAGE}"
        ));
        if state.hosts.iter().all(|etcd| etcd.facts.authority.is_none()) {
            lines.push(
                "the CA of etcd is lost too: first restore ca.crt and ca.key to /etc/kubernetes/pki/etcd of one etcd host".to_owned(),
            );
        }
        lines
    }

    /// Those that have their data are a quorum: the cluster runs without the others, and these come back as any member
    /// does.
    fn start(&self, inputs: &Inputs) -> [String; 2] {
        let start = match inputs.topology.external_etcd.manager {
            EtcdManager::Kubelet => "systemctl start kubelet",
            EtcdManager::Systemd => "systemctl start --no-block etcd",
        };
        [
            format!(
                "otherwise start the members that have their data; they are a quorum: on {}: `{start}`",
                in_a_row(self.holding())
            ),
            format!(
                "when they answer, rerun this command: it shows how to remove {}. After that it adds the host again",
                in_a_row(self.blank())
            ),
        ]
    }
}

fn has_run_on(data: &EtcdData, host: &Host) -> bool {
    data.have_run
        .known()
        .is_some_and(|urls| urls.contains(&peer_url(host)))
}
