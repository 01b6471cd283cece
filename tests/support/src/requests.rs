//! A request loop: begins one request each interval, whether the one before has been answered or not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::api::Credentials;
use crate::wait;

/// One request, and what became of it.
#[derive(Debug, Clone)]
pub struct Request {
    pub began: Instant,
    pub took: Duration,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// What to ask, of whom, how often.
#[derive(Clone)]
pub struct Question {
    pub credentials: Credentials,
    pub server: String,
    pub path: String,
    pub every: Duration,
    pub limit: Duration,
}

/// A loop that runs.
pub struct Loop {
    stop: Arc<AtomicBool>,
    done: Arc<Mutex<Vec<Request>>>,
    pacer: JoinHandle<()>,
}

/// Starts a loop.
pub fn start(question: Question) -> Loop {
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
    pub fn so_far(&self) -> Vec<Request> {
        let mut requests = self.done.lock().unwrap().clone();
        requests.sort_by_key(|request| request.began);
        requests
    }

    /// Ends it; every request that it began.
    pub fn end(self) -> Vec<Request> {
        self.stop.store(true, Ordering::Relaxed);
        self.pacer.join().unwrap();
        let mut requests = std::mem::take(&mut *self.done.lock().unwrap());
        requests.sort_by_key(|request| request.began);
        requests
    }
}

/// Those that failed.
pub fn failed(requests: &[Request]) -> Vec<&Request> {
    requests
        .iter()
        .filter(|request| request.failure.is_some())
        .collect()
}
