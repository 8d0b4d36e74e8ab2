//! The list of models: the loaded one, and with each adapter that fits.

use super::desk::Desk;
use super::http::Refusal;
use serde_json::{Value, json};
use std::sync::Arc;

/// The list.
pub(super) async fn list(desk: &Arc<Desk>) -> Value {
    let names = {
        let desk = Arc::clone(desk);
        // Headers of files are read.
        tokio::task::spawn_blocking(move || desk.host.setup().adapter_names(&desk.model)).await
    };
    let mut data = vec![model(desk, None)];
    data.extend(names.unwrap_or_default().iter().map(|name| model(desk, Some(name))));
    json!({ "object": "list", "data": data })
}

/// One of the list.
///
/// # Errors
/// It is not there.
pub(super) async fn one(desk: &Arc<Desk>, name: &str) -> Result<Value, Refusal> {
    let list = list(desk).await;
    let found = list["data"].as_array().and_then(|all| all.iter().find(|one| one["id"] == *name));
    found.cloned().ok_or_else(|| Refusal::new(404, "there is no such model; /v1/models lists them"))
}

fn model(desk: &Desk, adapter: Option<&String>) -> Value {
    let Desk { model, info, since, .. } = desk;
    let id = match adapter {
        Some(adapter) => format!("{model}+{adapter}"),
        None => model.clone(),
    };
    let mut out = json!({
        "id": id,
        "object": "model",
        "created": since,
        "owned_by": "lorag",
        "context_window": info.window,
        "meta": { "n_params": info.parameters, "ftype": info.quantization },
    });
    if adapter.is_some() {
        out["parent"] = model.clone().into();
    }
    out
}
