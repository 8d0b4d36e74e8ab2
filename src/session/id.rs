//! Names of sessions: `20261121-142233-k3f9`, the moment in UTC and four
//! characters of chance. They sort by age, and four characters are quick to
//! type.

use super::time::stamp;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// Digits and letters that aren't mistaken for one another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new name for a session that begins at this moment.
pub(super) fn new_id(now_ms: i64) -> String {
    // The hasher's keys are random for each process and differ from call to
    // call; process and time are for platforms where the keys are not.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.write_u128(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos());
    let mut bits = hasher.finish();
    let mut id = stamp(now_ms);
    id.push('-');
    for _ in 0..4 {
        id.extend(ALPHABET.get((bits % 32) as usize).copied().map(char::from));
        bits /= 32;
    }
    id
}

/// Whether a file of this name can be a session. Others are left alone, which
/// also keeps names with control characters off the screen.
pub(super) fn is_id(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_sort_by_time_and_differ_within_a_second() {
        let ids: HashSet<String> = (0..50).map(|_| new_id(1_795_270_953_000)).collect();
        assert!(ids.len() > 45, "{ids:?}");
        for id in &ids {
            assert!(id.starts_with("20261121-142233-") && id.len() == 20 && is_id(id), "{id}");
            assert!(*id < new_id(1_795_270_954_000));
        }
        assert!(!is_id("") && !is_id("../x") && !is_id("a\x1bb"));
    }
}
