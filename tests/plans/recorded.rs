//! Plans for recorded situations: where, in which order, with which effect on which files. They are equal before and
//! after a change that is to change nothing; only words may differ, and ids by one table.
//!
//! `INSTA_UPDATE=always cargo nextest run --test plans recorded` records them again, which is done on purpose or not at
//! all.

use hawser::plan::{Plan, Step};
use hawser::topology::{EtcdManager, HostName};
use serde_json::{Value, json};

use crate::bare::bare;
use crate::inventory::{compact, compact_external, control_plane, etcd_host, external, stacked, worker};
use crate::repairs::listed;
use crate::world::World;

/// Parts of ids that have another name than when the plans were recorded: today's, and the recorded one. A `*` at the
/// end of both stands for the same rest.
const RENAMED: [(&str, &str); 10] = [
    ("check-etcd-complete-before-*", "see-etcd-whole-before-*"),
    ("reenable-*", "let-back-in-*"),
    ("enable-*", "let-in-*"),
    ("drain-*", "take-out-*"),
    ("keep-file-in-sync-with-*", "keep-file-in-step-with-*"),
    ("check-etcd-*", "see-etcd-*"),
    ("check-no-pods-on-*", "see-no-pods-on-*"),
    ("await-healthy", "await-well"),
    ("check-path", "prove-path"),
    ("restart-control-plane", "bring-up"),
];

/// The recorded name of a step's id.
fn recorded_id(step: &Step) -> String {
    let (host, what) = step.id.0.split_once('/').unwrap();
    let old = RENAMED.iter().find_map(
        |(new, old)| match (new.strip_suffix('*'), old.strip_suffix('*')) {
            (Some(new), Some(old)) => Some(format!("{old}{}", what.strip_prefix(new)?)),
            _ => (what == *new).then(|| (*old).to_owned()),
        },
    );
    format!("{host}/{}", old.unwrap_or_else(|| what.to_owned()))
}

/// A step without its words: `at` is the number of its phase, its lane and its chain.
fn row(at: &str, step: &Step) -> Value {
    let files = step.files().iter().map(|file| {
        let of = format!("{:04o} {}", file.mode, file.owner);
        json!([file.path, of, file.sha256])
    });
    json!({
        "at": at,
        "id": recorded_id(step),
        "on": step.host,
        "effect": step.effect(),
        "files": files.collect::<Vec<_>>(),
    })
}

fn rows(plan: &Plan) -> Vec<Value> {
    let mut rows = Vec::new();
    for (phase, lanes) in (1..).zip(plan.phases.iter().map(|phase| &phase.lanes)) {
        for (lane, chains) in (1..).zip(lanes.iter().map(|lane| &lane.chains)) {
            for (chain, steps) in (1..).zip(chains.iter().map(|chain| &chain.steps)) {
                let at = format!("{phase}.{lane}.{chain}");
                rows.extend(steps.iter().map(|step| row(&at, step)));
            }
        }
    }
    rows.extend(plan.cleanup_steps().map(|step| row("end", step)));
    rows
}

/// The plan as JSON, a step a line.
fn recorded(world: &World) -> String {
    let plan = world.plan().unwrap();
    let rows: Vec<String> = rows(&plan).iter().map(Value::to_string).collect();
    format!("[\n{}\n]", rows.join(",\n"))
}

/// cp3 lost its disk, and w1's join was cut short.
fn broken() -> World {
    let mut world = World::built(stacked(3, 2));
    world.empty("cp3");
    world.nodes.remove(&HostName::from("w1"));
    world.empty("w1");
    let found = &mut world.machine("w1").facts.kubernetes;
    found.ca = Some(crate::world::CA.to_owned());
    (found.has_kubelet_conf, found.has_kubelet_config) = (true, true);
    world
}

/// cp2's join was cut short when its member was listed and had not begun.
fn half_joined() -> World {
    let mut world = World::built(stacked(1, 0));
    world.add(control_plane(2));
    world.add(control_plane(3));
    world.add(worker(1));
    listed(&mut world, "cp2");
    world.machine("cp2").add_manifests(&["etcd.yaml"]);
    world.stop_kubelet("cp2");
    world
}

/// One host of each role more, behind balancers that have to follow.
fn stacked_and_more() -> World {
    let mut world = World::built(stacked(3, 1));
    world.add(control_plane(4));
    world.add(worker(2));
    world
}

fn external_and_more() -> World {
    let mut world = World::built(external(2, 1));
    world.add(etcd_host(4));
    world.add(control_plane(3));
    world
}

/// Everything was switched off, and etcd's hosts are on again.
fn external_switched_off() -> World {
    let mut topology = external(2, 1);
    topology.external_etcd.manager = EtcdManager::Systemd;
    let mut world = World::built(topology);
    for name in ["etcd1", "etcd2", "etcd3"] {
        world.machine(name).unit("etcd", false);
    }
    world
}

fn compact_half_joined() -> World {
    let mut world = World::built(compact(0));
    let found = &mut world.machine("cp3").facts.kubernetes;
    found.has_etcd_data = false;
    found.manifests.retain(|name| name != "etcd.yaml");
    world
}

/// The situations by their names.
pub(crate) fn situations() -> Vec<(&'static str, World)> {
    vec![
        ("stacked_fresh", World::fresh(stacked(3, 2))),
        ("stacked_growing", stacked_and_more()),
        ("stacked_half_joined", half_joined()),
        ("stacked_broken", broken()),
        ("stacked_built", World::built(stacked(3, 2))),
        ("external_fresh", World::fresh(external(2, 1))),
        ("external_growing", external_and_more()),
        ("external_switched_off", external_switched_off()),
        ("compact_fresh", World::fresh(compact(1))),
        ("compact_half_joined", compact_half_joined()),
        ("compact_external_fresh", World::fresh(compact_external())),
        ("bare_fresh", bare(stacked(3, 1))),
    ]
}

#[test]
fn plans_are_as_recorded() {
    for (name, world) in situations() {
        insta::with_settings!({ omit_expression => true, snapshot_path => "recorded", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, recorded(&world));
        });
    }
}
