"""Reads the raw corpora and writes two files:

docs.jsonl  {"id", "kind", "group", "sents": [...]}      a passage of 2 to 8 sentences; `group` is its page or article
qa.jsonl    {"doc", "sent", "q", "kind"}                 a real question, and the sentence of the passage that answers it

Usage: corpus.py RAW OUT [HTML_ROOT ...]. RAW holds the question sets named in FILES (README.md says where they come from); each HTML_ROOT
is a folder of manual pages.
"""
import collections, glob, html, json, os, random, re, sys
from text import split_sentences

FILES = ["new_wiki.json", "reddit.json", "amazon.json", "selqa-ass-dev.json", "selqa-ass-test.json", "covidqa.json", "qed.jsonl", "nqg.src", "nqg.tgt"]

if len(sys.argv) < 3:
    raise SystemExit(__doc__)
raw, out, roots = sys.argv[1], sys.argv[2], sys.argv[3:]
missing = [f for f in FILES if not os.path.exists(f"{raw}/{f}")] + [r for r in roots if not os.path.isdir(r)]
if missing:
    raise SystemExit(f"not found: {', '.join(missing)}; README.md says what is needed")
rng = random.Random(7)
docs, qa = [], []


def add_doc(kind, group, sents):
    docs.append({"id": len(docs), "kind": kind, "group": f"{kind}/{group}", "sents": sents})
    return len(docs) - 1


def clean(s):
    return re.sub(r"\s+", " ", s).strip()


def sentence_of(sents, text, start):
    """Index of the sentence that holds character `start` of `text`, which the sentences make up in order."""
    pos = 0
    for i, s in enumerate(sents):
        at = text.find(s, pos)
        if at < 0:
            return None
        pos = at + len(s)
        if at <= start < pos:
            return i
    return None


