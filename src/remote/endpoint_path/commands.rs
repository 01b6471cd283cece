//! Whether the ways are open that a cluster needs before it is initialised.

use crate::remote::wire::RemoteCommand;

/// A way that must be open before `kubeadm init`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::remote) struct Path {
    /// What it is for, such as `lb1 → cp1, the API server`.
    pub what: String,
    /// A name or an address.
    pub host: String,
    pub port: u16,
    /// What the name must resolve to, where it is a name that must.
    pub expected: Option<String>,
}

/// Whether every path is open from here: an answer or a refusal is, silence is not.
pub(in crate::remote) fn prove_paths(paths: &[Path]) -> RemoteCommand {
    let arguments = paths.iter().flat_map(|path| {
        let expected = path.expected.clone().unwrap_or_else(|| "-".to_owned());
        [
            path.what.clone(),
            path.host.clone(),
            path.port.to_string(),
            expected,
        ]
    });
    RemoteCommand::reads(
        "check the path",
        script!("prove_path.sh", [apart dial], (; paths)),
    )
    .args(arguments)
}

/// Whether a name resolves to anything.
pub(in crate::remote) fn resolves(name: &str) -> RemoteCommand {
    RemoteCommand::reads("resolve the name", script!("resolves.sh", [], (name))).arg(name)
}
