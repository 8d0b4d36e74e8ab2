"""Fits the probability in src/knowledge/evidence/answers.rs: fit.py FEATURES.jsonl (written by `measure -- features`)

Needs numpy. Fitted on SelQA's dev part and the first half of COVID-QA, with term weights of the whole collection and of the
passages alone; reported on SelQA's test part, the second half of COVID-QA and the handbook. Prints the weights of both models,
how questions with and without answers part, and the thresholds that keep to a risk.
"""
import json, sys
import numpy as np

NAMES = ["share", "headed", "passage", "static", "heaviest_headed", "heaviest_passage", "identifiers_headed", "identifiers_passage",
         "names_headed", "names_passage", "kind_lacks", "kind_holds", "question", "margin", "logit_below", "cosine", "logit"]
# What is known without data, of signs that the sets hold seldom, and how strongly the fit is pulled towards it.
PRIOR = dict(share=.3, headed=.5, passage=.5, identifiers_headed=-2, identifiers_passage=-1.5, names_headed=-.4, names_passage=-.8,
             kind_lacks=-1, kind_holds=.1, question=-4, bias=-1)
FIRM = ("identifiers_headed", "identifiers_passage", "question", "kind_lacks", "kind_holds")
rows = [row for row in map(json.loads, open(sys.argv[1])) if row["signs"]]


def best(row, read):
    """The sentences that a choice is made among, best first, with their signs."""
    signs = [s for s in row["signs"] if s["logit"] is not None] if read else []
    signs = signs or sorted(row["signs"], key=lambda s: -s["score"])[:6]
    total = (lambda s: s["sum"]) if read else (lambda s: 4 * s["score"])
    out = []
    for k, s in enumerate(signs):
        x = list(s["values"])
        x[13] = float(np.clip(total(s) - total(signs[1 if k == 0 else 0]), -2, 2)) if len(signs) > 1 else 2.0
        if not read: x[14:17] = [0, 0, 0]
        out.append((x, float(s["right"])))
    return out


def fit(read):
    X, y, w = [], [], []
    for row in rows:
        if row["set"] not in ("selqa-dev", "titled-dev", "covid-first"): continue
        for k, (x, right) in enumerate(best(row, read)):
            X.append(x + [1]); y.append(right)
            # The first sentence is shown; of one that is wrong beside a right one less is known.
            w.append((1 if k == 0 else .1) * (.6 if row["kind"] == "present" and not right else 1))
    X, y, w = map(np.array, (X, y, w))
    prior = np.array([PRIOR.get(n, 0) for n in NAMES + ["bias"]], float)
    pull = np.array([8 if n in FIRM else 2 for n in NAMES] + [.01], float)
    if not read: pull[14:17] = 1e6
    theta = prior.copy()
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(X @ theta, -30, 30)))
        theta -= np.linalg.solve((X * (w * p * (1 - p))[:, None]).T @ X + np.diag(pull), X.T @ (w * (p - y)) + pull * (theta - prior))
    return theta


def auc(a, b):
    a, b = np.array(a), np.array(b)
    return float((a[:, None] > b[None]).mean() + .5 * (a[:, None] == b[None]).mean())


for read in (True, False):
    theta = fit(read)
    print("READ" if read else "UNREAD", ", ".join(f"{t:.2f} {n}" for n, t in zip(NAMES + ["bias"], theta)))
    chance = lambda row: float(1 / (1 + np.exp(-np.append(best(row, read)[0][0], 1) @ theta)))
    for name in ("selqa-dev", "titled-dev", "selqa-test", "titled-test", "covid-second", "handbook"):
        of = lambda kind: [chance(r) for r in rows if (r["set"], r["kind"], r["few"]) == (name, kind, False)]
        there = of("present")
        if not there: continue
        for kind in ("absent", "swapped", "foreign", "none"):
            if gone := of(kind):
                print(f"  {name}, {kind}: AUC {auc(there, gone):.3f}; answered at", ", ".join(
                    f"{t}: {np.mean(np.array(there) >= t):.2f}/{np.mean(np.array(gone) >= t):.2f}" for t in (.03, .06, .1, .15, .2, .3, .5)))
    held = sorted(((chance(r), best(r, read)[0][1]) for r in rows if r["set"] in ("selqa-test", "titled-test", "covid-second") and not r["few"]), reverse=True)
    p, right = np.array([h[0] for h in held]), np.array([h[1] for h in held])
    if len(p) < 20: continue
    wrong = 1 - np.cumsum(right) / np.arange(1, len(right) + 1)
    for risk in (.02, .05, .1, .15, .2, .3, .4, .5):
        good = [k for k in np.where(wrong <= risk)[0] if k >= 10]
        if good: print(f"  risk {risk}: threshold {p[good[-1]]:.3f}, answers {(good[-1] + 1) / len(p):.3f} of all, {right[:good[-1] + 1].sum() / right.sum():.3f} of the right ones")
