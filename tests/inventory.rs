//! The inventory as its author meets it: what loads, and what is said of what does not.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use hawser::error::Problem;
use hawser::inventory::{Colours, Loaded, load, schema};
use hawser::topology::{HostName, Role, Sudo, Version};
use serde_json::Value;

/// A folder with the files that inventories here name; it is the process' own, so that messages name no other path.
fn enter_folder() {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::env::set_current_dir(folder.path()).unwrap();
        let private_key =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n";
        write("id_demo", private_key, 0o600);
        write("id_open", private_key, 0o644);
        write("id_demo.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 demo\n", 0o644);
        write(
            "pod-network.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: net}\n",
            0o644,
        );
        write("page.yaml", "<!doctype html>\n<title>Not found</title>\n", 0o644);
        write(
            "audit-policy.yaml",
            "apiVersion: audit.k8s.io/v1\nkind: Policy\n",
            0o644,
        );
        fs::create_dir("manifests").unwrap();
        write(
            "manifests/2.yml",
            "{apiVersion: v1, kind: ServiceAccount}\n",
            0o644,
        );
        write(
            "manifests/1.yaml",
            "{apiVersion: v1, kind: Namespace}\n---\n{apiVersion: v1, kind: Secret}\n",
            0o644,
        );
        write("manifests/README", "not a manifest\n", 0o644);
        fs::create_dir("empty").unwrap();
        folder
    });
}

fn write(path: &str, content: &str, mode: u32) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

const GOOD: &str = include_str!("inventories/good.toml");

/// The good inventory with each `from` replaced by its `to`, once.
fn good_but(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(GOOD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the good inventory has no {from}");
        text.replacen(from, to, 1)
    })
}

fn load_text(file: &str, text: &str) -> Result<Loaded, Problem> {
    enter_folder();
    fs::write(file, text).unwrap();
    load(Path::new(file), Colours::Plain)
}

fn rendered(result: Result<Loaded, Problem>) -> (usize, String) {
    match result {
        Ok(loaded) => (0, loaded.warnings.join("\n")),
        Err(Problem::Inventory { count, rendered, .. }) => (count, rendered),
        Err(other) => panic!("not about the inventory: {other}"),
    }
}

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
        &[("[ssh]", "[ssh]\nknown_hosts = \"known_hosts\"")],
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
        "a kubelet argument with dashes",
        &[(
            "taints = ",
            "kubelet_args = { \"--max-pods\" = \"50\" }\ntaints = ",
        )],
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

/// Each diagnostic's message and the place that its first excerpt names, in order.
fn messages_and_places(rendered: &str) -> Vec<(&str, &str)> {
    let after = |line: &'static str| move |text: &&str| text.contains(line);
    let messages = rendered
        .lines()
        .filter(after("× "))
        .map(|line| line.trim_start_matches([' ', '×']));
    let mut places = Vec::new();
    for diagnostic in rendered.split("× ").skip(1) {
        let place = diagnostic.split_once("╭─[").unwrap().1.split_once(']').unwrap().0;
        places.push(place.split_once(':').unwrap().1);
    }
    messages.zip(places).collect()
}

#[test]
fn one_file_with_seven_mistakes_shows_seven_and_where() {
    let (count, rendered) = rendered(load_text("seven.toml", include_str!("inventories/seven.toml")));

    assert_eq!(count, 7);
    assert_eq!(
        messages_and_places(&rendered),
        [
            ("not an exact Kubernetes version: `1.34`", "3:14"),
            ("`port` must be a whole number", "7:8"),
            ("the VIP is the address of host `CP_1`: 192.0.2.21", "8:7"),
            ("unknown key `netwroks`", "10:2"),
            ("a host's name is not a DNS name: `CP_1`", "19:8"),
            ("`address` is missing from [[hosts]]", "23:1"),
            ("a taint of no known effect: `NoScheduel`", "26:11"),
        ]
    );
}

#[test]
fn several_syntax_errors_are_shown_together() {
    let (count, rendered) = rendered(load_text(
        "syntax.toml",
        "[cluster]\nname = demo\n\n[endpoint]\nname = \"api\n",
    ));

    assert_eq!(count, 2, "{rendered}");
}

#[test]
fn what_is_unwise_is_a_warning_with_its_reason() {
    let edits = [
        ("api.demo.example", "192.0.2.10"),
        ("[\"worker\"]", "[\"control-plane\"]"),
    ];

    let loaded = load_text("warnings.toml", &good_but(&edits)).unwrap();

    insta::assert_snapshot!(loaded.warnings.join("\n"));
}

#[test]
fn colours_are_shown_only_when_asked_for() {
    let text = good_but(&[("v1.34.2", "1.34")]);
    let (_, plain) = rendered(load_text("colours.toml", &text));
    let (_, coloured) = rendered(load(Path::new("colours.toml"), Colours::Shown));

    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains('\u{1b}'));
}

