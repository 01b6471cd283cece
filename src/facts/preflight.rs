//! What a host is, as far as a cluster depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Serialize;

use super::Observed;
use super::answer::{Answer, Answers};
use crate::versions::containerd::{CONFIG, cri_plugins, tells_driver};

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Preflight {
    /// `ID` and `VERSION_ID` of os-release.
    pub os: Observed<String>,
    pub cgroups: Observed<Cgroups>,
    /// Its first process: `systemd`, or another init.
    pub init: Observed<String>,
    /// Where it swaps to, and how many kilobytes each place has.
    pub swap: Observed<Vec<(String, u64)>>,
    /// Which of the modules `overlay` and `br_netfilter` are there.
    pub modules: Observed<BTreeSet<String>>,
    /// Kernel settings that are there, by name.
    pub sysctls: Observed<BTreeMap<String, String>>,
    pub cpus: Observed<u64>,
    pub memory_kb: Observed<u64>,
    /// The room on the disks of some paths, by path.
    pub disks: BTreeMap<String, Observed<Room>>,
    /// Whether its clock follows others.
    pub is_synchronised: Observed<bool>,
    /// The number that its maker gave it.
    pub product_uuid: Observed<String>,
    /// The hardware addresses of its interfaces, by name.
    pub cards: Observed<BTreeMap<String, String>>,
    /// What its own name resolves to on it; empty when to nothing.
    pub own_name: Observed<Vec<IpAddr>>,
    pub listeners: Observed<Vec<Listener>>,
    /// Whether the container runtime answers, and what it says that it is.
    pub runtime: Observed<String>,
    /// How containerd is set up; `None` where there is none.
    pub containerd: Option<Observed<Containerd>>,
    /// Which of the programs that are asked for it has.
    pub programs: Observed<BTreeSet<String>>,
    /// Processes that hold a lock of the package manager, with their names.
    pub package_lock: Observed<Vec<(u32, String)>>,
}

/// Which cgroups a host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cgroups {
    /// A tree for each controller.
    V1,
    /// One tree.
    V2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Room {
    pub size_kb: u64,
    pub free_kb: u64,
}

/// Somebody who listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listener {
    pub port: u16,
    /// At which address; `None` at all of them.
    pub address: Option<IpAddr>,
    pub process: Option<String>,
    pub pid: Option<u32>,
}

/// How long a disk took to keep what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SyncTimes {
    pub count: u32,
    /// 99 of 100 took no longer, in microseconds.
    pub p99_us: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Containerd {
    /// The version of its configuration's form, which came with a release of containerd: 3 with 2.0.
    pub config_version: i64,
    pub systemd_cgroup: bool,
    pub cri_is_disabled: bool,
}

impl Preflight {
    /// Whether its containerd tells kubelet which cgroup driver it uses (CRI `RuntimeConfig`), as it does from 2.0 on:
    /// what runs is asked first, else what is installed.
    pub fn containerd_tells_driver(&self) -> bool {
        let running = self.runtime.known().and_then(|runtime| {
            let version = runtime.strip_prefix("containerd ")?;
            version.split('~').next()?.parse().ok()
        });
        let installed = self.containerd.as_ref().and_then(|found| found.known());
        running.map_or_else(
            || installed.is_some_and(|found| found.config_version > i64::from(CONFIG)),
            tells_driver,
        )
    }
}

/// Reads what a host said of itself (`remote::preflight`). `Err` when the answer is cut short.
pub fn read_preflight(output: &[u8]) -> Result<Preflight, String> {
    let answers = Answers::read(output)?;
    let reply = |key: &str| answers.success(key);
    let (cpus, memory_kb) = match reply("resources").map(numbers) {
        Ok(numbers) => (
            numbers.first().copied().ok_or_else(|| "not reported".to_owned()),
            numbers.get(1).copied().ok_or_else(|| "not reported".to_owned()),
        ),
        Err(why) => (Err(why.clone()), Err(why)),
    };
    Ok(Preflight {
        os: reply("os_release").map(|text| text.trim().to_owned()).into(),
        cgroups: reply("cgroup").and_then(cgroups).into(),
        init: reply("init").map(|text| text.trim().to_owned()).into(),
        swap: reply("swap").map(swap).into(),
        modules: reply("modules").map(words).into(),
        sysctls: reply("sysctls").map(pairs).into(),
        cpus: cpus.into(),
        memory_kb: memory_kb.into(),
        disks: answers.all("disk").filter_map(disk).collect(),
        is_synchronised: reply("clock").and_then(yes_or_no).into(),
        product_uuid: reply("product_uuid")
            .map(|text| text.trim().to_lowercase())
            .into(),
        cards: reply("cards").map(pairs).into(),
        own_name: own_name(&answers).into(),
        listeners: reply("listeners").map(listeners).into(),
        runtime: reply("runtime").map(runtime).into(),
        containerd: answers
            .get("containerd")
            .map(|answer| answer.success().and_then(containerd).into()),
        programs: reply("programs").map(words).into(),
        package_lock: reply("package_lock").map(lock).into(),
    })
}

