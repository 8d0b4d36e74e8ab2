//! Questions from headings, definitions and rows of tables.

use super::stated::Statement;
use super::verbs;
use super::words::{Word, join, mine, words};

/// Longest term of a definition, in words.
const LONGEST_TERM: usize = 5;

/// From the heading, where the statement is the first below it: a question as
/// it stands, or how to do what it names.
pub(super) fn of_heading(statement: &Statement<'_>, words_of: &[Word], out: &mut Vec<String>) {
    let Some(heading) = statement.headings.last() else { return };
    let heading = heading.trim();
    if heading.ends_with('?') {
        out.push(heading.to_owned());
        return;
    }
    // A first sentence that goes on elsewhere says little.
    if words_of.len() < 5 {
        return;
    }
    let names = words(heading);
    let Some(first) = names.first() else { return };
    let lower = first.lower();
    let rest = names.get(1..).unwrap_or_default();
    let whole = rest.iter().all(|word| word.after.is_empty());
    if lower == "how" && rest.first().is_some_and(|word| word.lower() == "to") && whole {
        let rest = mine(rest.get(1..).unwrap_or_default());
        out.push(format!("How do I {}", join(&rest)));
    } else if let Some(base) = verbs::gerund(&lower)
        && rest.len() >= 2
        && whole
        && !rest.iter().any(|word| word.lower() == "and")
    {
        out.push(format!("How do I {base} {}", join(&mine(rest))));
    }
}

/// From a term with what it means: `` `--json`: prints one object ``.
pub(super) fn of_definition(text: &str, out: &mut Vec<String>) {
    let Some((term, meaning)) = text.split_once(": ").or(text.split_once(" – ")) else { return };
    let term = term.trim().trim_matches('*').trim();
    let said = words(meaning);
    if said.len() < 3 || term.ends_with('`') != term.starts_with('`') {
        return;
    }
    let bare = term.strip_prefix('`').and_then(|term| term.strip_suffix('`'));
    // Passages have lost their backticks: a short name in small letters is one.
    let name = |term: &str| {
        term.len() > 1
            && term
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c))
    };
    let Some(code) = bare.or(Some(term).filter(|term| name(term) || is_command(term))) else {
        return;
    };
    if code.contains('`') || code.is_empty() || code.split_whitespace().count() > LONGEST_TERM {
        return;
    }
    out.push(if code.starts_with('-') {
        format!("What does the option {term} do")
    } else if code.contains(' ') {
        format!("What does the command {term} do")
    } else {
        format!("What exactly does {term} mean")
    });
}

/// From a row `Tank T-2 · Capacity: 650 · Medium: glycol`: what each column
/// says of what the row is about.
pub(super) fn of_row(text: &str, out: &mut Vec<String>) {
    let mut cells = text.split(" · ");
    let Some(about) = cells.next().map(named) else { return };
    let about = about.trim();
    if about.is_empty() || about.split_whitespace().count() > LONGEST_TERM {
        return;
    }
    for cell in cells {
        let Some((column, value)) = cell.split_once(": ") else { continue };
        let column = column.trim();
        let sayable = column.chars().all(|c| c.is_alphanumeric() || " ()%-".contains(c));
        let count = column.split_whitespace().count();
        let first = column.split_whitespace().next().unwrap_or_default().to_lowercase();
        let clause = ["what", "how", "when", "where", "why", "who", "which", "is", "does", "can"];
        let sayable = sayable && !clause.contains(&first.as_str());
        if value.trim().is_empty() || !sayable || !(1..=3).contains(&count) {
            continue;
        }
        let column = if column.chars().skip(1).any(char::is_uppercase) {
            column.to_owned()
        } else {
            column.to_lowercase()
        };
        let plural = column.ends_with('s') && !column.ends_with("ss") && !column.ends_with("us");
        let verb = if plural { "are" } else { "is" };
        out.push(format!("What {verb} the {column} of {about}"));
    }
}

fn is_command(term: &str) -> bool {
    term.starts_with("lorag ") && !term.contains([',', '"'])
}

/// The first cell of a row, without its column's title.
fn named(cell: &str) -> &str {
    cell.split_once(": ").map_or(cell, |(_, value)| value)
}
