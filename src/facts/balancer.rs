//! Reads what a balancer's HAProxy and its network say.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::answer::Answers;
use super::{BalancerFacts, Observed, ServerFact, System, Unit};

/// The backend that hawser's HAProxy configuration names.
const BACKEND: &str = "control_planes";

pub(super) fn read(
    answers: &Answers,
    units: &BTreeMap<String, Unit>,
    system: &System,
    vip: Option<IpAddr>,
) -> BalancerFacts {
    let runs = units.get("haproxy").is_some_and(|unit| unit.active);
    let (running, servers) = if runs && answers.get("haproxy_info").is_some() {
        (
            answers.success("haproxy_info").map(description).into(),
            answers.success("haproxy_stat").and_then(servers).into(),
        )
    } else {
        (Observed::Known(None), Observed::Known(Vec::new()))
    };
    BalancerFacts {
        running,
        servers,
        holds_vip: vip.is_some_and(|vip| system.addresses.contains(&vip)),
        vip_answers: answers
            .success("vip_answers")
            .map(|text| text.trim() == "true")
            .into(),
    }
}

/// The line `description: …` of `show info`.
fn description(text: &str) -> Option<String> {
    let described = text
        .lines()
        .find_map(|line| line.strip_prefix("description:"))?
        .trim();
    (!described.is_empty()).then(|| described.to_owned())
}

/// The servers of our backend in `show stat`.
fn servers(text: &str) -> Result<Vec<ServerFact>, String> {
    let (header, rows) = text
        .strip_prefix("# ")
        .and_then(|text| text.split_once('\n'))
        .ok_or_else(|| format!("show stat: not understood: {text}"))?;
    let names = cells(header);
    let servers = rows.lines().filter_map(|row| {
        let cells = cells(row);
        let cell = |name: &str| {
            let column = names.iter().position(|column| column == name)?;
            cells.get(column).map(String::as_str)
        };
        let name = cell("svname")?;
        let is_server = cell("pxname")? == BACKEND && !matches!(name, "FRONTEND" | "BACKEND");
        is_server.then(|| ServerFact {
            name: name.to_owned(),
            status: cell("status").unwrap_or_default().to_owned(),
            // HAProxy puts an asterisk before the last result while the next check runs.
            check: cell("check_status")
                .unwrap_or_default()
                .trim_start_matches("* ")
                .to_owned(),
        })
    });
    Ok(servers.collect())
}

/// The cells of a CSV row: a cell with a comma in it is quoted, and a quote in it doubled.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for character in row.chars() {
        match (character, cells.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => cells.push(String::new()),
            (_, Some(cell)) => cell.push(character),
            (_, None) => {}
        }
    }
    cells
}
