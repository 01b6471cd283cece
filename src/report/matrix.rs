//! Ways as tables: from where down, to where across, in each cell one word; lines that say the same are one.

use clap::ValueEnum;
use comfy_table::{Cell as Field, Color, ContentArrangement, Table, presets};

use super::paint::Paint;
use crate::check::host::{Fact, Finding};
use crate::check::{CheckedConnection, Grade, Port, Purpose, Source, Target};
use crate::topology::HostName;

/// More hosts than this are named by the first and the last of them.
const NAMED: usize = 6;

/// What stands where a line and a column meet.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// No connection is needed.
    Blank,
    /// Both are the same host.
    Itself,
    /// What came of it.
    Result(&'static str, Grade),
}

/// A table before it is drawn: names down and across, and what stands where they meet.
struct Grid {
    rows: Vec<Vec<String>>,
    columns: Vec<Vec<String>>,
    contents: Vec<Vec<Content>>,
}

/// The tables of all connections, each under a heading; hosts in the inventory's order.
pub(super) fn tables(connections: &[CheckedConnection], hosts: &[HostName], paint: Paint) -> String {
    let sections = [
        (&[Purpose::Ssh][..], "from this workstation: sshd"),
        (
            &[Purpose::Endpoint, Purpose::EndpointName, Purpose::Hairpin],
            "to the endpoint",
        ),
        (&[Purpose::ApiServer], "to API servers"),
        (&[Purpose::Kubelet], "to kubelets"),
        (&[Purpose::EtcdClients], "to etcd, as clients"),
        (&[Purpose::EtcdPeers], "between etcd members"),
        (&[Purpose::PodNetwork], "between nodes, for the pod network"),
        (&[Purpose::Vrrp], "between balancers: VRRP"),
        (&[Purpose::Packages], "to the package repository"),
        (&[Purpose::Registry], "to the image registry"),
    ];
    let mut text = String::new();
    for (purposes, heading) in sections {
        let connections: Vec<&CheckedConnection> = connections
            .iter()
            .filter(|connection| purposes.contains(&connection.cell.purpose))
            .collect();
        for connections in apart(connections) {
            text.push_str(&section(heading, &connections, hosts, paint));
        }
    }
    text
}

/// Ways between the same ends have a table for each port: a pod network may need several.
fn apart(connections: Vec<&CheckedConnection>) -> Vec<Vec<&CheckedConnection>> {
    let mut tables: Vec<Vec<&CheckedConnection>> = Vec::new();
    for connection in connections {
        let is_of_pods = connection.cell.purpose == Purpose::PodNetwork;
        let fits = |table: &&mut Vec<&CheckedConnection>| {
            !is_of_pods
                || table
                    .first()
                    .is_some_and(|other| other.cell.port == connection.cell.port)
        };
        match tables.iter_mut().find(fits) {
            Some(table) => table.push(connection),
            None => tables.push(vec![connection]),
        }
    }
    tables
}

pub(super) fn facts(findings: &[Finding], hosts: &[HostName], paint: Paint) -> String {
    let mut grid = Grid {
        rows: Vec::new(),
        columns: hosts.iter().map(|host| vec![host.to_string()]).collect(),
        contents: Vec::new(),
    };
    for fact in Fact::value_variants().iter().copied() {
        let of = |host: &HostName| findings.iter().find(|one| one.fact == fact && one.host == *host);
        let content = |host: &HostName| match of(host).map(|found| found.grade) {
            None => Content::Blank,
            Some(grade) => Content::Result(word(grade), grade),
        };
        let contents: Vec<Content> = hosts.iter().map(content).collect();
        if contents.iter().any(|content| *content != Content::Blank) {
            grid.rows.push(vec![fact.to_string()]);
            grid.contents.push(contents);
        }
    }
    let heading = paint.strong("hosts");
    format!("{heading}\n{}\n", draw(&grid.folded(), paint))
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Ok => "ok",
        Grade::Unknown => "unknown",
        Grade::Warning => "warning",
        Grade::Failed => "failed",
    }
}

fn section(heading: &str, connections: &[&CheckedConnection], hosts: &[HostName], paint: Paint) -> String {
    let mut ends: Vec<String> = Vec::new();
    for connection in connections {
        let end = match (&connection.cell.to, connection.cell.port) {
            (Target::Host(_), Port::Vrrp) | (Target::Endpoint, _) => String::new(),
            (Target::Host(_), port) => format!(", port {port}"),
            (Target::Registry | Target::Repository, port) => format!(", {}:{port}", connection.cell.address),
        };
        if !ends.contains(&end) {
            ends.push(end);
        }
    }
    // Hosts may have sshd on different ports.
    let end = if let [end] = ends.as_slice() { end } else { "" };
    let heading = paint.strong(format!("{heading}{end}"));
    format!("{heading}\n{}\n", draw(&grid(connections, hosts).folded(), paint))
}

