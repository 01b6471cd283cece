//! The scripts of a lease, with the real flock, in a folder of the test.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::commands::*;
use crate::remote::wire::connection;
use crate::remote::wire::{Effect, PRELUDE, any, quote};
use crate::values::Values;

/// A host: a folder with a lease.
struct Place {
    folder: TempDir,
    shell: &'static str,
}

impl Place {
    fn new() -> Self {
        Self::with("sh")
    }

    fn with(shell: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, shell }
    }

    fn path(&self) -> String {
        self.folder.path().join("lease").display().to_string()
    }

    fn fence(&self, id: &str) -> Fence {
        Fence {
            path: self.path(),
            id: id.to_owned(),
        }
    }

    fn sh(&self, line: &str) -> Command {
        let mut command = Command::new(self.shell);
        // The line begins with `sh -c`, by which the tested shell is asked.
        let line = line.replace("sh -c ", &format!("{} -c ", self.shell));
        command.args(["-c", &line]).stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.sh(line).output().unwrap()
    }

    fn take(&self, id: &str, over: Option<&str>) -> Answer {
        let output = self.run(&self.fence(id).take(&claim(id), over).line());
        assert!(output.status.success(), "{output:?}");
        Answer::read(&output.stdout).unwrap()
    }

    fn held(&self, id: &str) -> Held {
        match self.take(id, None) {
            Answer::Held(held) => *held,
            Answer::Taken => panic!("{id} has it"),
        }
    }

    fn release(&self, id: &str) {
        let output = self.run(&self.fence(id).release().line());
        assert!(
            output.status.success() && output.stderr.starts_with(b"hawser-started "),
            "{output:?}"
        );
    }

    fn renew(&self, id: &str) -> Output {
        self.run(&self.fence(id).renew().line())
    }

    /// A command that changes something, behind the fence of a run.
    fn fenced(&self, id: &str, script: &str) -> String {
        let mut wire = any("kubeadm join", Effect::Changes, "")
            .wire(&Values::default())
            .unwrap();
        wire.line = format!("sh -c {} hawser", quote(&format!("{PRELUDE}{script}")));
        self.fence(id).before(&wire).line
    }

    /// A command that works until its input ends, and has begun.
    fn working(&self, id: &str) -> Child {
        self.begun(&self.fenced(id, "echo begun; cat >/dev/null"))
    }

    /// A command that has said that it has begun.
    fn begun(&self, line: &str) -> Child {
        let mut child = self
            .sh(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reply = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut reply)
            .unwrap();
        assert_eq!(reply, "begun\n");
        child
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    /// The lease as it would be, had it been renewed so many seconds ago.
    fn ages(&self, seconds: i64) {
        let text = self.text();
        let (first, rest) = text.split_once('\n').unwrap();
        let renewed: i64 = first.split_whitespace().nth(1).unwrap().parse().unwrap();
        let first = format!("renewed {:12} {}", renewed - seconds, &first[21..]);
        std::fs::write(self.path(), format!("{first}\n{rest}")).unwrap();
    }

    fn is_there(&self) -> bool {
        std::fs::exists(self.path()).unwrap()
    }
}

