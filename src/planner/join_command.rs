//! What a `kubeadm join` line for a host outside the inventory needs: a token that outlives the run and, for a control
//! plane, the certificates in the cluster.

use super::{Cluster, Scene, chain, cluster, phase};
use crate::error::Problem;
use crate::facts::Observation;
use crate::plan::Plan;
use crate::remote::files;
use crate::steps::secrets;
use crate::topology::{CertificateRoute, Role, Topology};

/// How a cluster is made ready for a host that the inventory does not name.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Makes the token, and uploads the certificates for a control plane. Its closing steps clear the host's files; the
    /// token and the certificates stay until they expire.
    pub plan: Plan,
    /// Takes back what a plan that failed may have made: closing steps alone.
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
    let scene = Scene::new(topology, observation);
    let cluster = cluster::recognise(&scene)?;
    let Some(there) = cluster.there().filter(|there| there.well) else {
        return Err(nothing_to_join(&cluster).into());
    };
    let via = &there.via.name;
    if scene
        .facts(via)
        .is_some_and(|facts| facts.kubernetes.has_leftovers)
    {
        return Err(busy(&via.0).into());
    }
    let file = files::upload_certs(topology, there.via, scene.kubeadm(via))?;
    let mut steps = secrets::create_token(via, &file);
    // What is taken back is what was made: without an upload the cluster's own certificates are somebody else's.
    let made = match role {
        Role::ControlPlane => CertificateRoute::Upload,
        _ => CertificateRoute::Ssh,
    };
    if made == CertificateRoute::Upload {
        steps.push(secrets::upload_certificates(via));
    }
    let of = |phases, closing| Plan {
        cluster: topology.cluster.clone(),
        phases,
        closing,
        notes: Vec::new(),
    };
    Ok(Invitation {
        plan: of(
            vec![phase("make the way in", 1, vec![chain(via, steps)])],
            vec![secrets::clear_run_files(via)],
        ),
        withdrawal: of(Vec::new(), vec![secrets::delete(via, made)]),
        ca_hash: there.ca_hash.clone(),
    })
}

fn nothing_to_join(cluster: &Cluster) -> Problem {
    let because = match cluster {
        Cluster::Absent(_) => "no control plane of the inventory holds anything of a cluster".to_owned(),
        Cluster::HalfInitialised(host) => format!("init did not come to its end on {}", host.name),
        Cluster::There(_) => "no API server is well".to_owned(),
    };
    Problem::Unsafe {
        what: "there is no cluster yet that a host could join".to_owned(),
        because: vec![because],
        way_out: vec!["`hawser apply` builds it, or finishes and mends it".to_owned()],
    }
}

/// The files of a run lie at the same place.
fn busy(via: &str) -> Problem {
    Problem::Unsafe {
        what: format!("{via}: /run/hawser is there, so a run is at work or could not clear up"),
        because: vec!["its files would be overwritten".to_owned()],
        way_out: vec![
            "wait until it ends, or run `hawser apply`, which clears what an earlier run has left".to_owned(),
        ],
    }
}
