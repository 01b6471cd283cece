//! Hosts that lack what others try their ways with.

use support::broken::{rule, without};

use crate::CLUSTER;

#[test]
fn a06_a_host_that_has_no_more_than_perl_or_nc_tries_its_ways_all_the_same() {
    let _rule = rule("cp2", "INPUT -p tcp --dport 10250 -j DROP");
    let ways = |programs: &[&str]| {
        let _without = without("cp1", programs);
        let seen = CLUSTER.check(&["--from", "cp1", "--to", "cp2"]);
        ["api-server", "kubelet"].map(|purpose| seen.connection("cp1", "cp2", purpose).0.to_owned())
    };

    let told = ["refused", "timed-out"].map(str::to_owned);
    assert_eq!(ways(&["bash", "nc", "python3"]), told);
    assert_eq!(ways(&["bash", "perl", "python3"]), told);
}

#[test]
fn a06_a_host_without_any_program_has_connections_that_are_unknown_and_says_why() {
    let _without = without("cp1", &["bash", "nc", "perl", "python3", "openssl"]);

    let seen = CLUSTER.check(&["--from", "cp1", "--to", "cp2"]);

    assert_eq!(
        seen.connection("cp1", "cp2", "api-server"),
        ("not-tested", "unknown")
    );
    let why = seen.detail("cp1", "cp2", "api-server");
    assert!(
        why.contains("none of bash, perl, python3 and nc is here"),
        "{why}"
    );
    assert_eq!(seen.code, Some(0));
}
