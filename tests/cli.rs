//! The program from outside: help, exit codes, what goes to which stream. Nothing leaves the loopback interface.
#![cfg(test)]

use std::net::TcpListener;
use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

#[test]
fn help_tells_the_commands_and_the_exit_codes() {
    let page = |arguments: &[&str]| {
        let help = hawser(arguments).arg("--help").assert().code(0);
        format!(
            "$ hawser {}\n{}",
            [arguments, &["--help"]].concat().join(" "),
            stdout(&help)
        )
    };
    let pages = [
        &[][..],
        &["plan"],
        &["apply"],
        &["check"],
        &["render"],
        &["join-command"],
        &["kubeconfig"],
    ]
    .map(page)
    .join("\n");

    insta::assert_snapshot!(pages);
}

#[test]
fn an_unknown_option_is_a_mistake_of_usage() {
    let reply = hawser(&["plan", "--limitt", "cp1"]).assert().code(2);

    assert!(stderr(&reply).contains("--limit"), "{}", stderr(&reply));
}

#[test]
fn an_inventory_that_is_not_there_is_a_mistake_of_usage() {
    let reply = hawser(&["plan", "-i", "absent.toml"]).assert().code(2);

    assert!(stderr(&reply).contains("absent.toml"), "{}", stderr(&reply));
    assert_eq!(stdout(&reply), "");
}

#[test]
fn every_mistake_of_an_inventory_is_told_at_once_and_on_standard_error() {
    let seven = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inventories/seven.toml");

    let reply = hawser(&["inventory", "check", "-i", seven]).assert().code(2);

    assert!(stderr(&reply).contains("7 mistakes"), "{}", stderr(&reply));
    assert_eq!(stdout(&reply), "");
}

#[test]
fn apply_reads_the_inventory_before_anything_else() {
    let folder = TempDir::new().unwrap();
    let seven = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inventories/seven.toml");

    hawser(&["apply", "--yes", "-i", seven])
        .env("XDG_STATE_HOME", folder.path())
        .assert()
        .code(2);

    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn hosts_that_come_prepared_cannot_be_prepared_only() {
    let folder = folder_with_inventory(1);

    for command in ["plan", "apply"] {
        let reply = hawser(&[command, "--prepare-only"])
            .current_dir(folder.path())
            .assert()
            .code(2);

        assert!(stderr(&reply).contains("prepare = true"), "{}", stderr(&reply));
    }
}

#[test]
fn a_good_inventory_is_said_to_be_good_without_a_connection() {
    let folder = folder_with_inventory(1);

    let reply = check(folder.path()).assert().code(0);

    assert!(
        stdout(&reply).ends_with("3 hosts, no mistakes\n"),
        "{}",
        stdout(&reply)
    );
}

#[test]
fn the_inventories_of_the_readme_and_the_tutorial_are_good_ones() {
    // What is fetched lies beside the inventory here.
    let is_fetched = |line: &&str| line.starts_with("key_url") || line.starts_with("fingerprint");
    for page in [include_str!("../README.md"), include_str!("../docs/tutorial.md")] {
        let (_, inventory) = page.split_once("```toml\n").unwrap();
        let (inventory, _) = inventory.split_once("```").unwrap();
        let lines: Vec<&str> = inventory.lines().filter(|line| !is_fetched(line)).collect();
        let inventory = lines
            .join("\n")
            .replace("[preparation]", "[preparation]\nkey = \"kubernetes.asc\"");
        let folder = TempDir::new().unwrap();
        let pod_network = "apiVersion: v1\nkind: Namespace\nmetadata: {name: pod-network}\n";
        std::fs::write(folder.path().join("pod-network.yaml"), pod_network).unwrap();
        std::fs::write(
            folder.path().join("kubernetes.asc"),
            include_str!("data/repository.asc"),
        )
        .unwrap();
        std::fs::write(folder.path().join("inventory.toml"), inventory).unwrap();

        check(folder.path()).assert().code(0);
    }
}

#[test]
fn the_schema_is_json_and_says_what_it_is_a_schema_of() {
    let reply = hawser(&["inventory", "schema"]).assert().code(0);

    let schema: serde_json::Value = serde_json::from_str(&stdout(&reply)).unwrap();

    assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"));
    assert!(schema["properties"]["endpoint"].is_object());
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let reply = hawser(&["completions", shell]).assert().code(0);

        assert!(stdout(&reply).contains("max-unreachable-workers"), "{shell}");
    }
}

#[test]
fn each_command_has_its_man_page() {
    let folder = TempDir::new().unwrap();

    hawser(&["man"]).arg(folder.path()).assert().code(0);

    for page in [
        "hawser.1",
        "hawser-plan.1",
        "hawser-apply.1",
        "hawser-check.1",
        "hawser-render.1",
        "hawser-join-command.1",
        "hawser-kubeconfig.1",
    ] {
        assert!(folder.path().join(page).exists(), "{page}");
    }
}

