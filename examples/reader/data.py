"""Training examples from the pipeline that the reader will see at work: question, BM25 hits, each reduced to its best sentences.

Usage: data.py DOCS QA TOKENIZER SYNONYMS OUT COUNT SEED
Writes {"q", "sources": [text], "answer", "kind"}, with answer = 'sentence [n]' or NO_ANSWER.
"""
import collections, json, math, random, re, sys
import numpy as np
from tokenizers import Tokenizer
from prompt import NO_ANSWER
from text import STOP, stem, terms

SKIP = {"reddit": .5, "amazon": .6}   # far from documents, so taken less often
MADE = {"manual": 8, "selqa": 2, "covid": 1, "wiki": 1, "nqg": 1, "qed": .5}   # which passages questions are made from, by weight


class Index:
    """BM25 (k1 = 1.2, b = 0.75) over the passages of one kind."""

    def __init__(self, ids, bags, idf):
        self.ids = np.array(ids)
        lens = np.array([len(b) for b in bags], np.float32)
        norm = 1.2 * (0.25 + 0.75 * lens / max(1.0, lens.mean()))
        post = collections.defaultdict(lambda: ([], []))
        for i, b in enumerate(bags):
            for t, n in collections.Counter(b).items():
                post[t][0].append(i)
                post[t][1].append(idf.get(t, 8.0) * n * 2.2 / (n + norm[i]))
        self.post = {t: (np.array(a, np.int32), np.array(w, np.float32)) for t, (a, w) in post.items()}

    def search(self, q, k):
        s = np.zeros(len(self.ids), np.float32)
        for t in set(q):
            if t in self.post:
                a, w = self.post[t]
                s[a] += w
        k = min(k, len(s))
        top = np.argpartition(-s, k - 1)[:k]
        top = top[np.argsort(-s[top])]
        return [(int(self.ids[i]), float(s[i])) for i in top if s[i] > 0]


def sentence_score(q, bag, idf):
    """Share of the question's term weight that a sentence holds, with a mild penalty for length."""
    have = set(bag)
    total = sum(idf.get(t, 8.0) for t in q) or 1.0
    return sum(idf.get(t, 8.0) for t in q if t in have) / total / (1 + 0.004 * len(bag))


