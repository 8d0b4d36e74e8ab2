//! What a connection failed at, in a few words.

use crate::domain::causes;

/// The bottom of what reqwest tells, without the address.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    if error.is_dns() { format!("its name cannot be resolved ({text})") } else { text }
}
