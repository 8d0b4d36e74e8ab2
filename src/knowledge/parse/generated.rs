//! Files that a program wrote for programs: search indexes, minified scripts,
//! source maps, lock files, generated code, drawings. They are full of words
//! that answer nothing, so they are left out unless the user wants them.
//!
//! A name alone decides nothing: a file is left out where its content is of
//! the kind, and some kinds are told by their content alone.

use super::{Format, Skip};
use std::path::Path;

/// Bytes at either end of a file that are looked at for marks.
const ENDS: usize = 8 << 10;

/// Bytes that are looked at for the shape of lines.
const SAMPLE: usize = 256 << 10;

/// A script or style of fewer bytes is never called minified.
const FEWEST_MINIFIED: usize = 2 << 10;

/// A line above this many bytes was not written by people.
const LONG_LINE: usize = 500;

/// Names of files in which package managers note what they installed.
const LOCKS: &str = " cargo.lock package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml \
    bun.lock deno.lock poetry.lock pdm.lock uv.lock pipfile.lock go.sum gemfile.lock composer.lock \
    mix.lock pubspec.lock podfile.lock flake.lock packages.lock.json gradle.lockfile paket.lock \
    package.resolved .terraform.lock.hcl cartfile.resolved conan.lock pixi.lock ";

/// What stands near the start of such files.
const LOCK_MARKS: &[&str] = &[
    "[[package]]",
    "lockfile",
    "__metadata:",
    " h1:",
    "dependencies",
    "content-hash",
    "integrity",
    "checksum",
    "sha256",
    "sha512",
    "\"packages\"",
    "\"nodes\"",
    "\"pins\"",
    "specs:",
    "packages:",
    "%{",
    "hashes = [",
];

/// What search indexes begin with or hold near their ends, in lower case.
const INDEX_MARKS: &[&str] = &[
    "search.setindex(",
    "searchindex=",
    "searchindex =",
    "searchindex.set",
    "\"invertedindex\"",
    "\"fieldvectors\"",
    "{\"config\":{\"indexing\"",
    "{\"config\":{\"lang\"",
    "\"documentstore\"",
    "loadedsearchindex",
];

/// What bundles of scripts hold near their start.
const BUNDLE_MARKS: &[&str] = &[
    "webpackbootstrap",
    "__webpack_require__",
    "webpackjsonp",
    "webpackchunk",
    "parcelrequire",
    "for license information please see",
];

/// Why a file counts as generated, or nothing.
pub fn generated(path: &Path, bytes: &[u8]) -> Option<Skip> {
    kind(path, bytes).map(|kind| Skip::Generated(kind.to_owned()))
}

fn kind(path: &Path, bytes: &[u8]) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_web = matches!(extension, "js" | "mjs" | "cjs" | "css");
    let is_data = matches!(extension, "json" | "map" | "js");
    let start = lower(bytes.get(..ENDS).unwrap_or(bytes));
    if LOCKS.split_whitespace().any(|lock| lock == name) && has_any(&start, LOCK_MARKS) {
        return Some("a lock file of a package manager");
    }
    if extension == "svg" && start.contains("<svg") {
        return Some("a drawing");
    }
    if is_web || is_data {
        let end = lower(bytes.get(bytes.len().saturating_sub(ENDS)..).unwrap_or_default());
        if is_source_map(&start, &end) {
            return Some("a source map");
        }
        if is_index(&name, &start, &end) {
            return Some("a search index");
        }
        if is_web && (has_any(&start, BUNDLE_MARKS) || end.contains("\n//# sourcemappingurl=")) {
            return Some("a bundle of scripts");
        }
    }
    if is_web {
        if is_minified(bytes) {
            return Some("minified");
        }
        let is_design = path
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|folder| folder == "_static" || folder == "static.files");
        if is_design {
            return Some("scripts and styles of rendered documentation");
        }
    }
    let is_code = matches!(Format::of(path), Format::Code | Format::Data | Format::Xml);
    if is_code && says_so(&start) {
        return Some("its head says so");
    }
    None
}

fn lower(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_lowercase()
}

fn has_any(text: &str, marks: &[&str]) -> bool {
    marks.iter().any(|mark| text.contains(mark))
}

fn is_source_map(start: &str, end: &str) -> bool {
    let head = start.trim_start_matches(")]}'").trim_start();
    let is_map =
        head.starts_with('{') && (start.contains("\"mappings\"") || end.contains("\"mappings\""));
    is_map && (start.contains("\"sources\"") || end.contains("\"sources\""))
}

/// Whether a script or data is what the search of rendered documentation reads.
fn is_index(name: &str, start: &str, end: &str) -> bool {
    let is_named = ["searchindex", "search_index", "search-index", "lunr-index", "lunrindex"]
        .iter()
        .any(|part| name.contains(part));
    let head: String = start.chars().take(400).filter(|c| !c.is_whitespace()).collect();
    let is_shaped = head.starts_with(['{', '[']) || head.contains("={") || head.contains("=[");
    let is_marked = has_any(&head, INDEX_MARKS)
        || has_any(start.get(..start.floor_char_boundary(400)).unwrap_or_default(), INDEX_MARKS)
        || start.trim_start().starts_with('{')
            && has_any(end, &["\"invertedindex\"", "\"fieldvectors\"", "\"documentstore\""]);
    is_marked || is_named && is_shaped
}

/// Whether most of a script or style lies in lines too long and too dense for
/// people.
fn is_minified(bytes: &[u8]) -> bool {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    if sample.len() < FEWEST_MINIFIED {
        return false;
    }
    let (mut long, mut spaces) = (0usize, 0usize);
    for line in sample.split(|byte| *byte == b'\n').filter(|line| line.len() > LONG_LINE) {
        long += line.len();
        spaces += line.iter().filter(|byte| matches!(byte, b' ' | b'\t')).count();
    }
    // Prose in long lines has a space in every sixth byte.
    long * 10 > sample.len() * 7 && spaces * 10 < long
}

/// Whether a comment at the head of code says that a program wrote it.
fn says_so(start: &str) -> bool {
    let mut is_generated = false;
    let mut forbids = false;
    for line in start.lines().take(25) {
        let line = line.trim_start();
        let comment = ["//", "#", "/*", "*", "--", ";", "<!--", "%", "rem ", "\"\"\""]
            .iter()
            .any(|mark| line.starts_with(mark));
        if !comment {
            continue;
        }
        if line.contains("code generated") && line.contains("do not edit") {
            return true;
        }
        let words = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
        // A tag by itself, not a sentence about it.
        if words.trim_end_matches(['*', '/', ' ']).starts_with("@generated") {
            return true;
        }
        is_generated |= line.contains("generated by")
            || line.contains("autogenerated")
            || line.contains("auto-generated")
            || line.contains("automatically generated")
            || line.contains("generated code")
            || line.contains("generated file");
        forbids |= line.contains("do not edit")
            || line.contains("do not modify")
            || line.contains("don't edit")
            || line.contains("changes will be lost")
            || line.contains("will be overwritten");
    }
    is_generated && forbids
}

#[cfg(test)]
mod tests;
