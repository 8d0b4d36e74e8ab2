//! The files of a model at one commit, as the hub lists them.

use serde::Deserialize;

/// Where a model's files are at one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteModel {
    /// The commit, 40 hexadecimal digits.
    pub commit: String,
    /// All files.
    pub files: Vec<RemoteFile>,
}

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its path in the model, with `/` between folders.
    pub name: String,
    /// Its size in bytes, 0 where unknown.
    pub size: u64,
    /// `None` where the hub doesn't say, or gives no size.
    pub checksum: Option<Checksum>,
}

/// A file's checksum, which also names its blob in the cache. Lower-case
/// hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-256 of the content, for files in LFS.
    Sha256(String),
    /// SHA-1 of the content behind git's blob header, for all others.
    Git(String),
}

impl Checksum {
    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        match self {
            Self::Sha256(digits) | Self::Git(digits) => digits,
        }
    }
}

#[derive(Deserialize)]
struct Listing {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    #[serde(alias = "oid")]
    sha256: String,
    size: u64,
}

/// Most bytes of all files of a model: their sums stay numbers.
const MOST_BYTES: u64 = 1 << 61;

/// Reads a listing. What becomes a name in the cache is let through only as
/// hexadecimal digits.
pub(super) fn parse(body: &[u8]) -> Result<RemoteModel, String> {
    let listing: Listing = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let commit = hexadecimal(&listing.sha, 40).ok_or("its commit is no hash")?;
    let files = listing.siblings.into_iter().map(|file| {
        let size = file.lfs.as_ref().map(|lfs| lfs.size).or(file.size);
        let checksum = match &file.lfs {
            Some(lfs) => hexadecimal(&lfs.sha256, 64).map(Checksum::Sha256),
            None => file.blob_id.and_then(|hash| hexadecimal(&hash, 40)).map(Checksum::Git),
        };
        let checksum = checksum.filter(|_| size.is_some());
        RemoteFile { name: file.rfilename, size: size.unwrap_or(0), checksum }
    });
    let files: Vec<RemoteFile> = files.collect();
    let all = files.iter().try_fold(0, |sum: u64, file| sum.checked_add(file.size));
    if all.is_none_or(|all| all > MOST_BYTES) {
        return Err("its files are larger than any disk".to_owned());
    }
    Ok(RemoteModel { commit, files })
}

fn hexadecimal(text: &str, digits: usize) -> Option<String> {
    let fits = text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_nothing_has_are_refused() {
        let listing = |sizes: &[u64]| {
            let files: Vec<serde_json::Value> = sizes
                .iter()
                .map(|size| serde_json::json!({ "rfilename": "a", "size": size }))
                .collect();
            let body = serde_json::json!({ "sha": "0".repeat(40), "siblings": files });
            parse(body.to_string().as_bytes())
        };
        assert_eq!(listing(&[7, 1 << 40]).unwrap().files.len(), 2);
        for sizes in [&[1 << 62, 1 << 62, 1 << 62, 1 << 62][..], &[u64::MAX, 1], &[1 << 62]] {
            assert!(listing(sizes).unwrap_err().contains("larger than any disk"), "{sizes:?}");
        }
    }
}
