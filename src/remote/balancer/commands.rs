//! HAProxy and keepalived on balancer hosts.

use std::net::IpAddr;

use crate::remote::wire::RemoteCommand;
use crate::topology::HostName;

/// Enables a unit and makes it run what its configuration says; established connections live on.
pub(in crate::remote) fn activate(unit: &'static str) -> RemoteCommand {
    RemoteCommand::changes(
        format!("activate {unit}"),
        script!("service.sh", [last_lines], (unit)),
    )
    .arg(unit)
}

/// Whether the running HAProxy runs the configuration of this description.
pub(in crate::remote) fn runs_configuration(description: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask HAProxy for its configuration",
        script!("haproxy_runs.sh", [haproxy_socket], (description)),
    )
    .arg(description)
}

/// Starts HAProxy's health check of a control plane without sending it anything yet.
pub(in crate::remote) fn watch_server(server: &HostName) -> RemoteCommand {
    set_state("start the health check", server, "drain")
}

/// Sends a control plane no new connections; those that are there stay, and it goes on being checked.
pub(in crate::remote) fn drain(server: &HostName) -> RemoteCommand {
    set_state("drain the control plane in HAProxy", server, "drain")
}

fn set_state(purpose: &'static str, server: &HostName, state: &'static str) -> RemoteCommand {
    RemoteCommand::changes(
        purpose,
        script!("haproxy_state.sh", [haproxy_socket], (server state)),
    )
    .arg(&server.0)
    .arg(state)
}

/// Whether `/readyz` of a control plane answers the balancer.
pub(in crate::remote) fn server_is_healthy(server: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask HAProxy for the health check",
        script!("haproxy_server_is.sh", [haproxy_socket], (server wanted)),
    )
    .arg(&server.0)
    .arg("well")
}

/// Lets a control plane receive connections.
pub(in crate::remote) fn enable(server: &HostName) -> RemoteCommand {
    set_state("enable the control plane in HAProxy", server, "ready")
}

/// Whether a control plane receives connections.
pub(in crate::remote) fn server_is_in(server: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask HAProxy for the server",
        script!("haproxy_server_is.sh", [haproxy_socket], (server wanted)),
    )
    .arg(&server.0)
    .arg("in")
}

/// Whether the VIP is held here or answers from elsewhere.
pub(in crate::remote) fn vip_answers(vip: IpAddr) -> RemoteCommand {
    RemoteCommand::reads("ask for the VIP", script!("vip_answers.sh", [], (vip))).arg(vip.to_string())
}
