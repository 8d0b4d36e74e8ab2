//! `lorag doctor`: is everything here that an answer needs?

use super::context::Context;
use super::models::suggested::SUGGESTED;
use super::terminal::outln;
use super::terminal::{Line, Paint};
use super::{Failure, code, cpu};
use crate::builtin::{self, Asset};
use crate::domain::redacted;
use crate::engine::mistral::Place;
use crate::knowledge::store::{Damage, Location, Store};
use crate::setup::ServerCheck;
use indicatif::HumanBytes;
use std::path::Path;
use std::time::Duration;
use sysinfo::System;

/// One finding.
enum Finding {
    Good(String),
    Note(String),
    Bad(String),
}

/// Runs the command; exit code 1 where something is wrong.
pub async fn run(context: &Context) -> Result<u8, Failure> {
    let paint = Paint::stdout();
    let mut bad = false;
    let mut sections: Vec<(&str, Vec<Finding>)> = vec![
        ("Versions", versions()),
        ("Machine", machine()),
        ("Folders", folders(context)),
        ("Models", models(context).await),
    ];
    if !context.loaded.settings.servers.is_empty() {
        sections.push(("Servers", servers(context).await));
    }
    sections.push(("Knowledge base", knowledge(context).await));
    for (title, findings) in sections {
        outln!("{}", paint.bold(title))?;
        for finding in findings {
            let (mark, text) = match finding {
                Finding::Good(text) => ("ok  ", text),
                Finding::Note(text) => ("note", text),
                Finding::Bad(text) => {
                    bad = true;
                    ("BAD ", text)
                }
            };
            outln!("  {mark}  {}", Line::of(redacted(&text)))?;
        }
    }
    Ok(if bad { code::FAILED } else { code::DONE })
}

fn versions() -> Vec<Finding> {
    vec![Finding::Good(format!(
        "lorag {}, mistral.rs {}, {}, LanceDB {}, {} {}",
        env!("CARGO_PKG_VERSION"),
        env!("VERSION_MISTRALRS"),
        if cfg!(feature = "llama") {
            concat!("llama.cpp (llama-cpp-sys-2 ", env!("VERSION_LLAMA_CPP_SYS_2"), ")")
        } else {
            "without llama.cpp"
        },
        env!("VERSION_LANCEDB"),
        std::env::consts::OS,
        std::env::consts::ARCH
    ))]
}

fn machine() -> Vec<Finding> {
    let mut out = Vec::new();
    match cpu::too_old() {
        Some(text) => out.push(Finding::Bad(text)),
        None => {
            let names: Vec<&str> = cpu::features().iter().map(|f| f.name).collect();
            let names = if names.is_empty() { "native".to_owned() } else { names.join(", ") };
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            out.push(Finding::Good(format!("CPU with {cores} cores, {names}")));
        }
    }
    let mut system = System::new();
    system.refresh_memory();
    let (free, total) = (system.available_memory(), system.total_memory());
    let text = format!("{} of {} memory available", HumanBytes(free), HumanBytes(total));
    out.push(if free < 512 << 20 { Finding::Bad(text) } else { Finding::Good(text) });
    out
}

fn folders(context: &Context) -> Vec<Finding> {
    let paths = &context.paths;
    let exists = if paths.config_file.exists() { "" } else { " (absent: defaults apply)" };
    let mut out = vec![Finding::Good(format!("config {}{exists}", paths.config_file.display()))];
    for (name, folder) in [("data", &paths.data), ("cache", &paths.cache), ("logs", &paths.logs)] {
        let text = format!("{name} {}", folder.display());
        out.push(match writable(folder) {
            Ok(()) => Finding::Good(text),
            Err(error) => Finding::Bad(format!("{text}: {error}")),
        });
    }
    out
}

fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}

