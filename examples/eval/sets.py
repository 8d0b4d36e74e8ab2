"""Writes SelQA and COVID-QA as questions and documents that `lorag eval` and
`lorag data make --from-eval` read.

    python3 sets.py DATA OUT

DATA holds `selqa/selqa-ass-{dev,test}.json` and `covidqa/covidqa.json`. OUT gets
`selqa/` (one page for each section, with its titles), `covidqa/` (one text for
each paper), and `selqa-dev.jsonl`, `selqa-test.jsonl`, `covidqa-first.jsonl` and
`covidqa-second.jsonl` (the first and the second half of the papers). Papers and
sections belong to one part only: questions of the test part about sections that
the dev part has, too, are left out.
"""

import json
import sys
from pathlib import Path


def one_line(text):
    return " ".join(text.split())


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{path}: {len(rows)} questions")


def selqa(data, out):
    folder = out / "selqa"
    folder.mkdir(parents=True, exist_ok=True)
    places, parts = {}, {}
    for name in ("dev", "test"):
        rows = json.loads((data / f"selqa/selqa-ass-{name}.json").read_text(encoding="utf-8"))
        parts[name] = []
        for row in rows:
            sentences = [one_line(sentence) for sentence in row["candidates"]]
            text = " ".join(sentences)
            if text not in places:
                places[text] = (f"selqa/{len(places)}.md", name)
                title = f"# {row['article']}\n\n## {row['section']}\n\n{text}\n"
                (out / places[text][0]).write_text(title, encoding="utf-8")
            path, of = places[text]
            if of != name:
                continue
            answers = [sentences[index] for index in row["answers"]]
            question = {"question": one_line(row["question"]), "answers": answers, "path": path}
            parts[name].append(question | {"answerable": bool(answers)})
    for name, rows in parts.items():
        write_rows(out / f"selqa-{name}.jsonl", rows)


def covidqa(data, out):
    folder = out / "covidqa"
    folder.mkdir(parents=True, exist_ok=True)
    articles = json.loads((data / "covidqa/covidqa.json").read_text(encoding="utf-8"))["data"]
    papers = [paper for article in articles for paper in article["paragraphs"]]
    halves = {"first": [], "second": []}
    for number, paper in enumerate(papers):
        path = f"covidqa/{number}.txt"
        (out / path).write_text(paper["context"], encoding="utf-8")
        half = "first" if number < len(papers) // 2 else "second"
        for asked in paper["qas"]:
            answers = list(dict.fromkeys(one_line(answer["text"]) for answer in asked["answers"]))
            question = {"question": one_line(asked["question"]), "answers": answers, "path": path}
            halves[half].append(question | {"answerable": bool(answers)})
    for name, rows in halves.items():
        write_rows(out / f"covidqa-{name}.jsonl", rows)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    selqa(source, target)
    covidqa(source, target)
