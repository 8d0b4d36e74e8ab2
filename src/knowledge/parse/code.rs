//! Source code: items become headings over their bodies, so that a chunk is a
//! function or a few of them and says where it belongs.
//!
//! The syntax of eight languages is known through tree-sitter. Everything
//! else, and what takes tree-sitter too long, is divided at blank lines.

use super::decode::Decoded;
use super::{Block, BlockKind, Document, Format};
use crate::knowledge::sentences::one_line;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::time::{Duration, Instant};
use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Point, Tree};

/// Text above this many bytes is not parsed: code written by people is
/// smaller, and a syntax tree takes many times the memory of its text.
const MOST_BYTES: usize = 2 << 20;

/// Time after which parsing is given up.
const MOST_TIME: Duration = Duration::from_secs(2);

/// Items nested deeper than this stay within the body of the one above.
const DEEPEST: u8 = 6;

/// Longest title, in characters.
const LONGEST_TITLE: usize = 120;

/// Endings of names of files that are read as code.
const EXTENSIONS: &str = " ada adb ads as asm astro awk bash bat bazel bzl c cc cfg cjs cl clj cljc \
    cljs cls cmake cmd cob coffee conf cpp cr cs csh cshtml css cts cu cuh cxx d dart diff dockerfile \
    ebuild edn el elm env erl ex exs f f03 f08 f90 f95 fish for frag fs fsi fsx gd glsl go gql gradle \
    graphql groovy h hcl hh hlsl hpp hrl hs hxx idl ini inl ino ipp ipynb java jl js json json5 jsonc \
    jsonl jsx just kt kts ksh less lisp lock lua m mak metal mjs mk ml mli mm mts nim ninja nix nu pas \
    patch php pl plist pm pp proto properties ps1 psd1 psm1 purs pxd py pyi pyw pyx r rake rb re rkt \
    rs s sass sbt scala scm scss sh sol sql sv svelte svh swift tcl tf tfvars thrift toml ts tsx v vb \
    vert vhd vhdl vim vue wat webidl wgsl xaml xml xsd xsl yaml yml zig zsh ";

/// Names of files that are read as code.
const NAMES: &str = " .bash_profile .bashrc .clang-format .dockerignore .editorconfig .env .eslintrc \
    .gitattributes .gitconfig .gitignore .gitmodules .npmrc .prettierrc .profile .vimrc .zshenv \
    .zshrc brewfile cmakelists.txt containerfile dockerfile earthfile gemfile gnumakefile \
    jenkinsfile justfile makefile meson.build meson_options.txt pkgbuild podfile procfile rakefile \
    sconscript sconstruct snakefile tiltfile vagrantfile ";

/// Whether a file is read as code, by its name and the part of it behind the
/// last dot, both in lower case.
pub(super) fn is_code(name: &str, extension: &str) -> bool {
    let listed = |list: &str, word: &str| list.split_whitespace().any(|entry| entry == word);
    listed(EXTENSIONS, extension) || listed(NAMES, name) || name.starts_with("dockerfile.")
}

/// Divides code into blocks. Code that is broken, or in a language whose
/// syntax isn't known, loses no text.
pub(super) fn parse(path: &Path, decoded: Decoded) -> Document {
    let mut outline = Outline { text: &decoded.text, blocks: Vec::new(), end: 0 };
    match language(path).and_then(|language| syntax(&language, &decoded.text)) {
        Some(tree) => outline.container(tree.root_node(), decoded.text.len(), 1),
        None => outline.verbatim(decoded.text.len(), starts_at_margin),
    }
    let blocks = outline.blocks;
    Document {
        format: Format::Code,
        text: decoded.text,
        offsets: decoded.offsets,
        rendered: decoded.rendered,
        blocks,
    }
}

/// The syntax of a file, by its name.
fn language(path: &Path) -> Option<Language> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "c" => tree_sitter_c::LANGUAGE.into(),
        // A header may be C or C++, and C reads well as C++.
        "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "inl" | "ipp" | "cu" | "cuh" => {
            tree_sitter_cpp::LANGUAGE.into()
        }
        "go" => tree_sitter_go::LANGUAGE.into(),
        "java" => tree_sitter_java::LANGUAGE.into(),
        "js" | "jsx" | "mjs" | "cjs" => tree_sitter_javascript::LANGUAGE.into(),
        "py" | "pyi" | "pyw" => tree_sitter_python::LANGUAGE.into(),
        "rs" => tree_sitter_rust::LANGUAGE.into(),
        "ts" | "mts" | "cts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        _ => return None,
    })
}