class Maker:
    def __init__(self, docs, qa, tok, synonyms, seed):
        self.rng = random.Random(seed)
        self.docs = [json.loads(l) for l in open(docs)]
        self.qa = [json.loads(l) for l in open(qa)]
        self.tok = Tokenizer.from_file(tok)
        self.syn = json.load(open(synonyms))
        self.bags = [[terms(s) for s in d["sents"]] for d in self.docs]
        df = collections.Counter(t for b in self.bags for t in {x for s in b for x in s})
        n = len(self.docs)
        self.idf = {t: math.log(1 + (n - c + .5) / (c + .5)) for t, c in df.items()}
        by = collections.defaultdict(list)
        for d in self.docs:
            by[d["kind"]].append(d["id"])
        self.index = {k: Index(v, [sum(self.bags[i], []) for i in v], self.idf) for k, v in by.items()}
        self.by = by
        self.made = {k: w for k, w in MADE.items() if k in by}   # a corpus without manuals works too
        self.length = {}

    def tokens(self, s):
        if s not in self.length:
            if len(self.length) > 400_000:
                self.length.clear()
            self.length[s] = len(self.tok.encode(s).ids)
        return self.length[s]

    # questions made from a sentence
    def synonym(self, w):
        c = self.syn.get(w.lower())
        if not c:
            return w
        r = self.rng.choice(c)
        return r.capitalize() if w[0].isupper() else r

    def question(self, s):
        r = self.rng
        words = re.findall(r"[\w'/.-]*\w", s)
        if len(words) < 5:
            return None
        content = [i for i, w in enumerate(words) if w.lower() not in STOP]
        if len(content) < 3:
            return None
        num = [i for i in content if words[i][0].isdigit()]
        cap = [i for i in content if i > 0 and words[i][0].isupper()]
        gone = set()
        style = r.random()
        if num and r.random() < .6:
            i = r.choice(num); gone.add(i)
            wh = r.choice(["When", "In what year", "What year"]) if re.fullmatch(r"1[5-9]\d\d|20[0-2]\d", words[i]) else r.choice(["How many", "How much", "What number of", "What"])
        elif cap and r.random() < .6:
            i = r.choice(cap)
            while i in cap:
                gone.add(i); i += 1
            wh = r.choice(["Who", "What", "Which", "What is the name of the", "Where", "Which"])
        else:
            i = r.choice(content); gone.add(i)
            wh = r.choice(["What", "What", "How", "Why", "Which", "What kind of", "How do I", "How can I", "When", "What happens when", "What does", "How does", "Where", "Is there a way to"])
        left = [i for i in content if i not in gone]
        if len(left) < 2:
            return None
        keep = max(2, min(len(left), round(r.triangular(2, 8, 4))))
        if r.random() < .65:   # neighbouring words
            a = r.randrange(0, len(left) - keep + 1)
            chosen = left[a:a + keep]
        else:
            chosen = sorted(r.sample(left, keep))
        out, last = [], None
        for i in chosen:
            if last is not None and style < .75:   # the little words between two neighbours
                gap = [words[j] for j in range(last + 1, i) if j not in gone]
                if len(gap) <= 2 and all(w.lower() in STOP for w in gap):
                    out += gap
            w = words[i]
            if r.random() < .2:
                w = self.synonym(w)
            elif r.random() < .25 and w.islower():
                w = stem(w) if r.random() < .5 and len(stem(w)) > 3 else w
            out.append(w)
            last = i
        if style > .9:
            return " ".join(out)
        if r.random() < .15:
            r.shuffle(out)
        if r.random() < .5:
            out = [o if k == 0 or o[0].isupper() else o.lower() for k, o in enumerate(out)]
        aux = r.choice(["", "", "is", "are", "does", "did", "was", "the", "can"]) if wh not in ("How do I", "How can I", "Is there a way to", "What does") else ""
        return re.sub(r"\s+", " ", f"{wh} {aux} {' '.join(out)}?")

    def pick(self, real=False):
        r = self.rng
        x = r.random()
        if real or x < .75:
            while True:
                q = r.choice(self.qa)
                if r.random() < SKIP.get(q["kind"], 0):
                    continue
                if q["sent"] < len(self.docs[q["doc"]]["sents"]):
                    return q["q"], q["doc"], q["sent"], q["kind"], q.get("span")
        while True:
            kind = r.choices(list(self.made), list(self.made.values()))[0]
            d = self.docs[r.choice(self.by[kind])]
            i = r.randrange(len(d["sents"]))
            if 5 <= len(d["sents"][i].split()) <= 50:
                q = self.question(d["sents"][i])
                if q:
                    return q, d["id"], i, "syn-" + kind, None

    def example(self, full=False, real=False):
        """One example, or None where the draw gave none. `full` adds the answer's span and the next best sentence; `real` keeps to real questions."""
        r = self.rng
        q, gold, gi, kind, span = self.pick(real)
        s = self.docs[gold]["sents"][gi]
        if not 12 <= len(s) <= 420:
            return None
        if r.random() < .12:
            q = q.rstrip("?")
        elif r.random() < .06:
            q = q.lower()
        qt = terms(q)
        if not qt:
            return None
        hits = self.index[self.docs[gold]["kind"]].search(qt, 12)
        k = r.choice([1, 2, 3, 3, 4, 4, 4, 5])
        none = r.random() < .07
        ids = [h[0] for h in hits]
        if none:
            group = self.docs[gold]["group"]
            ids = [i for i in ids if i != gold and self.docs[i]["group"] != group][:k]
        else:
            rank = ids.index(gold) if gold in ids else r.randrange(3, 8)
            ids = [i for i in ids if i != gold]
            # a dense leg often lifts the right passage: sometimes so here
            if rank and r.random() < .35:
                rank = r.randrange(0, rank)
            at = min(rank, k - 1, len(ids))
            ids = ids[:k]
            ids.insert(at, gold)
            ids = ids[:max(k, at + 1)]
        if not ids:
            return None
        # the best few sentences of all hits; a source per hit; sources, and sentences in a source, best first
        most = r.choice([1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 6, 8])
        scored = []
        for n, i in enumerate(ids):
            for j, sent in enumerate(self.docs[i]["sents"]):
                if 12 <= len(sent) <= 420:
                    sc = sentence_score(qt, self.bags[i][j], self.idf) + .25 / (n + 1) + r.gauss(0, .04)
                    scored.append((sc, n, j, sent))
        scored.sort(key=lambda x: -x[0])
        top = scored[:most]
        if not none and not any(ids[n] == gold and j == gi for _, n, j, _ in top):
            if r.random() < .5:
                return None
            top[-1] = next(x for x in scored if ids[x[1]] == gold and x[2] == gi)
        kept, used = {}, 0
        for sc, n, j, sent in top:
            used += self.tokens(sent) + 4
            if used > 330 and kept:
                break
            kept.setdefault(n, []).append((j, sent))
        sources, answer = [], NO_ANSWER
        for n, part in kept.items():
            sources.append(" ".join(x for _, x in part))
            if not none and ids[n] == gold and any(j == gi for j, _ in part):
                answer = f"{s} [{len(sources)}]"
        if not none and answer == NO_ANSWER:
            return None
        if not sources:
            return None
        e = {"q": q, "sources": sources, "answer": answer, "kind": "none" if none else kind}
        if full:
            order = list(kept)
            rest = [(sc, order.index(n) + 1, sent) for sc, n, j, sent in scored if n in kept and (j, sent) in kept[n] and sent != s]
            e["span"], e["next"] = span, rest[0][1:] if rest else None
        return e


if __name__ == "__main__":
    docs, qa, tok, syn, out, count, seed = sys.argv[1:8]
    m = Maker(docs, qa, tok, syn, int(seed))
    n = 0
    with open(out, "w") as f:
        while n < int(count):
            e = m.example()
            if e:
                f.write(json.dumps(e, ensure_ascii=False) + "\n")
                n += 1
                if n % 20000 == 0:
                    print(n, flush=True)
