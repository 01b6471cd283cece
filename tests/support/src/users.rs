//! Users at the API while the cluster is built: two equal request loops and two equal watches, through the VIP and
//! straight at the first control plane.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::api::{Credentials, Reported, Watch};
use crate::hawser::reached;
use crate::host;
use crate::kubectl::{is_ready, name};
use crate::process::Running;
use crate::requests::{self, Loop, Question, Request, failed};

/// They come when init has finished.
pub struct Users {
    through_vip: User,
    direct: User,
}

/// A request loop and a watch.
struct User {
    requests: Loop,
    watch: Watch,
}

impl User {
    fn of(server: &str, credentials: &Credentials) -> Self {
        let question = Question {
            credentials: credentials.clone(),
            server: server.to_owned(),
            path: "/api/v1/namespaces/default".to_owned(),
            every: Duration::from_millis(200),
            limit: Duration::from_secs(5),
        };
        Self {
            watch: credentials.watch(server, "/api/v1/nodes"),
            requests: requests::start(question),
        }
    }
}

impl Users {
    /// Follows a run to the end of init; none where it ended before. Each place is `ADDRESS` or `ADDRESS:PORT`.
    pub fn after_init(run: &Running, through_vip: &str, direct: &str) -> Option<Self> {
        let has_cluster = reached(run, |event| {
            event["event"] == "step-finished" && event["step"] == "cp1/init"
        });
        has_cluster.then(|| {
            let kubeconfig = host::exec("cp1", "cat /etc/kubernetes/admin.conf");
            let credentials = Credentials::from_kubeconfig(&kubeconfig);
            Self {
                through_vip: User::of(through_vip, &credentials),
                direct: User::of(direct, &credentials),
            }
        })
    }

    /// The loops end, as what follows is not the joins' any more; the watches go on.
    pub fn have_seen_the_joins(self) -> Seen {
        let seen = Seen {
            through_vip: Fared::of(self.through_vip),
            direct: Fared::of(self.direct),
        };
        seen.through_vip.tell("through the VIP");
        seen.direct.tell("straight at cp1");
        assert!(
            seen.through_vip.requests.len() > 100,
            "too few requests to mean anything"
        );
        seen
    }
}

/// What the users saw.
pub struct Seen {
    pub through_vip: Fared,
    pub direct: Fared,
}

/// How one of them fared.
pub struct Fared {
    pub requests: Vec<Request>,
    watch: Watch,
}

impl Fared {
    fn of(user: User) -> Self {
        Self {
            requests: user.requests.end(),
            watch: user.watch,
        }
    }

    fn tell(&self, which: &str) {
        let failed = failed(&self.requests);
        let slowest = self.requests.iter().map(|request| request.took).max();
        println!(
            "{which}: {} requests, {} failed, the slowest took {:.1} s",
            self.requests.len(),
            failed.len(),
            slowest.unwrap_or_default().as_secs_f64()
        );
        let why: BTreeSet<&String> = failed
            .iter()
            .filter_map(|request| request.failure.as_ref())
            .collect();
        for why in why {
            println!("  {why}");
        }
    }

    /// What the watch has told since this was asked last.
    pub fn watched(&self) -> Watched {
        let mut watched = Watched {
            connections: self.watch.relay.begun(),
            cut: self.watch.relay.ended(),
            ..Watched::default()
        };
        for reported in self.watch.reported.try_iter() {
            match reported {
                Reported::Asked => watched.asked += 1,
                Reported::Ended(why) => watched.ended.push(why),
                Reported::Event(event) if is_ready(&event["object"]) => {
                    watched.ready.insert(name(&event["object"]).to_owned());
                }
                Reported::Event(_) => {}
            }
        }
        watched
    }
}

/// What became of a watch.
#[derive(Debug, Default)]
pub struct Watched {
    /// How often it had to be put: the API server ends all watches itself when its etcd changes its leader.
    pub asked: usize,
    pub ended: Vec<String>,
    pub connections: usize,
    pub cut: usize,
    /// The nodes that it told are Ready.
    pub ready: BTreeSet<String>,
}