/// Reads a host's clock: seconds since 1970.
pub fn read_clock(output: &[u8]) -> Result<f64, String> {
    let text = String::from_utf8_lossy(output);
    text.trim()
        .parse()
        .map_err(|_| format!("its clock says {}", text.trim()))
}

/// Reads how long a disk took (`remote::preflight::sync_times`). `Err` says why it could not be measured.
pub fn read_sync_times(output: &[u8]) -> Result<SyncTimes, String> {
    let answers = Answers::read(output)?;
    let text = answers.success("sync_times")?;
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(count)), Some(Ok(p99_us))) => Ok(SyncTimes { count, p99_us }),
        _ => Err(format!("sync_times: not understood: {text}")),
    }
}

fn numbers(text: &str) -> Vec<u64> {
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

fn cgroups(text: &str) -> Result<Cgroups, String> {
    match text.trim() {
        "cgroup2fs" => Ok(Cgroups::V2),
        "tmpfs" => Ok(Cgroups::V1),
        other => Err(format!("/sys/fs/cgroup is a {other}")),
    }
}

fn swap(text: &str) -> Vec<(String, u64)> {
    let place = |line: &str| {
        let (path, size) = line.rsplit_once(' ')?;
        Some((path.to_owned(), size.parse().ok()?))
    };
    text.lines().filter_map(place).collect()
}

fn disk(answer: &Answer) -> Option<(String, Observed<Room>)> {
    let (path, rest) = answer.text.split_once('\n').unwrap_or((&answer.text, ""));
    let room = || match (answer.success(), numbers(rest).as_slice()) {
        (Err(why), _) => Err(why),
        (Ok(_), [size_kb, free_kb]) => Ok(Room {
            size_kb: *size_kb,
            free_kb: *free_kb,
        }),
        (Ok(_), _) => Err(format!("the free space at {path} is not reported")),
    };
    (!path.is_empty()).then(|| (path.to_owned(), room().into()))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.trim() {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("timedatectl says {other}")),
    }
}

fn own_name(answers: &Answers) -> Result<Vec<IpAddr>, String> {
    /// `getent` ends with this status when a name resolves to nothing.
    const NOT_FOUND: i32 = 2;
    let answer = answers.get("own_name").ok_or("own_name: not asked")?;
    if answer.code == NOT_FOUND {
        return Ok(Vec::new());
    }
    let first = |line: &str| line.split_whitespace().next()?.parse().ok();
    let mut found: Vec<IpAddr> = Vec::new();
    for address in answer.success()?.lines().filter_map(first) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    Ok(found)
}

/// Lines of `ss -Hltnp`: `LISTEN 0 4096 10.77.0.21:2379 0.0.0.0:* users:(("etcd",pid=721,fd=8))`.
fn listeners(text: &str) -> Vec<Listener> {
    let listener = |line: &str| {
        let mut words = line.split_whitespace().skip(3);
        let (address, port) = words.next()?.rsplit_once(':')?;
        let address = address.split('%').next()?.trim_matches(['[', ']']).parse().ok();
        let users = words.nth(1).unwrap_or_default();
        let pid = users.split_once("pid=").map(|(_, rest)| rest);
        let pid = pid.and_then(|rest| rest.split(',').next()?.parse().ok());
        Some(Listener {
            port: port.parse().ok()?,
            address: address.filter(|address: &IpAddr| !address.is_unspecified()),
            process: users.split('"').nth(1).map(str::to_owned),
            pid,
        })
    };
    text.lines().filter_map(listener).collect()
}

/// `RuntimeName:  containerd` and `RuntimeVersion:  1.6.20` of crictl; of ctr the version that its server names.
fn runtime(text: &str) -> String {
    let value = |text: &str, key: &str| {
        let line = text
            .lines()
            .map(str::trim)
            .find_map(|line| line.strip_prefix(key));
        line.map(|value| value.trim().to_owned())
    };
    let named = value(text, "RuntimeName:").zip(value(text, "RuntimeVersion:"));
    let server = text.split_once("Server:").map_or(text, |(_, server)| server);
    let (name, version) = named.unwrap_or_else(|| {
        (
            "containerd".to_owned(),
            value(server, "Version:").unwrap_or_default(),
        )
    });
    format!("{name} {version}").trim().to_owned()
}

