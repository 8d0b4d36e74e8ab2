//! Measures what README reports, through the same code that the program runs.
//!
//! ```text
//! cargo run --example measure -- retrieval SELQA_FOLDER [EMBEDDER]
//! cargo run --example measure -- reader SELQA_FOLDER [COUNT]
//! cargo run --example measure -- writing SELQA_FOLDER [COUNT]
//! cargo run --example measure -- handbook
//! cargo run --example measure -- chains
//! cargo run --example measure -- latency KNOWLEDGE_FOLDER [QUERY]
//! cargo run --example measure -- ranker [FOLDER]
//! cargo run --example measure -- engine GGUF_FILE [SERVER_URL]
//! cargo run --example measure -- features DATA_FOLDER FILE [COUNT]
//! cargo run --example measure -- support SELQA_FOLDER [EMBEDDER]
//! cargo run --example measure -- tune MODEL_FOLDER ROWS_FILE [STEPS] [THREADS]
//! ```
//!
//! `SELQA_FOLDER` holds `selqa-ass-dev.json` and `selqa-ass-test.json` of
//! SelQA (Jurczyk, Zhai and Choi, 2016); `EMBEDDER` is `builtin` or a folder,
//! `DATA_FOLDER` has the folders `selqa` and `covidqa`.
#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]

mod chains;
mod covid;
#[cfg(feature = "llama")]
mod engine;
mod features;
mod handbook;
mod latency;
mod ranker;
mod reader;
mod retrieval;
mod selqa;
mod support;
mod tune;
mod world;

use anyhow::{Context, Result, bail};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize| arguments.get(index).map(String::as_str);
    match argument(0) {
        Some("retrieval") => {
            let folder = argument(1).context("which folder holds SelQA?")?;
            retrieval::run(folder.as_ref(), argument(2).unwrap_or("builtin")).await
        }
        Some("reader") => {
            let folder = argument(1).context("which folder holds SelQA?")?;
            reader::selqa(folder.as_ref(), argument(2).map_or(Ok(300), str::parse)?).await
        }
        Some("writing") => {
            let folder = argument(1).context("which folder holds SelQA?")?;
            reader::writing(folder.as_ref(), argument(2).map_or(Ok(300), str::parse)?).await
        }
        Some("handbook") => handbook::run().await,
        Some("chains") => chains::run().await,
        Some("features") => {
            let folder = argument(1).context("which folder holds selqa and covidqa?")?;
            let to = argument(2).context("which file to write?")?;
            let count = argument(3).map_or(Ok(300), str::parse)?;
            features::run(folder.as_ref(), to.as_ref(), count).await
        }
        Some("ranker") => ranker::run(argument(1).unwrap_or("builtin")),
        Some("latency") => {
            let folder = argument(1).context("which folder is the knowledge base?")?;
            latency::run(folder.as_ref(), argument(2).unwrap_or("how to read a file line by line"))
                .await
        }
        #[cfg(feature = "llama")]
        Some("engine") => {
            let file = argument(1).context("which GGUF file?")?;
            engine::run(file.as_ref(), argument(2)).await
        }
        Some("support") => {
            let folder = argument(1).context("which folder holds SelQA?")?;
            support::run(folder.as_ref(), argument(2).unwrap_or("builtin"))
        }
        Some("tune") => {
            let model = argument(1).context("which folder holds the model?")?;
            let rows = argument(2).context("which file holds the rows?")?;
            let number = |index, default| argument(index).map_or(Ok(default), str::parse);
            tune::run(model.as_ref(), rows.as_ref(), number(3, 3)?, number(4, 2)?)
        }
        _ => bail!(
            "say what to measure: retrieval, reader, writing, handbook, chains, features, ranker, engine, latency, support or tune"
        ),
    }
}
