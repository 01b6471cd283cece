//! Circles of files: those of one module that use each other, by whatever detour.
//!
//! What counts is `use` and every path that begins with `crate`, `super` or `self`. That a file calls the modules that
//! it declares is no use: it is what they are for. A path leads to the file that defines its item: who takes a type
//! from a `mod.rs` that passes it on uses the file of the type, and who passes it on uses nothing.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, ItemUse, Macro, Path, Visibility};

use crate::scopes::{Scopes, Segments, imports};
use crate::source::{SourceFile, attributes, is_for_tests};

/// The circles, each with its files, in the order of their paths.
pub fn circles(files: &[SourceFile]) -> Vec<Vec<String>> {
    let scopes = Scopes::new(files);
    let mut used = BTreeMap::new();
    for file in files
        .iter()
        .filter(|file| !file.is_test && !file.module.is_empty())
    {
        let mut finder = Finder {
            scopes: &scopes,
            file,
            module: file.module.clone(),
            used: BTreeSet::new(),
        };
        finder.visit_file(&file.syntax);
        used.insert(file.path.clone(), finder.used);
    }
    let of_module: BTreeMap<&str, &str> = files
        .iter()
        .filter_map(|file| Some((file.path.as_str(), file.module.first()?.as_str())))
        .collect();
    for (file, targets) in &mut used {
        targets.retain(|target| {
            target != file && of_module.get(target.as_str()) == of_module.get(file.as_str())
        });
    }
    components(&used)
}

/// The sets of more than one that lead to each other.
fn components(used: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        used.keys().map(|file| (file, reached_from(file, used))).collect();
    let mut found = BTreeSet::new();
    for (file, targets) in &reached {
        let circle: Vec<String> = targets
            .iter()
            .filter(|target| reached.get(*target).is_some_and(|back| back.contains(file)))
            .map(|target| (*target).clone())
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reached_from<'a>(file: &'a String, used: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        for target in used.get(file).into_iter().flatten() {
            if reached.insert(target) {
                next.push(target);
            }
        }
    }
    reached
}

struct Finder<'a> {
    scopes: &'a Scopes,
    file: &'a SourceFile,
    module: Segments,
    used: BTreeSet<String>,
}

impl Finder<'_> {
    fn add(&mut self, path: &[String]) {
        if let Some(file) = self.scopes.file_of(&self.module, path)
            && file != self.file.path
        {
            self.used.insert(file.to_owned());
        }
    }

    /// Paths within a macro's tokens, as `a::b` stands there.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Segments = vec![];
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add_path(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.add_path(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add_path(&path);
    }

    fn add_path(&mut self, path: &[String]) {
        let is_from_above = |first: &String| ["crate", "super", "self"].contains(&first.as_str());
        if path.len() > 1 && path.first().is_some_and(is_from_above) {
            self.add(path);
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        if let Item::Mod(inner) = item {
            self.module.push(inner.ident.to_string());
            visit::visit_item(self, item);
            self.module.pop();
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // Passing on is no use.
        if matches!(item.vis, Visibility::Inherited) {
            for import in imports(&item.tree) {
                self.add(&import.path);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.add_path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.visit_path(&item.path);
        self.add_tokens(item.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::circles;
    use crate::source::sample;

    #[test]
    fn a_circle_is_found_by_whatever_detour_and_through_what_is_passed_on() {
        let files = sample(&[
            (
                "src/a/mod.rs",
                "mod b; mod c; mod d; pub use b::B; fn run() { d::D; }",
            ),
            (
                "src/a/b.rs",
                "use super::c; pub struct B; fn b() { c::c(); assert!(super::c::IS); }",
            ),
            (
                "src/a/c.rs",
                "pub fn c() -> crate::a::B { todo!() } pub const IS: bool = true;",
            ),
            (
                "src/a/d.rs",
                "use super::{B, other}; pub struct D; fn d() { crate::e::e(); }",
            ),
            ("src/e.rs", "pub fn e() { crate::a::run() }"),
        ]);

        assert_eq!(circles(&files), [["src/a/b.rs", "src/a/c.rs"]]);
    }

    #[test]
    fn what_tests_use_makes_no_circle() {
        let files = sample(&[
            ("src/a/mod.rs", "mod b; mod c;"),
            (
                "src/a/b.rs",
                "pub struct B; #[cfg(test)] mod tests { use crate::a::c::C; }",
            ),
            ("src/a/c.rs", "use super::b::B; pub struct C;"),
        ]);

        assert_eq!(circles(&files), Vec::<Vec<String>>::new());
    }
}