/// What `containerd config dump` says; version 2 made three plugins of the one for Kubernetes.
fn containerd(text: &str) -> Result<Containerd, String> {
    let dump: toml::Table = text
        .parse()
        .map_err(|error| format!("containerd config dump: {error}"))?;
    let cri = cri_plugins().find_map(|name| dump.get("plugins")?.get(name)?.get("containerd"));
    let default = cri.and_then(|cri| cri.get("default_runtime_name")?.as_str());
    let runtime = cri.and_then(|cri| {
        cri.get("runtimes")?
            .get(default.unwrap_or("runc"))?
            .get("options")
    });
    let systemd_cgroup = runtime.and_then(|options| options.get("SystemdCgroup")?.as_bool());
    let disabled = dump.get("disabled_plugins").and_then(toml::Value::as_array);
    let is_cri = |name: &toml::Value| {
        name.as_str()
            .is_some_and(|name| PLUGINS_OF_CRI.contains(&name) || cri_plugins().any(|known| known == name))
    };
    Ok(Containerd {
        config_version: dump.get("version").and_then(toml::Value::as_integer).unwrap_or(1),
        systemd_cgroup: systemd_cgroup.unwrap_or(false),
        cri_is_disabled: disabled.is_some_and(|names| names.iter().any(is_cri)),
    })
}

/// Besides those with the settings of the CRI's runtime: without any of them no kubelet is served.
const PLUGINS_OF_CRI: [&str; 2] = ["cri", "io.containerd.cri.v1.images"];