/// The syntax tree, unless the text is too large or takes too long.
fn syntax(language: &Language, text: &str) -> Option<Tree> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let started = Instant::now();
    let mut too_long = |_: &ParseState| started.elapsed() > MOST_TIME;
    let options = ParseOptions::new().progress_callback(&mut too_long);
    let bytes = text.as_bytes();
    let mut read = |at: usize, _: Point| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}

/// What is known of an item before its blocks are made.
struct Item<'tree> {
    title: String,
    /// What comes behind the signature; `None` where that is not told apart.
    body: Option<Node<'tree>>,
    /// Whether items within it become headings too.
    holds_items: bool,
}

/// Collects the blocks of a text, from its start to its end.
struct Outline<'text> {
    text: &'text str,
    blocks: Vec<Block>,
    /// Where the last block ends; everything before is in a block or white
    /// space.
    end: usize,
}

impl Outline<'_> {
    /// Adds everything up to `end`, with the items below `node` as headings.
    fn container(&mut self, node: Node<'_>, end: usize, level: u8) {
        let mut children = Vec::new();
        flatten(node, &mut children, 0);
        let mut comments: Option<Range<usize>> = None;
        let mut below_item = None;
        for child in children {
            let range = self.range_of(child);
            if range.is_empty() {
                // A line break that counts as a token.
                continue;
            }
            if range.start < self.end || range.end > end {
                // It shares a line with the item before it.
                comments = None;
                continue;
            }
            let joined = comments.take().filter(|above| self.adjoins(above.end, range.start));
            if is_comment(child.kind()) {
                let start = joined.map_or(range.start, |above| above.start);
                comments = self.is_first_on_line(range.start).then_some(start..range.end);
                continue;
            }
            let Some(item) = find_item(child, self.text) else {
                continue;
            };
            let start = joined.map_or(range.start, |above| above.start);
            self.between(self.line_start(start), below_item);
            self.item(&item, range, end, level);
            below_item = Some(level);
        }
        self.between(end, below_item);
    }

    /// Adds what lies up to `end` and is no item. Behind an item it gets a
    /// heading of that item's level, or else it would count as its body.
    fn between(&mut self, end: usize, below_item: Option<u8>) {
        let text = self.text;
        let rest = text.get(self.end..end).unwrap_or_default();
        let words = rest.trim_end();
        // A closing bracket alone makes no block.
        if let Some(last) = self.blocks.last_mut()
            && !words.is_empty()
            && !words.contains(char::is_alphanumeric)
        {
            last.range.end = self.end + words.len();
            self.end = end;
        } else if let Some(level) = below_item
            && let Some((at, line)) = lines(words).find(|(_, line)| !is_remark(line))
        {
            let title = one_line(line);
            let title = title.trim_end_matches(|c: char| " {(:;=,".contains(c));
            let kind = BlockKind::Heading { level, title: shortened(title.to_owned()) };
            self.push(kind, self.end + at + line.trim_end().len());
        }
        self.verbatim(end, starts_after_blank);
    }

    /// Adds an item: its heading from where the last block ended to the end
    /// of its signature, then its body.
    fn item(&mut self, item: &Item<'_>, range: Range<usize>, end: usize, level: u8) {
        let end = self.line_end(range.end).min(end);
        let signature = match item.body.map(|body| body.start_byte()) {
            // Behind a bracket that opens the body, or before the first line
            // of a body that is only indented.
            Some(at) if self.text.get(at..).is_some_and(|body| body.starts_with('{')) => at,
            Some(at) => {
                let above = self.text.get(range.start..at).unwrap_or_default();
                range.start + above.trim_end().len()
            }
            None => range.start,
        };
        let signature = self.line_end(signature).min(end);
        self.push(BlockKind::Heading { level, title: item.title.clone() }, signature);
        match item.body {
            Some(body) if item.holds_items && level < DEEPEST => {
                self.container(body, end, level + 1);
            }
            _ => self.verbatim(end, starts_after_blank),
        }
    }

    /// Adds verbatim blocks up to `end`; `starts` tells of a line behind a
    /// blank one whether it starts a block.
    fn verbatim(&mut self, end: usize, starts: fn(&str) -> bool) {
        let text = self.text;
        let part = text.get(self.end..end).unwrap_or_default();
        let start = self.end;
        let mut blank = false;
        for (at, line) in lines(part) {
            if blank && starts(line) {
                self.push(BlockKind::Verbatim, start + at);
            }
            blank = line.trim().is_empty();
        }
        self.push(BlockKind::Verbatim, end);
    }

    /// Adds what lies between the last block and `end`, without blank lines
    /// at its ends, as one block.
    fn push(&mut self, kind: BlockKind, end: usize) {
        let text = self.text;
        let part = text.get(self.end..end).unwrap_or_default();
        let words = part.trim_end();
        if !words.is_empty() {
            let margin = part.len() - part.trim_start().len();
            let blank =
                part.get(..margin).and_then(|space| space.rfind('\n')).map_or(0, |at| at + 1);
            let range = self.end + blank..self.end + words.len();
            self.blocks.push(Block { kind, range });
        }
        self.end = self.end.max(end);
    }

    /// The place of a node without the line break that some grammars count
    /// in.
    fn range_of(&self, node: Node<'_>) -> Range<usize> {
        let range = node.byte_range();
        let words = self.text.get(range.clone()).unwrap_or_default().trim_end();
        range.start..range.start + words.len()
    }

    /// Whether only white space without a blank line lies between two places.
    fn adjoins(&self, end: usize, start: usize) -> bool {
        let between = self.text.get(end..start).unwrap_or("x");
        between.trim().is_empty() && between.matches('\n').count() <= 1
    }

    fn is_first_on_line(&self, at: usize) -> bool {
        let above = self.text.get(..at).unwrap_or_default();
        let above = above.trim_end_matches([' ', '\t']);
        above.is_empty() || above.ends_with('\n')
    }

    /// Where the line of `at` starts, or the last block ends in it.
    fn line_start(&self, at: usize) -> usize {
        let above = self.text.get(self.end..at).unwrap_or_default();
        self.end + above.rfind('\n').map_or(0, |found| found + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        let below = self.text.get(at..).unwrap_or_default();
        below.find('\n').map_or(self.text.len(), |found| at + found)
    }
}

