//! What a report says: how many mistakes, where, and in which colours.

use std::path::Path;

use hawser::error::Problem;
use hawser::inventory::{Colours, load};

use crate::example::example_in_full;
use crate::workshop::{good_but, load_text, rendered};

#[test]
fn one_file_with_seven_mistakes_shows_seven_and_where() {
    let (count, rendered) = rendered(load_text("seven.toml", include_str!("../inventories/seven.toml")));

    assert_eq!(count, 7);
    assert_eq!(
        messages_and_places(&rendered),
        [
            ("not an exact Kubernetes version: `1.34`", "3:14"),
            ("`port` must be a whole number", "7:8"),
            ("the VIP is the address of host `CP_1`: 192.0.2.21", "8:7"),
            ("unknown key `netwroks`", "10:2"),
            ("a host's name is not a DNS name: `CP_1`", "19:8"),
            ("`address` is missing from [[hosts]]", "23:1"),
            ("a taint of no known effect: `NoScheduel`", "26:11"),
        ]
    );
}

/// Each diagnostic's message and the place that its first excerpt names, in order.
fn messages_and_places(rendered: &str) -> Vec<(&str, &str)> {
    let after = |line: &'static str| move |text: &&str| text.contains(line);
    let messages = rendered
        .lines()
        .filter(after("× "))
        .map(|line| line.trim_start_matches([' ', '×']));
    let mut places = Vec::new();
    for diagnostic in rendered.split("× ").skip(1) {
        let place = diagnostic.split_once("╭─[").unwrap().1.split_once(']').unwrap().0;
        places.push(place.split_once(':').unwrap().1);
    }
    messages.zip(places).collect()
}

#[test]
fn several_syntax_errors_are_shown_together() {
    let (count, rendered) = rendered(load_text(
        "syntax.toml",
        "[cluster]\nname = demo\n\n[endpoint]\nname = \"api\n",
    ));

    assert_eq!(count, 2, "{rendered}");
}

#[test]
fn what_is_unwise_is_a_warning_with_its_reason() {
    let edits = [
        ("api.demo.example", "192.0.2.10"),
        ("[\"worker\"]", "[\"control-plane\"]"),
    ];

    let loaded = load_text("warnings.toml", &good_but(&edits)).unwrap();

    insta::assert_snapshot!(loaded.warnings.join("\n"));
}

#[test]
fn colours_are_shown_only_when_asked_for() {
    let text = good_but(&[("v1.34.2", "1.34")]);
    let (_, plain) = rendered(load_text("colours.toml", &text));
    let (_, coloured) = rendered(load(Path::new("colours.toml"), Colours::Shown));

    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains('\u{1b}'));
}

#[test]
fn an_inventory_that_is_not_there_is_said_to_be() {
    let problem = load(Path::new("/nowhere/inventory.toml"), Colours::Plain).unwrap_err();

    assert!(
        matches!(problem, Problem::LocalFile { verb: "read", .. }),
        "{problem}"
    );
}

#[test]
fn a_balancers_port_that_the_host_needs_itself_is_refused() {
    let edits = [("[endpoint]", "[endpoint]\nport = 22")];

    let (count, rendered) = rendered(load_text("port.toml", &good_but(&edits)));

    assert_eq!(count, 2);
    assert!(
        rendered.contains("host `lb1`: port 22 belongs to sshd there"),
        "{rendered}"
    );
}

#[test]
fn no_mistyped_value_makes_schema_and_reader_disagree() {
    let full = example_in_full();
    let lines: Vec<&str> = full.lines().collect();
    let values = ["1", "\"x\"", "[\"\", 1]", "{ x = {} }", "nan"];

    let mistyped = lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| Some((index, line.split_once(" = ")?.0)));
    let texts = mistyped
        .flat_map(|(index, key)| values.map(|value| replaced(&lines, index, &format!("{key} = {value}"))));
    let outcomes: Vec<String> = texts
        .map(|text| rendered(load_text("mistyped.toml", &text)).1)
        .collect();

    assert!(outcomes.len() > 200);
    assert_eq!(
        outcomes.iter().find(|rendered| rendered.contains("disagree")),
        None
    );
}

fn replaced(lines: &[&str], index: usize, line: &str) -> String {
    let lines = lines.iter().enumerate();
    let lines: Vec<&str> = lines
        .map(|(at, old)| if at == index { line } else { old })
        .collect();
    lines.join("\n")
}
