//! Commands on a real sshd.

use futures::future::Either;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;

/// A request without input, and what is told while it is done.
fn overheard() -> (Request, UnboundedReceiver<Progress>) {
    let (progress, reported) = unbounded_channel();
    let request = Request {
        progress: Some(progress),
        ..request(b"")
    };
    (request, reported)
}

/// What is said of a command whose time is over as soon as it has said a line.
pub(super) async fn out_of_time(session: &Session, script: &str, prints_secrets: bool) -> Problem {
    let (mut request, mut reported) = overheard();
    request.prints_secrets = prints_secrets;
    let limit = request.deadline;
    let script = line(script);
    let time_passes = async {
        while !matches!(reported.recv().await, Some(Progress::Line(_))) {}
        tokio::time::pause();
        tokio::time::advance(limit).await;
        tokio::time::resume();
    };
    let (result, ()) = tokio::join!(session.run_line(&script, request), time_passes);
    result.unwrap_err()
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
    assert_eq!(*output.stdout, b"in");
    assert_eq!(*output.stderr, b"err\n");
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
    assert!(*output.stdout == input[..15_000_000]);
}

#[tokio::test]
async fn output_beyond_the_limit_is_counted_and_not_kept() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let (request, mut reported) = overheard();

    let output = session
        .run_line(&line("yes 0123456789abcde | head -c 20000000"), request)
        .await
        .unwrap();

    assert_eq!(output.stdout.len(), crate::remote::wire::connection::OUTPUT_LIMIT);
    let mut last = None;
    while let Some(line) = reported.recv().await {
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

    assert_eq!(*output.stdout, b"done\n");
}

#[tokio::test]
async fn lines_are_told_as_they_come_and_the_first_names_the_process() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let (request, mut reported) = overheard();
    let pipe = sshd.path("pipe");
    let script = line(&format!(
        "mkfifo '{pipe}'; echo one; read answer <'{pipe}'; echo \"$answer $$\" >&2; printf three",
        pipe = pipe.display()
    ));

    let run = session.run_line(&script, request);
    let watch = async {
        let Some(Progress::Started(pid)) = reported.recv().await else {
            panic!("no process")
        };
        assert_eq!(reported.recv().await, Some(Progress::Line("one".to_owned())));
        tokio::fs::write(&pipe, "two\n").await.unwrap();
        assert_eq!(reported.recv().await, Some(Progress::Line(format!("two {pid}"))));
        assert_eq!(reported.recv().await, Some(Progress::Line("three".to_owned())));
        pid
    };
    let (output, pid) = tokio::join!(run, watch);

    let output = output.unwrap();
    assert_eq!(*output.stdout, b"one\nthree");
    assert_eq!(*output.stderr, format!("two {pid}\n").into_bytes());
}

#[tokio::test]
async fn a_secret_output_is_kept_whole_and_told_nowhere() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let (mut request, mut reported) = overheard();
    request.prints_secrets = true;

    let output = session
        .run_line(&line("echo secret; echo words >&2; exit 1"), request)
        .await
        .unwrap();

    assert_eq!(*output.stdout, b"secret\n");
    assert_eq!(output.last_lines(9), ["words"]);
    assert!(matches!(reported.recv().await, Some(Progress::Started(_))));
    assert_eq!(reported.recv().await, Some(Progress::Line("words".to_owned())));
    assert_eq!(reported.recv().await, None);
}

#[tokio::test]
async fn a_secret_output_that_does_not_end_in_time_is_not_in_the_problem() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let pipe = sshd.path("pipe");
    let script = format!(
        "mkfifo '{0}'; echo secret; echo words >&2; exec cat '{0}'",
        pipe.display()
    );

    let problem = out_of_time(&session, &script, true).await;

    tokio::fs::write(&pipe, "").await.unwrap();
    let Problem::Step { answer, .. } = &problem else {
        panic!("{problem:?}")
    };
    assert_eq!(answer, &["words"]);
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
    let (request, mut reported) = overheard();
    let script = line("exec sleep 100");

    let run = session.run_line(&script, request);
    let cut = async {
        reported.recv().await.unwrap();
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
    let pipe = sshd.path("pipe");
    let script = format!(
        "mkfifo '{0}'; echo begun; cat '{0}'; echo end >'{0}'",
        pipe.display()
    );

    let problem = out_of_time(&session, &script, false).await;

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
    assert_eq!(*end.stdout, b"end\n");
}

#[tokio::test]
async fn a_background_process_that_holds_the_output_does_not_hold_the_command() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    let pipe = sshd.path("pipe");
    let script = format!("mkfifo '{0}'; cat '{0}' & echo done", pipe.display());

    let output = run(&session, &script, b"").await.unwrap();

    // It still runs: it ends only now.
    tokio::fs::write(&pipe, "").await.unwrap();
    assert_eq!(*output.stdout, b"done\n");
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
                .to_vec()
        }
    });
    let outputs = futures::future::join_all(runs).await;

    let expected: Vec<_> = (0..40)
        .map(|index| format!("in {index}\n").into_bytes())
        .collect();
    assert_eq!(outputs, expected);
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

    let (request, mut reported) = overheard();
    let endless = line("exec yes");
    let pid = {
        let run = Box::pin(session.run_line(&endless, request));
        match futures::future::select(run, Box::pin(reported.recv())).await {
            Either::Right((Some(Progress::Started(pid)), _given_up)) => pid,
            _ => panic!("no process"),
        }
    };
    let output = run(&session, &format!("kill {pid}; echo well"), b"")
        .await
        .unwrap();

    assert_eq!(*output.stdout, b"well\n");
}

#[tokio::test]
async fn a_session_ends_in_good_order() {
    let Some(sshd) = Sshd::start("") else { return };
    let session = connect(&sshd, "", Sudo::None).await;
    run(&session, "true", b"").await.unwrap();

    session.close().await;

    sshd.wait_for("Received disconnect from 127.0.0.1");
    assert!(matches!(
        run(&session, "true", b"").await,
        Err(Problem::Unreachable { .. })
    ));
}
