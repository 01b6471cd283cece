//! HAProxy and keepalived on balancer hosts.

use std::net::IpAddr;

use super::RemoteCommand;
use crate::topology::HostName;

macro_rules! runtime_script {
    ($name:literal) => {
        concat!(
            include_str!("scripts/haproxy_socket.sh"),
            include_str!(concat!("scripts/", $name))
        )
    };
}

/// Enables a unit and makes it run what its configuration says; established connections live on.
pub fn activate(unit: &'static str) -> RemoteCommand {
    RemoteCommand::changes(format!("activate {unit}"), include_str!("scripts/service.sh")).arg(unit)
}

/// Whether a unit runs.
pub fn is_active(unit: &'static str) -> RemoteCommand {
    RemoteCommand::reads(
        format!("ask whether {unit} runs"),
        include_str!("scripts/service_is_active.sh"),
    )
    .arg(unit)
}

/// Whether the running HAProxy runs the configuration of this description.
pub fn runs_configuration(description: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask HAProxy for its configuration",
        runtime_script!("haproxy_runs.sh"),
    )
    .arg(description)
}

/// Starts HAProxy's health check of a control plane without sending it anything yet.
pub fn watch_server(server: &HostName) -> RemoteCommand {
    RemoteCommand::changes("start the health check", runtime_script!("haproxy_state.sh"))
        .arg(&server.0)
        .arg("drain")
}

/// Sends a control plane no new connections; those that are there stay, and it goes on being checked.
pub fn drain(server: &HostName) -> RemoteCommand {
    RemoteCommand::changes(
        "drain the control plane in HAProxy",
        runtime_script!("haproxy_state.sh"),
    )
    .arg(&server.0)
    .arg("drain")
}

/// Whether `/readyz` of a control plane answers the balancer.
pub fn server_is_well(server: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask HAProxy for the health check",
        runtime_script!("haproxy_server_is.sh"),
    )
    .arg(&server.0)
    .arg("well")
}

/// Lets a control plane receive connections.
pub fn let_in(server: &HostName) -> RemoteCommand {
    RemoteCommand::changes(
        "enable the control plane in HAProxy",
        runtime_script!("haproxy_state.sh"),
    )
    .arg(&server.0)
    .arg("ready")
}

/// Whether a control plane receives connections.
pub fn server_is_in(server: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask HAProxy for the server",
        runtime_script!("haproxy_server_is.sh"),
    )
    .arg(&server.0)
    .arg("in")
}

/// Whether the VIP is held here or answers from elsewhere.
pub fn vip_answers(vip: IpAddr) -> RemoteCommand {
    RemoteCommand::reads("ask for the VIP", include_str!("scripts/vip_answers.sh")).arg(vip.to_string())
}
