//! Becoming root on a real sshd, with a sudo that behaves like sudo.

use super::*;

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

#[tokio::test]
async fn sudo_without_a_password_passes_input_and_status() {
    let Some(sshd) = with_sudo() else { return };
    sshd.write("bin/nopasswd", "");
    let session = connect(&sshd, "", Sudo::Passwordless).await;

    let output = run(&session, "cat; exit 3", b"in").await.unwrap();

    assert_eq!(
        (output.exit, output.stdout.as_slice()),
        (Exit::Code(3), b"in".as_slice())
    );
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
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (b"in".as_slice(), b"err\n".as_slice())
    );
    assert_eq!(attempts(&sshd), 1);
}

#[tokio::test]
async fn a_password_that_sudo_does_not_want_never_becomes_the_commands_input() {
    let Some(sshd) = with_sudo() else { return };
    sshd.write("bin/nopasswd", "");
    let session = connect(&sshd, "correct horse", Sudo::Password).await;

    let output = run(&session, "cat", b"in").await.unwrap();

    assert_eq!(*output.stdout, b"in");
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
async fn a_password_that_a_host_repeats_is_not_shown() {
    let Some(sshd) = with_sudo() else { return };
    let sudo = SUDO.replace(
        "echo 'Sorry, try again.' >&2",
        "printf 'no: \\033[1m%s\\n' \"$password\" >&2; exit 1",
    );
    sshd.write("bin/sudo", &sudo);
    let session = connect(&sshd, "wrong horse", Sudo::Password).await;

    let problem = run(&session, "true", b"").await.unwrap_err();

    let Problem::Sudo { cause, .. } = &problem else {
        panic!("{problem:?}")
    };
    assert!(cause.contains("no: \u{1b}[1m<sudo password>"), "{cause}");
    assert!(
        problem.to_string().contains(r"no: \x1b[1m<sudo password>"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_password_that_is_repeated_by_a_command_without_an_end_is_not_shown() {
    let Some(sshd) = with_sudo() else { return };
    let session = connect(&sshd, "correct horse", Sudo::Password).await;
    let pipe = sshd.path("pipe");
    let script = format!("mkfifo '{0}'; echo correct horse; cat '{0}'", pipe.display());

    let problem = commands::out_of_time(&session, &script, false).await;

    let Problem::Step { answer, .. } = &problem else {
        panic!("{problem:?}")
    };
    assert_eq!(answer, &["<sudo password>"]);
    tokio::fs::write(&pipe, "").await.unwrap();
}
