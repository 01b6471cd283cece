//! Hosts that lack what others try their ways with.

use crate::broken::{broken, rule, without};
use crate::seen::check;

#[test]
fn a06_a_host_that_has_no_more_than_perl_or_nc_tries_its_ways_all_the_same() {
    let _rule = rule("cp2", "INPUT -p tcp --dport 10250 -j DROP");
    let ways = |programs: &[&str]| {
        let _without = without("cp1", programs);
        let seen = check(&["--from", "cp1", "--to", "cp2"]);
        ["api-server", "kubelet"].map(|purpose| seen.way("cp1", "cp2", purpose).0.to_owned())
    };

    let told = ["refused", "timed-out"].map(str::to_owned);
    assert_eq!(ways(&["bash", "nc", "python3"]), told);
    assert_eq!(ways(&["bash", "perl", "python3"]), told);
}

#[test]
fn a06_a_host_without_any_program_is_tried_through_its_connection() {
    let _without = without("cp1", &["bash", "nc", "perl", "python3", "openssl"]);
    let _rule = rule("cp2", "INPUT -p tcp --dport 6443 -j DROP");

    let seen = check(&["--from", "cp1"]);

    assert_eq!(seen.way("cp1", "cp2", "api-server"), ("timed-out", "error"));
    assert_eq!(seen.way("cp1", "cp3", "api-server"), ("refused", "fine"));
    assert_eq!(seen.way("cp1", "cp3", "kubelet"), ("refused", "fine"));
}

#[test]
fn a06_where_sshd_may_not_forward_either_it_could_not_be_tested_and_says_why() {
    let _without = without("cp1", &["bash", "nc", "perl", "python3", "openssl"]);
    let _forbidden = broken(
        "cp1",
        "echo 'AllowTcpForwarding no' >/etc/ssh/sshd_config.d/00-no.conf; systemctl restart ssh",
        "rm /etc/ssh/sshd_config.d/00-no.conf; systemctl restart ssh",
    );

    let seen = check(&["--from", "cp1", "--to", "cp2"]);

    assert_eq!(seen.way("cp1", "cp2", "api-server"), ("not-tested", "unknown"));
    let why = seen.detail("cp1", "cp2", "api-server");
    assert!(
        why.contains("none of bash, perl, python3 and nc is there, and sshd may not forward"),
        "{why}"
    );
    assert_eq!(seen.code, Some(0));
}
