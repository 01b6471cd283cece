//! What makes a bare host one that kubeadm can work on.

use std::time::Duration;

use super::commands::{self as preparation, Wanted};
use crate::facts::FileFact;
use crate::plan::Step;
use crate::remote::files::RenderedFile;
use crate::remote::host_files::commands as host;
use crate::remote::host_files::{self as files, Found, Validator};
use crate::remote::images::commands as images;
use crate::remote::timeouts::QUICK;
use crate::remote::wire::RemoteCommand;
use crate::topology::{HostName, PackageFile, Preparation, Version};
use crate::values::Slot;

/// For a slow mirror, and another apt that has to end first.
const INSTALL: Duration = Duration::from_secs(30 * 60);

/// A service that restarts ends what it was doing.
const RESTART: Duration = Duration::from_secs(120);

/// Masks etcd's unit, before there is one.
pub fn mask_etcd(on: &HostName) -> Step {
    Step::on(
        on,
        "mask-etcd",
        "mask etcd.service, so that its package starts no member",
    )
    .change(preparation::mask_etcd(), QUICK)
    .until(preparation::etcd_is_masked(), QUICK)
}

/// Installs what a host lacks of the packages that it needs, and nothing else: what it has stays as it is.
pub fn install(on: &HostName, packages: &[Wanted], lacking: &[Wanted]) -> Step {
    install_by(on, packages, lacking, preparation::install(lacking))
}

/// Sends a package to where it waits for its installation.
pub fn send(on: &HostName, file: &PackageFile) -> Step {
    let name = file.name();
    Step::on(on, &format!("send-{name}"), format!("send {name}"))
        .change(preparation::receive_package(file), INSTALL)
        .until(preparation::has_package(file), QUICK)
}

/// Installs what a host lacks, from what it has been sent.
pub fn install_from_folder(
    on: &HostName,
    packages: &[Wanted],
    lacking: &[Wanted],
    sent: &[&PackageFile],
) -> Step {
    let command = preparation::install_from_folder(lacking, sent);
    install_by(on, packages, lacking, command)
}

fn install_by(on: &HostName, packages: &[Wanted], lacking: &[Wanted], command: RemoteCommand) -> Step {
    let names: Vec<String> = lacking.iter().map(Wanted::shown).collect();
    Step::on(on, "install-packages", format!("install {}", names.join(", ")))
        .change(command, INSTALL)
        .until(preparation::packages_are(packages), QUICK)
}

/// Removes packages that an earlier run sent, where none is to be installed from there.
pub fn clear_packages(on: &HostName) -> Step {
    Step::on(on, "clear-packages", "remove packages that an earlier run left")
        .change(host::remove(preparation::FOLDER), QUICK)
        .until(host::is_gone(preparation::FOLDER), QUICK)
}

/// Removes the kernel settings of an earlier hawser, whose name let those of the distribution win at boot.
pub fn remove_old_sysctls(on: &HostName, path: &str, sha256: &str) -> Step {
    Step::on(
        on,
        "remove-old-sysctls",
        format!("remove {path}, which an earlier hawser wrote"),
    )
    .change(host::remove_managed(path, sha256), QUICK)
    .destroys([format!(
        "{path}, in which every setting is one of the inventory's (SHA-256 {sha256})"
    )])
    .until(host::is_gone(path), QUICK)
}

/// Writes a file that something reads when it is needed.
pub fn write(on: &HostName, file: &RenderedFile, found: Option<&FileFact>) -> Option<Step> {
    files::put(on, file, found, Validator::None)
}

/// Writes a file that containerd reads when it starts, and restarts it.
pub fn write_for_containerd(
    on: &HostName,
    file: &RenderedFile,
    found: &Found<'_>,
    validator: Validator,
) -> Option<Step> {
    if files::is_same(file, found.file) {
        return None;
    }
    let put = files::put_of(file, found, validator);
    let goes = files::what_goes(file, found);
    let command = match &goes {
        None => preparation::put_and_restart(&put, "containerd"),
        Some(_) => preparation::replace_and_restart(&put, "containerd"),
    };
    let has = || host::file_has(&file.path, &file.owner, file.mode, file.content.clone());
    let title = format!("write {}, and restart containerd", file.path);
    let step = Step::on(on, &format!("write{}", file.path), title)
        .change(command, RESTART)
        .writes(files::change_of(file, found.file))
        .destroys(goes)
        .until(files::is_written(file).unwrap_or_else(has), QUICK);
    Some(step)
}

/// Reads which image is to hold a pod's namespaces: the kubeadm that is installed by then names it.
pub fn read_sandbox_image(on: &HostName, version: Version, repository: &str) -> Step {
    Step::on(on, "read-sandbox-image", "read which pause image kubeadm names").read(
        images::kubeadm_images_of(version, repository),
        RESTART,
        Slot::SandboxImage,
    )
}

pub fn load_modules(on: &HostName, modules: &[String]) -> Step {
    Step::on(
        on,
        "load-modules",
        format!("load the kernel modules {}", modules.join(", ")),
    )
    .change(preparation::load_modules(modules), QUICK)
    .until(preparation::modules_are_there(modules), QUICK)
}

pub fn apply_sysctls(on: &HostName, path: &str, preparation: &Preparation) -> Step {
    Step::on(on, "apply-sysctls", format!("apply {path}"))
        .change(preparation::apply_sysctls(path), QUICK)
        .until(preparation::sysctls_are(preparation), QUICK)
}

pub fn turn_swap_off(on: &HostName, places: &[String]) -> Step {
    Step::on(
        on,
        "turn-swap-off",
        format!("turn swap off, now and at boot: {}", places.join(", ")),
    )
    .change(preparation::turn_swap_off(), RESTART)
    .until(preparation::swap_is_off(), QUICK)
}

/// Has containerd run, now and at boot.
pub fn start_containerd(on: &HostName) -> Step {
    start(on, "containerd", true, "start containerd, now and at boot")
}

/// Has kubelet start with the host; kubeadm starts it when there is something to run.
pub fn enable_kubelet(on: &HostName) -> Step {
    start(on, "kubelet", false, "start kubelet at boot")
}

fn start(on: &HostName, unit: &str, now: bool, title: &'static str) -> Step {
    Step::on(on, &format!("start-{unit}"), title)
        .change(preparation::start_service(unit, now), RESTART)
        .until(preparation::service_is_started(unit, now), QUICK)
}
