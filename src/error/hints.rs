//! What to do next, by what kubeadm, kubelet, etcd and HAProxy are known to say. A hint only: nothing is decided by it.

use crate::topology::HostName;

/// A text that programs on hosts are known to say.
struct Known {
    /// Any of these.
    says: &'static [&'static str],
    /// What the host's diagnostics must say too, as the text alone has more than one cause.
    and: Option<&'static str>,
    /// A command or an edit; `{host}` is the host's name.
    hint: &'static str,
}

impl Known {
    const fn new(says: &'static [&'static str], hint: &'static str) -> Self {
        Self {
            says,
            and: None,
            hint,
        }
    }

    fn fits(&self, answer: &[&String]) -> bool {
        let reply = |text: &&str| answer.iter().any(|line| line.contains(*text));
        self.says.iter().any(reply) && self.and.iter().all(reply)
    }
}

/// The hint for what a host said, if anything of it is known: the first row that fits, as
/// they stand from cause to symptom.
pub fn hint(host: &HostName, answer: &[String]) -> Option<String> {
    hint_of_step(host, answer, &[])
}

/// The hint for a step that failed. What its command said of a cause comes before what the host's diagnostics say of
/// one, as a host's logs tell of much besides; symptoms come last.
pub fn hint_of_step(host: &HostName, answer: &[String], diagnostics: &[String]) -> Option<String> {
    let answer: Vec<&String> = answer.iter().collect();
    let diagnostics: Vec<&String> = diagnostics.iter().collect();
    let all = [answer.as_slice(), diagnostics.as_slice()].concat();
    let first = |rows: &'static [Known], reply: &[&String]| rows.iter().find(|known| known.fits(reply));
    first(CAUSES, &answer)
        .or_else(|| first(CAUSES, &diagnostics))
        .or_else(|| first(SYMPTOMS, &all))
        .map(|known| known.hint.replace("{host}", &host.0))
}

/// What names a cause in the logs of kubelet, containerd and etcd; each has its row below.
pub const LOGGED_CAUSES: &[&str] = &[
    "failed to get sandbox image",
    "failed to pull and unpack image",
    "no space left on device",
    "running with swap on is not supported",
    "kubelet is configured to not run on a host using cgroup v1",
    "systemd not running on this host",
    "expected cgroupsPath to be of format",
    "unknown service runtime.v1",
    "cannot create certificate signing request: Unauthorized",
    "certificate has expired or is not yet valid",
    "x509: certificate signed by unknown authority",
    "too many open files",
    "bind: address already in use",
    "failed to create shim task",
];

