"""lorag's training beside PEFT and PyTorch: the same rows, rank 16, the same number of threads, in turns.

    python tune.py MODEL ROWS.jsonl PROGRAM [--steps 3] [--turns 3] [--threads 2]

MODEL: a folder for transformers with F32 weights. ROWS: lines with `tokens` and `supervised` (ranges of
indices). PROGRAM: lorag's `measure`, called as `PROGRAM tune MODEL ROWS STEPS THREADS`. Both train in steps
of eight rows; PyTorch gets them two at a time, those of like length together, as is common. Tokens are those
of the rows, without padding; memory is the highest of the process.
"""
import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

BATCH, MICRO = 8, 2


def peft(model, rows, steps, threads):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    tuned = get_peft_model(base, LoraConfig(r=16, lora_alpha=32, target_modules=targets, task_type="CAUSAL_LM"))
    trained = [p for p in tuned.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=5e-4, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.01)
    tokens, losses, start, cpu = 0, [], time.time(), time.process_time()
    for step in range(steps):
        batch = sorted(rows[step * BATCH:(step + 1) * BATCH], key=lambda row: len(row["tokens"]))
        count = sum(end - first for row in batch for first, end in row["supervised"])
        total = 0.0
        for at in range(0, len(batch), MICRO):
            part = batch[at:at + MICRO]
            longest = max(len(row["tokens"]) for row in part)
            ids = torch.zeros(len(part), longest, dtype=torch.long)
            labels = torch.full((len(part), longest), -100)
            mask = torch.zeros(len(part), longest, dtype=torch.long)
            for i, row in enumerate(part):
                length = len(row["tokens"])
                ids[i, :length] = torch.tensor(row["tokens"])
                mask[i, :length] = 1
                for first, end in row["supervised"]:
                    labels[i, first:end] = ids[i, first:end]
                tokens += length
            loss = tuned(input_ids=ids, attention_mask=mask, labels=labels, num_items_in_batch=count).loss
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(total)
    print(json.dumps({"tokens": tokens, "seconds": time.time() - start, "cpu": time.process_time() - cpu,
                      "losses": losses, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("program")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if args.program == "peft":
        rows = [json.loads(line) for line in open(args.rows)]
        return peft(args.model, rows, args.steps, args.threads)
    common = [args.model, args.rows]
    ways = {
        "lorag": [args.program, "tune", *common, str(args.steps), str(args.threads)],
        "PEFT": [sys.executable, __file__, *common, "peft", "--steps", str(args.steps),
                 "--threads", str(args.threads)],
    }
    found = {way: [] for way in ways}
    for _ in range(args.turns):
        for way, command in ways.items():
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[way].append(json.loads(done.stdout.strip().splitlines()[-1]))
    print(f"{'':8}{'tok/s':>8}{'tok/CPU s':>11}{'peak MiB':>10}  losses")
    for way, runs in found.items():
        middle = lambda value: statistics.median(map(value, runs))
        print(f"{way:8}{middle(lambda r: r['tokens'] / r['seconds']):8.1f}"
              f"{middle(lambda r: r['tokens'] / r['cpu']):11.1f}{middle(lambda r: r['peak']) / 2**20:10.0f}"
              f"  {', '.join(f'{loss:.3f}' for loss in runs[0]['losses'])}")


main()
