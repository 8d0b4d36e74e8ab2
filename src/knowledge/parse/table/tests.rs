//! Small sheets of many kinds, and files that are none.

use super::super::decode::decode;
use super::super::text::assert_sound;
use super::*;
use proptest::prelude::*;
use std::fmt::Write;

fn read_as(name: &str, bytes: &[u8]) -> Document {
    let document = parse(Path::new(name), decode(bytes).unwrap());
    assert_sound(&document);
    document
}

fn rows(name: &str, text: &str) -> Vec<String> {
    let document = read_as(name, text.as_bytes());
    document.blocks.iter().map(|block| document.text[block.range.clone()].to_owned()).collect()
}

/// The bytes that `words` of the text come from.
fn source<'a>(document: &Document, file: &'a [u8], words: &str) -> &'a [u8] {
    let start = document.text.find(words).unwrap();
    let span = document.offsets.to_file(start, start + words.len());
    &file[span.start..span.end]
}

#[test]
fn every_row_says_its_header_and_leads_to_its_bytes() {
    let file = "order,customer,total\n1007,customer 001,1.50\n1014,customer 002,2.50\n";
    let document = read_as("orders.csv", file.as_bytes());
    assert_eq!(document.format, Format::Table);
    assert!(document.rendered);
    assert_eq!(
        document.text,
        "order 1007 · customer 001 · total: 1.50\n\
         order 1014 · customer 002 · total: 2.50"
    );
    assert!(document.blocks.iter().all(|block| block.kind == BlockKind::Row));
    assert!(document.blocks.iter().all(|block| block.context == "orders"));
    let row = &document.text[document.blocks[1].range.clone()];
    assert_eq!(source(&document, file.as_bytes(), row), b"1014,customer 002,2.50");
    assert_eq!(source(&document, file.as_bytes(), "customer 002"), b"customer 002");
}

#[test]
fn delimiters_are_found() {
    let expected = ["Ort Bonn · Preis: 1,50", "Ort Köln · Preis: 2,75"];
    assert_eq!(rows("a.csv", "Ort;Preis\nBonn;1,50\nKöln;2,75\n"), expected);
    assert_eq!(rows("a.tsv", "Ort\tPreis\nBonn\t1,50\nKöln\t2,75\n"), expected);
    assert_eq!(rows("a.csv", "Ort\tPreis\r\nBonn\t1,50\r\nKöln\t2,75\r\n"), expected);
    assert_eq!(rows("a.csv", "Ort|Preis\nBonn|1,50\nKöln|2,75"), expected);
    assert_eq!(rows("a.csv", "sep=;\r\nOrt;Preis\r\nBonn;1,50\r\nKöln;2,75\r\n"), expected);
    assert_eq!(rows("a.tsv", "Ort;Preis\nBonn;1,50\nKöln;2,75\n"), expected);
}

#[test]
fn quotes_hold_delimiters_breaks_and_doubled_quotes() {
    let file =
        "\u{feff}id,name,size\r\n1,\"Pump, small\",3\r\n2,\"He said \"\"no\"\"\r\ntwice\",4\r\n";
    let document = read_as("a.csv", file.as_bytes());
    assert_eq!(
        document.text,
        "id 1 · name: Pump, small · size: 3\nid 2 · name: He said \"no\" twice · size: 4"
    );
    let bytes = file.as_bytes();
    assert_eq!(source(&document, bytes, "Pump, small"), b"Pump, small");
    assert_eq!(source(&document, bytes, "said \"no\" twice"), b"said \"\"no\"\"\r\ntwice");
    let row = &document.text[document.blocks[1].range.clone()];
    assert_eq!(source(&document, bytes, row), "2,\"He said \"\"no\"\"\r\ntwice\",4".as_bytes());
}

#[test]
fn a_stray_quote_swallows_no_rows() {
    let file = "part,length\nA-1,\"5 inch\nA-2,6 inch\nA-3,7 inch\n";
    assert_eq!(rows("a.csv", file)[2], "part A-3 · length: 7 inch");
    assert_eq!(rows("a.csv", file).len(), 3);
}

#[test]
fn ragged_rows_lose_no_cell() {
    assert_eq!(
        rows("a.csv", "name,age,city\nAnna,34\nBen,28,Bonn,extra\n\n,,\nCleo,,Ghent\n"),
        [
            "name Anna · age: 34",
            "name Ben · age: 28 · city: Bonn · extra",
            "name Cleo · city: Ghent"
        ]
    );
}

#[test]
fn headers_are_told_from_rows() {
    // Nothing stands above things of another kind, so nothing is a header.
    assert_eq!(rows("a.csv", "Anna,34\nBen,28\n"), ["Anna · 34", "Ben · 28"]);
    assert_eq!(rows("a.csv", "Anna,Lisbon\nBen,Porto\n"), ["Anna · Lisbon", "Ben · Porto"]);
    assert_eq!(
        rows("a.csv", "Country,Capital\nFrance,Paris\nPeru,Lima\n"),
        ["Country France · Capital: Paris", "Country Peru · Capital: Lima"]
    );
    assert_eq!(
        rows("a.csv", "Region,2023,2024\nNorth,10,12\nSouth,7,9\n"),
        ["Region North · 2023: 10 · 2024: 12", "Region South · 2023: 7 · 2024: 9"]
    );
    assert_eq!(
        rows("a.csv", "full_name,home_town\nAnna Lee,Bonn\nBen Ray,Kiel\n")[0],
        "full_name: Anna Lee · home_town: Bonn"
    );
    assert_eq!(rows("a.csv", "name,size\n"), ["name · size"]);
    // Sheets that were joined.
    assert_eq!(rows("a.csv", "id,size\n1,2\nid,size\n3,4\n"), ["id 1 · size: 2", "id 3 · size: 4"]);
}

