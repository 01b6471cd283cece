//! Commands that prepare a bare host, and what it is asked before.

use crate::archive::Single;
use crate::remote::host_files::commands::{self as host, Put};
use crate::remote::wire::RemoteCommand;
use crate::topology::{PackageFile, Preparation, Version};

const LOOK: &str = script!("look_at_preparation.sh", [answers of_the_kernel], (modules sysctls folder));

const INSTALL: &str = script!("install_packages.sh", [apt install], (; packages));

const INSTALL_FROM_FOLDER: &str = script!("install_from_folder.sh", [apt install], (folder sums; packages));

const PUT_AND_RESTART: &str = script!(
    "put_and_restart.sh",
    [run_folder place package_default back_up put],
    (asked_path owner mode validator seen backup service)
);

const TURN_SWAP_OFF: &str = script!("turn_swap_off.sh", [place package_default of_the_kernel], ());

/// A package that a host needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub name: &'static str,
    /// The release that it must be of, without the package's own revision (`1.34.2`); it is held then. Whichever apt
    /// takes where there is none.
    pub version: Option<String>,
}

impl Wanted {
    /// Whether a version of the package, as dpkg writes it, is of the release.
    pub fn is(&self, version: &str) -> bool {
        let Some(release) = &self.version else { return true };
        version == release
            || version
                .strip_prefix(release.as_str())
                .is_some_and(|rest| rest.starts_with('-'))
    }