/// The lines of a text with their breaks, and where each starts.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    })
}

/// A block starts at a line that isn't indented and closes nothing.
fn starts_at_margin(line: &str) -> bool {
    !line.starts_with(|c: char| c.is_whitespace() || matches!(c, '}' | ']' | ')'))
}

/// A block starts at any line with words.
fn starts_after_blank(line: &str) -> bool {
    line.contains(char::is_alphanumeric)
}

/// Collects the children of a node, and those of children that only group
/// others: preprocessor conditions, `extern "C"`, broken code.
fn flatten<'tree>(node: Node<'tree>, out: &mut Vec<Node<'tree>>, depth: u8) {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        let groups = matches!(
            child.kind(),
            "ERROR"
                | "preproc_if"
                | "preproc_ifdef"
                | "preproc_else"
                | "preproc_elif"
                | "declaration_list"
                | "linkage_specification"
                | "enum_body_declarations"
        );
        if groups && depth < 16 {
            flatten(child, out, depth + 1);
        } else {
            out.push(child);
        }
    }
}

/// Whether a line says nothing about the code it stands above.
fn is_remark(line: &str) -> bool {
    let line = line.trim_start();
    let marks = ["//", "/*", "*", "# ", "#[", "#endif"];
    line.is_empty() || marks.iter().any(|mark| line.starts_with(mark))
}

/// Whether a node stands before an item and belongs to it.
fn is_comment(kind: &str) -> bool {
    matches!(kind, "comment" | "line_comment" | "block_comment" | "attribute_item" | "decorator")
}