const CAUSES: &[Known] = &[
    // The host.
    Known::new(
        &["[ERROR Swap]", "running with swap on is not supported"],
        "on {host} run `swapoff -a` and remove swap from /etc/fstab, or set `failSwapOn = false` under [kubeadm.kubelet_configuration]",
    ),
    Known::new(
        &["/proc/sys/net/ipv4/ip_forward contents are not set to 1"],
        "on {host} run `sysctl -w net.ipv4.ip_forward=1`, and put `net.ipv4.ip_forward = 1` into /etc/sysctl.d/90-kubernetes.conf",
    ),
    Known::new(
        &[
            "bridge-nf-call-iptables does not exist",
            "bridge-nf-call-iptables contents are not set",
        ],
        "on {host} run `modprobe br_netfilter`, and put `br_netfilter` into /etc/modules-load.d/kubernetes.conf",
    ),
    Known::new(
        &["unknown service runtime.v1"],
        "on {host} find `disabled_plugins` with \"cri\" in /etc/containerd/config.toml, remove it, then `systemctl restart containerd`",
    ),
    Known::new(
        &["container runtime is not running"],
        "on {host} run `systemctl status containerd`; its socket must be the `cri_socket` under [kubeadm]",
    ),
    Known::new(
        &["found multiple CRI endpoints on the host"],
        "name the one to use: `cri_socket` under [kubeadm]",
    ),
    Known::new(
        &[
            "is different from docker cgroup driver",
            "cgroup driver: ",
            "expected cgroupsPath to be of format",
        ],
        "kubelet and the container runtime must agree: set `cgroupDriver` under [kubeadm.kubelet_configuration] to what the runtime uses",
    ),
    Known::new(
        &["systemd not running on this host"],
        "containerd on {host} uses systemd for cgroups, which does not run there: set `SystemdCgroup = false` for runc in /etc/containerd/config.toml, `systemctl restart containerd`, and `cgroupDriver = \"cgroupfs\"` under [kubeadm.kubelet_configuration]",
    ),
    Known::new(
        &["kubelet is configured to not run on a host using cgroup v1"],
        "boot {host} with cgroup v2 (`stat -fc %T /sys/fs/cgroup` then prints cgroup2fs), or set `failCgroupV1 = false` under [kubeadm.kubelet_configuration] and add \"SystemVerification\" to `ignore_preflight_errors` under [kubeadm]",
    ),
    Known::new(
        // As a warning it stops nothing.
        &["[ERROR SystemVerification]: cgroups v1"],
        "boot {host} with cgroup v2 (`stat -fc %T /sys/fs/cgroup` then prints cgroup2fs), or set `failCgroupV1 = false` under [kubeadm.kubelet_configuration] and add \"SystemVerification\" to `ignore_preflight_errors` under [kubeadm]",
    ),
    Known::new(
        &["the number of available CPUs", "is less than the minimum 1700 MB"],
        "give {host} at least 2 CPUs and 2 GB of memory; for a trial add \"NumCPU\" and \"Mem\" to `ignore_preflight_errors` under [kubeadm]",
    ),
    Known::new(
        &["[ERROR FileAvailable--", "[ERROR DirAvailable--"],
        "{host} was used before: `hawser plan` shows what is on it; only if you no longer need it, run `kubeadm reset`",
    ),
    Known::new(
        &[
            "[ERROR Port-",
            "cannot bind socket",
            "bind: address already in use",
        ],
        "on {host} `ss -ltnp` shows which process has the port",
    ),
    // Versions.
    Known::new(
        &["only supports deploying clusters with the control plane version >="],
        "kubeadm on {host} is too new: install the one of the version under [cluster]",
    ),
    Known::new(
        &["the kubelet version is higher than the control plane version"],
        "kubelet on {host} is too new: install the one of the version under [cluster], and hold the package",
    ),
    Known::new(
        &[
            "error unmarshaling JSON: while decoding JSON",
            "strict decoding error: unknown field",
        ],
        "a fragment under [kubeadm], or a template of yours, names a field that this kubeadm does not know: `hawser render {host}` shows the file; compare it with the reference of kubeadm's configuration",
    ),
    // Disks and images.
    Known::new(
        &["no space left on device"],
        "a disk of {host} is full: `df -h; df -i` shows which; free some space (`du -xh --max-depth 2 / | sort -h`)",
    ),
    Known::new(
        &["failed to get sandbox image"],
        "{host} lacks the pause image: `containerd config dump | grep sandbox` shows the one that containerd needs; import it (`ctr -n k8s.io images ls` lists those on the host), or set one that is there in /etc/containerd/config.toml, and `systemctl restart containerd`",
    ),
    Known::new(
        &[
            "failed to pull image",
            "[ERROR ImagePull]",
            "failed to pull and unpack image",
        ],
        "on {host} pull it by hand with `crictl pull IMAGE`; set your own registry as `image_repository` under [cluster]",
    ),
    // Certificates and clocks.
    Known::new(
        &["certificate has expired or is not yet valid"],
        "compare the clocks: `date -u` on {host} and on the first control plane; `kubeadm certs check-expiration` shows what has expired",
    ),
    Known::new(
        &["x509: certificate is valid for"],
        "the API server's certificate lacks that name: add it to `extra_sans` under [kubeadm] before the cluster is created; in a running cluster renew apiserver.crt on every control plane",
    ),
    Known::new(
        &["none of the public keys"],
        "another cluster answers at the endpoint: on {host} run `getent hosts NAME` with the name under [endpoint], and check that the balancers send to this cluster's control planes",
    ),
    Known::new(
        &["x509: certificate signed by unknown authority"],
        "{host} has certificates of another cluster, or connects to one: compare `openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -fingerprint` on both ends",
    ),
    // Joining.
    Known::new(
        &["cannot create certificate signing request: Unauthorized"],
        "the token with which the kubelet of {host} requests its client certificate is gone: run `hawser apply` again, which creates a new one",
    ),
    Known::new(
        &[
            "could not find a JWS signature in the cluster-info ConfigMap",
            "is invalid for this cluster or it has expired",
        ],
        "the controller manager has not signed the token into cluster-info yet: read its log below /var/log/pods on the first control plane",
    ),
    Known::new(
        &["configmaps \"cluster-info\" not found"],
        "init did not finish: `hawser plan` shows what is missing",
    ),
    Known::new(
        &[
            "Secret \"kubeadm-certs\" was not found",
            "cipher: message authentication failed",
        ],
        "the uploaded certificates are gone, or another upload replaced them: make sure that no other user runs kubeadm here; each run of hawser uploads them again",
    ),
    Known::new(
        &["and status \"Ready\" already exists in the cluster"],
        "another host runs under this name: rename {host}, or `kubectl delete node {host}` if that one is gone",
    ),
    Known::new(
        &[
            "failed to request the cluster-info ConfigMap",
            "failed to request cluster-info",
            "couldn't validate the identity of the API Server",
        ],
        "the API does not answer through the endpoint: on a balancer `systemctl status haproxy keepalived`; on {host} ask the endpoint's /readyz with `curl -k`",
    ),
    Known::new(
        &[
            "inotify_init: too many open files",
            "Error initializing watcher: too many open files",
        ],
        "{host} has no free inotify instances: `sysctl fs.inotify.max_user_instances` shows how many a user may have; use 512 or more if many kubelets share one kernel",
    ),
    Known::new(
        &["too many open files"],
        "a program on {host} has run out of open files or inotify instances: `sysctl fs.file-nr fs.inotify.max_user_instances` shows the host's limits, `systemctl show -p LimitNOFILE kubelet containerd` the programs'",
    ),
    Known::new(
        &["failed to create shim task"],
        "containerd on {host} cannot start containers: `journalctl -u containerd -n 50` shows the error of runc",
    ),
    // etcd.
    Known::new(
        &["re-configuration failed due to not enough started members"],
        "a member that was added has not started: `hawser plan` names it and shows whether it is restarted or removed",
    ),
    Known::new(
        &["too many learner members in cluster"],
        "another member is not in sync yet: rerun this command in a minute; remove a learner whose host is lost with `etcdctl member remove ID`",
    ),
    Known::new(
        &["can only promote a learner member which is in sync with leader"],
        "the new member cannot catch up: open port 2380 in both directions between the control planes; the disk must be fast enough for etcd",
    ),
    Known::new(
        &["Peer URLs already exists"],
        "etcd still lists a member of {host}: `hawser plan` shows it, with the quorum check",
    ),
    Known::new(
        &["mvcc: database space exceeded"],
        "etcd is full: on a host with an etcd member run `etcdctl compact REVISION`, then `etcdctl defrag` on one member at a time, then `etcdctl alarm disarm`",
    ),
    Known::new(
        &["error syncing endpoints with etcd", "failed to dial endpoint"],
        "{host} does not reach etcd: port 2379 of every control plane must be open to it",
    ),
    Known::new(
        &[
            "etcdserver: unhealthy cluster",
            "etcd cluster is not healthy",
            "timeout waiting for etcd cluster to be available",
        ],
        "an etcd member does not answer: `hawser plan` shows which; ports 2379 and 2380 must be open between the control planes",
    ),
    Known::new(
        &[
            "etcdserver: request timed out",
            "etcdserver: leader changed",
            "etcdserver: no leader",
        ],
        "etcd was electing a leader; if it happens again, its disk is too slow: search for \"took too long\" in its log below /var/log/pods",
    ),
];

