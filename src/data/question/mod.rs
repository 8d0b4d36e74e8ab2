//! Questions by rule: what a statement answers, asked in plain English.
//!
//! A statement is taken apart into subject, verb and the rest (`clause`), and
//! each rule that fits asks for one part of it: what something is, what it
//! does, when, where, why, for how long, how many. Statements that no rule fits
//! surely give no question. What comes is filtered afterwards by whether the
//! statement is found again (`data::make`).

mod clause;
mod items;
mod stated;
mod statement;
mod verbs;
mod words;

pub use stated::Statement;

use words::words;

/// The questions that a statement answers, each rule's own; none where no rule
/// fits.
#[must_use]
pub fn questions(statement: &Statement<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if statement.row {
        items::of_row(statement.text, &mut out);
        return finished(out);
    }
    let words = words(statement.text);
    if statement.first {
        items::of_heading(statement, &words, &mut out);
    }
    items::of_definition(statement.text, &mut out);
    statement::of_condition(&words, &mut out);
    statement::of_advice(&words, &mut out);
    if let Some(clause) = clause::clause(&words, statement.common) {
        statement::of_clause(&clause, &mut out);
    }
    finished(out)
}

/// Questions without those that can't be asked by themselves.
fn finished(questions: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for question in questions {
        let question = words::ask(&question);
        let open = question.matches('`').count() % 2 == 1
            || question.matches('(').count() != question.matches(')').count()
            || question.matches(['“', '”']).count() % 2 == 1
            || question.matches('"').count() % 2 == 1;
        if !open && !out.contains(&question) {
            out.push(question);
        }
    }
    out
}

#[cfg(test)]
mod tests;
