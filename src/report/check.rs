//! What a check found, for people: the matrix with its legend, and what to do.

use std::fmt::Write;
use std::time::Duration;

use super::matrix::{ERROR, WARNING, facts, tables};
use super::paint::{Paint, duration};
use crate::check::host::Finding;
use crate::check::{Cause, CheckedConnection, Fix, Grade};
use crate::error::sanitize::{sanitize_line, sanitize_text};
use crate::topology::HostName;

/// What came of the connections between hosts, and what the hosts are.
pub struct Page<'a> {
    /// The hosts, in the inventory's order.
    pub hosts: &'a [HostName],
    /// Every connection that was tried.
    pub connections: &'a [CheckedConnection],
    /// How to fix those that are not ok.
    pub fixes: &'a [Fix],
    /// Every fact of every host.
    pub findings: &'a [Finding],
    /// Whether nothing is wrong, as the exit code says it too.
    pub is_ready: bool,
    pub took: Duration,
}

/// The facts and the matrix, what its words mean, and how to fix each that is not ok.
pub fn render(page: &Page, paint: Paint) -> String {
    let mut text = String::new();
    if !page.findings.is_empty() {
        text.push_str(&facts(page.findings, page.hosts, paint));
    }
    text.push_str(&tables(page.connections, page.hosts, paint));
    text.push_str(&legend(page, paint));
    for grade in [Grade::Failed, Grade::Warning, Grade::Unknown] {
        text.push_str(&of_hosts(page.findings, grade, paint));
        for fix in page.fixes.iter().filter(|fix| fix.grade == grade) {
            text.push('\n');
            text.push_str(&entry(fix, paint));
        }
    }
    let _ = write!(text, "\n{}", evaluation(page, paint));
    text
}

/// Findings of one grade: those that have one fix are shown together.
fn of_hosts(findings: &[Finding], grade: Grade, paint: Paint) -> String {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.grade == grade) {
        let fits = |group: &&mut Vec<&Finding>| {
            group
                .iter()
                .any(|other| other.fact == finding.fact && other.fix == finding.fix)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
        .iter()
        .map(|group| group_of_findings(group, grade, paint))
        .collect()
}

fn group_of_findings(group: &[&Finding], grade: Grade, paint: Paint) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let hosts: Vec<&HostName> = group.iter().map(|finding| &finding.host).collect();
    let ignored = if first.is_ignored { " (ignored)" } else { "" };
    let heading = format!("{} on {}{ignored}", first.fact, list(&hosts));
    let mut text = format!("\n{} {}\n", label(grade, paint), paint.strong(heading));
    let is_same = group.iter().all(|finding| finding.found == first.found);
    if is_same {
        let _ = writeln!(text, "  {}", sanitize_text(&first.found));
    } else {
        for finding in group {
            let _ = writeln!(text, "  {}: {}", finding.host, sanitize_text(&finding.found));
        }
    }
    for line in &first.fix {
        let _ = writeln!(text, "  {}", sanitize_text(line));
    }
    text
}

fn label(grade: Grade, paint: Paint) -> String {
    match grade {
        Grade::Failed => paint.bad("failed:"),
        Grade::Warning => paint.warning("warning:"),
        Grade::Ok | Grade::Unknown => paint.faint("unknown:"),
    }
}

/// Each word that the matrix holds.
fn legend(page: &Page, paint: Paint) -> String {
    let connections = page.connections;
    let mut causes: Vec<&Cause> = Vec::new();
    for connection in connections {
        let cause = &connection.evaluation.cause;
        if causes.iter().all(|known| known.word() != cause.word()) {
            causes.push(cause);
        }
    }
    let width = causes.iter().map(|cause| cause.word().len()).max().unwrap_or(0);
    let mut text = String::new();
    for cause in causes {
        let _ = writeln!(text, " {:<width$}  {}", cause.word(), cause.meaning());
    }
    let signs = [
        (
            Grade::Warning,
            paint.warning(WARNING),
            "a warning: the cluster can be built anyway",
        ),
        (
            Grade::Failed,
            paint.bad(ERROR),
            "fix this before you build the cluster",
        ),
    ];
    for (grade, sign, meaning) in signs {
        if grades(page).any(|found| found == grade) {
            let _ = writeln!(text, " {sign}{:margin$}{meaning}", "", margin = width + 1);
        }
    }
    text
}

fn entry(fix: &Fix, paint: Paint) -> String {
    let label = label(fix.grade, paint);
    let mut text = format!(
        "{label} {}\n  {}",
        paint.strong(sanitize_line(&fix.subject())),
        fix.cause.meaning()
    );
    if let Some(detail) = fix.cause.detail() {
        let _ = write!(text, ": {}", sanitize_text(&detail));
    }
    text.push('\n');
    for step in &fix.steps {
        let _ = writeln!(text, "  {}", sanitize_text(step));
    }
    text
}

fn list<T: ToString>(all: &[T]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

fn evaluation(page: &Page, paint: Paint) -> String {
    let count = |grade| grades(page).filter(|found| *found == grade).count();
    let connections = number(page.connections.len(), "connection");
    let subject = if page.findings.is_empty() {
        connections
    } else {
        format!("{connections} and {}", number(page.findings.len(), "fact"))
    };
    let counts = format!(
        "{subject} checked: {} ok, {}, {} failed, {} unknown ({})",
        count(Grade::Ok),
        number(count(Grade::Warning), "warning"),
        count(Grade::Failed),
        count(Grade::Unknown),
        duration(page.took)
    );
    let word = if page.is_ready {
        paint.good("ready")
    } else {
        paint.bad("not ready")
    };
    format!("{word}: {counts}\n")
}

fn grades(page: &Page) -> impl Iterator<Item = Grade> {
    let of_connections = page
        .connections
        .iter()
        .map(|connection| connection.evaluation.grade);
    of_connections.chain(page.findings.iter().map(|finding| finding.grade))
}

fn number(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}
