//! The dependency tree: licences that allow redistribution, one version of
//! what is heavy or must agree, nothing from outside the registry.

use super::common::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

fn packages() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let used: BTreeSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["id"].as_str().unwrap())
        .collect();
    let all = metadata["packages"].as_array().unwrap();
    all.iter().filter(|p| used.contains(p["id"].as_str().unwrap())).cloned().collect()
}

/// Licences under which a binary may be passed on without further conditions
/// than notices.
const ALLOWED: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "CC0-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "BSL-1.0",
    "Unlicense",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "OpenSSL",
    "NCSA",
    "bzip2-1.0.6",
];

/// Whether a licence expression leaves a choice that is allowed.
fn allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" AND ").all(|part| {
        part.split(" OR ").any(|choice| {
            let name = choice.split(" WITH ").next().unwrap_or("").trim();
            ALLOWED.contains(&name)
        })
    })
}

#[test]
fn licences_allow_to_pass_the_binary_on() {
    let mut bad = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        match package["license"].as_str() {
            Some(licence) if allowed(licence) => {}
            // Brings a licence file in place of a name.
            None if package["license_file"].is_string() => {}
            other => bad.push(format!("{name}: {other:?}")),
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(!allowed("GPL-3.0-only") && allowed("GPL-2.0 OR MIT"));
}

#[test]
fn everything_comes_from_the_registry() {
    for package in packages() {
        let source = package["source"].as_str();
        let own = package["name"] == "lorag";
        assert!(own || source.is_some_and(|s| s.starts_with("registry+")), "{}", package["name"]);
    }
}

#[test]
fn what_must_agree_has_one_version() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        versions.entry(text("name")).or_default().insert(text("version"));
    }
    for name in [
        "arrow",
        "arrow-array",
        "lancedb",
        "lance",
        "datafusion",
        "candle-core",
        "mistralrs-core",
        "tokio",
        "serde",
    ] {
        assert_eq!(versions[name].len(), 1, "{name}: {:?}", versions[name]);
    }
    assert_eq!(versions["mistralrs"].iter().next().map(String::as_str), Some("0.8.1"));
}
