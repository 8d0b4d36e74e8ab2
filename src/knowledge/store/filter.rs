//! Which chunks a search may return, and how that is said in SQL.
//!
//! Folders are ranges of paths: everything below `/a/b` lies between `/a/b/`
//! and `/a/b0`, since `0` follows `/`. That is a plain comparison of bytes,
//! which needs no escapes of wildcards and can use an index.
//!
//! Globs are matched here and not in the database, and become a list of
//! paths. `globset` writes non-ASCII characters of its regular expressions as
//! bytes, which the database's regular expressions would read as other
//! characters, and `LIKE` knows neither `**` nor classes.

use super::StoreError;
use super::schema::column::{CHUNK_ID, COLLECTION, SOURCE_PATH};
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeMap;
use std::path::MAIN_SEPARATOR;

/// More files or folders than this are matched here, since a long chain of
/// comparisons is slower than one list, and deep to parse.
const MOST_RANGES: usize = 16;

/// The character that follows the separator of paths.
const AFTER_SEPARATOR: char = if MAIN_SEPARATOR == '/' { '0' } else { ']' };

/// Which chunks a search may return. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this collection.
    pub collection: Option<String>,
    /// Only these files and what lies below these folders, absolute; all
    /// files where empty.
    pub under: Vec<String>,
    /// Only files whose path matches. `*` stays within one folder, `**`
    /// crosses folders; a pattern that doesn't start at the root matches
    /// anywhere, so `*.md` and `docs/**` do what one expects.
    pub glob: Option<String>,
}

/// A filter as the database can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every chunk.
    Everything,
    /// No chunk at all.
    Nothing,
    /// The chunks for which this SQL is true.
    Where(String),
}

impl Filter {
    /// Whether [`Self::scope`] needs the list of paths.
    pub(super) fn needs_paths(&self) -> bool {
        self.glob.is_some() || self.under.len() > MOST_RANGES
    }

    /// The filter in SQL. `paths` are the paths of all files, needed only
    /// where [`Self::needs_paths`] says so.
    pub(super) fn scope(&self, paths: &[String]) -> Result<Scope, StoreError> {
        let mut conditions = Vec::new();
        if let Some(collection) = &self.collection {
            conditions.push(format!("{COLLECTION} = {}", quote(collection)));
        }
        // A root among the folders means every file.
        let anywhere =
            self.under.is_empty() || self.under.iter().any(|path| trimmed(path).is_empty());
        if self.needs_paths() {
            let matcher = self.glob.as_deref().map(compile).transpose()?;
            let mut matching: Vec<&str> = paths
                .iter()
                .map(String::as_str)
                .filter(|path| anywhere || self.under.iter().any(|folder| is_under(path, folder)))
                .filter(|path| matcher.as_ref().is_none_or(|glob| glob.is_match(path)))
                .collect();
            if matching.is_empty() {
                return Ok(Scope::Nothing);
            }
            if matching.len() < paths.len() {
                matching.sort_unstable();
                conditions.push(format!("{SOURCE_PATH} IN ({})", quoted_list(&matching)));
            }
        } else if !anywhere {
            let ranges: Vec<String> = self.under.iter().map(|path| range(path)).collect();
            conditions.push(format!("({})", ranges.join(" OR ")));
        }
        Ok(if conditions.is_empty() {
            Scope::Everything
        } else {
            Scope::Where(conditions.join(" AND "))
        })
    }
}

/// SQL that is true for the chunks of these files, each named by collection
/// and path. There must be at least one.
pub(super) fn files_sql(keys: &[(String, String)]) -> String {
    let mut by_collection: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (collection, path) in keys {
        by_collection.entry(collection).or_default().push(path);
    }
    let parts: Vec<String> = by_collection
        .iter()
        .map(|(collection, paths)| {
            format!(
                "({COLLECTION} = {} AND {SOURCE_PATH} IN ({}))",
                quote(collection),
                quoted_list(paths)
            )
        })
        .collect();
    parts.join(" OR ")
}

/// SQL that is true for the chunks of a collection.
pub(super) fn collection_sql(name: &str) -> String {
    format!("{COLLECTION} = {}", quote(name))
}

/// SQL that is true for the chunk with this id.
pub(super) fn chunk_sql(id: &str) -> String {
    format!("{CHUNK_ID} = {}", quote(id))
}

/// SQL that is true for the chunks of the file at this path, in any collection.
pub(super) fn file_sql(path: &str) -> String {
    format!("{SOURCE_PATH} = {}", quote(path))
}

