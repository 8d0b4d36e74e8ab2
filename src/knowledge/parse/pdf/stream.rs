//! The bytes of a stream, under a limit: a few bytes of DEFLATE can become
//! gigabytes.

use flate2::read::ZlibDecoder;
use hayro_syntax::Filter;
use hayro_syntax::object::{Dict, Stream};
use std::io::Read;

/// Most bytes of one stream.
const MOST: u64 = 64 << 20;

/// The data of a stream that is text, a font or a map; `None` where it can't be
/// read, or is an image.
pub(super) fn decoded(stream: &Stream<'_>) -> Option<Vec<u8>> {
    let filters = stream.filters();
    let has_parameters =
        stream.dict().contains_key("DecodeParms") || stream.dict().contains_key("DP");
    if !matches!(filters.as_slice(), [Filter::FlateDecode]) || has_parameters {
        return stream.decoded_data().ok().map(|data| data.into_owned());
    }
    let raw = stream.raw_data();
    let mut out = Vec::new();
    // What a damaged stream holds before the damage is still text.
    let read = ZlibDecoder::new(raw.as_ref()).take(MOST).read_to_end(&mut out);
    if read.is_err() && out.is_empty() {
        return stream.decoded_data().ok().map(|data| data.into_owned());
    }
    Some(out)
}

/// The content of a page: one stream or several.
pub(super) fn contents(page: &Dict<'_>) -> Vec<u8> {
    use hayro_syntax::object::{Array, Object};
    if let Some(stream) = page.get::<Stream<'_>>("Contents") {
        return decoded(&stream).unwrap_or_default();
    }
    let mut out = Vec::new();
    let Some(list) = page.get::<Array<'_>>("Contents") else { return out };
    for item in list.iter::<Object<'_>>() {
        if let Some(data) = item.into_stream().and_then(|stream| decoded(&stream)) {
            out.extend(data);
            out.push(b'\n');
        }
        if out.len() as u64 > MOST {
            break;
        }
    }
    out
}
