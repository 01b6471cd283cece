//! Who joins, who is mended, in which order.
//!
//! Control planes one by one, the workers beside them, at most ten at once. While etcd grows from one voter to two
//! it has no quorum until the newcomer runs: nothing else is started in that window.

use super::{Cluster, Scene, balancers, chain, phase};
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::facts::{
    self, HostFacts, MemberFact, Membership, control_plane_membership, quorum, worker_membership,
};
use crate::plan::{Chain, Lane, Necessity, Phase, Step};
use crate::remote::files;
use crate::steps::{control_plane, mend, node, secrets};
use crate::topology::{Host, HostName, Role, Version};

/// The kubelet of a half-joined control plane has had this long to bring its etcd member up, in seconds.
const LONG_ENOUGH_S: u64 = 300;

/// How many workers join at once: more only makes API server and registry slower.
const WORKERS_AT_ONCE: usize = 10;

/// What happens to a host that is not a whole member.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// It joins; what an earlier one of that name left in the cluster goes first.
    Join { clear: Clear },
    /// What is there is started and the join is finished.
    BringUp,
    /// Only the last annotation is missing.
    Annotate,
}

/// What has to go before a host can join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Clear {
    /// The etcd member's id, and the quorum's sum that allows its removal.
    member: Option<(String, String)>,
    /// The node object.
    node: bool,
    /// What kubeadm left on the host.
    host: bool,
}

/// Who joins in which way, in the inventory's order.
#[derive(Debug, Default)]
pub(super) struct Joins<'a> {
    control_planes: Vec<(&'a Host, Way)>,
    workers: Vec<(&'a Host, Way)>,
}

impl Joins<'_> {
    /// The control planes that stand behind the balancers when all joins are done, in the inventory's order.
    pub(super) fn members_at_the_end(&self, scene: &Scene, cluster: &Cluster) -> Vec<HostName> {
        let now = balancers::members(scene, cluster);
        let joining = |host: &Host| {
            self.control_planes
                .iter()
                .any(|(joiner, _)| joiner.name == host.name)
        };
        let let_in = |host: &Host| to_be_let_in(scene, cluster, host);
        let hosts = scene.topology.with_role(Role::ControlPlane);
        hosts
            .filter(|host| now.contains(&host.name) || joining(host) || let_in(host))
            .map(|host| host.name.clone())
            .collect()
    }
}

