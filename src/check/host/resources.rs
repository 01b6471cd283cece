//! What a host has to give: processors, memory, disks.

use std::collections::BTreeMap;

use super::{At, Fact, FactResult, Grade};
use crate::facts::{Observed, Room, SyncTimes};
use crate::remote::preflight::{NODE_DATA, keeps_etcd};
use crate::topology::{HostName, Role};

/// kubeadm's own limits for control planes. It divides what the kernel says by 1024 twice.
const CPUS: u64 = 2;
const MEMORY_KB: u64 = 1700 * 1024;

/// Less than this and a worker has little left for pods.
const WORKERS_MEMORY_KB: u64 = 1000 * 1000;

/// etcd's quota is 2 GiB by default; its log and snapshots come on top.
const ETCD_NEEDS_KB: u64 = 2 << 20;
const ETCD_HEALTHY_WITH_KB: u64 = 8 << 20;

/// Images of a control plane take about a gigabyte and a half.
const NODE_NEEDS_KB: u64 = 3 << 20;

/// kubelet begins to clear images away when less than this part of a disk is free, in percent.
const IMAGES_GO: u64 = 15;

/// etcd asks for 10 ms. At the second its heartbeats, 100 ms apart, come too late.
const SLOW_MS: u32 = 10;
const TOO_SLOW_MS: u32 = 100;

pub(super) fn of(at: &At) -> Vec<FactResult> {
    let mut result = Vec::new();
    if at.host.is_node() {
        result.extend([cpus(at), memory(at)]);
    }
    result.extend(disk(at));
    result
}

fn cpus(at: &At) -> FactResult {
    FactResult::of(Fact::Cpus, &at.preflight.cpus, |count| {
        if at.host.is(Role::ControlPlane) && *count < CPUS {
            let fix = ["give the host two CPUs: kubeadm refuses a control plane with one"];
            return FactResult::failed(Fact::Cpus, count.to_string(), fix);
        }
        FactResult::ok(Fact::Cpus, count.to_string())
    })
}

fn memory(at: &At) -> FactResult {
    FactResult::of(Fact::Memory, &at.preflight.memory_kb, |kilobytes| {
        let found = format!("{} MB", kilobytes / 1024);
        if at.host.is(Role::ControlPlane) && *kilobytes < MEMORY_KB {
            let fix = ["give the host 2 GB of memory: kubeadm refuses a control plane below 1700 MB"];
            FactResult::failed(Fact::Memory, found, fix)
        } else if *kilobytes < WORKERS_MEMORY_KB {
            let fix = ["give the host 2 GB of memory: less leaves little for pods"];
            FactResult::warning(Fact::Memory, found, fix)
        } else {
            FactResult::ok(Fact::Memory, found)
        }
    })
}

/// The worst of the host's disks.
fn disk(at: &At) -> Option<FactResult> {
    let etcd = keeps_etcd(at.scene.topology, at.host);
    let node = at.runs_pods().then_some(NODE_DATA);
    let etcd = etcd.map(|path| room(at, path, etcd_room));
    let node = node.map(|path| room(at, path, |path, room| node_room(at, path, room)));
    let is_worse = |one: &FactResult, other: &FactResult| one.grade.cmp(&other.grade);
    etcd.into_iter().chain(node).max_by(is_worse)
}

fn room(at: &At, path: &str, evaluate: impl FnOnce(&str, &Room) -> FactResult) -> FactResult {
    match at.preflight.disks.get(path) {
        Some(room) => FactResult::of(Fact::DiskSpace, room, |room| evaluate(path, room)),
        None => FactResult::unknown(
            Fact::DiskSpace,
            format!("the free space at {path} was not reported"),
        ),
    }
}

fn left(path: &str, room: &Room) -> String {
    let gigabytes = |kilobytes: u64| format!("{}.{}", kilobytes >> 20, ((kilobytes % (1 << 20)) * 10) >> 20);
    format!(
        "{} of {} GB free at {path}",
        gigabytes(room.free_kb),
        gigabytes(room.size_kb)
    )
}

fn etcd_room(path: &str, room: &Room) -> FactResult {
    let found = left(path, room);
    if room.free_kb < ETCD_NEEDS_KB {
        let fix = [
            "etcd stops all writing when its disk is full: free some space (`du -xh --max-depth 2 / | sort -h`), or give etcd a dedicated disk",
        ];
        FactResult::failed(Fact::DiskSpace, found, fix)
    } else if room.free_kb < ETCD_HEALTHY_WITH_KB {
        let fix = ["etcd should have 8 GB: free some space, or give etcd a dedicated disk"];
        FactResult::warning(Fact::DiskSpace, found, fix)
    } else {
        FactResult::ok(Fact::DiskSpace, found)
    }
}

/// Where the inventory says when pods are to go, it knows better.
fn node_room(at: &At, path: &str, room: &Room) -> FactResult {
    let found = left(path, room);
    let knows_better = at
        .scene
        .topology
        .kubeadm
        .kubelet_configuration
        .contains_key("evictionHard");
    if room.free_kb < NODE_NEEDS_KB {
        let fix = ["images and pods need 3 GB: free some space (`du -xh --max-depth 2 / | sort -h`)"];
        FactResult::failed(Fact::DiskSpace, found, fix)
    } else if room.free_kb * 100 < room.size_kb * IMAGES_GO && !knows_better {
        let fix = [
            "kubelet removes images above 85 % and evicts pods above 90 %: free some space, or set `evictionHard` under [kubeadm.kubelet_configuration]",
        ];
        FactResult::warning(Fact::DiskSpace, found, fix)
    } else {
        FactResult::ok(Fact::DiskSpace, found)
    }
}

/// How long etcd's disk takes, where that was measured.
pub(super) fn latency(at: &At, measured: &BTreeMap<HostName, Observed<SyncTimes>>) -> Option<FactResult> {
    let times = measured.get(&at.host.name)?;
    Some(FactResult::of(Fact::DiskLatency, times, |times| {
        let found = format!(
            "99th percentile of {} fdatasync calls: {}.{} ms",
            times.count,
            times.p99_us / 1000,
            times.p99_us % 1000 / 100
        );
        let grade = match times.p99_us / 1000 {
            TOO_SLOW_MS.. => Grade::Failed,
            SLOW_MS.. => Grade::Warning,
            _ => return FactResult::ok(Fact::DiskLatency, found),
        };
        let fix = [
            "etcd needs 10 ms at most, and loses its leader above 100 ms: give it a dedicated SSD with power-loss protection",
        ];
        FactResult::graded(Fact::DiskLatency, grade, found, fix)
    }))
}