fn lock(text: &str) -> Vec<(u32, String)> {
    let holder = |line: &str| {
        let (pid, name) = line.split_once(' ')?;
        Some((pid.parse().ok()?, name.to_owned()))
    };
    text.lines().filter_map(holder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::answer::tests::line;

    fn reply(key: &str, text: &str) -> Preflight {
        let output = line(key, text, 0, "") + &line("end", "", 0, "");
        read_preflight(output.as_bytes()).unwrap()
    }

    #[test]
    fn what_was_not_told_is_not_known() {
        let preflight = reply("os_release", "debian 12\n");

        assert_eq!(preflight.os, Ok("debian 12".to_owned()).into());
        assert!(preflight.cgroups.known().is_none());
        assert!(preflight.disks.is_empty());
        assert!(preflight.containerd.is_none());
    }

    #[test]
    fn cgroups_are_told_by_their_file_system() {
        assert_eq!(
            reply("cgroup", "cgroup2fs\n").cgroups,
            Observed::Known(Cgroups::V2)
        );
        assert_eq!(reply("cgroup", "tmpfs\n").cgroups, Observed::Known(Cgroups::V1));
        assert!(reply("cgroup", "ext2/ext3\n").cgroups.known().is_none());
    }

    #[test]
    fn swap_is_listed_with_its_size() {
        let swap = reply("swap", "/dev/sda2 2097148\n/swap\\040file 1048572\n").swap;

        let places = [("/dev/sda2", 2_097_148), ("/swap\\040file", 1_048_572)];
        assert_eq!(
            swap,
            Observed::Known(places.map(|(path, size)| (path.to_owned(), size)).to_vec())
        );
        assert_eq!(reply("swap", "").swap, Observed::Known(vec![]));
    }

    #[test]
    fn processors_memory_and_room_are_numbers() {
        let output = line("resources", "4\n8123456\n", 0, "")
            + &line("disk", "/var/lib/etcd\n41152812 20576406\n", 0, "")
            + &line("disk", "/data\n", 124, "")
            + &line("end", "", 0, "");

        let preflight = read_preflight(output.as_bytes()).unwrap();

        assert_eq!(preflight.cpus, Observed::Known(4));
        assert_eq!(preflight.memory_kb, Observed::Known(8_123_456));
        let room = Room {
            size_kb: 41_152_812,
            free_kb: 20_576_406,
        };
        assert_eq!(preflight.disks["/var/lib/etcd"], Observed::Known(room));
        assert!(preflight.disks["/data"].known().is_none());
    }

    #[test]
    fn listeners_have_their_address_port_and_process() {
        let text = "LISTEN 0 4096 10.77.0.21:2379 0.0.0.0:* users:((\"etcd\",pid=721,fd=8))\n\
             LISTEN 0 4096 *:10250 *:* users:((\"kubelet\",pid=9,fd=1),(\"kubelet\",pid=9,fd=2))\n\
             LISTEN 0 128 [::]:22 [::]:*\n\
             LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:* users:((\"systemd-resolve\",pid=4,fd=1))\n";

        let found = reply("listeners", text).listeners.into_result().unwrap();

        let shown: Vec<String> = found
            .iter()
            .map(|one| {
                format!(
                    "{} {:?} {} {:?}",
                    one.port,
                    one.address.map(|address| address.to_string()),
                    one.process.as_deref().unwrap_or("-"),
                    one.pid
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "2379 Some(\"10.77.0.21\") etcd Some(721)",
                "10250 None kubelet Some(9)",
                "22 None - None",
                "53 Some(\"127.0.0.53\") systemd-resolve Some(4)",
            ]
        );
    }

    #[test]
    fn a_runtime_says_its_name_and_version_to_either_client() {
        let crictl =
            "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  1.6.20\nRuntimeApiVersion:  v1\n";
        let ctr = "Client:\n  Version:  1.7.2\n  Revision: abc\n\nServer:\n  Version:  1.7.2\n";

        assert_eq!(
            reply("runtime", crictl).runtime,
            Observed::Known("containerd 1.6.20".to_owned())
        );
        assert_eq!(
            reply("runtime", ctr).runtime,
            Observed::Known("containerd 1.7.2".to_owned())
        );
    }

    #[test]
    fn a_containerd_of_2_0_or_later_tells_its_driver_whoever_was_asked() {
        let asked = |client: &str, config: i64| {
            let output = line("runtime", client, 0, "")
                + &line("containerd", &format!("version = {config}\n"), 0, "")
                + &line("end", "", 0, "");
            read_preflight(output.as_bytes())
                .unwrap()
                .containerd_tells_driver()
        };
        let crictl = |version: &str| format!("RuntimeName:  containerd\nRuntimeVersion:  {version}\n");
        let ctr = |server: &str| {
            format!("Client:\n  Version:  v2.3.4\n\nServer:\n  Version:  {server}\n  UUID: 1\n")
        };

        assert!(asked(&crictl("v2.3.4"), 4));
        assert!(asked(&crictl("2.0.5"), 3));
        assert!(!asked(&crictl("1.6.20~ds1"), 2));
        assert!(!asked(&crictl("v1.7.27"), 2));
        assert!(asked(&ctr("v2.3.4"), 4));
        // Installed and not started yet.
        assert!(!asked(&ctr("1.7.24"), 4));
        assert!(!asked("RuntimeName:  cri-o\nRuntimeVersion:  1.34.2\n", 2));
        let unanswered = line("runtime", "", 1, "not there") + &line("containerd", "version = 3\n", 0, "");
        let unanswered = read_preflight((unanswered + &line("end", "", 0, "")).as_bytes()).unwrap();
        assert!(unanswered.containerd_tells_driver());
    }

    #[test]
    fn the_driver_is_that_of_the_runtime_which_pods_get() {
        let found = reply(
            "containerd",
            "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd]\ndefault_runtime_name = 'crun'\n\
             [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.crun.options]\nSystemdCgroup = true\n\
             [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\nSystemdCgroup = false\n",
        );

        assert!(found.containerd.unwrap().into_result().unwrap().systemd_cgroup);
    }

    #[test]
    fn any_plugin_of_cri_may_be_the_one_that_is_switched_off() {
        for name in [
            "io.containerd.grpc.v1.cri",
            "io.containerd.cri.v1.runtime",
            "io.containerd.cri.v1.images",
        ] {
            let found = reply(
                "containerd",
                &format!("version = 3\ndisabled_plugins = ['{name}']\n"),
            );

            assert!(
                found.containerd.unwrap().into_result().unwrap().cri_is_disabled,
                "{name}"
            );
        }
    }

    #[test]
    fn containerds_driver_is_found_in_both_forms_of_its_configuration() {
        let driver = |text: &str| {
            reply("containerd", text)
                .containerd
                .unwrap()
                .into_result()
                .unwrap()
        };
        let first = "disabled_plugins = [\"cri\"]\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = false\n";
        let second = "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n";

        assert!(!driver(first).systemd_cgroup);
        assert!(driver(first).cri_is_disabled);
        assert!(driver(second).systemd_cgroup);
        assert!(!driver(second).cri_is_disabled);
        assert!(
            reply("containerd", "= broken")
                .containerd
                .unwrap()
                .known()
                .is_none()
        );
    }

    #[test]
    fn a_name_that_resolves_to_nothing_is_told_from_one_that_nobody_looked_up() {
        let nothing = line("own_name", "", 2, "") + &line("end", "", 0, "");

        let preflight = read_preflight(nothing.as_bytes()).unwrap();

        assert_eq!(preflight.own_name, Observed::Known(vec![]));
        assert!(reply("os_release", "debian 12").own_name.known().is_none());
    }

    #[test]
    fn a_clock_has_fractions_of_a_second() {
        assert_eq!(read_clock(b"1795366502.250000000\n"), Ok(1_795_366_502.25));
        assert!(read_clock(b"yesterday").is_err());
    }

    #[test]
    fn what_holds_a_lock_has_its_name() {
        let holders = reply("package_lock", "812 unattended-upgr\n").package_lock;

        assert_eq!(
            holders,
            Observed::Known(vec![(812, "unattended-upgr".to_owned())])
        );
    }
}
