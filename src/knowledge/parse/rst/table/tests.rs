//! Small tables, and the rows they give.

use super::super::super::decode::decode;
use super::super::super::text::assert_sound;
use super::super::parse;
use crate::knowledge::parse::BlockKind;

/// The rows of a text with the bytes each leads to.
fn rows(source: &str) -> Vec<(String, &str)> {
    let document = parse(decode(source.as_bytes()).unwrap());
    assert_sound(&document);
    document
        .blocks
        .iter()
        .filter(|block| block.kind == BlockKind::Row)
        .map(|block| {
            let span = document.offsets.to_file(block.range.start, block.range.end);
            (document.text[block.range.clone()].to_owned(), &source[span.start..span.end])
        })
        .collect()
}

fn own<'a>(expected: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    expected.iter().map(|(row, bytes)| ((*row).to_owned(), *bytes)).collect()
}

#[test]
fn a_grid_gives_rows() {
    let found = rows(
        "+------+--------------+\n| Tank | Capacity (l) |\n+======+==============+\n\
         | T-1  | ``400``      |\n+------+--------------+\n| T-2  | 650 or       |\n\
         |      | less         |\n+------+--------------+\n| spans both          |\n\
         +------+--------------+\n\nEnd.\n",
    );
    assert_eq!(
        found,
        own(&[
            ("Tank T-1 · Capacity (l): 400", "T-1  | ``400``"),
            ("Tank T-2 · Capacity (l): 650 or less", "T-2  | 650 or       |\n|      | less"),
            ("Tank spans both", "spans both"),
        ])
    );
}

#[test]
fn a_simple_table_gives_rows() {
    let found = rows(
        "Text:\n\n  =====  =====\n  Größe  Use\n  =====  =====\n  1      *one*\n  2      two and\n         \
         more\n  =====  =====\n\nEnd.\n",
    );
    assert_eq!(
        found,
        own(&[
            ("Größe 1 · Use: one", "1      *one*"),
            ("Größe 2 · Use: two and more", "2      two and\n         more"),
        ])
    );
    assert_eq!(rows("== ==\na  b\n== ==\n"), own(&[("a · b", "a  b")]));
}

#[test]
fn tables_in_directives_give_rows() {
    let found = rows(
        ".. csv-table:: Tanks\n   :header: \"Tank\", \"Litres\"\n\n   T-1, \"4,5\"\n   T-2, 650\n\n\
         .. list-table:: Pumps\n   :header-rows: 1\n\n   * - Pump\n     - Flow\n   * - P-1\n     - 12 or\n       \
         more\n   * - P-2\n     - 14\n\nEnd.\n",
    );
    assert_eq!(
        found,
        own(&[
            ("Tank T-1 · Litres: 4,5", "T-1, \"4,5"),
            ("Tank T-2 · Litres: 650", "T-2, 650"),
            ("Pump P-1 · Flow: 12 or more", "P-1\n     - 12 or\n       more"),
            ("Pump P-2 · Flow: 14", "P-2\n     - 14"),
        ])
    );
}
