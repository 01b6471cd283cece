//! The ways in which an inventory is broken, one by one: the snapshot is the page of what is said of each.

use crate::workshop::{good_but, load_text, rendered};

/// What an author does to the good inventory, edit by edit.
const BROKEN: &[(&str, &[(&str, &str)])] = &[
    ("a quote is missing", &[("name = \"demo\"", "name = \"demo")]),
    ("a key is there twice", &[("vip = ", "name = \"api\"\nvip = ")]),
    ("a table's name is misspelt", &[("[networks]", "[netwroks]")]),
    (
        "a key is misspelt, and seems to be missing",
        &[("kubernetes = ", "kubernets = ")],
    ),
    (
        "a key is in the wrong table",
        &[("[endpoint]", "vip = \"192.0.2.10\"\n\n[endpoint]")],
    ),
    (
        "a table is missing",
        &[(
            "[endpoint]\nname = \"api.demo.example\"\nvip = \"192.0.2.10\"\n",
            "",
        )],
    ),
    (
        "a number is in quotes",
        &[("[endpoint]", "[endpoint]\nport = \"6443\"")],
    ),
    (
        "a number is too large",
        &[("[endpoint]", "[endpoint]\nvirtual_router_id = 256")],
    ),
    (
        "no worker may join",
        &[("[endpoint]", "workers_at_once = 0\n\n[endpoint]")],
    ),
    (
        "a choice is none",
        &[("[endpoint]", "topology = \"stackd\"\n\n[endpoint]")],
    ),
    ("a role is none", &[("[\"worker\"]", "[\"worker\", \"master\"]")]),
    ("a host has no role", &[("[\"worker\"]", "[]")]),
    ("the version is not exact", &[("v1.34.2", "1.34.2")]),
    ("a host's name is not RFC 1123", &[("\"w1\"", "\"W_1\"")]),
    ("two hosts have one name", &[("\"w1\"", "\"cp1\"")]),
    ("two hosts have one address", &[("192.0.2.31", "192.0.2.21")]),
    (
        "an address is a name",
        &[("\"192.0.2.31\"", "\"w1.example.org\"")],
    ),
    ("an address is half", &[("\"192.0.2.31\"", "\"192.0.2\"")]),
    ("pods and services overlap", &[("10.244.0.0/16", "10.100.0.0/16")]),
    (
        "hosts lie in the pods' network",
        &[("10.244.0.0/16", "192.0.0.0/16"), ("192.0.2.10", "198.51.100.10")],
    ),
    (
        "a network's address has host bits",
        &[("10.244.0.0/16", "10.244.7.0/16")],
    ),
    (
        "a port of the pod network has no protocol",
        &[("[pod_network]", "[pod_network]\nports = [\"8472/udp\", \"179\"]")],
    ),
    (
        "the pods' network is too small",
        &[("10.244.0.0/16", "10.244.0.0/24")],
    ),
    (
        "dual stack of one family",
        &[("\"10.244.0.0/16\"", "[\"10.244.0.0/16\", \"10.245.0.0/16\"]")],
    ),
    ("the VIP is a host's address", &[("192.0.2.10", "192.0.2.11")]),
    ("several balancers and no VIP", &[("vip = \"192.0.2.10\"\n", "")]),
    (
        "a VIP and no balancer",
        &[("\"balancer\"", "\"worker\""), ("\"balancer\"", "\"worker\"")],
    ),
    (
        "the endpoint is a URL",
        &[("\"api.demo.example\"", "\"https://api.demo.example:6443\"")],
    ),
    (
        "balancer and control plane want one port",
        &[(
            "[\"control-plane\"]\n\n[[hosts]]\nname = \"w1",
            "[\"control-plane\", \"balancer\"]\n\n[[hosts]]\nname = \"w1",
        )],
    ),
    (
        "an etcd member shares its host",
        &[
            ("[endpoint]", "topology = \"external\"\n\n[endpoint]"),
            ("[\"worker\"]", "[\"worker\", \"etcd\"]"),
        ],
    ),
    (
        "external etcd and no etcd host",
        &[("[endpoint]", "topology = \"external\"\n\n[endpoint]")],
    ),
    (
        "an etcd host in the stacked topology",
        &[(
            "[\"balancer\"]\n\n[[hosts]]\nname = \"cp1",
            "[\"etcd\"]\n\n[[hosts]]\nname = \"cp1",
        )],
    ),
    (
        "no control plane",
        &[(
            "address = \"192.0.2.21\"\nroles = [\"control-plane\"]",
            "address = \"192.0.2.21\"\nroles = [\"worker\"]",
        )],
    ),
    ("a taint has no effect", &[(":NoSchedule", "")]),
    (
        "a label's key is not valid",
        &[("topology.kubernetes.io/zone", "Topology.kubernetes.io/zone")],
    ),
    (
        "a label on a host that is no node",
        &[("[\"balancer\"]", "[\"balancer\"]\nlabels = { zone = \"a\" }")],
    ),
    ("the public key is named", &[("\"id_demo\"", "\"id_demo.pub\"")]),
    (
        "a private key is open to others",
        &[("\"id_demo\"", "\"id_open\"")],
    ),
    ("a private key is not there", &[("\"id_demo\"", "\"id_gone\"")]),
    (
        "a known_hosts file is not there",
        &[("[ssh]", "[ssh]\nknown_hosts = \"known_hosts_demo\"")],
    ),
    (
        "sudo is none, and the user is not root",
        &[("user = \"root\"", "user = \"ops\"\nsudo = \"none\"")],
    ),
    (
        "a manifest is not there",
        &[("\"pod-network.yaml\"", "\"pod-netwrok.yaml\"")],
    ),
    (
        "a manifest is a web page",
        &[("\"pod-network.yaml\"", "\"page.yaml\"")],
    ),
    (
        "a manifest has another hash",
        &[(
            "\"pod-network.yaml\"",
            "\"pod-network.yaml\", sha256 = \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"",
        )],
    ),
    (
        "a manifest is both file and URL",
        &[(
            "\"pod-network.yaml\"",
            "\"pod-network.yaml\", url = \"https://example.org/\"",
        )],
    ),
    (
        "a template is in the place of none",
        &[("[cluster]", "templates = \"templates-odd\"\n\n[cluster]")],
    ),
    (
        "a folder of templates is not there",
        &[("[cluster]", "templates = \"templtes\"\n\n[cluster]")],
    ),
    (
        "a folder of patches is empty",
        &[("[ssh]", "[kubeadm]\npatches = \"empty\"\n\n[ssh]")],
    ),
    (
        "a patch has a type that is none",
        &[("[ssh]", "[kubeadm]\npatches = \"patches-odd\"\n\n[ssh]")],
    ),
    (
        "patches are a file",
        &[("[ssh]", "[kubeadm]\npatches = \"page.yaml\"\n\n[ssh]")],
    ),
    (
        "a patch of etcd, which systemd runs",
        &[
            ("[endpoint]", "topology = \"external\"\n\n[endpoint]"),
            (
                "[ssh]",
                "[etcd]\nmanager = \"systemd\"\n\n[kubeadm]\npatches = \"patches\"\n\n[ssh]",
            ),
            (
                "[[hosts]]",
                "[[hosts]]\nname = \"etcd1\"\naddress = \"192.0.2.41\"\nroles = [\"etcd\"]\n\n[[hosts]]",
            ),
        ],
    ),
    (
        "a file's path is relative",
        &[("\"/etc/kubernetes/audit-policy.yaml\"", "\"audit-policy.yaml\"")],
    ),
    ("a mode is a number", &[("source =", "mode = 600\nsource =")]),
    (
        "a secret is open to all",
        &[("source =", "secret = true\nmode = \"0644\"\nsource =")],
    ),
    (
        "kubeadm's own key for what hawser sets",
        &[(
            "[[files]]",
            "[kubeadm.cluster_configuration]\nnetworking.podSubnet = \"10.0.0.0/8\"\n\n[[files]]",
        )],
    ),
    (
        "a path of etcd's data that begins nowhere",
        &[(
            "[[files]]",
            "[kubeadm.cluster_configuration]\netcd.local.dataDir = \"data/etcd\"\n\n[[files]]",
        )],
    ),
    (
        "an authority for etcd without its key",
        &[(
            "[networks]",
            "[etcd]\nca_certificate = \"etcd.crt\"\n\n[networks]",
        )],
    ),
    (
        "an authority for etcd that is none",
        &[(
            "[networks]",
            "[etcd]\nca_certificate = \"audit-policy.yaml\"\nca_key = \"id_demo\"\n\n[networks]",
        )],
    ),
    (
        "an authority's key that others may read",
        &[(
            "[networks]",
            "[etcd]\nca_certificate = \"audit-policy.yaml\"\nca_key = \"id_open\"\n\n[networks]",
        )],
    ),
    (
        "a manager of etcd that there is not",
        &[("[networks]", "[etcd]\nmanager = \"docker\"\n\n[networks]")],
    ),
    (
        "a flag of etcd that hawser sets",
        &[(
            "[networks]",
            "[etcd]\narguments = { name = \"etcd1\" }\n\n[networks]",
        )],
    ),
    (
        "a flag of etcd with dashes",
        &[(
            "[networks]",
            "[etcd]\narguments = { \"--snapshot-count\" = \"5000\" }\n\n[networks]",
        )],
    ),
    (
        "a kubelet argument with dashes",
        &[(
            "taints = ",
            "kubelet_args = { \"--max-pods\" = \"50\" }\ntaints = ",
        )],
    ),
    (
        "a file that hawser takes over nowhere",
        &[("taints = ", "take_over = [\"/etc/passwd\"]\ntaints = ")],
    ),
    (
        "the repository of another minor release",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.33/deb/\"\nkey = \"kubernetes.asc\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository without its key",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository with two keys",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"kubernetes.asc\"\nkey_url = \"https://p.example/Release.key\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository whose key is not there",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"absent.asc\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository whose key is a web page",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"page.yaml\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository's file of keys holds two",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"two-keys.asc\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository's key has another fingerprint",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"kubernetes.asc\"\nfingerprint = \"DE15B14486CD377B9E876E1A234654DA9A296436\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a fingerprint that is a short id",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"kubernetes.asc\"\nfingerprint = \"FECF7ACB\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a key from the network without its fingerprint",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey_url = \"https://p.example/Release.key\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository with a password",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://me:secret@p.example/v1.34/deb/\"\nkey = \"kubernetes.asc\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository that is no URL",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"p.example/v1.34/deb\"\nkey = \"kubernetes.asc\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a key without a repository",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nkey = \"kubernetes.asc\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a repository and a folder of packages",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey = \"kubernetes.asc\"\npackages = \"packages\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a kernel module that is none",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nmodules = [\"overlay\", \"/lib/evil.ko\"]\n\n[networks]",
            ),
        ],
    ),
    (
        "a kernel setting that is none",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nsysctls = { ip_forward = \"1\" }\n\n[networks]",
            ),
        ],
    ),
    (
        "a kernel setting of two lines",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nsysctls = { \"net.ipv4.ip_forward\" = \"1\\nkernel.panic = 1\" }\n\n[networks]",
            ),
        ],
    ),
    (
        "a choice about swap that there is not",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            ("[networks]", "[preparation]\nswap = \"on\"\n\n[networks]"),
        ],
    ),
    (
        "a sandbox image without a tag",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nsandbox_image = \"registry.k8s.io/pause\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a mirror that is no URL",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nmirrors = { \"docker.io\" = [\"mirror.example\"] }\n\n[networks]",
            ),
        ],
    ),
    (
        "a registry that is no name",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nmirrors = { \"https://docker.io\" = [\"https://mirror.example\"] }\n\n[networks]",
            ),
        ],
    ),
    (
        "containerd's sandbox image, which has a key of its own",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\ncontainerd = { plugins = { \"io.containerd.grpc.v1.cri\" = { sandbox_image = \"p:1\" } } }\n\n[networks]",
            ),
        ],
    ),
    (
        "a proxy with a password",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nproxy = { http = \"http://me:secret@proxy.example:3128\" }\n\n[networks]",
            ),
        ],
    ),
    (
        "exceptions of a proxy in one text",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nproxy = { http = \"http://proxy.example:3128\", exceptions = [\"a.example,b.example\"] }\n\n[networks]",
            ),
        ],
    ),
    (
        "a folder without packages",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\npackages = \"manifests\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a folder with a file that is no package",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\npackages = \"packages-odd\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a registry's password in containerd's configuration",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation.containerd.plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"r.example\".auth]\nusername = \"me\"\n\n[networks]",
            ),
        ],
    ),
    (
        "a header with credentials in containerd's configuration",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\ncontainerd = { plugins = { \"io.containerd.grpc.v1.cri\" = { registry = { headers = { Authorization = [\"Basic x\"] } } } } }\n\n[networks]",
            ),
        ],
    ),
    (
        "mirrors in containerd's configuration, which have a key of their own",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\ncontainerd = { plugins = { \"io.containerd.grpc.v1.cri\" = { registry = { mirrors = { \"r.example\" = { endpoint = [] } } } } } }\n\n[networks]",
            ),
        ],
    ),
    (
        "credentials that others may read",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nregistries = { \"r.example\" = { credentials_file = \"registry-open\" } }\n\n[networks]",
            ),
        ],
    ),
    (
        "credentials without a user",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nregistries = { \"r.example\" = { credentials_file = \"registry-half\" } }\n\n[networks]",
            ),
        ],
    ),
    (
        "credentials that are not there",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nregistries = { \"r.example\" = { credentials_file = \"absent\" } }\n\n[networks]",
            ),
        ],
    ),
    (
        "a registry of which nothing is said",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nregistries = { \"r.example\" = {} }\n\n[networks]",
            ),
        ],
    ),
    (
        "credentials for Docker Hub",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nregistries = { \"docker.io\" = { credentials_file = \"registry-credentials\" } }\n\n[networks]",
            ),
        ],
    ),
    (
        "a file whose path is hawser's",
        &[(
            "roles = [\"control-plane\"]\npath = \"/etc/kubernetes/audit-policy.yaml\"",
            "roles = [\"balancer\"]\npath = \"/etc/haproxy/haproxy.cfg\"",
        )],
    ),
    (
        "a file for a registry that has a mirror",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[preparation]\nmirrors = { \"r.example\" = [\"https://m.example\"] }\n\n[[files]]\nroles = [\"worker\"]\npath = \"/etc/containerd/certs.d/r.example/hosts.toml\"\nsource = \"audit-policy.yaml\"\n\n[networks]",
            ),
        ],
    ),
    (
        "hosts with CRI-O are prepared",
        &[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            (
                "[networks]",
                "[kubeadm]\ncri_socket = \"unix:///var/run/crio/crio.sock\"\n\n[networks]",
            ),
        ],
    ),
];

#[test]
fn broken_inventories_make_a_page_of_good_errors() {
    let pages = BROKEN.iter().map(|(what, edits)| {
        let (_, rendered) = rendered(load_text("inventory.toml", &good_but(edits)));
        format!(
            "# {what}\n{}\n",
            rendered.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
        )
    });

    insta::assert_snapshot!(pages.collect::<Vec<_>>().join("\n"));
}

#[test]
fn each_broken_inventory_is_broken_in_one_way() {
    let counts = BROKEN
        .iter()
        .map(|(what, edits)| (*what, rendered(load_text("one.toml", &good_but(edits))).0));

    let others: Vec<_> = counts.filter(|(_, count)| *count != 1).collect();

    assert_eq!(others, []);
}
