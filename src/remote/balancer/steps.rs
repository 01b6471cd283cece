//! HAProxy and keepalived, and who stands behind them.
//!
//! Membership is staged: a control plane is watched first (`drain`: checked, sent nothing) and let in when its own
//! `/readyz` answers the balancer. The file is kept in step without a reload, which would run beside a kubeadm.

use std::net::IpAddr;
use std::time::Duration;

use super::commands as balancer;
use crate::facts::FileFact;
use crate::plan::{Step, StepId};
use crate::remote::files::RenderedFile;
use crate::remote::host_files::{self as files, Found, Validator};
use crate::remote::timeouts::{HEALTHY, QUICK};
use crate::topology::HostName;

/// keepalived waits three advertisements (3 s) before it takes the VIP.
const VIP: Duration = Duration::from_secs(30);

/// Writes HAProxy's file where it differs; HAProxy's own check must accept it first.
pub fn write_haproxy(on: &HostName, file: &RenderedFile, found: &Found<'_>) -> Option<Step> {
    files::put_over(on, file, found, Validator::Haproxy)
}

/// Makes HAProxy run its file.
pub fn activate_haproxy(on: &HostName, description: &str) -> Step {
    Step::on(on, "activate-haproxy", "apply the configuration of HAProxy")
        .change(balancer::activate("haproxy"), QUICK)
        .until(balancer::runs_configuration(description), QUICK)
}

/// Writes keepalived's file where it differs.
pub fn write_keepalived(on: &HostName, file: &RenderedFile, found: &Found<'_>) -> Option<Step> {
    files::put_over(on, file, found, Validator::Keepalived)
}

/// Makes keepalived run its file. Its only question is whether it runs, so a change of the file always reloads.
pub fn activate_keepalived(on: &HostName) -> Step {
    Step::on(on, "activate-keepalived", "apply the configuration of keepalived")
        .change(balancer::activate("keepalived"), QUICK)
        .run_once()
}

/// Waits until one of the balancers holds the VIP.
pub fn await_vip(on: &HostName, vip: IpAddr) -> Step {
    Step::on(on, "await-vip", format!("wait for a balancer to hold {vip}"))
        .wait(balancer::vip_answers(vip), VIP)
}

/// Starts a balancer's health check of a control plane that is about to join, so that the answer is there when it has.
pub fn watch(on: &HostName, server: &HostName) -> Step {
    Step::on(
        on,
        &format!("watch-{server}"),
        format!("start the health check of {server} in HAProxy"),
    )
    .change(balancer::watch_server(server), QUICK)
    .run_once()
}

/// Waits until `/readyz` of a control plane answers a balancer.
pub fn await_healthy(on: &HostName, server: &HostName) -> Step {
    Step::on(
        on,
        &format!("await-{server}"),
        format!("wait for /readyz of {server} to answer the balancer"),
    )
    .wait(balancer::server_is_healthy(server), HEALTHY)
}

/// Enables a control plane on one balancer; `file` is the balancer's file with it as a member, and takes the place of
/// the one that this run has written before, or has found.
pub fn enable(
    (on, server): (&HostName, &HostName),
    file: &RenderedFile,
    (before, found): (&RenderedFile, Option<&FileFact>),
) -> Vec<Step> {
    vec![
        Step::on(
            on,
            &format!("enable-{server}"),
            format!("enable {server} in HAProxy"),
        )
        .change(balancer::enable(server), QUICK)
        .until(balancer::server_is_in(server), QUICK),
        renamed(files::put_next(on, file, before, found), on, server),
    ]
}

/// Drains a control plane on one balancer while its API server starts again.
pub fn drain(on: &HostName, server: &HostName) -> Step {
    Step::on(
        on,
        &format!("drain-{server}"),
        format!("drain {server} in HAProxy"),
    )
    .change(balancer::drain(server), QUICK)
    .run_once()
}

/// Enables it again, when it answers the balancer.
pub fn reenable(on: &HostName, server: &HostName) -> Vec<Step> {
    let well = Step {
        id: StepId(format!("{on}/await-again-{server}")),
        ..await_healthy(on, server)
    };
    let back = Step::on(
        on,
        &format!("reenable-{server}"),
        format!("enable {server} in HAProxy again"),
    )
    .change(balancer::enable(server), QUICK)
    .until(balancer::server_is_in(server), QUICK);
    vec![well, back]
}

/// One balancer's file is written more than once in a plan, so each writing gets a name of its own.
fn renamed(mut step: Step, on: &HostName, server: &HostName) -> Step {
    step.id = StepId(format!("{on}/keep-file-in-sync-with-{server}"));
    step.title = format!("update haproxy.cfg: {server} is enabled").into();
    step
}
