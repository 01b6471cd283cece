//! The probe's framing: lines `hawser-fact KEY ANSWER [WORDS]`, so that no content can be mistaken for another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What every line of a probe's answer starts with; anything else is a login shell's noise.
const MARK: &str = "hawser-fact ";

/// `timeout` ends with this status when it had to end the command.
const TIMED_OUT: i32 = 124;

pub(super) struct Answer {
    key: String,
    pub(super) code: i32,
    pub(in crate::facts) text: String,
    /// The same, byte for byte.
    pub(in crate::facts) bytes: Vec<u8>,
    words: String,
}

impl Answer {
    /// The text of a question that went well, or why it did not.
    pub(super) fn success(&self) -> Result<&str, String> {
        match self.code {
            0 => Ok(&self.text),
            _ => Err(self.failure()),
        }
    }

    /// Why it did not go well, in the host's words.
    pub(super) fn failure(&self) -> String {
        let reply = [&self.words, &self.text].into_iter().map(|reply| reply.trim());
        match (reply.into_iter().find(|reply| !reply.is_empty()), self.code) {
            (Some(reply), _) if self.code != TIMED_OUT => reply.to_owned(),
            (Some(reply), TIMED_OUT) => format!("{}: no answer in time: {reply}", self.key),
            (_, TIMED_OUT) => format!("{}: no answer in time", self.key),
            (_, code) => format!("{}: exit {code}, without a word", self.key),
        }
    }
}

pub(super) struct Answers(Vec<Answer>);

impl Answers {
    /// Reads the lines; `Err` when the last of them is not there or one is garbled.
    pub(super) fn read(output: &[u8]) -> Result<Self, String> {
        let output = String::from_utf8_lossy(output);
        let lines = output.lines().filter_map(|line| line.strip_prefix(MARK));
        let answers = Self(lines.map(answer).collect::<Result<_, _>>()?);
        match answers.get("end") {
            Some(_) => Ok(answers),
            None => Err("the output of the probe is incomplete".to_owned()),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Answer> {
        self.all(key).next()
    }

    /// Every answer to a question that was asked more than once.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &Answer> {
        self.0.iter().filter(move |answer| answer.key == key)
    }

    /// The text of a question that went well, or why there is none.
    pub(super) fn success(&self, key: &str) -> Result<&str, String> {
        self.get(key)
            .ok_or_else(|| format!("{key}: not asked"))?
            .success()
    }
}

/// Whether a question of a probe ran out of its time: the host may answer it if it is asked again.
pub fn is_late(output: &[u8]) -> bool {
    Answers::read(output).is_ok_and(|answers| answers.0.iter().any(|answer| answer.code == TIMED_OUT))
}

fn answer(line: &str) -> Result<Answer, String> {
    let mut fields = line.split_whitespace();
    let key = fields.next().unwrap_or_default().to_owned();
    let garbled = || format!("{key}: the answer is garbled");
    let mut field = || decode(fields.next().unwrap_or_default()).ok_or_else(garbled);
    let (reply, words) = (field()?, field()?);
    let end = reply
        .iter()
        .rposition(|byte| *byte == b'\n')
        .ok_or_else(garbled)?;
    let (bytes, code) = reply.split_at_checked(end).ok_or_else(garbled)?;
    let code = String::from_utf8_lossy(code)
        .trim()
        .parse()
        .map_err(|_| garbled())?;
    Ok(Answer {
        code,
        text: String::from_utf8_lossy(bytes).into_owned(),
        bytes: bytes.to_vec(),
        words: String::from_utf8_lossy(&words).into_owned(),
        key,
    })
}

fn decode(field: &str) -> Option<Vec<u8>> {
    STANDARD.decode(field).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line as the probe writes it.
    pub(in crate::facts) fn line(key: &str, text: &str, code: i32, words: &str) -> String {
        let reply = STANDARD.encode(format!("{text}\n{code}"));
        format!("\n{MARK}{key} {reply} {}\n", STANDARD.encode(words))
    }

    #[test]
    fn content_of_any_kind_comes_back_whole() {
        let content = "hawser-fact end MA==\n\n'\"\\\u{fffd}\n";
        let output = line("file", content, 0, "") + &line("end", "", 0, "");

        let answers = Answers::read(output.as_bytes()).unwrap();

        assert_eq!(answers.success("file"), Ok(content));
    }

    #[test]
    fn a_login_shells_noise_is_passed_over() {
        let output = format!("welcome{}", line("end", "", 0, ""));
        assert!(Answers::read(output.as_bytes()).is_ok());
    }

    #[test]
    fn an_answer_that_ends_early_is_no_answer() {
        let output = line("system", "Debian", 0, "");
        assert_eq!(
            Answers::read(output.as_bytes()).err().as_deref(),
            Some("the output of the probe is incomplete")
        );
    }

    #[test]
    fn a_garbled_line_is_named() {
        let error = Answers::read(b"hawser-fact images @@@\n").err();
        assert_eq!(error.as_deref(), Some("images: the answer is garbled"));
    }

    #[test]
    fn a_failure_is_told_in_the_hosts_words() {
        let output = line("nodes", "", 1, "connection refused\n") + &line("end", "", 0, "");
        let answers = Answers::read(output.as_bytes()).unwrap();
        assert_eq!(answers.success("nodes"), Err("connection refused".to_owned()));
    }

    #[test]
    fn a_question_that_ran_out_of_time_says_so() {
        let output = line("images", "", 124, "") + &line("end", "", 0, "");
        let answers = Answers::read(output.as_bytes()).unwrap();
        assert_eq!(
            answers.success("images"),
            Err("images: no answer in time".to_owned())
        );
    }
}
