//! Ways that are not as they should be, with what to do about them; what has one cause is told once.

use serde::Serialize;

use super::Grade;
use super::cause::Cause;
use super::cell::{Port, Purpose, Source, Target};
use super::judgement::Examined;
use super::mending::steps;
use super::stage::Scene;

/// Ways that share a cause and an end, and what to do about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Where they begin.
    pub from: Vec<Source>,
    /// Where they lead.
    pub to: Vec<Target>,
    /// To which ports.
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
    fn of(way: &Examined) -> Self {
        let cell = &way.cell;
        Self {
            from: vec![cell.from.clone()],
            to: vec![cell.to.clone()],
            ports: vec![cell.port],
            purposes: vec![cell.purpose],
            addresses: vec![cell.address.clone()],
            cause: way.verdict.cause.clone(),
            grade: way.verdict.grade,
            steps: Vec::new(),
            listened: way.listened,
        }
    }

    /// Whether a way is as it is for the same reason. What a firewall or a route does is the same for every port; what
    /// a program does is the same on every host.
    fn fits(&self, way: &Examined) -> bool {
        let cell = &way.cell;
        if self.cause != way.verdict.cause
            || self.listened != way.listened
            || self.is_vrrp() != (cell.port == Port::Vrrp)
        {
            return false;
        }
        let is_same_end = self.to.contains(&cell.to);
        let is_same_purpose = self.purposes.contains(&cell.purpose);
        match self.cause {
            Cause::NotTested(_) => true,
            // Where nothing is to be open yet, it is graded otherwise.
            Cause::Unasked(_) => self.grade == way.verdict.grade,
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
        // Where ways lead to several hosts, their addresses would be too many.
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

    fn add(&mut self, way: &Examined) {
        add_once(&mut self.from, way.cell.from.clone());
        add_once(&mut self.to, way.cell.to.clone());
        add_once(&mut self.addresses, way.cell.address.clone());
        add_once(&mut self.ports, way.cell.port);
        add_once(&mut self.purposes, way.cell.purpose);
        self.grade = self.grade.max(way.verdict.grade);
    }
}

/// What to do about everything that is not fine, the gravest first.
pub fn fixes(scene: &Scene, ways: &[Examined]) -> Vec<Fix> {
    let mut fixes: Vec<Fix> = Vec::new();
    for way in ways.iter().filter(|way| way.verdict.grade > Grade::Ok) {
        match fixes.iter_mut().find(|fix| fix.fits(way)) {
            Some(fix) => fix.add(way),
            None => fixes.push(Fix::of(way)),
        }
    }
    // Names in the inventory's order; what is no host keeps its place before them.
    let place = |name: String| scene.topology.hosts.iter().position(|host| host.name.0 == name);
    for fix in &mut fixes {
        fix.from.sort_by_key(|from| place(from.to_string()));
        fix.to.sort_by_key(|to| place(to.to_string()));
        fix.steps = steps(scene, fix);
    }
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.grade));
    fixes
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
