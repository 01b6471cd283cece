//! What hosts tell of a failure, and what is cleaned up after one: the scripts as they are sent, among programs that
//! answer as a test wants.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::commands::{etcd_diagnostics, failure_diagnostics};
use crate::error::hints;
use crate::remote::credentials::Made;
use crate::remote::credentials::commands::{clear_run_files, delete_run_secrets};
use crate::remote::init::commands::is_initialised;
use crate::remote::wire::RemoteCommand;
use crate::topology::EtcdManager;

/// A host's programs and folders.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.program("journalctl", "[ ! -e \"$2.log\" ] || cat \"$2.log\"");
        machine.program("ss", "true");
        machine.file("manifests/kube-apiserver.yaml", "");
        machine.file("admin.conf", "");
        machine.file("run/kubeadm-init.yaml", "");
        machine
    }

    fn file(&self, name: &str, content: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn program(&self, name: &str, script: &str) {
        let folder = self.0.path().display();
        self.file(name, &format!("#!/bin/sh\ncd '{folder}'\n{script}\n"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.0.path().join(name), mode).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap_or_default()
    }

    /// What the host's shell receives, with some words replaced.
    fn run(&self, command: &RemoteCommand, replaced: &[(&str, &str)]) -> Output {
        let folder = self.0.path().display();
        let usual = "export LC_ALL=C PATH=\"";
        let mut line = command
            .line()
            .replace(usual, &format!("{usual}{folder}:"))
            .replace("/etc/kubernetes/manifests", &format!("{folder}/manifests"))
            .replace("/etc/kubernetes/admin.conf", &format!("{folder}/admin.conf"))
            .replace("/var/log/pods", &format!("{folder}/pods"))
            .replace("/run/hawser", &format!("{folder}/run"));
        for (from, to) in replaced {
            assert!(line.contains(from), "{from} is not sent");
            line = line.replace(from, to);
        }
        let sh = Command::new("sh")
            .args(["-c", &line])
            .stdin(Stdio::null())
            .output();
        sh.unwrap()
    }

    fn host_diagnostics(&self, command: &RemoteCommand) -> Vec<String> {
        // This machine may have an API server of its own.
        let is_asked = command.line().contains("processes kube-apiserver");
        let of_test = [("processes kube-apiserver", "processes apiserver-test")];
        let output = self.run(command, if is_asked { &of_test } else { &[] });
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// A minute of a kubelet 1.36 whose containerd may not pull the image that pods start with.
fn without_a_sandbox_image() -> String {
    let mut lines = Vec::new();
    for tenth in 0..600 {
        let (second, micros) = (tenth / 10, tenth % 10 * 100_000 + 1_482);
        let mut line = |source: &str, reply: &str| {
            lines.push(format!(
                "E1129 14:02:{second:02}.{micros:06}    2210 {source}] {reply}"
            ));
        };
        if tenth % 120 == 7 {
            let error = "rpc error: code = Unknown desc = failed to start sandbox \\\"5be1ad9c0f1f7b\\\": failed to get sandbox image \\\"registry.k8s.io/pause:3.10.1\\\": failed to pull image \\\"registry.k8s.io/pause:3.10.1\\\": failed to resolve reference: dial tcp 192.0.2.80:443: connect: no route to host";
            line(
                "kuberuntime_sandbox.go:70",
                &format!("\"Failed to create sandbox for pod\" err=\"{error}\" pod=\"kube-system/etcd-cp1\""),
            );
            line(
                "pod_workers.go:1338",
                &format!(
                    "\"Error syncing pod, skipping\" err=\"failed to \\\"CreatePodSandbox\\\" for \\\"etcd-cp1_kube-system(0f{tenth}c1)\\\" with CreatePodSandboxError: \\\"Failed to create sandbox for pod \\\\\\\"etcd-cp1_kube-system(0f{tenth}c1)\\\\\\\": {error}\\\"\" pod=\"kube-system/etcd-cp1\""
                ),
            );
        }
        line(
            "kubelet.go:3531",
            "\"Unable to register mirror pod because node is not registered yet\" err=\"node \\\"cp1\\\" not found\" node=\"cp1\"",
        );
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_line_that_comes_ten_times_a_second_is_one_and_the_cause_is_told_first() {
    let machine = Machine::new();
    machine.file("kubelet.log", &without_a_sandbox_image());

    let reported = machine.host_diagnostics(&failure_diagnostics());

    assert_eq!(reported[0], "— what names a cause:");
    assert!(
        reported[1].contains("failed to get sandbox image \\\"registry.k8s.io/pause:3.10.1\\\""),
        "{reported:#?}"
    );
    assert!(reported[1].ends_with("… (repeated 10 times)"), "{reported:#?}");
    let mirror = reported
        .iter()
        .filter(|line| line.contains("Unable to register mirror pod"));
    let mirror: Vec<_> = mirror.collect();
    assert_eq!(mirror.len(), 1, "{reported:#?}");
    assert!(mirror[0].starts_with("E1129 14:02:59.9"), "{reported:#?}");
    assert!(mirror[0].ends_with("… (repeated 600 times)"), "{reported:#?}");
    assert!(reported.len() < 12, "{reported:#?}");
    let reply =
        ["error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster".to_owned()];
    let hint = hints::hint_of_step(&"cp1".into(), &reply, &reported).unwrap();
    assert!(hint.starts_with("cp1 lacks the pause image"), "{hint}");
}

#[test]
fn what_only_containerd_says_is_found() {
    let machine = Machine::new();
    machine.file(
        "kubelet.log",
        "I1129 14:02:11.482113    2210 server.go:77] \"Kubelet version\"\n",
    );
    machine.file(
        "containerd.log",
        "time=\"2026-11-29T14:02:11.482113402Z\" level=error msg=\"CreateContainer within sandbox \\\"5be1\\\" failed\" error=\"mkdir /var/lib/containerd/12: no space left on device\"\n",
    );

    let reported = machine.host_diagnostics(&failure_diagnostics());

    assert!(reported[1].starts_with("containerd: time="), "{reported:#?}");
    assert!(reported[1].contains("no space left on device"), "{reported:#?}");
}

#[test]
fn whether_an_api_server_runs_is_told_in_the_words_that_hints_are_chosen_by() {
    let machine = Machine::new();
    let reply = [
        "could not bootstrap the admin user in file admin.conf: unable to create ClusterRoleBinding: EOF"
            .to_owned(),
    ];
    let hint = |reported: &[String]| hints::hint_of_step(&"cp1".into(), &reply, reported).unwrap();

    let reported = machine.host_diagnostics(&failure_diagnostics());
    assert!(
        reported.contains(&"no kube-apiserver runs".to_owned()),
        "{reported:#?}"
    );
    assert!(
        hint(&reported).starts_with("no API server runs on cp1"),
        "{}",
        hint(&reported)
    );

    // A process of that name, and ss says that it listens.
    machine.program("apiserver-test", "read -r line");
    machine.program(
        "ss",
        "echo 'LISTEN 0 4096 *:6443 *:* users:((\"kube-apiserver\",pid=1201,fd=3))'",
    );
    let mut process = Command::new(machine.0.path().join("apiserver-test"));
    let mut process = process.stdin(Stdio::piped()).spawn().unwrap();
    let reported = machine.host_diagnostics(&failure_diagnostics());
    drop(process.stdin.take());
    process.wait().unwrap();
    assert!(
        reported.contains(&"kube-apiserver runs, and listens".to_owned()),
        "{reported:#?}"
    );
    assert!(
        hint(&reported).starts_with("the API server runs on cp1, and"),
        "{}",
        hint(&reported)
    );
}

#[test]
fn a_worker_is_not_told_of_api_servers() {
    let machine = Machine::new();
    std::fs::remove_dir_all(machine.0.path().join("manifests")).unwrap();

    assert_eq!(machine.host_diagnostics(&failure_diagnostics()), [""; 0]);
}

#[test]
fn etcds_story_is_folded_too() {
    let machine = Machine::new();
    let line = |second: u8| {
        format!(
            "{{\"level\":\"warn\",\"ts\":\"2026-11-29T14:02:{second:02}.114Z\",\"msg\":\"prober detected unhealthy status\",\"rtt\":\"{second}ms\"}}\n"
        )
    };
    let full = "{\"level\":\"fatal\",\"msg\":\"failed to save Raft hard state\",\"error\":\"write: no space left on device\"}\n";
    machine.file("etcd.log", &((10..50).map(line).collect::<String>() + full));

    let reported = machine.host_diagnostics(&etcd_diagnostics(EtcdManager::Systemd));

    assert_eq!(reported.len(), 5, "{reported:#?}");
    assert!(
        reported[1].starts_with("etcd: ") && reported[1].contains("no space left on device"),
        "{reported:#?}"
    );
    assert!(reported[3].ends_with("… (repeated 40 times)"), "{reported:#?}");
}

/// kubectl, and what was asked of it.
fn kubectl(machine: &Machine, answer: &str) {
    machine.program("kubectl", &format!("echo \"$*\" >>asked; echo $$ >pid\n{answer}"));
}

fn cleaned(output: &Output) -> (Option<i32>, String) {
    (
        output.status.code(),
        String::from_utf8(output.stdout.clone()).unwrap(),
    )
}

#[test]
fn where_no_api_server_answers_the_clean_up_says_so_after_one_question() {
    let machine = Machine::new();
    let refused = "The connection to the server api.demo.example:6443 was refused - did you specify the right host or port?";
    kubectl(&machine, &format!("echo '{refused}' >&2; exit 1"));

    let output = machine.run(&delete_run_secrets(Made::ForRun), &[]);

    let (code, reported) = cleaned(&output);
    assert_eq!(code, Some(1));
    assert!(
        reported.contains(refused) && reported.contains("expires by itself, within two hours"),
        "{reported}"
    );
    let asked = machine.read("asked");
    assert_eq!(asked.lines().count(), 1, "{asked}");
    assert!(asked.contains("--request-timeout=5s"), "{asked}");
}

#[test]
fn a_kubectl_that_hangs_ends_before_its_step_does_and_stays_nowhere() {
    let machine = Machine::new();
    kubectl(&machine, "trap '' TERM; exec sleep 300");
    let began = Instant::now();

    let output = machine.run(&delete_run_secrets(Made::ForRun), &[("k_ends 25", "k_ends 2")]);

    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(cleaned(&output).0, Some(1));
    let pid = machine.read("pid");
    // Of one that was killed, its entry may be left until its new parent looks.
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
}

#[test]
fn all_questions_of_a_script_share_one_time() {
    let machine = Machine::new();
    // Each answers, late.
    kubectl(
        &machine,
        "sleep 2; case \"$*\" in *readyz*) exit 0 ;; esac; exec sleep 300",
    );
    let began = Instant::now();

    let output = machine.run(
        &is_initialised("https://192.0.2.21:6443", Some("kube-proxy")),
        &[("k_ends 25", "k_ends 4")],
    );

    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(cleaned(&output), (Some(1), "no cluster-info yet\n".to_owned()));
}

#[test]
fn what_a_kubeadm_at_work_reads_stays() {
    let machine = Machine::new();
    machine.program("of-test-kubeadm", "read -r line");
    let mut process = Command::new(machine.0.path().join("of-test-kubeadm"));
    let mut process = process.arg("init").stdin(Stdio::piped()).spawn().unwrap();
    let of_test = [("kubeadm*", "of-test*")];

    let (code, reported) = cleaned(&machine.run(&clear_run_files(), &of_test));
    assert_eq!(code, Some(1));
    assert!(
        reported.contains(&format!("kubeadm (process {})", process.id())),
        "{reported}"
    );
    assert!(machine.0.path().join("run/kubeadm-init.yaml").exists());

    drop(process.stdin.take());
    process.wait().unwrap();
    assert_eq!(cleaned(&machine.run(&clear_run_files(), &of_test)).0, Some(0));
    assert!(!machine.0.path().join("run").exists());
}

#[test]
fn a_kubeadm_in_a_container_is_none_of_the_hosts() {
    let machine = Machine::new();
    machine.program("of-test-kubeadm", "echo ready; read -r line");
    // Files of its own, as a container has: the same ones at another root would be the host's.
    let body = r#"mount -t tmpfs none "$1/root" && cd "$1/root" || exit
for folder in /bin /lib /lib64 /usr; do
  if [ -L "$folder" ]; then cp -P "$folder" . ; elif [ -d "$folder" ]; then mkdir ".$folder" && mount --rbind "$folder" ".$folder"; fi
done
cp "$1/of-test-kubeadm" . && exec chroot . /of-test-kubeadm init"#;
    std::fs::create_dir(machine.0.path().join("root")).unwrap();
    let mut process = Command::new("unshare");
    process.args([
        "--map-root-user",
        "--pid",
        "--mount",
        "--fork",
        "sh",
        "-c",
        body,
        "sh",
    ]);
    process.arg(machine.0.path());
    let mut process = process
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut answer = BufReader::new(process.stdout.take().unwrap());
    answer.read_line(&mut ready).unwrap();
    if ready.is_empty() {
        process.wait().unwrap();
        eprintln!("skipped: this machine lets nobody have processes of their own (unshare)");
        return;
    }

    let of_test = [("kubeadm*", "of-test*")];
    let (code, reported) = cleaned(&machine.run(&clear_run_files(), &of_test));

    drop(process.stdin.take());
    process.wait().unwrap();
    assert_eq!((code, reported.as_str()), (Some(0), ""));
}
