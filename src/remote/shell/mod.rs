//! Shell functions that scripts of more than one subject begin with, and the macros that put them there.

/// A script that asks etcd, whichever way the host has.
macro_rules! etcd_script {
    ($name:literal) => {
        concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/dial.sh"),
            include_str!("../shell/json.sh"),
            include_str!("../shell/etcdctl.sh"),
            include_str!("../shell/etcd_members.sh"),
            include_str!($name)
        )
    };
}

/// A script that asks etcd whether more is there than init writes.
macro_rules! beyond_init_script {
    ($name:literal) => {
        concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/json.sh"),
            include_str!("../shell/etcdctl.sh"),
            include_str!("../shell/etcd_beyond_init.sh"),
            include_str!($name)
        )
    };
}

/// A script that asks the cluster with the administrator's own identity.
macro_rules! cluster_script {
    ($name:literal) => {
        concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/kubectl.sh"),
            include_str!($name)
        )
    };
}

/// The same, where the uploaded certificates are replaced.
macro_rules! certificates_script {
    ($name:literal) => {
        concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/kubectl.sh"),
            include_str!("../shell/kubeadm_certs.sh"),
            include_str!($name)
        )
    };
}

/// A script that reads journals.
macro_rules! journal_script {
    ($name:literal) => {
        concat!(include_str!("../shell/journal.sh"), include_str!($name))
    };
}

/// A script that looks for the kubelet's identity.
macro_rules! kubelet_script {
    ($name:literal) => {
        concat!(include_str!("../shell/kubelet_identity.sh"), include_str!($name))
    };
}

/// A script whose command goes on when the connection does not.
macro_rules! outliving_script {
    ($name:literal) => {
        concat!(include_str!("../shell/outlive.sh"), include_str!($name))
    };
}

/// A script that puts files in their place.
macro_rules! place_script {
    ($($name:literal),+) => {
        concat!(
            include_str!("../shell/place.sh"),
            include_str!("../shell/package_default.sh"),
            $(include_str!($name)),+
        )
    };
}

#[cfg(test)]
mod tests;
