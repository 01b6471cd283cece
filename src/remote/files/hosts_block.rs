//! The marked block in /etc/hosts that gives the endpoint's name its address.

use std::net::IpAddr;

use minijinja::context;

use super::template::{self, Needed};
use crate::error::Problem;
use crate::topology::Topology;

const TEMPLATE: &str = "hosts-block.j2";

/// `existing` with the cluster's block in it: an old one replaced where it stands, else at the end; everything
/// else byte for byte as it was. Unchanged where the inventory does not ask for the block, where the endpoint
/// is an address itself, or where no balancer of ours has one. Errors: a user's template that cannot be rendered, or
/// that leaves out the lines by which the block is found again.
pub fn hosts_block(existing: &str, topology: &Topology) -> Result<String, Problem> {
    let Some(block) = block(topology)? else {
        return Ok(existing.to_owned());
    };
    let [begin, end] = marks(topology);
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
    Ok(all)
}

fn block(topology: &Topology) -> Result<Option<String>, Problem> {
    let endpoint = &topology.endpoint;
    let address = topology.endpoint_address();
    let (true, Err(_), Some(address)) = (endpoint.hosts_file, endpoint.name.parse::<IpAddr>(), address)
    else {
        return Ok(None);
    };
    let block = template::render(
        &topology.templates,
        TEMPLATE,
        context! { cluster => topology.cluster.as_str(), name => endpoint.name.as_str(), address => address.to_string() },
    )?;
    let [begin, end] = marks(topology);
    let needed = Needed {
        what: "its first or its last line, by which hawser finds the block again",
        is_there: block.starts_with(&format!("{begin}\n")) && block.ends_with(&format!("\n{end}\n")),
        hint: "begin with the line `# BEGIN hawser {{ cluster }}` and end with `# END hawser {{ cluster }}`",
    };
    template::check(&topology.templates, TEMPLATE, &[needed])?;
    Ok(Some(block))
}

/// The lines between which the block stands.
fn marks(topology: &Topology) -> [String; 2] {
    ["BEGIN", "END"].map(|word| format!("# {word} hawser {}", topology.cluster))
}
