//! Answers of a hub on the loopback interface, good and bad.

use super::super::Checksum;
use super::super::loopback::{COMMIT, Reply, Server};
use super::*;

fn id() -> ModelId {
    "org/name".parse().unwrap()
}

fn endpoint(server: &Server) -> Endpoint {
    Endpoint::new(&server.url, Some("secret".to_owned())).unwrap().impatient()
}

/// What comes of a hub that always answers so, and how often it was asked.
async fn outcome(reply: Reply) -> (HubError, usize) {
    let server = Server::start(move |_, _| reply.clone());
    let error = endpoint(&server).model(&id()).await.unwrap_err();
    (error, server.requests("").len())
}

#[tokio::test]
async fn a_listing_is_read() {
    let server = Server::hub(
        vec![("config.json", b"{}".to_vec(), false), ("a.gguf", vec![1; 9], true)],
        |_, _, _| {},
    );
    let id: ModelId = "org/name@refs/pr/1".parse().unwrap();
    let model = endpoint(&server).model(&id).await.unwrap();
    assert_eq!(model.commit, COMMIT);
    // What `git hash-object` says of a file that holds `{}`.
    let git = Checksum::Git("9e26dfeeb6e641a33dae4961196235bdb965b21b".to_owned());
    assert_eq!(model.files[0].checksum, Some(git));
    assert_eq!((model.files[1].name.as_str(), model.files[1].size), ("a.gguf", 9));
    assert!(matches!(&model.files[1].checksum, Some(Checksum::Sha256(d)) if d.len() == 64));
    let requests = server.requests("/api/models/org/name/revision/refs%2Fpr%2F1?blobs=true");
    assert_eq!(requests[0].authorization.as_deref(), Some("Bearer secret"));
}

#[tokio::test]
async fn refusals_have_their_own_errors() {
    let coded = |status, code: &str| {
        let mut reply = Reply::new(status, "");
        reply.headers.push(("X-Error-Code", code.to_owned()));
        reply
    };
    let (error, asked) = outcome(Reply::new(401, "")).await;
    assert!(matches!(error, HubError::Denied { with_token: true, .. }), "{error}");
    assert_eq!(asked, 1);
    let (error, _) = outcome(coded(403, "GatedRepo")).await;
    assert!(error.to_string().contains("/org/name"), "{error}");
    let (error, _) = outcome(coded(401, "RepoNotFound")).await;
    assert!(matches!(error, HubError::UnknownModel { .. }), "{error}");
    let (error, _) = outcome(Reply::new(404, "")).await;
    assert!(matches!(error, HubError::UnknownModel { .. }), "{error}");
    let (error, _) = outcome(coded(404, "RevisionNotFound")).await;
    assert!(matches!(error, HubError::UnknownRevision { .. }), "{error}");
    let (error, asked) = outcome(Reply::new(502, "")).await;
    assert!(matches!(error, HubError::Server { status: 502, .. }), "{error}");
    assert_eq!(asked, 3);
    let mut busy = Reply::new(429, "");
    busy.headers.push(("Retry-After", "300".to_owned()));
    let (error, asked) = outcome(busy).await;
    assert!(matches!(error, HubError::RateLimited { wait_s: Some(300), .. }), "{error}");
    assert_eq!(asked, 1);
    let (error, _) = outcome(Reply::new(200, r#"{"sha": "../../x"}"#)).await;
    assert!(matches!(error, HubError::BadAnswer { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_recovers_is_asked_again() {
    let server = Server::hub(Vec::new(), |_, before, reply| {
        if before < 2 {
            reply.status = 503;
        }
    });
    assert_eq!(endpoint(&server).model(&id()).await.unwrap().commit, COMMIT);
}

#[tokio::test]
async fn no_connection_is_told_from_being_offline() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", unused.local_addr().unwrap());
    drop(unused);
    let endpoint = Endpoint::new(&url, None).unwrap().impatient();
    let error = endpoint.model(&id()).await.unwrap_err();
    assert!(matches!(error, HubError::Unreachable { .. }), "{error}");
    let error = endpoint.offline(true).model(&id()).await.unwrap_err();
    assert!(matches!(error, HubError::Offline { .. }), "{error}");
}

#[test]
fn the_environment_names_hub_and_token() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("token"), "from-file\n").unwrap();
    let folder = home.path().to_str().unwrap().to_owned();
    let endpoint = |pairs: &[(&str, &str)]| {
        let get = |name: &str| match pairs.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => Some((*value).to_owned()),
            None if name == "HF_HOME" => Some(folder.clone()),
            None if name == "HF_ENDPOINT" => Some("http://localhost:1/".to_owned()),
            None => None,
        };
        Endpoint::from_environment(get)
    };
    let found = endpoint(&[]).unwrap();
    assert_eq!((found.url(), found.token.as_deref()), ("http://localhost:1", Some("from-file")));
    let found = endpoint(&[("HUGGING_FACE_HUB_TOKEN", "old")]).unwrap();
    assert_eq!((found.token.as_deref(), found.offline), (Some("old"), false));
    assert!(!format!("{found:?}").contains("old"));
    assert!(matches!(endpoint(&[("HF_TOKEN", "a b")]), Err(HubError::BadToken { .. })));
    let bad = endpoint(&[("HF_ENDPOINT", "ftp://hub")]);
    assert!(matches!(bad, Err(HubError::BadEndpoint { .. })));
}

#[test]
fn paths_are_encoded() {
    assert_eq!(encode("1_Pooling/a b#?%é.json"), "1_Pooling/a%20b%23%3F%25%C3%A9.json");
}

#[tokio::test]
async fn a_list_of_files_without_end_is_refused() {
    let (error, _) = outcome(Reply::new(200, " ".repeat(MOST_LISTED + 1))).await;
    assert!(error.to_string().contains("more than 64 MB"), "{error}");
}

#[tokio::test]
async fn a_password_in_the_address_is_not_shown() {
    let server = Server::start(|_, _| Reply::new(503, ""));
    let url = server.url.replacen("://", "://me:PASS@", 1);
    let endpoint = Endpoint::new(&url, None).unwrap().impatient();
    let error = endpoint.model(&id()).await.unwrap_err().to_string();
    assert!(error.contains("…@127.0.0.1") && !error.contains("PASS"), "{error}");
    assert!(!format!("{endpoint:?}").contains("PASS"));
    let error = Endpoint::new("ftp://me:PASS@host", None).unwrap_err().to_string();
    assert!(!error.contains("PASS"), "{error}");
}
