//! `lorag serve`: one loaded model and knowledge base for several clients.

use super::args::ServeArgs;
use super::context::Context;
use super::ingest::Signals;
use super::terminal::{errln, outln, visible};
use super::{Failure, code};
use crate::host::Host;
use crate::serve::{Options, ServeError, run as serve};
use std::io::Write;
use std::sync::Arc;

/// Runs the command.
pub async fn run(context: &Context, args: ServeArgs) -> Result<u8, Failure> {
    let key = match &args.key_env {
        None => None,
        Some(name) => match std::env::var(name).ok().filter(|key| !key.trim().is_empty()) {
            Some(key) => Some(key.trim().to_owned()),
            None => {
                return Err(Failure::usage(format!(
                    "the variable {} holds no key; set it, or leave --key-env out",
                    visible(name)
                )));
            }
        },
    };
    let options = Options { address: args.listen, key, allow_remote: args.allow_remote };
    let mut signals = Signals::new();
    let host = Arc::new(Host::new(context.clone()));
    let model = &context.loaded.settings.model.0;
    errln!("lorag: loading the model {}", visible(model));
    let on_ready = |address: &str| {
        // For people and scripts alike: the address is all that is printed.
        let _ = outln!("{}", visible(address));
        let _ = std::io::stdout().flush();
        errln!("lorag: answering there; Ctrl-C ends it");
    };
    let stop = async {
        signals.received().await;
        errln!("lorag: ending, once the answers under way are given. Ctrl-C again ends at once.");
        tokio::spawn(async move {
            signals.received().await;
            std::process::exit(i32::from(code::INTERRUPTED));
        });
    };
    serve(host, options, on_ready, stop).await?;
    Ok(code::DONE)
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Address(message) => Self::usage(message),
            ServeError::Host(error) if error.wrong => Self::usage(error.message),
            other => Self::from(other.to_string()),
        }
    }
}
