#!/bin/sh
# Makes this adapter anew: recipe.sh DATA MODEL OUT
# DATA holds selqa/ and covidqa/ (see examples/eval/sets.py), MODEL is
# SmolLM2-135M-Instruct as GGUF, OUT gets rows and the knowledge base. About an
# hour on 2 cores.
set -eu
data=$1 model=$2 out=$3
here=$(dirname "$0")
python3 "$here/../../eval/sets.py" "$data" "$out/sets"
for set in covidqa-first selqa-dev; do
    lorag --data-dir "$out/$set" data make --from-eval "$out/sets/$set.jsonl" --form both \
        --model "$model" --out "$out/$set.jsonl"
done
# Every question with its sources, and 200 of them alone.
cat "$out/covidqa-first.jsonl" "$out/selqa-dev.jsonl" | grep -v '"form":"alone"' > "$out/rows.jsonl"
cat "$out/covidqa-first.jsonl" "$out/selqa-dev.jsonl" | grep '"form":"alone"' | shuf -n 200 >> "$out/rows.jsonl"
lorag --data-dir "$out/tune" tune smollm2-cite --data "$out/rows.jsonl" --model "$model" \
    --rank 8 --alpha 16 --epochs 1 --questions 40
