//! Walks of small folders: rules, links, and what cannot be read.

use super::collect::millis_since_1970;
use super::*;
use crate::knowledge::parse::Skip;
use std::fs;
use std::slice::from_ref;
use std::time::{Duration, SystemTime};

const OPTIONS: WalkOptions =
    WalkOptions { hidden: false, follow_links: false, max_file_bytes: 1000 };

/// A folder with the given files; a name that ends in `/` is a folder.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let guard = tempfile::Builder::new().prefix("walk").tempdir().unwrap();
    let root = guard.path().canonicalize().unwrap();
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.ends_with('/') {
            fs::create_dir_all(&path).unwrap();
        } else {
            fs::write(&path, text).unwrap();
        }
    }
    (guard, root)
}

/// The names of what is found, below `base`; skipped ones with a `!`.
fn names(found: &[Found], base: &Path) -> Vec<String> {
    let mut out = Vec::new();
    for item in found {
        let name = item.path().strip_prefix(base).unwrap().to_str().unwrap();
        let mark = if matches!(item, Found::File(_)) { "" } else { "!" };
        out.push(format!("{mark}{name}"));
    }
    out
}

fn walked(root: &Path, options: &WalkOptions) -> Vec<String> {
    names(&walk(&[root.to_owned()], options).unwrap(), root)
}

#[test]
fn ignore_files_hold_outside_git_too() {
    let (_guard, root) = folder(&[
        (".gitignore", "*.tmp\nbuild/\n"),
        (".ignore", "b.md\n"),
        (".loragignore", "secret\n!keep.tmp\n"),
        ("a.md", ""),
        ("b.md", ""),
        ("c.tmp", ""),
        ("keep.tmp", ""),
        ("build/d.md", ""),
        ("secret/e.md", ""),
        ("sub/.gitignore", "f.md"),
        ("sub/f.md", ""),
        ("sub/g.md", ""),
        ("sub/h.tmp", ""),
    ]);
    assert_eq!(walked(&root, &OPTIONS), ["a.md", "keep.tmp", "sub/g.md"]);
    // The rules of a folder also hold where the walk starts below it.
    assert_eq!(walked(&root.join("sub"), &OPTIONS), ["g.md"]);
}

#[test]
fn a_root_that_is_ignored_or_hidden_is_walked() {
    let (_guard, root) =
        folder(&[(".gitignore", "*\n"), (".hidden/a.md", ""), ("build/b.md", ""), ("c.md", "")]);
    assert_eq!(walked(&root, &OPTIONS), Vec::<String>::new());
    assert_eq!(walked(&root.join("build"), &OPTIONS), ["b.md"]);
    assert_eq!(walked(&root.join(".hidden"), &OPTIONS), ["a.md"]);
    let found = walk(&[root.join("c.md")], &OPTIONS).unwrap();
    assert_eq!(names(&found, &root), ["c.md"]);
}

#[test]
fn hidden_files_are_taken_when_asked_but_not_those_of_git() {
    let (_guard, root) =
        folder(&[(".a/b.md", ""), (".c.md", ""), (".git/config", ""), ("d.md", "")]);
    assert_eq!(walked(&root, &OPTIONS), ["d.md"]);
    let options = WalkOptions { hidden: true, ..OPTIONS };
    assert_eq!(walked(&root, &options), [".a/b.md", ".c.md", "d.md"]);
}

#[test]
fn a_large_file_is_skipped_with_its_size() {
    let (_guard, root) = folder(&[("a.log", &"x".repeat(1001)), ("b.log", &"x".repeat(1000))]);
    let found = walk(from_ref(&root), &OPTIONS).unwrap();
    assert_eq!(names(&found, &root), ["!a.log", "b.log"]);
    let reason = Skip::TooLarge { size: 1001, limit: 1000 };
    assert_eq!(found[0], Found::Skipped { path: root.join("a.log"), reason });
    let Found::File(file) = &found[1] else { panic!("b.log was skipped") };
    assert_eq!(file.size, 1000);
    assert!(file.modified_ms > 1_600_000_000_000);
}

#[test]
fn roots_that_overlap_give_each_file_once_in_order() {
    let (_guard, root) = folder(&[("z/b.md", ""), ("a.md", ""), ("z/a.md", "")]);
    let roots = [root.join("z/b.md"), root.join("z/../z"), root.clone(), root.join("z")];
    let found = walk(&roots, &OPTIONS).unwrap();
    assert_eq!(names(&found, &root), ["a.md", "z/a.md", "z/b.md"]);
}

