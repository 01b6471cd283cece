//! What to do next, by what kubeadm, kubelet, etcd and HAProxy are known to say. A hint only: nothing is decided by it.

use crate::topology::HostName;

/// A text that programs on hosts are known to say.
struct Known {
    /// Any of these.
    says: &'static [&'static str],
    /// A command or an edit; `{host}` is the host's name.
    hint: &'static str,
}

/// The hint for what a host said, if anything of it is known: the first row that fits, as they stand from cause to symptom.
pub fn hint(host: &HostName, answer: &[String]) -> Option<String> {
    let said = |known: &&Known| {
        answer
            .iter()
            .any(|line| known.says.iter().any(|text| line.contains(text)))
    };
    KNOWN
        .iter()
        .find(said)
        .map(|known| known.hint.replace("{host}", &host.0))
}

const KNOWN: &[Known] = &[
    // The host.
    Known {
        says: &["[ERROR Swap]", "running with swap on is not supported"],
        hint: "on {host} run `swapoff -a` and take swap out of /etc/fstab, or let kubelet have it by `failSwapOn = false` under [kubeadm.kubelet_configuration]",
    },
    Known {
        says: &["/proc/sys/net/ipv4/ip_forward contents are not set to 1"],
        hint: "on {host} run `sysctl -w net.ipv4.ip_forward=1`, and put `net.ipv4.ip_forward = 1` into /etc/sysctl.d/kubernetes.conf",
    },
    Known {
        says: &[
            "bridge-nf-call-iptables does not exist",
            "bridge-nf-call-iptables contents are not set",
        ],
        hint: "on {host} run `modprobe br_netfilter`, and put `br_netfilter` into /etc/modules-load.d/kubernetes.conf",
    },
    Known {
        says: &["unknown service runtime.v1"],
        hint: "on {host} look for `disabled_plugins` with \"cri\" in /etc/containerd/config.toml, take it out, then `systemctl restart containerd`",
    },
    Known {
        says: &["container runtime is not running"],
        hint: "on {host} run `systemctl status containerd`; its socket must be the `cri_socket` under [kubeadm]",
    },
    Known {
        says: &["found multiple CRI endpoints on the host"],
        hint: "name the one to use: `cri_socket` under [kubeadm]",
    },
    Known {
        says: &["is different from docker cgroup driver", "cgroup driver: "],
        hint: "kubelet and the container runtime must agree: set `cgroupDriver` under [kubeadm.kubelet_configuration] to what the runtime uses",
    },
    Known {
        says: &[
            "cgroups v1 support is deprecated",
            "cgroups v1 support is in maintenance mode",
        ],
        hint: "boot {host} with cgroup v2 (`stat -fc %T /sys/fs/cgroup` then says cgroup2fs), or knowingly add \"SystemVerification\" to `ignore_preflight_errors` under [kubeadm]",
    },
    Known {
        says: &["the number of available CPUs", "is less than the minimum 1700 MB"],
        hint: "give {host} at least 2 CPUs and 1.7 GB of memory; for a trial add \"NumCPU\" and \"Mem\" to `ignore_preflight_errors` under [kubeadm]",
    },
    Known {
        says: &["[ERROR FileAvailable--", "[ERROR DirAvailable--"],
        hint: "something was on {host} before: `hawser plan` tells what it holds; if nothing of it is wanted, `kubeadm reset` clears it",
    },
    Known {
        says: &["[ERROR Port-", "cannot bind socket"],
        hint: "on {host} `ss -ltnp` shows which process has the port",
    },
    // Versions.
    Known {
        says: &["only supports deploying clusters with the control plane version >="],
        hint: "kubeadm on {host} is too new: install the one of the version under [cluster]",
    },
    Known {
        says: &["the kubelet version is higher than the control plane version"],
        hint: "kubelet on {host} is too new: install the one of the version under [cluster], and hold the package",
    },
    Known {
        says: &[
            "error unmarshaling JSON: while decoding JSON",
            "strict decoding error: unknown field",
        ],
        hint: "a fragment under [kubeadm], or a template of yours, names a field that this kubeadm does not know: `hawser render {host}` shows the file; compare it with the reference of kubeadm's configuration",
    },
    // Images.
    Known {
        says: &["failed to pull image", "[ERROR ImagePull]"],
        hint: "on {host} pull it by hand with `crictl pull IMAGE`; a registry of your own is `image_repository` under [cluster]",
    },
    // Certificates and clocks.
    Known {
        says: &["certificate has expired or is not yet valid"],
        hint: "compare the clocks: `date -u` on {host} and on the first control plane; `kubeadm certs check-expiration` tells what has really expired",
    },
    Known {
        says: &["x509: certificate is valid for"],
        hint: "the API server's certificate lacks that name: add it to `extra_sans` under [kubeadm] before the cluster is made; in a running one renew apiserver.crt on every control plane",
    },
    Known {
        says: &["none of the public keys"],
        hint: "another cluster answers at the endpoint: on {host} `getent hosts` its name, and see that the balancers send to this cluster's control planes",
    },
    Known {
        says: &["x509: certificate signed by unknown authority"],
        hint: "{host} holds, or talks to, certificates of another cluster: `openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -fingerprint` on both ends tells",
    },
    // Joining.
    Known {
        says: &[
            "could not find a JWS signature in the cluster-info ConfigMap",
            "is invalid for this cluster or it has expired",
        ],
        hint: "the token is not signed into cluster-info yet: the controller manager does it, see its log below /var/log/pods on the first control plane",
    },
    Known {
        says: &["configmaps \"cluster-info\" not found"],
        hint: "init did not come to its end: `hawser plan` tells where it stands",
    },
    Known {
        says: &[
            "Secret \"kubeadm-certs\" was not found",
            "cipher: message authentication failed",
        ],
        hint: "the uploaded certificates are gone, or another upload replaced them: does somebody else run kubeadm here? each run of hawser uploads them anew",
    },
    Known {
        says: &["and status \"Ready\" already exists in the cluster"],
        hint: "another host runs under this name: rename {host}, or `kubectl delete node {host}` if that one is gone",
    },
    Known {
        says: &[
            "failed to request the cluster-info ConfigMap",
            "failed to request cluster-info",
            "couldn't validate the identity of the API Server",
        ],
        hint: "the API does not answer through the endpoint: on a balancer `systemctl status haproxy keepalived`; on {host} ask the endpoint's /readyz with `curl -k`",
    },
    Known {
        says: &[
            "inotify_init: too many open files",
            "Error initializing watcher: too many open files",
        ],
        hint: "{host} has run out of inotify instances: `sysctl fs.inotify.max_user_instances` shows how many a user may have; 512 or more go well with many kubelets on one kernel",
    },
    // etcd.
    Known {
        says: &["re-configuration failed due to not enough started members"],
        hint: "a member that was added has not started: `hawser plan` names it and says whether it is brought up or removed",
    },
    Known {
        says: &["too many learner members in cluster"],
        hint: "another member is still catching up: run this again in a minute; a learner whose host is gone has to be removed with `etcdctl member remove ID`",
    },
    Known {
        says: &["can only promote a learner member which is in sync with leader"],
        hint: "the new member does not catch up: port 2380 must be open both ways between the control planes, and the disk fast enough for etcd",
    },
    Known {
        says: &["Peer URLs already exists"],
        hint: "etcd still lists a member of {host}: `hawser plan` shows it, with the quorum's sum",
    },
    Known {
        says: &["mvcc: database space exceeded"],
        hint: "etcd is full: `etcdctl compact`, `etcdctl defrag` and `etcdctl alarm disarm`, in this order, on a control plane",
    },
    Known {
        says: &["error syncing endpoints with etcd", "failed to dial endpoint"],
        hint: "{host} does not reach etcd: port 2379 of every control plane must be open to it",
    },
    Known {
        says: &[
            "etcdserver: unhealthy cluster",
            "etcd cluster is not healthy",
            "timeout waiting for etcd cluster to be available",
        ],
        hint: "an etcd member does not answer: `hawser plan` shows which; ports 2379 and 2380 must be open between the control planes",
    },
    Known {
        says: &[
            "etcdserver: request timed out",
            "etcdserver: leader changed",
            "etcdserver: no leader",
        ],
        hint: "etcd was electing a leader; if it happens again, its disk is too slow: look for \"took too long\" in its log below /var/log/pods",
    },
    // Symptoms: what is said when one of the above was the cause.
    Known {
        says: &["unable to create ClusterRoleBinding"],
        hint: "the API server runs and the endpoint does not lead to it: `systemctl status haproxy keepalived` on the balancers",
    },
    Known {
        says: &[
            "The kubelet is not running",
            "The kubelet is not healthy after",
            "It seems like the kubelet isn't running",
        ],
        hint: "on {host} `journalctl -u kubelet -n 200` tells why; most often the cgroup driver, swap, or the container runtime",
    },
    Known {
        says: &[
            "waiting for the control plane to start",
            "couldn't initialize a Kubernetes cluster",
            "timed out waiting for the condition",
        ],
        hint: "on {host} `crictl ps -a` shows which static pod ended, /var/log/pods why",
    },
    // hawser's own proof of the path.
    Known {
        says: &[
            "timed out: a firewall, or a wrong address",
            "does not resolve here",
            ": no route to ",
            " is unreachable",
        ],
        hint: "`hawser check --from {host}` tries every way from there, and says what to do about each that is not open",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// One line for each row, as the programs write it.
    const SAMPLES: &str = include_str!("../../tests/data/what_programs_say.txt");

    #[test]
    fn every_row_is_the_first_to_fit_its_sample() {
        let host = HostName("cp2".to_owned());
        let found: Vec<_> = SAMPLES
            .lines()
            .map(|line| hint(&host, &[line.to_owned()]))
            .collect();
        let rows: Vec<_> = KNOWN
            .iter()
            .map(|known| Some(known.hint.replace("{host}", "cp2")))
            .collect();

        assert_eq!(found, rows);
    }

    #[test]
    fn what_nobody_knows_has_no_hint() {
        assert_eq!(hint(&HostName("cp2".to_owned()), &["Killed".to_owned()]), None);
    }
}
