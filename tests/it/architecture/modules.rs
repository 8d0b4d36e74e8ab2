//! The modules of a crate, read with a parser: their items, what they import,
//! and every path that their code names. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// A path, segment by segment.
pub type Segments = Vec<String>;

/// One module.
#[derive(Debug, Default)]
pub struct Module {
    /// Its file, as a path below the folder of the crate's root.
    pub file: String,
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    /// Names of what is defined here.
    pub items: BTreeSet<String>,
    /// What is imported under which name, and whether it is handed on.
    pub uses: BTreeMap<String, (Segments, bool)>,
    /// Modules of which everything is imported.
    pub globs: Vec<Segments>,
    /// Paths that the code of the module names.
    pub paths: BTreeSet<Segments>,
}

/// The modules of a crate, the root first.
#[derive(Debug, Default)]
pub struct Modules(pub Vec<Module>);

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Module(usize),
    /// Something that is defined in this module.
    Item(usize),
    /// Something of another crate.
    External(Segments),
}

/// How many imports of imports are followed.
const DEEPEST: usize = 12;

impl Modules {
    /// Reads a crate from its root file.
    pub fn read(root: &Path) -> Self {
        let mut modules = Self::default();
        let folder = root.parent().unwrap();
        modules.read_file(folder, root, folder, None);
        modules
    }

    /// Reads the module of `file`, whose children are in the folder `below`.
    fn read_file(
        &mut self,
        base: &Path,
        file: &Path,
        below: &Path,
        parent: Option<usize>,
    ) -> usize {
        let text = std::fs::read_to_string(file).unwrap();
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let place = file.strip_prefix(base).unwrap().to_string_lossy().into_owned();
        self.add(base, place, below, parent, &parsed.items)
    }

    fn add(
        &mut self,
        base: &Path,
        file: String,
        below: &Path,
        parent: Option<usize>,
        items: &[syn::Item],
    ) -> usize {
        let id = self.0.len();
        self.0.push(Module { file: file.clone(), parent, ..Module::default() });
        let mut reader = Reader::default();
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            if let syn::Item::Mod(child) = item {
                let name = child.ident.to_string();
                let folder = below.join(&name);
                let module = if let Some((_, items)) = &child.content {
                    self.add(base, file.clone(), &folder, Some(id), items)
                } else {
                    let alone = below.join(format!("{name}.rs"));
                    let path: PathBuf = if alone.is_file() { alone } else { folder.join("mod.rs") };
                    self.read_file(base, &path, &folder, Some(id))
                };
                self.0[id].children.insert(name, module);
                continue;
            }
            if let Some(name) = name(item) {
                self.0[id].items.insert(name);
            }
            reader.visit_item(item);
        }
        let module = &mut self.0[id];
        (module.uses, module.globs, module.paths) = (reader.uses, reader.globs, reader.paths);
        id
    }

    /// What `path` leads to where it is written in `module`; nothing for local
    /// names.
    pub fn resolve(&self, module: usize, path: &[String]) -> Option<Target> {
        self.resolve_within(module, path, false, 0)
    }

    /// `more` tells whether the path goes on behind what is resolved.
    fn resolve_within(
        &self,
        module: usize,
        path: &[String],
        more: bool,
        depth: usize,
    ) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        if depth > DEEPEST {
            return None;
        }
        let start = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => Target::Module(self.0[module].parent?),
            _ => match self.look_up(module, first, more || !rest.is_empty(), depth) {
                Some(found) => found,
                None if rest.is_empty() => return None,
                None => Target::External(vec![first.clone()]),
            },
        };
        self.walk(start, rest, more, depth)
    }

    fn walk(&self, start: Target, path: &[String], more: bool, depth: usize) -> Option<Target> {
        let Some((first, rest)) = path.split_first() else { return Some(start) };
        match start {
            Target::Item(module) => Some(Target::Item(module)),
            Target::External(mut segments) => {
                segments.extend_from_slice(path);
                Some(Target::External(segments))
            }
            Target::Module(module) if first == "super" => {
                self.walk(Target::Module(self.0[module].parent?), rest, more, depth)
            }
            Target::Module(module) => {
                // What a macro defines is not seen, but is there.
                let found = self.look_up(module, first, more || !rest.is_empty(), depth);
                self.walk(found.unwrap_or(Target::Item(module)), rest, more, depth)
            }
        }
    }

    /// What `name` is in a module. A module comes before a function of the same
    /// name where there is `more` of the path.
    fn look_up(&self, module: usize, name: &str, more: bool, depth: usize) -> Option<Target> {
        let this = &self.0[module];
        let child = this.children.get(name).map(|child| Target::Module(*child));
        let item = this.items.contains(name).then_some(Target::Item(module));
        let own = if more { child.or(item) } else { item.or(child) };
        if own.is_some() {
            return own;
        }
        if let Some((path, _)) = this.uses.get(name) {
            // `use clap::Parser` or the name of a crate itself.
            let itself = path.len() == 1 && path[0] == name;
            let found =
                if itself { None } else { self.resolve_within(module, path, more, depth + 1) };
            return Some(found.unwrap_or_else(|| Target::External(path.clone())));
        }
        this.globs.iter().filter(|_| depth < DEEPEST).find_map(|glob| {
            match self.resolve_within(module, glob, true, depth + 1)? {
                Target::Module(other) if other != module => {
                    self.look_up(other, name, more, depth + 1)
                }
                _ => None,
            }
        })
    }

    /// What the code of each module uses: the module, the path as written, and
    /// what that leads to. What is only `handed_on` (`pub use`) is no use of
    /// the module itself.
    pub fn references(&self, handed_on: bool) -> Vec<(usize, Segments, Target)> {
        let mut out = Vec::new();
        for (id, module) in self.0.iter().enumerate() {
            let imported = module.uses.values().filter(|(_, public)| handed_on || !public);
            let globs = module.globs.iter().filter(|_| handed_on);
            let imported = imported.map(|(path, _)| path).chain(globs);
            for path in module.paths.iter().chain(imported) {
                if let Some(target) = self.resolve(id, path) {
                    out.push((id, path.clone(), target));
                }
            }
        }
        out
    }
}

