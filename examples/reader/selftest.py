"""Runs the steps of the recipe that need no training, on made-up data of a few kilobytes, and checks what they write.

Usage: selftest.py. `text`, `prompt` and `corpus` need the standard library alone; `tokenizer` needs tokenizers, and `data` numpy as well:
what is not installed is named and left out. The training steps are only compiled.
"""
import importlib.util, json, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from prompt import NO_ANSWER, chat, user
from text import split_sentences, stem, terms

TOWNS = ["Alder", "Birch", "Cedar", "Elm", "Fern", "Hazel", "Ivy", "Juniper", "Larch", "Maple", "Oak", "Poplar", "Rowan", "Spruce", "Willow"]
GOODS = ["copper kettles", "woollen blankets", "paper lanterns", "clay bricks", "glass bottles"]


def passage(i):
    """A made-up passage, with one question to each of its sentences."""
    town, year, goods = TOWNS[i % len(TOWNS)] + ("ton" if i < len(TOWNS) else "field"), 1700 + 7 * i, GOODS[i % len(GOODS)]
    return [(f"The village of {town} was founded in {year} beside a narrow river.", f"When was {town} founded?", str(year)),
            (f"Its largest workshop makes {goods} for the whole valley.", f"What does the largest workshop of {town} make?", goods),
            (f"A ferry crosses the water at {town} every {i + 5} minutes until dusk.", f"How often does the ferry cross at {town}?", f"{i + 5} minutes")]


def raw_files(raw):
    """The files that corpus.py reads, each in its own form."""
    def write(name, text):
        with open(f"{raw}/{name}", "w") as f:
            f.write(text)

    def squad(name, first):
        paragraphs = []
        for i in range(first, first + 6):
            rows = passage(i)
            text = " ".join(s for s, _, _ in rows)
            paragraphs.append({"context": text, "document_id": i,
                               "qas": [{"question": q, "answers": [{"text": a, "answer_start": text.find(a)}]} for _, q, a in rows]})
        write(name, json.dumps({"data": [{"title": name, "paragraphs": paragraphs}]}))

    for name, first in (("new_wiki.json", 0), ("reddit.json", 6), ("amazon.json", 12), ("covidqa.json", 18)):
        squad(name, first)
    for name, part in (("selqa-ass-dev.json", range(0, 8)), ("selqa-ass-test.json", range(8, 16))):
        write(name, json.dumps([{"question": q, "candidates": [s for s, _, _ in passage(i)], "answers": [k], "article": f"Village {i}"}
                                for i in part for k, (_, q, _) in enumerate(passage(i))]))
    lines = []
    for i in range(16, 22):
        rows = passage(i)
        text = " ".join(s for s, _, _ in rows)
        starts = [text.find(s) for s, _, _ in rows]
        at = text.find(rows[2][2])
        lines.append(json.dumps({"title_text": f"Village {i}", "question_text": rows[2][1].rstrip("?").lower(), "paragraph_text": text, "sentence_starts": starts,
                                 "original_nq_answers": [[{"start": at, "end": at + len(rows[2][2]), "string": rows[2][2]}]]}))
    write("qed.jsonl", "\n".join(lines) + "\n")
    pairs = [(s, q) for i in range(22, 30) for s, q, _ in passage(i)]
    spaced = lambda t: re.sub(r"([.?])", r" \1", t).lower() + "\n"
    write("nqg.src", "".join(spaced(s) for s, _ in pairs))
    write("nqg.tgt", "".join(spaced(q) for _, q in pairs))


def manual(root):
    os.makedirs(root)
    for i in range(4):
        body = "".join(f"<p>Option {n} of tool {i} sets the number of <em>retries</em> &amp; the pause between two of them. "
                       f"A pause of {n + 1} seconds is the default of the tool.</p>" for n in range(3))
        with open(f"{root}/page{i}.html", "w") as f:
            f.write(f"<html><head><style>p {{}}</style></head><body><nav><p>Contents of the manual, which no passage may hold.</p></nav>{body}</body></html>")


def run(step, *args):
    p = subprocess.run([sys.executable, f"{HERE}/{step}.py", *args], cwd=HERE, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True)
    assert p.returncode == 0, f"{step}.py failed:\n{p.stderr}"
    return p.stdout


