//! From whom each host gets an image.

use std::collections::BTreeSet;

use super::Scene;
use super::limit::is_within;
use crate::archive::Image;
use crate::facts::has_image;
use crate::steps::images::Giver;
use crate::topology::{Host, HostName, Role};

/// From whom each host gets an image; none is the workstation. Who has it, or gets it, passes it on to two others, so that
/// the last of twenty is four hands away. Behind each giver stands who gives in its place if it has not got the image itself.
/// A host that `limit` leaves out gives nothing that it would first have to get.
pub(super) fn ways<'a>(
    scene: &Scene<'a>,
    image: &Image,
    lacking: &[&'a Host],
    limit: &BTreeSet<HostName>,
) -> Vec<(&'a Host, Vec<Giver<'a>>)> {
    if !scene.topology.images.relay {
        return lacking.iter().map(|host| (*host, Vec::new())).collect();
    }
    let holders = scene.all_answered().filter(|(_, facts)| has_image(facts, image));
    let (of_cluster, of_workers): (Vec<&Host>, Vec<&Host>) = holders
        .map(|(host, _)| host)
        .partition(|host| has_the_cluster(host));
    let (allowed, others): (Vec<&Host>, Vec<&Host>) =
        lacking.iter().partition(|host| is_within(limit, &host.name));
    let (first, last): (Vec<&Host>, Vec<&Host>) = allowed.into_iter().partition(|host| has_the_cluster(host));
    let mut line = Line::default();
    line.stand(of_cluster);
    line.join(first);
    line.stand(of_workers.into_iter().filter(|host| host.is_node()).collect());
    line.join(last);
    let mut ways = line.ways;
    ways.extend(others.into_iter().map(|host| (host, Vec::new())));
    ways
}

/// Whoever is root there has the cluster already. Such a host takes images from its like alone: root on a worker would
/// gain by what it gives it.
fn has_the_cluster(host: &Host) -> bool {
    host.is(Role::ControlPlane) || host.is(Role::Etcd)
}

/// Those who have an image, in the order in which they come to it.
#[derive(Default)]
struct Line<'a> {
    hosts: Vec<Place<'a>>,
    ways: Vec<(&'a Host, Vec<Giver<'a>>)>,
}

struct Place<'a> {
    giver: Giver<'a>,
    /// The place of who gives it the image.
    before: Option<usize>,
}

impl<'a> Line<'a> {
    /// They have it.
    fn stand(&mut self, holders: Vec<&'a Host>) {
        self.hosts.extend(holders.into_iter().map(|host| Place {
            giver: Giver { host, gets_it: false },
            before: None,
        }));
    }

    /// They get it from who is before them.
    fn join(&mut self, takers: Vec<&'a Host>) {
        for host in takers {
            let before = self.hosts.len().checked_sub(1).map(|last| last / 2);
            let givers = before.map_or_else(Vec::new, |index| self.givers(index));
            self.ways.push((host, givers));
            self.hosts.push(Place {
                giver: Giver { host, gets_it: true },
                before,
            });
        }
    }

    /// Who gives to the next in the line: the one at `index`, and where that has not got the image in the end, who was to
    /// give it to that one, or whoever came last.
    fn givers(&self, index: usize) -> Vec<Giver<'a>> {
        let Some(first) = self.hosts.get(index) else {
            return Vec::new();
        };
        let instead = first.before.or(self.hosts.len().checked_sub(1));
        let instead = instead.filter(|other| first.giver.gets_it && *other != index);
        let instead = instead.and_then(|other| self.hosts.get(other));
        [first]
            .into_iter()
            .chain(instead)
            .map(|place| place.giver)
            .collect()
    }
}
