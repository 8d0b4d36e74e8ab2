//! Pulls from a hub on the loopback interface, sound and spoilt.

use super::super::Stage;
use super::super::loopback::{COMMIT, Reply, Request, Server};
use super::job::range;
use super::*;
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use std::time::Duration;

const WEIGHTS: &str = "model.safetensors";

fn id() -> ModelId {
    "org/name".parse().unwrap()
}

fn weights() -> Vec<u8> {
    (0..1_000_000_u32).map(|i| (i * 31 % 251) as u8).collect()
}

/// A hub with one model, whose answers for the weights `tweak` may spoil.
fn hub(tweak: impl Fn(&Request, usize, &mut Reply) + Send + Sync + 'static) -> Server {
    let files = vec![
        ("config.json", b"{\"hidden_size\": 8}".to_vec(), false),
        ("1_Pooling/config.json", b"{}".to_vec(), false),
        (WEIGHTS, weights(), true),
        ("pytorch_model.bin", vec![1; 10], true),
    ];
    Server::hub(files, move |request, before, reply| {
        if request.path.ends_with(WEIGHTS) {
            tweak(request, before, reply);
        }
    })
}

fn endpoint(server: &Server) -> Endpoint {
    Endpoint::new(&server.url, None).unwrap().impatient()
}

async fn fetch_with(root: &Path, server: &Server, filter: &FileFilter) -> Result<Pulled, HubError> {
    let (cache, cancel) = (Cache::new(root), Cancel::default());
    pull(&cache, &endpoint(server), &id(), filter, &|_| {}, &cancel).await
}

async fn fetch(root: &Path, server: &Server) -> Result<Pulled, HubError> {
    fetch_with(root, server, &FileFilter::default()).await
}

/// Where the weights belong; the part of them with `.incomplete`.
fn blob(root: &Path, extension: &str) -> PathBuf {
    let digits = format!("{:x}", Sha256::digest(weights()));
    root.join("models--org--name/blobs").join(digits).with_extension(extension)
}

fn put_partial(root: &Path, content: &[u8]) {
    let path = blob(root, "incomplete");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn weights_are_right(pulled: &Pulled) -> bool {
    fs::read(pulled.folder.join(WEIGHTS)).unwrap() == weights()
}

#[tokio::test]
async fn a_pull_fills_the_cache_and_the_next_one_fetches_nothing() {
    let root = tempfile::tempdir().unwrap();
    let server = hub(|_, _, _| {});
    let (cache, log) = (Cache::new(root.path()), Mutex::new(Vec::new()));
    let (filter, cancel) = (FileFilter::default(), Cancel::default());
    let note = |progress: Progress| log.lock().unwrap().push(progress);
    let pulled = pull(&cache, &endpoint(&server), &id(), &filter, &note, &cancel).await.unwrap();
    assert_eq!((pulled.fetched_files, pulled.fetched_bytes), (3, 1_000_020));
    assert_eq!(pulled.commit, COMMIT);
    assert!(weights_are_right(&pulled));
    assert!(!blob(root.path(), "incomplete").exists());

    let found = cache.find(&id()).unwrap();
    assert_eq!((found.complete, &found.folder), (true, &pulled.folder));
    let names: Vec<&str> = found.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["1_Pooling/config.json", "config.json", WEIGHTS]);
    assert_eq!(pulled.files, 3);
    let reference = root.path().join("models--org--name/refs/main");
    assert_eq!(fs::read_to_string(reference).unwrap(), COMMIT);

    let log = log.into_inner().unwrap();
    assert!(log.is_sorted_by_key(|progress| progress.all_done_bytes));
    let last = log.last().unwrap();
    assert_eq!((last.stage, last.index, last.files), (Stage::Done, 2, 3));
    assert_eq!((last.all_done_bytes, last.all_total_bytes), (1_000_020, 1_000_020));

    let before = server.requests("").len();
    let again = fetch(root.path(), &server).await.unwrap();
    assert_eq!((again.fetched_files, again.fetched_bytes), (0, 0));
    assert_eq!(server.requests("").len(), before + 1);
}

