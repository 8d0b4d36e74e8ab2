//! Conditions that the numbers must meet, for a build to pass.

use super::row::{MEASURES, Row};

/// One condition.
#[derive(Clone, Debug, PartialEq)]
struct Condition {
    /// The variant it is for; every one where `None`.
    variant: Option<String>,
    measure: String,
    at_least: bool,
    strict: bool,
    limit: f64,
    text: String,
}

/// Conditions such as `f1>=0.6,support>=0.9,hybrid/bullets.total_ms_p50<=500`.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate(Vec<Condition>);

impl Gate {
    /// Reads conditions that are separated by commas.
    ///
    /// # Errors
    /// A message that says which can't be understood, and what is known.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(|part| condition(part.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// What does not hold, a line each. A condition for a variant that was not
    /// run, or a measure that a variant does not have, does not hold.
    #[must_use]
    pub fn failures(&self, rows: &[Row]) -> Vec<String> {
        let mut failures = Vec::new();
        for condition in &self.0 {
            let of = |row: &&Row| {
                condition
                    .variant
                    .as_ref()
                    .is_none_or(|variant| *variant == row.name() || *variant == row.mode)
            };
            let mut any = false;
            for row in rows.iter().filter(of) {
                let Some(value) = row.measure(&condition.measure) else {
                    // Citations are not to be had from modes without sources.
                    if condition.variant.is_some() {
                        failures.push(format!(
                            "{}: {} has no such measure",
                            condition.text,
                            row.name()
                        ));
                    }
                    continue;
                };
                any = true;
                let holds = match (condition.at_least, condition.strict) {
                    (true, false) => value >= condition.limit,
                    (true, true) => value > condition.limit,
                    (false, false) => value <= condition.limit,
                    (false, true) => value < condition.limit,
                };
                if !holds {
                    failures.push(format!("{}: {} has {value:.4}", condition.text, row.name()));
                }
            }
            if !any && condition.variant.is_none() {
                failures.push(format!("{}: no variant has this measure", condition.text));
            } else if !any && !rows.iter().any(|row| of(&row)) {
                failures.push(format!("{}: this variant was not run", condition.text));
            }
        }
        failures
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let signs = [(">=", true, false), ("<=", false, false), (">", true, true), ("<", false, true)];
    let found = signs.into_iter().find_map(|(sign, at_least, strict)| {
        let (left, right) = text.split_once(sign)?;
        Some((left.trim(), right.trim(), at_least, strict))
    });
    let Some((left, right, at_least, strict)) = found else {
        return Err(format!("the gate {text:?} has no >=, <=, > or <: write it as f1>=0.6"));
    };
    let (variant, measure) = match left.rsplit_once('.') {
        Some((variant, measure)) => (Some(variant.to_owned()), measure),
        None => (None, left),
    };
    if !MEASURES.iter().any(|(name, _)| *name == measure) {
        let names: Vec<&str> = MEASURES.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "the gate {text:?} names no measure that is known: {}",
            names.join(", ")
        ));
    }
    let limit = right
        .parse::<f64>()
        .ok()
        .filter(|limit| limit.is_finite())
        .ok_or_else(|| format!("the gate {text:?}: {right:?} is no number"))?;
    let (measure, text) = (measure.to_owned(), text.to_owned());
    Ok(Condition { variant, measure, at_least, strict, limit, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |mode: &str, adapter: Option<&str>, f1, support| Row {
            mode: mode.into(),
            adapter: adapter.map(str::to_owned),
            f1,
            support,
            ..Row::default()
        };
        vec![
            row("base", None, 0.1, None),
            row("rag", None, 0.7, Some(1.0)),
            row("hybrid", Some("bullets"), 0.6, Some(0.8)),
        ]
    }

    fn failures(text: &str) -> Vec<String> {
        Gate::parse(text).unwrap().failures(&rows())
    }

    #[test]
    fn a_gate_holds_for_every_variant_or_for_the_named_one() {
        assert_eq!(failures("f1>=0.6"), ["f1>=0.6: base has 0.1000"]);
        assert!(failures("rag.f1>=0.6, hybrid.f1>0.5").is_empty());
        assert_eq!(failures("hybrid/bullets.support>=0.9").len(), 1);
        assert_eq!(failures("support>=0.9"), ["support>=0.9: hybrid/bullets has 0.8000"]);
        assert_eq!(failures("rag.f1<0.7"), ["rag.f1<0.7: rag has 0.7000"]);
        assert!(failures("adapter.f1>=0")[0].contains("was not run"));
        assert!(failures("base.support>=0")[0].contains("no such measure"));
        assert!(failures("mrr>=0")[0].contains("no variant"));
    }

    #[test]
    fn what_is_no_gate_gets_a_reason() {
        assert!(Gate::parse("f1").unwrap_err().contains("f1>=0.6"));
        assert!(Gate::parse("f2>=1").unwrap_err().contains("rouge_l"));
        assert!(Gate::parse("f1>=high").unwrap_err().contains("no number"));
    }
}
