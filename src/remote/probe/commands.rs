//! What a host is asked before anything is decided: one script that only looks. `facts::parse` reads its answer.

use std::net::SocketAddr;

use crate::manifests;
use crate::topology::{EtcdTopology, Host, Topology};

use crate::remote::wire::RemoteCommand;

/// What a host is asked that is brought images.
const OF_IMAGES: &str = script!(
    "probe_images.sh",
    [
        processes run_folder answers kubelet_identity kubeadm_at_work etcd_data listens etcd_disk package_default
        probe_host runtime_images
    ],
    (cri_socket etcd_data)
);

/// kubeadm's own default, where the inventory's `ClusterConfiguration` names no other.
const ETCD_DATA: &str = "/var/lib/etcd";

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeScope {
    /// Everything that `facts::HostFacts` holds, as far as the host's roles call for it.
    Complete,
    /// Whether it is well: not what is installed, which images it has, and what was applied to the cluster.
    Health,
    /// Which images it has, and starts pods with.
    Images,
}

/// What is on the host, and the files at `paths`.
///
/// Takes at most about 45 s: every question has its own time limit, and they are asked side by side.
pub fn probe(topology: &Topology, host: &Host, scope: ProbeScope, paths: &[String]) -> RemoteCommand {
    if scope == ProbeScope::Images {
        return RemoteCommand::reads("probing the host", OF_IMAGES)
            .args([&topology.kubeadm.cri_socket, etcd_data(topology)]);
    }
    let is_whole = scope == ProbeScope::Complete;
    let roles: Vec<String> = host.roles.iter().map(ToString::to_string).collect();
    let vip = topology.endpoint.vip.map(|vip| vip.to_string());
    let own_api = SocketAddr::new(host.address, topology.api_port);
    let (script, arguments) = call!(
        "probe.sh",
        [
            processes run_folder answers apart dial json haproxy_socket etcdctl etcd_members etcd_beyond_init
            kubelet_identity kubeadm_at_work etcd_data listens etcd_disk package_default probe_host
            runtime_images probe_node probe_balancer probe_etcd probe_cluster
        ],
        {
            roles: roles.join(","),
            version: if is_whole { topology.version.to_string() } else { String::new() },
            repository: &topology.image_repository,
            endpoint: &topology.endpoint.name,
            vip: vip.unwrap_or_default(),
            server: format!("https://{own_api}"),
            cri_socket: &topology.kubeadm.cri_socket,
            etcd_data: etcd_data(topology),
            endpoint_url: endpoint_url(topology),
            objects: if is_whole { object_paths(topology).join(" ") } else { String::new() },
            ; paths
        }
    );
    RemoteCommand::reads("probing the host", script)
        .args(arguments)
        .args(paths)
}

/// The endpoint by its address where that is known: its name may not resolve on the host yet.
fn endpoint_url(topology: &Topology) -> String {
    match topology.endpoint_address() {
        Some(address) => format!("https://{}", SocketAddr::new(address, topology.endpoint.port)),
        None => format!("https://{}", topology.endpoint.authority()),
    }
}

/// Where the API keeps the pod network's objects.
fn object_paths(topology: &Topology) -> Vec<String> {
    let objects = topology
        .manifests
        .iter()
        .filter_map(|manifest| manifests::objects(&manifest.content).ok());
    objects.flatten().map(|object| object.path).collect()
}

