//! `kubeadm init` and what finishes one: what is asked again right before, beside programs that stand in for kubeadm,
//! kubectl and etcdctl.

mod finishing;

use std::io::Read;
use std::process::{Command, Output, Stdio};

use super::commands::*;
use crate::remote::half_joined::tests::Host;

/// etcdctl that has these keys below /registry/, or none that answers.
fn etcdctl(host: &Host, keys: Option<&[&str]>) {
    let Some(keys) = keys else {
        return host.program("etcdctl", "echo 'context deadline exceeded' >&2; exit 1");
    };
    let line = |key: &&str| format!("echo '\"Key\" : \"/registry/{key}\"'\n");
    let lines = keys.iter().map(line).collect::<Vec<_>>().concat();
    let end = format!("echo '\"More\" : false'\necho '\"Count\" : {}'", keys.len());
    host.program("etcdctl", &format!("{lines}{end}"));
}

/// A name that no other test's host has.
fn own_name(host: &Host) -> String {
    host.path().file_name().unwrap().to_str().unwrap().to_owned()
}

/// What becomes of `kubeadm init` on a host that the plan found so.
fn initialised(host: &Host, found: &str) -> Output {
    let run = host.path().join("run").display().to_string();
    let etcd = host.path().join("etcd").display().to_string();
    let script = format!("moved() {{ echo \"changed since the plan: $1\" >&2; exit 4; }}\n{INIT}")
        .replace("/run/hawser", &run)
        .replace(
            "/var/lib/etcd",
            &host.path().join("default").display().to_string(),
        )
        .replace("/etc/fstab", &host.path().join("fstab").display().to_string())
        .replace("/etc/systemd/system", &host.path().display().to_string())
        .replace("/proc/mounts", &host.path().join("mounts").display().to_string())
        // Other tests have a kubeadm that works, too.
        .replace("kubeadm*", &format!("{}*", own_name(host)));
    let server = "https://192.0.2.21:6443";
    let arguments = [
        found,
        &etcd,
        server,
        "unix:///run/test.sock",
        "kubeadm-certs",
        "--upload-certs",
    ];
    host.run(&script, &arguments, "k3x9qz\n")
}

/// A host whose kubeadm tells what it was asked, and whose API server is off.
fn before_init() -> Host {
    let host = Host::new();
    std::fs::remove_dir_all(host.path().join("pki")).unwrap();
    std::fs::create_dir(host.path().join("manifests")).unwrap();
    host.put(
        "says",
        "The connection to the server 192.0.2.21:6443 was refused - did you specify the right host or port?",
    );
    host.put("mounts", "");
    host.program("kubeadm", "echo \"kubeadm $*\" >>\"${0%/*}/asked\"");
    host.program(
        "kubectl",
        "case \"$*\" in *readyz*) [ -e \"${0%/*}/ready\" ] || { cat \"${0%/*}/says\" >&2; exit 1; } ;; *) echo \"kubectl $*\" >>\"${0%/*}/asked\" ;; esac",
    );
    host
}

fn expect_moved(output: &Output, why: &str) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(
        words.starts_with(&format!("changed since the plan: {why}")),
        "{words}"
    );
}

#[test]
fn init_runs_where_nothing_is_and_labels_what_it_makes() {
    let host = before_init();

    let output = initialised(&host, "nothing");

    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let asked = host.read("asked");
    let lines: Vec<&str> = asked.lines().collect();
    assert!(lines[0].starts_with("kubeadm init --config "), "{asked}");
    assert!(lines[0].ends_with("kubeadm-init.yaml --upload-certs"), "{asked}");
    // It goes on where the connection does not.
    assert!(host.has("run/kubeadm-init.log"));
    assert!(
        lines[1].ends_with("secret bootstrap-token-k3x9qz hawser/run=k3x9qz"),
        "{asked}"
    );
    assert!(
        lines[2].ends_with("secret kubeadm-certs hawser/run=k3x9qz"),
        "{asked}"
    );
}

#[test]
fn init_does_not_run_where_something_has_come_meanwhile() {
    for name in ["kubelet.conf", "admin.conf", "manifests/etcd.yaml", "etcd/member"] {
        let host = before_init();
        std::fs::create_dir(host.path().join("etcd")).unwrap();
        host.put(name, "");

        let output = initialised(&host, "nothing");

        let is_data = name == "etcd/member";
        let path = host.path().join(if is_data { "etcd" } else { name });
        expect_moved(&output, &path.display().to_string());
        assert!(!host.has("asked"));
    }
}

#[test]
fn init_is_not_done_again_where_a_program_fails_that_looks_for_data() {
    let host = before_init();
    let directory = host.path().join("etcd").display().to_string();
    host.put("manifests/etcd.yaml", &format!("    - --data-dir={directory}\n"));
    host.program("tr", "exit 127");

    let output = initialised(&host, "unfinished");

    expect_moved(&output, "the etcd data directory cannot be determined");
    assert!(!host.has("asked"));
}

