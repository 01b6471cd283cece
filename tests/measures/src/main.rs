//! `make measures`: the measures of one tree or several, a column each, as a table of Markdown.
//!
//! usage: measures [--list] [TITLE=]TREE...
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it is for")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use measures::circles::circles;
use measures::functions::{Function, functions};
use measures::journey::journeys;
use measures::lines::{Area, lines};
use measures::source::{SourceFile, source_files};
use measures::words::{Found, Retired, in_names, in_prose, retired};

const LONG: usize = 50;
const MANY: usize = 5;

/// A measure: its name, its value, and what was counted.
type Row = (String, String, Vec<String>);

fn main() -> ExitCode {
    let mut trees: Vec<String> = std::env::args().skip(1).collect();
    let is_listed = trees.first().is_some_and(|first| first == "--list");
    if is_listed {
        trees.remove(0);
    }
    if trees.is_empty() {
        trees.push(".".to_owned());
    }
    let trees: Vec<(String, PathBuf)> = trees.iter().map(|tree| titled(tree)).collect();
    if let Some((_, tree)) = trees.iter().find(|(_, tree)| !tree.join("src/lib.rs").exists()) {
        eprintln!("{}: no src/lib.rs", tree.display());
        return ExitCode::FAILURE;
    }
    // An older tree has no list of retired words; that of the last one named says what is better today.
    let words = trees.iter().rev().find_map(|(_, tree)| retired(tree));
    let columns: Vec<Vec<Row>> = trees
        .iter()
        .map(|(_, tree)| measure(tree, words.as_ref()))
        .collect();
    print_table(&trees, &columns);
    if is_listed {
        print_lists(columns.last().map(Vec::as_slice).unwrap_or_default());
    }
    ExitCode::SUCCESS
}

/// `before=../old` has a title; `../old` is its own.
fn titled(tree: &str) -> (String, PathBuf) {
    match tree.split_once('=') {
        Some((title, tree)) => (title.to_owned(), tree.into()),
        None => (tree.to_owned(), tree.into()),
    }
}

fn measure(tree: &Path, words: Option<&Retired>) -> Vec<Row> {
    let source = source_files(tree);
    let mut rows = sizes(tree, &source);
    rows.extend(signatures(&functions(&source)));
    let circles = circles(&source);
    let files: usize = circles.iter().map(Vec::len).sum();
    let value = format!("{} of {files} files", circles.len());
    let listed = circles.iter().map(|circle| circle.join(" ")).collect();
    rows.push(("circles of files within a module".to_owned(), value, listed));
    let journeys = journeys(tree);
    let value = if journeys.is_empty() {
        "none listed".to_owned()
    } else {
        let each = journeys
            .iter()
            .map(|journey| format!("{}: {}", journey.name, journey.files.len()));
        each.collect::<Vec<_>>().join(", ")
    };
    let listed = journeys.into_iter().flat_map(|journey| journey.files).collect();
    rows.push(("files of a journey".to_owned(), value, listed));
    rows.push(words_row(
        "retired words in names",
        words.map(|words| in_names(words, &source)),
    ));
    rows.push(words_row(
        "retired words in prose",
        words.map(|words| in_prose(words, tree)),
    ));
    rows
}

fn sizes(tree: &Path, source: &[SourceFile]) -> Vec<Row> {
    let lines = lines(tree, source);
    let of = |area: &Area| lines.get(area).copied().unwrap_or_default();
    let product = [Area::Rust, Area::Shell, Area::Templates];
    let sum = product.iter().map(|area| of(area).all).sum::<usize>();
    let sum_of_code = product.iter().map(|area| of(area).of_code).sum::<usize>();
    let row = |title: &str, all: usize, of_code: usize| {
        (
            format!("{title}: lines (of code)"),
            format!("{all} ({of_code})"),
            vec![],
        )
    };
    let mut rows = vec![row("product", sum, sum_of_code)];
    rows.extend(
        Area::ALL
            .iter()
            .map(|area| row(area.title(), of(area).all, of(area).of_code)),
    );
    let count = source.iter().filter(|file| !file.is_test).count();
    rows.push(("product: Rust files".to_owned(), count.to_string(), vec![]));
    rows
}

fn signatures(functions: &[Function]) -> Vec<Row> {
    let place = |function: &Function| format!("{}:{} {}", function.file, function.line, function.name);
    let those = |title: &str, measure: &dyn Fn(&Function) -> usize, over: usize| {
        let found = functions.iter().filter(|function| measure(function) > over);
        let listed: Vec<String> = found
            .map(|function| format!("{} ({})", place(function), measure(function)))
            .collect();
        (title.to_owned(), listed.len().to_string(), listed)
    };
    let counted = |title: &str, measure: &dyn Fn(&Function) -> usize| {
        let (title, _, listed) = those(title, measure, 0);
        let sum = functions.iter().map(measure).sum::<usize>();
        (title, sum.to_string(), listed)
    };
    vec![
        ("functions".to_owned(), functions.len().to_string(), vec![]),
        those("functions over 50 lines", &|function| function.lines, LONG),
        those(
            "functions with more than 5 parameters",
            &|function| function.parameters,
            MANY,
        ),
        counted("parameters that are tuples", &|function| function.tuples),
        counted("parameters that are bare bools", &|function| function.bools),
    ]
}

fn words_row(title: &str, found: Option<Vec<Found>>) -> Row {
    let value = found
        .as_ref()
        .map_or("none listed".to_owned(), |found| found.len().to_string());
    let listed = found.into_iter().flatten();
    let listed = listed.map(|found| format!("{}:{} {}", found.file, found.line, found.word));
    (title.to_owned(), value, listed.collect())
}

fn print_table(trees: &[(String, PathBuf)], columns: &[Vec<Row>]) {
    let titles: Vec<&str> = trees.iter().map(|(title, _)| title.as_str()).collect();
    println!("| measure | {} |", titles.join(" | "));
    println!("| --- |{}", " ---: |".repeat(titles.len()));
    for (index, (title, ..)) in columns.first().into_iter().flatten().enumerate() {
        let values: Vec<&str> = columns
            .iter()
            .filter_map(|column| column.get(index).map(|(_, value, _)| value.as_str()))
            .collect();
        println!("| {title} | {} |", values.join(" | "));
    }
}

fn print_lists(rows: &[Row]) {
    for (title, _, listed) in rows.iter().filter(|(.., listed)| !listed.is_empty()) {
        println!("\n{title}:");
        for line in listed {
            println!("  {line}");
        }
    }
}
