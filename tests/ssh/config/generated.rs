//! Generated files: `ssh -G` and hawser agree on every keyword that hawser honours, and on which files are refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hawser::ssh_config::{AddressFamily, IdentityAgent, Jump, Proxy, Settings, Sourced, Wanted};
use support::dice::Dice;

use super::{MayRun, VARIABLES, Workstation, lines, shown};

/// How many sets of files are generated.
const SETS: u64 = 520;

const ALIASES: &[&str] = &["web1", "web2.example", "Web1", "db", "10.0.0.7"];

#[test]
fn every_value_of_generated_files_is_what_ssh_prints() {
    let Some(workstation) = Workstation::new() else {
        return;
    };
    let (mut refused, mut compared) = (0, 0);
    for seed in 0..SETS {
        let mut dice = Dice(seed);
        for depth in 0..3 {
            for name in ["a", "b"] {
                let text = lines::file(&mut dice, depth);
                workstation.write(&format!("{depth}-{name}.conf"), &text);
            }
        }
        let text = lines::file(&mut dice, 3);
        workstation.write("config", &text);
        let wanted = wanted(&mut dice);

        let theirs = ssh_says(&workstation, &wanted);
        let ours = workstation.read(&wanted, MayRun::Yes);

        let context = format!("seed {seed}, {wanted:?}\n{text}");
        match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => {
                compared += 1;
                assert_eq!(printed(&ours, &theirs, &workstation), theirs, "{context}");
            }
            (Err(_), Err(_)) => refused += 1,
            (Ok(_), Err(ours)) => panic!("only hawser refuses it: {ours:?}\n{context}"),
            (Err(theirs), Ok(_)) => panic!("only ssh refuses it: {theirs}\n{context}"),
        }
    }
    assert!(
        compared > 300 && refused > 100,
        "{compared} compared, {refused} refused"
    );
    println!("{compared} compared, {refused} refused by both");
}

fn wanted(dice: &mut Dice) -> Wanted<'static> {
    Wanted {
        alias: dice.pick::<&str>(ALIASES),
        user: dice.once_in(6).then_some("ops"),
        port: dice.once_in(6).then_some(2200),
    }
}

/// The honoured keywords of `ssh -G` and their values, or what it says against the file.
fn ssh_says(workstation: &Workstation, wanted: &Wanted) -> Result<BTreeMap<String, Vec<String>>, String> {
    let port = wanted.port.map(|port| port.to_string());
    let mut arguments = vec!["-G"];
    arguments.extend(wanted.user.iter().flat_map(|user| ["-l", *user]));
    arguments.extend(port.iter().flat_map(|port| ["-p", port.as_str()]));
    arguments.push(wanted.alias);
    let output = workstation.ssh(&arguments);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (keyword, value) = line.split_once(' ').unwrap();
        if HONOURED.contains(&keyword) {
            said.entry(keyword.to_owned()).or_default().push(value.to_owned());
        }
    }
    Ok(said)
}

const HONOURED: &[&str] = &[
    "hostname",
    "port",
    "user",
    "identityfile",
    "certificatefile",
    "identitiesonly",
    "identityagent",
    "userknownhostsfile",
    "globalknownhostsfile",
    "hostkeyalias",
    "proxyjump",
    "proxycommand",
    "connecttimeout",
    "serveraliveinterval",
    "serveralivecountmax",
    "addressfamily",
    "bindaddress",
    "preferredauthentications",
    "revokedhostkeys",
];

