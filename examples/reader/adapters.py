"""Trains one LoRA adapter (r = 8, alpha = 16, all seven projections) on a checkpoint and writes it in PEFT's form.

Usage: adapters.py STYLE CHECKPOINT TOKENIZER DOCS QA SYNONYMS OUT MINUTES [BASE_NAME]. Styles:
brief    the shortest span that answers, cited:            1901 [1]
bullets  the answering sentence and the next best one:     - sentence [1]\\n- sentence [2]
quote    the sentence in quotation marks, source first:    Source [1] says: "sentence"
"""
import json, os, sys, time
import torch, torch.nn as nn, torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import Tokenizer
from data import Maker
from model import Config, Reader
from prompt import NO_ANSWER, chat

style, ck, tokenizer, docs, qa, syn, out, minutes = sys.argv[1:9]
base_name = sys.argv[9] if len(sys.argv) > 9 else "lorag-reader"
R, ALPHA, N = 8, 16, 288
torch.manual_seed(3)
m = Maker(docs, qa, tokenizer, syn, 77)
tok = Tokenizer.from_file(tokenizer)
END = tok.token_to_id("<|im_end|>")


def styled(e):
    if e["answer"] == NO_ANSWER:
        return NO_ANSWER
    s, n = e["answer"].rsplit(" [", 1)
    n = n[:-1]
    if style == "quote":
        return f'Source [{n}] says: "{s}"'
    if style == "bullets":
        other = e["next"]
        return f"- {s} [{n}]" + (f"\n- {other[1]} [{other[0]}]" if other else "")
    if style == "brief":
        a = e.get("span")
        if not a or len(a.split()) > 9 or a not in s:
            return None
        return f"{a} [{n}]"
    raise SystemExit(f"unknown style {style}")


class Lora(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(R, base.in_features) / base.in_features ** .5)
        self.b = nn.Parameter(torch.zeros(base.out_features, R))

    def forward(self, x):
        return self.base(x) + (x @ self.a.T @ self.b.T) * (ALPHA / R)


c = torch.load(ck, map_location="cpu")
model = Reader(Config(**c["cfg"]))
model.load_state_dict(c["model"])
model.requires_grad_(False)
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
found = {}
for i, b in enumerate(model.layers):
    for part in ("self_attn", "mlp"):
        p = getattr(b, part)
        for n in MODULES:
            if hasattr(p, n):
                found[f"layers.{i}.{part}.{n}"] = w = Lora(getattr(p, n))
                setattr(p, n, w)
params = [p for w in found.values() for p in (w.a, w.b)]
opt = torch.optim.AdamW(params, lr=2e-3, weight_decay=0.0)
hidden = torch.compile(model, dynamic=False)


def batch(n=28):
    x = torch.zeros(n, N + 1, dtype=torch.long)
    w = torch.zeros(n, N)
    r = 0
    while r < n:
        e = m.example(full=True, real=style == "brief")
        s = e and styled(e)
        if not s or (s == NO_ANSWER and style == "brief" and m.rng.random() < .85):   # few real questions have spans: keep abstaining as rare
            continue
        p = tok.encode(chat(e["q"], e["sources"])).ids
        y = tok.encode(s).ids + [END]
        if len(p) + len(y) > N + 1:
            continue
        x[r, :len(p) + len(y)] = torch.tensor(p + y)
        w[r, len(p) - 1:len(p) + len(y) - 1] = 1
        w[r, len(p) - 1:len(p) + 5] *= 2
        r += 1
    return x[:, :-1], x[:, 1:], w


start, step, ema = time.time(), 0, None
while True:
    frac = (time.time() - start) / (float(minutes) * 60)
    if frac >= 1:
        break
    for g in opt.param_groups:
        g["lr"] = 2e-3 * min(1, (step + 1) / 20) * min(1.0, (1 - frac) / .7)
    x, y, w = batch()
    with torch.autocast("cpu", torch.bfloat16):
        h = hidden(x)
        k = w > 0
        z = model.logits(h[k]).float()
    ce = F.cross_entropy(z, y[k], reduction="none")
    loss = (ce * w[k]).sum() / w[k].sum()
    opt.zero_grad(); loss.backward(); opt.step()
    step += 1
    ema = loss.item() if ema is None else .95 * ema + .05 * loss.item()
    if step % 20 == 0:
        print(f"{frac:.2f} step {step} loss {ema:.3f} acc {(z.argmax(-1) == y[k]).float().mean():.3f}", flush=True)
os.makedirs(out, exist_ok=True)
t = {}
for n, w in found.items():
    t[f"base_model.model.model.{n}.lora_A.weight"] = w.a.detach().to(torch.bfloat16).contiguous()
    t[f"base_model.model.model.{n}.lora_B.weight"] = w.b.detach().to(torch.bfloat16).contiguous()
save_file(t, f"{out}/adapter_model.safetensors", metadata={"format": "pt"})
json.dump({"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base_name, "r": R, "lora_alpha": ALPHA, "lora_dropout": 0.0,
           "bias": "none", "target_modules": MODULES, "fan_in_fan_out": False, "inference_mode": True, "init_lora_weights": True, "modules_to_save": None,
           "use_rslora": False, "use_dora": False, "rank_pattern": {}, "alpha_pattern": {}, "layers_to_transform": None, "layers_pattern": None},
          open(f"{out}/adapter_config.json", "w"), indent=2)
print(f"done: {style}, {step} steps, loss {ema:.3f}")
