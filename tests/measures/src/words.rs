//! Retired words: those that docs/glossary.md says are not written any more, and where they stand nevertheless.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use crate::lines::files;
use crate::source::SourceFile;

/// The column of the tables that list them, one a row. A word, and not a phrase, is no part of a name either.
const RETIRED: &str = "retired";

/// The column of words that prose may use, and names may not.
const IN_NAMES_ALONE: &str = "retired in names";

/// What the glossary retires, in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Retired {
    /// Segments of identifiers: `way` is in `way_of` and `WayOf`, and not in `away`.
    pub in_names: Vec<String>,
    /// Words and phrases of what people read.
    pub in_prose: Vec<String>,
}

/// A retired word and its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub word: String,
    pub file: String,
    pub line: usize,
}

/// From the glossary of a tree; none where it has no such table.
pub fn retired(tree: &Path) -> Option<Retired> {
    let text = std::fs::read_to_string(tree.join("docs/glossary.md")).ok()?;
    let retired = parse(&text);
    (retired != Retired::default()).then_some(retired)
}

fn parse(glossary: &str) -> Retired {
    let mut retired = Retired::default();
    let mut header: Vec<String> = vec![];
    for line in glossary.lines() {
        let Some(row) = line.trim().strip_prefix('|') else {
            header.clear();
            continue;
        };
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        if header.is_empty() {
            header = cells.iter().map(|cell| cell.to_lowercase()).collect();
            continue;
        }
        let word = |column: &str| {
            let cell = header.iter().position(|title| title == column);
            let cell = cell.and_then(|cell| cells.get(cell)).copied().unwrap_or_default();
            let word = cell.trim_matches('`').to_lowercase();
            word.chars().any(char::is_alphabetic).then_some(word)
        };
        if let Some(word) = word(RETIRED) {
            if !word.contains(' ') {
                retired.in_names.push(word.clone());
            }
            retired.in_prose.push(word);
        }
        retired.in_names.extend(word(IN_NAMES_ALONE));
    }
    retired
}

/// Names of the product that hold a retired segment.
pub fn in_names(retired: &Retired, source: &[SourceFile]) -> Vec<Found> {
    let mut found = vec![];
    for file in source.iter().filter(|file| !file.is_test) {
        let tokens: TokenStream = file.text.parse().unwrap_or_default();
        add_names(retired, tokens, file, &mut found);
    }
    found
}

fn add_names(retired: &Retired, tokens: TokenStream, file: &SourceFile, found: &mut Vec<Found>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => add_names(retired, group.stream(), file, found),
            TokenTree::Ident(name) => {
                let line = name.span().start().line;
                if file.test_lines.contains(&line) {
                    continue;
                }
                let segments = segments(&name.to_string());
                let here = retired.in_names.iter().filter(|word| segments.contains(word));
                found.extend(here.map(|word| Found {
                    word: word.clone(),
                    file: file.path.clone(),
                    line,
                }));
            }
            _ => {}
        }
    }
}

/// `told_of`, `ToldOf` and `TOLD_OF` are `reported` and `of`.
fn segments(name: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut was_lower = false;
    for character in name.chars() {
        if character == '_' || (character.is_uppercase() && was_lower) {
            segments.push(String::new());
        }
        was_lower = character.is_lowercase() || character.is_ascii_digit();
        if character != '_'
            && let Some(last) = segments.last_mut()
        {
            last.extend(character.to_lowercase());
        }
    }
    segments
}

/// Words and phrases in the documents, and in the product's comments and texts. The glossary itself names them, a
/// change log tells of what was, and results are what programs wrote.
pub fn in_prose(retired: &Retired, tree: &Path) -> Vec<Found> {
    let mut found = vec![];
    for path in files(tree) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let of_product = path.starts_with("src") || path.starts_with("templates");
        let is_document = !["docs/glossary.md", "CHANGELOG.md"]
            .iter()
            .any(|skipped| path == Path::new(skipped));
        let read: fn(&str) -> Vec<(usize, String)> = match extension {
            Some("md") if is_document && !path.starts_with("docs/results") => document,
            Some("rs") if of_product => rust,
            Some("sh" | "j2") if of_product => script,
            _ => continue,
        };
        let text = std::fs::read_to_string(tree.join(&path)).unwrap_or_default();
        for (number, line) in read(&text) {
            let line = line.to_lowercase();
            for word in retired.in_prose.iter().filter(|word| stands_in(&line, word)) {
                found.push(Found {
                    word: word.clone(),
                    file: path.display().to_string(),
                    line: number,
                });
            }
        }
    }
    found
}