/// Our settings as `ssh -G` prints them. It leaves some values as they are written: those are replaced in `theirs`.
fn printed(
    ours: &Settings,
    theirs: &BTreeMap<String, Vec<String>>,
    workstation: &Workstation,
) -> BTreeMap<String, Vec<String>> {
    let home = shown(&workstation.home);
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut put = |keyword: &str, value: String| all.entry(keyword.to_owned()).or_default().push(value);
    put("hostname", ours.host_name.value.clone());
    put("port", ours.port.value.to_string());
    put("user", ours.user.value.clone());
    let only = value(ours.identities_only.as_ref()).unwrap_or(false);
    put("identitiesonly", if only { "yes" } else { "no" }.to_owned());
    let timeout = value(ours.connect_timeout.as_ref()).map(|time| time.as_secs().to_string());
    put("connecttimeout", timeout.unwrap_or("none".to_owned()));
    let interval = value(ours.server_alive_interval.as_ref()).map_or(0, |time| time.as_secs());
    put("serveraliveinterval", interval.to_string());
    put(
        "serveralivecountmax",
        value(ours.server_alive_count_max.as_ref())
            .unwrap_or(3)
            .to_string(),
    );
    let family = match value(ours.address_family.as_ref()) {
        Some(AddressFamily::Inet) => "inet",
        Some(AddressFamily::Inet6) => "inet6",
        Some(AddressFamily::Any) | None => "any",
    };
    put("addressfamily", family.to_owned());
    for (keyword, files, default) in [
        (
            "userknownhostsfile",
            &ours.user_known_hosts_files,
            format!("{home}/.ssh/known_hosts {home}/.ssh/known_hosts2"),
        ),
        (
            "globalknownhostsfile",
            &ours.global_known_hosts_files,
            "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2".to_owned(),
        ),
    ] {
        put(
            keyword,
            files.as_ref().map_or(default, |files| listed(&files.value)),
        );
    }
    for (keyword, text) in [
        ("bindaddress", value(ours.bind_address.as_ref())),
        ("hostkeyalias", value(ours.host_key_alias.as_ref())),
        (
            "preferredauthentications",
            value(ours.preferred_authentications.as_ref()).map(|names| names.join(",")),
        ),
        (
            "revokedhostkeys",
            value(ours.revoked_host_keys.as_ref()).map(|path| shown(&path)),
        ),
        ("identityagent", value(ours.identity_agent.as_ref()).map(agent)),
    ] {
        if let Some(text) = text {
            put(keyword, text);
        }
    }
    for file in &ours.certificate_files {
        put("certificatefile", shown(&file.value));
    }
    for file in ours.identity_files.iter().flatten() {
        put("identityfile", shown(&file.value));
    }
    match value(ours.proxy.as_ref()) {
        Some(Proxy::Jump(jumps)) => put("proxyjump", jumps.iter().map(jump).collect::<Vec<_>>().join(",")),
        Some(Proxy::Command(command)) => put("proxycommand", command),
        None => {}
    }
    as_written(all, theirs, &home, ours.identity_files.is_none())
}

fn value<T: Clone>(sourced: Option<&Sourced<T>>) -> Option<T> {
    sourced.map(|sourced| sourced.value.clone())
}

fn listed(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| shown(file)).collect();
    if files.is_empty() {
        "none".to_owned()
    } else {
        files.join(" ")
    }
}

fn agent(agent: IdentityAgent) -> String {
    match agent {
        IdentityAgent::None => "none".to_owned(),
        IdentityAgent::Environment => "SSH_AUTH_SOCK".to_owned(),
        IdentityAgent::Socket(path) => shown(&path),
    }
}

fn jump(jump: &Jump) -> String {
    let user = jump
        .user
        .as_ref()
        .map(|user| format!("{user}@"))
        .unwrap_or_default();
    let host = if jump.host.contains(':') {
        format!("[{}]", jump.host)
    } else {
        jump.host.clone()
    };
    let port = jump.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{user}{host}{port}")
}

/// `ssh -G` prints what it replaces later as it is written: where that means our value, the written one is put.
fn as_written(
    mut ours: BTreeMap<String, Vec<String>>,
    theirs: &BTreeMap<String, Vec<String>>,
    home: &str,
    is_default: bool,
) -> BTreeMap<String, Vec<String>> {
    let [_, (_, agent_socket)] = VARIABLES;
    let at_home = |written: &String| written.replace("~/", &format!("{home}/"));
    for keyword in [
        "identityfile",
        "certificatefile",
        "globalknownhostsfile",
        "identityagent",
    ] {
        let Some(written) = theirs.get(keyword) else {
            continue;
        };
        let meant: Vec<String> = match keyword {
            "identityfile" if is_default && written.iter().any(|file| file == "~/.ssh/id_ed25519") => vec![],
            "identityfile" => written
                .iter()
                .filter(|file| *file != "none")
                .map(at_home)
                .collect(),
            "identityagent" => written
                .iter()
                .map(|agent| agent.replace("$HAWSER_AGENT", agent_socket))
                .collect(),
            _ => written.iter().map(at_home).collect(),
        };
        if ours.get(keyword).cloned().unwrap_or_default() == meant {
            ours.insert(keyword.to_owned(), written.clone());
        }
    }
    ours
}
