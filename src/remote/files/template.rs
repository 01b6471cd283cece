//! The templates of `templates/`: an undefined name is an error, and nothing is escaped but by the `quoted`
//! and `key` filters.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::yaml;

/// The templates, by name.
const TEMPLATES: [(&str, &str); 14] = [
    ("haproxy.cfg", include_str!("../../../templates/haproxy.cfg.j2")),
    (
        "keepalived.conf",
        include_str!("../../../templates/keepalived.conf.j2"),
    ),
    ("hosts-block", include_str!("../../../templates/hosts-block.j2")),
    (
        "init.yaml",
        include_str!("../../../templates/kubeadm/init.yaml.j2"),
    ),
    (
        "join.yaml",
        include_str!("../../../templates/kubeadm/join.yaml.j2"),
    ),
    (
        "node-registration.yaml",
        include_str!("../../../templates/kubeadm/node-registration.yaml.j2"),
    ),
    (
        "cluster.yaml",
        include_str!("../../../templates/kubeadm/cluster.yaml.j2"),
    ),
    (
        "kubelet.yaml",
        include_str!("../../../templates/kubeadm/kubelet.yaml.j2"),
    ),
    (
        "kube-proxy.yaml",
        include_str!("../../../templates/kubeadm/kube-proxy.yaml.j2"),
    ),
    (
        "etcd-init.yaml",
        include_str!("../../../templates/kubeadm/etcd-init.yaml.j2"),
    ),
    (
        "etcd-cluster.yaml",
        include_str!("../../../templates/kubeadm/etcd-cluster.yaml.j2"),
    ),
    (
        "etcd-kubelet.yaml",
        include_str!("../../../templates/kubeadm/etcd-kubelet.yaml.j2"),
    ),
    (
        "etcd-kubelet.conf",
        include_str!("../../../templates/etcd-kubelet.conf.j2"),
    ),
    ("etcd.service", include_str!("../../../templates/etcd.service.j2")),
];

/// Renders one of the program's own templates.
#[expect(
    clippy::expect_used,
    reason = "the templates are part of the program: every one is rendered by a test in every one of its shapes"
)]
pub(super) fn render(name: &str, context: Value) -> String {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .expect("the delimiters are the default ones");
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(syntax);
    environment.add_filter("quoted", |text: String| yaml::quoted(&text));
    environment.add_filter("key", |name: String| yaml::key(&name));
    for (name, source) in TEMPLATES {
        environment
            .add_template(name, source)
            .expect("a template of the program's own parses");
    }
    environment
        .get_template(name)
        .and_then(|template| template.render(context))
        .expect("a template of the program's own renders")
}