/// Decides for every node host, or refuses with every reason.
pub(super) fn decide<'a>(scene: &Scene<'a>, cluster: &Cluster<'a>) -> Result<Joins<'a>, Vec<Problem>> {
    let mut joins = Joins::default();
    let mut problems = Vec::new();
    for (host, facts) in scene.all_answered().filter(|(host, _)| host.is_node()) {
        if cluster.is_to_be_initialised() && host.name == cluster.via().name {
            continue;
        }
        let list = if host.is(Role::ControlPlane) {
            &mut joins.control_planes
        } else {
            &mut joins.workers
        };
        match way(scene, cluster, host, facts) {
            Ok(Some(way)) => list.push((host, way)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(joins)
    } else {
        Err(problems)
    }
}

/// Whether a control plane is a whole member of the cluster.
pub(super) fn is_member(scene: &Scene, cluster: &Cluster, host: &Host) -> bool {
    let Some(facts) = scene.facts(&host.name) else {
        return cluster.node(host).is_some_and(|node| node.control_plane);
    };
    membership(scene, cluster, host, facts) == Ok(Membership::Member)
}

/// What a host is to the cluster. While no API server is well, only what is on the host itself counts.
fn membership(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    facts: &HostFacts,
) -> Result<Membership, Problem> {
    let measure = cluster
        .there()
        .filter(|there| there.well)
        .map(|there| facts::Cluster {
            ca: there.ca,
            view: there.view,
        });
    let found = if host.is(Role::ControlPlane) {
        control_plane_membership(host, facts, measure, scene.topology.etcd)
    } else {
        worker_membership(host, facts, measure)
    };
    found.into_result().map_err(|cause| {
        let what = format!(
            "whether it belongs to the cluster (asked at {})",
            cluster.via().name
        );
        Problem::Probe {
            host: host.name.clone(),
            what,
            cause,
        }
    })
}

fn way(scene: &Scene, cluster: &Cluster, host: &Host, facts: &HostFacts) -> Result<Option<Way>, Problem> {
    let node = cluster.node(host).is_some();
    match membership(scene, cluster, host, facts)? {
        Membership::Member => Ok(None),
        Membership::Foreign => Err(foreign(host, facts, cluster)),
        found if host.is(Role::ControlPlane) => {
            control_plane_way(cluster, host, facts, matches!(found, Membership::Partial(_))).map(Some)
        }
        Membership::Absent => Ok(Some(Way::Join {
            clear: Clear {
                node,
                ..Clear::default()
            },
        })),
        Membership::Partial(_) => Ok(worker_way(cluster, host)),
    }
}

fn worker_way(cluster: &Cluster, host: &Host) -> Option<Way> {
    match cluster.node(host) {
        Some(node) if node.ready => Some(Way::Annotate),
        // Nothing is known of the nodes while no API server is well: the next run looks again.
        _ if cluster.there().is_some_and(|there| !there.well) => None,
        found => Some(Way::Join {
            clear: Clear {
                node: found.is_some(),
                host: true,
                member: None,
            },
        }),
    }
}

/// A listed member is brought up as it is where it can be; it is removed only where the others hold the quorum.
fn control_plane_way(
    cluster: &Cluster,
    host: &Host,
    facts: &HostFacts,
    partial: bool,
) -> Result<Way, Problem> {
    let node = cluster.node(host).is_some();
    let Some(member) = cluster.members().iter().find(|member| member.is_of(host)) else {
        return Ok(Way::Join {
            clear: Clear {
                member: None,
                node,
                host: partial,
            },
        });
    };
    if partial && can_come_up(facts, member) {
        return Ok(Way::BringUp);
    }
    let sum = Sum::without(cluster.members(), member);
    if !sum.holds() {
        return Err(no_quorum(cluster, host, facts, member, &sum));
    }
    Ok(Way::Join {
        clear: Clear {
            member: Some((member.id.clone(), sum.to_string())),
            node,
            host: partial,
        },
    })
}

fn can_come_up(facts: &HostFacts, member: &MemberFact) -> bool {
    let found = &facts.kubernetes;
    let complete = found.manifests.iter().any(|manifest| manifest == "etcd.yaml") && found.has_kubelet_conf;
    let tried = facts
        .units
        .get("kubelet")
        .is_some_and(|kubelet| kubelet.active_for_s > LONG_ENOUGH_S);
    complete && (member.healthy || !tried)
}

/// Who is left when a member goes.
struct Sum {
    listed: usize,
    others_started: usize,
}

impl Sum {
    fn without(members: &[MemberFact], gone: &MemberFact) -> Self {
        let others = members.iter().filter(|member| member.id != gone.id);
        Self {
            listed: members.len(),
            others_started: others.filter(|member| member.healthy && !member.learner).count(),
        }
    }

    fn holds(&self) -> bool {
        self.others_started >= quorum(self.listed)
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let needed = quorum(self.listed);
        write!(
            f,
            "without it {} of {} listed members run, the quorum is {needed}",
            self.others_started, self.listed
        )
    }
}

fn no_quorum(cluster: &Cluster, host: &Host, facts: &HostFacts, member: &MemberFact, sum: &Sum) -> Problem {
    let via = &cluster.via().name;
    let lost = if facts.kubernetes.has_etcd_data {
        "its etcd member does not start"
    } else {
        "its etcd member has no data to start from"
    };
    Problem::Unsafe {
        what: format!("{}: {lost}, and etcd cannot do without it", host.name),
        because: vec![
            format!(
                "member {} of {} is listed ({})",
                member.id,
                host.name,
                member.peer_urls.join(", ")
            ),
            format!("{sum}: it cannot be removed either, since a removal needs the quorum"),
        ],
        way_out: vec![
            format!("on {via}, save etcd's data first: `cp -a /var/lib/etcd /var/lib/etcd.saved`"),
            format!(
                "on {via}, add `- --force-new-cluster` to the command in /etc/kubernetes/manifests/etcd.yaml and wait for /readyz:"
            ),
            "  `kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz`".to_owned(),
            format!(
                "on {via}, take the line out again and wait once more; etcd then has {via} as its one member"
            ),
            format!(
                "on {}, `kubeadm reset -f` clears what is left, then `hawser apply` joins it anew",
                host.name
            ),
        ],
    }
}

fn foreign(host: &Host, facts: &HostFacts, cluster: &Cluster) -> Problem {
    let hash = facts
        .kubernetes
        .ca
        .as_deref()
        .and_then(|ca| ca_hash(ca).ok())
        .unwrap_or_default();
    let ours = cluster.there().map_or("(none)", |there| there.ca_hash.as_str());
    Problem::Unsafe {
        what: format!("{} belongs to another cluster", host.name),
        because: vec![
            format!("its CA is {hash}"),
            format!("the CA of this cluster is {ours}"),
        ],
        way_out: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!(
                "only if the host is to leave that cluster: `kubeadm reset` on {}, then run this again",
                host.name
            ),
        ],
    }
}

/// A member that runs and that the balancers do not let in yet.
fn to_be_let_in(scene: &Scene, cluster: &Cluster, host: &Host) -> bool {
    let is_in = balancers::members(scene, cluster).contains(&host.name);
    cluster.there().is_some_and(|there| there.well) && is_member(scene, cluster, host) && !is_in
}

/// The phases of all joins.
pub(super) fn phases(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Vec<Phase>, Vec<Problem>> {
    let mut phases = vec![secrets_first(scene, cluster, joins)?];
    let mut planes = control_plane_chains(scene, cluster, joins)?;
    let workers = worker_chains(scene, cluster, joins)?;
    if grows_without_quorum(scene, cluster, joins) && !planes.is_empty() {
        let second = planes.remove(0);
        phases.push(phase("join the second control plane", 1, vec![second]));
    }
    let lanes = vec![
        Lane {
            width: 1,
            chains: planes,
        },
        Lane {
            width: WORKERS_AT_ONCE,
            chains: workers,
        },
    ];
    phases.push(Phase {
        name: "join".into(),
        lanes: lanes.into_iter().filter(|lane| !lane.chains.is_empty()).collect(),
    });
    Ok(phases)
}

/// kubeadm up to 1.28 adds a voter; from one to two, etcd then waits for the newcomer. A member that is brought up
/// is such a newcomer too.
fn grows_without_quorum(scene: &Scene, cluster: &Cluster, joins: &Joins) -> bool {
    let started = cluster.members().iter().filter(|member| member.healthy).count();
    let one = cluster.is_to_be_initialised() || started <= 1;
    joins
        .control_planes
        .first()
        .is_some_and(|(host, _)| one && scene.kubeadm(&host.name) < Version::new(1, 29, 0))
}

/// The run's own token, and the certificates sealed with the run's own key, where the cluster is already there.
fn secrets_first(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Phase, Vec<Problem>> {
    let via = &cluster.via();
    let mut steps = Vec::new();
    let joining = |list: &[(&Host, Way)]| list.iter().any(|(_, way)| matches!(way, Way::Join { .. }));
    let wanted = joining(&joins.control_planes) || joining(&joins.workers) || needs_file(joins);
    if cluster.there().is_some_and(|there| there.well) && wanted {
        let file = files::upload_certs(scene.topology, via, scene.kubeadm(&via.name))
            .map_err(|problem| vec![problem])?;
        steps.extend(secrets::create_token(&via.name, &file));
        if joining(&joins.control_planes) {
            steps.push(secrets::upload_certificates(&via.name));
        }
    }
    let chains = if steps.is_empty() {
        vec![]
    } else {
        vec![chain(&via.name, steps)]
    };
    Ok(phase("secrets of this run", 1, chains))
}

fn needs_file(joins: &Joins) -> bool {
    joins.control_planes.iter().any(|(_, way)| *way == Way::BringUp)
}

fn control_plane_chains(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Vec<Chain>, Vec<Problem>> {
    let mut members = balancers::members(scene, cluster);
    let mut chains = Vec::new();
    let mut earlier = cluster.is_to_be_initialised();
    for host in scene.topology.with_role(Role::ControlPlane) {
        let way = joins
            .control_planes
            .iter()
            .find(|(joiner, _)| joiner.name == host.name)
            .map(|(_, way)| way);
        let was_in = members.contains(&host.name);
        let mut steps = match way {
            Some(way) => control_plane_steps(scene, cluster, host, way, &mut members)?,
            None if to_be_let_in(scene, cluster, host) => Vec::new(),
            None => continue,
        };
        if earlier && matches!(way, Some(Way::Join { .. })) {
            steps.splice(0..0, refresh(scene, cluster, host)?);
        }
        earlier |= matches!(way, Some(Way::Join { .. }));
        if !members.contains(&host.name) {
            members = in_order(scene, &members, &host.name);
        }
        if !was_in || way.is_some() {
            steps.extend(balancers::let_in(scene, host, &members));
        }
        chains.push(chain(&host.name, steps));
    }
    Ok(chains)
}

/// The members with one more, in the inventory's order.
fn in_order(scene: &Scene, members: &[HostName], newcomer: &HostName) -> Vec<HostName> {
    let hosts = scene
        .topology
        .with_role(Role::ControlPlane)
        .map(|host| host.name.clone());
    hosts
        .filter(|name| members.contains(name) || name == newcomer)
        .collect()
}

/// Before a later join the uploaded certificates are looked at, and uploaded again when they are old.
fn refresh(scene: &Scene, cluster: &Cluster, before: &Host) -> Result<Vec<Step>, Vec<Problem>> {
    let via = cluster.via();
    let file = files::upload_certs(scene.topology, via, scene.kubeadm(&via.name))
        .map_err(|problem| vec![problem])?;
    let mut write = crate::steps::files::put_transient(&via.name, &file);
    write.id = crate::plan::StepId(format!("{}/write-upload-file-for-{}", via.name, before.name));
    Ok(vec![
        write,
        secrets::refresh_certificates(&via.name, &before.name),
    ])
}

fn control_plane_steps(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    way: &Way,
    members: &mut Vec<HostName>,
) -> Result<Vec<Step>, Vec<Problem>> {
    let version = scene.kubeadm(&host.name);
    let server = scene.server(host);
    let file = Scene::joining(cluster, files::join_control_plane(scene.topology, host, version))?;
    Ok(match way {
        Way::BringUp | Way::Annotate => {
            let mut steps = vec![mend::bring_up(&host.name, &server)];
            steps.extend(mend::finish_control_plane(&host.name, &file, version));
            steps
        }
        Way::Join { clear } => {
            let mut steps = Vec::new();
            if members.contains(&host.name) {
                members.retain(|member| *member != host.name);
                steps.extend(balancers::take_out(scene, host, members));
            }
            steps.extend(clearing(scene, cluster, host, clear));
            steps.extend(control_plane::join(host, &server, &file));
            steps
        }
    })
}

fn clearing(scene: &Scene, cluster: &Cluster, host: &Host, clear: &Clear) -> Vec<Step> {
    let via = cluster.via();
    let server = scene.server(via);
    let socket = &scene.topology.kubeadm.cri_socket;
    let member = clear
        .member
        .as_ref()
        .map(|(id, sum)| mend::remove_member(&via.name, (id, sum), &host.name, socket));
    let reset = clear.host.then(|| mend::reset(&host.name, socket));
    let node = clear
        .node
        .then(|| mend::delete_node(&via.name, &server, &host.name));
    // The host is stopped before its node object goes: a running kubelet would register it again.
    reset.into_iter().chain(member).chain(node).collect()
}

fn worker_chains(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Vec<Chain>, Vec<Problem>> {
    let via = cluster.via();
    joins
        .workers
        .iter()
        .map(|(host, way)| {
            let steps = match way {
                Way::Join { clear } => {
                    let file = Scene::joining(
                        cluster,
                        files::join_worker(scene.topology, host, scene.kubeadm(&host.name)),
                    )?;
                    let mut steps = clearing(scene, cluster, host, clear);
                    steps.extend(node::join(host, &file));
                    steps
                }
                Way::Annotate | Way::BringUp => {
                    vec![mend::annotate(
                        &via.name,
                        &scene.server(via),
                        &host.name,
                        &scene.topology.kubeadm.cri_socket,
                    )]
                }
            };
            Ok(Chain {
                necessity: Necessity::MayLag,
                ..chain(&host.name, steps)
            })
        })
        .collect()
}

/// Labels and taints that a node lacks, set through the API after the joins.
pub(super) fn labels_and_taints(scene: &Scene, cluster: &Cluster) -> Phase {
    let via = cluster.via();
    let server = scene.server(via);
    let chains = scene
        .all_answered()
        .filter(|(host, _)| host.is_node())
        .filter_map(|(host, _)| {
            let node = cluster.node(host);
            let labels = host
                .labels
                .iter()
                .filter(|(key, value)| node.is_none_or(|node| node.labels.get(*key) != Some(value)));
            let labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
            let taints: Vec<_> = host
                .taints
                .iter()
                .filter(|taint| !node.is_some_and(|node| has_taint(node, taint)))
                .cloned()
                .collect();
            let mut steps = Vec::new();
            if !std::collections::BTreeMap::is_empty(&labels) {
                steps.push(node::label(&via.name, &server, &host.name, &labels));
            }
            if !taints.is_empty() {
                steps.push(node::taint(&via.name, &server, &host.name, &taints));
            }
            let necessity = if host.is(Role::ControlPlane) {
                Necessity::Required
            } else {
                Necessity::MayLag
            };
            (!steps.is_empty()).then(|| Chain {
                necessity,
                ..chain(&host.name, steps)
            })
        });
    phase("labels and taints", WORKERS_AT_ONCE, chains.collect())
}

fn has_taint(node: &crate::facts::NodeFact, taint: &crate::topology::Taint) -> bool {
    node.taints
        .iter()
        .any(|(key, value, effect)| (key, value, effect) == (&taint.key, &taint.value, &taint.effect))
}
