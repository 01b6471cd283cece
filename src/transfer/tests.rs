//! What one host gives another, and what becomes of it where that fails.

use std::time::Duration;

use crate::archive::{self, sample};
use crate::engine::fake_host::{FakeHost, Journal, Reply};
use crate::engine::tests::{chain, checked, draft, journal, lane, phase, plan, required, run};
use crate::plan::{Necessity, Plan, Source, Step, StepId};
use crate::remote::images::import_image;
use crate::remote::wire::{self, Effect};
use crate::values::{Content, Slot};

/// A host that has an image, after that step.
fn source(host: &str, after: Option<&str>) -> Source {
    let with_pass = |what, effect| wire::any(what, effect, Content::from(Slot::Pass));
    Source {
        host: host.into(),
        after: after.map(|step| StepId(step.to_owned())),
        receive: with_pass("receive", Effect::Changes),
        send: with_pass("pass on", Effect::Reads),
    }
}

fn transfer(host: &str, what: &'static str, question: &'static str, sources: Vec<Source>) -> Step {
    let question = wire::any(question, Effect::Reads, "");
    draft(host, what).transfer(sources, question, Duration::from_secs(10))
}

/// `b` gets from `a` what `a` gets from here.
fn relayed() -> Plan {
    let from_here = checked("a", "import", "has it", 10);
    let handed = transfer("b", "import", "has it", vec![source("a", Some("a/import"))]);
    let again = transfer("b", "other", "has other", vec![source("a", None)]);
    plan(vec![phase(
        "images",
        vec![lane(
            9,
            vec![required(vec![handed, again]), required(vec![from_here])],
        )],
    )])
}

fn source_host(journal: &Journal) -> FakeHost {
    FakeHost::new("a", journal)
        .expects("has it", Reply::exit(1))
        .expects("import", Reply::exit(0).taking(5))
        .expects("has it", Reply::exit(0))
}

/// `b`, which says this when it is to take the image from `a`, and then gets it from here.
fn given_from_here(journal: &Journal, receives: Reply) -> FakeHost {
    FakeHost::new("b", journal)
        .expects("receive", receives)
        .expects("has it", Reply::exit(1))
        .expects("import", Reply::exit(0))
        .expects("has it", Reply::exit(0))
}

