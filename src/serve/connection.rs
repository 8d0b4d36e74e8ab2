//! The requests of one connection, one after the other.

use super::desk::Desk;
use super::http::{Reading, SLOW, Times, Writing, json};
use super::routes::{self, Asked};
use super::turns::Client;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

/// Takes requests until the client leaves, one is refused that nothing may
/// follow, or the server is `closing` and none is under way.
pub(super) async fn take(
    stream: impl AsyncRead + AsyncWrite,
    client: Client,
    desk: Arc<Desk>,
    closing: CancellationToken,
) {
    let (input, output) = tokio::io::split(stream);
    let mut reading = Reading::new(input, Times::default());
    let mut writing = Writing { output, slow: SLOW };
    loop {
        let head = tokio::select! {
            head = reading.head() => head,
            () = closing.cancelled() => return,
        };
        let read = match head {
            Ok(None) => return,
            Ok(Some(head)) => match desk.admit(&head) {
                Err(refusal) => Err(refusal),
                Ok(()) => {
                    let body = reading.body(&head, &mut writing.output).await;
                    body.map(|body| {
                        let keeps = head.keeps && !closing.is_cancelled();
                        Asked { head, body, keeps }
                    })
                }
            },
            Err(refusal) => Err(refusal),
        };
        let asked = match read {
            Ok(asked) => asked,
            Err(refusal) => {
                let answer = json(refusal.status, &refusal.body(), false);
                if writing.send(&answer).await.is_ok() {
                    let _ = writing.output.shutdown().await;
                    reading.lose().await;
                }
                return;
            }
        };
        let there = routes::answer(&desk, client, &asked, &mut reading, &mut writing).await;
        if !there || !asked.keeps {
            let _ = writing.output.shutdown().await;
            return;
        }
    }
}
