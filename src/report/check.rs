//! What a check found, for people: the matrix with its legend, and what to do.

use std::fmt::Write;
use std::time::Duration;

use super::matrix::{ERROR, WARNING, tables};
use super::paint::{Paint, duration};
use crate::check::{Cause, Examined, Grade, Port, Remedy};
use crate::topology::HostName;

/// What came of the ways between hosts.
pub struct Page<'a> {
    /// The hosts, in the inventory's order.
    pub hosts: &'a [HostName],
    /// Every way that was tried.
    pub ways: &'a [Examined],
    /// What to do about those that are not fine.
    pub remedies: &'a [Remedy],
    /// How long it took.
    pub took: Duration,
}

/// The matrix, what its words mean, and what to do about each that is not fine.
pub fn render(page: &Page, paint: Paint) -> String {
    let mut text = tables(page.ways, page.hosts, paint);
    text.push_str(&legend(page.ways, paint));
    for remedy in page.remedies {
        text.push('\n');
        text.push_str(&entry(remedy, paint));
    }
    let _ = write!(text, "\n{}", verdict(page, paint));
    text
}

/// Each word that the matrix holds.
fn legend(ways: &[Examined], paint: Paint) -> String {
    let mut causes: Vec<&Cause> = Vec::new();
    for way in ways {
        let cause = &way.verdict.cause;
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
        (Grade::Warning, paint.warning(WARNING), "worth a look"),
        (
            Grade::Error,
            paint.bad(ERROR),
            "to be mended before there can be a cluster",
        ),
    ];
    for (grade, sign, meaning) in signs {
        if ways.iter().any(|way| way.verdict.grade == grade) {
            let _ = writeln!(text, " {sign}{:margin$}{meaning}", "", margin = width + 1);
        }
    }
    text
}

fn entry(remedy: &Remedy, paint: Paint) -> String {
    let label = match remedy.grade {
        Grade::Error => paint.bad("error:"),
        Grade::Warning => paint.warning("warning:"),
        Grade::Fine | Grade::Unknown => paint.faint("unknown:"),
    };
    let ports = match remedy.ports.as_slice() {
        [Port::Vrrp] => String::new(),
        [port] => format!(", port {port}"),
        ports => format!(", ports {}", list(ports)),
    };
    // Where ways lead to several hosts, their addresses would be too many.
    let addresses = match (remedy.to.as_slice(), remedy.addresses.as_slice()) {
        ([_], [address]) => format!(" at {address}"),
        _ => String::new(),
    };
    let heading = format!(
        "{} → {}{addresses}{ports} ({})",
        list(&remedy.from),
        list(&remedy.to),
        list(&remedy.purposes)
    );
    let mut text = format!("{label} {}\n  {}", paint.strong(heading), remedy.cause.meaning());
    if let Some(detail) = remedy.cause.detail() {
        let _ = write!(text, ": {detail}");
    }
    text.push('\n');
    for step in &remedy.steps {
        let _ = writeln!(text, "  {step}");
    }
    text
}

fn list<T: ToString>(all: &[T]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

fn verdict(page: &Page, paint: Paint) -> String {
    let ways = page.ways;
    let count = |grade| ways.iter().filter(|way| way.verdict.grade == grade).count();
    let noun = if ways.len() == 1 { "way" } else { "ways" };
    let counts = format!(
        "{} {noun}: {} fine, {} to look at, {} wrong, {} could not be tested ({})",
        ways.len(),
        count(Grade::Fine),
        count(Grade::Warning),
        count(Grade::Error),
        count(Grade::Unknown),
        duration(page.took)
    );
    let word = if count(Grade::Error) > 0 {
        paint.bad("not ready")
    } else {
        paint.good("ready")
    };
    format!("{word}: {counts}\n")
}