async fn models(context: &Context) -> Vec<Finding> {
    let mut out = Vec::new();
    for (name, asset) in [("reader", Asset::Reader), ("embedder", Asset::Embedder)] {
        let bytes: usize = builtin::files(asset).iter().map(|(_, b)| b.len()).sum();
        let size = HumanBytes(bytes as u64);
        out.push(match builtin::unpack(asset, &context.paths.cache) {
            Ok(_) => Finding::Good(format!("built-in {name}, {size}, checksums right")),
            Err(error) => Finding::Bad(error.to_string()),
        });
    }
    let settings = &context.loaded.settings;
    for (key, name) in [("model", &settings.model.0), ("embedder", &settings.embedder.0)] {
        if key == "model" && context.server_place(name).is_some() {
            // The servers are asked below.
            continue;
        }
        let named = settings.models.get(name).and_then(|e| e.path.clone());
        let name = named.unwrap_or_else(|| name.clone());
        if name == "builtin" {
            continue;
        }
        let path = match context.locate(&name) {
            Ok(path) => path,
            Err(failure) => {
                out.push(Finding::Bad(format!("{key}: {}", failure.message)));
                continue;
            }
        };
        let sound = if key == "model" {
            runs(context, &path)
        } else {
            context.embedder().await.map(|_| String::new()).map_err(|f| f.message)
        };
        out.push(match sound {
            Ok(how) => Finding::Good(format!("{key} {name}: {}{how}", path.display())),
            Err(error) => Finding::Bad(format!("{key}: {error}")),
        });
    }
    if settings.model.0 == "builtin" {
        out.push(Finding::Note(
            "the built-in reader only quotes; it knows nothing by itself. Better ones (4-bit):"
                .to_owned(),
        ));
        for (id, size, memory, _) in SUGGESTED {
            out.push(Finding::Note(format!("  lorag models pull {id}  ({size}, {memory})")));
        }
    }
    out
}

/// Which engine runs a model, and why.
fn runs(context: &Context, path: &Path) -> Result<String, String> {
    let place = Place::detect(path).map_err(|error| error.to_string())?;
    let chosen = context.engine_for(&place).map_err(|error| error.message)?;
    Ok(format!(", by {} ({})", chosen.name(), chosen.why))
}

/// How long a server may take in all.
const SERVER: Duration = Duration::from_secs(20);

/// Asks every configured server at once.
async fn servers(context: &Context) -> Vec<Finding> {
    let names = context.loaded.settings.servers.keys();
    let asked = names.map(|name| async move {
        let checked = tokio::time::timeout(SERVER, context.check_server(name)).await;
        checked.unwrap_or_else(|_| ServerCheck {
            faults: vec![format!(
                "the server {name} did not answer all questions within {} s",
                SERVER.as_secs()
            )],
            ..ServerCheck::default()
        })
    });
    let mut out = Vec::new();
    for check in futures::future::join_all(asked).await {
        out.extend(check.good.into_iter().map(Finding::Good));
        out.extend(check.notes.into_iter().map(Finding::Note));
        out.extend(check.faults.into_iter().map(Finding::Bad));
    }
    out
}

async fn knowledge(context: &Context) -> Vec<Finding> {
    let folder = &context.paths.knowledge;
    let place = Location::from(folder);
    let found = tokio::task::spawn_blocking(move || place.damaged(true)).await;
    match found {
        Ok(Ok(found)) if found.is_empty() => {}
        Ok(Ok(found)) => {
            let name = |damage: &Damage| {
                let file = damage.path.display();
                Finding::Bad(format!("{file} {}. Run: lorag kb repair", damage.what))
            };
            return found.iter().map(name).collect();
        }
        Ok(Err(error)) => return vec![Finding::Bad(format!("{}: {error}", folder.display()))],
        Err(error) => return vec![Finding::Bad(error.to_string())],
    }
    let store = match Store::open_any(folder).await {
        Ok(Some(store)) => store,
        Ok(None) => return vec![Finding::Note(format!("{}: empty", folder.display()))],
        Err(error) => return vec![Finding::Bad(error.to_string())],
    };
    match store.stats().await {
        Ok(stats) => {
            let mut out = vec![Finding::Good(format!(
                "{} files, {} chunks, {}, embedder {}",
                stats.files,
                stats.chunks,
                HumanBytes(stats.bytes_on_disk),
                stats.embedder
            ))];
            if let Some(note) = store.old_note() {
                out.push(Finding::Note(note.to_owned()));
            }
            if stats.full_text_unindexed > 0 {
                out.push(Finding::Note(format!(
                    "{} rows are not in the full-text index yet; the next ingest adds them",
                    stats.full_text_unindexed
                )));
            }
            out
        }
        Err(error) => vec![Finding::Bad(error.to_string())],
    }
}
