//! The package of a release, on a host that has nothing but a distribution.

use std::process::Command;
use std::time::Duration;

use support::process::run;

const LIMIT: Duration = Duration::from_secs(300);

#[test]
fn a03_the_package_installs_runs_and_is_removed() {
    let mut built = Command::new("packaging/build.sh");
    run(built.arg("dev").current_dir(env!("CARGO_MANIFEST_DIR")), LIMIT).text();

    let mut tried = Command::new("packaging/try.sh");
    let reply = run(tried.arg("w1").current_dir(env!("CARGO_MANIFEST_DIR")), LIMIT).text();

    assert!(reply.contains(env!("CARGO_PKG_VERSION")), "{reply}");
    assert!(reply.ends_with("installed, run and removed\n"), "{reply}");
}
