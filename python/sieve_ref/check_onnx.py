"""Exported ONNX models in ONNX Runtime: `python -m sieve_ref.check_onnx <dir or zip> ...`.

Each holds one .onnx file and the check.json of the app, whose logits ONNX Runtime must give: largest difference 1e-5 of
the largest logit, 1e-2 where the graph computes in f16, as its logits or its name say. The last line says how many
passed and failed.
"""

import argparse
import json
import re
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime

BAR, HALF_BAR = 1e-5, 1e-2
TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64}


def head_size(folder: Path) -> int:
    """Numbers of an attention head by the model's own config, where it is there: some graphs leave it open in their
    caches.
    """
    file = next(folder.rglob("config.json"), None)
    config = json.loads(file.read_text()) if file else {}
    heads = config.get("num_attention_heads") or 1
    return config.get("head_dim") or config.get("hidden_size", heads) // heads


def logits(path: Path, ids: list[int], head: int) -> np.ndarray:
    """[tokens, vocabulary] of one text, with nothing before it. `head`: numbers of an attention head."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    tokens = np.array([ids], np.int64)
    known = {
        "input_ids": tokens,
        "attention_mask": np.ones_like(tokens),
        "position_ids": np.arange(len(ids), dtype=np.int64)[None],
    }

    def feed(value):
        if value.name in known:
            return known[value.name]
        # An empty cache: [texts, heads, tokens, size].
        shape = [n if isinstance(n, int) else [1, 1, 0, head][axis] for axis, n in enumerate(value.shape)]
        return np.zeros(shape, TYPES[value.type])

    names = [output.name for output in session.get_outputs()]
    out = session.run(
        ["logits" if "logits" in names else names[0]], {value.name: feed(value) for value in session.get_inputs()}
    )[0]
    return out[0]


def check(folder: Path) -> bool:
    """Prints one line; true when the app's logits agree with ONNX Runtime's."""
    expected = json.loads((folder / "check.json").read_text())
    (path,) = folder.rglob("*.onnx")
    ours = logits(path, expected["ids"], head_size(folder))
    off = largest = 0.0
    for row in expected["rows"]:
        found, wanted = ours[row["row"]].astype(np.float64), np.array(row["top"]["logits"])
        off = max(off, np.abs(found[row["top"]["tokens"]] - wanted).max())
        largest = max(largest, np.abs(wanted).max())
    bar = HALF_BAR if ours.dtype == np.float16 or re.search("half|f16|fp16", str(folder / path.name)) else BAR
    good = off <= bar * largest  # false for NaN, too
    print(
        f"{folder}: largest difference {off / largest:.2e} of max|logit| (bar {bar:.0e}) {'ok' if good else 'TOO LARGE'}"
    )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    paths, failed = parser.parse_args().paths, 0
    for path in paths:
        zips = [path] if path.suffix == ".zip" else list(path.glob("*.zip"))
        if not zips:
            failed += not check(path)
            continue
        with tempfile.TemporaryDirectory() as temporary:
            with zipfile.ZipFile(zips[0]) as archive:
                archive.extractall(temporary)
            failed += not check(Path(temporary))
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
