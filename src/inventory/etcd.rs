//! `[etcd]`: etcd on hosts of its own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use super::workstation::Workstation;
use super::{formats, keys, written};
use crate::pki::Authority;
use crate::topology::{EtcdManager, EtcdSettings, EtcdTopology, KubeadmSettings, Secret, UserAuthority};

pub(super) fn resolve(
    written: Option<&written::Etcd>,
    topology: EtcdTopology,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> EtcdSettings {
    let place = Place::root().key("etcd");
    let defaults = EtcdSettings::default();
    let Some(etcd) = written else { return defaults };
    if topology == EtcdTopology::Stacked && mistakes.is_sound(&Place::root().key("cluster").key("topology")) {
        let help = "set `topology = \"external\"` in [cluster], or leave the table out: stacked members are kubeadm's, \
                    set in [kubeadm.cluster_configuration] under etcd.local";
        let wrong = Wrong::new("[etcd] has no effect with stacked etcd", "ignored", help);
        mistakes.push(Mistake::warning(&place, wrong));
    }
    let directory = etcd.data_directory.as_deref().unwrap_or(&defaults.data_directory);
    let directory = mistakes.check(&place.key("data_directory"), formats::absolute_path(directory));
    check_arguments(&etcd.arguments, &place.key("arguments"), mistakes);
    EtcdSettings {
        manager: etcd.manager.unwrap_or(defaults.manager),
        data_directory: directory.unwrap_or_default(),
        key_algorithm: etcd.key_algorithm.unwrap_or(defaults.key_algorithm),
        authority: authority(etcd, &place, workstation, mistakes),
        arguments: etcd.arguments.clone(),
    }
}

/// kubeadm takes one or the other.
pub(super) fn refuse_local(topology: EtcdTopology, kubeadm: &KubeadmSettings, mistakes: &mut Mistakes) {
    let etcd = kubeadm.cluster_configuration.get("etcd");
    if topology == EtcdTopology::Stacked || etcd.and_then(|etcd| etcd.get("local")).is_none() {
        return;
    }
    let place = ["kubeadm", "cluster_configuration", "etcd", "local"]
        .iter()
        .fold(Place::root(), |place, key| place.key(key));
    let help = "set `data_directory` and `arguments` in [etcd]: it is for members on dedicated hosts";
    let wrong = Wrong::new(
        "`etcd.local` is for stacked etcd",
        "the topology is external",
        help,
    );
    mistakes.push(Mistake::key(&place, wrong));
}

/// A unit has no static pod that kubeadm could patch.
pub(super) fn refuse_patches(
    topology: EtcdTopology,
    etcd: &EtcdSettings,
    kubeadm: &KubeadmSettings,
    mistakes: &mut Mistakes,
) {
    if topology == EtcdTopology::Stacked || etcd.manager == EtcdManager::Kubelet {
        return;
    }
    for patch in kubeadm.patches.iter().filter(|patch| patch.target == "etcd") {
        let help = "take it out of the folder, and set etcd's flags as `arguments` in [etcd]; all of its unit can be \
                    changed by a template `etcd.service.j2`";
        let wrong = Wrong::new(
            format!(
                "the patch {} patches etcd's static pod, and systemd runs etcd",
                patch.name
            ),
            "one of them patches nothing",
            help,
        );
        mistakes.push(Mistake::error(
            &Place::root().key("kubeadm").key("patches"),
            wrong,
        ));
    }
}

fn authority(
    etcd: &written::Etcd,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Option<UserAuthority> {
    let (certificate_place, key_place) = (place.key("ca_certificate"), place.key("ca_key"));
    let alone = |absent: &str| {
        let help = "set both `ca_certificate` and `ca_key`, or neither: hawser then creates a CA";
        Wrong::new(
            format!("a CA without its `{absent}`"),
            "only one of the two",
            help,
        )
    };
    let (certificate, key) = match (&etcd.ca_certificate, &etcd.ca_key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return None,
        (Some(_), None) => {
            mistakes.push(Mistake::error(&certificate_place, alone("ca_key")));
            return None;
        }
        (None, Some(_)) => {
            mistakes.push(Mistake::error(&key_place, alone("ca_certificate")));
            return None;
        }
    };
    let certificate = mistakes.check(&certificate_place, workstation.read(certificate))?;
    mistakes.check(&key_place, keys::check_closed(&workstation.path(key), &keys::KEY))?;
    let key = Zeroizing::new(mistakes.check(&key_place, workstation.read(key))?);
    let can_sign = Authority::load(&certificate, &key, Timestamp::now()).map_err(|cause| {
        let help = "`openssl x509 -noout -text -in FILE` shows what the certificate is; the key is PEM, RSA or ECDSA, \
                    without a passphrase";
        Wrong::new("etcd's certificates cannot be signed with this CA", cause, help)
    });
    mistakes.check(&certificate_place, can_sign)?;
    Some(UserAuthority {
        certificate,
        key: Secret(key),
    })
}

/// Flags that hawser or kubeadm set from what the inventory says elsewhere.
const BUILTIN_ARGUMENTS: &[&str] = &[
    "advertise-client-urls",
    "cert-file",
    "client-cert-auth",
    "initial-advertise-peer-urls",
    "initial-cluster",
    "initial-cluster-state",
    "initial-cluster-token",
    "key-file",
    "listen-client-urls",
    "listen-peer-urls",
    "name",
    "peer-cert-file",
    "peer-client-cert-auth",
    "peer-key-file",
    "peer-trusted-ca-file",
    "trusted-ca-file",
];

fn check_arguments(arguments: &BTreeMap<String, String>, place: &Place, mistakes: &mut Mistakes) {
    for (name, value) in arguments {
        let here = place.key(name);
        let is_flag = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let wrong = if name.is_empty() || name.starts_with('-') || !name.chars().all(is_flag) {
            let help = "write the flag's name without the dashes before it, such as `quota-backend-bytes`";
            Wrong::new(format!("not a flag of etcd: `{name}`"), "not a flag's name", help)
        } else if name == "data-dir" {
            let help = "set `data_directory` in [etcd]";
            Wrong::new("`data-dir` is set by hawser", "set twice", help)
        } else if BUILTIN_ARGUMENTS.contains(&name.as_str()) {
            let help = "leave it out: it follows from the hosts and their certificates";
            Wrong::new(format!("`{name}` is set by hawser"), "set twice", help)
        } else if value.chars().any(char::is_control) {
            let help = "write it on one line";
            Wrong::new(format!("`{name}` has a control character in it"), "here", help)
        } else {
            continue;
        };
        mistakes.push(Mistake::key(&here, wrong));
    }
}
