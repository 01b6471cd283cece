//! Data of etcd on hosts that join: it is touched only if the cluster's own etcd lists its member.

use super::candidate::Candidate;
use crate::error::Problem;
use crate::facts::{EtcdDirectory, MemberFact, Observed};
use crate::topology::{EtcdTopology, Host, Role};

/// The data of the host's own member of this cluster, if there is any. Refuses any other data, and such of which
/// nothing is known.
pub(super) fn of_member<'a>(
    candidate: &Candidate<'_, 'a>,
    member: Option<&MemberFact>,
) -> Result<Option<&'a EtcdDirectory>, Problem> {
    let host = candidate.host;
    // etcd's own hosts are planned by what their members say.
    if host.is(Role::Etcd) {
        return Ok(None);
    }
    let found = &candidate.facts.kubernetes;
    if found.has_etcd_data && found.etcd_data.is_empty() {
        let unknown = EtcdDirectory {
            path: "its data directory".to_owned(),
            owner: Observed::Unknown("not reported by the host".to_owned()),
            sha256: String::new(),
        };
        return Err(foreign_data(candidate, &unknown));
    }
    if found.etcd_data.iter().any(EtcdDirectory::is_unreported) {
        return Err(unknown_directory(host));
    }
    let is_own = |found: &&EtcdDirectory| {
        let id = candidate.cluster().etcd_id();
        !candidate.has_external_etcd() && member.is_some_and(|member| found.is_of(id, member))
    };
    match found.etcd_data.iter().find(|found| !is_own(found)) {
        Some(other) => Err(foreign_data(candidate, other)),
        // More than one directory cannot be the member's: it runs on one.
        None if found.etcd_data.len() > 1 => {
            let all = found.etcd_data.iter();
            let all: Vec<&str> = all.map(|found| found.path.as_str()).collect();
            Err(several_directories(host, &all))
        }
        None => Ok(found.etcd_data.first()),
    }
}

/// Refuses to start a listed member on data that is another's. Whose it is may be unknown: nothing is lost by a start.
pub(super) fn refuse_start_on_others(candidate: &Candidate, member: &MemberFact) -> Result<(), Problem> {
    let is_of_another = |found: &&EtcdDirectory| {
        let owner = found.owner.known();
        owner.is_some_and(|owner| owner.member != member.id)
    };
    let other = candidate.facts.kubernetes.etcd_data.iter().find(is_of_another);
    other.map_or(Ok(()), |other| Err(foreign_data(candidate, other)))
}

fn foreign_data(candidate: &Candidate, found: &EtcdDirectory) -> Problem {
    let (name, path) = (&candidate.host.name, &found.path);
    let cluster = candidate.cluster();
    let listed = match (
        candidate.survey.topology.etcd,
        cluster.members(),
        cluster.etcd_id(),
    ) {
        (EtcdTopology::External, ..) => {
            format!("this cluster's etcd runs on dedicated hosts, and {name} is none of them")
        }
        _ if !candidate.is_control_plane() => format!("{name} is a worker, which holds no member of etcd"),
        (_, [], _) => "this cluster's etcd lists no member yet".to_owned(),
        (_, members, id) => {
            let ids: Vec<String> = members
                .iter()
                .map(|member| format!("{} ({})", member.id, member.name))
                .collect();
            let cluster = match id {
                Observed::Known(id) => format!("cluster {id}"),
                Observed::Unknown(_) => "a cluster whose id is unknown".to_owned(),
            };
            format!(
                "this cluster's etcd is {cluster}, with the members {}",
                ids.join(", ")
            )
        }
    };
    Problem::Unsafe {
        what: format!("{name} holds data of an etcd member that this cluster does not list: {path}"),
        because: vec![
            format!("{path} is of {}", found.describe_owner()),
            listed,
            "hawser deletes no data of etcd whose member this cluster does not list".to_owned(),
        ],
        recovery: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!(
                "on {name}: `ls -l {path}/member/wal; pgrep -a etcd` shows how old it is, and whether a program uses it"
            ),
            format!(
                "only if you no longer need it: end that program, `mv {path}/member {path}.old` on {name}, then rerun this command"
            ),
        ],
    }
}

/// The host's own manifest of etcd names a directory that was not understood: what lies there is another's, or the
/// member's.
fn unknown_directory(host: &Host) -> Problem {
    let name = &host.name;
    Problem::Unsafe {
        what: format!("{name} has a static pod of etcd with an unknown data directory"),
        because: vec![
            "/etc/kubernetes/manifests/etcd.yaml names its data directory in another form than kubeadm writes it"
                .to_owned(),
            "hawser changes no etcd whose data it does not know".to_owned(),
        ],
        recovery: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!(
                "only if that etcd is not needed any more: `mv /etc/kubernetes/manifests/etcd.yaml /root/` on {name}, then rerun this command"
            ),
        ],
    }
}

fn several_directories(host: &Host, paths: &[&str]) -> Problem {
    Problem::Unsafe {
        what: format!(
            "{} holds data of one etcd member in several directories",
            host.name
        ),
        because: vec![
            paths.join(", "),
            "a member runs on one of them; which is the copy is unknown".to_owned(),
        ],
        recovery: vec![format!(
            "move the copy away on {}, then rerun this command",
            host.name
        )],
    }
}