fn claim(id: &str) -> Claim {
    Claim {
        id: id.to_owned(),
        run: format!("run-{id}"),
        user: "alice".to_owned(),
        workstation: "desk\nid other".to_owned(),
        boot: "b".to_owned(),
        pid_namespace: "pid:[1]".to_owned(),
        pid: 77,
        since: "2026-01-02 03:04:05 UTC".to_owned(),
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What the engine makes of it, as a session hands it on.
fn lost_of(output: &Output) -> Option<String> {
    let text = stderr(output);
    let (_, rest) = text.split_once('\n').unwrap();
    lost(&connection::Output {
        exit: connection::Exit::Code(output.status.code().unwrap().try_into().unwrap()),
        stdout: output.stdout.clone().into(),
        stderr: rest.as_bytes().to_vec().into(),
        is_secret: false,
    })
}

#[test]
fn a_lease_is_taken_by_one_told_to_the_other_and_leaves_nothing_when_it_is_given_back() {
    for shell in ["dash", "bash"] {
        let place = Place::with(shell);

        assert_eq!(place.take("a", None), Answer::Taken);
        let mode = std::fs::metadata(place.path()).unwrap().permissions().mode();
        let held = place.held("b");
        assert_eq!(place.take("a", None), Answer::Taken, "its own");
        place.release("b");
        assert!(place.is_there(), "another's");
        place.release("a");

        assert_eq!(mode & 0o777, 0o600);
        let expected = Claim {
            workstation: "desk?id other".to_owned(),
            ..claim("a")
        };
        assert_eq!(held.by, expected);
        assert_eq!((held.doing.as_str(), held.works), ("it begins", false));
        assert!(held.age.unwrap() <= 1 && held.runs_out_in().unwrap() >= 60);
        assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_lease_runs_out_after_a_minute_without_renewal() {
    let place = Place::new();
    place.take("a", None);

    place.ages(55);
    let held = place.held("b");
    assert!(place.renew("a").status.success());
    place.ages(55);
    place.held("b");
    place.ages(6);

    assert!(held.age.unwrap() >= 55);
    assert_eq!(place.take("b", None), Answer::Taken);
}

#[test]
fn what_was_renewed_in_the_time_to_come_is_from_before_the_hosts_start() {
    let place = Place::new();
    place.take("a", None);

    place.ages(-1_000_000);

    assert_eq!(place.take("b", None), Answer::Taken);
}

#[test]
fn what_cannot_be_read_is_somebodys_and_nothing_is_nobodys() {
    let place = Place::new();
    std::fs::write(place.path(), "something\n").unwrap();
    assert_eq!(place.held("b").age, None);
    std::fs::write(place.path(), "id a\nrenewed soon\n").unwrap();
    assert_eq!(place.held("b").by.id, "a");

    std::fs::write(place.path(), "").unwrap();

    assert_eq!(place.take("b", None), Answer::Taken);
}

#[test]
fn a_fence_lets_the_runs_own_commands_through_and_renews_by_them() {
    for shell in ["dash", "bash"] {
        let place = Place::with(shell);
        place.take("a", None);
        place.ages(50);

        let output = place.run(&place.fenced("a", "echo done; echo \"$#\"; exit 7"));

        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(7), b"done\n0\n".as_slice())
        );
        assert_eq!(
            stderr(&output).matches("hawser-started ").count(),
            1,
            "{output:?}"
        );
        let held = place.held("b");
        assert!(held.age.unwrap() <= 2);
        assert_eq!(held.doing, "kubeadm join");
        assert!(place.renew("a").status.success());
        assert_eq!(place.held("b").doing, "kubeadm join", "a renewal is no work");
    }
}

#[test]
fn a_run_that_slept_until_another_came_does_nothing_more() {
    let place = Place::new();
    place.take("a", None);
    place.ages(61);
    place.take("b", None);
    let marker = place.folder.path().join("done");
    let script = format!("touch '{}'", marker.display());

    let other = place.run(&place.fenced("a", &script));
    let renewal = place.renew("a");
    place.release("a");
    assert!(place.is_there());
    place.release("b");
    let gone = place.run(&place.fenced("a", &script));

    assert_eq!(other.status.code(), Some(5));
    assert_eq!(
        lost_of(&other).unwrap(),
        "run run-b of alice on desk?id other has it since 2026-01-02 03:04:05 UTC"
    );
    assert!(lost_of(&renewal).is_some());
    assert!(
        lost_of(&gone).unwrap().starts_with("its file is gone"),
        "{gone:?}"
    );
    assert!(!marker.exists());
    assert!(!place.is_there(), "a fence makes no lease");
}

#[test]
fn a_lease_under_which_a_command_works_does_not_run_out_and_is_not_given_back() {
    let place = Place::new();
    place.take("a", None);
    let mut working = place.working("a");
    place.ages(100);

    let held = place.held("b");
    let over = place.take("b", Some("a"));
    let beside = place.run(&place.fenced("a", "echo done"));
    place.release("a");

    assert!(held.works && held.runs_out_in().is_none());
    assert!(matches!(over, Answer::Held(_)));
    assert_eq!(beside.stdout, b"done\n");
    assert!(place.is_there());
    drop(working.stdin.take());
    working.wait().unwrap();
    place.ages(100);
    assert_eq!(place.take("b", None), Answer::Taken);
}

#[test]
fn what_outlives_its_connection_still_works() {
    let place = Place::new();
    place.take("a", None);
    let end = place.folder.path().join("end");
    let script = concat!(
        include_str!("../shell/run_folder.sh"),
        include_str!("../shell/outlive.sh")
    )
    .replace("/run/hawser", &place.folder.path().display().to_string());
    let script = format!(
        "{script}\noutlive test sh -c 'echo begun; until [ -e {end} ]; do sleep 0.05; done; touch {end}ed'",
        end = end.display()
    );

    let mut script = place.begun(&place.fenced("a", &script));
    script.kill().unwrap();
    script.wait().unwrap();
    place.ages(100);
    let held = place.held("b");
    std::fs::File::create(&end).unwrap().flush().unwrap();
    while place.take("b", None) != Answer::Taken {}

    assert!(held.works);
    assert!(place.folder.path().join("ended").exists());
}

#[test]
fn a_run_whose_process_is_gone_is_taken_over_from_and_no_other() {
    let place = Place::new();
    place.take("a", None);

    assert!(matches!(place.take("b", Some("c")), Answer::Held(_)));
    assert_eq!(place.take("b", Some("a")), Answer::Taken);

    assert_eq!(place.held("c").by.id, "b");
}

#[test]
fn of_twenty_that_come_at_once_one_has_it() {
    let place = Place::new();
    let ids: Vec<String> = (0..20).map(|index| format!("run{index}")).collect();

    let children: Vec<Child> = ids
        .iter()
        .map(|id| {
            let line = place.fence(id).take(&claim(id), None).line();
            place
                .sh(&line)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let answers = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap());
    let taken = answers.filter(|output| output.stdout == b"taken\n").count();

    assert_eq!(taken, 1);
}

#[test]
fn a_host_without_flock_says_so() {
    let place = Place::new();
    let line = place.fence("a").take(&claim("a"), None).line();

    let output = place.run(&line.replace("command -v flock", "command -v no-flock"));

    assert_eq!(output.status.code(), Some(127));
    assert!(stderr(&output).contains("flock is not on this host"));
    assert!(!place.is_there());
}

#[test]
fn what_a_fence_sends_ends_with_what_the_plan_says() {
    let wire = any("write /etc/x", Effect::Changes, "")
        .wire(&Values::default())
        .unwrap();
    let fence = Fence {
        path: PATH.to_owned(),
        id: "0123".to_owned(),
    };

    let fenced = fence.before(&wire);

    assert!(fenced.line().ends_with(wire.line()));
    insta::assert_snapshot!(fenced.line());
}
