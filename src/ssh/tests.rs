//! Commands on a real sshd.

#[path = "../../tests/rig/mod.rs"]
#[expect(dead_code, reason = "tests/ssh.rs uses the rest")]
mod rig;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use zeroize::Zeroizing;

use self::rig::Sshd;
use super::conversation::Request;
use super::*;
use crate::remote::connection::{Exit, Output, Progress};
use crate::topology::HostName;

struct Answers {
    password: &'static str,
    asked: Arc<AtomicUsize>,
}

impl Prompter for Answers {
    fn passphrase(&self, _: &Path) -> Result<Zeroizing<String>, Problem> {
        unreachable!("no key is encrypted")
    }

    fn sudo_password(&self, _: &HostName, _: &str) -> Result<Zeroizing<String>, Problem> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Zeroizing::new(self.password.to_owned()))
    }
}

fn client(sshd: &Sshd, password: &'static str) -> Client {
    let settings = SshSettings {
        known_hosts: Some(sshd.known_hosts()),
        handshakes: 10,
    };
    let asked = Arc::default();
    Client::new(&settings, Answers { password, asked }).unwrap()
}

fn host(sshd: &Sshd, name: &str, sudo: Sudo) -> Host {
    Host {
        name: HostName::from(name),
        address: "127.0.0.1".parse().unwrap(),
        roles: BTreeSet::new(),
        ssh: SshTarget {
            address: "127.0.0.1".to_owned(),
            port: sshd.port,
            user: sshd.user.clone(),
            identities: vec![sshd.path("user")],
            agent: false,
            sudo,
        },
        labels: BTreeMap::new(),
        taints: Vec::new(),
        kubelet_args: BTreeMap::new(),
    }
}

fn line(script: &str) -> String {
    let script = format!("{}{script}", include_str!("../remote/scripts/prelude.sh"));
    shlex::try_join(["sh", "-c", &script, "hawser"]).unwrap()
}

fn request(input: &[u8]) -> Request {
    Request {
        purpose: "test".to_owned(),
        input: Zeroizing::new(input.to_vec()),
        deadline: Duration::from_secs(60),
        progress: None,
    }
}

async fn run(session: &Session, script: &str, input: &[u8]) -> Result<Output, Problem> {
    session.run_line(&line(script), request(input)).await
}

#[tokio::test]
async fn a_commands_streams_and_status_come_back_apart() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = client(&sshd, "")
        .connect(&host(&sshd, "cp1", Sudo::None))
        .await
        .unwrap();

    let output = run(&session, "cat; echo err >&2; exit 7", b"in").await.unwrap();

    assert_eq!(output.exit, Exit::Code(7));
    assert_eq!(output.stdout, b"in");
    assert_eq!(output.stderr, b"err\n");
}