def squad(path, kind):
    for a in json.load(open(path))["data"]:
        for p in a["paragraphs"]:
            text = clean(p["context"])
            sents = split_sentences(text)
            if not 1 <= len(sents) <= 40:
                continue
            # long papers are cut into passages of six sentences
            step = len(sents) if len(sents) <= 9 else 6
            ids = [add_doc(kind, a.get("title") or p.get("document_id") or p["context"][:30], sents[i:i + step]) for i in range(0, len(sents), step)]
            for q in p["qas"]:
                for ans in q.get("answers", [])[:1]:
                    at = text.find(clean(ans["text"]))
                    i = sentence_of(sents, text, at) if at >= 0 else None
                    if i is not None and 3 <= len(q["question"].split()) <= 30:
                        spans = collections.Counter(clean(x["text"]) for x in q["answers"])
                        qa.append({"doc": ids[i // step], "sent": i % step, "q": clean(q["question"]), "kind": kind, "span": spans.most_common(1)[0][0]})


def long_squad(path, kind):
    for a in json.load(open(path))["data"]:
        for n, p in enumerate(a["paragraphs"]):
            text = clean(p["context"])
            sents = split_sentences(text)
            ids = [add_doc(kind, f"{n}-{p.get('document_id', '')}", sents[i:i + 6]) for i in range(0, len(sents), 6)]
            for q in p["qas"]:
                for ans in q["answers"][:1]:
                    i = sentence_of(sents, text, text.find(clean(ans["text"])))
                    if i is not None:
                        qa.append({"doc": ids[i // 6], "sent": i % 6, "q": clean(q["question"]), "kind": kind})


def selqa(paths):
    seen = {}
    for path in paths:
        for x in json.load(open(path)):
            key = tuple(x["candidates"])
            if key not in seen:
                sents = [clean(c) for c in x["candidates"]]
                seen[key] = [add_doc("selqa", x["article"], sents[i:i + 7]) for i in range(0, len(sents), 7)]
            for i in x["answers"][:1]:
                qa.append({"doc": seen[key][i // 7], "sent": i % 7, "q": clean(x["question"]), "kind": "selqa"})


def detok(s):
    s = s.replace("-lrb-", "(").replace("-rrb-", ")").replace("-lsb-", "[").replace("-rsb-", "]").replace("``", '"').replace("''", '"')
    s = re.sub(r" ([.,;:?!%)\]]|'s\b|n't\b|'re\b|'ve\b|'d\b|'ll\b)", r"\1", s)
    return clean(re.sub(r"([(\[$£]) ", r"\1", s))


def recase(s, upper):
    """Gives a lower-cased sentence its capitals back, from words that other text mostly writes with one."""
    words = s.split(" ")
    w = [x[:1].upper() + x[1:] if re.sub(r"\W", "", x) in upper else x for x in words]
    return (w[0][:1].upper() + w[0][1:] + " " + " ".join(w[1:])).strip() if w else s


def nqg(src, tgt, upper):
    """Sentence and question pairs in the order of their articles: neighbours make the passage."""
    rows = [(recase(detok(a), upper), recase(detok(b), upper)) for a, b in zip(open(src), open(tgt))]
    order, qs = [], {}
    for s, q in rows:
        if s not in qs:
            qs[s] = []
            order.append(s)
        qs[s].append(q)
    order = [s for s in order if 5 <= len(s.split()) <= 60]
    for i in range(0, len(order), 5):
        part = order[i:i + 5]
        d = add_doc("nqg", str(i // 60), part)
        for j, s in enumerate(part):
            qa.extend({"doc": d, "sent": j, "q": q, "kind": "nqg"} for q in qs[s] if 3 <= len(q.split()) <= 30)


def qed(path):
    for line in open(path):
        x = json.loads(line)
        text = x["paragraph_text"]
        st = x["sentence_starts"] + [len(text)]
        sents = [detok(text[a:b]) for a, b in zip(st, st[1:])]
        if x["original_nq_answers"] and 1 <= len(sents) <= 12:
            at = x["original_nq_answers"][0][0]["start"]
            i = max(k for k, a in enumerate(st[:-1]) if a <= at)
            d = add_doc("qed", x["title_text"], sents)
            q = x["question_text"]
            qa.append({"doc": d, "sent": i, "q": (q[0].upper() + q[1:] + "?") if rng.random() < .5 else q, "kind": "qed", "span": detok(x["original_nq_answers"][0][0]["string"])})


def manuals(root, limit=6000):
    files = sorted(glob.glob(root + "/**/*.html", recursive=True))
    rng.shuffle(files)
    name = os.path.basename(os.path.normpath(root))
    for f in files[:limit]:
        try:
            t = open(f, encoding="utf-8", errors="ignore").read(400_000)
        except OSError:
            continue
        t = re.sub(r"(?s)<(script|style|pre|nav|header|footer|table).*?</\1>", " ", t)
        sents = []
        for p in re.findall(r"(?s)<(?:p|dd)\b[^>]*>(.*?)</(?:p|dd)>", t):
            p = clean(html.unescape(re.sub(r"(?s)<[^>]+>", "", p))).replace("¶", "")
            if 30 < len(p) < 2500:
                sents.extend(s for s in split_sentences(p) if 4 <= len(s.split()) <= 60 and s[0].isupper())
        for i in range(0, min(len(sents), 300), 5):
            if len(sents[i:i + 5]) >= 2:
                add_doc("manual", name + "/" + os.path.relpath(f, root), sents[i:i + 5])


squad(f"{raw}/new_wiki.json", "wiki")
squad(f"{raw}/reddit.json", "reddit")
squad(f"{raw}/amazon.json", "amazon")
selqa([f"{raw}/selqa-ass-dev.json", f"{raw}/selqa-ass-test.json"])
long_squad(f"{raw}/covidqa.json", "covid")
qed(f"{raw}/qed.jsonl")
for r in roots:
    manuals(r)
low, up = {}, {}
for d in docs:
    for s in d["sents"]:
        for w in re.findall(r"(?<=\s)[A-Za-z][a-z]+", s):
            k = w.lower()
            (up if w[0].isupper() else low)[k] = (up if w[0].isupper() else low).get(k, 0) + 1
upper = {k for k, n in up.items() if n > 1.5 * low.get(k, 0)} - {"the", "a", "i"}
nqg(f"{raw}/nqg.src", f"{raw}/nqg.tgt", upper)
os.makedirs(out, exist_ok=True)
with open(f"{out}/docs.jsonl", "w") as f:
    f.writelines(json.dumps(d, ensure_ascii=False) + "\n" for d in docs)
with open(f"{out}/qa.jsonl", "w") as f:
    f.writelines(json.dumps(q, ensure_ascii=False) + "\n" for q in qa)
print(len(docs), collections.Counter(d["kind"] for d in docs))
print(len(qa), collections.Counter(q["kind"] for q in qa))
