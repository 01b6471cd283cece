//! What hosts answer when they are asked what is there.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hawser::facts;
use support::dice::Dice;

use crate::changes::changed;
use crate::trying::{fuzz, fuzz_with, seeds};

/// One answer of a probe: its key, what was written and the exit status, and what was written to standard error.
#[derive(Clone)]
struct Answer {
    key: String,
    reply: Vec<u8>,
    words: String,
}

fn answers(probe: &[u8]) -> Vec<Answer> {
    let text = String::from_utf8(probe.to_vec()).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("hawser-fact "));
    lines
        .map(|line| {
            let mut fields = line.split(' ');
            Answer {
                key: fields.next().unwrap().to_owned(),
                reply: STANDARD.decode(fields.next().unwrap_or_default()).unwrap(),
                words: fields.next().unwrap_or_default().to_owned(),
            }
        })
        .collect()
}

fn framed(answers: &[Answer]) -> Vec<u8> {
    let lines = answers.iter().map(|answer| {
        let reply = STANDARD.encode(&answer.reply);
        format!("hawser-fact {} {reply} {}\n", answer.key, answer.words)
    });
    lines.collect::<String>().into_bytes()
}

/// An answer or two are others; now and then the frame is.
fn other_answers(dice: &mut Dice, seeds: &[Vec<u8>], probes: &[Vec<Answer>]) -> Vec<u8> {
    if dice.roll(8) == 0 {
        return changed(dice, seeds);
    }
    let mut answers = probes[dice.roll(probes.len())].clone();
    for _ in 0..=dice.roll(2) {
        let at = dice.roll(answers.len());
        // Sometimes with what answers another question.
        let other = &probes[dice.roll(probes.len())];
        let other = &other[dice.roll(other.len())];
        answers[at].reply = changed(dice, &[answers[at].reply.clone(), other.reply.clone()]);
        if dice.roll(4) > 0 {
            // The exit status stays that of success, so that more than the status is read.
            answers[at].reply.extend(b"\n0");
        }
    }
    framed(&answers)
}

/// Everything that reads a probe's frame; what is understood is written as JSON, as `-o json` and a saved plan do.
fn read_all(input: &[u8]) {
    let _ = facts::parse(input).map(|facts| serde_json::to_string(&facts).unwrap());
    let _ = facts::read_preflight(input);
    let _ = facts::read_preparation(input);
    let _ = facts::read_sync_times(input);
    let _ = facts::read_trials(input);
    let _ = facts::read_clock(input);
}

#[test]
fn a_probes_answer_is_understood_or_refused() {
    let captured = seeds("src/facts/captured");
    for probe in &captured {
        facts::parse(probe).unwrap();
    }
    let mut seeds = captured;
    seeds.extend(self::seeds("tests/fuzz/corpus/probe"));
    let probes: Vec<Vec<Answer>> = seeds.iter().map(|probe| answers(probe)).collect();

    fuzz_with(
        "probe",
        &seeds,
        |dice| other_answers(dice, &seeds, &probes),
        read_all,
    );
}

#[test]
fn what_haproxys_socket_says_is_understood_or_refused() {
    let seeds = seeds("tests/fuzz/corpus/haproxy");
    let path = "src/facts/captured/balancer-holder.txt";
    let holder = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let holder = answers(&holder);

    fuzz("haproxy", &seeds, |input| {
        let mut answers = holder.clone();
        for answer in answers
            .iter_mut()
            .filter(|answer| answer.key.starts_with("haproxy_"))
        {
            answer.reply = [input, b"\n0"].concat();
        }
        let facts = facts::parse(&framed(&answers)).unwrap();
        let balancer = facts.balancer.as_ref().expect("it is a balancer's answer");
        for server in balancer.servers.known().into_iter().flatten() {
            assert!(!server.check.starts_with("* "), "{server:?}");
        }
        serde_json::to_string(balancer).unwrap();
    });
}
