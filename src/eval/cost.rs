//! When the time of training is earned back.

use super::row::Row;

/// Fills in when training is earned back: in medians of the whole time of a
/// question.
pub fn earn_back(rows: &mut [Row]) {
    let of = |mode: &str| rows.iter().find(|row| row.mode == mode && row.adapter.is_none());
    let Some(plain) = of("rag").or_else(|| of("base")).map(|row| row.total_ms_p50) else { return };
    for row in rows {
        let saved = plain - row.total_ms_p50;
        if let Some(training) = &mut row.training {
            training.pays_off_after =
                (saved > 0.0).then(|| (training.minutes * 60_000.0 / saved).ceil() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::training::Training;

    fn row(mode: &str, adapter: Option<&str>, total_ms_p50: f64) -> Row {
        let training =
            adapter.map(|_| Training { rows: 9, minutes: 2.0, bytes: 5, ..Training::default() });
        let adapter = adapter.map(str::to_owned);
        Row { mode: mode.into(), adapter, total_ms_p50, training, ..Row::default() }
    }

    #[test]
    fn training_is_earned_back_by_quicker_answers_only() {
        let mut rows = [
            row("base", None, 100.0),
            row("rag", None, 500.0),
            row("adapter", Some("a"), 100.0),
            row("hybrid", Some("a"), 501.0),
        ];
        earn_back(&mut rows);
        let after = |at: usize| rows[at].training.and_then(|training| training.pays_off_after);
        // 120 s at 0.4 s a question.
        assert_eq!((after(2), after(3)), (Some(300), None));
        assert!(rows[0].training.is_none());
        let mut alone = [row("hybrid", Some("a"), 9.0)];
        earn_back(&mut alone);
        assert_eq!(alone[0].training.unwrap().pays_off_after, None);
    }
}
