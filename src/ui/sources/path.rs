//! Which part of a path tells a reader the most: what is below the documents
//! that were named, not where on the disk they are; and of headings the last.

use super::super::text;
use crate::domain::Source;

/// The part of `path` below the documents that the user named, else what
/// follows its first `common` bytes.
pub(super) fn shown<'a>(path: &'a str, roots: &[String], common: usize) -> &'a str {
    let several = roots.len() > 1;
    roots
        .iter()
        .find_map(|root| below(path, root, several))
        .or_else(|| path.get(common..))
        .filter(|part| !part.is_empty())
        .unwrap_or(path)
}

/// Bytes of the folder that all sources share, with the slash behind it.
pub(super) fn common(sources: &[Source]) -> usize {
    let folder = |path: &str| path.rfind('/').map_or(0, |slash| slash + 1);
    let mut paths = sources.iter().map(|source| source.hit.chunk.path.as_str());
    let Some(first) = paths.next() else { return 0 };
    let mut shared = first.get(..folder(first)).unwrap_or_default();
    for path in paths {
        while !path.starts_with(shared) {
            let inner = shared.strip_suffix('/').unwrap_or_default();
            shared = inner.get(..folder(inner)).unwrap_or_default();
        }
    }
    shared.len()
}

/// The headings of a passage in at most `room` columns: the innermost ones, as
/// many as fit, `… › Windows`.
pub(super) fn heading(parts: &[String], room: usize) -> String {
    let whole = parts.join(" › ");
    for skipped in 0..parts.len() {
        let line = match parts.get(skipped..) {
            Some(inner) if skipped > 0 => format!("… › {}", inner.join(" › ")),
            _ => whole.clone(),
        };
        let line = text::truncate_start(&line, usize::MAX);
        if text::width(&line) <= room {
            return line.into_owned();
        }
    }
    text::truncate_start(&whole, room).into_owned()
}

/// The part of `path` below `root`, with the name of the root itself where
/// there are others.
fn below<'a>(path: &'a str, root: &str, named: bool) -> Option<&'a str> {
    let root = root.strip_prefix("./").unwrap_or(root).trim_end_matches('/');
    if root.is_empty() || root == "." {
        return None;
    }
    // Paths are absolute, and roots most often are not.
    let needle = if root.starts_with('/') { root.to_owned() } else { format!("/{root}") };
    let start = if root.starts_with('/') {
        if !path.starts_with(needle.as_str()) {
            return None;
        }
        0
    } else if let Some(at) = path.find(&format!("{needle}/")) {
        at
    } else {
        path.strip_suffix(needle.as_str())?.len()
    };
    let end = start + needle.len();
    let name = start + needle.rfind('/').map_or(0, |slash| slash + 1);
    match path.get(end..)? {
        // The root is the file itself.
        "" => path.get(name..),
        rest if rest.starts_with('/') && named => path.get(name..),
        rest => rest.strip_prefix('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;

    #[test]
    fn the_part_below_the_named_documents_is_shown() {
        let path = "/home/ann/docs/guide/install.md";
        for (roots, expected) in [
            ("docs", "guide/install.md"),
            ("./docs/", "guide/install.md"),
            ("/home/ann/docs", "guide/install.md"),
            ("docs/guide/install.md", "install.md"),
            ("src,docs", "docs/guide/install.md"),
            ("doc", "ann/docs/guide/install.md"),
            (".", "ann/docs/guide/install.md"),
            ("/home/ann/doc", "ann/docs/guide/install.md"),
        ] {
            let all: Vec<String> = roots.split(',').map(str::to_owned).collect();
            assert_eq!(shown(path, &all, "/home/".len()), expected, "{roots}");
        }
        assert_eq!(shown(path, &[], 1), "home/ann/docs/guide/install.md");
        assert_eq!(shown("日", &[], 1), "日");
    }

    #[test]
    fn the_shared_folder_is_whole_components() {
        assert_eq!(common(&fixtures::sources()), "/handbook/".len());
        let source = |path| fixtures::source(1, 0.5, fixtures::chunk(1, path, &[], (1, 2), "x"));
        assert_eq!(common(&[source("/a/bc/x"), source("/a/bd/y")]), "/a/".len());
        assert_eq!(common(&[source("/a/b/x"), source("c/y")]), 0);
        assert_eq!(common(&[source("/a/b/x")]), "/a/b/".len());
        assert_eq!(common(&[]), 0);
    }

    #[test]
    fn of_headings_the_last_is_kept() {
        let parts = ["Setup", "Installing", "Windows"].map(str::to_owned);
        for (room, expected) in [
            (99, "Setup › Installing › Windows"),
            (28, "Setup › Installing › Windows"),
            (27, "… › Installing › Windows"),
            (23, "… › Windows"),
            (11, "… › Windows"),
            (10, "…› Windows"),
            (5, "…dows"),
            (0, ""),
        ] {
            assert_eq!(heading(&parts, room), expected, "{room}");
        }
        assert_eq!(heading(&["a\u{1b}b".to_owned()], 9), "a␛b");
        assert_eq!(heading(&[], 9), "");
    }

    #[test]
    fn one_line_is_one_number() {}
}
