//! One run at a time, on a real sshd with the real flock.

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;

use super::*;
use crate::engine::{IfHeld, Lease, StopLevel, Wants};
use crate::remote::lease::Claim;
use crate::remote::wire::connection::Connection;
use crate::remote::wire::{Effect, RemoteCommand, any_script};
use crate::values::Values;

/// Waits for a line in a fifo.
const WORKS: &str = "echo begun; read -r word <\"$1\"; echo \"$word\"";

fn wants(sshd: &Sshd, id: &str) -> Wants {
    let claim = Claim {
        id: id.to_owned(),
        run: format!("run-{id}"),
        ..Claim::default()
    };
    Wants {
        path: sshd.path("lease").display().to_string(),
        idle: Duration::from_millis(200),
        ..Wants::new(claim, IfHeld::Refuse)
    }
}

async fn take(sshd: &Sshd, wants: Wants) -> Result<Lease<Session>, Problem> {
    let session = Arc::new(connect(sshd, "", Sudo::None).await);
    let sessions = BTreeMap::from([(HostName::from("cp1"), session)]);
    let hosts = BTreeSet::from([HostName::from("cp1")]);
    let (_stop, stop) = watch::channel(StopLevel::Running);
    Lease::take(&sessions, &hosts, wants, &stop, &unbounded_channel().0).await
}

async fn send(lease: &Lease<Session>, command: &RemoteCommand) -> Result<Output, Problem> {
    let wire = command.wire(&Values::default()).unwrap();
    let session = &lease.sessions()[&HostName::from("cp1")];
    session.run(&wire, Duration::from_secs(60), None).await
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn fifo(sshd: &Sshd) -> String {
    let path = sshd.path("fifo").display().to_string();
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path
}

fn renewed(sshd: &Sshd) -> std::time::SystemTime {
    std::fs::metadata(sshd.path("lease")).unwrap().modified().unwrap()
}

/// Until something is so, which is asked again and again.
async fn until(is_so: impl Fn() -> bool) {
    let waits = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waits)
        .await
        .unwrap();
}

#[tokio::test]
async fn of_two_runs_one_works_and_the_other_waits_for_its_end() {
    let Some(sshd) = Sshd::start("") else { return };
    let fifo = fifo(&sshd);
    let first = take(&sshd, wants(&sshd, "first")).await.unwrap();

    let idle = take(&sshd, wants(&sshd, "second")).await.err().unwrap();
    let command = any_script(Effect::Changes, WORKS, [fifo.as_str()]);
    let working = send(&first, &command);
    let others = async {
        until(|| {
            std::fs::read_to_string(sshd.path("lease"))
                .unwrap()
                .contains("do it")
        })
        .await;
        let at_work = take(&sshd, wants(&sshd, "second")).await.err().unwrap();
        tokio::fs::write(&fifo, "done\n").await.unwrap();
        at_work
    };
    let (output, at_work) = tokio::join!(working, others);
    let waiting = Wants {
        if_held: IfHeld::Wait,
        ..wants(&sshd, "second")
    };
    let ending = async {
        tokio::task::yield_now().await;
        first.release().await;
    };
    let (second, ()) = tokio::join!(take(&sshd, waiting), ending);
    let done = send(&second.unwrap(), &any_script(Effect::Changes, "echo mine", [])).await;

    assert!(idle.to_string().contains("run run-first"), "{idle}");
    assert!(
        at_work
            .to_string()
            .contains("a command of that run still runs there"),
        "{at_work}"
    );
    assert!(
        at_work.to_string().contains("cp1 was last sent: do it"),
        "{at_work}"
    );
    assert_eq!(stdout(&output.unwrap()), "begun\ndone\n");
    assert_eq!(stdout(&done.unwrap()), "mine\n");
}