#[tokio::test(start_paused = true)]
async fn a_host_gets_from_another_what_that_has_got_before() {
    let journal = journal();
    let a = source_host(&journal)
        .expects("pass on", Reply::exit(0).taking(2))
        .expects("pass on", Reply::exit(0));
    let b = FakeHost::new("b", &journal)
        .expects(
            "receive",
            Reply::exit(0)
                .saying("waiting")
                .saying("taken 1200000")
                .saying("there")
                .taking(3),
        )
        .expects("receive", Reply::exit(0).saying("waiting").taking(1))
        .expects("has other", Reply::exit(1))
        .expects("has other", Reply::exit(0));
    let (to_a, to_b) = (a.inputs(), b.inputs());

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: changed", "b/other: changed"]
    );
    let entries = journal.entries();
    let at = |what: &str| entries.iter().position(|entry| entry.ends_with(what)).unwrap();
    assert!(
        at("a < import") < at("b > receive") && at("b > receive") < at("a > pass on"),
        "{entries:?}"
    );
    assert_eq!(ran.taken(), ["b: 0 from a", "b: 1200000 from a", "b: 0 from a"]);
    // It has seen the first itself; of the second, which it has not seen, it is asked.
    assert!(
        !entries
            .iter()
            .any(|entry| entry.contains("has it") && entry.contains("b >"))
    );
    // Both hosts know the same pass, and another one the next time.
    let passes = |inputs: &std::sync::Mutex<Vec<String>>| {
        let inputs = inputs.lock().unwrap();
        inputs
            .iter()
            .filter(|input| input.contains("PRIVATE KEY"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (of_a, of_b) = (passes(&to_a), passes(&to_b));
    assert_eq!(of_a, of_b);
    assert!(of_a.len() == 2 && of_a[0] != of_a[1]);
    assert!(!ran.json().contains("PRIVATE KEY"));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_has_it_takes_it_from_nobody() {
    let journal = journal();
    let a = source_host(&journal);
    let b = FakeHost::new("b", &journal)
        .expects("receive", Reply::exit(0).saying("there"))
        .expects("receive", Reply::exit(0).saying("there"));

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: unchanged", "b/other: unchanged"]
    );
    assert_eq!(ran.taken(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn where_that_fails_the_reason_is_told_once_and_it_comes_from_here() {
    let journal = journal();
    let a = source_host(&journal).expects("pass on", Reply::exit(1).saying("Connection timed out"));
    let b = given_from_here(&journal, Reply::exit(1).saying("waiting").taking(10))
        .expects("other", Reply::exit(0))
        .expects("has other", Reply::exit(0));

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: changed", "b/other: changed"]
    );
    assert_eq!(
        ran.warnings(),
        [
            "b: a does not send it images, so this workstation sends them: a: Connection timed out, exit 1; b: exit 1"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_receive_does_not_make_the_other_wait_for_it() {
    let journal = journal();
    let a = source_host(&journal);
    let without = || Reply::exit(127).saying("socat is not there");
    let b = FakeHost::new("b", &journal)
        .expects("receive", without())
        .expects("has it", Reply::exit(1))
        .expects("receive", without())
        .expects("import", Reply::exit(0))
        .expects("has it", Reply::exit(0))
        .expects("other", Reply::exit(0).saying("there"));

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: changed", "b/other: unchanged"]
    );
    assert!(
        ran.warnings()[0].ends_with("b: socat is not there, exit 127"),
        "{:?}",
        ran.warnings()
    );
}

#[tokio::test(start_paused = true)]
async fn a_short_failure_before_anybody_comes_costs_no_way() {
    let journal = journal();
    let a = source_host(&journal)
        .expects("pass on", Reply::exit(0))
        .expects("pass on", Reply::exit(0));
    let b = FakeHost::new("b", &journal)
        .expects("receive", Reply::exit(2).saying("containerd does not answer"))
        .expects("has it", Reply::exit(2))
        .expects("has it", Reply::exit(1))
        .expects(
            "receive",
            Reply::exit(0).saying("waiting").saying("there").taking(1),
        )
        .expects(
            "receive",
            Reply::exit(0).saying("waiting").saying("there").taking(1),
        );

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: changed", "b/other: changed"]
    );
    assert_eq!(ran.warnings(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_has_it_and_cannot_receive_is_left_alone() {
    let journal = journal();
    let a = source_host(&journal);
    let b = FakeHost::new("b", &journal)
        .expects("receive", Reply::exit(127).saying("socat is not there"))
        .expects("has it", Reply::exit(0))
        .expects("receive", Reply::exit(127).saying("socat is not there"))
        .expects("has other", Reply::exit(0));

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: unchanged", "b/other: unchanged"]
    );
    assert_eq!(ran.warnings(), [""; 0]);
}

/// A receiver that nobody feeds any more would hold up who takes from it in turn.
#[tokio::test(start_paused = true)]
async fn a_receiver_has_seconds_left_when_its_giver_has_failed() {
    let journal = journal();
    let a = source_host(&journal).expects("pass on", Reply::exit(1).saying("Connection refused"));
    let b = given_from_here(&journal, Reply::exit(0).saying("waiting").taking(1000))
        .expects("other", Reply::exit(0).saying("there"));

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.warnings(),
        [
            "b: a does not send it images, so this workstation sends them: a: Connection refused, exit 1; b: still at it"
        ]
    );
    let import = journal
        .entries()
        .into_iter()
        .find(|entry| entry.ends_with("b > import"));
    assert_eq!(import.unwrap(), " 35 b > import");
}

#[tokio::test(start_paused = true)]
async fn an_image_that_has_come_after_all_is_not_sent_again() {
    let journal = journal();
    let a = source_host(&journal).expects("pass on", Reply::lost());
    let b = FakeHost::new("b", &journal)
        .expects("receive", Reply::lost().saying("waiting").taking(3))
        .expects("has it", Reply::exit(0))
        .expects("receive", Reply::exit(0).saying("there"));

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: changed", "b/other: unchanged"]
    );
}

#[tokio::test(start_paused = true)]
async fn where_a_giver_has_not_got_it_the_one_behind_it_gives() {
    let journal = journal();
    let sources = ["a", "b"].map(|host| source(host, Some(&format!("{host}/import"))));
    let from_both = transfer("c", "import", "has it", sources.into());
    let chains = [
        checked("a", "import", "has it", 10),
        checked("b", "import", "has it", 10),
        from_both,
    ]
    .map(|step| chain(Necessity::Apart, vec![step]));
    let a = FakeHost::new("a", &journal)
        .expects("has it", Reply::exit(1))
        .expects("import", Reply::exit(1));
    let b = FakeHost::new("b", &journal)
        .expects("has it", Reply::exit(1))
        .expects("import", Reply::exit(0).taking(5))
        .expects("has it", Reply::exit(0))
        .expects("pass on", Reply::exit(0));
    let c = FakeHost::new("c", &journal)
        .expects("receive", Reply::exit(0).saying("waiting").taking(1))
        .expects("has it", Reply::exit(0));

    let ran = run(
        &plan(vec![phase("images", vec![lane(9, chains.into())])]),
        vec![a, b, c],
    )
    .await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: failed", "b/import: changed", "c/import: changed"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_gives_something_else_ends_the_step_and_is_named() {
    let journal = journal();
    let a = source_host(&journal).expects("pass on", Reply::exit(0).taking(2));
    let b = FakeHost::new("b", &journal).expects(
        "receive",
        Reply::exit(3).saying("waiting").saying("a gave more").taking(3),
    );

    let ran = run(&relayed(), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: changed", "b/import: failed", "b/other: skipped"]
    );
    assert!(
        ran.problem().contains("a sent something else") && ran.problem().contains("a gave more"),
        "{}",
        ran.problem()
    );
    assert_eq!(ran.warnings(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_unpacked_for_each_host_goes_to_four_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sample::gzipped(&sample::docker(&[("lab.local/net:1", "amd64", b"layer")]));
    let path = sample::write(folder.path(), "images.tar.gz", &bytes);
    let image = archive::open(&path).unwrap().images.remove(0);
    let journal = journal();
    let names = ["a", "b", "c", "d", "e", "f"];
    let chain = |name: &&str| {
        let import = import_image("unix:///run/containerd/containerd.sock", &image);
        let question = wire::any("has it", Effect::Reads, "");
        let step = Step::on(&(*name).into(), "import", "import")
            .change(import, Duration::from_secs(600))
            .transfer(vec![], question, Duration::from_secs(10));
        required(vec![step])
    };
    let hosts = names.map(|name| {
        FakeHost::new(name, &journal).expects("import the image", Reply::exit(0).saying("there").taking(10))
    });

    let ran = run(
        &plan(vec![phase(
            "images",
            vec![lane(9, names.iter().map(chain).collect())],
        )]),
        hosts.into(),
    )
    .await;

    let begun: Vec<_> = journal
        .entries()
        .iter()
        .filter(|entry| entry.contains('>'))
        .map(|entry| entry[..3].trim().to_owned())
        .collect();
    assert_eq!(begun, ["0", "0", "0", "0", "10", "10"]);
    assert_eq!(
        ran.json()
            .matches("a packed archive goes to 4 hosts at once")
            .count(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_giver_that_fails_keeps_nobody_waiting() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects("has it", Reply::exit(1))
        .expects("import", Reply::exit(1));

    let ran = run(&relayed(), vec![a, FakeHost::new("b", &journal)]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/import: failed", "b/import: skipped", "b/other: skipped"]
    );
}

/// What it says is what the question would.
#[tokio::test(start_paused = true)]
async fn a_change_that_looks_itself_is_asked_for_only_where_it_has_not_seen_it() {
    let journal = journal();
    let does = |what| transfer("cp1", what, "is it there", vec![]);
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("one", Reply::exit(0).saying("there"))
        .expects("two", Reply::exit(0).saying("waiting").saying("there"))
        .expects("three", Reply::exit(0).saying("waiting"))
        .expects("is it there", Reply::exit(0))
        .expects(
            "four",
            Reply::exit(1).saying("waiting").saying("ctr: no space left"),
        );
    let steps = ["one", "two", "three", "four"].map(does);

    let ran = run(
        &plan(vec![phase("images", vec![lane(1, vec![required(steps.into())])])]),
        vec![cp1],
    )
    .await;

    assert_eq!(
        ran.outcomes(),
        [
            "cp1/one: unchanged",
            "cp1/two: changed",
            "cp1/three: changed",
            "cp1/four: failed"
        ]
    );
    let problem = ran.problem();
    assert!(problem.contains("ctr: no space left"), "{problem}");
    assert!(!ran.json().contains("waiting"), "{}", ran.json());
}
