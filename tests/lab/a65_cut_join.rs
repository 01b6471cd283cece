//! What a join leaves that is cut after its etcd member has its vote and before its kubelet has a client certificate. A
//! kubelet that asks its own API server for that (kubeadm from 1.33 on) comes to this point in every join.

use support::hawser::{Administrator, BUILD, administrator};
use support::host;
use support::wait::{LONG, until};

use crate::evidence::PROFILE;

/// kubelet.conf names a certificate that is not there, and the token with which kubelet would ask for it is gone.
const CUT: &str = r"
    systemctl stop kubelet
    rm -f /var/lib/kubelet/pki/kubelet-client-*
    test -e /etc/kubernetes/kubelet.conf
    sed -e '/client-certificate/d' -e 's/^\( *\)client-key: .*/\1token: abcdef.0123456789abcdef/' \
        -e '/client-key-data/d' /etc/kubernetes/kubelet.conf >/etc/kubernetes/bootstrap-kubelet.conf
    chmod 600 /etc/kubernetes/bootstrap-kubelet.conf
    grep -q 'token: abcdef' /etc/kubernetes/bootstrap-kubelet.conf";

const MEMBERS: &str = "etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt \
    --cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt --key=/etc/kubernetes/pki/etcd/healthcheck-client.key \
    member list -w json | tr , '\\n' | grep '\"ID\"' | sort";

#[test]
fn a65_a_kubelet_without_its_certificate_is_given_a_token_and_the_join_is_finished() {
    let Administrator {
        kubectl, workstation, ..
    } = administrator(PROFILE);
    let members = host::exec("cp1", MEMBERS);

    host::exec("cp3", CUT);
    kubectl.run(&["delete", "node", "cp3"]).exits(0);
    host::exec("cp3", "systemctl start kubelet");
    until("kubelet is refused", LONG, || {
        let reply = "journalctl -u kubelet -n 200 --no-pager | grep -q Unauthorized";
        host::try_exec("cp3", reply).answer()
    });
    let ran = workstation.hawser(&["apply", "--yes"], BUILD).exits(0);

    assert!(!ran.stdout.contains("kubeadm reset"), "{}", ran.reply());
    assert_eq!(
        host::exec("cp1", MEMBERS),
        members,
        "its member is the one it was"
    );
    let node = kubectl.get(&["node", "cp3"]).unwrap();
    let label = &node["metadata"]["labels"]["node-role.kubernetes.io/control-plane"];
    assert!(label.is_string(), "{node}");
    assert!(host::is_so(
        "cp3",
        "test ! -e /etc/kubernetes/bootstrap-kubelet.conf"
    ));
    assert!(host::is_so(
        "cp3",
        "test -s /var/lib/kubelet/pki/kubelet-client-current.pem"
    ));
    assert!(host::is_so("cp3", "! ps -eo comm | grep -qx kubeadm"));
    assert_eq!(kubectl.secrets_of_runs(), Vec::<String>::new());
    workstation.settles();
}
