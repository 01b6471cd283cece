//! The marked block in /etc/hosts that gives the endpoint's name its address.

use std::net::IpAddr;

use minijinja::context;

use super::template::{self, Needed};
use crate::error::Problem;
use crate::topology::Topology;

const TEMPLATE: &str = "hosts-block.j2";

/// Lines that stand between two lines by which they are found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub begin: String,
    /// The last line, without its end.
    pub end: String,
    /// All of it, first and last line included.
    pub text: String,
}

/// `existing` with the cluster's block in it: an old one replaced where it stands, else at the end; everything
/// else byte for byte as it was. On the host `blocks.sh` does the same.
pub fn hosts_block(existing: &[u8], block: &Block) -> Vec<u8> {
    let mut all = Vec::with_capacity(existing.len() + block.text.len() + 1);
    let mut pending: Vec<&[u8]> = Vec::new();
    let mut is_inside = false;
    let mut found = false;
    for line in existing.split_inclusive(|byte| *byte == b'\n') {
        let content = line.trim_ascii_end();
        if content == block.begin.as_bytes() {
            // A BEGIN within a block: the first had no END, so what followed it is not ours to replace.
            all.extend(pending.drain(..).flatten());
            is_inside = true;
        }
        match (is_inside, content == block.end.as_bytes()) {
            (true, true) => {
                pending.clear();
                all.extend(block.text.as_bytes());
                (is_inside, found) = (false, true);
            }
            (true, false) => pending.push(line),
            (false, _) => all.extend(line),
        }
    }
    all.extend(pending.drain(..).flatten());
    if !found {
        if !all.is_empty() && !all.ends_with(b"\n") {
            all.push(b'\n');
        }
        all.extend(block.text.as_bytes());
    }
    all
}

/// The cluster's block. None where the inventory does not ask for it, where the endpoint is an address itself, or where
/// no balancer of ours has one. Errors: a user's template that cannot be rendered, or that leaves out the lines by
/// which the block is found again.
pub fn block(topology: &Topology) -> Result<Option<Block>, Problem> {
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
    Ok(Some(Block {
        begin,
        end,
        text: block,
    }))
}

/// The lines between which the block stands.
fn marks(topology: &Topology) -> [String; 2] {
    ["BEGIN", "END"].map(|word| format!("# {word} hawser {}", topology.cluster))
}