/// A string of SQL. Lance knows no other escape than the doubled quote.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn quoted_list(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    quoted.join(", ")
}

/// The path without separators at its end; the root becomes empty.
fn trimmed(path: &str) -> &str {
    path.trim_end_matches(MAIN_SEPARATOR)
}

fn range(path: &str) -> String {
    let path = trimmed(path);
    format!(
        "{SOURCE_PATH} = {} OR ({SOURCE_PATH} >= {} AND {SOURCE_PATH} < {})",
        quote(path),
        quote(&format!("{path}{MAIN_SEPARATOR}")),
        quote(&format!("{path}{AFTER_SEPARATOR}")),
    )
}

fn is_under(path: &str, folder: &str) -> bool {
    path.strip_prefix(trimmed(folder))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(MAIN_SEPARATOR))
}

fn compile(glob: &str) -> Result<GlobMatcher, StoreError> {
    let relative = glob.strip_prefix("./").unwrap_or(glob);
    let pattern = if relative.starts_with('/') || relative.starts_with("**") {
        relative.to_owned()
    } else {
        format!("**/{relative}")
    };
    GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| StoreError::Glob {
            glob: glob.to_owned(),
            reason: error.kind().to_string(),
        })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn under(paths: &[&str]) -> Filter {
        Filter { under: paths.iter().map(|path| (*path).to_owned()).collect(), ..Filter::default() }
    }

    fn glob(pattern: &str) -> Filter {
        Filter { glob: Some(pattern.to_owned()), ..Filter::default() }
    }

    fn paths() -> Vec<String> {
        ["/a/docs/x.md", "/a/docs/deep/y.md", "/a/docs2/z.rs"].map(str::to_owned).to_vec()
    }

    #[test]
    fn no_filter_is_everything() {
        assert_eq!(Filter::default().scope(&[]).unwrap(), Scope::Everything);
        assert_eq!(under(&["/"]).scope(&[]).unwrap(), Scope::Everything);
    }

    #[test]
    fn a_folder_is_a_range_and_quotes_are_doubled() {
        let mut filter = under(&["/it's/"]);
        filter.collection = Some("o'n".to_owned());
        let Scope::Where(sql) = filter.scope(&[]).unwrap() else {
            panic!("expected SQL");
        };
        assert_eq!(
            sql,
            "collection = 'o''n' AND (source_path = '/it''s' OR \
             (source_path >= '/it''s/' AND source_path < '/it''s0'))"
        );
    }

    #[test]
    fn folders_match_whole_components() {
        assert!(is_under("/a/docs/x.md", "/a/docs"));
        assert!(is_under("/a/docs/x.md", "/a/docs/x.md"));
        assert!(!is_under("/a/docs2/z.rs", "/a/docs"));
    }

    #[test]
    fn globs_match_from_any_folder() {
        let sql = |pattern: &str| glob(pattern).scope(&paths()).unwrap();
        assert_eq!(sql("*.rs"), Scope::Where("source_path IN ('/a/docs2/z.rs')".to_owned()));
        assert_eq!(sql("docs/*.md"), Scope::Where("source_path IN ('/a/docs/x.md')".to_owned()));
        assert_eq!(
            sql("docs/**"),
            Scope::Where("source_path IN ('/a/docs/deep/y.md', '/a/docs/x.md')".to_owned())
        );
        assert_eq!(sql("/a/**"), Scope::Everything);
        assert_eq!(sql("*.html"), Scope::Nothing);
    }

    #[test]
    fn a_bad_glob_is_named() {
        let error = glob("[x").scope(&paths()).unwrap_err();
        assert!(error.to_string().contains("`[x`"));
    }

    #[test]
    fn many_folders_become_one_list() {
        let mut many: Vec<String> = (0..MOST_RANGES).map(|n| format!("/none/{n}")).collect();
        many.push("/a/docs2".to_owned());
        let filter = Filter { under: many, ..Filter::default() };
        assert!(filter.needs_paths());
        assert_eq!(
            filter.scope(&paths()).unwrap(),
            Scope::Where("source_path IN ('/a/docs2/z.rs')".to_owned())
        );
    }

    #[test]
    fn files_are_grouped_by_collection() {
        let key = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            files_sql(&[key("x", "/1"), key("y", "/2"), key("x", "/3'")]),
            "(collection = 'x' AND source_path IN ('/1', '/3''')) OR \
             (collection = 'y' AND source_path IN ('/2'))"
        );
    }
}
