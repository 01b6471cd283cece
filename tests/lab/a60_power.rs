//! Power lost: of the balancer that holds the VIP, and of a control plane.

use std::time::{Duration, Instant};

use support::api::Credentials;
use support::hawser::{Administrator, LOOK, administrator};
use support::requests::{self, Question, Request, failed};
use support::wait::{LONG, stays, until};
use support::{host, lab};

use crate::evidence::PROFILE;

const BALANCERS: [&str; 2] = ["lb1", "lb2"];

/// Longer than keepalived takes to claim a VIP that it thinks is its own.
const CLAIM: Duration = Duration::from_secs(6);

fn answers(credentials: &Credentials) -> Result<(), String> {
    let answer = credentials.get(lab::VIP, "/readyz", Duration::from_secs(5));
    answer.map(drop)
}

fn holder() -> Result<&'static str, String> {
    let holders = BALANCERS.into_iter().filter(|name| host::holds(name, lab::VIP));
    match holders.collect::<Vec<_>>().as_slice() {
        [one] => Ok(one),
        several => Err(format!("{several:?} hold the VIP")),
    }
}

#[test]
fn a60_the_api_outlives_the_balancer_that_holds_the_vip() {
    let credentials = administrator(PROFILE).credentials;
    let first = until("one balancer holds the VIP", LONG, holder);
    until("the API answers", LONG, || answers(&credentials));
    let requests = requests::start(Question {
        credentials: credentials.clone(),
        server: lab::VIP.to_owned(),
        path: "/readyz".to_owned(),
        every: Duration::from_millis(100),
        limit: Duration::from_secs(1),
    });

    let killed = Instant::now();
    lab::kill(first);
    until("the API answers again", LONG, || {
        again_after(killed, &requests.so_far())
    });
    stays("the API answers", Duration::from_secs(2), || {
        answers(&credentials)
    });
    let requests = requests.end();

    let again = again_after(killed, &requests).unwrap();
    println!(
        "{first} killed: the API answers again through the VIP after {:.1} s ({} of {} requests failed)",
        again.as_secs_f64(),
        failed(&requests).len(),
        requests.len()
    );
    assert!(again <= Duration::from_secs(5), "{again:?}");
    returns_and_takes_nothing(first);
}

/// From the loss of power to the beginning of the first request that is answered after all that failed.
fn again_after(killed: Instant, requests: &[Request]) -> Result<Duration, String> {
    let is_failure = |request: &Request| request.failure.is_some();
    let last = requests
        .iter()
        .rposition(is_failure)
        .ok_or("no request has failed yet")?;
    let next = requests.get(last + 1).ok_or("the last request failed")?;
    Ok(next.began - killed)
}

fn returns_and_takes_nothing(first: &str) {
    let second = until("the other balancer holds the VIP", LONG, holder);
    assert_ne!(first, second);

    lab::power_cycle(first);
    until("its balancer is back", LONG, || {
        let is_back = "systemctl is-active -q haproxy keepalived &&
            journalctl -b -u keepalived -o cat | grep -q 'Entering BACKUP STATE'";
        if host::is_so(first, is_back) {
            Ok(())
        } else {
            Err("not active".to_owned())
        }
    });

    stays("the VIP stays where it is", CLAIM, || match holder()? {
        now if now == second => Ok(()),
        now => Err(format!("{now} holds it")),
    });
    println!("{first} is back, and {second} still holds the VIP");
}

#[test]
fn a60_the_api_outlives_the_first_control_plane() {
    let Administrator {
        kubectl,
        credentials,
        workstation,
    } = administrator(PROFILE);

    lab::kill("cp1");
    let since = Instant::now();
    until("the API answers without cp1", LONG, || answers(&credentials));
    println!(
        "cp1 killed: the API answers after {:.1} s",
        since.elapsed().as_secs_f64()
    );
    let ran = workstation.hawser(&["plan"], LOOK).exits(3);
    assert!(ran.stderr.contains("cp1"), "{}", ran.reply());
    assert!(!ran.stderr.contains("cp2"), "{}", ran.reply());

    lab::power_cycle("cp1");
    let since = Instant::now();
    until("cp1 is well again", LONG, || {
        credentials.get(&lab::address(PROFILE, "cp1"), "/readyz", Duration::from_secs(5))
    });
    until("all nodes are Ready again", LONG, || {
        match kubectl.ready_nodes()?.len() {
            5 => Ok(()),
            count => Err(format!("{count} are Ready")),
        }
    });
    until("nothing is left to do", LONG, || {
        workstation
            .hawser(&["plan", "--detailed-exitcode"], LOOK)
            .answer()
    });
    println!(
        "cp1 is back and well after {:.1} s",
        since.elapsed().as_secs_f64()
    );
}
