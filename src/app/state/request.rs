//! Names of requests.

/// Names something asked of the outside, so that a late reply is known as
/// late.
pub type RequestId = u64;
