//! Whose the API endpoint is while no API server of the inventory's is well.

use super::inputs::Inputs;
use crate::error::Problem;
use crate::topology::Role;

/// Refuses where something speaks TLS at the endpoint, while no API server of the inventory's is well.
pub(super) fn refuse_other_server(inputs: &Inputs) -> Result<(), Vec<Problem>> {
    let endpoint = &inputs.topology.endpoint;
    if let Some((host, _)) = inputs
        .answered(Role::ControlPlane)
        .find(|(_, facts)| facts.endpoint_speaks_tls.known() == Some(&true))
    {
        return Err(vec![Problem::Unsafe {
            what: format!(
                "a TLS server already answers at {}, and no host of the inventory belongs to it",
                endpoint.authority()
            ),
            because: vec![format!(
                "checked from {}; another cluster may use this endpoint",
                host.name
            )],
            recovery: vec![
                "is this the right inventory? name every control plane of that cluster in it to work with it"
                    .to_owned(),
                "or give the new cluster another endpoint under [endpoint]".to_owned(),
            ],
        }]);
    }
    Ok(())
}
