//! What a caller gives a tool, checked before anything is done with it.

use crate::domain::visible;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Most characters of a name that a message repeats.
const SHOWN: usize = 80;

/// The arguments of a call. Each is asked for by its name; [`Self::no_others`]
/// refuses the rest.
pub(super) struct Arguments<'a> {
    given: &'a Map<String, Value>,
    known: BTreeSet<&'static str>,
}

impl<'a> Arguments<'a> {
    /// These.
    pub(super) fn new(given: &'a Map<String, Value>) -> Self {
        Self { given, known: BTreeSet::new() }
    }

    fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.insert(name);
        self.given.get(name).filter(|value| !value.is_null())
    }

    /// A text of up to `most` characters, not empty, without control characters
    /// other than line breaks and tabs.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        most: usize,
    ) -> Result<Option<&'a str>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Value::String(text) = value else {
            return Err(format!("\"{name}\" must be text"));
        };
        if text.trim().is_empty() {
            return Err(format!("\"{name}\" is empty"));
        }
        if text.chars().count() > most {
            return Err(format!("\"{name}\" may have {most} characters"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(format!("\"{name}\" holds control characters"));
        }
        Ok(Some(text))
    }

    /// The same, of an argument that must be there.
    ///
    /// # Errors
    /// It is not there, or something else.
    pub(super) fn needed(&mut self, name: &'static str, most: usize) -> Result<&'a str, String> {
        self.text(name, most)?.ok_or_else(|| format!("\"{name}\" is missing"))
    }

    /// A whole number from 1 to `most`.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        most: usize,
    ) -> Result<Option<usize>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        match number.filter(|number| (1..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(format!("\"{name}\" must be a whole number from 1 to {most}")),
        }
    }

    /// Refuses arguments that were not asked for.
    ///
    /// # Errors
    /// There is one.
    pub(super) fn no_others(self) -> Result<(), String> {
        match self.given.keys().find(|name| !self.known.contains(name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> = self.known.into_iter().collect();
                Err(format!("there is no argument {:?}; {} are", shown(name), known.join(", ")))
            }
        }
    }
}

/// A text of the caller as a message repeats it.
pub(super) fn shown(text: &str) -> String {
    let mut out: String = visible(text).chars().take(SHOWN).collect();
    if text.chars().count() > SHOWN {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_fits_is_taken() {
        let json = json!({
            "query": "two\nlines", "limit": 5, "none": null, "nul": "a\u{0}", "escape": "\u{1b}[2J",
            "blank": " ", "list": [], "huge": 1e30, "negative": -1, "half": 1.5, "more": 51,
        });
        let mut given = Arguments::new(json.as_object().unwrap());
        assert_eq!(given.needed("query", 9), Ok("two\nlines"));
        assert!(given.needed("query", 8).unwrap_err().contains("8 characters"));
        assert_eq!(given.text("none", 9), Ok(None));
        assert!(given.needed("none", 9).unwrap_err().contains("missing"));
        for name in ["nul", "escape"] {
            assert!(given.text(name, 99).unwrap_err().contains("control"), "{name}");
        }
        for name in ["blank", "list", "limit"] {
            given.text(name, 99).unwrap_err();
        }
        assert_eq!(given.number("limit", 50), Ok(Some(5)));
        for name in ["huge", "negative", "half", "more", "query"] {
            assert!(given.number(name, 50).unwrap_err().contains("from 1 to 50"), "{name}");
        }
        given.no_others().unwrap();
        let mut given = Arguments::new(json.as_object().unwrap());
        given.needed("query", 99).unwrap();
        assert!(given.no_others().unwrap_err().starts_with("there is no argument"));
    }

    #[test]
    fn what_is_repeated_is_harmless_and_short() {
        assert_eq!(shown("a\u{1b}b"), "a␛b");
        assert_eq!(shown(&"x".repeat(200)).chars().count(), SHOWN + 1);
    }
}