#[test]
fn init_does_not_run_while_a_kubeadm_is_at_work() {
    let host = before_init();
    host.program(&own_name(&host), "echo begun; read -r line");
    let mut kubeadm = Command::new(host.path().join(own_name(&host)))
        .arg("init")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut begun = [0; 6];
    kubeadm.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();

    for found in ["nothing", "unfinished"] {
        expect_moved(
            &initialised(&host, found),
            &format!("kubeadm (process {}) is running", kubeadm.id()),
        );
    }

    drop(kubeadm.stdin.take());
    kubeadm.wait().unwrap();
    assert!(!host.has("asked"));
    assert!(initialised(&host, "nothing").status.success());
}

#[test]
fn init_is_not_done_again_on_what_has_become_a_cluster() {
    let host = before_init();
    host.put("admin.conf", "");
    std::fs::create_dir_all(host.path().join("etcd/member")).unwrap();

    etcdctl(&host, Some(&["minions/cp1", "daemonsets/kube-system/cilium"]));
    let cluster = "etcd holds objects of a cluster, such as /registry/daemonsets/kube-system/cilium";
    expect_moved(&initialised(&host, "unfinished"), cluster);

    etcdctl(&host, None);
    let silent = "whether etcd holds a cluster cannot be determined: context deadline exceeded";
    expect_moved(&initialised(&host, "unfinished"), silent);

    etcdctl(&host, Some(&["minions/cp1"]));
    host.put("ready", "");
    expect_moved(&initialised(&host, "unfinished"), "the API server is ready");
    std::fs::remove_file(host.path().join("ready")).unwrap();

    host.put("manifests/etcd.yaml", "    - --data-dir=/srv/etcd\n");
    expect_moved(
        &initialised(&host, "unfinished"),
        "etcd's manifest keeps its data in /srv/etcd",
    );
    std::fs::remove_file(host.path().join("manifests/etcd.yaml")).unwrap();

    assert!(!host.has("asked"));
    assert!(initialised(&host, "unfinished").status.success());
    assert!(host.read("asked").starts_with("kubeadm init "));
}

#[test]
fn init_does_not_run_beside_data_of_etcd_in_another_place() {
    for found in ["nothing", "unfinished"] {
        let host = before_init();
        std::fs::create_dir_all(host.path().join("default/member")).unwrap();

        let default = host.path().join("default").display().to_string();
        expect_moved(
            &initialised(&host, found),
            &format!("{default} holds data of etcd"),
        );
        assert!(!host.has("asked"));
    }
}

#[test]
fn init_is_not_done_again_where_etcds_manifest_does_not_tell_its_directory() {
    let host = before_init();
    host.put(
        "manifests/etcd.yaml",
        "    command: [etcd, --data-dir=/srv/shop]\n",
    );

    let output = initialised(&host, "unfinished");

    expect_moved(
        &output,
        "the data directory that etcd's manifest names cannot be determined",
    );
    assert!(!host.has("asked"));
}

#[test]
fn init_does_not_run_while_the_disk_of_etcds_data_is_not_mounted() {
    for found in ["nothing", "unfinished"] {
        let host = before_init();
        let disk = host.path().join("etcd").display().to_string();
        host.put(
            "fstab",
            &format!("# {disk}x\nUUID=1 / ext4 defaults 0 1\nUUID=2 {disk} ext4 defaults 0 2\n"),
        );

        expect_moved(
            &initialised(&host, found),
            &format!("nothing is mounted at {disk}"),
        );
        assert!(!host.has("asked"));

        host.put("mounts", &format!("/dev/vdb {disk} ext4 rw 0 0\n"));
        assert!(initialised(&host, found).status.success());

        // A unit of systemd's names one as well, and a link may lead to it.
        let host = before_init();
        let disk = host.path().join("disk").display().to_string();
        std::fs::create_dir_all(host.path().join("disk/etcd")).unwrap();
        std::os::unix::fs::symlink(host.path().join("disk/etcd"), host.path().join("etcd")).unwrap();
        host.put("disk.mount", &format!("[Mount]\nWhat=/dev/vdb\nWhere={disk}\n"));
        expect_moved(
            &initialised(&host, found),
            &format!("nothing is mounted at {disk}"),
        );
        assert!(!host.has("asked"));
    }
}

#[test]
fn init_is_done_again_only_where_the_api_server_is_known_to_be_off() {
    let host = before_init();
    host.put("admin.conf", "");
    host.put(
        "says",
        "Unable to connect to the server: net/http: TLS handshake timeout",
    );

    let why = "whether the API server is ready cannot be determined: Unable to connect";
    expect_moved(&initialised(&host, "unfinished"), why);
    assert!(!host.has("asked"));
}

#[test]
fn init_is_not_done_again_on_a_host_that_has_joined_a_cluster() {
    let host = before_init();

    let is_reported = |why: &str| {
        let output = initialised(&host, "unfinished");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{words}");
        assert!(
            words.starts_with("changed since the plan: ") && words.contains(why),
            "{words}"
        );
    };
    host.put("bootstrap-kubelet.conf", "");
    is_reported("a join has begun");
    std::fs::remove_file(host.path().join("bootstrap-kubelet.conf")).unwrap();

    host.put("kubelet.conf", "");
    is_reported("the host has joined a cluster");

    assert!(!host.has("asked"));
    host.put("admin.conf", "");
    assert!(initialised(&host, "unfinished").status.success());
}
