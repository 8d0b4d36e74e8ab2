//! What errors and panics say.

use std::any::Any;
use std::error::Error;
use std::iter::successors;

/// An error and all its causes, from the outside to the bottom.
pub fn causes<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        error.source()
    })
}

/// The message of a panic, from its payload; `None` where it left none.
#[must_use]
pub fn panic_text(payload: &(dyn Any + Send)) -> Option<String> {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outside")]
    struct Outside(#[source] std::io::Error);

    #[test]
    fn causes_go_to_the_bottom() {
        let error = Outside(std::io::Error::other("inside"));
        let said: Vec<String> = causes(&error).map(ToString::to_string).collect();
        assert_eq!(said, ["outside", "inside"]);
    }

    #[test]
    fn payloads_of_panics_are_read() {
        assert_eq!(panic_text(&"a str").as_deref(), Some("a str"));
        assert_eq!(panic_text(&"a String".to_owned()).as_deref(), Some("a String"));
        assert_eq!(panic_text(&7), None);
    }
}