/// Where the inventory has a member of etcd keep its data.
pub fn etcd_data(topology: &Topology) -> &str {
    if topology.etcd == EtcdTopology::External {
        return &topology.external_etcd.data_directory;
    }
    let etcd = topology.kubeadm.cluster_configuration.get("etcd");
    etcd.and_then(|etcd| etcd.pointer("/local/dataDir")?.as_str())
        .unwrap_or(ETCD_DATA)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::process::{Command, Output};

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn sh(script: &str, arguments: &[&Path]) -> Output {
        let words = ["-c", script, "hawser"];
        Command::new("sh").args(words).args(arguments).output().unwrap()
    }

    /// The fields of the line about a file: what was said, and the words.
    fn report_of(path: &Path) -> Vec<Vec<u8>> {
        let script = concat!(
            include_str!("../shell/answers.sh"),
            include_str!("../shell/package_default.sh"),
            include_str!("../shell/probe_host.sh"),
            "files \"$@\"\n"
        );
        let output = sh(script, &[path]).stdout;
        let line = String::from_utf8(output).unwrap();
        let fields = line.split_whitespace().skip(2);
        fields.map(|field| STANDARD.decode(field).unwrap()).collect()
    }

    #[test]
    fn a_files_bytes_come_over_unharmed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("an odd 'name'");
        let content = b"\n\0\xff hawser-fact end MA==\n\n";
        std::fs::write(&path, content).unwrap();

        let report = report_of(&path);

        let reply = &report[0];
        assert!(reply.ends_with(&[content.as_slice(), b"\n0"].concat()));
        assert!(reply.starts_with(format!("{}\n", path.display()).as_bytes()));
    }

    /// etcdctl 3.4, whose member serves no clients: it does not answer, and does not know `--consistency`.
    #[test]
    fn what_a_failing_etcdctl_says_is_no_part_of_what_the_peers_port_answers() {
        let script = concat!(
            include_str!("../shell/probe_cluster.sh"),
            "etcd_ctl() { case $* in *consistency*) echo 'USAGE: etcdctl member list [flags]' ;; esac; return 1; }\n",
            "etcd_peer() { echo '[{\"id\":1}]'; }\n",
            "etcd_members\n"
        );

        let answer = sh(script, &[]);

        assert_eq!(String::from_utf8(answer.stdout).unwrap(), "[{\"id\":1}]\n");
        assert!(answer.status.success());
    }

    fn program(folder: &Path, name: &str, says: &str) {
        let path = folder.join(name);
        std::fs::write(
            &path,
            format!(
                "#!/bin/sh\necho {name} >>{}\nprintf '{says}'\n",
                folder.join("asked").display()
            ),
        )
        .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_host_that_is_brought_images_is_asked_for_these_and_for_no_versions() {
        let folder = tempfile::tempdir().unwrap();
        let unit = "LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\nActiveEnterTimestampMonotonic=1\\n";
        let pause = format!(
            "k8s.gcr.io/pause:3.2 application/x sha256:{} 1 MiB linux/amd64 -\\n",
            "0".repeat(64)
        );
        for (name, says) in [
            ("systemctl", format!("{unit}\\n{unit}").as_str()),
            (
                "ip",
                "2: eth0    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0\\n",
            ),
            ("ctr", &format!("REF TYPE DIGEST SIZE PLATFORMS LABELS\\n{pause}")),
            ("containerd", "    sandbox_image = \"k8s.gcr.io/pause:3.2\"\\n"),
            ("kubeadm", ""),
            ("kubelet", ""),
            ("kubectl", ""),
        ] {
            program(folder.path(), name, says);
        }
        let socket = folder.path().join("containerd.sock");
        let _listens = UnixListener::bind(&socket).unwrap();
        let script = format!("PATH={}:$PATH\n{}", folder.path().display(), super::OF_IMAGES);

        let answer = sh(&script, &[&socket, Path::new("/nonexistent")]);
        let facts = crate::facts::parse(&answer.stdout).unwrap();

        assert_eq!(
            facts.kubernetes.images.known().unwrap(),
            &["k8s.gcr.io/pause:3.2"]
        );
        assert_eq!(
            facts.kubernetes.sandbox_image.known().unwrap(),
            "k8s.gcr.io/pause:3.2"
        );
        let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
        assert!(!asked.contains("kube"), "{asked}");
    }

    #[test]
    fn a_folder_in_a_files_place_is_not_absent() {
        let folder = tempfile::tempdir().unwrap();

        let report = report_of(folder.path());

        assert!(report[0].ends_with(b"\n1"));
        assert!(String::from_utf8_lossy(&report[1]).contains("is no file"));
    }

    #[test]
    fn of_a_file_that_is_too_large_the_sum_comes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        std::fs::write(&path, vec![b'x'; 1_048_577]).unwrap();

        let report = report_of(&path);

        let reply = String::from_utf8(report[0].clone()).unwrap();
        let lines: Vec<&str> = reply.lines().collect();
        assert_eq!(lines[2..], ["", "0"], "no content, and the status");
        assert!(
            lines[1].contains(" 1048577 ") && lines[1].ends_with(" no"),
            "{}",
            lines[1]
        );
    }

    #[test]
    fn a_unit_that_is_masked_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etcd.service");
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();

        assert!(report_of(&path).is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_is_not_reported() {
        assert!(report_of(Path::new("/nonexistent")).is_empty());
    }

    #[test]
    fn haproxys_runtime_socket_is_asked_by_a_program_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("admin.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let haproxy = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut command = [0; 10];
            client.read_exact(&mut command).unwrap();
            client.write_all(b"Name: HAProxy\n").unwrap();
            command
        });

        let script = concat!(
            include_str!("../shell/haproxy_socket.sh"),
            "haproxy_socket=$1\nhaproxy_runtime 'show info'\n"
        );
        let answer = sh(script, &[&socket]).stdout;

        // Without an answer nobody may have come, and the other side would wait for ever.
        assert_eq!(answer, b"Name: HAProxy\n");
        assert_eq!(&haproxy.join().unwrap(), b"show info\n");
    }

    /// What a probe reads in a data directory whose database is this.
    fn names_in(database: Option<&[u8]>) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let snap = folder.path().join("member/snap");
        std::fs::create_dir_all(&snap).unwrap();
        if let Some(database) = database {
            std::fs::write(snap.join("db"), database).unwrap();
        }
        let script = concat!(
            include_str!("../shell/probe_etcd.sh"),
            "etcd_data=$1 etcd_read=300\netcd_names\n"
        );
        sh(script, &[folder.path()])
    }

    #[test]
    fn members_are_told_with_where_clients_reach_those_that_have_run() {
        let ran = r#""peerURLs":["https://192.0.2.41:2380"],"name":"etcd1","clientURLs":["https://192.0.2.41:2379"]"#;
        let named = r#""peerURLs":["https://192.0.2.42:2380"],"name":"etcd2""#;
        let database = format!("\0\u{1}{{\"id\":5,{ran}}}\0{{\"id\":6,{named}}}\0{{\"id\":5,{ran}}}");

        let reported = names_in(Some(database.as_bytes()));

        assert_eq!(
            String::from_utf8(reported.stdout).unwrap(),
            format!("{ran}\n{named}\n")
        );
    }

    #[test]
    fn a_database_that_is_not_read_to_its_end_or_is_gone_is_not_taken_for_one_that_names_nobody() {
        let large = names_in(Some(&[0; 310]));
        let gone = names_in(None);

        assert_eq!(large.stdout, b"unread 10\n");
        assert_eq!(gone.status.code(), Some(1));
    }

    /// What the probe says of an endpoint at which kubectl says `words`, ending with `status`.
    fn tls_when_kubectl_says(words: &str, status: &str) -> String {
        let script = concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/dial.sh"),
            include_str!("../shell/probe_cluster.sh"),
            "endpoint_url=https://192.0.2.1\ntimeout() { [ \"$2\" != env ] || { echo hawser-dials >&2; return 0; }; echo \"$said_by_kubectl\" >&2; return \"$status\"; }\nspeaks_tls\n"
        );
        let mut sh = Command::new("sh");
        sh.args(["-c", script])
            .env("said_by_kubectl", words)
            .env("status", status);
        String::from_utf8(sh.output().unwrap().stdout).unwrap()
    }

    /// What is said by a program whose first answer ends with this status, and the second with 0.
    fn patiently_asked(status: u8) -> String {
        let ask = format!(
            "tries=0\ntimeout() {{ shift; tries=$((tries + 1)); echo \"$* $tries\"; [ $tries = 2 ] || return {status}; }}\n\
             patiently kubeadm version || echo \"ended with $?\"\n"
        );
        let output = sh(
            &(include_str!("../shell/runtime_images.sh").to_owned() + &ask),
            &[],
        );
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_program_that_did_not_answer_in_time_is_asked_once_more() {
        assert_eq!(patiently_asked(124), "kubeadm version 1\nkubeadm version 2\n");
        assert_eq!(patiently_asked(1), "kubeadm version 1\nended with 1\n");
        assert_eq!(patiently_asked(0), "kubeadm version 1\n");
    }

    /// What bash says of a connection that it tries to make, and what becomes of it.
    fn tls_when_bash_says(words: &str) -> Output {
        let script = concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/dial.sh"),
            include_str!("../shell/probe_cluster.sh"),
            "endpoint_url=https://192.0.2.1:6443\n",
            "timeout() { [ \"$2\" = env ] || exit 99; printf 'hawser-dials\\n%s\\n' \"$said_by_bash\" >&2; return 1; }\nspeaks_tls\n"
        );
        let mut sh = Command::new("sh");
        sh.args(["-c", script]).env("said_by_bash", words);
        sh.output().unwrap()
    }

    #[test]
    fn kubectl_is_not_asked_where_nothing_listens() {
        let refused = tls_when_bash_says("bash: connect: Connection refused");
        let silent = tls_when_bash_says("bash: connect: No route to host");

        assert_eq!(
            (refused.status.code(), refused.stdout.as_slice()),
            (Some(0), &b"no\n"[..])
        );
        assert_eq!(
            (silent.status.code(), silent.stdout.as_slice()),
            (Some(1), &b""[..])
        );
    }

    #[test]
    fn an_api_server_that_refuses_the_question_speaks_tls() {
        let words = "error: You must be logged in to the server (Unauthorized)";
        assert_eq!(tls_when_kubectl_says(words, "1"), "yes\n");
    }

    #[test]
    fn a_server_that_wants_a_certificate_speaks_tls() {
        let words = "Unable to connect to the server: remote error: tls: certificate required";
        assert_eq!(tls_when_kubectl_says(words, "1"), "yes\n");
    }

    #[test]
    fn a_balancer_without_servers_does_not_speak_tls() {
        let words = "Unable to connect to the server: EOF";
        assert_eq!(tls_when_kubectl_says(words, "1"), "no\n");
    }

    #[test]
    fn a_closed_port_does_not_speak_tls() {
        let words =
            "The connection to the server 192.0.2.1 was refused - did you specify the right host or port?";
        assert_eq!(tls_when_kubectl_says(words, "1"), "no\n");
    }

    #[test]
    fn silence_at_the_endpoint_tells_nothing() {
        let words = "Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
        assert_eq!(tls_when_kubectl_says(words, "1"), "");
    }
}
