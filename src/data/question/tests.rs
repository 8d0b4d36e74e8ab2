//! What is asked of statements, and what is not.

use super::*;

fn asked(text: &str) -> Vec<String> {
    let common = |word: &str| ["backups", "logs", "press"].contains(&word);
    let statement = Statement { text, headings: &[], first: false, row: false, common: &common };
    questions(&statement)
}

#[test]
fn statements_are_asked_for_in_plain_english() {
    for (text, question) in [
        ("The field `path` is the end of the path of the document.", "What is the field `path`?"),
        ("The command indexes the folder `examples/handbook`.", "What does the command index?"),
        ("`--json` prints one object with three fields.", "What does the option `--json` do?"),
        (
            "The command `lorag eval` answers a set of questions.",
            "What does the command `lorag eval` do?",
        ),
        ("Logs are kept for 90 days.", "How long are logs kept?"),
        ("The cache is emptied at midnight.", "When is the cache emptied?"),
        ("The museum was founded in 1923 by Mary Smith.", "When was the museum founded?"),
        ("The museum was founded by Mary Smith.", "Who founded the museum?"),
        ("Mary Smith founded the museum in 1923.", "Who founded the museum?"),
        ("Mary Smith founded the museum in 1923.", "When did Mary Smith found the museum?"),
        ("Israel has two official languages.", "How many official languages does Israel have?"),
        ("A source is left out when it does not fit.", "When is a source left out?"),
        ("To limit a search, name a collection.", "How do I limit a search?"),
        ("If you want to use your notes, give their folder.", "How do I use my notes?"),
        ("If you press Ctrl-C, the generation ends at once.", "What happens if I press Ctrl-C?"),
        ("You can limit a search with `--collection`.", "How can I limit a search?"),
        ("The settings are stored in the file `config.toml`.", "Where are the settings stored?"),
        ("The index is removed by the command `lorag kb remove`.", "What removes the index?"),
        ("Jane Roe was an American singer and actress.", "Who was Jane Roe?"),
        (
            "The question is repeated because models read better then.",
            "Why is the question repeated?",
        ),
        ("The score depends on the embedder.", "What does the score depend on?"),
        ("`--json` prints one object.", "What does the option `--json` do?"),
        ("--json prints one object with three fields.", "What does the option --json do?"),
        ("search.limit limits the hits of a search.", "What exactly does search.limit do?"),
        ("em: the answer is one of the references.", "What exactly does em mean?"),
        ("`em`: the answer is one of the references.", "What exactly does `em` mean?"),
    ] {
        assert!(asked(text).iter().any(|q| q == question), "{text}\n{:?}", asked(text));
    }
}

#[test]
fn what_leans_on_something_else_is_not_asked_for() {
    for text in [
        "It is emptied at midnight.",
        "This is the first part.",
        "However, the cache is emptied at midnight.",
        "There are three of them.",
        "See the next chapter.",
        "Which one is it?",
        "The other fields are ignored.",
        "The folder is not read when it is empty.",
    ] {
        assert_eq!(asked(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn headings_and_rows_ask_too() {
    let common = |_: &str| false;
    let of = |heading: &str, text: &str, row: bool| {
        let headings = [heading.to_owned()];
        questions(&Statement { text, headings: &headings, first: true, row, common: &common })
    };
    let text = "An option does it for one command.";
    assert_eq!(of("What changes it?", text, false)[0], "What changes it?");
    assert_eq!(of("Removing your old files", text, false)[0], "How do I remove my old files?");
    assert_eq!(of("How to skip a folder", text, false)[0], "How do I skip a folder?");
    assert!(!of("Exit codes", text, false).iter().any(|q| q.contains("exit")));
    assert_eq!(
        of("Tanks", "Tank T-2 · Capacity (l): 650 · Medium: glycol · What it is: a tank", true),
        ["What is the capacity (l) of Tank T-2?", "What is the medium of Tank T-2?"]
    );
}
