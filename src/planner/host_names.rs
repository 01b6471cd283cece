//! Hosts in a row, as a person reads or types them.

use crate::topology::HostName;

/// `cp1, cp2`.
pub(super) fn in_a_row<'n>(hosts: impl IntoIterator<Item = &'n HostName>) -> String {
    let names: Vec<&str> = hosts.into_iter().map(|host| host.0.as_str()).collect();
    names.join(", ")
}

/// `--limit cp1 --limit cp2`.
pub(super) fn as_limits<'n>(hosts: impl IntoIterator<Item = &'n HostName>) -> String {
    let options: Vec<String> = hosts.into_iter().map(|host| format!("--limit {host}")).collect();
    options.join(" ")
}
