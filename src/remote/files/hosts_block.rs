//! The marked block in /etc/hosts that gives the endpoint's name its address.

use std::net::IpAddr;

use minijinja::context;

use super::template;
use crate::topology::Topology;

/// `existing` with the cluster's block in it: an old one replaced where it stands, else at the end; everything
/// else byte for byte as it was. Unchanged where the inventory does not ask for the block, where the endpoint
/// is an address itself, or where no balancer of ours has one.
pub fn hosts_block(existing: &str, topology: &Topology) -> String {
    let Some(block) = block(topology) else {
        return existing.to_owned();
    };
    let begin = format!("# BEGIN hawser {}", topology.cluster);
    let end = format!("# END hawser {}", topology.cluster);
    let lines: Vec<&str> = existing.split_inclusive('\n').collect();
    let mut all = String::with_capacity(existing.len() + block.len() + 1);
    let mut pending: Vec<&str> = Vec::new();
    let mut is_inside = false;
    let mut found = false;
    for line in lines {
        let content = line.trim_end();
        if content == begin {
            // A BEGIN within a block: the first had no END, so what followed it is not ours to replace.
            all.extend(pending.drain(..));
            is_inside = true;
        }
        match (is_inside, content == end) {
            (true, true) => {
                pending.clear();
                all.push_str(&block);
                (is_inside, found) = (false, true);
            }
            (true, false) => pending.push(line),
            (false, _) => all.push_str(line),
        }
    }
    all.extend(pending.drain(..));
    if !found {
        if !all.is_empty() && !all.ends_with('\n') {
            all.push('\n');
        }
        all.push_str(&block);
    }
    all
}

fn block(topology: &Topology) -> Option<String> {
    let endpoint = &topology.endpoint;
    if !endpoint.hosts_file || endpoint.name.parse::<IpAddr>().is_ok() {
        return None;
    }
    let address = topology.endpoint_address()?;
    Some(template::render(
        "hosts-block",
        context! { cluster => topology.cluster.as_str(), name => endpoint.name.as_str(), address => address.to_string() },
    ))
}
