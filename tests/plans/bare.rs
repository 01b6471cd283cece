//! Bare hosts in the model: what they lack, and what their preparation makes of them.

use std::collections::BTreeMap;

use hawser::facts::{Installed, Observed, PreparationFacts};
use hawser::plan::{Action, Step};
use hawser::remote::files::preparation::OLD_SYSCTLS;
use hawser::topology::{
    PackageSource, Preparation, Proxy, Repository, Swap, Topology, Version, sandbox_among,
};
use hawser::values::Slot;

use crate::world::{IMAGES, Machine, World};

pub(crate) fn preparation() -> Preparation {
    Preparation {
        source: PackageSource::Repository(Repository {
            url: "https://packages.lab.test/v1.20/deb/".to_owned(),
            key: "the key\n".to_owned(),
            fingerprint: "AB".repeat(20),
        }),
        modules: ["overlay", "br_netfilter"].map(str::to_owned).to_vec(),
        sysctls: BTreeMap::from([("net.ipv4.ip_forward".to_owned(), "1".to_owned())]),
        swap: Swap::Off,
        sandbox_image: Some("k8s.gcr.io/pause:3.2".to_owned()),
        mirrors: BTreeMap::new(),
        credentials: BTreeMap::new(),
        containerd: serde_json::Map::new(),
        proxy: Proxy::default(),
    }
}

/// What a look at a host finds where nobody has done anything.
pub(crate) fn nothing() -> PreparationFacts {
    PreparationFacts {
        system: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        is_debians: true,
        architecture: "amd64".to_owned(),
        swap: vec!["active /dev/sda2".to_owned(), "fstab UUID=1".to_owned()],
        sysctls: BTreeMap::from([("net.ipv4.ip_forward".to_owned(), "0".to_owned())]),
        ..PreparationFacts::default()
    }
}

/// Hosts with nothing on them, to be prepared.
pub(crate) fn bare(topology: Topology) -> World {
    let mut world = World::fresh(Topology {
        preparation: Some(preparation()),
        ..topology
    });
    world.hosts.values_mut().for_each(strip);
    world
}

pub(crate) fn strip(machine: &mut Machine) {
    let facts = &mut machine.facts;
    facts.versions = hawser::facts::Versions::default();
    facts.preparation = Some(nothing());
    facts.kubernetes.images = Observed::Unknown("containerd.sock is not there".to_owned());
    facts.kubernetes.needed_images = Observed::Unknown("needed_images: not asked".to_owned());
    if let Some(etcd) = &mut facts.etcd {
        (etcd.program, etcd.has_user, etcd.has_etcdctl) = (None, false, false);
    }
    for unit in ["haproxy", "keepalived", "kubelet"] {
        facts
            .units
            .insert(unit.to_owned(), hawser::facts::Unit::default());
    }
}

impl World {
    /// Does a step of the preparation; `false` where it is none.
    pub(crate) fn act_on_preparation(&mut self, step: &Step, what: &str) -> bool {
        let version = self.topology.version;
        let preparation = self.topology.preparation.clone();
        if what == "read-sandbox-image" {
            return self.read_sandbox_image(step);
        }
        let machine = self.machine(&step.host.0);
        let (Some(preparation), Some(found)) = (preparation, &mut machine.facts.preparation) else {
            return false;
        };
        match what {
            "mask-etcd" => {}
            "install-packages" => install(machine, step, version),
            "load-modules" => found.modules = preparation.modules.into_iter().collect(),
            "apply-sysctls" => found.sysctls = preparation.sysctls,
            "clear-packages" => found.has_leftover_packages = false,
            "remove-old-sysctls" => drop(machine.facts.files.remove(OLD_SYSCTLS)),
            "turn-swap-off" => found.swap.clear(),
            "start-containerd" => machine.unit("containerd", true),
            "start-kubelet" => machine.unit("kubelet", false),
            _ => return what.starts_with("send-"),
        }
        true
    }

    /// The kubeadm that is installed by then names it.
    fn read_sandbox_image(&mut self, step: &Step) -> bool {
        let gives = Slot::SandboxImage;
        assert!(matches!(step.action, Action::Read { gives: slot, .. } if slot == gives));
        let machine = &self.hosts[&step.host];
        let named = machine.facts.kubernetes.needed_images.known();
        let named = named.and_then(|images| sandbox_among(images.iter().map(String::as_str)));
        let image = named.map(str::to_owned);
        self.sandbox_image
            .extend(image.map(|image| (step.host.clone(), image)));
        true
    }
}

/// What kubeadm 1.36.2 says by itself, as it was captured.
pub(crate) fn images_of_1_36() -> Vec<String> {
    let captured = include_str!("../data/programs/kubeadm-1.36.txt");
    let list = captured
        .split("== ")
        .find_map(|part| part.strip_prefix("kubeadm config images list\n"));
    list.unwrap().lines().map(str::to_owned).collect()
}

/// The packages that the command names.
fn install(machine: &mut Machine, step: &Step, version: Version) {
    let facts = &mut machine.facts;
    let line = step.change().unwrap().command.line();
    let words = shlex::split(&line).unwrap().into_iter().skip(4);
    for word in words.filter(|word| !word.starts_with('/') && !word.contains(' ')) {
        let (name, release) = word.split_once('=').unwrap_or((&word, "1:2.0"));
        match name {
            "kubeadm" => {
                facts.versions.kubeadm = Some(version);
                let named = match version.minor {
                    36 => images_of_1_36(),
                    _ => IMAGES.map(str::to_owned).to_vec(),
                };
                facts.kubernetes.needed_images = Observed::Known(named);
            }
            "kubelet" => facts.versions.kubelet = Some(version),
            "kubectl" => facts.versions.kubectl = Some(version),
            "haproxy" => facts.versions.haproxy = Some("2.6.12".to_owned()),
            "keepalived" => facts.versions.keepalived = Some("2.2.7".to_owned()),
            "etcd-server" => {
                let etcd = facts.etcd.as_mut().unwrap();
                (etcd.program, etcd.has_user) = (Some("/usr/bin/etcd".to_owned()), true);
            }
            "etcd-client" => facts.etcd.as_mut().unwrap().has_etcdctl = true,
            _ => {}
        }
        let installed = Installed {
            version: format!("{release}-1.1"),
            is_held: word.contains('='),
        };
        let found = facts.preparation.as_mut().unwrap();
        found.packages.insert(name.to_owned(), installed);
    }
}
