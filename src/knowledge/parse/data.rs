//! Data files: JSON, YAML and TOML. The text stays as it is; the path to each
//! group of values is its heading.

mod groups;
mod json;
mod lined;

use super::decode::Decoded;
use super::text::trimmed;
use super::{Block, BlockKind, Document, Format};
use groups::Group;

/// Longest value that is quoted as a row, in bytes.
const LONGEST_ROW: usize = 480;

/// Reads a data file; `None` where it isn't what its name says.
pub(super) fn parse(ending: &str, decoded: &Decoded) -> Option<Document> {
    let text = &decoded.text;
    let groups = match ending {
        "json" | "json5" | "jsonc" => json::groups(text)?,
        "yaml" | "yml" => lined::yaml(text),
        _ => lined::toml(text),
    };
    let mut blocks = Vec::new();
    let mut above: &[String] = &[];
    for Group { path, values } in &groups {
        let Some(start) = values.first().map(|first| first.start) else { continue };
        let heading = |level: usize, title: &str| Block {
            kind: BlockKind::Heading {
                level: u8::try_from(level).unwrap_or(u8::MAX),
                title: title.to_owned(),
            },
            range: start..start,
            context: String::new(),
        };
        let same = path.iter().zip(above).take_while(|(a, b)| a == b).count();
        if path.is_empty() && !above.is_empty() {
            blocks.push(heading(1, ""));
        }
        // Back at a shorter path, its own heading stands there again.
        let from = if same == path.len() { same.saturating_sub(1) } else { same };
        for (depth, title) in path.iter().enumerate().skip(from) {
            blocks.push(heading(depth + 1, title));
        }
        above = path;
        for range in values {
            let range = trimmed(text, range.clone());
            let piece = text.get(range.clone()).unwrap_or_default();
            let is_row = piece.len() <= LONGEST_ROW && !piece.contains('\n');
            let kind = if is_row { BlockKind::Row } else { BlockKind::Verbatim };
            if !range.is_empty() {
                blocks.push(Block { kind, range, context: String::new() });
            }
        }
    }
    Some(Document {
        format: Format::Data,
        text: decoded.text.clone(),
        offsets: decoded.offsets.clone(),
        rendered: decoded.rendered,
        blocks,
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    /// Headings as paths, each with the text below it.
    fn read(ending: &str, text: &str) -> Vec<(String, String)> {
        let document = parse(ending, &decode(text.as_bytes()).unwrap()).unwrap();
        assert_sound(&document);
        let mut path: Vec<(u8, String)> = Vec::new();
        let mut out: Vec<(String, String)> = Vec::new();
        for block in &document.blocks {
            match &block.kind {
                BlockKind::Heading { level, title } => {
                    path.retain(|(above, _)| above < level);
                    path.push((*level, title.clone()));
                }
                _ => {
                    let titles: Vec<&str> = path.iter().map(|(_, title)| title.as_str()).collect();
                    let (path, text) = (titles.join("."), &document.text[block.range.clone()]);
                    match out.last_mut() {
                        Some((last, said)) if *last == path => *said = format!("{said}|{text}"),
                        _ => out.push((path, text.to_owned())),
                    }
                }
            }
        }
        out
    }

    #[test]
    fn values_of_json_stand_below_their_path() {
        let found = read(
            "json",
            "{\n  \"plant\": {\"name\": \"North\", \"tanks\": [{\"id\": \"T-1\"}, {\"id\": \"T-2\", \
             \"litres\": 650}]},\n  \"open\": true // each day\n}",
        );
        assert_eq!(
            found,
            [
                ("plant".to_owned(), "\"name\": \"North\"".to_owned()),
                ("plant.tanks.T-1".to_owned(), "\"id\": \"T-1\"".to_owned()),
                ("plant.tanks.T-2".to_owned(), "\"id\": \"T-2\"|\"litres\": 650".to_owned()),
                (String::new(), "\"open\": true".to_owned()),
            ]
        );
        assert_eq!(read("json", "[1, 2]"), [(String::new(), "1|2".to_owned())]);
        for broken in ["{", "{\"a\" 1}", "", "nothing", "[1, 2"] {
            assert!(parse("json", &decode(broken.as_bytes()).unwrap()).is_none(), "{broken}");
        }
        assert!(parse("json", &decode("[".repeat(100_000).as_bytes()).unwrap()).is_none());
    }

    #[test]
    fn lines_of_yaml_stand_below_their_path() {
        let found = read(
            "yaml",
            "# The plant.\nplant:\n  name: North\n  tanks:\n    - id: T-1\n      litres: 500\n    - id: T-2\n\
             open: true\nnotes: |\n  It says:\n    key: value\n",
        );
        assert_eq!(
            found,
            [
                (String::new(), "# The plant.".to_owned()),
                ("plant".to_owned(), "plant:|name: North".to_owned()),
                ("plant.tanks".to_owned(), "tanks:|- id: T-1|litres: 500|- id: T-2".to_owned()),
                (String::new(), "open: true".to_owned()),
                ("notes".to_owned(), "notes: |\n  It says:\n    key: value".to_owned()),
            ]
        );
    }

    #[test]
    fn tables_of_toml_are_headings() {
        let found =
            read("toml", "title = \"x\"\n[plant.tanks]\ncount = 2\n\n[[pump]]\nname = \"P-1\"\n");
        assert_eq!(found[0], (String::new(), "title = \"x\"".to_owned()));
        assert_eq!(found[1], ("plant.tanks".to_owned(), "[plant.tanks]|count = 2".to_owned()));
        assert_eq!(found[2], ("pump".to_owned(), "[[pump]]|name = \"P-1\"".to_owned()));
    }
}
