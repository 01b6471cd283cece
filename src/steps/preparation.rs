//! What makes a bare host one that kubeadm can work on.

use std::time::Duration;

use super::QUICK;
use super::files;
use crate::facts::FileFact;
use crate::plan::{Step, StepId};
use crate::remote::files::RenderedFile;
use crate::remote::host::{self, Validator};
use crate::remote::images;
use crate::remote::preparation::{self, Wanted};
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
        "mask etcd.service, so that its package starts no member of its own",
    )
    .change(preparation::mask_etcd(), QUICK)
    .done_when(preparation::etcd_is_masked(), QUICK)
}

/// Installs what a host lacks of the packages that it needs, and nothing else: what it has stays as it is.
pub fn install(on: &HostName, packages: &[Wanted], lacking: &[Wanted]) -> Step {
    let names: Vec<String> = lacking.iter().map(Wanted::shown).collect();
    Step::on(on, "install-packages", format!("install {}", names.join(", ")))
        .change(preparation::install(lacking), INSTALL)
        .done_when(preparation::packages_are(packages), QUICK)
}

/// Sends a package to where it waits for its installation.
pub fn send(on: &HostName, file: &PackageFile) -> Step {
    let name = file.name();
    Step::on(on, &format!("send-{name}"), format!("send {name}"))
        .change(preparation::receive_package(file), INSTALL)
        .done_when(preparation::has_package(file), QUICK)
}

/// Installs what a host lacks, from what it has been sent.
pub fn install_from_folder(
    on: &HostName,
    packages: &[Wanted],
    lacking: &[Wanted],
    sent: &[&PackageFile],
) -> Step {
    let mut step = install(on, packages, lacking);
    step.change = Some(preparation::install_from_folder(lacking, sent));
    step
}

/// Removes packages that an earlier run sent, where none is to be installed from there.
pub fn clear_packages(on: &HostName) -> Step {
    Step::on(on, "clear-packages", "remove packages that an earlier run left")
        .change(host::remove(preparation::FOLDER), QUICK)
        .done_when(host::is_gone(preparation::FOLDER), QUICK)
}

/// Removes the kernel settings of an earlier hawser, whose name let those of the distribution win at boot.
pub fn remove_old_sysctls(on: &HostName, path: &str) -> Step {
    Step::on(
        on,
        "remove-old-sysctls",
        format!("remove {path}, which an earlier hawser wrote"),
    )
    .change(host::remove(path), QUICK)
    .done_when(host::is_gone(path), QUICK)
}

/// Writes a file that something reads when it is needed.
pub fn write(on: &HostName, file: &RenderedFile, found: Option<&FileFact>) -> Option<Step> {
    files::put(on, file, found, Validator::None)
}

/// Writes a file that containerd reads when it starts, and restarts it.
pub fn write_for_containerd(
    on: &HostName,
    file: &RenderedFile,
    found: Option<&FileFact>,
    validator: Validator,
) -> Option<Step> {
    let mut step = files::put(on, file, found, validator)?;
    step.id = StepId(format!("{on}/write{}", file.path));
    step.describe = format!("write {}, and have containerd read it", file.path).into();
    let command = preparation::put_and_restart(file, validator, "containerd");
    if file.content.has_slots() {
        let question = host::file_has(&file.path, &file.owner, file.mode, file.content.clone());
        step = step.done_when(question, QUICK);
    }
    Some(step.change(command, RESTART))
}

/// Reads which image is to hold a pod's namespaces: the kubeadm that is installed by then names it.
pub fn read_sandbox_image(on: &HostName, version: Version, repository: &str) -> Step {
    Step::on(on, "read-sandbox-image", "read which pause image kubeadm names")
        .done_when(images::kubeadm_images_of(version, repository), RESTART)
        .captures(Slot::SandboxImage)
}

/// Loads kernel modules.
pub fn load_modules(on: &HostName, modules: &[String]) -> Step {
    Step::on(
        on,
        "load-modules",
        format!("load the kernel's {}", modules.join(", ")),
    )
    .change(preparation::load_modules(modules), QUICK)
    .done_when(preparation::modules_are_there(modules), QUICK)
}

/// Applies kernel settings of the file that was written.
pub fn apply_sysctls(on: &HostName, path: &str, preparation: &Preparation) -> Step {
    Step::on(on, "apply-sysctls", format!("apply {path}"))
        .change(preparation::apply_sysctls(path), QUICK)
        .done_when(preparation::sysctls_are(preparation), QUICK)
}

/// Switches swap off, now and at boot.
pub fn turn_swap_off(on: &HostName, places: &[String]) -> Step {
    Step::on(
        on,
        "turn-swap-off",
        format!("switch swap off, now and at boot: {}", places.join(", ")),
    )
    .change(preparation::turn_swap_off(), RESTART)
    .done_when(preparation::swap_is_off(), QUICK)
}

/// Has containerd run, now and at boot.
pub fn start_containerd(on: &HostName) -> Step {
    start(on, "containerd", true, "have containerd run, now and at boot")
}

/// Has kubelet start with the host; kubeadm starts it when there is something to run.
pub fn enable_kubelet(on: &HostName) -> Step {
    start(on, "kubelet", false, "have kubelet start with the host")
}

fn start(on: &HostName, unit: &str, now: bool, describe: &'static str) -> Step {
    Step::on(on, &format!("start-{unit}"), describe)
        .change(preparation::start_service(unit, now), RESTART)
        .done_when(preparation::service_is_started(unit, now), QUICK)
}
