//! Values with their paths.

use std::ops::Range;

/// How deep paths go; what lies deeper stands below its ancestor.
const DEEPEST: usize = 6;
/// Most groups of a file; what follows is one group.
const MOST_GROUPS: usize = 50_000;

/// Values that stand below one path.
#[derive(Debug, PartialEq)]
pub(super) struct Group {
    pub(super) path: Vec<String>,
    pub(super) values: Vec<Range<usize>>,
}

/// Adds a value to the groups; with `goes_on`, it is a part of the last one.
pub(super) fn add(groups: &mut Vec<Group>, path: &[String], range: Range<usize>, goes_on: bool) {
    let path = path.get(..DEEPEST).unwrap_or(path);
    let is_full = groups.len() >= MOST_GROUPS;
    match groups.last_mut() {
        Some(last) if last.path == path || is_full => match last.values.last_mut() {
            Some(value) if goes_on => value.end = range.end,
            _ => last.values.push(range),
        },
        _ => groups.push(Group { path: path.to_vec(), values: vec![range] }),
    }
}
