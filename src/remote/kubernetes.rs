//! kubeadm, kubectl and etcdctl on the hosts.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use sha2::{Digest, Sha256};

use super::RemoteCommand;
pub use super::secrets::{
    Made, certificates_are_fresh, create_token, delete_run_secrets, renew_token, token_lasts,
    upload_certificates,
};
use crate::error::hints::LOGGED_CAUSES;
use crate::topology::{CertificateRoute, EtcdTopology, Host, HostName, Role, Taint, Topology};
use crate::values::{Content, Slot};

macro_rules! kubelet_script {
    ($name:literal) => {
        concat!(
            include_str!("scripts/kubelet_identity.sh"),
            include_str!(concat!("scripts/", $name))
        )
    };
}

macro_rules! outliving_script {
    ($name:literal) => {
        concat!(
            include_str!("scripts/outlive.sh"),
            include_str!(concat!("scripts/", $name))
        )
    };
}

/// `kubeadm init` from `/run/hawser/kubeadm-init.yaml`, on a host that holds nothing of a cluster.
pub fn init(topology: &Topology, host: &Host, flags: &[String]) -> RemoteCommand {
    init_where(
        RemoteCommand::changes("kubeadm init", INIT),
        "nothing",
        (topology, host, flags),
    )
}

/// The same on a host on which one died before its API server answered. Manifests and kubeconfigs are written again.
pub fn init_again(topology: &Topology, host: &Host, flags: &[String]) -> RemoteCommand {
    init_where(
        RemoteCommand::destroys("kubeadm init", INIT),
        "unfinished",
        (topology, host, flags),
    )
}

/// It asks once more, right before, what the plan was made by.
const INIT: &str = concat!(
    include_str!("scripts/apart.sh"),
    include_str!("scripts/kubectl.sh"),
    include_str!("scripts/etcdctl.sh"),
    include_str!("scripts/etcd_beyond_init.sh"),
    include_str!("scripts/etcd_data.sh"),
    include_str!("scripts/etcd_disk.sh"),
    include_str!("scripts/kubeadm_at_work.sh"),
    outliving_script!("kubeadm_init.sh")
);

fn init_where(
    command: RemoteCommand,
    found: &str,
    (topology, host, flags): (&Topology, &Host, &[String]),
) -> RemoteCommand {
    let etcd_data = match topology.etcd {
        EtcdTopology::Stacked => super::probe::etcd_data(topology),
        EtcdTopology::External => "-",
    };
    let server = SocketAddr::new(host.address, topology.api_port);
    command
        .args([
            found,
            etcd_data,
            &format!("https://{server}"),
            &topology.kubeadm.cri_socket,
        ])
        .arg(certificates(topology.certificates))
        .args(flags)
        .input(token_id())
}

/// Does these phases of `kubeadm init` (`addon coredns`) where the API at `server` answers.
pub fn finish_init(server: &str, phases: &[String]) -> RemoteCommand {
    let command = RemoteCommand::changes("finish kubeadm init", FINISH_INIT);
    finish_init_by(command, server, phases)
}

/// The same with `upload-certs` among the phases, which takes the place of a Secret that is there.
pub fn finish_init_with_certificates(server: &str, phases: &[String]) -> RemoteCommand {
    let command = RemoteCommand::destroys("finish kubeadm init", FINISH_INIT);
    finish_init_by(command, server, phases)
}

const FINISH_INIT: &str = certificates_script!("finish_init.sh");

fn finish_init_by(command: RemoteCommand, server: &str, phases: &[String]) -> RemoteCommand {
    command.arg(server).args(phases).input(token_id())
}

/// The Secret with the certificates that a script is to see to, where there is one.
fn certificates(route: CertificateRoute) -> &'static str {
    match route {
        CertificateRoute::Upload => "kubeadm-certs",
        CertificateRoute::Ssh => "-",
    }
}

/// The id of the run's token, by which what the run made is known as its own.
pub(super) fn token_id() -> Content {
    Content::parse(&format!("{}\n", Slot::BootstrapTokenId.placeholder()))
}

/// Whether the init of this run came to its end: the API server at `server` (`https://address:port`) is well, the run's
/// token is there, and so is `addon`, the `DaemonSet` that init makes last, if it is to make one.
pub fn is_initialised(server: &str, addon: Option<&str>) -> RemoteCommand {
    RemoteCommand::reads("ask whether init is done", cluster_script!("initialised.sh"))
        .arg(server)
        .arg(addon.unwrap_or("-"))
        .input(token_id())
}

/// Whether a host's kubeadm knows every field of a configuration file.
pub fn reads_configuration(path: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "have kubeadm read its configuration",
        concat!(
            include_str!("scripts/apart.sh"),
            include_str!("scripts/reads_configuration.sh"),
        ),
    )
    .arg(path)
}

