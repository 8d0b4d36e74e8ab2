"""Trains the reader. Usage: train.py TOKENIZER DATA[,DATA] INIT|- CHECKPOINT MINUTES [--resume CKPT] [--device cpu|cuda] [--size dim,layers,heads,ff] [--phases ...]

Muon on the matrices, AdamW on the rest; warm-up, constant, linear decay over the last 40 % of the time.
`--phases 0.15:192,0.4:288,1:448` is the longest example, in tokens, up to that share of the time.
Loss: weight 6 on the first token of an answer, 2 on the next three (they choose the sentence), 1 on the others and on a tenth of the prompt.
"""
import argparse, json, random, time
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from model import Config, Reader
from prompt import SYSTEM, chat

a = argparse.ArgumentParser()
for n in ("tokenizer", "data", "init", "out"):
    a.add_argument(n)
a.add_argument("minutes", type=float)
a.add_argument("--resume")
a.add_argument("--device", default="cpu")
a.add_argument("--size", default="256,6,4,768")
a.add_argument("--phases", default="0.15:192,0.4:288,1:448")
a.add_argument("--buckets", default="160,224,320,448")
a.add_argument("--tokens", type=int, default=8192, help="tokens a step")
a.add_argument("--seed", type=int, default=1)
a.add_argument("--muon-lr", type=float, default=0.02)
a.add_argument("--adam-lr", type=float, default=2e-3)
a = a.parse_args()
torch.manual_seed(a.seed)
rng = random.Random(a.seed)
dim, layers, heads, ff = map(int, a.size.split(","))
cfg = Config(dim=dim, layers=layers, heads=heads, kv_heads=heads, head_dim=dim // heads, ff=ff)
model = Reader(cfg).to(a.device)
if a.init != "-":
    with torch.no_grad():
        model.embed_tokens.weight.copy_(torch.load(a.init))
if a.resume:
    model.load_state_dict(torch.load(a.resume, map_location=a.device)["model"])
tok = Tokenizer.from_file(a.tokenizer)
END = tok.token_to_id("<|im_end|>")

t0 = time.time()
rows = []
for path in a.data.split(","):
    lines = open(path).read().splitlines()
    for i in range(0, len(lines), 5000):
        part = [json.loads(l) for l in lines[i:i + 5000]]
        p = tok.encode_batch([chat(r["q"], r["sources"], r.get("system", SYSTEM)) for r in part])
        s = tok.encode_batch([r["answer"] for r in part])
        for x, y in zip(p, s):
            rows.append((torch.tensor(x.ids + y.ids + [END], dtype=torch.int16), len(x.ids)))
print(f"{len(rows)} examples, read in {time.time() - t0:.0f} s, {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters", flush=True)
phases = [(float(x.split(":")[0]), int(x.split(":")[1])) for x in a.phases.split(",")]
BUCKETS = sorted({int(x) for x in a.buckets.split(",")})
queues = {}


def batches(limit):
    """Batches of one bucket length, all examples in random order, again and again."""
    while True:
        order = list(range(len(rows)))
        rng.shuffle(order)
        held = {n: [] for n in BUCKETS}
        for i in order:
            n = next((n for n in BUCKETS if len(rows[i][0]) <= n), None)
            if n is None or n > limit:
                continue
            held[n].append(i)
            if len(held[n]) == max(1, a.tokens // n):
                yield n, held[n]
                held[n] = []


def tensors(n, ids):
    """Inputs, targets, loss weights and a mask of the answers, each [batch, n]."""
    x = torch.zeros(len(ids), n + 1, dtype=torch.long)
    w = torch.zeros(len(ids), n)
    answer = torch.zeros(len(ids), n, dtype=torch.bool)
    for r, i in enumerate(ids):
        t, p = rows[i]
        x[r, :len(t)] = t.long()
        w[r, torch.randperm(p - 1)[:p // 10]] = 1.0
        w[r, p - 1:len(t) - 1] = 1.0
        w[r, p - 1:p + 3] = 2.0
        w[r, p - 1] = 6.0
        w[r, len(t) - 1:] = 0
        answer[r, p - 1:len(t) - 1] = True
    return tuple(v.to(a.device) for v in (x[:, :-1], x[:, 1:], w, answer))


def orthogonal(g):
    """Newton-Schulz step of Muon: the nearest orthogonal matrix, roughly."""
    x = (g / (g.norm() + 1e-7)).bfloat16()
    t = x.shape[0] > x.shape[1]
    x = x.T if t else x
    for _ in range(5):
        m = x @ x.T
        x = 3.4445 * x + (-4.7750 * m + 2.0315 * m @ m) @ x
    return (x.T if t else x).float()


mats = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
rest = [p for n, p in model.named_parameters() if not (p.dim() == 2 and "embed" not in n)]
mom = [torch.zeros_like(p) for p in mats]
adam = torch.optim.AdamW(rest, lr=a.adam_lr, betas=(0.9, 0.98), weight_decay=0.0)


hidden = torch.compile(model, dynamic=False)


def loss_fn(x, y, w, answer):
    keep = w > 0
    h = hidden(x)
    z = model.logits(h[keep]).float()
    ce = F.cross_entropy(z, y[keep], reduction="none")
    ww = w[keep]
    with torch.no_grad():
        ans = answer[keep]
        first = ww == 6
        hit = z.argmax(-1) == y[keep]
    return (ce * ww).sum() / ww.sum(), (ce * ans).sum() / ans.sum(), (hit & first).sum() / first.sum(), (hit & ans).sum() / ans.sum()


auto = dict(device_type=a.device.split(":")[0], dtype=torch.bfloat16)
start, step, seen, ema = time.time(), 0, 0, None
stream, limit = None, None
last_save = start
while True:
    frac = (time.time() - start) / (a.minutes * 60)
    if frac >= 1:
        break
    lim = next(n for f, n in phases if frac <= f)
    if lim != limit:
        limit, stream = lim, batches(lim)
    scale = min(1.0, (step + 1) / 60) * min(1.0, (1 - frac) / 0.4)
    batch = tensors(*next(stream))
    with torch.autocast(**auto):
        loss, ans, first, acc = loss_fn(*batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    with torch.no_grad():
        for p, m in zip(mats, mom):
            m.mul_(0.95).add_(p.grad)
            g = orthogonal(p.grad + 0.95 * m)
            p.mul_(1 - 0.01 * a.muon_lr * scale).add_(g, alpha=-a.muon_lr * scale * max(1, p.shape[0] / p.shape[1]) ** 0.5)
    for gr in adam.param_groups:
        gr["lr"] = a.adam_lr * scale
    adam.step()
    model.zero_grad(set_to_none=True)
    step += 1
    seen += batch[0].numel()
    cur = torch.tensor([loss.item(), ans.item(), first.item(), acc.item()])
    ema = cur if ema is None else .97 * ema + .03 * cur
    if step % 25 == 0:
        print(f"{frac:.3f} step {step} len {limit} tokens {seen / 1e6:.2f}M {seen / (time.time() - start):.0f}/s loss {ema[0]:.3f} ans {ema[1]:.3f} first {ema[2]:.3f} acc {ema[3]:.3f}", flush=True)
    if time.time() - last_save > 300:
        last_save = time.time()
        torch.save({"model": model.state_dict(), "cfg": cfg.__dict__}, a.out)
torch.save({"model": model.state_dict(), "cfg": cfg.__dict__}, a.out)
print(f"done: {step} steps, {seen / 1e6:.1f}M tokens, loss {ema[0]:.3f} ans {ema[1]:.3f} first {ema[2]:.3f} acc {ema[3]:.3f}")
