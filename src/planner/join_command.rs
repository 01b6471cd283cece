//! What a `kubeadm join` line for a host outside the inventory needs: a token that outlives the run and, for a control
//! plane, the certificates in the cluster.

use super::inputs::{Allowance, Inputs};
use super::recognition::recognise_cluster;
use super::survey::{Cluster, Existing};
use crate::error::Problem;
use crate::facts::Observation;
use crate::plan::{Chain, Lane, Phase, PhaseName, Plan};
use crate::remote::credentials;
use crate::remote::credentials::Made;
use crate::remote::files;
use crate::topology::{CertificateRoute, HostName, Role, Topology};

/// How a cluster is made ready for a host that the inventory does not name.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Makes the token, and uploads the certificates for a control plane. Its cleanup clears the host's files; the
    /// token and the certificates stay until they expire.
    pub plan: Plan,
    /// Takes back what a plan that failed may have made: cleanup alone.
    pub withdrawal: Plan,
    /// `sha256:…` of the cluster CA's public key.
    pub ca_hash: String,
}

/// Refuses a control plane's line where nothing may be uploaded.
pub fn may_invite(topology: &Topology, role: Role) -> Result<(), Problem> {
    if role != Role::ControlPlane || topology.certificates == CertificateRoute::Upload {
        return Ok(());
    }
    Err(Problem::Usage {
        message:
            "no line can bring in a control plane: certificates = \"ssh\" uploads nothing to the cluster"
                .to_owned(),
        hint: "add the host to the inventory, and `hawser apply` carries the certificates to it over SSH; \
            or set certificates = \"upload\" under [cluster]"
            .to_owned(),
    })
}

/// Decides what is done for a host of this role; the observation is of the control planes. Errors: every reason why
/// nothing can join now.
pub fn invite(
    topology: &Topology,
    observation: &Observation,
    role: Role,
) -> Result<Invitation, Vec<Problem>> {
    may_invite(topology, role)?;
    let inputs = Inputs {
        topology,
        observation,
        allowance: &Allowance::default(),
    };
    let cluster = recognise_cluster(&inputs)?;
    let existing = joinable(&inputs, &cluster)?;
    let via = &existing.reference_node.name;
    let file = files::upload_certs(topology, existing.reference_node, inputs.kubeadm_version(via))?;
    let mut steps = credentials::create_token(via, &file, Made::ToStay);
    // What is taken back is what was made: without an upload the cluster's own certificates are somebody else's.
    let made = match role {
        Role::ControlPlane => CertificateRoute::Upload,
        _ => CertificateRoute::Ssh,
    };
    if made == CertificateRoute::Upload {
        steps.push(credentials::upload_certificates(via, Made::ToStay));
    }
    let nothing = Plan {
        cluster: topology.cluster.clone(),
        phases: Vec::new(),
        cleanup: Vec::new(),
        notes: Vec::new(),
    };
    let lane = Lane {
        width: 1,
        chains: vec![Chain::required(via, steps)],
    };
    Ok(Invitation {
        plan: Plan {
            phases: vec![Phase {
                name: PhaseName::JoinCommand,
                lanes: vec![lane],
            }],
            cleanup: vec![credentials::clear_run_files(via)],
            ..nothing.clone()
        },
        withdrawal: Plan {
            cleanup: vec![credentials::withdraw(via, made)],
            ..nothing
        },
        ca_hash: existing.ca_hash.clone(),
    })
}

/// The cluster, if a host could join it now.
fn joinable<'c, 'a>(inputs: &Inputs, cluster: &'c Cluster<'a>) -> Result<&'c Existing<'a>, Problem> {
    let Some(existing) = cluster.existing().filter(|existing| existing.api_answers) else {
        return Err(nothing_to_join(cluster));
    };
    let via = &existing.reference_node.name;
    let facts = inputs.facts(via);
    if facts.is_some_and(|facts| facts.kubernetes.has_leftovers) {
        return Err(run_at_work(via));
    }
    Ok(existing)
}

fn nothing_to_join(cluster: &Cluster) -> Problem {
    let because = match cluster {
        Cluster::Absent(_) => "no control plane of the inventory holds anything of a cluster".to_owned(),
        Cluster::HalfInitialised(host) | Cluster::Unfinished(host) => {
            format!("init did not finish on {}", host.name)
        }
        Cluster::Existing(_) => "no API server is healthy".to_owned(),
    };
    Problem::Unsafe {
        what: "there is no cluster yet that a host could join".to_owned(),
        because: vec![because],
        recovery: vec!["`hawser apply` builds or repairs it".to_owned()],
    }
}

/// The files of a run lie at the same place.
fn run_at_work(via: &HostName) -> Problem {
    Problem::Unsafe {
        what: format!("{via}: /run/hawser is there, so a run works there or could not clean up"),
        because: vec!["its files would be overwritten".to_owned()],
        recovery: vec![
            "wait until it ends, or run `hawser apply`, which removes what an earlier run left".to_owned(),
        ],
    }
}