#[test]
fn an_inventory_that_is_not_there_is_said_to_be() {
    let problem = load(Path::new("/nowhere/inventory.toml"), Colours::Plain).unwrap_err();

    assert!(
        matches!(problem, Problem::LocalFile { verb: "read", .. }),
        "{problem}"
    );
}

#[test]
fn a_good_inventory_is_resolved_with_its_defaults() {
    let Loaded { topology, warnings } = load_text("good.toml", GOOD).unwrap();

    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(topology.version, Version::new(1, 34, 2));
    assert_eq!(topology.endpoint.authority(), "api.demo.example:6443");
    assert_eq!(topology.endpoint_address(), Some("192.0.2.10".parse().unwrap()));
    assert_eq!(topology.endpoint.virtual_router_id, 51);
    assert_eq!((topology.api_port, topology.ssh.handshakes), (6443, 50));
    assert_eq!(topology.networks.dns_domain, "cluster.local");
    assert_eq!(topology.manifests[0].source, "pod-network.yaml");
    assert_eq!(
        (topology.files[0].mode, topology.files[0].owner.as_str()),
        (0o644, "root:root")
    );
    let host = topology.host(&HostName::from("w1")).unwrap();
    assert_eq!(host.ssh.identities, [Path::new("id_demo")]);
    assert_eq!(
        (host.ssh.user.as_str(), host.ssh.port, host.ssh.sudo),
        ("root", 22, Sudo::None)
    );
    assert_eq!(host.taints[0].effect, "NoSchedule");
    assert!(host.ssh.agent && host.is(Role::Worker));
}

#[test]
fn a_host_may_be_reached_by_name_and_have_its_own_user() {
    let edits = [(
        "address = \"192.0.2.31\"",
        "address = \"w1.example.org\"\nprivate_address = \"10.0.0.31\"\nssh = { user = \"ops\", port = 2222 }",
    )];

    let topology = load_text("named.toml", &good_but(&edits)).unwrap().topology;

    let host = topology.host(&HostName::from("w1")).unwrap();
    assert_eq!(host.address.to_string(), "10.0.0.31");
    assert_eq!(
        (host.ssh.address.as_str(), host.ssh.port),
        ("w1.example.org", 2222)
    );
    assert_eq!(
        (host.ssh.user.as_str(), host.ssh.sudo),
        ("ops", Sudo::Passwordless)
    );
}

#[test]
fn a_balancer_may_share_a_host_with_a_control_plane_where_ports_differ() {
    let edits = [
        (
            "[\"control-plane\"]\n\n[[hosts]]",
            "[\"control-plane\", \"worker\", \"balancer\"]\n\n[[hosts]]",
        ),
        ("[endpoint]", "[endpoint]\nport = 8443"),
    ];

    assert!(load_text("shared.toml", &good_but(&edits)).is_ok());
}

#[test]
fn a_balancers_port_that_the_host_needs_itself_is_refused() {
    let edits = [("[endpoint]", "[endpoint]\nport = 22")];

    let (count, rendered) = rendered(load_text("port.toml", &good_but(&edits)));

    assert_eq!(count, 2);
    assert!(
        rendered.contains("host `lb1`: port 22 belongs to sshd there"),
        "{rendered}"
    );
}

#[test]
fn dual_stack_networks_are_lists_of_two() {
    let edits = [
        ("\"10.244.0.0/16\"", "[\"10.244.0.0/16\", \"2001:db8:42::/56\"]"),
        ("\"10.96.0.0/12\"", "[\"10.96.0.0/12\", \"2001:db8:43::/112\"]"),
    ];

    let topology = load_text("dual.toml", &good_but(&edits)).unwrap().topology;

    assert_eq!(
        (topology.networks.pods.len(), topology.networks.services.len()),
        (2, 2)
    );
}

#[test]
fn kubeadms_fragments_keep_their_types() {
    let fragment =
        "[kubeadm.kubelet_configuration]\nmaxPods = 50\nserializeImagePulls = false\nshare = 0.5\n\n[ssh]";

    let topology = load_text("types.toml", &good_but(&[("[ssh]", fragment)]))
        .unwrap()
        .topology;

    let expected = serde_json::json!({ "maxPods": 50, "serializeImagePulls": false, "share": 0.5 });
    assert_eq!(
        serde_json::Value::Object(topology.kubeadm.kubelet_configuration),
        expected
    );
}

#[test]
fn a_folder_of_manifests_is_read_in_the_order_of_names() {
    let folder = load_text("folder.toml", &good_but(&[("pod-network.yaml", "manifests")])).unwrap();
    let (_, empty) = rendered(load_text(
        "empty.toml",
        &good_but(&[("pod-network.yaml", "empty")]),
    ));

    let sources: Vec<_> = folder
        .topology
        .manifests
        .iter()
        .map(|manifest| manifest.source.as_str())
        .collect();
    assert_eq!(sources, ["manifests/1.yaml", "manifests/2.yml"]);
    assert!(empty.contains("no manifest in empty"), "{empty}");
}

