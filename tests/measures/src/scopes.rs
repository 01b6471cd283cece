//! Which file a path of the source leads to: modules, their items, and the names that they import.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, UseTree};

use crate::source::{SourceFile, attributes, is_for_tests};

/// How many imports a path may lead through.
const DEPTH: usize = 16;

/// A path as it is written or absolute: `["super", "Host"]`.
pub(crate) type Segments = Vec<String>;

/// One module, in a file of its own or within another's.
#[derive(Default)]
struct Scope {
    file: String,
    items: BTreeSet<String>,
    imports: BTreeMap<String, Segments>,
    globs: Vec<Segments>,
}

/// Every module of the product.
pub(crate) struct Scopes(BTreeMap<Segments, Scope>);

impl Scopes {
    pub(crate) fn new(files: &[SourceFile]) -> Self {
        let mut scopes = Self(BTreeMap::new());
        // The program's root is no module of the library.
        let of_library = |file: &&SourceFile| !file.is_test && file.path != "src/main.rs";
        for file in files.iter().filter(of_library) {
            scopes.add(&file.module, &file.path, &file.syntax.items);
        }
        scopes
    }

    fn add(&mut self, module: &[String], file: &str, items: &[Item]) {
        let mut scope = Scope {
            file: file.to_owned(),
            ..Scope::default()
        };
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            match item {
                Item::Use(item) => {
                    for import in imports(&item.tree) {
                        if import.name == "*" {
                            scope.globs.push(import.path);
                        } else {
                            scope.imports.insert(import.name, import.path);
                        }
                    }
                }
                Item::Mod(item) => {
                    if let Some((_, items)) = &item.content {
                        let inner: Segments =
                            module.iter().cloned().chain([item.ident.to_string()]).collect();
                        self.add(&inner, file, items);
                    }
                }
                item => scope.items.extend(name(item)),
            }
        }
        self.0.insert(module.to_vec(), scope);
    }

    /// The file of the item that a path leads to from a module; none where it leads out of the crate, to a module as
    /// such, or to what has no path of its own.
    pub(crate) fn file_of(&self, from: &[String], path: &[String]) -> Option<&str> {
        self.resolve(from, path, DEPTH)
    }

    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<&str> {
        let depth = depth.checked_sub(1)?;
        let (first, mut rest) = path.split_first()?;
        let mut at = from.to_vec();
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop()?;
                while let Some((next, after)) = rest.split_first()
                    && next == "super"
                {
                    at.pop()?;
                    rest = after;
                }
            }
            // Edition 2018: a child module, or a name that was imported.
            _ => rest = path,
        }
        loop {
            let (next, after) = rest.split_first()?;
            let inner: Segments = at.iter().cloned().chain([next.clone()]).collect();
            if self.0.contains_key(&inner) {
                at = inner;
                rest = after;
                continue;
            }
            let scope = self.0.get(&at)?;
            if scope.items.contains(next) {
                return Some(&scope.file);
            }
            if let Some(import) = scope.imports.get(next) {
                let forwarding: Segments = import.iter().chain(after).cloned().collect();
                return self.resolve(&at, &forwarding, depth);
            }
            return scope.globs.iter().find_map(|glob| {
                let forwarding: Segments = glob.iter().chain(rest).cloned().collect();
                self.resolve(&at, &forwarding, depth)
            });
        }
    }
}

/// A name that `use` brings in, `*` for all, and where from.
pub(crate) struct Import {
    pub(crate) name: String,
    pub(crate) path: Segments,
}

pub(crate) fn imports(tree: &UseTree) -> Vec<Import> {
    match tree {
        UseTree::Path(path) => below(&path.ident.to_string(), imports(&path.tree)),
        UseTree::Name(name) => vec![import(name.ident.to_string(), name.ident.to_string())],
        UseTree::Rename(rename) => vec![import(rename.rename.to_string(), rename.ident.to_string())],
        UseTree::Glob(_) => vec![Import {
            name: "*".to_owned(),
            path: vec![],
        }],
        UseTree::Group(group) => group.items.iter().flat_map(imports).collect(),
    }
}

fn import(name: String, segment: String) -> Import {
    Import {
        name,
        path: vec![segment],
    }
}

fn below(segment: &str, imports: Vec<Import>) -> Vec<Import> {
    let put_below = |mut import: Import| {
        // `a::{self}` is `a` itself.
        if import.path == ["self"] {
            import.path.clear();
            if import.name == "self" {
                segment.clone_into(&mut import.name);
            }
        }
        import.path.insert(0, segment.to_owned());
        import
    };
    imports.into_iter().map(put_below).collect()
}

fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Macro(item) => return item.ident.as_ref().map(ToString::to_string),
        _ => return None,
    };
    Some(name.to_string())
}
