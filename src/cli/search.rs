//! `lorag search`: the best passages, without an answer.

use super::args::SearchArgs;
use super::context::Context;
use super::terminal::errln;
use super::terminal::outln;
use super::terminal::{Paint, one_line};
use super::{Failure, code, collections};
use crate::domain::Hit;
use crate::json;
use crate::knowledge::search::{Found, KnowledgeBase};
use crate::knowledge::store::Filter;

/// Runs the command.
pub async fn run(context: &Context, args: SearchArgs) -> Result<u8, Failure> {
    if args.query.trim().is_empty() {
        return Err(Failure::usage(
            "the query is empty. Search like this: lorag search \"opening hours\"",
        ));
    }
    collections::check(context, args.collection.as_deref()).await?;
    let embedder = context.embedder().await?;
    let filter = Filter { collection: args.collection, under: Vec::new(), glob: args.glob };
    let found = match KnowledgeBase::open(&context.paths.knowledge, embedder).await? {
        Some(base) => {
            if let Some(note) = base.store().old_note() {
                errln!("lorag: {note}");
            }
            base.search(&args.query, &context.search_options(filter)).await?
        }
        None => Found::default(),
    };
    if found.hits.is_empty() {
        hint(context).await?;
    }
    if args.json {
        outln!("{}", serde_json::to_string(&json::search(&args.query, &found))?)?;
        return Ok(code::DONE);
    }
    let paint = Paint::stdout();
    for hit in &found.hits {
        print_hit(hit, paint)?;
    }
    Ok(code::DONE)
}

/// Says on standard error why nothing was found.
pub async fn hint(context: &Context) -> Result<(), Failure> {
    let store = crate::knowledge::store::Store::open_any(&context.paths.knowledge).await?;
    let files = match store {
        Some(store) => store.files().await?.len(),
        None => 0,
    };
    if files == 0 {
        errln!("lorag: the knowledge base is empty. Index a folder with: lorag ingest PATH");
    } else {
        let files = super::ingest::plural(files, "indexed file");
        errln!("lorag: no passage matches, among {files}.");
    }
    Ok(())
}

fn print_hit(hit: &Hit, paint: Paint) -> std::io::Result<()> {
    let chunk = &hit.chunk;
    let place = chunk.locator().within(&chunk.path);
    let leg = |name: &str, rank: Option<usize>| match rank {
        Some(rank) => format!("{name} #{rank}"),
        None => format!("{name} –"),
    };
    let number = paint.cite(&format!("{}.", hit.rank));
    outln!("{number} {}{}", paint.bold(&place), paint.stale(hit.stale))?;
    outln!(
        "   {}",
        paint.dim(&format!(
            "{}  score {:.3}, {}, {}",
            one_line(&chunk.heading_line(), 60),
            hit.score,
            leg("vector", hit.vector.map(|v| v.rank)),
            leg("full text", hit.full_text.map(|f| f.rank)),
        ))
    )?;
    outln!("   {}\n", one_line(&chunk.text, 240))
}
