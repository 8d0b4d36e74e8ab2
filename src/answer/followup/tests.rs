//! Questions after others, and what they ask.

use super::*;

fn earlier(question: &str, path: &[&str], quote: &str) -> Earlier {
    let path: Vec<String> = path.iter().map(|heading| (*heading).to_owned()).collect();
    let headings = if path.is_empty() { Vec::new() } else { vec![path] };
    let quotes = if quote.is_empty() { Vec::new() } else { vec![quote.to_owned()] };
    Earlier { question: question.to_owned(), headings, quotes }
}

fn first(question: &str, before: &[Earlier]) -> Option<String> {
    readings(question, before).into_iter().next()
}

fn after(question: &str, before: &str, path: &[&str]) -> Option<String> {
    first(question, &[earlier(before, path, "")])
}

#[test]
fn a_conversation_keeps_its_subject_over_several_questions() {
    let mut before = Vec::new();
    let heron: &[&str] = &["Heron lamp"];
    for (question, wanted, path) in [
        ("How long is the warranty of the Heron lamp?", None, heron),
        ("And what does it cost?", Some("what does Heron lamp cost?"), heron),
        ("And its weight?", Some("Heron lamp's weight?"), heron),
        ("What about the Swift?", Some("Swift's weight?"), &["Swift lamp"]),
        ("How long is its warranty?", Some("How long is Swift lamp's warranty?"), &["Swift lamp"]),
        ("Where is the shop?", None, &["Shop"]),
        ("When does it open?", Some("When does Shop open?"), &["Shop"]),
    ] {
        let reading = first(question, &before);
        assert_eq!(reading.as_deref(), wanted, "{question}");
        before.push(earlier(&reading.unwrap_or(question.to_owned()), path, ""));
    }
}

#[test]
fn a_question_that_stands_alone_is_not_completed() {
    let before = "Where do logs go?";
    for question in [
        "What is a collection?",
        "Which licence do adapters have?",
        "How long does it take to index a folder?",
        "Is it possible to print a page?",
        "Are there any limits on file size?",
        "Where do old chunks go when they are replaced?",
        "If a folder moved, is it indexed again?",
        "Does lorag notice that a file changed?",
        "How do I rename a session?",
        "And how is a session renamed?",
        "Who wrote the handbook?",
        "Wie wird eine Sitzung umbenannt?",
        "Gibt es eine Grenze für Dateien?",
        "Können Sie Seiten drucken?",
        "Comment renommer une session ?",
        "Y a-t-il une limite de taille ?",
        "¿Qué es una colección?",
        "Che cosa è una raccolta?",
        "O que é uma coleção?",
    ] {
        assert_eq!(after(question, before, &["Privacy", "Logs"]), None, "{question}");
    }
    assert_eq!(readings("And its weight?", &[]), Vec::<String>::new());
}

#[test]
fn pronouns_lean_on_the_subject() {
    let path: &[&str] = &["Privacy", "Logs"];
    for (question, wanted) in [
        ("How long are they kept?", "How long are Logs kept?"),
        ("Can I delete them?", "Can I delete Logs?"),
        ("And who reads those?", "who reads Logs?"),
        ("What does that mean?", "What does Logs mean?"),
        ("Where does this happen?", "Where does Logs happen?"),
        ("How large is their folder?", "How large is Logs's folder?"),
    ] {
        assert_eq!(after(question, "Where do logs go?", path).as_deref(), Some(wanted));
    }
}

#[test]
fn a_person_is_found_in_the_answer() {
    let before = [earlier(
        "Who runs the museum?",
        &["Museum"],
        "The director is Mara Lindqvist since 2019.",
    )];
    assert_eq!(
        first("Where does she live?", &before).as_deref(),
        Some("Where does Mara Lindqvist live?")
    );
    assert_eq!(
        first("What is her phone number?", &before).as_deref(),
        Some("What is Mara Lindqvist's phone number?")
    );
}

#[test]
fn the_same_is_asked_of_something_else() {
    let lamp: &[&str] = &["Heron lamp"];
    for (before, question, wanted) in [
        ("How heavy is the Heron lamp?", "And the Swift?", "How heavy is the Swift?"),
        (
            "How heavy is the Heron lamp?",
            "How about the Swift lamp?",
            "How heavy is the Swift lamp?",
        ),
        ("How heavy is the Heron lamp?", "What about its price?", "Heron lamp's price?"),
        ("How heavy is the Heron lamp?", "And the warranty?", "the warranty of Heron lamp?"),
        ("Wie schwer ist die Heron?", "Und die Swift?", "Wie schwer ist die Swift"),
        ("Combien pèse la lampe Heron ?", "Et la Swift ?", "Combien pèse la Swift ?"),
        ("¿Cuánto pesa la Heron?", "¿Y la Swift?", "¿Cuánto pesa la Swift?"),
    ] {
        let reading = after(question, before, lamp).unwrap_or_default();
        assert!(reading.starts_with(wanted), "{question}: {reading:?}");
    }
}

#[test]
fn without_a_noun_the_question_before_says_what_it_is_about() {
    let before = "Where are backups stored?";
    for (question, wanted) in [
        ("Why?", "Why? Where are backups stored?"),
        ("And how long?", "how long? Where are backups stored?"),
        ("Which is cheaper?", "Which is cheaper? Where are backups stored?"),
        ("Warum?", "Warum? Where are backups stored?"),
    ] {
        assert_eq!(after(question, before, &["Backups"]).as_deref(), Some(wanted));
    }
}

#[test]
fn the_general_word_stands_for_the_subject() {
    let lamp: &[&str] = &["Heron lamp"];
    let before = "How much is the Heron lamp?";
    assert_eq!(
        after("How heavy is the lamp?", before, lamp).as_deref(),
        Some("How heavy is the Heron lamp?")
    );
    assert_eq!(after("How heavy is a lamp?", before, lamp), None);
    assert_eq!(after("How heavy is the Swift lamp?", before, lamp), None);
}

#[test]
fn other_languages_get_the_subject_behind_the_question() {
    let path: &[&str] = &["Heron"];
    for (before, question, wanted) in [
        ("Wie schwer ist die Heron?", "Und was kostet sie?", "was kostet sie? Heron"),
        ("Combien pèse la Heron ?", "Quel est son prix ?", "Quel est son prix ? Heron"),
        ("¿Cuánto pesa la Heron?", "¿Y cuál es su precio?", "cuál es su precio? Heron"),
        ("Quanto pesa la Heron?", "Qual è il suo prezzo?", "Qual è il suo prezzo? Heron"),
        ("Quanto pesa a Heron?", "Qual é o seu preço?", "Qual é o seu preço? Heron"),
    ] {
        assert_eq!(after(question, before, path).as_deref(), Some(wanted));
    }
}

#[test]
fn hostile_text_is_no_trouble() {
    let long = "it ".repeat(20_000);
    let heading = "x ".repeat(5_000);
    for question in ["?", "…", "it", "And", "And?", "What about", "What about?", &long, "\u{0}it"]
    {
        let _ = readings(question, &[earlier(&long, &[&heading], &long), earlier("", &[], "")]);
        let _ = readings(question, &[earlier("", &[""], "")]);
    }
}