/// Tells whether a node is an item, through what may be wrapped around it.
fn find_item<'tree>(node: Node<'tree>, text: &str) -> Option<Item<'tree>> {
    let mut node = node;
    let mut alias = None;
    // `export default abstract class` is two wrappers deep; more is no code.
    for _ in 0..4 {
        if node.kind() == "type_definition" {
            alias = node.child_by_field_name("declarator");
        }
        match unwrapped(node) {
            ControlFlow::Continue(inner) => node = inner?,
            ControlFlow::Break(()) => break,
        }
    }
    let read = |part: Node<'tree>| text.get(part.byte_range()).map(one_line);
    let words = |field: &str| node.child_by_field_name(field).and_then(read);
    let name = words("name").or_else(|| alias.and_then(read));
    let body = node.child_by_field_name("body");
    let whole = |keyword: &str| name.as_ref().map(|name| format!("{keyword} {name}"));
    let called = || name.as_ref().map(|name| format!("{name}()"));
    let (title, holds_items) = match node.kind() {
        "function_item" => (whole("fn"), false),
        "struct_item" => (whole("struct"), false),
        "macro_definition" => (whole("macro_rules!"), false),
        "enum_item" | "enum_specifier" => (whole("enum"), false),
        "union_item" => (whole("union"), false),
        "trait_item" => (whole("trait"), true),
        "mod_item" => (whole("mod"), true),
        "impl_item" => {
            let target = words("type");
            let title = match words("trait") {
                Some(name) => target.map(|target| format!("impl {name} for {target}")),
                None => target.map(|target| format!("impl {target}")),
            };
            (title, true)
        }
        "function_definition" if name.is_some() => (whole("def"), false),
        "function_definition" => (Some(declared(node, text)), false),
        "class_definition"
        | "class_declaration"
        | "abstract_class_declaration"
        | "class"
        | "class_specifier" => (whole("class"), true),
        "struct_specifier" => (whole("struct"), true),
        "union_specifier" => (whole("union"), true),
        "namespace_definition" => {
            (whole("namespace").or_else(|| Some("namespace".to_owned())), true)
        }
        "concept_definition" => (whole("concept"), false),
        "function_declaration" | "generator_function_declaration" => {
            let go = node.child(0).is_some_and(|first| first.kind() == "func");
            (whole(if go { "func" } else { "function" }), false)
        }
        "method_declaration" => match words("receiver") {
            Some(receiver) => (whole(&format!("func {receiver}")), false),
            None => (called(), false),
        },
        "method_definition" | "constructor_declaration" | "compact_constructor_declaration" => {
            (called(), false)
        }
        "type_spec" | "type_alias_declaration" => (whole("type"), false),
        "interface_declaration" => (whole("interface"), true),
        "annotation_type_declaration" => (whole("@interface"), true),
        "enum_declaration" => (whole("enum"), true),
        "record_declaration" => (whole("record"), true),
        "internal_module" | "module" => (whole("namespace"), true),
        "variable_declarator" => {
            let value = node.child_by_field_name("value");
            let body = value.and_then(|value| value.child_by_field_name("body"));
            let title = whole("const")?;
            return body.map(|body| Item {
                title: shortened(title),
                body: Some(body),
                holds_items: false,
            });
        }
        _ => return None,
    };
    // A declaration without a body is a line among others; a few kinds keep
    // theirs elsewhere.
    let bodyless = matches!(
        node.kind(),
        "struct_item"
            | "macro_definition"
            | "type_spec"
            | "type_alias_declaration"
            | "concept_definition"
    );
    if body.is_none() && !bodyless {
        return None;
    }
    Some(Item { title: shortened(title?), body, holds_items })
}