/// A sudo for a host's PATH that behaves as version 1.9 does without a terminal. What it is told stands in files
/// beside it: `nopasswd` lets everybody in; `attempts` grows by a line with each password.
const SUDO: &str = r#"#!/bin/sh
here=${0%/*}
ask=yes prompt='[sudo] password: '
while :; do
    case $1 in
        -n) ask=no ;;
        -S) ;;
        -p) shift; prompt=$1 ;;
        --) shift; break ;;
        *) break ;;
    esac
    shift
done
[ ! -e "$here/nopasswd" ] || exec "$@"
if [ "$ask" = no ]; then echo 'sudo: a password is required' >&2; exit 1; fi
while :; do
    printf %s "$prompt" >&2
    if ! IFS= read -r password; then
        printf '\nsudo: no password was provided\nsudo: a password is required\n' >&2
        exit 1
    fi
    echo "$password" >>"$here/attempts"
    [ "$password" != 'correct horse' ] || exec "$@"
    echo 'Sorry, try again.' >&2
done
"#;

fn with_sudo() -> Option<Sshd> {
    use std::os::unix::fs::PermissionsExt;
    let sshd = Sshd::start("")?;
    let sudo = sshd.write("bin/sudo", SUDO);
    std::fs::set_permissions(sudo, std::fs::Permissions::from_mode(0o755)).unwrap();
    Some(sshd)
}

fn attempts(sshd: &Sshd) -> usize {
    std::fs::read_to_string(sshd.path("bin/attempts")).map_or(0, |text| text.lines().count())
}

async fn connect(sshd: &Sshd, password: &'static str, sudo: Sudo) -> Session {
    client(sshd, password)
        .connect(&host(sshd, "cp1", sudo))
        .await
        .unwrap()
}

#[tokio::test]
async fn twenty_megabytes_of_input_and_of_output_arrive_whole() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let input: Vec<u8> = (0..20_000_000_u32).map(|index| index.to_le_bytes()[0]).collect();

    let counted = run(&session, "sha256sum", &input).await.unwrap();
    let output = run(&session, "head -c 15000000", &input).await.unwrap();

    let expected = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&input));
    assert!(counted.stdout.starts_with(expected.as_bytes()));
    assert!(output.stdout == input[..15_000_000]);
}

#[tokio::test]
async fn output_beyond_the_limit_is_counted_and_not_kept() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
    let request = Request {
        progress: Some(progress),
        ..request(b"")
    };

    let output = session
        .run_line(&line("yes 0123456789abcde | head -c 20000000"), request)
        .await
        .unwrap();

    assert_eq!(output.stdout.len(), crate::remote::connection::OUTPUT_LIMIT);
    let mut last = None;
    while let Some(line) = told.recv().await {
        last = Some(line);
    }
    assert_eq!(
        last,
        Some(Progress::Line(
            "(16777216 bytes of 20000000 were kept)".to_owned()
        ))
    );
}

#[tokio::test]
async fn a_command_that_does_not_read_its_input_ends_all_the_same() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;

    let output = run(&session, "exec 0<&-; echo done", &vec![0; 8_000_000])
        .await
        .unwrap();

    assert_eq!(output.stdout, b"done\n");
}

#[tokio::test]
async fn lines_are_told_as_they_come_and_the_first_names_the_process() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
    let request = Request {
        progress: Some(progress),
        ..request(b"")
    };
    let pipe = sshd.path("pipe");
    let script = line(&format!(
        "mkfifo '{pipe}'; echo one; read answer <'{pipe}'; echo \"$answer $$\" >&2; printf three",
        pipe = pipe.display()
    ));

    let run = session.run_line(&script, request);
    let watch = async {
        let Some(Progress::Started(pid)) = told.recv().await else {
            panic!("no process")
        };
        assert_eq!(told.recv().await, Some(Progress::Line("one".to_owned())));
        tokio::fs::write(&pipe, "two\n").await.unwrap();
        assert_eq!(told.recv().await, Some(Progress::Line(format!("two {pid}"))));
        assert_eq!(told.recv().await, Some(Progress::Line("three".to_owned())));
        pid
    };
    let (output, pid) = tokio::join!(run, watch);

    let output = output.unwrap();
    assert_eq!(output.stdout, b"one\nthree");
    assert_eq!(output.stderr, format!("two {pid}\n").into_bytes());
}

#[tokio::test]
async fn a_death_by_signal_is_told_by_name() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;

    let output = run(&session, "kill -KILL $$", b"").await.unwrap();

    assert_eq!(output.exit, Exit::Signal("KILL".to_owned()));
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_outcome_unknown() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
    let request = Request {
        progress: Some(progress),
        ..request(b"")
    };
    let script = line("exec sleep 100");

    let run = session.run_line(&script, request);
    let cut = async {
        told.recv().await.unwrap();
        sshd.kill_connections();
    };
    let (result, ()) = tokio::join!(run, cut);

    assert!(
        matches!(result, Err(Problem::ConnectionLost { .. })),
        "{result:?}"
    );
    let next = super::tests::run(&session, "true", b"").await;
    assert!(matches!(next, Err(Problem::Unreachable { .. })), "{next:?}");
}

#[tokio::test]
async fn a_command_beyond_its_deadline_is_named_and_left_alone() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let request = Request {
        deadline: Duration::from_millis(700),
        ..request(b"")
    };
    let pipe = sshd.path("pipe");
    let script = format!(
        "mkfifo '{0}'; echo begun; cat '{0}'; echo end >'{0}'",
        pipe.display()
    );

    let problem = session.run_line(&line(&script), request).await.unwrap_err();

    let Problem::Step { how, answer, .. } = &problem else {
        panic!("{problem:?}")
    };
    assert_eq!(answer, &["begun"]);
    let pid = how.split("process ").nth(1).unwrap().split(' ').next().unwrap();
    let alive = run(&session, &format!("kill -0 {pid}"), b"").await.unwrap();
    assert!(alive.is_success());
    tokio::fs::write(&pipe, "go on\n").await.unwrap();
    let end = run(&session, &format!("timeout 10 cat '{}'", pipe.display()), b"")
        .await
        .unwrap();
    assert_eq!(end.stdout, b"end\n");
}

#[tokio::test]
async fn a_background_process_that_holds_the_output_does_not_hold_the_command() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let since = std::time::Instant::now();

    let output = run(&session, "sleep 60 & echo done", b"").await.unwrap();

    assert_eq!(output.stdout, b"done\n");
    assert!(since.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn forty_commands_at_once_share_the_sessions_that_sshd_allows() {
    let Some(sshd) = Sshd::start("MaxSessions 3") else {
        return;
    };
    let session = connect(&sshd, "", Sudo::None).await;

    let runs = (0..40).map(|index| {
        let session = &session;
        async move {
            run(session, &format!("cat; echo {index}"), b"in ")
                .await
                .unwrap()
                .stdout
        }
    });
    let outputs = futures::future::join_all(runs).await;

    let expected: Vec<_> = (0..40)
        .map(|index| format!("in {index}\n").into_bytes())
        .collect();
    assert_eq!(outputs, expected);
}

#[tokio::test]
async fn sudo_without_a_password_passes_input_and_status() {
    let Some(sshd) = with_sudo() else { return };
    sshd.write("bin/nopasswd", "");
    let session = connect(&sshd, "", Sudo::Passwordless).await;

    let output = run(&session, "cat; exit 3", b"in").await.unwrap();

    assert_eq!((output.exit, output.stdout), (Exit::Code(3), b"in".to_vec()));
}

#[tokio::test]
async fn sudo_that_wants_a_password_nobody_promised_says_so() {
    let Some(sshd) = with_sudo() else { return };
    let session = connect(&sshd, "", Sudo::Passwordless).await;

    let problem = run(&session, "true", b"").await.unwrap_err();

    let Problem::Sudo { cause, .. } = problem else {
        panic!("{problem:?}")
    };
    assert_eq!(cause, "sudo: a password is required");
}

#[tokio::test]
async fn a_password_reaches_sudo_and_the_input_the_command() {
    let Some(sshd) = with_sudo() else { return };
    let session = connect(&sshd, "correct horse", Sudo::Password).await;

    let output = run(&session, "cat; echo err >&2", b"in").await.unwrap();

    assert_eq!(
        (output.stdout, output.stderr),
        (b"in".to_vec(), b"err\n".to_vec())
    );
    assert_eq!(attempts(&sshd), 1);
}

#[tokio::test]
async fn a_password_that_sudo_does_not_want_never_becomes_the_commands_input() {
    let Some(sshd) = with_sudo() else { return };
    sshd.write("bin/nopasswd", "");
    let session = connect(&sshd, "correct horse", Sudo::Password).await;

    let output = run(&session, "cat", b"in").await.unwrap();

    assert_eq!(output.stdout, b"in");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_among_all_hosts() {
    let Some(sshd) = with_sudo() else { return };
    let asked = Arc::new(AtomicUsize::new(0));
    let settings = SshSettings {
        known_hosts: Some(sshd.known_hosts()),
        handshakes: 10,
    };
    let answers = Answers {
        password: "wrong",
        asked: Arc::clone(&asked),
    };
    let client = Client::new(&settings, answers).unwrap();

    let runs = ["cp1", "cp2", "cp3"].map(|name| {
        let (client, host) = (&client, host(&sshd, name, Sudo::Password));
        async move {
            let session = client.connect(&host).await.unwrap();
            run(&session, "cat", b"in").await.unwrap_err()
        }
    });
    let problems = futures::future::join_all(runs).await;

    assert!(
        problems
            .iter()
            .all(|problem| matches!(problem, Problem::Sudo { .. })),
        "{problems:?}"
    );
    assert_eq!(attempts(&sshd), 1);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_command_that_cannot_begin_says_how_it_ended() {
    let Some(sshd) = Sshd::start("ForceCommand echo no shell for you; exit 9") else {
        return;
    };
    let session = connect(&sshd, "", Sudo::None).await;

    let problem = run(&session, "true", b"").await.unwrap_err();

    let Problem::Step { how, answer, .. } = problem else {
        panic!("{problem:?}")
    };
    assert_eq!(how, "exit 9 before it began");
    assert_eq!(answer, ["no shell for you"]);
}

#[tokio::test]
async fn a_run_that_is_given_up_leaves_the_connection_in_order() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;

    let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
    let request = Request {
        progress: Some(progress),
        ..request(b"")
    };
    let endless = line("exec yes");
    let given_up = timeout(Duration::from_millis(500), session.run_line(&endless, request)).await;
    let Some(Progress::Started(pid)) = told.recv().await else {
        panic!("no process")
    };
    let output = run(&session, &format!("kill {pid}; echo well"), b"")
        .await
        .unwrap();

    assert!(given_up.is_err());
    assert_eq!(output.stdout, b"well\n");
}
