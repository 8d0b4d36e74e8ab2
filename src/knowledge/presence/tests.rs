//! Looks at files that are there, changed, gone, or out of reach.

use super::*;

fn known(path: &Path, text: &str) -> Known {
    let modified =
        std::fs::metadata(path).and_then(|there| there.modified()).map_or(1, millis_since_1970);
    let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    Known { path: path.to_string_lossy().into_owned(), hash, modified }
}

async fn now(folder: &Path, known: Known) -> Presence {
    let path = known.path.clone();
    look(&Location::from(folder), vec![known], Duration::from_secs(5)).await[&path]
}

#[tokio::test]
async fn a_file_is_the_same_as_long_as_its_bytes_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.md");
    std::fs::write(&path, "one").unwrap();
    let before = known(&path, "one");
    assert_eq!(now(folder.path(), before.clone()).await, Presence::Same);
    // Only touched.
    let touched = Known { modified: before.modified - 5000, ..before.clone() };
    assert_eq!(now(folder.path(), touched.clone()).await, Presence::Same);
    std::fs::write(&path, "two").unwrap();
    assert_eq!(now(folder.path(), touched.clone()).await, Presence::Changed);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(now(folder.path(), touched).await, Presence::Changed);
    // What came in by a pipe has no place to be gone from.
    let piped = Known { path: "standard input".to_owned(), ..before };
    assert_eq!(now(folder.path(), piped).await, Presence::Same);
}

#[tokio::test]
async fn a_missing_path_is_gone_only_where_its_folder_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("docs");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("other.md"), "x").unwrap();
    assert_eq!(now(folder.path(), known(&place.join("a.md"), "one")).await, Presence::Gone);
    assert_eq!(
        now(folder.path(), known(&place.join("deep/a.md"), "one")).await,
        Presence::Unknown,
        "no root says that the folder was one that is looked into"
    );
    // An empty folder may be one that nothing is mounted in.
    std::fs::remove_file(place.join("other.md")).unwrap();
    assert_eq!(now(folder.path(), known(&place.join("a.md"), "one")).await, Presence::Unknown);
}

#[test]
fn places_where_disks_are_mounted_prove_nothing() {
    for folder in ["/", "/media", "/media/me", "/run/media/me", "/mnt", "/Volumes"] {
        assert!(may_hold_a_mount(Path::new(folder)), "{folder}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(may_hold_a_mount(folder.path()));
    std::fs::write(folder.path().join("a"), "").unwrap();
    assert!(!may_hold_a_mount(folder.path()));
}

/// Finding 9: a dead network mount.
#[tokio::test]
async fn whoever_hangs_is_not_waited_for() {
    fn slow(item: &'static str) -> (String, u8) {
        if item == "dead" {
            std::thread::sleep(Duration::from_secs(20));
        }
        (item.to_owned(), 1)
    }
    let started = std::time::Instant::now();
    let until = Instant::now() + Duration::from_millis(300);
    let told = ask(vec![vec!["dead"], vec!["alive"]], until, slow).await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(told, HashMap::from([("alive".to_owned(), 1)]));
}

#[test]
fn the_outermost_folder_that_vanished_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/c.md");
    assert_eq!(vanished_top(&path), folder.path().join("a"));
    std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
    assert_eq!(vanished_top(&path), path);
}