def rows(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def check_text():
    assert split_sentences("Dr. Gray came at 5 p.m. on Monday. He left.") == ["Dr. Gray came at 5 p.m. on Monday.", "He left."]
    assert split_sentences("") == [] and split_sentences(" No end ") == ["No end"]
    assert stem("queries") == "query" and stem("files") == stem("file")
    assert terms("Where are the logs kept?") == ["log", "kept"]


def check_prompt():
    assert user("Why?", []) == "Why?"
    assert user("Why?", ["a", "b"]) == "Question: Why?\n\n[1] a\n[2] b\n\nQuestion: Why?"
    assert chat("Why?", ["a"]).endswith("<|im_start|>assistant\n")


def check_corpus(raw, work, root):
    run("corpus", raw, work, root + "/")   # a slash at the end must not lose the manual's name
    docs, qa = rows(f"{work}/docs.jsonl"), rows(f"{work}/qa.jsonl")
    assert [d["id"] for d in docs] == list(range(len(docs)))
    kinds = {d["kind"] for d in docs}
    assert kinds == {"wiki", "reddit", "amazon", "selqa", "covid", "qed", "nqg", "manual"}, kinds
    assert {q["kind"] for q in qa} == kinds - {"manual"}
    assert {d["group"] for d in docs if d["kind"] == "manual"} == {f"manual/tool-docs/page{i}.html" for i in range(4)}
    for d in docs:
        assert d["sents"] and not any("Contents" in s or "<" in s or "&amp;" in s for s in d["sents"])
    for q in qa:
        s = docs[q["doc"]]["sents"][q["sent"]]
        assert "span" not in q or q["span"] in s, (q, s)
        assert q["doc"] < len(docs)
    p = subprocess.run([sys.executable, f"{HERE}/corpus.py", work, work], capture_output=True, text=True)
    assert p.returncode == 1 and "new_wiki.json" in p.stderr, "a missing file must be named"
    return len(docs), len(qa)


def check_tokenizer(work):
    from tokenizers import Tokenizer
    run("tokenizer", f"{work}/docs.jsonl", f"{work}/qa.jsonl", f"{work}/tokenizer.json")
    t = Tokenizer.from_file(f"{work}/tokenizer.json")
    assert t.token_to_id("<|endoftext|>") == 0 and t.token_to_id("<|im_end|>") == 2
    text = "Größe 1990 [12] ✓\n"
    assert t.decode(t.encode(text).ids) == text
    assert "12" not in t.get_vocab(), "digits stand alone"


def check_data(work):
    with open(f"{work}/synonyms.json", "w") as f:
        json.dump({"village": ["town"], "large": ["big"], "founded": ["started"]}, f)
    args = [f"{work}/docs.jsonl", f"{work}/qa.jsonl", f"{work}/tokenizer.json", f"{work}/synonyms.json"]
    run("data", *args, f"{work}/train.jsonl", "300", "1")
    run("data", *args, f"{work}/again.jsonl", "300", "1")
    made = rows(f"{work}/train.jsonl")
    assert made == rows(f"{work}/again.jsonl"), "one seed, one result"
    assert len(made) == 300
    none = 0
    for e in made:
        assert e["q"] and e["sources"]
        if e["answer"] == NO_ANSWER:
            none += 1
            continue
        s, n = re.fullmatch(r"(.*) \[(\d+)\]", e["answer"]).groups()
        assert s in e["sources"][int(n) - 1], e
    assert 0 < none < 60, f"{none} of 300 without an answer"
    assert any(e["kind"].startswith("syn-") for e in made)
    return none


def main():
    for f in sorted(os.listdir(HERE)):
        if f.endswith(".py"):
            with open(f"{HERE}/{f}") as src:
                compile(src.read(), f, "exec")
    has = {m: importlib.util.find_spec(m) is not None for m in ("tokenizers", "numpy")}
    check_text()
    check_prompt()
    print("text, prompt: ok; every script compiles")
    with tempfile.TemporaryDirectory() as tmp:
        raw, work, root = f"{tmp}/raw", f"{tmp}/work", f"{tmp}/tool-docs"
        os.makedirs(raw)
        raw_files(raw)
        manual(root)
        print("corpus: ok; %d passages, %d questions" % check_corpus(raw, work, root))
        if not has["tokenizers"]:
            return print("tokenizer, data: left out, tokenizers is not installed")
        check_tokenizer(work)
        print("tokenizer: ok")
        if not has["numpy"]:
            return print("data: left out, numpy is not installed")
        print("data: ok; %d of 300 examples without an answer" % check_data(work))


if __name__ == "__main__":
    main()
