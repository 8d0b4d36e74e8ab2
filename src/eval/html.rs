//! The results as one page that needs nothing else: charts, all numbers, and
//! every answer.

use super::advice::Advice;
use super::dataset::Dataset;
use super::row::{MEASURES, Record, Row};
use std::fmt::Write;

/// The page. Whatever comes from documents and models is escaped.
#[must_use]
pub fn page(
    dataset: &Dataset,
    rows: &[Row],
    records: &[Vec<Record>],
    advice: Option<&Advice>,
) -> String {
    let mut body = String::new();
    let name = dataset.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = escape(&name.unwrap_or_default());
    let _ = write!(
        body,
        "<h1>{name}</h1><p>{} questions, {} of them answerable.</p>",
        dataset.questions.len(),
        dataset.answerable()
    );
    if let Some(advice) = advice {
        let _ = write!(body, "<p class=advice>{}</p>", escape(&advice.text));
    }
    body.push_str("<div class=charts>");
    for (title, name, unit, most) in [
        ("Token F1", "f1", "", Some(1.0)),
        ("Exact match", "em", "", Some(1.0)),
        ("Supported sentences", "support", "", Some(1.0)),
        ("Whole answer, median", "total_ms_p50", " ms", None),
        ("Whole answer, 95 of 100", "total_ms_p95", " ms", None),
    ] {
        body.push_str(&chart(title, name, unit, most, rows));
    }
    body.push_str("</div>");
    body.push_str(&numbers(rows));
    body.push_str(&answers(dataset, rows, records));
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>{name}</title><style>{STYLE}</style><body>{body}</body></html>\n"
    )
}

const STYLE: &str = ":root{color-scheme:light dark;--bar:#3b6fb6;--line:#8884}@media(prefers-color-scheme:dark){:root{--bar:#7aa7e8}}body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.4rem}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}td:first-child,th:first-child{text-align:left}.charts{display:flex;flex-wrap:wrap;gap:1rem 2rem}figure{margin:0}figcaption{font-weight:600}svg text{font:12px system-ui,sans-serif;fill:currentColor}svg rect{fill:var(--bar)}details{border-top:1px solid var(--line);padding:.3rem 0}summary{cursor:pointer}dt{font-weight:600}dd{margin:0 0 .5rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}.advice{border-left:4px solid var(--bar);padding-left:.8rem}";

/// Bars of one measure, one for each variant that has it.
fn chart(title: &str, name: &str, unit: &str, most: Option<f64>, rows: &[Row]) -> String {
    const BAR: f64 = 180.0;
    const LABEL: f64 = 130.0;
    const STEP: f64 = 20.0;
    let values: Vec<(String, f64)> =
        rows.iter().filter_map(|row| Some((row.name(), row.measure(name)?))).collect();
    if values.is_empty() {
        return String::new();
    }
    let most = most.unwrap_or_else(|| values.iter().map(|(_, value)| *value).fold(0.0, f64::max));
    let height = STEP * values.len() as f64 + 4.0;
    let mut svg = format!(
        "<figure><figcaption>{title}</figcaption><svg width=390 height={height} role=img aria-label=\"{title}\">"
    );
    for (index, (variant, value)) in values.iter().enumerate() {
        let y = STEP * index as f64;
        let width = if most > 0.0 { BAR * value / most } else { 0.0 };
        let shown =
            if unit.is_empty() { format!("{value:.3}") } else { format!("{value:.0}{unit}") };
        let _ = write!(
            svg,
            "<text x=0 y={:.1}>{}</text><rect x={LABEL} y={:.1} width={width:.1} height=14 rx=2 /><text x={:.1} y={:.1}>{shown}</text>",
            y + 15.0,
            escape(variant),
            y + 4.0,
            LABEL + width + 6.0,
            y + 15.0,
        );
    }
    svg.push_str("</svg></figure>");
    svg
}

fn numbers(rows: &[Row]) -> String {
    let mut table = String::from("<h2>All numbers</h2><table><tr><th>measure</th>");
    for row in rows {
        let _ = write!(table, "<th>{}</th>", escape(&row.name()));
    }
    table.push_str("</tr>");
    for (name, _) in MEASURES {
        let _ = write!(table, "<tr><td>{name}</td>");
        for row in rows {
            let value = row.measure(name).map_or_else(
                || "–".to_owned(),
                |value| match *name {
                    "peak_memory_bytes" => format!("{:.0} MiB", value / 1_048_576.0),
                    name if name.contains("_ms") || name == "tokens_per_s" => format!("{value:.1}"),
                    _ => format!("{value:.4}"),
                },
            );
            let _ = write!(table, "<td>{value}</td>");
        }
        table.push_str("</tr>");
    }
    table.push_str("</table>");
    table
}

fn answers(dataset: &Dataset, rows: &[Row], records: &[Vec<Record>]) -> String {
    let mut list = String::from("<h2>Answers</h2>");
    for (index, question) in dataset.questions.iter().enumerate() {
        let references = if question.answerable {
            question.answers.join(" / ")
        } else {
            "not answerable".to_owned()
        };
        let _ = write!(
            list,
            "<details><summary>{}</summary><dl><dt>expected</dt><dd>{}</dd>",
            escape(&question.question),
            escape(&references)
        );
        for (row, records) in rows.iter().zip(records) {
            let Some(record) = records.iter().find(|record| record.question == index) else {
                continue;
            };
            let _ = write!(
                list,
                "<dt>{} · F1 {:.3} · {:.0} ms</dt><dd>{}</dd>",
                escape(&row.name()),
                record.f1,
                record.total_ms,
                escape(&record.answer)
            );
        }
        list.push_str("</dl></details>");
    }
    list
}

/// Text that can't be taken for markup, in elements and in attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::dataset::Question;

    #[test]
    fn hostile_text_stays_text_and_the_page_needs_nothing_else() {
        let hostile = "<script>alert('x')</script>\u{1b}[2J\"";
        let dataset = Dataset {
            path: "set<b>.jsonl".into(),
            questions: vec![Question {
                question: hostile.into(),
                answers: vec![hostile.into()],
                path: None,
                answerable: true,
                form: None,
            }],
            hash: String::new(),
        };
        let records = vec![vec![Record { answer: hostile.into(), f1: 0.25, ..Record::default() }]];
        let rows = vec![Row {
            mode: "hybrid".into(),
            adapter: Some(hostile.into()),
            f1: 0.25,
            total_ms_p50: 12.0,
            ..Row::default()
        }];
        let page = page(&dataset, &rows, &records, None);
        assert!(!page.contains("<script") && !page.contains('\u{1b}') && !page.contains("<b>"));
        assert!(page.contains("&lt;script&gt;"));
        assert!(page.contains("width=45.0"), "a quarter of the bar");
        for outside in ["http://", "https://", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
