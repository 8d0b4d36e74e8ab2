//! What starts with `..` or `__`: comments, targets, directives.

use super::super::text::indent;
use super::Reader;
use super::line::is_option;
use super::paragraph::Words;

/// Directives whose body is kept line by line.
const VERBATIM: &[&str] = &[
    "code",
    "code-block",
    "sourcecode",
    "parsed-literal",
    "doctest",
    "testcode",
    "testoutput",
    "productionlist",
    "prompt",
    "ipython",
    "graphviz",
    "digraph",
    "graph",
    "mermaid",
    "uml",
    "math",
];

/// Directives that say nothing a reader would look for.
const SILENT: &[&str] = &[
    "raw",
    "image",
    "toctree",
    "include",
    "literalinclude",
    "contents",
    "sectnum",
    "index",
    "module",
    "meta",
    "highlight",
    "currentmodule",
    "currentlibrary",
    "default-role",
    "role",
    "sectionauthor",
    "moduleauthor",
    "codeauthor",
    "tabularcolumns",
    "rst-class",
    "testsetup",
    "testcleanup",
    "target-notes",
    "header",
    "footer",
    "automodule",
    "autoclass",
    "autofunction",
    "automethod",
    "autosummary",
    "command-output",
    "bibliography",
    "plot",
];

/// Directives whose argument isn't for readers, but whose body is.
const UNNAMED: &[&str] =
    &["figure", "only", "ifconfig", "container", "class", "hlist", "line-block"];

/// Directives whose argument starts their text.
const TEXT: &[&str] = &[
    "note",
    "warning",
    "tip",
    "hint",
    "important",
    "attention",
    "caution",
    "danger",
    "error",
    "seealso",
    "todo",
    "impl-detail",
    "centered",
    "versionnote",
];

/// Directives whose argument is the title of their body.
const TITLED: &[&str] =
    &["admonition", "topic", "sidebar", "rubric", "tab", "tab-item", "dropdown", "card", "table"];

/// What directives about versions stand for.
const VERSIONS: &[(&str, &str)] = &[
    ("versionadded", "Added in version "),
    ("versionchanged", "Changed in version "),
    ("versionremoved", "Removed in version "),
    ("deprecated", "Deprecated since version "),
    ("deprecated-removed", "Deprecated since version "),
];

impl Reader<'_> {
    /// Reads what starts with `..` or `__`.
    pub(super) fn markup(&mut self) -> bool {
        let line = self.line(self.at);
        let body = line.trim_start();
        let margin = indent(line);
        if body.starts_with("__ ") {
            self.at += 1;
            return true;
        }
        let Some(rest) =
            body.strip_prefix("..").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
        else {
            return false;
        };
        let rest = rest.trim();
        if let Some((label, words)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            // Notes are prose; the names of citations are said in the text.
            let is_name = label.starts_with(char::is_alphabetic);
            let kept = if is_name { rest } else { words.trim_start() };
            if kept.is_empty() {
                self.at += 1;
            } else {
                self.paragraph(line.trim_end().len() - kept.len());
            }
            return true;
        }
        let directive = rest
            .split_once("::")
            .map(|(name, argument)| (name.trim_end(), argument.trim()))
            .filter(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_.:+".contains(c))
            });
        let Some((name, argument)) = directive else {
            let is_empty_comment = rest.is_empty() && self.is_blank(self.at + 1);
            self.at += 1;
            if !is_empty_comment {
                self.body(margin);
            }
            return true;
        };
        let name = name.rsplit(':').next().unwrap_or(name);
        self.directive(name, argument, margin, line.trim_end().len() - argument.len());
        true
    }

    /// Shows a directive whose argument starts at byte `skipped` of its line.
    fn directive(&mut self, name: &str, argument: &str, margin: usize, skipped: usize) {
        if SILENT.contains(&name) {
            self.at += 1;
            self.body(margin);
        } else if VERBATIM.contains(&name) {
            if name == "math" && !argument.is_empty() {
                let start = self.start(self.at) + skipped;
                self.verbatim(start..start + argument.len());
            }
            self.at += 1;
            self.options();
            let range = self.body_place(margin);
            self.verbatim(range);
        } else if name == "csv-table" || name == "list-table" {
            self.table_directive(name, argument, margin);
        } else if argument.is_empty() || UNNAMED.contains(&name) {
            // The body is read like any other text.
            self.at += 1;
            self.options();
        } else if let Some((_, label)) = VERSIONS.iter().find(|(known, _)| *known == name) {
            self.paragraph_of(skipped, Words::Behind(label));
        } else if TEXT.contains(&name) {
            self.paragraph(skipped);
        } else {
            // A title, or the signature of what the body describes.
            let is_title = TITLED.contains(&name);
            let words = if is_title { Words::Rendered } else { Words::Literal };
            self.paragraph_of(skipped, words);
            self.stand_below(margin, argument);
        }
    }

    /// Skips a directive's options, `:name: value`.
    pub(super) fn options(&mut self) {
        while is_option(self.line(self.at)) {
            self.at += 1;
        }
    }
}
