//! The rows as text, in blocks that fit 80 columns.

use super::row::Row;
use super::training::Training;
use unicode_width::UnicodeWidthStr;

/// Columns of a table with their heading; the first is the variant's name.
type Column = (&'static str, fn(&Row) -> String);

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

const QUALITY: &[Column] = &[
    ("n", |row| row.n.to_string()),
    ("EM", |row| share(Some(row.em))),
    ("F1", |row| share(Some(row.f1))),
    ("ROUGE-L", |row| share(Some(row.rouge_l))),
    ("answered", |row| share(row.answered_answerable)),
    ("abstained", |row| share(row.abstained_unanswerable)),
];

const EVIDENCE: &[Column] = &[
    ("cite prec", |row| share(row.citation_precision)),
    ("cite rec", |row| share(row.citation_recall)),
    ("support", |row| share(row.support)),
    ("R@1", |row| share(row.recall_at_1)),
    ("R@5", |row| share(row.recall_at_5)),
    ("R@10", |row| share(row.recall_at_10)),
    ("MRR", |row| share(row.mrr)),
];

const COST: &[Column] = &[
    ("first p50", |row| format!("{:.0} ms", row.ttft_ms_p50)),
    ("p95", |row| format!("{:.0} ms", row.ttft_ms_p95)),
    ("total p50", |row| format!("{:.0} ms", row.total_ms_p50)),
    ("p95", |row| format!("{:.0} ms", row.total_ms_p95)),
    ("tok/s", |row| row.tokens_per_s.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.0}"))),
    ("prompt", |row| row.prompt_tokens.map_or_else(|| "–".to_owned(), |n| format!("{n:.0} tok"))),
    ("memory", |row| format!("{} MiB", row.peak_memory_bytes >> 20)),
];

const TRAINING: &[Column] = &[
    ("rows", |row| trained(row, |t| t.rows.to_string())),
    ("trained in", |row| trained(row, |t| format!("{:.1} min", t.minutes))),
    ("size", |row| trained(row, |t| format!("{:.1} MB", t.bytes as f64 / 1e6))),
    ("stale", |row| {
        trained(row, |t| t.stale.map_or_else(|| "?".to_owned(), |s| format!("{:.0} %", s * 100.0)))
    }),
    ("pays off after", |row| {
        trained(row, |t| {
            t.pays_off_after.map_or_else(|| "never".to_owned(), |n| format!("{n} questions"))
        })
    }),
];

fn trained(row: &Row, of: impl Fn(&Training) -> String) -> String {
    row.training.as_ref().map_or_else(|| "–".to_owned(), of)
}

/// The tables: quality, evidence, cost. `answered` counts answerable questions,
/// `abstained` unanswerable ones. What training cost is told where an adapter
/// was trained here.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut blocks = vec![("Quality", QUALITY), ("Evidence", EVIDENCE), ("Cost", COST)];
    if rows.iter().any(|row| row.training.is_some()) {
        blocks.push(("Training", TRAINING));
    }
    let blocks = blocks.into_iter().map(|(title, columns)| block(title, columns, rows));
    blocks.collect::<Vec<_>>().join("\n")
}

fn block(title: &str, columns: &[Column], rows: &[Row]) -> String {
    let mut cells: Vec<Vec<String>> = vec![
        std::iter::once(title.to_owned()).chain(columns.iter().map(|c| c.0.to_owned())).collect(),
    ];
    for row in rows {
        let values = columns.iter().map(|(_, of)| of(row));
        cells.push(std::iter::once(row.name()).chain(values).collect());
    }
    let count = columns.len() + 1;
    let widths: Vec<usize> =
        (0..count).map(|at| cells.iter().map(|row| row[at].width()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &cells {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let gap = " ".repeat(widths[at] - cell.width());
            if at == 0 {
                line.push_str(&format!("{cell}{gap}"));
            } else {
                line.push_str(&format!("  {gap}{cell}"));
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_and_fit_a_terminal() {
        let rows = [
            Row { mode: "rag".into(), n: 117, f1: 0.5, support: Some(1.0), ..Row::default() },
            Row {
                mode: "hybrid".into(),
                adapter: Some("日本語".into()),
                total_ms_p95: 12_345.0,
                peak_memory_bytes: 400 << 20,
                ..Row::default()
            },
        ];
        let text = table(&rows);
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        assert!(text.contains("hybrid/日本語"), "{text}");
        let at = |needle: &str| {
            text.lines()
                .filter_map(|line| line.find(needle).map(|byte| line[..byte].width()))
                .next()
        };
        assert!(at("0.500").is_some() && text.contains("12345 ms"), "{text}");
        for block in text.split("\n\n") {
            let ends: Vec<usize> =
                block.lines().filter(|l| !l.is_empty()).map(UnicodeWidthStr::width).collect();
            assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{block}");
        }
    }
}
