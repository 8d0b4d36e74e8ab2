//! Accepts connections until it is told to stop.

use super::address::Address;
use super::connection::take;
use super::desk::Desk;
use super::turns::Client;
use crate::host::{Host, HostError};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Most connections at once.
const MOST: usize = 256;

/// How long answers may take that are under way when it is told to stop.
const LAST: Duration = Duration::from_secs(30);

/// How long is waited after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens.
    pub address: Address,
    /// The key that clients must have.
    pub key: Option<String>,
    /// Whether other machines may reach it.
    pub allow_remote: bool,
}

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is none that it may have.
    #[error("{0}")]
    Address(String),
    /// The address can't be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The model can't be loaded.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Loads the model, then answers until `stop` comes. `on_ready` is told where,
/// once connections are taken. Answers that are under way are finished.
///
/// # Errors
/// The address can't be listened on, or the model can't be loaded.
pub async fn run(
    host: Arc<Host>,
    options: Options,
    on_ready: impl FnOnce(&str),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    if options.address.is_remote() && !(options.allow_remote && options.key.is_some()) {
        return Err(ServeError::Address(format!(
            "{} can be reached from other machines. Give --allow-remote, and --key-env NAME with the variable that holds the key of clients; or listen on 127.0.0.1",
            options.address
        )));
    }
    let mut stop = std::pin::pin!(stop);
    // Before the model is loaded: an address that is taken is told at once.
    let listener = Listener::bind(&options.address).await?;
    let info = tokio::select! {
        info = host.prepare() => info?,
        () = &mut stop => return Ok(()),
    };
    let strict = matches!(options.address, Address::Port(_)) && !options.allow_remote;
    let desk = Arc::new(Desk::new(host, info, options.key.as_deref(), strict));
    on_ready(&listener.address());
    let (closing, mut connections) = (CancellationToken::new(), JoinSet::new());
    let mut number = 0;
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST => accepted,
            Some(_) = connections.join_next(), if connections.len() >= MOST => continue,
            () = &mut stop => break,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        number += 1;
        let client = client.unwrap_or(Client::Connection(number));
        let (desk, closing) = (Arc::clone(&desk), closing.clone());
        connections.spawn(async move {
            match stream {
                Stream::Port(stream) => take(stream, client, desk, closing).await,
                #[cfg(unix)]
                Stream::Socket(stream) => take(stream, client, desk, closing).await,
            }
        });
    }
    drop(listener);
    closing.cancel();
    let last = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST, last).await.is_err() {
        tracing::warn!("answers were under way when the server ended; they are given up");
    }
    Ok(())
}

enum Stream {
    Port(TcpStream),
    #[cfg(unix)]
    Socket(tokio::net::UnixStream),
}

enum Listener {
    Port(TcpListener, SocketAddr),
    #[cfg(unix)]
    Socket(tokio::net::UnixListener, socket::Placed),
}

impl Listener {
    async fn bind(address: &Address) -> Result<Self, ServeError> {
        let failed = |error| ServeError::Listen { address: address.to_string(), error };
        match address {
            Address::Port(wanted) => {
                let listener = TcpListener::bind(wanted).await.map_err(failed)?;
                let bound = listener.local_addr().map_err(failed)?;
                Ok(Self::Port(listener, bound))
            }
            #[cfg(unix)]
            Address::Socket(path) => {
                let (listener, placed) = socket::bind(path).await.map_err(failed)?;
                Ok(Self::Socket(listener, placed))
            }
            #[cfg(not(unix))]
            Address::Socket(_) => {
                Err(ServeError::Address("there are no Unix sockets here".to_owned()))
            }
        }
    }

    /// Where it listens, with the port that was found for it.
    fn address(&self) -> String {
        match self {
            Self::Port(_, bound) => Address::Port(*bound).to_string(),
            #[cfg(unix)]
            Self::Socket(_, placed) => Address::Socket(placed.path().to_owned()).to_string(),
        }
    }

    async fn accept(&self) -> io::Result<(Stream, Option<Client>)> {
        match self {
            Self::Port(listener, _) => {
                let (stream, peer) = listener.accept().await?;
                // Pieces of an answer are small, and should not wait for each other.
                stream.set_nodelay(true)?;
                let client = (!peer.ip().is_loopback()).then(|| Client::Machine(peer.ip()));
                Ok((Stream::Port(stream), client))
            }
            #[cfg(unix)]
            Self::Socket(listener, _) => {
                let (stream, _) = listener.accept().await?;
                let process = stream.peer_cred().ok().and_then(|peer| peer.pid());
                Ok((Stream::Socket(stream), process.map(Client::Process)))
            }
        }
    }
}

/// Unix sockets as files.
#[cfg(unix)]
mod socket {
    use rustix::fs::Mode;
    use std::io;
    use std::os::unix::fs::FileTypeExt;
    use std::path::{Path, PathBuf};
    use tokio::net::{UnixListener, UnixStream};

    /// A socket's file, which goes with its server.
    pub(super) struct Placed(PathBuf);

    impl Placed {
        pub(super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Placed {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// Makes a socket that only its owner may use, in the place of one that a
    /// server before left behind.
    pub(super) async fn bind(path: &Path) -> io::Result<(UnixListener, Placed)> {
        match std::fs::symlink_metadata(path) {
            Ok(there) if there.file_type().is_socket() => {
                if UnixStream::connect(path).await.is_ok() {
                    return Err(io::Error::other("another server answers there"));
                }
                std::fs::remove_file(path)?;
            }
            Ok(_) => return Err(io::Error::other("another file is there")),
            Err(_) => {}
        }
        // With this mask it is private from its first moment on.
        let before = rustix::process::umask(Mode::from_raw_mode(0o177));
        let bound = UnixListener::bind(path);
        rustix::process::umask(before);
        Ok((bound?, Placed(path.to_owned())))
    }
}
