//! A cluster of the lab that the tests of a binary share.

use std::path::PathBuf;

use crate::hawser::{Administrator, Workstation, administrator};
use crate::lab;

/// What differs between the profiles on which the same tests run.
pub struct Cluster {
    pub profile: &'static str,
    /// Where the balancers answer: `ADDRESS:PORT`.
    pub endpoint: &'static str,
    pub balancers: &'static [&'static str],
}

impl Cluster {
    /// All hosts of the profile.
    pub fn hosts(&self) -> Vec<String> {
        lab::hosts(self.profile)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// The profile's workers.
    pub fn workers(&self) -> impl Iterator<Item = String> {
        self.hosts().into_iter().filter(|name| name.starts_with('w'))
    }

    /// The workstation that builds; what it writes stays for the tests.
    pub fn builder(&self) -> Workstation {
        Workstation::at(&kept(self.profile), lab::inventory(self.profile))
    }

    /// The administrator, who asks at the endpoint's port.
    pub fn at_the_endpoint(&self) -> Administrator {
        let administrator = administrator(self.profile);
        Administrator {
            kubectl: administrator.kubectl.at(self.endpoint),
            ..administrator
        }
    }
}

/// A folder that outlives the test, below the one that cargo has for tests (`target/tmp`).
fn kept(profile: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    target.join(format!("tmp/lab-{profile}"))
}
