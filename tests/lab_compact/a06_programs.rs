//! Hosts that lack what others try their ways with.

use support::broken::without;

use crate::CLUSTER;

#[test]
fn a06_a_host_without_bash_has_connections_that_are_unknown_and_says_why() {
    let _without = without("cp1", &["bash"]);

    let seen = CLUSTER.check(&["--from", "cp1", "--to", "cp2"]);

    assert_eq!(
        seen.connection("cp1", "cp2", "api-server"),
        ("not-tested", "unknown")
    );
    let why = seen.detail("cp1", "cp2", "api-server");
    assert!(why.contains("bash is not here to test with"), "{why}");
    assert_eq!(seen.code, Some(0));
}
