//! What the numbers say: which variant they favour, by how much, and whether
//! that is more than chance.

use super::bootstrap::{Interval, difference, interval};
use super::row::{Record, Row};
use serde::Serialize;

/// Which variant the numbers favour on this data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// Its name.
    pub favours: String,
    /// By how much its F1 is above that of the next one.
    pub margin: f64,
    /// The 95 % interval of that margin.
    pub interval: [f64; 2],
    /// In words.
    pub text: String,
}

/// Reads the numbers; `None` where nothing was measured.
#[must_use]
pub fn advice(rows: &[Row], records: &[Vec<Record>]) -> Option<Advice> {
    let f1s = |index: usize| -> Vec<f64> { records[index].iter().map(|r| r.f1).collect() };
    let mut order: Vec<usize> = (0..rows.len().min(records.len())).collect();
    order.sort_by(|a, b| rows[*b].f1.total_cmp(&rows[*a].f1));
    let best = *order.first()?;
    let row = &rows[best];
    let own = interval(&f1s(best));
    let mut text = format!(
        "On these {} questions the numbers favour {}: F1 {:.3} (95 % {:.3} to {:.3}).",
        row.n,
        row.name(),
        own.mean,
        own.low,
        own.high
    );
    let margin = match order.get(1) {
        Some(next) => {
            let margin = difference(&f1s(best), &f1s(*next));
            text.push(' ');
            text.push_str(&against(&rows[*next], &margin, row.n));
            margin
        }
        None => Interval { mean: 0.0, low: 0.0, high: 0.0 },
    };
    let quicker =
        quickest(rows).filter(|quicker| quicker.total_ms_p50 < row.total_ms_p50 * CLEARLY_QUICKER);
    if let Some(quicker) = quicker {
        text.push_str(&format!(
            " {} is the quickest ({:.0} ms against {:.0} ms, median), at F1 {:.3}.",
            quicker.name(),
            quicker.total_ms_p50,
            row.total_ms_p50,
            quicker.f1
        ));
    } else {
        text.push_str(&format!(" None is clearly quicker ({:.0} ms, median).", row.total_ms_p50));
    }
    text.push_str(&format!(" {} ", row.name()));
    text.push_str(if matches!(row.mode.as_str(), "rag" | "hybrid") {
        "reads the documents as they are now, so it stays fresh, and its claims can be checked."
    } else {
        "knows only what it was trained on: it goes stale when the documents change, and cites nothing."
    });
    Some(Advice {
        favours: row.name(),
        margin: margin.mean,
        interval: [margin.low, margin.high],
        text,
    })
}

fn against(next: &Row, margin: &Interval, n: usize) -> String {
    if margin.low > 0.0 {
        format!(
            "It is ahead of {} by {:.3} ({:.3} to {:.3}).",
            next.name(),
            margin.mean,
            margin.low,
            margin.high
        )
    } else {
        format!(
            "Ahead of {} by {:.3} ({:.3} to {:.3}), which is no difference that {n} questions can tell.",
            next.name(),
            margin.mean,
            margin.low,
            margin.high
        )
    }
}

/// The part of a median time below which another variant counts as quicker.
const CLEARLY_QUICKER: f64 = 0.9;

/// The quickest of those that answer anything rightly.
fn quickest(rows: &[Row]) -> Option<&Row> {
    let right = rows.iter().filter(|row| row.f1 > 0.0);
    right.min_by(|a, b| a.total_ms_p50.total_cmp(&b.total_ms_p50))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(mode: &str, f1s: &[f64], total_ms: f64) -> (Row, Vec<Record>) {
        let records: Vec<Record> = f1s
            .iter()
            .map(|f1| Record { f1: *f1, total_ms, answered: true, ..Record::default() })
            .collect();
        (Row::of(mode, None, "token", &records), records)
    }

    fn advised(variants: &[(Row, Vec<Record>)]) -> Advice {
        let (rows, records): (Vec<Row>, Vec<Vec<Record>>) = variants.iter().cloned().unzip();
        advice(&rows, &records).unwrap()
    }

    #[test]
    fn a_clear_winner_is_named_with_its_margin() {
        let good: Vec<f64> = (0..40).map(|i| 0.8 + f64::from(i % 3) / 10.0).collect();
        let bad: Vec<f64> = (0..40).map(|i| f64::from(i % 2) / 10.0).collect();
        let said = advised(&[variant("base", &bad, 20.0), variant("rag", &good, 90.0)]);
        assert_eq!(said.favours, "rag");
        assert!(said.interval[0] > 0.5 && said.margin < said.interval[1], "{said:?}");
        assert!(
            said.text.contains("ahead of base") && said.text.contains("stays fresh"),
            "{said:?}"
        );
        assert!(said.text.contains("base is the quickest (20 ms against 90 ms"), "{said:?}");
    }

    #[test]
    fn a_difference_that_may_be_chance_is_said_to_be() {
        let one: Vec<f64> = (0..20).map(|i| f64::from(i % 2)).collect();
        let other: Vec<f64> = (0..20).map(|i| f64::from((i + 1) % 2)).chain([]).collect();
        let said = advised(&[variant("adapter", &one, 5.0), variant("hybrid", &other, 5.0)]);
        assert!(said.text.contains("no difference that 20 questions can tell"), "{said:?}");
        assert!(said.interval[0] <= 0.0);
        assert!(said.text.contains("None is clearly quicker (5 ms, median)"), "{said:?}");
    }
}
