//! A block in a file, on the host: what the plan shows is what the script does.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use proptest::prelude::*;

use crate::remote::files::{Block, hosts_block};
use crate::remote::host_files::commands::{has_block, put_block};
use crate::remote::wire::RemoteCommand;
use crate::values::Values;

fn block() -> Block {
    Block {
        begin: "# BEGIN hawser demo".to_owned(),
        end: "# END hawser demo".to_owned(),
        text: "# BEGIN hawser demo\n192.0.2.10 api.demo.example\n# END hawser demo\n".to_owned(),
    }
}

fn run(command: &RemoteCommand) -> Output {
    let wire = command.wire(&Values::default()).unwrap();
    fed(wire.line(), wire.input())
}

fn fed(line: &str, input: &[u8]) -> Output {
    let mut child = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn put(path: &Path) -> Output {
    run(&put_block(path.to_str().unwrap(), &block()))
}

fn has(path: &Path) -> Option<i32> {
    run(&has_block(path.to_str().unwrap(), &block())).status.code()
}

/// What becomes of a file with this in it.
fn merged(before: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, before).unwrap();

    let output = put(&path);

    assert!(output.status.success(), "{output:?}");
    assert_eq!(has(&path), Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    std::fs::read(&path).unwrap()
}

#[test]
fn every_other_byte_of_a_large_file_in_another_encoding_stays() {
    let line = b"10.0.0.1 m\xfcller-\xff host\r\n";
    let lines = line.repeat(20_000);
    let before = [
        &lines,
        &b"# BEGIN hawser demo\n10.0.0.9 old\n# END hawser demo\n"[..],
        &lines,
        &b"last"[..],
    ]
    .concat();

    let after = merged(&before);

    assert_eq!(
        after,
        [&lines, block().text.as_bytes(), &lines, &b"last"[..]].concat()
    );
}

#[test]
fn a_line_that_was_added_after_the_plan_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, "127.0.0.1 localhost\n").unwrap();
    let planned = put_block(path.to_str().unwrap(), &block());
    std::fs::write(&path, "127.0.0.1 localhost\n10.0.0.7 added\n").unwrap();

    assert!(run(&planned).status.success());

    let after = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        after,
        format!("127.0.0.1 localhost\n10.0.0.7 added\n{}", block().text)
    );
}

#[test]
fn owner_mode_and_link_of_the_file_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (real, path) = (folder.path().join("real"), folder.path().join("hosts"));
    std::fs::write(&real, "a\n").unwrap();
    std::fs::set_permissions(&real, PermissionsExt::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real", &path).unwrap();

    assert!(put(&path).status.success());

    assert!(path.is_symlink());
    assert_eq!(std::fs::metadata(&real).unwrap().mode() & 0o777, 0o640);
    assert_eq!(
        std::fs::read_to_string(&real).unwrap(),
        format!("a\n{}", block().text)
    );
}

#[test]
fn a_line_that_comes_while_the_file_is_made_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, "10.0.0.1 first\n").unwrap();
    let wire = put_block(path.to_str().unwrap(), &block())
        .wire(&Values::default())
        .unwrap();
    let making = "\"$block\" >\"$new\"";
    assert!(wire.line().contains(making));
    let line = wire
        .line()
        .replace(making, &format!("{making}; echo 10.0.0.2 second >>\"$path\""));

    let output = fed(&line, wire.input());

    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let after = std::fs::read_to_string(&path).unwrap();
    assert_eq!(after, "10.0.0.1 first\n10.0.0.2 second\n");
}

#[test]
fn of_a_block_that_arrives_cut_short_nothing_is_put() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, "10.0.0.1 first\n").unwrap();
    let wire = put_block(path.to_str().unwrap(), &block())
        .wire(&Values::default())
        .unwrap();
    let (_, cut) = wire.input().split_last().unwrap();

    let output = fed(wire.line(), cut);

    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "10.0.0.1 first\n");
}

#[test]
fn a_file_that_is_not_there_is_made_of_the_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");

    assert_eq!(has(&path), Some(1));
    let output = put(&path);

    // Only root may give it to root.
    if output.status.success() {
        assert_eq!(std::fs::read_to_string(&path).unwrap(), block().text);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o644);
    }
}

#[test]
fn a_file_with_an_old_block_has_it_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    let old = block().text.replace(".10 ", ".11 ");

    for (text, code) in [
        (old.clone(), 1),
        (block().text, 0),
        (block().text + &old, 1),
        (block().text.replace('\n', "\r\n"), 1),
        ("# BEGIN hawser demo\n".to_owned(), 1),
    ] {
        std::fs::write(&path, &text).unwrap();
        assert_eq!(has(&path), Some(code), "{text}");
    }
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just(b"# BEGIN hawser demo\n".to_vec()),
        Just(b"# END hawser demo \t\r\n".to_vec()),
        Just(b"# BEGIN hawser other\n".to_vec()),
        Just(block().text.into_bytes()),
        Just(b"\xff\xfe\\n %s $x `\n".to_vec()),
        Just(b"\n".to_vec()),
    ];
    let last = prop_oneof![Just(&b""[..]), Just(&b"x"[..]), Just(&b"# END hawser demo"[..])];
    (proptest::collection::vec(line, 0..8), last).prop_map(|(lines, last)| [&lines.concat(), last].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_host_makes_of_any_file_what_the_plan_shows(before in files()) {
        prop_assert_eq!(merged(&before), hosts_block(&before, &block()));
    }
}
