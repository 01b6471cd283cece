//! Documents and messages speak the glossary's language, and links lead to pages and headings that exist.
#![cfg(test)]

use std::path::{Path, PathBuf};

#[test]
fn no_document_has_a_retired_word() {
    let retired = retired();
    assert!(
        retired.len() > 50,
        "docs/glossary.md: the table of retired words is not read"
    );

    let mut found = Vec::new();
    for page in pages() {
        let lines = prose(&page, &read(&page));
        for (index, (number, line)) in lines.iter().enumerate() {
            // With the next line, as a phrase may be wrapped; what is in that one alone is found there.
            let next = lines.get(index + 1).map_or(" ", |(_, next)| next.trim_start());
            let both = format!("{line}{next}");
            let is_here = |phrase: &&String| {
                both.contains(phrase.as_str()) && !format!(" {next}").contains(phrase.as_str())
            };
            let here = retired.iter().filter(is_here);
            found.extend(here.map(|phrase| format!("{}:{number}:{phrase}", page.display())));
        }
    }

    assert!(
        found.is_empty(),
        "docs/glossary.md says what to write instead of:\n{}",
        found.join("\n")
    );
}

#[test]
fn no_message_has_a_retired_word() {
    let retired = retired();
    let mut found = Vec::new();
    for path in sources() {
        let text = read(&path);
        let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut messages = literals(product);
        // What `--help` shows, and the schema of the inventory.
        if path.ends_with("cli/arguments.rs")
            || path.starts_with("src/inventory/written")
            || path.ends_with("inventory/written.rs")
        {
            let help = product.lines().filter_map(|line| line.trim().strip_prefix("///"));
            messages.extend(help.map(str::to_owned));
        }
        // Names, paths and ids have no spaces.
        for message in messages.into_iter().filter(|text| text.trim().contains(' ')) {
            let spoken = words(&without_code(&message));
            let here = retired.iter().filter(|phrase| spoken.contains(phrase.as_str()));
            found.extend(here.map(|phrase| format!("{}:{phrase}: {message}", path.display())));
        }
    }

    let scripts = files(Path::new("src"), "sh");
    for path in &scripts {
        for message in shell_messages(&read(path)) {
            let spoken = words(&without_code(&message));
            let here = retired.iter().filter(|phrase| spoken.contains(phrase.as_str()));
            found.extend(here.map(|phrase| format!("{}:{phrase}: {message}", path.display())));
        }
    }

    assert!(!scripts.is_empty());
    assert!(
        found.is_empty(),
        "docs/glossary.md says what to write instead of:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for page in documents() {
        let text = read(&page);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            let leads = root().join(&target).exists()
                && (heading.is_empty() || anchors(&target).contains(&heading.to_owned()));
            if !leads {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }

    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The first cells of the glossary's table of retired words, as [`words`] writes them.
fn retired() -> Vec<String> {
    let glossary = read("docs/glossary.md");
    let (_, table) = glossary.split_once("| retired | write |\n").unwrap();
    let rows = table.lines().skip(1).map_while(|row| row.strip_prefix("| "));
    rows.filter_map(|row| row.split(" | ").next())
        .map(words)
        .collect()
}

/// What a person reads: all but measurements, which scripts write, and the glossary itself.
fn pages() -> impl Iterator<Item = PathBuf> {
    let at_the_root = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "inventory.example.toml",
    ]
    .map(PathBuf::from);
    let docs = markdown(Path::new("docs")).into_iter();
    docs.filter(|page| page != Path::new("docs/glossary.md") && !page.starts_with("docs/results"))
        .chain(at_the_root)
}

fn documents() -> impl Iterator<Item = PathBuf> {
    let folders = ["docs", "lab", "src", "templates", "tests", "bench"];
    let at_the_root = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(PathBuf::from);
    folders
        .into_iter()
        .flat_map(|folder| markdown(Path::new(folder)))
        .chain(at_the_root)
}

/// The product's code, without its tests.
fn sources() -> Vec<PathBuf> {
    let is_test = |path: &PathBuf| {
        path.iter()
            .any(|part| part.to_string_lossy().starts_with("tests"))
    };
    let mut all = files(Path::new("src"), "rs");
    all.retain(|path| !is_test(path));
    all
}

/// The text of each string in a piece of code, comments left out.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace("'\"'", "")
        .replace("'\\\\'", "");
    let mut rest = code.as_str();
    while let Some((_, from)) = rest.split_once('"') {
        let mut is_escaped = false;
        let end = from.find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let (text, after) = from.split_at(end.unwrap_or(from.len()));
        found.push(text.replace("\\n", " ").replace('\\', ""));
        rest = after.get(1..).unwrap_or("");
    }
    found
}

/// What a script tells a person: why it changed nothing, or why it failed.
fn shell_messages(script: &str) -> Vec<String> {
    let lines = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    let texts = lines.flat_map(|line| {
        let spoken = ["moved ", "refuse ", "lost ", "echo "].into_iter();
        spoken.flat_map(move |word| line.split(word).skip(1))
    });
    let quoted = texts.filter_map(|text| {
        let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (message, _) = text.get(1..)?.split_once(quote)?;
        Some(message.replace("\\`", "`"))
    });
    quoted.filter(|text| text.contains(' ')).collect()
}

/// A message without commands to type and without names that are filled in.
fn without_code(message: &str) -> String {
    let prose: Vec<&str> = message.split('`').step_by(2).collect();
    let parts = prose.join(" ` ");
    let parts = parts.split('{').enumerate();
    parts
        .map(|(index, part)| match index {
            0 => part,
            _ => part.split_once('}').map_or(part, |(_, rest)| rest),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The lines of a page, numbered, without what is between backticks: that is code. Of the inventory the comments. In
/// docs/architecture.md tables show names of the code.
fn prose(page: &Path, text: &str) -> Vec<(usize, String)> {
    let is_toml = page.extension().is_some_and(|extension| extension == "toml");
    let has_names_in_tables = page.ends_with("docs/architecture.md");
    let is_skipped =
        |line: &str| is_toml && !line.starts_with('#') || has_names_in_tables && line.starts_with('|');
    let mut spoken = String::new();
    for (index, part) in text.split('`').enumerate() {
        match index % 2 {
            0 => spoken.push_str(part),
            _ => spoken.extend(std::iter::once('`').chain(part.chars().filter(|c| *c == '\n'))),
        }
    }
    let numbered = (1..).zip(spoken.lines()).filter(|(_, line)| !is_skipped(line));
    numbered.map(|(number, line)| (number, words(line))).collect()
}

/// In lower case, each word between two spaces, so that a phrase in it is one of whole words.
fn words(text: &str) -> String {
    let letters = text
        .to_lowercase()
        .replace(|c: char| !c.is_alphanumeric() && c != '\'' && c != '`', " ");
    format!(" {} ", letters.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Path) -> Vec<String> {
    let text = read(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let kept = heading.trim_start_matches('#').trim().to_lowercase();
            kept.replace(|c: char| !c.is_alphanumeric() && !" -_".contains(c), "")
                .replace(' ', "-")
        })
        .collect()
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    files(folder, "md")
}

fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        if root().join(&path).is_dir() {
            found.extend(files(&path, kind));
        } else if path.extension().is_some_and(|extension| extension == kind) {
            found.push(path);
        }
    }
    found
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