    /// As a person says it: `kubeadm 1.34.2`.
    pub fn shown(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_owned(),
        }
    }

    fn word(&self) -> String {
        match &self.version {
            Some(version) => format!("{}={version}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Kubernetes' own packages, of the cluster's release.
pub fn of_the_release(version: Version) -> [Wanted; 3] {
    let version = version.to_string().trim_start_matches('v').to_owned();
    ["kubeadm", "kubelet", "kubectl"].map(|name| Wanted {
        name,
        version: Some(version.clone()),
    })
}

/// What of its preparation the host has. `facts::read_preparation` reads the answer.
pub fn look(preparation: &Preparation) -> RemoteCommand {
    let sysctls: Vec<&str> = preparation.sysctls.keys().map(String::as_str).collect();
    RemoteCommand::reads("probing its preparation", LOOK)
        .arg(preparation.modules.join(" "))
        .arg(sysctls.join(" "))
        .arg(FOLDER)
}

/// Masks etcd's unit, before the distribution's package brings one that starts.
pub(in crate::remote) fn mask_etcd() -> RemoteCommand {
    RemoteCommand::changes("mask etcd", script!("mask_etcd.sh", [], ()))
}

/// Whether etcd's unit is masked.
pub(in crate::remote) fn etcd_is_masked() -> RemoteCommand {
    RemoteCommand::reads("check etcd's unit", script!("etcd_is_masked.sh", [], ()))
}

/// Installs packages from what apt knows, and holds those of a release.
pub(in crate::remote) fn install(packages: &[Wanted]) -> RemoteCommand {
    RemoteCommand::changes("install packages", INSTALL).args(packages.iter().map(Wanted::word))
}

/// Where packages wait for their installation on a host. It is gone after it.
pub(in crate::remote) const FOLDER: &str = "/var/cache/hawser/packages";

/// Takes a package as it arrives, and keeps it when it has arrived whole.
pub(in crate::remote) fn receive_package(file: &PackageFile) -> RemoteCommand {
    let name = file.name();
    RemoteCommand::changes(
        "take the package",
        script!("receive_package.sh", [], (folder name sum)),
    )
    .args([FOLDER, &name, &file.sha256])
    .image(&Single::of_file(&file.path, &name, file.size))
}

/// Whether a package has arrived.
pub(in crate::remote) fn has_package(file: &PackageFile) -> RemoteCommand {
    host::file_is(
        &format!("{FOLDER}/{}", file.name()),
        "root:root",
        0o644,
        &file.sha256,
    )
}

/// Installs packages from those that this run has sent and from nothing else, and holds those of a release.
pub(in crate::remote) fn install_from_folder(packages: &[Wanted], sent: &[&PackageFile]) -> RemoteCommand {
    let sums: Vec<String> = sent
        .iter()
        .map(|file| format!("{}  {}", file.sha256, file.name()))
        .collect();
    RemoteCommand::changes("install packages", INSTALL_FROM_FOLDER)
        .args([FOLDER, &sums.join("\n")])
        .args(packages.iter().map(Wanted::word))
}

/// Whether packages are installed, and held where they are of a release.
pub(in crate::remote) fn packages_are(packages: &[Wanted]) -> RemoteCommand {
    RemoteCommand::reads("check packages", script!("packages_are.sh", [], (; packages)))
        .args(packages.iter().map(Wanted::word))
}

/// Loads kernel modules.
pub(in crate::remote) fn load_modules(modules: &[String]) -> RemoteCommand {
    RemoteCommand::changes(
        "load modules",
        script!("load_modules.sh", [of_the_kernel], (; modules)),
    )
    .args(modules)
}

/// Whether kernel modules are there.
pub(in crate::remote) fn modules_are_there(modules: &[String]) -> RemoteCommand {
    RemoteCommand::reads(
        "check modules",
        script!("modules_are_there.sh", [of_the_kernel], (; modules)),
    )
    .args(modules)
}

/// Applies kernel settings of one file.
pub(in crate::remote) fn apply_sysctls(path: &str) -> RemoteCommand {
    RemoteCommand::changes("apply kernel settings", script!("apply_sysctls.sh", [], (path))).arg(path)
}

/// Whether kernel settings have their values.
pub(in crate::remote) fn sysctls_are(preparation: &Preparation) -> RemoteCommand {
    let pairs = preparation.sysctls.iter().flat_map(|(name, value)| [name, value]);
    RemoteCommand::reads(
        "check kernel settings",
        script!("sysctls_are.sh", [of_the_kernel], (; settings)),
    )
    .args(pairs)
}

/// Switches swap off, now and at boot.
pub(in crate::remote) fn turn_swap_off() -> RemoteCommand {
    RemoteCommand::changes("switch swap off", TURN_SWAP_OFF)
}

/// Whether swap is off, and stays so.
pub(in crate::remote) fn swap_is_off() -> RemoteCommand {
    RemoteCommand::reads("check swap", script!("swap_is_off.sh", [of_the_kernel], ()))
}

/// Writes a file that was not there, and restarts a service that reads it, if it runs.
pub(in crate::remote) fn put_and_restart(put: &Put<'_>, service: &str) -> RemoteCommand {
    let command = RemoteCommand::changes(format!("write {}", put.file.path), PUT_AND_RESTART);
    put.fill(command).arg(service)
}

/// Replaces a file, if it is still what the plan saw, and restarts a service that reads it, if it runs.
pub(in crate::remote) fn replace_and_restart(put: &Put<'_>, service: &str) -> RemoteCommand {
    let command = RemoteCommand::destroys(format!("write {}", put.file.path), PUT_AND_RESTART);
    put.fill(command).arg(service)
}

/// Has a service start with the host, and now if it is to run already.
pub(in crate::remote) fn start_service(unit: &str, now: bool) -> RemoteCommand {
    RemoteCommand::changes(
        format!("start {unit}"),
        script!("start_service.sh", [last_lines], (unit now)),
    )
    .args([unit, if now { "yes" } else { "no" }])
}

/// Whether a service starts with the host, and runs if it is to.
pub(in crate::remote) fn service_is_started(unit: &str, now: bool) -> RemoteCommand {
    RemoteCommand::reads(
        format!("check {unit}"),
        script!("service_is_started.sh", [], (unit now)),
    )
    .args([unit, if now { "yes" } else { "no" }])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::process::Command;

    use sha2::{Digest, Sha256};

    use super::*;

    /// A host whose apt and dpkg are scripts that note how they were called.
    struct Rig {
        folder: tempfile::TempDir,
    }

    impl Rig {
        /// `dpkg` is the script in dpkg's place; `$asked` is a file of its own.
        fn new(dpkg: &str) -> Self {
            let rig = Self {
                folder: tempfile::tempdir().unwrap(),
            };
            fs::create_dir(rig.path("bin")).unwrap();
            fs::create_dir(rig.path("packages")).unwrap();
            let calls = rig.path("calls").display().to_string();
            let asked = rig.path("asked").display().to_string();
            rig.program(
                "dpkg",
                &format!("asked={asked}\necho \"dpkg $*\" >>{calls}\n{dpkg}"),
            );
            rig.program(
                "apt-get",
                &format!(
                    "echo \"apt-get $*\" >>{calls}\ncase $* in *' install '*) cat {}/Packages >>{calls} 2>/dev/null || :;; esac",
                    rig.path("packages").display()
                ),
            );
            rig.program("dpkg-deb", "echo \"Package: $(cat \"$2\")\"");
            rig.program("apt-mark", "true");
            rig
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn program(&self, name: &str, script: &str) {
            let path = self.path("bin").join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }

        /// A package that has arrived, and its line for the script.
        fn package(&self, name: &str, content: &str) -> String {
            fs::write(self.path("packages").join(name), content).unwrap();
            format!("{}  {name}", hex::encode(Sha256::digest(content)))
        }

        fn run(&self, script: &str, arguments: &[&str]) -> (Option<i32>, String) {
            let path = std::env::var("PATH").unwrap();
            let output = Command::new("sh")
                .args(["-euc", script, "hawser"])
                .args(arguments)
                .env("LC_ALL", "C")
                .env("PATH", format!("{}:{path}", self.path("bin").display()))
                .output()
                .unwrap();
            let reply = [output.stdout, output.stderr].concat();
            (output.status.code(), String::from_utf8(reply).unwrap())
        }

        fn install_sent(&self, sums: &str) -> (Option<i32>, String) {
            let folder = self.path("packages").display().to_string();
            self.run(INSTALL_FROM_FOLDER, &[&folder, sums, "right"])
        }

        fn calls(&self) -> String {
            fs::read_to_string(self.path("calls")).unwrap_or_default()
        }
    }

    const IN_ORDER: &str = "";

    /// Half installed until its lock is let go, at the third look.
    const BUSY: &str = "echo x >>$asked
        [ \"$(wc -l <$asked)\" -lt 3 ] || exit 0
        case $1 in --audit) echo 'half installed: other' ;; *) echo 'dpkg: error: dpkg frontend lock was locked by another process with pid 7' >&2; exit 2 ;; esac";

    const BROKEN: &str = "case $1 in --audit) echo 'half installed: other' ;; *) echo 'other: its script failed' >&2; exit 1 ;; esac";

    #[test]
    fn only_what_is_named_is_installed_and_nothing_is_removed() {
        let rig = Rig::new(IN_ORDER);

        let (code, reply) = rig.run(INSTALL, &["kubeadm=1.34.2", "socat"]);

        assert_eq!(code, Some(0), "{reply}");
        let calls = rig.calls();
        let install = calls.lines().find(|call| call.contains(" install ")).unwrap();
        assert!(install.ends_with(" install kubeadm=1.34.2-* socat"), "{install}");
        assert!(install.contains(" --no-remove "), "{install}");
        assert!(install.contains(" Dpkg::Options::=--force-confold "), "{install}");
        assert!(!calls.contains("--configure"), "{calls}");
    }

    #[test]
    fn another_dpkg_that_is_at_work_is_waited_for() {
        let rig = Rig::new(BUSY);

        let (code, reply) = rig.run(INSTALL, &["socat"]);

        assert_eq!(code, Some(0), "{reply}");
        let calls: Vec<String> = rig.calls().lines().take(4).map(str::to_owned).collect();
        assert_eq!(
            calls[..3],
            ["dpkg --audit", "dpkg --configure -a", "dpkg --audit"]
        );
        assert!(calls[3].starts_with("apt-get "), "{calls:?}");
    }

    #[test]
    fn a_package_that_does_not_get_ready_is_told_and_nothing_more_installed() {
        let rig = Rig::new(BROKEN);

        let (code, reply) = rig.run(INSTALL, &["socat"]);

        assert_eq!((code, reply.as_str()), (Some(1), "other: its script failed\n"));
        assert!(!rig.calls().contains("apt-get"));
    }

    #[test]
    fn of_a_folder_only_what_this_run_has_sent_is_installed() {
        let rig = Rig::new(IN_ORDER);
        let sum = rig.package("right_1_all.deb", "right");
        rig.package("older_1_all.deb", "older");
        rig.package(".arriving.x", "half");

        let (code, reply) = rig.install_sent(&sum);

        assert_eq!(code, Some(0), "{reply}");
        let calls = rig.calls();
        assert!(
            calls.contains("Package: right\nFilename: ./right_1_all.deb\n"),
            "{calls}"
        );
        assert!(!calls.contains("older"), "{calls}");
        assert!(!rig.path("packages").exists());
    }

    #[test]
    fn a_package_that_is_not_what_was_sent_is_not_installed() {
        let rig = Rig::new(IN_ORDER);
        let sum = rig.package("right_1_all.deb", "right");
        rig.package("right_1_all.deb", "another");

        let (code, reply) = rig.install_sent(&sum);

        assert_eq!(code, Some(1));
        assert!(reply.contains("right_1_all.deb: FAILED"), "{reply}");
        assert_eq!(rig.calls(), "");
    }
}
