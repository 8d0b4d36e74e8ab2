"""Packs the ranker's weights to 8 bits by row: ranker_pack.py EXPORTED OUT

EXPORTED is the folder that ranker_export.py writes. OUT/model.safetensors holds each matrix as I8 under its name and, as
`NAME.scale` (F32), what a row is multiplied with: the largest value of the row over 127. Vectors (biases, layer norms) stay F32.
The word vectors are looked up by row and never made larger; the matrices of the layers are, when the ranker loads.
OUT/fixtures.json is copied: the logits and cosines of the F16 weights, which the packed ones must keep to.
"""
import json, os, shutil, sys
import numpy as np
from safetensors.numpy import load_file, save_file

exported, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)
packed = {}
for name, tensor in sorted(load_file(f"{exported}/model.safetensors").items()):
    tensor = tensor.astype(np.float32)
    if tensor.ndim < 2 or tensor.shape[0] < 3:
        packed[name] = np.ascontiguousarray(tensor)
        continue
    scale = np.maximum(np.abs(tensor).max(axis=1), 1e-12) / 127
    packed[name] = np.ascontiguousarray(np.clip(np.rint(tensor / scale[:, None]), -127, 127).astype(np.int8))
    packed[name + ".scale"] = scale.astype(np.float32)
save_file(packed, f"{out}/model.safetensors")
config = json.load(open(f"{exported}/config.json"))
config["torch_dtype"] = "int8"
json.dump(config, open(f"{out}/config.json", "w"), indent=1)
open(f"{out}/config.json", "a").write("\n")
fixtures = json.load(open(f"{exported}/fixtures.json"))
json.dump(fixtures, open(f"{out}/fixtures.json", "w"), ensure_ascii=False)