#[test]
fn titles_and_comments_are_context() {
    let document = read_as(
        "q3_report.csv",
        b"Turnover of the third quarter,,\n# in thousands\nshop,turnover,staff\nBonn,40,3\nKiel,31,2\n",
    );
    let shown: Vec<(&BlockKind, &str, &str)> = document
        .blocks
        .iter()
        .map(|block| (&block.kind, &document.text[block.range.clone()], block.context.as_str()))
        .collect();
    let context = "q3 report · Turnover of the third quarter";
    assert_eq!(
        shown,
        [
            (&BlockKind::Prose, "Turnover of the third quarter", "q3 report"),
            (&BlockKind::Prose, "in thousands", context),
            (&BlockKind::Row, "shop Bonn · turnover: 40 · staff: 3", context),
            (&BlockKind::Row, "shop Kiel · turnover: 31 · staff: 2", context),
        ]
    );
    assert_eq!(rows("a.csv", "#id,size\n1,2\n3,4\n"), ["id 1 · size: 2", "id 3 · size: 4"]);
}

#[test]
fn decoded_sheets_lead_to_the_bytes_of_the_file() {
    let text = "Ort;Höhe\nBonn;60\nKöln;53\n";
    let wide: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let document = read_as("a.csv", &wide);
    assert_eq!(document.text, "Ort Bonn · Höhe: 60\nOrt Köln · Höhe: 53");
    let row: Vec<u8> = "Köln;53".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(source(&document, &wide, "Ort Köln · Höhe: 53"), row);
}

#[test]
fn what_is_no_sheet_is_text() {
    for file in ["", " \n", "one\ntwo\nthree\n", "A letter to nobody, in one line."] {
        let document = read_as("a.csv", file.as_bytes());
        assert_eq!(document.format == Format::Table, file.contains(','), "{file}");
    }
    let wide = ",".repeat(100_000);
    assert_eq!(read_as("a.csv", wide.as_bytes()).format, Format::Text);
}

#[test]
fn long_names_over_short_cells_do_not_grow_without_end() {
    let mut file = vec!["name".repeat(10); 500].join(",");
    file.push('\n');
    for _ in 0..400 {
        file.push_str(&"1,".repeat(499));
        file.push_str("1\n");
    }
    let document = read_as("a.csv", file.as_bytes());
    assert!(document.text.len() < MOST_GROWTH * file.len() + FREE_GROWTH + 100_000);
}

#[test]
fn a_large_sheet_is_read_row_by_row() {
    let mut file = String::from("id,customer,city,total\n");
    for row in 0..20_000 {
        writeln!(file, "{row},customer {row},city {},{row}.50", row % 90).unwrap();
    }
    let document = read_as("a.csv", file.as_bytes());
    assert_eq!(document.blocks.len(), 20_000);
    let last = &document.text[document.blocks[19_999].range.clone()];
    assert_eq!(last, "id 19999 · customer 19999 · city 19 · total: 19999.50");
    assert_eq!(source(&document, file.as_bytes(), last), b"19999,customer 19999,city 19,19999.50");
}

proptest! {
    #[test]
    fn no_sheet_loses_words_or_leads_astray(
        file in prop::collection::vec(
            prop_oneof![
                Just(",".to_owned()), Just(";".to_owned()), Just("\t".to_owned()),
                Just("\"".to_owned()), Just("\r\n".to_owned()), Just("\n".to_owned()),
                Just("#".to_owned()), Just(" ".to_owned()), "[a-zé]{1,4}", "[0-9]{1,3}",
            ],
            0..80,
        )
    ) {
        // The first row is no header, whose words only stand in rows with a cell
        // below them.
        let file = format!("sep=,\n1,2\n{}", file.concat());
        let document = read_as("a.csv", file.as_bytes());
        let mut covered = vec![false; file.len()];
        // The line that names the delimiter is no row.
        covered[..6].fill(true);
        for (at, c) in document.text.char_indices() {
            let span = document.offsets.to_file(at, at + c.len_utf8());
            prop_assert!(span.end <= file.len());
            let from = &file[span.start..span.end];
            let same = from.chars().eq([c]) || c == '"' && from == "\"\"";
            prop_assert!(span.is_empty() || c == ' ' || same, "{:?} from {:?}", c, from);
            covered[span.start..span.end].fill(true);
        }
        let lost = file.char_indices().find(|(at, c)| c.is_alphanumeric() && !covered[*at]);
        prop_assert_eq!(lost, None, "{:?}", file);
    }
}
