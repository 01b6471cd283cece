//! A user's templates in the place of the program's own, and what is said of those that hawser cannot use.

use std::collections::BTreeMap;

use hawser::error::{ExitCode, Problem};
use hawser::remote::files::{RenderedFile, every_file, haproxy, haproxy_description, init, join_worker};
use hawser::templates::Templates;
use hawser::topology::{EtcdManager, Topology};

use crate::builder::{KUBEADM_1_36, bare, external, find, stacked, with_patches, with_template};

const OWN: &str = include_str!("../../templates/haproxy.cfg.j2");

fn render_haproxy(text: &str) -> Result<RenderedFile, Problem> {
    let topology = with_template(stacked(), "haproxy.cfg.j2", text);
    haproxy(&topology, find(&topology, "lb1"), &["cp1".into()])
}

/// The problem of the first host that has one.
fn problem(topology: &Topology) -> Problem {
    let mut rendered = topology
        .hosts
        .iter()
        .map(|host| every_file(topology, host, KUBEADM_1_36));
    rendered.find_map(Result::err).unwrap()
}

#[test]
fn a_users_template_takes_the_place_of_the_programs_own() {
    let file = render_haproxy(&OWN.replace("timeout client 1h", "timeout client 8h")).unwrap();

    assert!(file.content.masked().contains("  timeout client 8h\n"));
    assert!(haproxy_description(&file).starts_with("hawser "));
}

#[test]
fn a_users_template_gives_another_description() {
    let own = render_haproxy(OWN).unwrap();
    let other = render_haproxy(&OWN.replace("1h", "8h")).unwrap();

    assert_ne!(haproxy_description(&own), haproxy_description(&other));
}

#[test]
fn a_template_may_include_another_of_the_users() {
    let name = "kubeadm/node-registration.yaml.j2";
    let text = "nodeRegistration:\n  name: {{ node.name | quoted }}\n  imagePullPolicy: \"Never\"\n";
    let topology = with_template(stacked(), name, text);

    let file = join_worker(&topology, find(&topology, "w1"), KUBEADM_1_36).unwrap();

    assert!(
        file.content
            .masked()
            .contains("imagePullPolicy: \"Never\"\ndiscovery:\n")
    );
}

/// What a user does to a template, and what is then said.
fn broken(topology: Topology, name: &str, from: &str, to: &str) -> String {
    let own = Templates::default();
    let (_, text) = own.all().find(|(own, _)| *own == name).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    let problem = problem(&with_template(topology, name, &text.replacen(from, to, 1)));
    assert_eq!(problem.explain().exit, ExitCode::Usage);
    problem.to_string()
}

#[test]
fn templates_that_hawser_cannot_use_make_a_page_of_good_errors() {
    let broken = |name: &str, from: &str, to: &str| broken(with_patches(), name, from, to);
    let page = [
        broken("haproxy.cfg.j2", "{{ maxconn }}", "{{ maxcon }}"),
        broken("haproxy.cfg.j2", "{{ server.address }}", "{{ server.adress }}"),
        broken("haproxy.cfg.j2", "{% endfor %}", ""),
        broken("haproxy.cfg.j2", "{{ bind }}", "{{ bind | shout }}"),
        broken("haproxy.cfg.j2", "  description hawser {{ digest }}\n", ""),
        broken("haproxy.cfg.j2", "description hawser", "description balancer"),
        broken("haproxy.cfg.j2", "/run/haproxy/admin.sock", "/tmp/haproxy.sock"),
        broken("haproxy.cfg.j2", "\nbackend control_planes", "\nbackend api"),
        broken("hosts-block.j2", "# END", "# END of"),
        broken(
            "kubeadm/node-registration.yaml.j2",
            "node.cri_socket",
            "node.socket",
        ),
        broken(
            "kubeadm/init.yaml.j2",
            "node-registration.yaml.j2",
            "node.yaml.j2",
        ),
        broken(
            "kubeadm/init.yaml.j2",
            "{{ token | quoted }}",
            "\"abcdef.0123456789abcdef\"",
        ),
        broken(
            "kubeadm/join.yaml.j2",
            "  certificateKey: {{ certificate_key | quoted }}\n",
            "",
        ),
        broken(
            "kubeadm/join.yaml.j2",
            "  directory: {{ patches | quoted }}\n",
            "",
        ),
        broken(
            "kubeadm/cluster.yaml.j2",
            "clusterName: {{ cluster | quoted }}",
            "clusterName: {{ cluster }}: x",
        ),
    ];

    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn what_etcd_hosts_need_may_not_be_left_out_of_their_templates() {
    let by_kubelet = |name: &str, from: &str, to: &str| broken(external(), name, from, to);
    let with_etcds_patch = Topology {
        kubeadm: with_patches().kubeadm,
        ..external()
    };
    let mut by_systemd = external();
    by_systemd.external_etcd.manager = EtcdManager::Systemd;
    let page = [
        by_kubelet("etcd-kubelet.conf.j2", "{{ word }}", ""),
        by_kubelet("kubeadm/etcd-kubelet.yaml.j2", "kubernetes/manifests", "pods"),
        by_kubelet("kubeadm/etcd-init.yaml.j2", "{{ cluster -}}", ""),
        by_kubelet(
            "kubeadm/etcd-cluster.yaml.j2",
            "{{ data_directory | quoted }}",
            "/srv",
        ),
        by_kubelet("kubeadm/etcd-cluster.yaml.j2", "{{ value | quoted }}", "\"none\""),
        broken(
            with_etcds_patch,
            "kubeadm/etcd-init.yaml.j2",
            "  directory: {{ patches | quoted }}\n",
            "",
        ),
        broken(by_systemd, "etcd.service.j2", "{{ word }}", ""),
    ];

    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn a_description_in_another_section_does_not_count() {
    let elsewhere = OWN.replace("  description hawser {{ digest }}\n", "").replace(
        "  default_backend",
        "  description hawser {{ digest }}\n  default_backend",
    );

    assert!(render_haproxy(&elsewhere).is_err());
}

#[test]
fn what_is_broken_for_another_host_does_not_matter_here() {
    let topology = with_template(stacked(), "kubeadm/join.yaml.j2", "{{ nothing }}");

    assert!(init(&topology, find(&topology, "cp1"), KUBEADM_1_36).is_ok());
    assert!(join_worker(&topology, find(&topology, "w1"), KUBEADM_1_36).is_err());
}

#[test]
fn the_templates_own_page_names_what_each_is_given() {
    let page = include_str!("../../templates/README.md");
    let rows: BTreeMap<&str, &str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.trim_end_matches('|').split_once("` |"))
        .map(|(name, names)| (name, names.trim()))
        .collect();

    assert_eq!(
        rows.keys().copied().collect::<Vec<_>>(),
        Templates::names().collect::<Vec<_>>()
    );
    for (name, names) in rows
        .into_iter()
        .filter(|(name, _)| !name.contains("node-registration"))
    {
        let mut topology = if name.contains("etcd") {
            external()
        } else {
            stacked()
        };
        if name == "containerd.toml.j2" {
            topology = bare(topology);
        }
        if name == "etcd.service.j2" {
            topology.external_etcd.manager = EtcdManager::Systemd;
        }
        let problem = problem(&with_template(topology, name, "{{ nope }}"));
        let given = problem.explain().hint.join("");
        assert_eq!(
            given
                .trim_start_matches("it can use these variables: ")
                .replace("no names are given to it", ""),
            names
        );
    }
}
