//! Which adapters are applied, in which order and how strongly.

use std::fmt;
use std::str::FromStr;

/// How the plain model is spelled where an adapter could stand.
pub const NONE: &str = "none";

/// Largest scale of an adapter.
const MAX_SCALE: f64 = 2.0;

/// An adapter with the strength it is applied with.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// Factor on what it adds to the weights, 0 to 2; 1 is as it was trained.
    pub scale: f64,
}

/// Adapters that are merged into one model, in order; none for the plain model.
///
/// Spelled `none`, `bullets`, `bullets*0.5` or `bullets+quote*0.5`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack(pub Vec<Applied>);

impl Stack {
    /// One adapter as it was trained.
    #[must_use]
    pub fn one(name: &str) -> Self {
        Self(vec![Applied { name: name.to_owned(), scale: 1.0 }])
    }

    /// Whether it is the plain model.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Its spelling; `None` for the plain model.
    #[must_use]
    pub fn spelled(&self) -> Option<String> {
        (!self.is_none()).then(|| self.to_string())
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return formatter.write_str(NONE);
        }
        for (index, Applied { name, scale }) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("+")?;
            }
            formatter.write_str(name)?;
            if (scale - 1.0).abs() > f64::EPSILON {
                write!(formatter, "*{scale}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Stack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text == NONE {
            return Ok(Self::default());
        }
        let mut stack = Vec::new();
        for part in text.split('+') {
            let (name, scale) = match part.rsplit_once('*') {
                Some((name, scale)) => (name.trim(), read_scale(part, scale.trim())?),
                None => (part.trim(), 1.0),
            };
            if name.is_empty() || name == NONE {
                return Err(format!(
                    "{text:?} is no adapter: write a name, name*0.5 for half its strength, or one+other for both"
                ));
            }
            if stack.iter().any(|applied: &Applied| applied.name == name) {
                return Err(format!(
                    "the adapter {name} stands in {text:?} twice; give it one scale instead, such as {name}*1.5"
                ));
            }
            stack.push(Applied { name: name.to_owned(), scale });
        }
        Ok(Self(stack))
    }
}

fn read_scale(part: &str, text: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|scale| (0.0..=MAX_SCALE).contains(scale)).ok_or_else(|| {
        format!("{part:?}: the scale behind * is a number from 0 to {MAX_SCALE}, not {text:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_read_and_written() {
        for text in ["none", "bullets", "bullets*0.5", "bullets+quote*0.5", "org/name*2"] {
            assert_eq!(text.parse::<Stack>().unwrap().to_string(), text);
        }
        assert_eq!("".parse(), Ok(Stack::default()));
        assert_eq!("a*1".parse(), Ok(Stack::one("a")));
        assert_eq!(Stack::default().spelled(), None);
        assert_eq!(Stack::one("a").spelled().as_deref(), Some("a"));
    }

    #[test]
    fn what_is_no_stack_gets_a_reason() {
        let reason = |text: &str| text.parse::<Stack>().unwrap_err();
        assert!(reason("a*3").contains("from 0 to 2"));
        assert!(reason("a*x").contains("\"x\""));
        assert!(reason("a*nan").contains("nan"));
        assert!(reason("a+").contains("no adapter"));
        assert!(reason("a+a*0.5").contains("twice"));
        assert!(reason("none+a").contains("no adapter"));
    }
}
