//! The API server's static pod, as kubeadm wrote it: of all that stands there only etcd's endpoints follow etcd.

use super::RenderedFile;

/// Where kubeadm puts it.
pub const API_SERVER: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";

const FLAG: &str = "--etcd-servers=";

/// The endpoints of etcd that a manifest names; `None` where it names none.
pub fn etcd_servers(manifest: &str) -> Option<Vec<&str>> {
    let value = manifest.lines().find_map(value_of)?;
    Some(value.split(',').collect())
}

/// The flag with these endpoints, as it stands in the manifest and among the process' arguments.
pub fn etcd_servers_flag(endpoints: &[String]) -> String {
    format!("{FLAG}{}", endpoints.join(","))
}

/// A manifest with these endpoints, and everything else as it was.
pub fn with_etcd_servers(manifest: &str, (owner, mode): (&str, u32), endpoints: &[String]) -> RenderedFile {
    let lines = manifest.split_inclusive('\n').map(|line| match value_of(line) {
        Some(value) => line.replacen(value, &endpoints.join(","), 1),
        None => line.to_owned(),
    });
    RenderedFile {
        path: API_SERVER.to_owned(),
        owner: owner.to_owned(),
        mode,
        content: lines.collect::<String>().into(),
        secret: false,
    }
}

/// The flag's value in a line `- --etcd-servers=…`, without quotes.
fn value_of(line: &str) -> Option<&str> {
    let item = line.trim().strip_prefix("- ")?.trim();
    let item = item.trim_matches(['"', '\'']);
    item.strip_prefix(FLAG).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "spec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --etcd-servers-overrides=/events#https://192.0.2.9:2379\n    - --etcd-servers=https://192.0.2.41:2379,https://192.0.2.42:2379\n    - --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key\n    image: k8s.gcr.io/kube-apiserver:v1.20.2\n";

    fn endpoints(hosts: &[u8]) -> Vec<String> {
        let url = |host: &u8| format!("https://192.0.2.{host}:2379");
        hosts.iter().map(url).collect()
    }

    fn changed(manifest: &str, hosts: &[u8]) -> String {
        let file = with_etcd_servers(manifest, ("root:root", 0o600), &endpoints(hosts));
        file.content.masked()
    }

    #[test]
    fn the_endpoints_are_read_and_written_and_nothing_else_changes() {
        assert_eq!(etcd_servers(MANIFEST).unwrap(), endpoints(&[41, 42]));

        let grown = changed(MANIFEST, &[41, 42, 43]);

        assert_eq!(etcd_servers(&grown).unwrap(), endpoints(&[41, 42, 43]));
        assert_eq!(changed(&grown, &[41, 42]), MANIFEST);
    }

    #[test]
    fn quotes_and_a_missing_line_break_stay() {
        for text in [
            "- \"--etcd-servers=https://192.0.2.41:2379\"",
            "  - '--etcd-servers=https://192.0.2.41:2379'\r\n",
        ] {
            assert_eq!(etcd_servers(text).unwrap(), endpoints(&[41]));
            assert_eq!(changed(&changed(text, &[41, 42]), &[41]), text);
        }
    }

    #[test]
    fn a_manifest_without_the_flag_names_none() {
        assert_eq!(
            etcd_servers("- --etcd-servers=\n- --etcd-servers-overrides=a#b\n"),
            None
        );
    }
}
