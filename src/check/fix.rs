//! The fix of connections that share a cause.

use serde::Serialize;

use super::Grade;
use super::cause::Cause;
use super::cell::{Port, Purpose, Source, Target};
use super::evaluation::CheckedConnection;

/// Ways that share a cause and an end, and what to do about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Where they begin.
    pub from: Vec<Source>,
    /// Where they lead.
    pub to: Vec<Target>,
    pub ports: Vec<Port>,
    /// What they are for.
    pub purposes: Vec<Purpose>,
    /// What is connected to.
    pub addresses: Vec<String>,
    /// Why they are as they are.
    #[serde(flatten)]
    pub cause: Cause,
    /// How bad the worst of them is.
    pub grade: Grade,
    /// What to do, line by line.
    pub steps: Vec<String>,
    /// Whether hawser itself listened there at that moment.
    pub listened: bool,
}

impl Fix {
    pub(super) fn of(connection: &CheckedConnection) -> Self {
        let cell = &connection.cell;
        Self {
            from: vec![cell.from.clone()],
            to: vec![cell.to.clone()],
            ports: vec![cell.port],
            purposes: vec![cell.purpose],
            addresses: vec![cell.address.clone()],
            cause: connection.evaluation.cause.clone(),
            grade: connection.evaluation.grade,
            steps: Vec::new(),
            listened: connection.listened,
        }
    }

    /// Whether a connection has the same cause. What a firewall or a route does is the same for every port; what a
    /// program does is the same on every host.
    pub(super) fn fits(&self, connection: &CheckedConnection) -> bool {
        let cell = &connection.cell;
        if self.cause != connection.evaluation.cause
            || self.listened != connection.listened
            || self.is_vrrp() != (cell.port == Port::Vrrp)
        {
            return false;
        }
        let is_same_end = self.to.contains(&cell.to);
        let is_same_purpose = self.purposes.contains(&cell.purpose);
        match self.cause {
            Cause::NotTested(_) => true,
            // Where nothing is to be open yet, it is graded otherwise.
            Cause::PeerNotAsked(_) => self.grade == connection.evaluation.grade,
            Cause::TimedOut | Cause::NoRoute | Cause::NoNetwork => is_same_end,
            Cause::WrongPeer(_) => is_same_end && (is_same_purpose || self.is_to(&Target::Endpoint)),
            _ => is_same_purpose,
        }
    }

    /// From where to where, at which ports, for what.
    pub fn subject(&self) -> String {
        let ports = match self.ports.as_slice() {
            [Port::Vrrp] => String::new(),
            [port] => format!(", port {port}"),
            ports => format!(", ports {}", list(ports)),
        };
        // Where connections lead to several hosts, their addresses would be too many.
        let addresses = match (self.to.as_slice(), self.addresses.as_slice()) {
            ([_], [address]) => format!(" at {address}"),
            _ => String::new(),
        };
        format!(
            "{} → {}{addresses}{ports} ({})",
            list(&self.from),
            list(&self.to),
            list(&self.purposes)
        )
    }

    pub(super) fn is_vrrp(&self) -> bool {
        self.ports.contains(&Port::Vrrp)
    }

    pub(super) fn is_to(&self, target: &Target) -> bool {
        self.to.contains(target)
    }

    pub(super) fn add(&mut self, connection: &CheckedConnection) {
        add_once(&mut self.from, connection.cell.from.clone());
        add_once(&mut self.to, connection.cell.to.clone());
        add_once(&mut self.addresses, connection.cell.address.clone());
        add_once(&mut self.ports, connection.cell.port);
        add_once(&mut self.purposes, connection.cell.purpose);
        self.grade = self.grade.max(connection.evaluation.grade);
    }
}

fn add_once<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

pub(super) fn list<T: ToString>(all: &[T]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}