#[test]
fn a_missing_root_is_an_error_that_names_it() {
    let (_guard, root) = folder(&[("a.md", "")]);
    let missing = root.join("nowhere");
    let error = walk(&[root, missing.clone()], &OPTIONS).unwrap_err();
    assert!(matches!(&error, WalkError::Missing { path } if *path == missing));
    assert!(error.to_string().contains("nowhere"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_when_asked_and_loops_end() {
    use std::os::unix::fs::symlink;
    let (_guard, root) = folder(&[("real/a.md", "")]);
    symlink(&root, root.join("real/up")).unwrap();
    symlink(root.join("real"), root.join("also")).unwrap();
    symlink(root.join("real/a.md"), root.join("b.md")).unwrap();
    symlink(root.join("nowhere"), root.join("broken")).unwrap();
    assert_eq!(walked(&root, &OPTIONS), ["!also", "!b.md", "!broken", "real/a.md", "!real/up"]);

    let options = WalkOptions { follow_links: true, ..OPTIONS };
    let found = walk(from_ref(&root), &options).unwrap();
    assert_eq!(names(&found, &root), ["b.md", "!broken", "real/a.md", "!real/up"]);
    let reason = Skip::Loop(root.display().to_string());
    assert_eq!(found[3], Found::Skipped { path: root.join("real/up"), reason });

    // A link that is given is followed.
    assert_eq!(
        names(&walk(&[root.join("also")], &OPTIONS).unwrap(), &root),
        ["real/a.md", "!real/up"]
    );
    assert_eq!(names(&walk(&[root.join("b.md")], &OPTIONS).unwrap(), &root), ["b.md"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_never_opened() {
    let (_guard, root) = folder(&[("a.md", "")]);
    let socket = root.join("s");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let found = walk(from_ref(&root), &OPTIONS).unwrap();
    assert_eq!(names(&found, &root), ["a.md", "!s"]);
    assert!(matches!(walk(&[socket], &OPTIONS), Err(WalkError::Special { .. })));
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_skipped_with_the_reason() {
    use std::os::unix::fs::PermissionsExt;
    let (_guard, root) = folder(&[("a.md", ""), ("closed/b.md", ""), ("secret.md", "")]);
    let forbid =
        |name: &str, mode| fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode));
    forbid("closed", 0o000).unwrap();
    forbid("secret.md", 0o000).unwrap();
    let faulty = fs::read_dir(root.join("closed")).is_err();
    let found = walk(from_ref(&root), &OPTIONS).unwrap();
    let closed = walk(&[root.join("closed")], &OPTIONS);
    forbid("closed", 0o700).unwrap();
    // The superuser reads everything, so that there is nothing to see.
    if faulty {
        assert_eq!(names(&found, &root), ["a.md", "!closed", "!secret.md"]);
        let Found::Skipped { reason: Skip::Unreadable(reason), .. } = &found[1] else {
            panic!("closed was not skipped as unreadable")
        };
        assert!(reason.starts_with("Permission denied"), "{reason}");
        assert!(matches!(closed, Err(WalkError::Unreadable { .. })));
    } else {
        assert_eq!(names(&found, &root), ["a.md", "closed/b.md", "secret.md"]);
    }
}

#[test]
fn a_folder_that_vanishes_is_skipped() {
    let mut found = Collector::default();
    let (_guard, root) = folder(&[("a.md", "")]);
    walk_folder(&root.join("gone"), &OPTIONS, &mut found);
    let found: Vec<Found> = found.by_path.into_values().collect();
    assert_eq!(names(&found, &root), ["!gone"]);
    assert!(matches!(&found[0], Found::Skipped { reason: Skip::Unreadable(_), .. }));
}

#[test]
fn times_before_1970_are_negative() {
    let span = Duration::from_millis(1500);
    assert_eq!(millis_since_1970(SystemTime::UNIX_EPOCH - span), -1500);
    assert_eq!(millis_since_1970(SystemTime::UNIX_EPOCH + span), 1500);
}

#[test]
fn a_given_path_is_written_as_the_walk_writes_it() {
    let guard = tempfile::tempdir().unwrap();
    let root = guard.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("docs/sub")).unwrap();
    fs::write(root.join("docs/a.md"), "text").unwrap();
    std::os::unix::fs::symlink(root.join("docs"), root.join("link")).unwrap();
    assert_eq!(rooted(&root.join("docs/sub/..")), root.join("docs"));
    assert_eq!(rooted(&root.join("link")), root.join("docs"));
    assert_eq!(rooted(&root.join("link/a.md")), root.join("docs/a.md"));
    assert_eq!(rooted(&root.join("docs/sub/../a.md")), root.join("docs/a.md"));
    assert_eq!(rooted(&root.join("link/gone/b.md")), root.join("docs/gone/b.md"));
}
