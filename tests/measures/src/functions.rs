//! The functions of the product: how long they are, and what they take.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, FnArg, Item, Pat, Signature, Type};

use crate::source::{SourceFile, attributes, is_for_tests};

/// A function of the product; closures are part of the function that they stand in.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub file: String,
    /// Where its signature begins.
    pub line: usize,
    /// From the signature to the brace that ends it.
    pub lines: usize,
    /// Its parameters without `self`.
    pub parameters: usize,
    /// Those whose type is a tuple, behind a reference too, or that are taken apart as one.
    pub tuples: usize,
    /// Those of the type `bool`.
    pub bools: usize,
}

/// Every function that is not compiled for tests alone, in the order of files and lines.
pub fn functions(files: &[SourceFile]) -> Vec<Function> {
    let product = files.iter().filter(|file| !file.is_test);
    product.flat_map(functions_of_file).collect()
}

fn functions_of_file(file: &SourceFile) -> Vec<Function> {
    let mut finder = Finder {
        file: &file.path,
        found: vec![],
    };
    finder.visit_file(&file.syntax);
    finder.found
}

struct Finder<'a> {
    file: &'a str,
    found: Vec<Function>,
}

impl Finder<'_> {
    fn add(&mut self, attributes: &[Attribute], signature: &Signature, body: Option<&Block>) -> bool {
        if is_for_tests(attributes) {
            return false;
        }
        let line = signature.span().start().line;
        let end = body.map_or(signature.span(), Spanned::span).end().line;
        let parameters = || {
            signature.inputs.iter().filter_map(|input| match input {
                FnArg::Typed(typed) => Some(typed),
                FnArg::Receiver(_) => None,
            })
        };
        self.found.push(Function {
            name: signature.ident.to_string(),
            file: self.file.to_owned(),
            line,
            lines: end - line + 1,
            parameters: parameters().count(),
            tuples: parameters()
                .filter(|typed| is_tuple(&typed.ty) || matches!(*typed.pat, Pat::Tuple(_)))
                .count(),
            bools: parameters().filter(|typed| is_bool(&typed.ty)).count(),
        });
        true
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if self.add(&function.attrs, &function.sig, Some(&function.block)) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if self.add(&function.attrs, &function.sig, Some(&function.block)) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if self.add(&function.attrs, &function.sig, function.default.as_ref()) {
            visit::visit_trait_item_fn(self, function);
        }
    }
}

fn is_tuple(of: &Type) -> bool {
    match of {
        Type::Tuple(tuple) => !tuple.elems.is_empty(),
        Type::Reference(reference) => is_tuple(&reference.elem),
        Type::Paren(inner) => is_tuple(&inner.elem),
        _ => false,
    }
}

fn is_bool(of: &Type) -> bool {
    matches!(of, Type::Path(path) if path.path.is_ident("bool"))
}

#[cfg(test)]
mod tests {
    use super::{Function, functions};
    use crate::source::sample;

    #[test]
    fn a_function_is_measured_by_its_signature_and_its_braces() {
        let text = "struct S;
            impl S {
                /// Not counted.
                #[inline]
                fn f(&self, a: &(u8, u8), (b, c): P, d: bool, e: Option<(u8, bool)>) {
                    d;
                }
            }
            #[cfg(test)]
            mod tests { fn g(a: (u8, u8)) {} }";

        assert_eq!(
            functions(&sample(&[("src/a.rs", text)])),
            [Function {
                name: "f".to_owned(),
                file: "src/a.rs".to_owned(),
                line: 5,
                lines: 3,
                parameters: 4,
                tuples: 2,
                bools: 1,
            }]
        );
    }
}
