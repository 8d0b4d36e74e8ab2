//! Circles of files: those of which each uses, perhaps by way of others, all
//! of the others.

use super::modules::{Modules, Target};
use std::collections::{BTreeMap, BTreeSet};

/// Which file uses something that is defined in which other, and what.
pub type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The uses between the files of a crate. A declared module and something that
/// is only handed on (`pub use`) is no use.
pub fn uses(modules: &Modules) -> Uses {
    let mut out = Uses::new();
    for (id, path, target) in modules.references(false) {
        let Target::Item(other) = target else { continue };
        let (from, to) = (&modules.0[id].file, &modules.0[other].file);
        if from != to {
            let of = out.entry(from.clone()).or_default();
            of.entry(to.clone()).or_default().insert(path.join("::"));
        }
    }
    out
}

/// The circles, each with its files in order.
pub fn circles(uses: &Uses) -> Vec<BTreeSet<String>> {
    let files: BTreeSet<&String> =
        uses.iter().flat_map(|(from, to)| std::iter::once(from).chain(to.keys())).collect();
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        files.iter().map(|file| (*file, reach(uses, file))).collect();
    let mut out: Vec<BTreeSet<String>> = Vec::new();
    for file in files {
        if !reached[file].contains(file) || out.iter().any(|circle| circle.contains(file)) {
            continue;
        }
        let back = |other: &&&String| reached[**other].contains(file);
        out.push(reached[file].iter().filter(back).map(|other| (*other).clone()).collect());
    }
    out
}

/// What a file uses, directly or by way of others.
fn reach<'a>(uses: &'a Uses, file: &String) -> BTreeSet<&'a String> {
    let mut out = BTreeSet::new();
    let mut next: Vec<&String> = uses.get(file).into_iter().flat_map(BTreeMap::keys).collect();
    while let Some(file) = next.pop() {
        if out.insert(file) {
            next.extend(uses.get(file).into_iter().flat_map(BTreeMap::keys));
        }
    }
    out
}

/// A circle in words: each of its uses, and of what.
pub fn shown(circle: &BTreeSet<String>, uses: &Uses) -> String {
    let mut out = String::from("a circle:\n");
    for from in circle {
        for (to, what) in
            uses.get(from).into_iter().flatten().filter(|(to, _)| circle.contains(*to))
        {
            let what: Vec<&str> = what.iter().map(String::as_str).collect();
            out.push_str(&format!("    {from} uses {to}: {}\n", what.join(", ")));
        }
    }
    out
}