#[test]
fn hosts_that_cannot_be_reached_are_named_and_end_with_3() {
    let folder = folder_with_inventory(closed_port());

    let reply = plan(folder.path(), &[]).assert().code(3);

    let text = stderr(&reply);
    for host in ["lb1", "cp1", "w1"] {
        assert!(text.contains(&format!("  {host}: ")), "{text}");
    }
}

#[test]
fn a_plan_as_json_says_why_there_is_none() {
    let folder = folder_with_inventory(closed_port());

    let reply = plan(folder.path(), &["-o", "json"]).assert().code(3);

    let answer: serde_json::Value = serde_json::from_str(&stdout(&reply)).unwrap();
    assert_eq!(answer["refused"][0]["exit_code"], 3);
}

#[test]
fn what_cannot_be_told_is_not_reported_as_changes() {
    let folder = folder_with_inventory(closed_port());

    plan(folder.path(), &["--detailed-exitcode"]).assert().code(3);
}

#[test]
fn a_check_names_the_cause_for_each_host_that_cannot_be_reached() {
    let folder = folder_with_inventory(closed_port());

    let reply = run(folder.path(), &["check", "-o", "json"]).assert().code(3);

    let found: serde_json::Value = serde_json::from_str(&stdout(&reply)).unwrap();
    assert_eq!(found["grade"], "failed");
    assert_eq!(found["problems"].as_array().unwrap().len(), 3);
    let of = |purpose: &str| {
        let connectivity = found["connections"].as_array().unwrap().iter();
        let connectivity = connectivity.filter(|way| way["purpose"] == purpose);
        connectivity
            .map(|way| (way["cause"].as_str().unwrap(), way["grade"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("ssh"), [("refused", "failed"); 3]);
    assert_eq!(of("hairpin"), [("not-tested", "unknown")]);
    let facts = found["facts"].as_array().unwrap();
    assert_eq!(facts.len(), 3, "{facts:?}");
    assert_eq!(
        (&facts[0]["fact"], &facts[0]["grade"]),
        (&"access".into(), &"failed".into())
    );
}

#[test]
fn a_check_shows_the_matrix_and_what_to_do() {
    let folder = folder_with_inventory(closed_port());

    let reply = run(folder.path(), &["check", "--from", "workstation", "--to", "cp1"])
        .assert()
        .code(3);

    let text = stdout(&reply);
    assert!(text.contains(" workstation  refused ✗\n"), "{text}");
    assert!(text.contains("failed: workstation → cp1 at 127.0.0.21"), "{text}");
    assert!(
        text.contains("not ready: 1 connection checked: 0 ok, 0 warnings, 1 failed, 0 unknown"),
        "{text}"
    );
    assert_eq!(stderr(&reply), "");
}

#[test]
fn a_check_of_what_is_not_there_is_a_mistake_of_usage() {
    let folder = folder_with_inventory(1);

    for (arguments, reported) in [
        (["--from", "w9"], "--from w9: the inventory has no such host"),
        (
            ["--to", "workstation"],
            "--to workstation: the inventory has no such host",
        ),
        (["--port", "23"], "the topology needs no such connection"),
        (["--ignore", "swop"], "invalid value 'swop' for '--ignore <NAME>'"),
    ] {
        let reply = run(folder.path(), &[&["check"], &arguments[..]].concat())
            .assert()
            .code(2);
        assert!(stderr(&reply).contains(reported), "{}", stderr(&reply));
        assert_eq!(stdout(&reply), "");
    }
}

#[test]
fn apply_tells_the_same_as_events_and_keeps_a_private_log() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with_inventory(closed_port());
    let state = folder.path().join("state");

    let reply = run(folder.path(), &["apply", "--yes", "-o", "json"])
        .assert()
        .code(3);

    let last = stdout(&reply).lines().last().unwrap().to_owned();
    let last: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last["event"], "run-finished");
    let log = last["report"]["log"].as_str().unwrap();
    assert!(Path::new(log).starts_with(state), "{log}");
    assert_eq!(
        std::fs::metadata(log).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn render_shows_every_file_of_a_host_with_its_head_and_no_connection() {
    let folder = folder_with_inventory(1);

    let reply = run(folder.path(), &["render", "lb1", "cp1"]).assert().code(0);

    let heads: Vec<String> = stdout(&reply)
        .lines()
        .filter(|line| line.starts_with("==> "))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        heads,
        [
            "==> lb1 /etc/haproxy/haproxy.cfg root:root 0644",
            "==> lb1 /etc/keepalived/keepalived.conf root:root 0644",
            "==> cp1 /run/hawser/kubeadm-init.yaml root:root 0600",
            "==> cp1 /run/hawser/kubeadm-upload.yaml root:root 0600",
        ]
    );
    assert!(stdout(&reply).contains("token: \"<bootstrap token, made by this run>\""));
}

#[test]
fn what_connects_to_nothing_needs_no_key_and_no_known_hosts() {
    let folder = folder_with_inventory(1);
    std::fs::remove_file(folder.path().join("id_demo")).unwrap();
    std::fs::remove_file(folder.path().join("known_hosts")).unwrap();

    let rendered = run(folder.path(), &["render", "cp1"]).assert().code(0);
    assert!(
        stdout(&rendered).contains("==> cp1 /run/hawser/kubeadm-init.yaml"),
        "{}",
        stdout(&rendered)
    );
    assert_eq!(stderr(&rendered), "");

    let checked = check(folder.path()).assert().code(0);
    assert!(
        stdout(&checked).ends_with("3 hosts, no mistakes\n"),
        "{}",
        stdout(&checked)
    );
    for noted in [
        "cannot read the private key",
        "there is no known_hosts file",
        "inventory.toml:13:",
    ] {
        assert!(stderr(&checked).contains(noted), "{noted}: {}", stderr(&checked));
    }
}

#[test]
fn without_a_list_of_keys_a_workstation_that_has_none_reads_an_inventory_all_the_same() {
    let folder = folder_with_inventory(1);
    let path = folder.path().join("inventory.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("identities = [\"id_demo\"]\n", "")).unwrap();
    let run = |arguments: &[&str]| {
        let mut run = run(folder.path(), arguments);
        run.env("HOME", folder.path());
        run.assert()
    };

    let rendered = run(&["render", "cp1"]).code(0);
    assert_eq!(stderr(&rendered), "");
    let checked = run(&["inventory", "check"]).code(0);
    assert!(
        stderr(&checked).contains("no key to log in with"),
        "{}",
        stderr(&checked)
    );
    let planned = run(&["plan"]).code(2);
    assert!(
        stderr(&planned).contains("no key to log in with"),
        "{}",
        stderr(&planned)
    );
}

#[test]
fn a_list_without_a_key_is_a_mistake_wherever_it_is_read() {
    let folder = folder_with_inventory(1);
    let path = folder.path().join("inventory.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("[\"id_demo\"]", "[]")).unwrap();

    for command in [&["render"][..], &["inventory", "check"]] {
        let reply = run(folder.path(), command).assert().code(2);
        assert!(
            stderr(&reply).contains("no key to log in with"),
            "{}",
            stderr(&reply)
        );
    }
}

#[test]
fn what_connects_tells_of_a_key_that_is_not_there_with_its_line() {
    let folder = folder_with_inventory(1);
    std::fs::remove_file(folder.path().join("id_demo")).unwrap();
    std::fs::remove_file(folder.path().join("known_hosts")).unwrap();

    for command in [
        &["plan"][..],
        &["apply", "--yes"],
        &["check"],
        &["kubeconfig"],
        &["join-command"],
        &["images", "list"],
    ] {
        let reply = run(folder.path(), command)
            .env("XDG_STATE_HOME", folder.path())
            .assert()
            .code(2);
        for reported in [
            "cannot read the private key",
            "there is no known_hosts file",
            "inventory.toml:",
        ] {
            assert!(
                stderr(&reply).contains(reported),
                "{command:?} {reported}: {}",
                stderr(&reply)
            );
        }
    }
}

#[test]
fn render_writes_files_that_only_their_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with_inventory(1);

    let reply = run(folder.path(), &["render", "--out", "out", "--kubeadm", "v1.30.0"])
        .assert()
        .code(0);

    let path = folder.path().join("out/w1/run/hawser/kubeadm-join.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("apiVersion: \"kubeadm.k8s.io/v1beta3\"\n"),
        "{text}"
    );
    assert!(text.contains("\"<bootstrap token, made by this run>\""), "{text}");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&folder.path().join("out"))), (0o600, 0o700));
    let line = "==> w1 /run/hawser/kubeadm-join.yaml root:root 0600 out/w1/run/hawser/kubeadm-join.yaml\n";
    assert!(stdout(&reply).contains(line), "{}", stdout(&reply));
}

