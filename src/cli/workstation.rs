//! The workstation: its terminal, its clock, its files.

use std::io::{IsTerminal, stderr, stdin, stdout};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::engine::Resources;
use crate::error::Problem;
use crate::error::sanitize::escape_json;
use crate::issuer::Issuer;
use crate::pki::Authority;
use crate::remote::wire::connection::Connection;
use crate::ssh::{Client, Terminal};
use crate::topology::Topology;
use crate::transfer::ImageTransport;
use crate::values::{Bundle, Values};

pub(super) fn print(text: &str) {
    super::write_all(stdout().lock(), text);
}

/// Prints a result for programs: whole, and without a character that a terminal would obey.
pub(super) fn print_json(value: &serde_json::Value) {
    print(&json_text(value));
}

fn json_text(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", escape_json(&text))
}

/// Prints something about the run.
pub(super) fn print_to_stderr(text: &str) {
    super::write_all(stderr().lock(), text);
}

/// Whether a person can be asked.
pub(super) fn is_interactive() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// What a run of a plan is given, with these values.
pub(super) fn resources<C: Connection>(values: Values) -> Resources<C> {
    Resources {
        values,
        source: Arc::new(Issuer::default()),
        transport: Arc::new(ImageTransport::default()),
    }
}

/// The SSH client of a run.
pub(super) fn client(topology: &Topology) -> Result<Client, Vec<Problem>> {
    Ok(Client::new(&topology.ssh, Terminal::default())?)
}

/// Asks a yes-or-no question; anything but yes is no. It is read on a thread of its own,
/// so that it need not be answered.
pub(super) async fn confirm(question: &str) -> bool {
    print_to_stderr(&format!("{question} [y/N] "));
    let (answer, answered) = oneshot::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let is_read = stdin().read_line(&mut text).is_ok();
        let _ = answer.send(is_read && matches!(text.trim(), "y" | "Y" | "yes"));
    });
    answered.await.unwrap_or(false)
}

/// Sortable and unique on this workstation: the time in UTC and the process.
pub(super) fn run_name() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    format!("{now}-{}", std::process::id())
}

/// What kubectl on the workstation has to say about the version to build; `None` where there is nothing to mention.
pub(super) fn kubectl_note(topology: &Topology) -> Option<String> {
    let output = std::process::Command::new("kubectl")
        .args(["version", "--client", "-o", "json"])
        .output();
    let Ok(output) = output else {
        return Some("there is no kubectl on this workstation; install one to use the cluster".to_owned());
    };
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let text = answer.pointer("/clientVersion/gitVersion")?.as_str()?;
    let found: crate::topology::Version = text.parse().ok()?;
    let wanted = topology.version;
    (found.minor.abs_diff(wanted.minor) > 1).then(|| {
        format!("kubectl on this workstation is {found}; it supports only one minor release from {wanted}")
    })
}

/// The run's own secrets, the user's authority for etcd, which the inventory has shown to be one, and credentials of
/// registries, which no line of a host's may show.
pub(super) fn values(topology: &Topology) -> Values {
    let mut values = Values::for_new_run();
    if let Some(own) = &topology.external_etcd.authority {
        let loaded = Authority::load(&own.certificate, &own.key.0, jiff::Timestamp::now());
        let known = loaded.and_then(|own| values.set_files(Bundle::EtcdAuthority, own.lines().as_bytes()));
        // One that has expired since is reported by the step that cannot sign.
        drop(known);
    }
    let preparation = topology.preparation.iter();
    for credentials in preparation.flat_map(|preparation| preparation.credentials.values()) {
        values.hide(&credentials.0);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_no_character_that_a_terminal_would_obey() {
        let value = serde_json::json!(["\u{9b}2J\u{202e}"]);

        let text = json_text(&value);

        assert_eq!(text, "[\n  \"\\u009b2J\\u202e\"\n]\n");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