/// `kubeadm join` from `/run/hawser/kubeadm-join.yaml`.
pub fn join(flags: &[String]) -> RemoteCommand {
    RemoteCommand::changes("kubeadm join", outliving_script!("kubeadm_join.sh")).args(flags)
}

/// Whether the host has joined in its role; `server` is its own API server, if it is a control plane.
pub fn has_joined(role: Role, server: &str) -> RemoteCommand {
    let script = concat!(
        include_str!("scripts/kubelet_identity.sh"),
        cluster_script!("joined.sh")
    );
    RemoteCommand::reads("ask whether the join is done", script)
        .arg(role.to_string())
        .arg(server)
}

/// Prints the cluster's CA certificate, PEM.
pub fn read_ca() -> RemoteCommand {
    RemoteCommand::reads("read the cluster's CA", include_str!("scripts/read_ca.sh"))
}

/// `kubectl apply` of YAML documents.
pub fn apply_manifests(server: &str, documents: &str) -> RemoteCommand {
    RemoteCommand::changes("kubectl apply", cluster_script!("apply_manifests.sh"))
        .arg(server)
        .input(documents)
}

/// Whether a node's Ready condition is True.
pub fn node_is_ready(server: &str, node: &HostName) -> RemoteCommand {
    RemoteCommand::reads("ask for the node", cluster_script!("node_is_ready.sh")).args([server, &node.0])
}

/// Whether there is a node of this name.
pub fn node_is_there(server: &str, node: &HostName) -> RemoteCommand {
    RemoteCommand::reads("ask for the node", cluster_script!("node_is_there.sh")).args([server, &node.0])
}

/// Whether the `DaemonSet`s of kube-system have their pods.
pub fn daemon_sets_are_available(server: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the DaemonSets",
        cluster_script!("daemon_sets_are_available.sh"),
    )
    .arg(server)
}

/// Whether a control plane's own components are well, each asked itself.
pub fn control_plane_is_well(server: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask the control plane's components",
        cluster_script!("control_plane_is_well.sh"),
    )
    .arg(server)
}

/// Sets labels of a node through the API.
pub fn label_node(server: &str, node: &HostName, labels: &BTreeMap<String, String>) -> RemoteCommand {
    RemoteCommand::changes("label the node", cluster_script!("label_node.sh"))
        .args([server, &node.0])
        .args(labels.iter().map(|(key, value)| format!("{key}={value}")))
}

/// Sets taints of a node through the API.
pub fn taint_node(server: &str, node: &HostName, taints: &[Taint]) -> RemoteCommand {
    RemoteCommand::changes("taint the node", cluster_script!("taint_node.sh"))
        .args([server, &node.0])
        .args(
            taints
                .iter()
                .map(|taint| format!("{}={}:{}", taint.key, taint.value, taint.effect)),
        )
}

/// Writes the container runtime's socket on the node, which ends a join.
pub fn annotate_cri_socket(server: &str, node: &HostName, socket: &str) -> RemoteCommand {
    RemoteCommand::changes(
        "finish the node's join",
        cluster_script!("annotate_cri_socket.sh"),
    )
    .args([server, &node.0, socket])
}

/// Starts the kubelet, and with it the static pods whose manifests are there.
pub fn start_kubelet() -> RemoteCommand {
    RemoteCommand::changes("start the kubelet", include_str!("scripts/start_kubelet.sh"))
}

/// Gives a kubelet the run's token to ask for its certificate with; at `server` where no file on the host names another.
pub fn write_bootstrap_identity(server: &str) -> RemoteCommand {
    let token = format!("{}\n", Slot::BootstrapToken.placeholder());
    RemoteCommand::changes(
        "write the bootstrap identity",
        include_str!("scripts/write_bootstrap_identity.sh"),
    )
    .arg(server)
    .input(Content::parse(&token))
}

/// Whether the kubelet has its client certificate.
pub fn kubelet_has_certificate() -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the kubelet's client certificate",
        kubelet_script!("kubelet_has_certificate.sh"),
    )
}

/// Removes the bootstrap identity of a kubelet that has its own.
pub fn remove_bootstrap_identity() -> RemoteCommand {
    RemoteCommand::changes(
        "remove the bootstrap identity",
        kubelet_script!("remove_bootstrap_identity.sh"),
    )
}

/// Puts `new` in the place of the `ClusterConfiguration` that kubeadm keeps in the cluster, if that is still `old`.
pub fn replace_cluster_configuration(server: &str, old: &str, new: &str) -> RemoteCommand {
    let place = "/data/ClusterConfiguration";
    let patch = serde_json::json!([
        { "op": "test", "path": place, "value": old },
        { "op": "replace", "path": place, "value": new },
    ]);
    RemoteCommand::changes("patch kubeadm-config", cluster_script!("patch_kubeadm_config.sh"))
        .arg(server)
        .input(patch.to_string())
}

