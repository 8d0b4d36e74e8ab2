//! What records are made of: ranges, lists, numbers.

use crate::domain::{ByteRange, LineRange};
use serde::{Deserialize, Serialize};

/// A range of bytes or of lines.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::session) struct RangeRecord<T> {
    start: T,
    end: T,
}

impl From<ByteRange> for RangeRecord<usize> {
    fn from(ByteRange { start, end }: ByteRange) -> Self {
        Self { start, end }
    }
}

impl From<RangeRecord<usize>> for ByteRange {
    fn from(RangeRecord { start, end }: RangeRecord<usize>) -> Self {
        Self { start, end }
    }
}

impl From<LineRange> for RangeRecord<u32> {
    fn from(LineRange { start, end }: LineRange) -> Self {
        Self { start, end }
    }
}

impl From<RangeRecord<u32>> for LineRange {
    fn from(RangeRecord { start, end }: RangeRecord<u32>) -> Self {
        Self { start, end }
    }
}

/// The records of a list.
pub(super) fn records<'a, T, R: From<&'a T>>(list: &'a [T]) -> Vec<R> {
    list.iter().map(R::from).collect()
}

/// A list from its records.
pub(super) fn values<R, T: From<R>>(list: Vec<R>) -> Vec<T> {
    list.into_iter().map(T::from).collect()
}

/// A number, or 0 where JSON can't hold it: it would be written as `null`, and
/// its turn couldn't be read again.
pub(super) fn single(number: f32) -> f32 {
    if number.is_finite() { number } else { 0.0 }
}

/// [`single`] of a longer number.
pub(super) fn double(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}