/// The lines of a document, without code.
fn document(text: &str) -> Vec<(usize, String)> {
    let mut is_code = false;
    let mut lines = vec![];
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code && !line.starts_with("    ") {
            lines.push((number, outside(line, '`')));
        }
    }
    lines
}

/// The comments and the texts of a source file.
fn rust(text: &str) -> Vec<(usize, String)> {
    let mut lines = comments(text, "//");
    let are_comments: Vec<usize> = lines.iter().map(|(number, _)| *number).collect();
    let mut texts = vec![];
    add_texts(text.parse().unwrap_or_default(), &mut texts);
    texts.retain(|(number, _)| !are_comments.contains(number));
    lines.extend(texts);
    lines
}

fn add_texts(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => add_texts(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.contains('"') {
                    found.push((literal.span().start().line, outside(&text, '`')));
                }
            }
            _ => {}
        }
    }
}

/// The comments of a script or a template, and what it quotes.
fn script(text: &str) -> Vec<(usize, String)> {
    let quoted = (1..).zip(text.lines()).map(|(number, line)| {
        let is_comment = line.trim_start().starts_with('#');
        let parts = line.split('"').skip(1).step_by(2).filter(|_| !is_comment);
        (number, parts.collect::<Vec<_>>().join("\n"))
    });
    comments(text, "#").into_iter().chain(quoted).collect()
}

fn comments(text: &str, mark: &str) -> Vec<(usize, String)> {
    let lines = (1..).zip(text.lines());
    lines
        .filter(|(_, line)| line.trim_start().starts_with(mark))
        .map(|(number, line)| (number, outside(line, '`')))
        .collect()
}

/// What stands outside of pairs of a mark.
fn outside(line: &str, mark: char) -> String {
    line.split(mark).step_by(2).collect::<Vec<_>>().join(" ")
}

/// Whether a phrase stands in a line as whole words.
fn stands_in(line: &str, phrase: &str) -> bool {
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(phrase).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + phrase.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_of_word) && !after.is_some_and(is_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::{Retired, document, parse, rust, script, segments, stands_in};

    #[test]
    fn the_glossary_says_what_is_retired_in_prose_and_in_names() {
        let table = "text\n\n| retired | write |\n| --- | --- |\n| told | reported |\n| ways out | recovery |\n\n\
                     | retired in names | write |\n| --- | --- |\n| `way` | connection |\n";

        assert_eq!(
            parse(table),
            Retired {
                in_names: vec!["told".to_owned(), "way".to_owned()],
                in_prose: vec!["told".to_owned(), "ways out".to_owned()],
            }
        );
    }

    #[test]
    fn code_is_no_prose() {
        assert_eq!(
            document("a `told` b\n```\ntold\n```\nc"),
            [(1, "a   b".to_owned()), (5, "c".to_owned())]
        );
        assert_eq!(
            rust("// one\nlet told = \"two `told`\"; // three"),
            [(1, "// one".to_owned()), (2, "\"two  \"".to_owned())]
        );
        assert_eq!(
            script("# one\ntold \"two\"")[..],
            [(1, "# one".to_owned()), (1, String::new()), (2, "two".to_owned())]
        );
    }

    #[test]
    fn a_name_is_known_by_its_whole_segments() {
        assert_eq!(segments("told_of"), ["told", "of"]);
        assert_eq!(segments("HostWays"), ["host", "ways"]);
        assert_eq!(segments("NO_WAY"), ["no", "way"]);
    }

    #[test]
    fn a_phrase_is_whole_words() {
        assert!(stands_in("it goes its own way.", "own way"));
        assert!(!stands_in("its own ways", "own way"));
        assert!(!stands_in("grown way", "own way"));
    }
}
