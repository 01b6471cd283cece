//! Renders templates: an undefined name is an error, and nothing is escaped but by the `quoted` and `key` filters.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::yaml;
use crate::error::Problem;
use crate::templates::Templates;

/// Renders the template of a name. Errors: `Problem::Template`, with the line and the names that the template may use.
pub(super) fn render(templates: &Templates, name: &str, context: Value) -> Result<String, Problem> {
    let names = names_of(&context);
    environment(templates)
        .and_then(|environment| environment.get_template(name)?.render(context))
        .map_err(|error| unusable(templates, name, &error, &names))
}

/// What a template's output must hold because hawser relies on it: what it is, whether it is there, and what to write.
pub(super) struct Needed<'a> {
    pub(super) what: &'a str,
    pub(super) is_there: bool,
    pub(super) hint: &'a str,
}

/// Refuses a template's output that lacks what hawser relies on.
pub(super) fn check(templates: &Templates, name: &str, needed: &[Needed<'_>]) -> Result<(), Problem> {
    match needed.iter().find(|needed| !needed.is_there) {
        None => Ok(()),
        Some(lacking) => Err(Problem::Template {
            path: templates.path(name),
            line: None,
            cause: format!("the rendered file lacks {}", lacking.what),
            hint: lacking.hint.to_owned(),
        }),
    }
}

/// A map in YAML, as kubeadm's documents are.
pub(super) fn parse(
    templates: &Templates,
    name: &str,
    text: &str,
) -> Result<serde_json::Map<String, serde_json::Value>, Problem> {
    serde_norway::from_str(text).map_err(|error| Problem::Template {
        path: templates.path(name),
        line: None,
        cause: format!("the rendered file is not a YAML mapping: {error}"),
        hint: "`{{ value | quoted }}` writes any text so that YAML reads it as text".to_owned(),
    })
}

fn environment(templates: &Templates) -> Result<Environment<'_>, Error> {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(syntax);
    environment.set_debug(true);
    environment.add_filter("quoted", |text: String| yaml::quoted(&text));
    environment.add_filter("key", |name: String| yaml::key(&name));
    for (name, text) in templates.all() {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// The names that a template may use, in order.
fn names_of(context: &Value) -> Vec<String> {
    let names = context.try_iter().into_iter().flatten();
    let mut names: Vec<String> = names.map(|name| name.to_string()).collect();
    names.sort();
    names
}

fn unusable(templates: &Templates, name: &str, error: &Error, names: &[String]) -> Problem {
    let error = innermost(error);
    let found_in = error.name().unwrap_or(name);
    let text = templates
        .all()
        .find(|(name, _)| *name == found_in)
        .map_or("", |(_, text)| text);
    let excerpt = error
        .line()
        .and_then(|line| Some(format!("\n{line} | {}", text.lines().nth(line.checked_sub(1)?)?)));
    let (before, expression) = error
        .range()
        .and_then(|range| Some((text.get(..range.start)?, text.get(range)?)))
        .unwrap_or_default();
    let what = match (error.kind(), error.detail()) {
        (ErrorKind::UndefinedError, _) if before.trim_end().ends_with('|') => {
            format!("what goes into `{expression}` is not defined")
        }
        (ErrorKind::UndefinedError, _) if !expression.is_empty() => format!("`{expression}` is not defined"),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    let hint = match error.kind() {
        ErrorKind::UndefinedError if names.is_empty() => "no names are given to it".to_owned(),
        ErrorKind::UndefinedError => format!("it can use these variables: {}", names.join(", ")),
        ErrorKind::UnknownFilter => "its filters are minijinja's own, and `quoted` and `key`".to_owned(),
        ErrorKind::TemplateNotFound => {
            format!("it may include: {}", Templates::names().collect::<Vec<_>>().join(", "))
        }
        _ => "the language is Jinja2's, as minijinja implements it: https://docs.rs/minijinja/latest/minijinja/syntax/"
            .to_owned(),
    };
    Problem::Template {
        path: templates.path(found_in),
        line: error.line(),
        cause: format!("{what}{}", excerpt.unwrap_or_default()),
        hint,
    }
}

/// What an included template met is wrapped in the include's own error.
fn innermost(error: &Error) -> &Error {
    let mut found = error;
    while let Some(inner) = std::error::Error::source(found).and_then(|source| source.downcast_ref::<Error>())
    {
        found = inner;
    }
    found
}
