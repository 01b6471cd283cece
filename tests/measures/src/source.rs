//! The source of the crate as a compiler finds it: from its roots along `mod`, what is compiled for tests apart.

use std::collections::BTreeSet;
use std::path::Path;

use syn::spanned::Spanned;
use syn::{Attribute, Item, ItemMod, Meta};

/// A file of the product, parsed.
pub struct SourceFile {
    /// Relative to the tree.
    pub path: String,
    /// The module that it is, from the crate: `["planner", "etcd"]`.
    pub module: Vec<String>,
    pub text: String,
    pub syntax: syn::File,
    /// Compiled for tests alone.
    pub is_test: bool,
    /// The lines of those items of a product file that are compiled for tests alone, from 1.
    pub test_lines: BTreeSet<usize>,
}

/// Every file of the library and the program below `tree`, in the order of their paths.
///
/// # Panics
/// If a file cannot be read or parsed: such a tree does not compile either.
pub fn source_files(tree: &Path) -> Vec<SourceFile> {
    let mut reader = Reader { tree, found: vec![] };
    for root in ["src/lib.rs", "src/main.rs"].map(Path::new) {
        if tree.join(root).exists() {
            reader.add_file(root, Module::default());
        }
    }
    reader.found.sort_by(|a, b| a.path.cmp(&b.path));
    reader.found
}

impl SourceFile {
    fn new(path: &Path, module: Module, text: String, syntax: syn::File) -> Self {
        Self {
            path: path.display().to_string(),
            module: module.path,
            text,
            is_test: module.is_test,
            test_lines: syntax.items.iter().flat_map(lines_for_tests).collect(),
            syntax,
        }
    }
}

struct Reader<'a> {
    tree: &'a Path,
    found: Vec<SourceFile>,
}

#[derive(Default)]
struct Module {
    path: Vec<String>,
    is_test: bool,
}

impl Module {
    fn child(&self, declared: &ItemMod) -> Self {
        Self {
            path: self
                .path
                .iter()
                .cloned()
                .chain([declared.ident.to_string()])
                .collect(),
            is_test: self.is_test || is_for_tests(&declared.attrs),
        }
    }
}

impl Reader<'_> {
    fn add_file(&mut self, path: &Path, module: Module) {
        let text = read(&self.tree.join(path));
        let syntax = syn::parse_file(&text).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
        let is_root = ["mod.rs", "lib.rs", "main.rs"]
            .iter()
            .any(|name| path.ends_with(name));
        let folder = if is_root {
            path.parent().unwrap_or(Path::new("")).to_owned()
        } else {
            path.with_extension("")
        };
        self.add_children(&folder, &syntax.items, &module);
        self.found.push(SourceFile::new(path, module, text, syntax));
    }

    /// The files that a file's items declare as modules. (`#[path]` leads out of `src`, to what is a test's.)
    fn add_children(&mut self, folder: &Path, items: &[Item], parent: &Module) {
        for item in items {
            let Item::Mod(declared) = item else { continue };
            let module = parent.child(declared);
            let inner = folder.join(declared.ident.to_string());
            let file = inner.with_extension("rs");
            if let Some((_, items)) = &declared.content {
                self.add_children(&inner, items, &module);
            } else if declared
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("path"))
            {
            } else if self.tree.join(&file).exists() {
                self.add_file(&file, module);
            } else {
                self.add_file(&inner.join("mod.rs"), module);
            }
        }
    }
}

/// Whether `#[cfg(test)]` stands among the attributes, or what holds it and more.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || (condition.starts_with("all") && condition.contains("test"))
        }
        _ => false,
    })
}

/// The attributes of an item of any kind; none of what has none.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn lines_for_tests(item: &Item) -> Vec<usize> {
    if !is_for_tests(attributes(item)) {
        return vec![];
    }
    let span = item.span();
    (span.start().line..=span.end().line).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// Files of a product, as they would be read.
#[cfg(test)]
pub(crate) fn sample(files: &[(&str, &str)]) -> Vec<SourceFile> {
    let file = |(path, text): &(&str, &str)| {
        let below = path.trim_start_matches("src/").trim_end_matches(".rs");
        let module = Module {
            path: below
                .trim_end_matches("/mod")
                .split('/')
                .map(str::to_owned)
                .collect(),
            is_test: false,
        };
        SourceFile::new(
            Path::new(path),
            module,
            (*text).to_owned(),
            syn::parse_str(text).unwrap(),
        )
    };
    files.iter().map(file).collect()
}
