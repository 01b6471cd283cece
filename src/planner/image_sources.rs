//! From whom each host gets an image.

use super::inputs::Inputs;
use crate::archive::Image;
use crate::facts::has_image;
use crate::remote::images::ImageSource;
use crate::topology::{Host, Role};

/// From whom each host gets an image; none is the workstation. Who has it, or gets it, passes it on to two others, so
/// that the last of twenty is four hands away. Behind each source stands who gives in its place if it has not got the
/// image itself. A host that the limit leaves out gives nothing that it would first have to get.
pub(super) fn image_sources<'a>(
    inputs: &Inputs<'a>,
    image: &Image,
    lacking: &[&'a Host],
) -> Vec<(&'a Host, Vec<ImageSource<'a>>)> {
    if !inputs.topology.images.relay {
        return lacking.iter().map(|host| (*host, Vec::new())).collect();
    }
    let holders = inputs.all_answered().filter(|(_, facts)| has_image(facts, image));
    let (of_cluster, of_workers): (Vec<&Host>, Vec<&Host>) = holders
        .map(|(host, _)| host)
        .partition(|host| has_the_cluster(host));
    let (allowed, others): (Vec<&Host>, Vec<&Host>) =
        lacking.iter().partition(|host| inputs.may_change(&host.name));
    let (first, last): (Vec<&Host>, Vec<&Host>) = allowed.into_iter().partition(|host| has_the_cluster(host));
    let mut line = Line::default();
    line.add_holders(of_cluster);
    line.add_targets(first);
    line.add_holders(of_workers.into_iter().filter(|host| host.is_node()).collect());
    line.add_targets(last);
    let mut sources = line.sources;
    sources.extend(others.into_iter().map(|host| (host, Vec::new())));
    sources
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
    sources: Vec<(&'a Host, Vec<ImageSource<'a>>)>,
}

struct Place<'a> {
    source: ImageSource<'a>,
    /// The place of who gives it the image.
    before: Option<usize>,
}

impl<'a> Line<'a> {
    /// They have it.
    fn add_holders(&mut self, holders: Vec<&'a Host>) {
        self.hosts.extend(holders.into_iter().map(|host| Place {
            source: ImageSource { host, gets_it: false },
            before: None,
        }));
    }

    /// They get it from who is before them.
    fn add_targets(&mut self, targets: Vec<&'a Host>) {
        for host in targets {
            let before = self.hosts.len().checked_sub(1).map(|last| last / 2);
            let sources = before.map_or_else(Vec::new, |index| self.sources_at(index));
            self.sources.push((host, sources));
            self.hosts.push(Place {
                source: ImageSource { host, gets_it: true },
                before,
            });
        }
    }

    /// Who gives to the next in the line: the one at `index`, and where that has not got the image in the end, who was
    /// to give it to that one, or whoever came last.
    fn sources_at(&self, index: usize) -> Vec<ImageSource<'a>> {
        let Some(first) = self.hosts.get(index) else {
            return Vec::new();
        };
        let instead = first.before.or(self.hosts.len().checked_sub(1));
        let instead = instead.filter(|other| first.source.gets_it && *other != index);
        let instead = instead.and_then(|other| self.hosts.get(other));
        [first]
            .into_iter()
            .chain(instead)
            .map(|place| place.source)
            .collect()
    }
}
