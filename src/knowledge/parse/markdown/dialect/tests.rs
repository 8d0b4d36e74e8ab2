//! Other programs' Markdown, and the plain Markdown it becomes.

use super::*;

fn shown(text: &str) -> String {
    let plain = plain(text);
    assert_eq!(plain.offsets.text_len(), plain.text.len());
    let words: Vec<&str> =
        plain.text.split('\n').map(str::trim_end).filter(|line| !line.is_empty()).collect();
    words.join("\n")
}

#[test]
fn callouts_and_admonitions_become_quotes() {
    assert_eq!(
        shown("> [!note]- Signed in Lisbon\n> It ends. ^end\n\nText.\n"),
        "> Signed in Lisbon\n>\n> It ends.\nText."
    );
    assert_eq!(shown("> [!TIP]\n> Use it.\n"), ">\n> Use it.");
    assert_eq!(
        shown("!!! note \"The pump\"\n    It runs.\n\n    ```\n    code\n    ```\nText.\n"),
        "> The pump\n>\n> It runs.\n>\n> ```\n> code\n> ```\nText."
    );
    assert_eq!(
        shown(":::warning Hot\nMind it.\n:::\n\n::: {.grid}\n## Head\n:::\n"),
        "> Hot\n>\n> Mind it.\n## Head"
    );
    assert_eq!(
        shown("```{note} Mind\n:class: x\n\nIt *is*.\n```\n\n```{toctree}\na\n```\n\nEnd.\n"),
        "> Mind\n>\n>\n> It *is*.\nEnd."
    );
}

#[test]
fn titles_are_known() {
    let plain = plain("%%x%%\n\n> [!note] Signed\n> It ends.\n");
    let label = plain.labels[0];
    assert!(plain.text[label..].starts_with("Signed"));
}

#[test]
fn programs_and_comments_leave_but_not_code() {
    assert_eq!(
        shown(
            "import X from './x'\nexport const y = {\n  a: 1\n}\n\n# T\n\n%%\nhidden\n%%\n\nText.\n"
        ),
        "# T\nText."
    );
    let code = "```js\nimport x from 'y'\n\n%%\n!!! note\n```\n\n    ==indented==\n\n==x==\n";
    assert_eq!(shown(code), "```js\nimport x from 'y'\n%%\n!!! note\n```\n    ==indented==\nx");
}

#[test]
fn words_of_plain_markdown_stay() {
    for text in ["Really!!! No.\n\n!!! what is that thing now\n", "a ::: b\n", "50 %% of it\n"] {
        assert_eq!(plain(text).text, text);
    }
}
