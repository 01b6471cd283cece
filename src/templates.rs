//! The templates of what hosts receive: the program's own, and a user's in the place of some of them.

use std::collections::BTreeMap;

/// The program's own. A name is a path below `templates/`.
const OWN: [(&str, &str); 15] = [
    (
        "containerd.toml.j2",
        include_str!("../templates/containerd.toml.j2"),
    ),
    (
        "etcd-kubelet.conf.j2",
        include_str!("../templates/etcd-kubelet.conf.j2"),
    ),
    ("etcd.service.j2", include_str!("../templates/etcd.service.j2")),
    ("haproxy.cfg.j2", include_str!("../templates/haproxy.cfg.j2")),
    ("hosts-block.j2", include_str!("../templates/hosts-block.j2")),
    (
        "keepalived.conf.j2",
        include_str!("../templates/keepalived.conf.j2"),
    ),
    (
        "kubeadm/cluster.yaml.j2",
        include_str!("../templates/kubeadm/cluster.yaml.j2"),
    ),
    (
        "kubeadm/etcd-cluster.yaml.j2",
        include_str!("../templates/kubeadm/etcd-cluster.yaml.j2"),
    ),
    (
        "kubeadm/etcd-init.yaml.j2",
        include_str!("../templates/kubeadm/etcd-init.yaml.j2"),
    ),
    (
        "kubeadm/etcd-kubelet.yaml.j2",
        include_str!("../templates/kubeadm/etcd-kubelet.yaml.j2"),
    ),
    (
        "kubeadm/init.yaml.j2",
        include_str!("../templates/kubeadm/init.yaml.j2"),
    ),
    (
        "kubeadm/join.yaml.j2",
        include_str!("../templates/kubeadm/join.yaml.j2"),
    ),
    (
        "kubeadm/kube-proxy.yaml.j2",
        include_str!("../templates/kubeadm/kube-proxy.yaml.j2"),
    ),
    (
        "kubeadm/kubelet.yaml.j2",
        include_str!("../templates/kubeadm/kubelet.yaml.j2"),
    ),
    (
        "kubeadm/node-registration.yaml.j2",
        include_str!("../templates/kubeadm/node-registration.yaml.j2"),
    ),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// A file of the workstation; for the program's own, its path in the program's sources.
    pub path: String,
    /// In minijinja's language, which is Jinja2's.
    pub text: String,
}

/// A user's templates by name; the program's own stand behind every other name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates(BTreeMap<&'static str, Template>);

impl Templates {
    /// Every name that there is, in order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OWN.iter().map(|(name, _)| *name)
    }

    /// Puts a user's template in the place of the program's own; gives it back where there is none of that name.
    pub fn put(&mut self, name: &str, template: Template) -> Result<(), Template> {
        match Self::names().find(|own| *own == name) {
            Some(own) => {
                self.0.insert(own, template);
                Ok(())
            }
            None => Err(template),
        }
    }

    /// Whether all of them are the program's own.
    pub fn are_own(&self) -> bool {
        self.0.is_empty()
    }

    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        OWN.iter().map(|(name, own)| {
            let text = self.0.get(name).map_or(*own, |template| template.text.as_str());
            (*name, text)
        })
    }

    pub fn path(&self, name: &str) -> String {
        self.0
            .get(name)
            .map_or_else(|| format!("templates/{name}"), |template| template.path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_the_paths_below_templates() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let count = |folder: std::path::PathBuf| {
            let paths = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            paths
                .filter(|path| path.extension().is_some_and(|end| end == "j2"))
                .count()
        };

        assert!(Templates::names().all(|name| root.join(name).is_file()));
        assert_eq!(
            Templates::names().count(),
            count(root.clone()) + count(root.join("kubeadm"))
        );
    }

    #[test]
    fn a_users_template_takes_the_place_of_the_programs_own() {
        let mine = Template {
            path: "mine/haproxy.cfg.j2".to_owned(),
            text: "mine".to_owned(),
        };
        let mut templates = Templates::default();

        assert!(templates.are_own());
        assert!(templates.put("haproxy.cfg", mine.clone()).is_err());
        assert!(templates.put("haproxy.cfg.j2", mine).is_ok());

        assert!(
            templates
                .all()
                .any(|(name, text)| name == "haproxy.cfg.j2" && text == "mine")
        );
        assert_eq!(templates.path("haproxy.cfg.j2"), "mine/haproxy.cfg.j2");
        assert_eq!(templates.path("hosts-block.j2"), "templates/hosts-block.j2");
        assert_eq!(templates.all().count(), Templates::names().count());
    }
}