/// What is said when one of the above was the cause.
const SYMPTOMS: &[Known] = &[
    // kubeadm 1.29 and later say so as soon as they wait for the API server, whether one runs or not.
    Known {
        says: API_IS_SILENT,
        and: Some(API_SERVER_LISTENS),
        hint: "the API server runs on {host}, and the endpoint does not lead to it: `systemctl status haproxy keepalived` on the balancers",
    },
    Known {
        says: API_IS_SILENT,
        and: Some(NO_API_SERVER),
        hint: "no API server runs on {host}: `crictl ps -a` there shows which static pod ended, /var/log/pods and `journalctl -u kubelet` why",
    },
    Known::new(
        API_IS_SILENT,
        "the API does not answer through the endpoint: on {host} `ss -ltnp` shows whether its API server listens; if it does, `systemctl status haproxy keepalived` on the balancers, else `crictl ps -a` shows which static pod ended",
    ),
    Known::new(
        &[
            "The kubelet is not running",
            "The kubelet is not healthy after",
            "It seems like the kubelet isn't running",
        ],
        "on {host} `journalctl -u kubelet -n 200` shows why; most often the cgroup driver, swap, or the container runtime",
    ),
    Known::new(
        &[
            "waiting for the control plane to start",
            "couldn't initialize a Kubernetes cluster",
            "timed out waiting for the condition",
        ],
        "on {host} `crictl ps -a` shows which static pod ended, /var/log/pods why",
    ),
    // hawser's own proof of the path.
    Known::new(
        &[
            "timed out: a firewall, or a wrong address",
            "does not resolve here",
            ": no route to ",
            " is unreachable",
        ],
        "`hawser check --from {host}` tries every connection from there, and prints how to fix what is wrong",
    ),
];