#[tokio::test]
async fn a_run_that_slept_while_another_came_changes_nothing_more() {
    let Some(sshd) = Sshd::start("") else { return };
    let slept = take(
        &sshd,
        Wants {
            idle: Duration::from_secs(3600),
            ..wants(&sshd, "slept")
        },
    )
    .await
    .unwrap();
    let text = std::fs::read_to_string(sshd.path("lease")).unwrap();
    // As after an hour, when this machine has run for longer than that, or as before its start.
    sshd.write("lease", &format!("renewed 999999999999 {}", &text[21..]));

    let other = take(&sshd, wants(&sshd, "other")).await.unwrap();
    let marker = sshd.path("marker").display().to_string();
    let lost = send(
        &slept,
        &any_script(Effect::Changes, "touch \"$1\"", [marker.as_str()]),
    )
    .await;
    let asked = send(&slept, &any_script(Effect::Reads, "echo asked", [])).await;
    slept.release().await;
    let done = send(&other, &any_script(Effect::Changes, "echo mine", [])).await;
    other.release().await;

    assert!(
        matches!(&lost, Err(Problem::LockLost { why, .. }) if why.starts_with("run run-other")),
        "{lost:?}"
    );
    assert_eq!(stdout(&asked.unwrap()), "asked\n");
    assert!(!sshd.path("marker").exists());
    assert_eq!(stdout(&done.unwrap()), "mine\n");
    assert!(!sshd.path("lease").exists());
}

#[tokio::test]
async fn on_a_host_with_one_session_and_no_forwarding_a_lock_is_held_and_disturbs_nobody() {
    let config = "MaxSessions 1\nAllowTcpForwarding no\nAllowStreamLocalForwarding no\nPermitTunnel no\n";
    let Some(sshd) = Sshd::start(config) else { return };
    let fifo = fifo(&sshd);
    let lease = take(&sshd, wants(&sshd, "first")).await.unwrap();
    let taken = renewed(&sshd);

    until(|| renewed(&sshd) > taken).await;
    let command = any_script(Effect::Changes, WORKS, [fifo.as_str()]);
    let working = send(&lease, &command);
    let (output, at_work) = tokio::join!(working, async {
        until(|| {
            std::fs::read_to_string(sshd.path("lease"))
                .unwrap()
                .contains("do it")
        })
        .await;
        let begun = renewed(&sshd);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let is_left_alone = renewed(&sshd) == begun;
        tokio::fs::write(&fifo, "done\n").await.unwrap();
        is_left_alone
    });
    let ended = renewed(&sshd);
    until(|| renewed(&sshd) > ended).await;
    let after = send(&lease, &any_script(Effect::Changes, "echo after", [])).await;
    lease.release().await;

    assert!(at_work, "while a command works, nothing renews");
    assert_eq!(stdout(&output.unwrap()), "begun\ndone\n");
    assert_eq!(stdout(&after.unwrap()), "after\n");
    assert!(!sshd.path("lease").exists());
}

#[tokio::test]
async fn a_run_that_is_killed_holds_its_lock_while_what_it_began_works() {
    let Some(sshd) = Sshd::start("") else { return };
    let fifo = fifo(&sshd);
    let killed = take(&sshd, wants(&sshd, "killed")).await.unwrap();
    let command = any_script(
        Effect::Changes,
        "trap '' HUP PIPE\nread -r word <\"$1\"",
        [fifo.as_str()],
    );
    let working = send(&killed, &command);
    let (result, ()) = tokio::join!(working, async {
        until(|| {
            std::fs::read_to_string(sshd.path("lease"))
                .unwrap()
                .contains("do it")
        })
        .await;
        sshd.kill_connections();
    });
    drop(killed);
    let text = std::fs::read_to_string(sshd.path("lease")).unwrap();
    sshd.write("lease", &format!("renewed 999999999999 {}", &text[21..]));

    let refused = take(&sshd, wants(&sshd, "next")).await.err().unwrap();
    tokio::fs::write(&fifo, "done\n").await.unwrap();
    let waiting = Wants {
        if_held: IfHeld::Wait,
        ..wants(&sshd, "next")
    };
    let next = take(&sshd, waiting).await.unwrap();
    next.release().await;

    assert!(matches!(result, Err(Problem::ConnectionLost { .. })));
    assert!(refused.to_string().contains("still runs there"), "{refused}");
}