#[test]
fn render_knows_only_hosts_of_the_inventory() {
    let folder = folder_with_inventory(1);

    let reply = run(folder.path(), &["render", "w9"]).assert().code(2);

    assert!(
        stderr(&reply).contains("w9: the inventory has no such host"),
        "{}",
        stderr(&reply)
    );
    assert_eq!(stdout(&reply), "");
}

#[test]
fn a_template_of_the_users_is_rendered_in_place_of_hawsers_own() {
    let folder = folder_with_inventory(1);
    let own = include_str!("../templates/haproxy.cfg.j2");
    put_template(
        folder.path(),
        "haproxy.cfg.j2",
        &own.replace("timeout client 1h", "timeout client 8h"),
    );

    let reply = run(folder.path(), &["render", "--templates", "mine", "lb1"])
        .assert()
        .code(0);

    assert!(stdout(&reply).contains("  timeout client 8h\n"));
}

#[test]
fn a_template_in_the_place_of_none_is_refused_with_those_that_there_are() {
    let folder = folder_with_inventory(1);
    put_template(folder.path(), "haproxy.conf.j2", "");

    for command in ["plan", "render"] {
        let reply = run(folder.path(), &[command, "--templates", "mine"])
            .assert()
            .code(2);

        let text = stderr(&reply);
        assert!(text.contains("did you mean `haproxy.cfg.j2`?"), "{text}");
        assert!(text.contains("kubeadm/init.yaml.j2"), "{text}");
    }
}