/// Whether kubeadm keeps this `ClusterConfiguration` in the cluster.
pub fn cluster_configuration_is(server: &str, text: &str) -> RemoteCommand {
    let sum = hex::encode(Sha256::digest(text.as_bytes()));
    RemoteCommand::reads("check kubeadm-config", cluster_script!("kubeadm_config_is.sh")).args([server, &sum])
}

/// Whether the host's API server runs with a flag, and is well.
pub fn api_server_runs_with(server: &str, flag: &str) -> RemoteCommand {
    RemoteCommand::reads("check the API server", cluster_script!("api_server_runs_with.sh"))
        .args([server, flag])
}

/// Runs the phases of `kubeadm join phase control-plane-join` that follow the start of the etcd member, where the API at
/// `server` answers.
pub fn finish_control_plane(server: &str, phases: &[&str]) -> RemoteCommand {
    RemoteCommand::changes("finish the join", cluster_script!("finish_control_plane.sh"))
        .arg(server)
        .args(phases.iter().copied())
}

/// What names a cause, whether an API server runs, the kubelet's last lines and the logs of static pods that were started
/// again.
pub fn failure_story() -> RemoteCommand {
    RemoteCommand::reads(
        "check the kubelet and the static pods",
        journal_script!("failure_story.sh"),
    )
    .arg(LOGGED_CAUSES.join("\n"))
}

/// Prints the administrator's kubeconfig, as kubeadm made it: its server is the endpoint.
pub fn read_admin_conf() -> RemoteCommand {
    RemoteCommand::reads("read admin.conf", "cat /etc/kubernetes/admin.conf").printing_secrets()
}

#[cfg(test)]
mod half_joined;
#[cfg(test)]
mod tests_of_init;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Output};

    use super::*;

    const KLOG: &str = "W1122 08:46:33.123456    1234 strict.go:54] error unmarshaling configuration \
        schema.GroupVersionKind{Group:\"kubeadm.k8s.io\", Version:\"v1beta2\", Kind:\"ClusterConfiguration\"}: error \
        unmarshaling JSON: while decoding JSON: json: unknown field \"clusterNam\"";

    /// What a host says whose kubeadm has these subcommands of `config`, and answers each as `answer` does.
    fn ask(subcommands: &str, answer: &str) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let kubeadm = folder.path().join("kubeadm");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in\n'config --help') printf '  %s  does something\\n' {subcommands} ;;\n\
             *) {answer} ;;\nesac\n"
        );
        std::fs::write(&kubeadm, script).unwrap();
        std::fs::set_permissions(&kubeadm, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", std::env::var("PATH").unwrap(), folder.path().display());
        let line = reads_configuration("/run/hawser/kubeadm-join.yaml").line();
        Command::new("sh")
            .args(["-c", &line])
            .env("PATH", path)
            .output()
            .unwrap()
    }

    fn said(output: &Output) -> String {
        String::from_utf8(output.stdout.clone()).unwrap()
    }

    #[test]
    fn a_kubeadm_that_can_validate_is_asked_to() {
        let asked = ask("migrate validate", "echo \"$*\" >&2; exit 3");

        assert_eq!(asked.status.code(), Some(1));
        assert_eq!(
            said(&asked),
            "config validate --config /run/hawser/kubeadm-join.yaml\n"
        );
    }

    #[test]
    fn an_older_one_reads_the_file_as_if_to_write_it_anew_and_writes_nothing() {
        let asked = ask("migrate print", "echo \"$*\" >&2; exit 3");

        let expected = "config migrate --old-config /run/hawser/kubeadm-join.yaml --new-config /dev/null\n";
        assert_eq!(said(&asked), expected);
    }

    #[test]
    fn a_warning_of_an_unknown_field_is_a_no_whatever_the_exit_status() {
        let asked = ask("migrate", &format!("echo '{KLOG}' >&2"));

        assert_eq!(asked.status.code(), Some(1));
        assert!(
            said(&asked).starts_with("error unmarshaling configuration"),
            "{}",
            said(&asked)
        );
        assert!(
            said(&asked).ends_with("unknown field \"clusterNam\"\n"),
            "{}",
            said(&asked)
        );
    }

    #[test]
    fn a_document_that_kubeadm_passes_over_is_a_no_in_the_words_of_every_version() {
        for what in ["configuration", "YAML"] {
            let warning = format!(
                "Ignored {what} document with GroupVersionKind kubeadm.k8s.io/v1beta4, Kind=ClusterConfigurations"
            );
            let asked = ask(
                "migrate validate",
                &format!("echo 'W1122 08:46:33.1 1 x.go:1] WARNING: {warning}' >&2"),
            );

            assert_eq!(
                (asked.status.code(), said(&asked)),
                (Some(1), format!("WARNING: {warning}\n"))
            );
        }
    }

    #[test]
    fn other_warnings_are_no_reason() {
        let asked = ask(
            "migrate",
            "echo 'W1122 08:46:33.1 1 x.go:1] cannot determine the OS' >&2",
        );

        assert_eq!((asked.status.code(), said(&asked)), (Some(0), String::new()));
    }
}
