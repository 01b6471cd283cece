//! From bare hosts to a cluster.

use crate::support::hawser::{BUILD, Workstation};
use crate::support::lab;

#[test]
fn a10_the_cluster_is_built() {
    lab::up("external");
    let ran = Workstation::new("external").hawser(&["apply", "--yes"], BUILD);

    println!("built in {:.1} s", ran.exits(0).took.as_secs_f64());
}
