//! The example beside the README, and the schema: complete, and of one mind.

use hawser::inventory::schema;
use hawser::pki::Authority;
use hawser::templates::Templates;
use hawser::topology::{EtcdManager, KeyAlgorithm, Sudo};
use jiff::Timestamp;
use serde_json::Value;

use crate::workshop::{enter_folder, good_but, load_text, write};
use support::archives::archive_of;

const EXAMPLE: &str = include_str!("../../inventory.example.toml");

const KEY: &str = include_str!("../data/repository.asc");
const FINGERPRINT: &str = "E804F2B8DAD43FA89C4F21E6C8E8A914FECF7ACB";

/// The example with every key that is commented out put to use; its files are there, its URL is not asked.
pub(crate) fn example_in_full() -> String {
    enter_folder();
    write("known_hosts", "", 0o644);
    write("registry-credentials", "me:correct horse\n", 0o600);
    let own = Authority::new(KeyAlgorithm::EcdsaP256, Timestamp::now())
        .unwrap()
        .pair();
    write("etcd-ca.crt", &own.certificate, 0o644);
    write("etcd-ca.key", &own.key, 0o600);
    std::fs::write(
        "kubernetes-images.tar",
        archive_of(&[("registry.k8s.io/pause:3.10", 1)]),
    )
    .unwrap();
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
    // Either packages of a folder or a repository; either of the two with what it says alone.
    let is_asked = |line: &String| !line.contains("url =") && !line.starts_with("packages =");
    let lines = EXAMPLE.lines().map(in_use).filter(is_asked);
    let text = lines.collect::<Vec<_>>().join("\n");
    write("kubernetes.asc", KEY, 0o644);
    text.replace("DE15B14486CD377B9E876E1A234654DA9A296436", FINGERPRINT)
        .replace("~/.ssh/id_ed25519", "id_demo")
        .replace(&format!(", sha256 = \"{hash}\""), "")
}

#[test]
fn the_example_names_every_template() {
    let is_named = |name: &&str| {
        let file = name.rsplit('/').next().unwrap();
        let mut words = EXAMPLE.split(|c: char| c == ',' || c.is_whitespace());
        words.any(|word| word.trim_end_matches('.') == file)
    };

    let missing: Vec<_> = Templates::names().filter(|name| !is_named(name)).collect();

    assert_eq!(missing, [""; 0]);
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
    assert_eq!(topology.external_etcd.manager, EtcdManager::Kubelet);
    assert!(topology.external_etcd.authority.is_some());
    assert_eq!(
        topology.images.archives[0].images[0].name(),
        "registry.k8s.io/pause:3.10"
    );
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
