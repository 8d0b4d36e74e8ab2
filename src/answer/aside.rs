//! Work that takes its time within an async task: counting the tokens of a
//! prompt, checking a claim with a large embedder.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does `work` in such a way that the other tasks of this thread go on on
/// another one. Where there is but one thread, it is done right here.
pub(super) fn aside<T>(work: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::aside;
    use std::sync::mpsc;
    use std::time::Duration;

    /// Finding 9.
    #[test]
    fn other_tasks_go_on_meanwhile() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        let runtime = runtime.unwrap();
        let (done, other) = mpsc::channel();
        let work = runtime.spawn(async move {
            // Waits on this one thread, behind this task.
            tokio::spawn(async move { done.send(()) });
            aside(|| other.recv_timeout(Duration::from_secs(20)).is_ok())
        });
        assert!(runtime.block_on(work).unwrap());
    }

    #[tokio::test]
    async fn one_thread_does_it_itself() {
        assert_eq!(aside(|| 7), 7);
    }
}