#[tokio::test]
async fn a_cut_connection_is_resumed_where_it_broke() {
    let root = tempfile::tempdir().unwrap();
    let server = hub(|_, before, reply| {
        if before == 0 {
            reply.cut = Some(700_000);
        }
    });
    let pulled = fetch(root.path(), &server).await.unwrap();
    assert!(weights_are_right(&pulled));
    assert_eq!(pulled.fetched_bytes, 1_000_020);
    let ranges: Vec<_> = server.requests(WEIGHTS).iter().map(|request| request.range).collect();
    assert_eq!(ranges, [None, Some(700_000)]);
}

#[tokio::test]
async fn a_connection_that_always_breaks_is_given_up_and_kept() {
    let root = tempfile::tempdir().unwrap();
    let server = hub(|_, before, reply| reply.cut = Some(if before == 0 { 500 } else { 0 }));
    let error = fetch(root.path(), &server).await.unwrap_err();
    assert!(matches!(error, HubError::Interrupted { done: 500, .. }), "{error}");
    assert_eq!(fs::metadata(blob(root.path(), "incomplete")).unwrap().len(), 500);
    assert_eq!(Cache::new(root.path()).find(&id()).map(|model| model.complete), Some(false));
}

#[tokio::test]
async fn a_cancel_keeps_the_part_and_the_next_pull_finishes_it() {
    let root = tempfile::tempdir().unwrap();
    let server = hub(|_, before, reply| {
        if before == 0 {
            (reply.cut, reply.stall) = (Some(300_000), true);
        }
    });
    let (cache, endpoint) = (Cache::new(root.path()), endpoint(&server));
    let (filter, cancel) = (FileFilter::default(), Cancel::default());
    let partial = blob(root.path(), "incomplete");
    let (id, silent) = (id(), |_: Progress| {});
    let pulling = pull(&cache, &endpoint, &id, &filter, &silent, &cancel);
    let stop = async {
        while fs::metadata(&partial).map_or(0, |data| data.len()) < 300_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let both = async { tokio::join!(pulling, stop) };
    let (result, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.unwrap();
    assert!(matches!(result, Err(HubError::Cancelled)));
    assert_eq!(fs::metadata(&partial).unwrap().len(), 300_000);
    assert!(!root.path().join("models--org--name/refs/main").exists());

    let pulled = fetch(root.path(), &server).await.unwrap();
    assert!(weights_are_right(&pulled));
    assert_eq!(server.requests(WEIGHTS)[1].range, Some(300_000));
    assert_eq!((pulled.fetched_files, pulled.fetched_bytes), (1, 700_000));
}

#[tokio::test]
async fn wrong_content_is_refused_and_deleted() {
    let root = tempfile::tempdir().unwrap();
    let server = hub(|_, _, reply| reply.body[500] ^= 1);
    let error = fetch(root.path(), &server).await.unwrap_err();
    assert!(matches!(&error, HubError::Checksum { file, .. } if file == WEIGHTS), "{error}");
    assert!(!blob(root.path(), "").exists());
    assert!(!blob(root.path(), "incomplete").exists());
    assert!(!root.path().join("models--org--name/refs/main").exists());
    assert_eq!(server.requests(WEIGHTS).len(), 1);

    let server = hub(|_, _, reply| reply.body.truncate(500));
    let error = fetch(root.path(), &server).await.unwrap_err();
    assert!(matches!(error, HubError::WrongSize { found: 500, .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_ignores_the_range_is_read_from_the_start() {
    let root = tempfile::tempdir().unwrap();
    put_partial(root.path(), &weights()[..1_000]);
    let server = hub(|_, _, reply| *reply = Reply::new(200, weights()));
    let pulled = fetch(root.path(), &server).await.unwrap();
    assert!(weights_are_right(&pulled));
    let requests = server.requests(WEIGHTS);
    assert_eq!((requests.len(), requests[0].range), (1, Some(1_000)));
}

#[tokio::test]
async fn a_part_of_another_file_is_begun_anew() {
    let spoilt: [fn(&mut Reply); 3] = [
        |reply| *reply = Reply::new(416, ""),
        |reply| reply.headers = vec![("Content-Range", "bytes 1000-5/2000000".to_owned())],
        |reply| reply.headers = vec![("Content-Range", "bytes 7-999999/1000000".to_owned())],
    ];
    for spoil in spoilt {
        let root = tempfile::tempdir().unwrap();
        put_partial(root.path(), &weights()[..1_000]);
        let server = hub(move |_, before, reply| {
            if before == 0 {
                spoil(reply);
            }
        });
        let pulled = fetch(root.path(), &server).await.unwrap();
        assert!(weights_are_right(&pulled));
        let ranges: Vec<_> = server.requests(WEIGHTS).iter().map(|r| r.range).collect();
        assert_eq!(ranges, [Some(1_000), None]);
    }
}

#[tokio::test]
async fn a_damaged_part_is_fetched_anew() {
    for length in [999_999, 1_000_000, 1_000_001] {
        let root = tempfile::tempdir().unwrap();
        put_partial(root.path(), &vec![7; length]);
        let server = hub(|_, _, _| {});
        assert!(weights_are_right(&fetch(root.path(), &server).await.unwrap()));
        assert_eq!(server.requests(WEIGHTS).last().unwrap().range, None);
    }
}

#[tokio::test]
async fn a_whole_part_only_gets_its_name() {
    let root = tempfile::tempdir().unwrap();
    put_partial(root.path(), &weights());
    let server = hub(|_, _, _| {});
    assert!(weights_are_right(&fetch(root.path(), &server).await.unwrap()));
    assert_eq!(server.requests(WEIGHTS).len(), 0);
}

#[tokio::test]
async fn two_pulls_at_once_fetch_each_file_once() {
    let root = tempfile::tempdir().unwrap();
    let server = hub(|_, _, _| std::thread::sleep(Duration::from_millis(50)));
    let (a, b) = tokio::join!(fetch(root.path(), &server), fetch(root.path(), &server));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(weights_are_right(&a) && weights_are_right(&b));
    assert_eq!(a.fetched_bytes + b.fetched_bytes, 1_000_020);
    assert_eq!(server.requests(WEIGHTS).len(), 1);
}

#[tokio::test]
async fn a_damaged_blob_is_found_by_hashing() {
    let root = tempfile::tempdir().unwrap();
    let server = hub(|_, _, _| {});
    fetch(root.path(), &server).await.unwrap();
    let mut content = weights();
    content[9] ^= 1;
    fs::write(blob(root.path(), ""), content).unwrap();
    let pulled = fetch(root.path(), &server).await.unwrap();
    assert!(!weights_are_right(&pulled));
    let rehash = FileFilter { rehash: true, ..FileFilter::default() };
    let pulled = fetch_with(root.path(), &server, &rehash).await.unwrap();
    assert!(weights_are_right(&pulled));
    assert_eq!(pulled.fetched_files, 1);
}

#[tokio::test]
async fn refused_files_are_told_apart() {
    for status in [401, 404] {
        let root = tempfile::tempdir().unwrap();
        let server = hub(move |_, _, reply| *reply = Reply::new(status, ""));
        let error = fetch(root.path(), &server).await.unwrap_err();
        match status {
            401 => assert!(matches!(error, HubError::Denied { .. }), "{error}"),
            _ => assert!(matches!(error, HubError::UnknownFile { .. }), "{error}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_held_or_verified_is_not_begun() {
    let listing = |size: u64, hash: &str| {
        let file = serde_json::json!({ "rfilename": WEIGHTS, "size": size, "blobId": hash });
        let listing = serde_json::json!({ "sha": COMMIT, "siblings": [file] }).to_string();
        Server::start(move |_, _| Reply::new(200, listing.as_bytes()))
    };
    let root = tempfile::tempdir().unwrap();
    let error = fetch(root.path(), &listing(5, "../../../evil")).await.unwrap_err();
    assert!(matches!(error, HubError::NoChecksum { .. }), "{error}");
    let error = fetch(root.path(), &listing(1 << 60, COMMIT)).await.unwrap_err();
    assert!(!cfg!(unix) || matches!(error, HubError::NoSpace { .. }), "{error}");
}

#[test]
fn content_ranges_are_read() {
    assert_eq!(range("bytes 5-9/10"), Some((5, Some(10))));
    assert_eq!(range("bytes 5-9/*"), Some((5, None)));
    assert_eq!(range("bytes */10"), None);
}
