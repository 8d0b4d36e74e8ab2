//! Small files in every known language, and code that is none.

use super::*;
use crate::domain::OffsetMap;
use crate::knowledge::parse::BlockKind;

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
        // Headings of code say again what follows.
        let is_heading = matches!(block.kind, BlockKind::Heading { .. });
        assert!(block.range.start >= end, "{block:?}");
        assert_eq!(block.range.is_empty(), is_heading, "{block:?}");
        assert!(text[end..block.range.start].trim().is_empty(), "before {block:?}");
        end = if is_heading { end } else { block.range.end };
    }
    assert!(text[end..].trim().is_empty(), "lost {:?}", &text[end..]);
    document
}

/// Each block with its kind: `-` for a verbatim one, `=` for a declaration. The
/// title and level of a heading stand before it.
fn outline(name: &str, text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut heading = String::new();
    for block in document(name, text).blocks {
        let mark = match block.kind {
            BlockKind::Heading { level, title } => {
                assert!(heading.is_empty(), "{heading} is above nothing");
                heading = format!("{level} {title} ");
                continue;
            }
            BlockKind::Verbatim => "-",
            BlockKind::Declaration => "=",
            BlockKind::Prose | BlockKind::Row => panic!("{:?} in code", block.kind),
        };
        out.push((format!("{heading}{mark}"), text[block.range].to_owned()));
        heading.clear();
    }
    out
}

fn pairs(outline: &[(String, String)]) -> Vec<(&str, &str)> {
    outline.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect()
}

fn titles(name: &str, text: &str) -> Vec<String> {
    let all = outline(name, text).into_iter().map(|(title, _)| title);
    all.filter_map(|title| title.strip_suffix(" =").or(title.strip_suffix(" -")).map(str::to_owned))
        .collect()
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
            ("1 struct Cache =", "/// A cache.\n#[derive(Debug)]\npub struct Cache {"),
            ("-", "    size: usize,\n}"),
            ("1 impl fmt::Display for Cache =", "impl fmt::Display for Cache {"),
            ("2 fn fmt =", "    // Writes it.\n    fn fmt(&self) -> u8 {"),
            ("-", "        let a = 1;"),
            ("-", "        a\n    }\n}"),
            ("1 const MOST: usize = 3 -", "const MOST: usize = 3;"),
            ("1 fn run =", "pub(crate) async fn run<T>(\n    at: T,\n) {"),
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
            (
                "1 class Cache =",
                "# About it.\n@dataclass\nclass Cache(Base):\n    \"\"\"Docs.\"\"\""
            ),
            ("2 def size =", "    @property\n    def size(self):"),
            ("-", "        return 1"),
            ("1 def run =", "async def run():"),
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
    assert_eq!(titles("a.tsx", "function App() {\n  return <p>Hi</p>;\n}\n"), ["1 function App"]);
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
    assert_eq!(outline("a.js", &text).len(), 1);
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

#[test]
fn a_declaration_has_its_comment_whether_above_or_below() {
    let python = "def compute_tax(region):\n    \"\"\"Rate for a region.\n\n    Looked up.\n    \"\"\"\n    return TABLE[region]\n";
    assert_eq!(
        pairs(&outline("a.py", python)),
        [
            (
                "1 def compute_tax =",
                "def compute_tax(region):\n    \"\"\"Rate for a region.\n\n    Looked up.\n    \"\"\"",
            ),
            ("-", "    return TABLE[region]"),
        ]
    );
    let go =
        "package a\n\n// Get reads\n// one value.\nfunc Get(key string) int {\n\treturn 1\n}\n";
    let declared = outline("a.go", go);
    assert_eq!(declared[1].1, "// Get reads\n// one value.\nfunc Get(key string) int {");
    let long = format!("def a():\n    \"\"\"{}\"\"\"\n    pass\n", "Much. ".repeat(500));
    assert_eq!(outline("a.py", &long)[0].1, "def a():");
}

#[test]
fn code_that_nests_without_end_is_divided_without_its_syntax() {
    // Each of these takes tree-sitter many seconds and gigabytes when it is
    // parsed to its end.
    let cases = [
        ("a.java", "x=>"),
        ("a.c", "x=>"),
        ("a.java", "a<"),
        ("a.c", "->*"),
        ("a.js", "->->"),
        ("a.ts", "typeof ->"),
        ("a.rs", "->*"),
        ("a.py", "lambda ::"),
        ("a.go", "->->"),
        ("a.cpp", "+<"),
    ];
    let started = Instant::now();
    for (name, piece) in cases {
        let text = piece.repeat(5000);
        assert_eq!(document(name, &text).blocks.len(), 1, "{name}");
    }
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
}

#[test]
fn ordinary_depth_keeps_its_syntax() {
    let nested = format!("fn a() {{\n{}1{}\n}}\n", "f(".repeat(150), ")".repeat(150));
    assert_eq!(titles("a.rs", &nested), ["1 fn a"]);
    let long =
        format!("int a[] = {{{}}};\n\nint get() {{\n  return 1;\n}}\n", "1, ".repeat(20_000));
    assert_eq!(titles("a.c", &long), ["1 get()"]);
}