/// A web server of one answer for `answers` requests.
fn serve(body: &'static str, answers: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(answers) {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).unwrap();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    format!("http://{address}/net.yaml")
}

#[test]
fn a_manifest_at_a_url_is_fetched_and_its_hash_checked() {
    let url = serve("{apiVersion: v1, kind: Namespace}\n", 2);
    let right = "3a0a8bb40e8cc7b6eef4538b5ca383edbfcd5408910f10010b806d0f499485af";
    let entry = |hash: &str| format!("{{ url = \"{url}\", sha256 = \"{hash}\" }}");
    let with = |hash: &str| good_but(&[("{ path = \"pod-network.yaml\" }", entry(hash).as_str())]);

    let good = load_text("url.toml", &with(right)).unwrap();
    let (_, wrong) = rendered(load_text("url-wrong.toml", &with(&"0".repeat(64))));

    assert_eq!(
        good.topology.manifests[0].content,
        "{apiVersion: v1, kind: Namespace}\n"
    );
    assert!(
        wrong.contains(right) && wrong.contains(&"0".repeat(64)),
        "{wrong}"
    );
}

#[test]
fn a_url_without_tls_needs_a_hash() {
    let entry = "{ url = \"http://127.0.0.1:1/net.yaml\" }";
    let (_, rendered) = rendered(load_text(
        "plain-http.toml",
        &good_but(&[("{ path = \"pod-network.yaml\" }", entry)]),
    ));

    assert!(rendered.contains("not a URL to trust"), "{rendered}");
}

const EXAMPLE: &str = include_str!("../inventory.example.toml");

/// The example with every key that is commented out put to use; its files are there, its URL is not asked.
fn example_in_full() -> String {
    enter_folder();
    write("known_hosts", "", 0o644);
    let hash = "39a6d0e3e45d34b3b3c4d5b2a9a5bf1b3c5f1a6a4bd3be5a0d4e1f0d6b7a8c90";
    let in_use = |line: &str| match line.strip_prefix('#') {
        Some(key)
            if !key.is_empty()
                && !key.starts_with(['#'])
                && (!key.starts_with(' ') || key.starts_with("  {")) =>
        {
            key.to_owned()
        }
        _ => line.to_owned(),
    };
    let lines = EXAMPLE.lines().map(in_use).filter(|line| !line.contains("url ="));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.replace("~/.ssh/id_ed25519", "id_demo")
        .replace(&format!(", sha256 = \"{hash}\""), "")
}

#[test]
fn the_example_loads_without_a_warning() {
    let warnings = load_text("example.toml", EXAMPLE).unwrap().warnings;

    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn the_example_loads_in_full_too() {
    let loaded = load_text("full.toml", &example_in_full());

    let topology = loaded.unwrap_or_else(|problem| panic!("{problem}")).topology;
    assert_eq!(topology.kubeadm.kube_proxy_configuration["mode"], "nftables");
    assert_eq!(topology.hosts[6].ssh.sudo, Sudo::Password);
}

#[test]
fn the_example_shows_every_key_of_the_schema() {
    let schema = schema();
    let keys = keys_of(&schema);

    let absent: Vec<_> = keys.iter().filter(|key| !shows(EXAMPLE, key)).collect();

    assert!(keys.len() > 45, "{keys:?}");
    assert_eq!(absent, Vec::<&String>::new());
}

fn shows(text: &str, key: &str) -> bool {
    text.contains(&format!("{key} = "))
        || text.contains(&format!("[{key}"))
        || text.contains(&format!(".{key}]"))
}

fn keys_of(rule: &Value) -> Vec<String> {
    let properties = rule
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let own = properties.flat_map(|(key, rule)| [vec![key.clone()], keys_of(rule)].concat());
    own.chain(rule.get("items").into_iter().flat_map(keys_of))
        .collect()
}

#[test]
fn the_schema_takes_the_example_and_refuses_what_is_broken() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let value = |text: &str| toml::from_str::<Value>(text).unwrap();

    assert!(validator.is_valid(&value(EXAMPLE)));
    assert!(validator.is_valid(&value(&example_in_full())));
    assert!(!validator.is_valid(&value(&good_but(&[("v1.34.2", "latest")]))));
    assert!(!validator.is_valid(&value(&good_but(&[("[networks]", "[netwroks]")]))));
}

#[test]
fn the_schema_describes_every_key() {
    fn undescribed(name: &str, rule: &Value) -> Vec<String> {
        let own = (!rule["description"].is_string()).then(|| name.to_owned());
        let keys = rule["properties"].as_object().into_iter().flatten();
        let below = keys.chain(rule["items"]["properties"].as_object().into_iter().flatten());
        own.into_iter()
            .chain(below.flat_map(|(key, rule)| undescribed(key, rule)))
            .collect()
    }

    let schema = schema();

    assert_eq!(schema["title"], "hawser inventory");
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(undescribed("inventory", &schema), Vec::<String>::new());
}
