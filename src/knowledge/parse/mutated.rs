//! Files that were changed at random: whatever comes of them, nothing panics,
//! and the blocks lie in the text.

use super::*;
use proptest::prelude::*;

/// A file of each format.
const SEEDS: &[(&str, &[u8])] = &[
    (
        "a.md",
        b"---\ntitle: A\ntags: [x, y]\n---\n# Title\n\nSome *text* with `code` and [a link](b.md \"t\").\n\n- one\n  - two\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n```rust\nfn f() {}\n```\n\n> quote[^1]\n\n[^1]: note\n\n::: tip\nText\n:::\n",
    ),
    (
        "a.html",
        b"<!DOCTYPE html><html><head><title>T &amp; U</title><style>p{}</style></head><body><nav>no</nav><h1 id=\"a\">T</h1><p class='x'>A <b>bold</b> &lt;word&#x41;.<table><caption>c</caption><tr><th>a<th colspan=2>b<tr><td>1<td>2<td>3</table><pre>x\n y</pre><ul><li>i<li>j</ul><script>if(a<b){}</script></body></html>",
    ),
    (
        "a.rst",
        b"Title\n=====\n\n.. note:: Text\n\n   More.\n\n* item :ref:`x <y>`\n\n+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n+---+---+\n\n:field: value\n\n.. code-block:: py\n\n   x = 1\n\n`link`_ and |sub|\n\n.. _link: http://a\n",
    ),
    ("a.csv", b"name,age,note\n\"Ann, A.\",3,\"says \"\"hi\"\"\"\nBob,4,\n# c\n"),
    ("a.tsv", b"a\tb\n1\t2\n3\t4\n"),
    ("a.txt", b"\xff\xfeh\0e\0l\0l\0o\0\n\0\xd8\x3d\xde\x00"),
    ("b.txt", "Grüße – «x» 日本語\r\n\r\nsecond".as_bytes()),
    ("c.txt", b"caf\xe9 cr\xe8me br\xfbl\xe9e \x93quoted\x94"),
    ("a.rs", b"/// Doc.\npub fn f(x: &str) -> u8 {\n    match x { _ => 1 }\n}\nimpl A { fn g(&self) {} }\n"),
    ("a.py", b"class A:\n    \"\"\"Doc.\"\"\"\n    def f(self, x=1):\n        return [y for y in x]\n"),
    ("a.c", b"/* c */\nint main(void) { return f(1, 2) ? 0 : 1; }\n"),
    ("a.cpp", b"template <class T> struct A { T f() const { return {}; } };\n"),
    ("a.java", b"class A { int f(int x) { return x -> 1; } }\n"),
    ("a.js", b"const f = (x) => { return `a${x}`; }; class A { m() {} }\n"),
    ("a.ts", b"interface A { x: number } export const f = <T,>(x: T): T => x;\n"),
    ("a.tsx", b"export const A = () => <div a={1}>{x}</div>;\n"),
    ("a.go", b"package a\n\n// F does.\nfunc F(x int) (y int) { return x }\n"),
];

/// A change: where, and what.
#[derive(Clone, Debug)]
enum Change {
    Put(usize, u8),
    Take(usize, usize),
    Repeat(usize, usize, usize),
    /// A piece of another seed.
    Mix(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (any::<usize>(), 1usize..40).prop_map(|(at, count)| Change::Take(at, count)),
        (any::<usize>(), 1usize..20, 1usize..200).prop_map(|(at, n, m)| Change::Repeat(at, n, m)),
        (any::<usize>(), any::<usize>(), 1usize..60).prop_map(|(a, b, n)| Change::Mix(a, b, n)),
    ]
}

fn changed(seed: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut file = seed.to_vec();
    for change in changes {
        let place = |at: usize| if file.is_empty() { 0 } else { at % file.len() };
        match *change {
            Change::Put(at, byte) => {
                let at = place(at);
                if let Some(there) = file.get_mut(at) {
                    *there = byte;
                }
            }
            Change::Take(at, count) => {
                let at = place(at);
                let end = (at + count).min(file.len());
                file.drain(at..end);
            }
            Change::Repeat(at, count, times) => {
                let at = place(at);
                let piece = file[at..(at + count).min(file.len())].repeat(times);
                file.splice(at..at, piece);
            }
            Change::Mix(at, of, count) => {
                let other = SEEDS[of % SEEDS.len()].1;
                let from = of % other.len();
                let piece = other[from..(from + count).min(other.len())].to_vec();
                let at = place(at);
                file.splice(at..at, piece);
            }
        }
    }
    file
}

fn check(name: &str, file: &[u8]) {
    let Ok(document) = parse(Path::new(name), file) else { return };
    for block in &document.blocks {
        assert!(document.text.get(block.range.clone()).is_some(), "{name}: not in the text");
    }
    for run in document.offsets.runs() {
        assert!(run.file + run.count * run.file_unit <= file.len(), "{name}: behind the file");
    }
    let _ = line_breaks(file);
    let _ = generated(Path::new(name), file);
}

#[test]
fn the_seeds_are_documents() {
    for (name, seed) in SEEDS {
        check(name, seed);
        assert!(!parse(Path::new(name), seed).unwrap().text.is_empty(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn changed_files_never_panic(
        seed in 0..SEEDS.len(),
        as_other in prop::option::of(0..SEEDS.len()),
        changes in prop::collection::vec(change(), 1..8),
    ) {
        let file = changed(SEEDS[seed].1, &changes);
        check(SEEDS[as_other.unwrap_or(seed)].0, &file);
    }
}

/// Minutes: a million of them.
#[test]
#[ignore = "takes minutes"]
fn many_changed_files_never_panic() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: std::env::var("LORAG_FUZZ_CASES").map_or(200_000, |n| n.parse().unwrap()),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let given = (0..SEEDS.len(), prop::collection::vec(change(), 1..12));
    runner
        .run(&given, |(seed, changes)| {
            check(SEEDS[seed].0, &changed(SEEDS[seed].1, &changes));
            Ok(())
        })
        .unwrap();
}