fn grid(connections: &[&CheckedConnection], hosts: &[HostName]) -> Grid {
    let mut rows: Vec<&Source> = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    for connection in connections {
        if !rows.contains(&&connection.cell.from) {
            rows.push(&connection.cell.from);
        }
        let name = column(connection);
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    // What is no host keeps its place before or behind them.
    let place = |name: &str| hosts.iter().position(|host| host.0 == name);
    rows.sort_by_key(|row| place(&row.to_string()));
    columns.sort_by_key(|name| place(name));
    let content = |row: &Source, name: &String| {
        let connection = connections
            .iter()
            .find(|connection| connection.cell.from == *row && column(connection) == *name);
        match connection {
            Some(connection) => {
                Content::Result(connection.evaluation.cause.word(), connection.evaluation.grade)
            }
            None if row.to_string() == *name => Content::Itself,
            None => Content::Blank,
        }
    };
    let contents = rows
        .iter()
        .map(|row| columns.iter().map(|name| content(row, name)).collect());
    Grid {
        contents: contents.collect(),
        rows: rows.iter().map(|row| vec![row.to_string()]).collect(),
        columns: columns.into_iter().map(|name| vec![name]).collect(),
    }
}

fn column(connection: &CheckedConnection) -> String {
    match connection.cell.purpose {
        Purpose::Endpoint => connection.cell.address.clone(),
        Purpose::EndpointName => "by name".to_owned(),
        Purpose::Hairpin => "to itself".to_owned(),
        _ => connection.cell.to.to_string(),
    }
}

impl Grid {
    /// Rows that say the same become one, and columns.
    fn folded(self) -> Self {
        self.rows_folded().turned().rows_folded().turned()
    }

    fn rows_folded(self) -> Self {
        let mut folded: Vec<(Vec<String>, Vec<Content>)> = Vec::new();
        for (names, contents) in self.rows.into_iter().zip(self.contents) {
            let same = folded.iter_mut().find(|(_, other)| are_equal(other, &contents));
            if let Some((other_names, other)) = same {
                other_names.extend(names);
                let itself = other
                    .iter_mut()
                    .zip(contents)
                    .filter(|(other, _)| **other == Content::Itself);
                itself.for_each(|(other, content)| *other = content);
            } else {
                folded.push((names, contents));
            }
        }
        let (rows, contents) = folded.into_iter().unzip();
        Grid {
            rows,
            columns: self.columns,
            contents,
        }
    }

    fn turned(self) -> Self {
        let mut contents: Vec<Vec<Content>> = self.columns.iter().map(|_| Vec::new()).collect();
        for row in self.contents {
            for (column, content) in contents.iter_mut().zip(row) {
                column.push(content);
            }
        }
        Grid {
            rows: self.columns,
            columns: self.rows,
            contents,
        }
    }
}

/// A host's connection to itself says nothing.
fn are_equal(one: &[Content], other: &[Content]) -> bool {
    let is_same = |(one, other): (&Content, &Content)| {
        one == other || *one == Content::Itself || *other == Content::Itself
    };
    one.iter().zip(other).all(is_same)
}

fn draw(grid: &Grid, paint: Paint) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    match paint {
        Paint::Colours => table.enforce_styling().style_text_only(),
        Paint::Plain => drop(table.force_no_tty()),
    }
    let header = grid.columns.iter().map(|names| Field::new(together(names)));
    table.set_header(std::iter::once(Field::new("")).chain(header));
    for (names, contents) in grid.rows.iter().zip(&grid.contents) {
        let fields = contents.iter().map(field);
        table.add_row(std::iter::once(Field::new(together(names))).chain(fields));
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

fn together(names: &[String]) -> String {
    match names {
        [first, .., last] if names.len() > NAMED => format!("{first} … {last} ({})", names.len()),
        _ => names.join(" "),
    }
}

/// A word with a sign, as not everybody sees colours.
fn field(content: &Content) -> Field {
    match content {
        Content::Blank => Field::new(""),
        Content::Itself => Field::new("·").fg(Color::DarkGrey),
        Content::Result(word, Grade::Ok) => Field::new(word).fg(Color::Green),
        Content::Result(word, Grade::Unknown) => Field::new(word).fg(Color::DarkGrey),
        Content::Result(word, Grade::Warning) => Field::new(format!("{word} {WARNING}")).fg(Color::Yellow),
        Content::Result(word, Grade::Failed) => Field::new(format!("{word} {ERROR}")).fg(Color::Red),
    }
}

pub(super) const WARNING: char = '!';

/// Marks a failure.
pub(super) const ERROR: char = '✗';