/// Looks through one wrapper: `Continue` with what is in it, `Break` if there
/// is none.
fn unwrapped(node: Node<'_>) -> ControlFlow<(), Option<Node<'_>>> {
    let last = || node.named_child(node.named_child_count().saturating_sub(1));
    let inner = match node.kind() {
        "export_statement" => {
            node.child_by_field_name("declaration").or_else(|| node.child_by_field_name("value"))
        }
        "decorated_definition" => node.child_by_field_name("definition"),
        "type_definition" | "field_declaration" => {
            node.child_by_field_name("type").filter(|inner| inner.kind().ends_with("_specifier"))
        }
        "template_declaration" | "ambient_declaration" => last(),
        "expression_statement" => last().filter(|inner| inner.kind() == "internal_module"),
        // `type ( … )` holds several and stays as it is.
        "type_declaration" | "lexical_declaration" | "variable_declaration" => {
            last().filter(|_| node.named_child_count() == 1)
        }
        _ => return ControlFlow::Break(()),
    };
    ControlFlow::Continue(inner)
}

/// The title of a C or C++ function: `Cache::get()`.
fn declared(node: Node<'_>, text: &str) -> String {
    let mut inner = node.child_by_field_name("declarator");
    for _ in 0..16 {
        let Some(found) = inner else { break };
        inner = found.child_by_field_name("declarator");
        if found.kind() == "function_declarator" {
            break;
        }
    }
    let name = inner.and_then(|name| text.get(name.byte_range())).map(one_line);
    name.map_or_else(
        || {
            let end =
                node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
            one_line(text.get(node.start_byte()..end).unwrap_or_default())
        },
        |name| format!("{name}()"),
    )
}

fn shortened(title: String) -> String {
    let cut = title.char_indices().nth(LONGEST_TITLE);
    match cut.and_then(|(at, _)| title.get(..at)) {
        Some(start) => format!("{start}…"),
        None => title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OffsetMap;

    fn document(name: &str, text: &str) -> Document {
        let decoded = Decoded {
            text: text.to_owned(),
            offsets: OffsetMap::verbatim(0, text.len()),
            rendered: false,
        };
        let document = parse(Path::new(name), decoded);
        // Blocks come in order and leave out nothing but white space.
        let mut end = 0;
        for block in &document.blocks {
            assert!(block.range.start >= end && block.range.start < block.range.end, "{block:?}");
            assert!(text[end..block.range.start].trim().is_empty(), "before {block:?}");
            end = block.range.end;
        }
        assert!(text[end..].trim().is_empty(), "lost {:?}", &text[end..]);
        document
    }

    /// Each block with its title and level, or `-` for a verbatim one.
    fn outline(name: &str, text: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for block in document(name, text).blocks {
            let title = match block.kind {
                BlockKind::Heading { level, title } => format!("{level} {title}"),
                BlockKind::Verbatim => "-".to_owned(),
                BlockKind::Prose => panic!("prose in code"),
            };
            out.push((title, text[block.range].to_owned()));
        }
        out
    }

    fn pairs(outline: &[(String, String)]) -> Vec<(&str, &str)> {
        outline.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect()
    }

    fn titles(name: &str, text: &str) -> Vec<String> {
        let all = outline(name, text).into_iter().map(|(title, _)| title);
        all.filter(|title| title != "-").collect()
    }

    #[test]
    fn rust_items_are_headings_with_their_comments() {
        let text = "//! A file.\n\nuse std::fmt;\n\n/// A cache.\n#[derive(Debug)]\npub struct Cache {\n    size: usize,\n}\n\n\
            impl fmt::Display for Cache {\n    // Writes it.\n    fn fmt(&self) -> u8 {\n        let a = 1;\n\n        a\n    }\n}\n\n\
            const MOST: usize = 3;\n\npub(crate) async fn run<T>(\n    at: T,\n) {\n    go();\n}\n";
        assert_eq!(
            pairs(&outline("a.rs", text)),
            [
                ("-", "//! A file."),
                ("-", "use std::fmt;"),
                ("1 struct Cache", "/// A cache.\n#[derive(Debug)]\npub struct Cache {"),
                ("-", "    size: usize,\n}"),
                ("1 impl fmt::Display for Cache", "impl fmt::Display for Cache {"),
                ("2 fn fmt", "    // Writes it.\n    fn fmt(&self) -> u8 {"),
                ("-", "        let a = 1;"),
                ("-", "        a\n    }\n}"),
                ("1 const MOST: usize = 3", "const MOST: usize = 3;"),
                ("1 fn run", "pub(crate) async fn run<T>(\n    at: T,\n) {"),
                ("-", "    go();\n}"),
            ]
        );
    }

    #[test]
    fn python_methods_lie_below_their_class() {
        let text = "import os\n\n# About it.\n@dataclass\nclass Cache(Base):\n    \"\"\"Docs.\"\"\"\n\n    @property\n    def size(self):\n        return 1\n\n\
            async def run():\n    pass\n";
        assert_eq!(
            pairs(&outline("a.py", text)),
            [
                ("-", "import os"),
                ("1 class Cache", "# About it.\n@dataclass\nclass Cache(Base):"),
                ("-", "    \"\"\"Docs.\"\"\""),
                ("2 def size", "    @property\n    def size(self):"),
                ("-", "        return 1"),
                ("1 def run", "async def run():"),
                ("-", "    pass"),
            ]
        );
    }

    #[test]
    fn every_known_language_gives_titles() {
        let go = "package a\n\ntype Cache struct {\n\tsize int\n}\n\n// Get it.\nfunc (c *Cache) Get() int {\n\treturn 1\n}\n\nfunc main() {\n}\n";
        assert_eq!(titles("a.go", go), ["1 type Cache", "1 func (c *Cache) Get", "1 func main"]);
        let java = "package a;\n\npublic class Cache {\n  Cache() {\n  }\n  @Override\n  public int get() {\n    return 1;\n  }\n}\n";
        assert_eq!(titles("A.java", java), ["1 class Cache", "2 Cache()", "2 get()"]);
        let c = "#include <a.h>\n\ntypedef struct {\n  int a;\n} cache_t;\n\nint *get(int a)\n{\n  return 0;\n}\n";
        assert_eq!(titles("a.c", c), ["1 struct cache_t", "1 get()"]);
        let cpp = "#ifndef A\n#define A\nnamespace a {\ntemplate <class T>\nclass Cache {\n  int get() {\n    return 1;\n  }\n};\n}\n#endif\n";
        assert_eq!(titles("a.hpp", cpp), ["1 namespace a", "2 class Cache", "3 get()"]);
        let js = "import a from 'a';\n\nexport const run = async () => {\n  go();\n};\n\nexport default class Cache {\n  get() {\n    return 1;\n  }\n}\n";
        assert_eq!(titles("a.js", js), ["1 const run", "1 class Cache", "2 get()"]);
        let ts = "namespace a {\n  export interface Cache {\n    size: number;\n  }\n}\n\nexport enum B {\n  C,\n}\n";
        assert_eq!(titles("a.ts", ts), ["1 namespace a", "2 interface Cache", "1 enum B"]);
        assert_eq!(
            titles("a.tsx", "function App() {\n  return <p>Hi</p>;\n}\n"),
            ["1 function App"]
        );
    }

    #[test]
    fn another_language_is_divided_at_blank_lines() {
        let text = "#!/bin/sh\nset -e\n\nrun() {\n  one\n\n  two\n\n}\nrun\n\n\nlast\n";
        assert_eq!(
            pairs(&outline("a.sh", text)),
            [("-", "#!/bin/sh\nset -e"), ("-", "run() {\n  one\n\n  two\n\n}\nrun"), ("-", "last"),]
        );
        assert!(outline("a.sh", " \n\n").is_empty());
    }

    #[test]
    fn broken_code_loses_nothing() {
        let rust = "fn a() { }\n}}} let ) x\nfn b( {\n  \"open\n\nfn c() {\n  1\n}\n";
        for cut in 0..rust.len() {
            document("a.rs", &rust[..cut]);
            document("a.py", &rust[..cut]);
            document("a.cpp", &rust[cut..]);
        }
        assert!(titles("a.rs", rust).contains(&"1 fn a".to_owned()));
    }

    #[test]
    fn code_on_one_line_is_one_block() {
        let text = "function a(){return 1}".repeat(1000);
        assert_eq!(document("a.js", &text).blocks.len(), 1);
    }

    #[test]
    fn huge_files_are_divided_without_their_syntax() {
        let text = "fn a() {\n}\n\n".repeat(MOST_BYTES / 12 + 1);
        let document = document("a.rs", &text);
        assert!(document.blocks.iter().all(|block| block.kind == BlockKind::Verbatim));
        assert!(document.blocks.len() > 100_000);
    }

    #[test]
    fn names_tell_code_from_text() {
        for name in
            ["a.rs", "makefile", "dockerfile.test", ".bashrc", "a.sql", "a.toml", "a.json", "a.yml"]
        {
            assert!(is_code(name, name.rsplit_once('.').map_or("", |(_, end)| end)), "{name}");
        }
        for name in ["a.txt", "a.log", "a.csv", "readme", "license", ""] {
            assert!(!is_code(name, name.rsplit_once('.').map_or("", |(_, end)| end)), "{name}");
        }
    }
}