/// How `failure_diagnostics.sh` tells whether an API server runs.
const API_SERVER_LISTENS: &str = "kube-apiserver runs, and listens";
const NO_API_SERVER: &str = "no kube-apiserver runs";

const API_IS_SILENT: &[&str] = &["unable to create ClusterRoleBinding"];

#[cfg(test)]
mod tests {
    use super::*;

    /// One line for each row, as the programs write it; what is said together has ` ¦ ` between.
    const SAMPLES: &str = include_str!("../../tests/data/what_programs_say.txt");

    fn lines(reply: &str) -> Vec<String> {
        reply.split(" ¦ ").map(str::to_owned).collect()
    }

    #[test]
    fn every_row_is_the_first_to_fit_its_sample() {
        let host = HostName("cp2".to_owned());
        let found: Vec<_> = SAMPLES.lines().map(|reply| hint(&host, &lines(reply))).collect();
        let rows: Vec<_> = CAUSES
            .iter()
            .chain(SYMPTOMS)
            .map(|known| Some(known.hint.replace("{host}", "cp2")))
            .collect();

        assert_eq!(found, rows);
    }

    #[test]
    fn what_nobody_knows_has_no_hint() {
        assert_eq!(hint(&HostName("cp2".to_owned()), &["Killed".to_owned()]), None);
    }

    #[test]
    fn every_cause_that_is_looked_for_in_logs_has_a_hint() {
        for text in LOGGED_CAUSES {
            assert!(hint(&"cp2".into(), &lines(text)).is_some(), "{text}");
        }
    }

    #[test]
    fn an_api_server_that_does_not_run_is_not_said_to_run() {
        let reply = lines(
            "could not bootstrap the admin user in file admin.conf: unable to create ClusterRoleBinding: client rate limiter Wait returned an error: context deadline exceeded",
        );
        let hint = |diagnostics: &str| hint_of_step(&"cp1".into(), &reply, &lines(diagnostics)).unwrap();

        assert!(hint("no kube-apiserver runs").starts_with("no API server runs on cp1"));
        assert!(hint("kube-apiserver runs, and listens").starts_with("the API server runs on cp1, and"));
        assert!(hint("").contains("whether its API server listens"));
    }

    #[test]
    fn a_cause_that_the_host_logged_comes_before_a_symptom_and_after_the_commands_own_words() {
        let host_diagnostics =
            lines("kubelet: failed to get sandbox image \"registry.k8s.io/pause:3.10.1\": not found");
        let hint = |reply: &str| hint_of_step(&"cp1".into(), &lines(reply), &host_diagnostics).unwrap();

        let symptom = "error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster";
        assert!(hint(symptom).starts_with("cp1 lacks the pause image"));
        let cause = "\t[ERROR Port-10250]: Port 10250 is in use";
        assert!(hint(cause).starts_with("on cp1 `ss -ltnp`"));
    }
}
