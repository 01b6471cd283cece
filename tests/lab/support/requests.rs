//! A request loop: begins one request each interval, whether the one before has been answered or not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::api::Credentials;
use super::wait;

/// One request, and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) began: Instant,
    pub(crate) took: Duration,
    /// Why it failed, if it did.
    pub(crate) failure: Option<String>,
}

/// What to ask, of whom, how often.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) credentials: Credentials,
    pub(crate) server: String,
    pub(crate) path: String,
    pub(crate) every: Duration,
    pub(crate) limit: Duration,
}

/// A loop that runs.
pub(crate) struct Loop {
    stop: Arc<AtomicBool>,
    done: Arc<Mutex<Vec<Request>>>,
    pacer: JoinHandle<()>,
}

/// Starts a loop.
pub(crate) fn start(question: Question) -> Loop {
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(Mutex::new(Vec::new()));
    let (stopped, answers) = (Arc::clone(&stop), Arc::clone(&done));
    let pacer = std::thread::spawn(move || pace(&question, &stopped, &answers));
    Loop { stop, done, pacer }
}

fn pace(question: &Question, stop: &AtomicBool, done: &Arc<Mutex<Vec<Request>>>) {
    let mut asking = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let (question, done, every) = (question.clone(), Arc::clone(done), question.every);
        asking.push(std::thread::spawn(move || {
            let answer = question
                .credentials
                .get(&question.server, &question.path, question.limit);
            done.lock().unwrap().push(Request {
                began,
                took: began.elapsed(),
                failure: answer.err(),
            });
        }));
        asking.retain(|request| !request.is_finished());
        wait::pass(every.saturating_sub(began.elapsed()));
    }
    for request in asking {
        request.join().unwrap();
    }
}

impl Loop {
    /// What has been answered so far, in the order of its beginning.
    pub(crate) fn so_far(&self) -> Vec<Request> {
        let mut requests = self.done.lock().unwrap().clone();
        requests.sort_by_key(|request| request.began);
        requests
    }

    /// Ends it; every request that it began.
    pub(crate) fn end(self) -> Vec<Request> {
        self.stop.store(true, Ordering::Relaxed);
        self.pacer.join().unwrap();
        let mut requests = std::mem::take(&mut *self.done.lock().unwrap());
        requests.sort_by_key(|request| request.began);
        requests
    }
}

/// Those that failed.
pub(crate) fn failed(requests: &[Request]) -> Vec<&Request> {
    requests
        .iter()
        .filter(|request| request.failure.is_some())
        .collect()
}