/// Collects the imports and paths of items.
#[derive(Default)]
struct Reader {
    uses: BTreeMap<String, (Segments, bool)>,
    globs: Vec<Segments>,
    paths: BTreeSet<Segments>,
}

impl Reader {
    fn tree(&mut self, tree: &syn::UseTree, before: &Segments, public: bool) {
        let with = |name: &syn::Ident| {
            let mut path = before.clone();
            path.push(name.to_string());
            path
        };
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident), public),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, before, public);
                }
            }
            syn::UseTree::Glob(_) => self.globs.push(before.clone()),
            syn::UseTree::Name(name) => {
                let path = if name.ident == "self" { before.clone() } else { with(&name.ident) };
                self.import(path.last().cloned(), path, public);
            }
            syn::UseTree::Rename(rename) => {
                let path =
                    if rename.ident == "self" { before.clone() } else { with(&rename.ident) };
                // `use Trait as _` is a use without a name.
                let name = rename.rename.to_string();
                let name = if name == "_" { path.join("::") } else { name };
                self.import(Some(name), path, public);
            }
        }
    }

    fn import(&mut self, name: Option<String>, path: Segments, public: bool) {
        if let Some(name) = name {
            self.uses.insert(name, (path, public));
        }
    }

    /// Paths in the tokens of a macro or an attribute, which no parser knows.
    fn tokens(&mut self, tokens: &str) {
        let mut path: Segments = Vec::new();
        let mut joined = false;
        let mut rest = tokens;
        while let Some(c) = rest.chars().next() {
            let length = if c.is_alphabetic() || c == '_' {
                let name = rest
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                if !joined {
                    self.path(std::mem::take(&mut path));
                }
                path.push(name.to_owned());
                joined = false;
                name.len()
            } else if rest.starts_with("::") {
                joined = true;
                2
            } else if c == '"' {
                let end = end_of_string(rest);
                self.path(std::mem::take(&mut path));
                end
            } else {
                if !c.is_whitespace() {
                    self.path(std::mem::take(&mut path));
                    joined = false;
                }
                c.len_utf8()
            };
            rest = &rest[length..];
        }
        self.path(path);
    }

    fn path(&mut self, path: Segments) {
        if !path.is_empty() {
            self.paths.insert(path);
        }
    }
}

/// The length of the string literal at the beginning of `text`.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(item) => &item.attrs[..],
            syn::ImplItem::Const(item) => &item.attrs[..],
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        self.tree(&item.tree, &Segments::new(), public);
    }

    // `pub(in super::x)` is no use of anything.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.visit_path(&called.path);
        self.tokens(&called.tokens.to_string());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(&list.tokens.to_string());
        }
    }
}

/// Whether something is compiled for tests only.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string();
        let mut words = condition.split(|c: char| !c.is_alphanumeric());
        attribute.path().is_ident("cfg")
            && !condition.contains("not")
            && words.any(|word| word == "test")
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item;
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

/// The name that an item defines.
fn name(item: &syn::Item) -> Option<String> {
    use syn::Item;
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
