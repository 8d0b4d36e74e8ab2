//! The questions about the handbook: their answers stand in it word for word.

use super::common::root;
use serde_json::Value;

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_reference_answer_stands_in_its_file() {
    let examples = root().join("examples");
    let lines = std::fs::read_to_string(examples.join("eval/handbook.jsonl")).unwrap();
    let (mut answerable, mut not) = (0, 0);
    for (number, line) in lines.lines().enumerate() {
        let row: Value = serde_json::from_str(line).unwrap();
        if row["answerable"] == false {
            assert!(row["path"].is_null() && row["answers"] == serde_json::json!([]), "{number}");
            not += 1;
            continue;
        }
        answerable += 1;
        let path = examples.join(row["path"].as_str().unwrap());
        let file = one_line(&std::fs::read_to_string(path).unwrap());
        for answer in row["answers"].as_array().unwrap() {
            let answer = answer.as_str().unwrap();
            assert!(file.contains(answer), "line {}: {answer:?} is not in its file", number + 1);
        }
    }
    assert!(answerable >= 50 && not >= 10, "{answerable} and {not}");
}

#[test]
fn the_handbook_is_a_handbook() {
    let pages = std::fs::read_dir(root().join("examples/handbook")).unwrap().count();
    assert!(pages >= 8, "{pages} pages");
}