#[test]
fn a_template_with_a_mistake_is_told_by_file_and_line_before_any_connection() {
    let folder = folder_with_inventory(closed_port());
    put_template(
        folder.path(),
        "kubeadm/join.yaml.j2",
        "kind: JoinConfiguration\ntoken: {{ tokn }}\n",
    );

    let reply = run(folder.path(), &["apply", "--yes", "--templates", "mine"])
        .assert()
        .code(2);

    let text = stderr(&reply);
    assert!(text.contains("mine/kubeadm/join.yaml.j2:2: "), "{text}");
    assert!(text.contains("`tokn` is not defined"), "{text}");
    assert!(text.contains("ca_hash"), "{text}");
}

#[test]
fn no_line_for_a_control_plane_is_made_where_nothing_may_be_uploaded() {
    let folder = folder_with_inventory(closed_port());
    let path = folder.path().join("inventory.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replace("[cluster]\n", "[cluster]\ncertificates = \"ssh\"\n"),
    )
    .unwrap();

    let reply = run(folder.path(), &["join-command", "--control-plane"])
        .assert()
        .code(2);

    assert!(stderr(&reply).contains("uploads nothing"), "{}", stderr(&reply));
    assert_eq!(stdout(&reply), "");
}

#[test]
fn a_line_that_cannot_be_made_leaves_standard_output_empty_and_no_log() {
    let folder = folder_with_inventory(closed_port());

    let reply = run(folder.path(), &["join-command"]).assert().code(3);

    assert_eq!(stdout(&reply), "");
    assert!(!folder.path().join("state").exists());
}

/// A template of the user's below `mine`.
fn put_template(folder: &Path, name: &str, text: &str) {
    let path = folder.join("mine").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn hawser(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("hawser").unwrap();
    command
        .args(arguments)
        .env_remove("HAWSER_INVENTORY")
        .env_remove("SSH_AUTH_SOCK")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100");
    command
}

/// A command in a folder that holds an inventory, with the folder as home.
fn run(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = hawser(arguments);
    command
        .args(["-i", "inventory.toml"])
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_STATE_HOME", folder.join("state"));
    command
}

fn plan(folder: &Path, arguments: &[&str]) -> Command {
    run(folder, &[&["plan"], arguments].concat())
}

fn check(folder: &Path) -> Command {
    run(folder, &["inventory", "check"])
}

/// Three hosts, all of them this machine's `port`.
fn folder_with_inventory(port: u16) -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("known_hosts"), "").unwrap();
    let keygen = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path("id_demo"))
        .status();
    assert!(keygen.unwrap().success());
    let hosts = [
        ("lb1", "127.0.0.11", "balancer"),
        ("cp1", "127.0.0.21", "control-plane"),
        ("w1", "127.0.0.31", "worker"),
    ];
    let hosts = hosts.map(|(name, address, role)| {
        format!("[[hosts]]\nname = \"{name}\"\naddress = \"{address}\"\nroles = [\"{role}\"]\n")
    });
    let inventory = format!(
        "[cluster]\nname = \"demo\"\nkubernetes = \"v1.34.2\"\n\
         [endpoint]\nname = \"api.demo.example\"\nvip = \"127.0.0.10\"\n\
         [networks]\npods = \"10.244.0.0/16\"\nservices = \"10.96.0.0/12\"\n\
         [ssh]\nport = {port}\nagent = false\nidentities = [\"id_demo\"]\nknown_hosts = \"known_hosts\"\n{}",
        hosts.join("")
    );
    std::fs::write(path("inventory.toml"), inventory).unwrap();
    folder
}

/// A port on which nothing listens, as something just did.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn stdout(reply: &Assert) -> String {
    String::from_utf8(reply.get_output().stdout.clone()).unwrap()
}

fn stderr(reply: &Assert) -> String {
    String::from_utf8(reply.get_output().stderr.clone()).unwrap()
}
