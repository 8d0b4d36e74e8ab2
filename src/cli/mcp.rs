//! `lorag mcp`: tools and resources for editors and agents, over standard input
//! and output.

use super::context::Context;
use super::terminal::errln;
use super::{Failure, code};
use crate::host::Host;
use crate::mcp;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use tokio::io::{AsyncWrite, BufReader};

/// Runs the command.
pub async fn run(context: &Context) -> Result<u8, Failure> {
    if io::stdin().is_terminal() {
        errln!(
            "lorag: this speaks the Model Context Protocol, one message a line. Add the command `lorag mcp` to an editor or agent; Ctrl-C ends it."
        );
    }
    let output = output()?;
    let host = Arc::new(Host::new(context.clone()));
    mcp::run(BufReader::new(tokio::io::stdin()), output, host).await?;
    Ok(code::DONE)
}

/// Standard output for the protocol alone: what a library prints goes to
/// standard error from here on.
#[cfg(unix)]
fn output() -> io::Result<impl AsyncWrite + Unpin + Send + 'static> {
    use std::os::fd::AsFd;
    let own = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(tokio::fs::File::from_std(own.into()))
}

/// Standard output, for the protocol.
#[cfg(not(unix))]
fn output() -> io::Result<impl AsyncWrite + Unpin + Send + 'static> {
    Ok(tokio::io::stdout())
}
