"""Blocks of every type that hub/gguf reads, at random, with the values that gguf-py makes of them.

    pip install gguf==0.18.0 && python -m sieve_ref.gguf_blocks     (from python/)

Writes src/hub/gguf/testing/blocks.json: bytes and f32 values, base64.
"""

import base64
import json
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize

FILE = Path(__file__).parents[2] / "src/hub/gguf/testing/blocks.json"
# Where a block's f16 scales lie, by its type: random bits would make infinities of them.
SCALES = {
    Type.Q4_0: [0],
    Type.Q4_1: [0, 2],
    Type.Q5_0: [0],
    Type.Q5_1: [0, 2],
    Type.Q8_0: [0],
    Type.Q4_K: [0, 2],
    Type.Q5_K: [0, 2],
    Type.Q6_K: [208],
}


def blocks(kind: Type, rng: np.random.Generator) -> np.ndarray:
    values, size = GGML_QUANT_SIZES[kind]
    count = 3 if values == 32 else 1
    out = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in SCALES[kind]:
        out[:, at : at + 2] = rng.normal(0, 0.1, (count, 1)).astype(np.float16).view(np.uint8)
    return out


def main() -> None:
    rng = np.random.default_rng(2026)
    text = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
    out = {}
    for kind in SCALES:
        raw = blocks(kind, rng)
        out[kind.name] = {
            "type": int(kind),
            "bytes": text(raw),
            "values": text(dequantize(raw.reshape(1, -1), kind).astype(np.float32)),
        }
    FILE.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
