//! A host's record held against the plan's steps for it.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;
use sha2::{Digest, Sha256};
use support::record::Recorded;

/// Values of the run that a plan names but does not hold; replaced as the plan masks them.
pub(crate) struct Masks(pub(crate) Vec<(String, &'static str)>);

impl Masks {
    fn mask(&self, text: &str) -> String {
        let replace = |text: String, (value, mask): &(String, &str)| text.replace(value.as_str(), mask);
        self.0.iter().fold(text.to_owned(), replace)
    }
}

/// The plan's steps for a host, in its order.
pub(crate) fn steps_for<'a>(plan: &'a Value, host: &str) -> Vec<&'a Value> {
    let list = |value: &'a Value, key: &str| value[key].as_array().unwrap().iter();
    list(plan, "phases")
        .flat_map(|phase| list(phase, "lanes"))
        .flat_map(|lane| list(lane, "chains"))
        .flat_map(|chain| list(chain, "steps"))
        .chain(list(plan, "cleanup"))
        .filter(|step| step["host"] == host)
        .collect()
}

/// What was found to be as planned.
#[derive(Default, Debug)]
pub(crate) struct Tally {
    pub(crate) looks: usize,
    pub(crate) changes: usize,
    pub(crate) checks: usize,
    pub(crate) files: usize,
}

/// Reads a record along the plan.
pub(crate) struct Reader<'a> {
    host: &'a str,
    looks: BTreeSet<&'a str>,
    masks: &'a Masks,
    left: VecDeque<Recorded>,
    tally: Tally,
}

impl<'a> Reader<'a> {
    /// `looks` are commands that only look at the host, without their arguments; they may come at any time.
    pub(crate) fn new(
        host: &'a str,
        looks: BTreeSet<&'a str>,
        masks: &'a Masks,
        record: Vec<Recorded>,
    ) -> Self {
        Self {
            host,
            looks,
            masks,
            left: record.into(),
            tally: Tally::default(),
        }
    }

    /// Follows every step; what is left over then was not planned.
    pub(crate) fn follow(mut self, steps: &[&Value]) -> Tally {
        for step in steps {
            self.step(step);
        }
        let left = self.next();
        assert!(left.is_none(), "{}: not planned: {left:#?}", self.host);
        self.tally
    }

    fn step(&mut self, step: &Value) {
        let (change, check) = (&step["change"], &step["until"]["command"]);
        match step["action"].as_str().unwrap() {
            "wait" | "read" => self.ask_until_yes(step, check),
            "run" => self.change(step, change),
            _ => {
                if !self.is_done_already(step, check) {
                    self.change(step, change);
                    self.ask_until_yes(step, check);
                }
            }
        }
    }

    /// Asked until the answer is clear: 0 is yes, 1 is no.
    fn is_done_already(&mut self, step: &Value, check: &Value) -> bool {
        loop {
            match self.check(step, check) {
                Some(0) => return true,
                Some(1) => return false,
                _ => {}
            }
        }
    }

    fn ask_until_yes(&mut self, step: &Value, check: &Value) {
        while self.check(step, check) != Some(0) {}
    }

    fn check(&mut self, step: &Value, check: &Value) -> Option<i64> {
        self.tally.checks += 1;
        self.take(step, check).status
    }

    fn change(&mut self, step: &Value, change: &Value) {
        let recorded = self.take(step, change);
        assert_eq!(recorded.status, Some(0), "{}", step["id"]);
        self.tally.changes += 1;
        for file in step["files"].as_array().unwrap() {
            let content = self.masks.mask(&content(&recorded, change));
            let hash = hex::encode(Sha256::digest(content.as_bytes()));
            // A block is sent alone, and goes into what is there: the plan tells the sum of the whole file.
            let is_block = change["line"].as_str().unwrap().contains(args_of(PUT_BLOCK));
            assert!(
                is_block || file["sha256"] == hash.as_str(),
                "{}:\n{content}",
                step["id"]
            );
            self.tally.files += 1;
        }
    }

    /// The next command of the record, which must be this one of the plan.
    fn take(&mut self, step: &Value, planned: &Value) -> Recorded {
        let id = &step["id"];
        let Some(recorded) = self.next() else {
            panic!(
                "{}: the record ends before {id} ({})",
                self.host, planned["purpose"]
            );
        };
        assert_eq!(
            planned["line"],
            unfenced(&recorded.command, planned),
            "{}: something else than {id} ({})",
            self.host,
            planned["purpose"]
        );
        let stdin = self.masks.mask(&content(&recorded, planned));
        let complete = planned["stdin"].as_str().unwrap();
        // A question may be answered before its input is read.
        let is_cut_short = planned["effect"] == "reads" && complete.starts_with(&stdin);
        assert!(
            stdin == complete || is_cut_short,
            "{id}: not {complete} but {stdin}"
        );
        recorded
    }

    fn next(&mut self) -> Option<Recorded> {
        let is_look = |recorded: &Recorded| {
            self.looks.iter().any(|look| recorded.command.starts_with(look)) || is_about_the_lock(recorded)
        };
        while self.left.front().is_some_and(is_look) {
            self.left.pop_front();
            self.tally.looks += 1;
        }
        self.left.pop_front()
    }
}

const FENCE: &str = include_str!("../../src/remote/lease/fence.sh");
const TAKE: &str = include_str!("../../src/remote/lease/take_lease.sh");
const RELEASE: &str = include_str!("../../src/remote/lease/release_lease.sh");
const PUT_BLOCK: &str = include_str!("../../src/remote/host_files/put_block.sh");

/// The line of a script that names its arguments, by which it is known among those that are sent.
fn args_of(script: &str) -> &str {
    let mut lines = script.split_inclusive('\n');
    lines.find(|line| line.starts_with("# args: ")).unwrap()
}

/// A command without the fence before it, which what changes a host has, and nothing else.
fn unfenced<'a>(command: &'a str, planned: &Value) -> &'a str {
    let line = planned["line"].as_str().unwrap();
    let is_fenced = command.contains(args_of(FENCE)) && command.ends_with(line);
    if is_fenced && planned["effect"] != "reads" {
        &command[command.len() - line.len()..]
    } else {
        command
    }
}

/// Whether it takes, renews or gives back the host's lock, which no plan speaks of.
fn is_about_the_lock(recorded: &Recorded) -> bool {
    let command = &recorded.command;
    let is_renewal = command.contains(args_of(FENCE)) && command.ends_with(" '' true");
    command.contains(args_of(TAKE)) || command.contains(args_of(RELEASE)) || is_renewal
}

/// What was sent: as it is, or behind its size on a line of its own and the heading that the plan names.
fn content(recorded: &Recorded, planned: &Value) -> String {
    let text = recorded.stdin_text();
    let heading = planned["heading"].as_str().unwrap_or_default();
    let framed = text.split_once('\n').and_then(|(size, rest)| {
        let content = rest.strip_prefix(heading)?;
        // Of a question that was answered before all had arrived it is less.
        (size.parse::<usize>().ok()? >= content.len()).then_some(content)
    });
    framed.unwrap_or(&text).to_owned()
}
