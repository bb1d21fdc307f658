"""The twin's part of docs/claims/plan.md: `npm run claims -- hand-over`, then `python -m sieve_ref.claims.twin_cells`.

Trains what the engine has handed over (.out/claims/hand-over) again, from the same A on the same batches, with the same
early stopping, and leaves updates of a finished LoRA out one by one. Results: docs/claims/cells/<model>/twin.jsonl and
leave-one-out.jsonl.
"""

import argparse
import base64
import json
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from transformers.utils import logging

from ..fused import FusedLora
from ..models import load_base, set_lora_weights
from ..packed import packed_logits
from ..train import Batch, Run, Settings
from ..ts_lora import attach_ts_lora, gated_modules
from .cell import Snapshot
from .sets import ROOT

HANDED = ROOT / ".out" / "claims" / "hand-over"
CELLS = ROOT / "docs" / "claims" / "cells"
COPIES = 16  # of an example in one forward, each without another update


def floats(text: str, *shape: int) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), "<f4").copy()).reshape(shape)


def batch_of(given: dict) -> Batch:
    return Batch(torch.tensor(given["ids"]), torch.tensor(given["targets"]), given["starts"])


def adapter_of(given: dict, rank: int) -> dict:
    return {name: (floats(m["a"], rank, -1), floats(m["b"], -1, rank)) for name, m in given.items()}


def build(model: str, run: dict, adapter: dict):
    """The base with the handed-over A and B; the gates are open where the run has none."""
    soft = run["gate"]["rule"] == "soft" and run["method"] == "ts-lora"
    built = attach_ts_lora(load_base(model), run["rank"], run["alpha"], linear=None if soft else FusedLora)
    set_lora_weights(built, adapter_of(adapter, run["rank"]))
    return built


def settings_of(run: dict, train: dict) -> Settings:
    gate = run["gate"]
    names = ("steps", "learningRate", "warmupSteps", "schedule", "beta1", "beta2", "epsilon", "weightDecay", "seed")
    gated = dict(rule=gate["rule"], target=gate["targetSparsity"]) if run["method"] == "ts-lora" else {}
    return Settings(
        **{k: train[k] for k in names}, clipNorm=train["maxGradientNorm"], tauWarmup=train["warmupSteps"], **gated
    )


@torch.no_grad()
def example_sums(model, batches: list[Batch]) -> tuple[list[float], list[int], float | None]:
    """Σ loss and supervised tokens of every sequence; the skipped share of all tokens × modules."""
    for gate in gated_modules(model).values():
        gate.clear()
    sums, tokens = [], []
    for batch in batches:
        rows = (batch.targets >= 0).nonzero()[:, 0]
        losses = F.cross_entropy(
            packed_logits(model, batch.ids, batch.starts, rows), batch.targets[rows], reduction="none"
        )
        for a, b in zip(batch.starts, batch.starts[1:]):
            own = (rows >= a) & (rows < b)
            sums.append(losses[own].sum().item())
            tokens.append(int(own.sum()))
    active = torch.cat([g.stats().gate for g in gated_modules(model).values()]).float().mean().item()
    return sums, tokens, 1 - active


def mean_loss(model, batches: list[Batch]) -> float:
    sums, tokens, _ = example_sums(model, batches)
    return sum(sums) / sum(tokens)


def train_cell(given: dict) -> dict:
    """The cell again: its dev losses on the way, and the validation examples under its best snapshot."""
    began, train, run_config = time.time(), given["train"], given["run"]
    model = build(given["id"]["model"], run_config, given["start"])
    run = Run(model, settings_of(run_config, train), forward="packed")
    gated = run_config["method"] == "ts-lora"
    if not gated:
        run.rule, model.gate_context.mode = None, "dense"
    dev, validation = ([batch_of(b) for b in given[name]] for name in ("dev", "validation"))
    devs, best, worse, snapshot = [], math.inf, 0, None
    for step, batch in enumerate(map(batch_of, given["batches"]), 1):
        run.step([batch])
        if step % train["evalInterval"] and step < train["steps"]:
            continue
        loss = mean_loss(model, dev)
        devs.append([step, loss])
        better = loss < best
        worse = 0 if better else worse + 1
        if better:
            best, snapshot = loss, Snapshot(model)
        if train["patience"] is not None and worse >= train["patience"]:
            break
    snapshot.restore()
    sums, tokens, skipped = example_sums(model, validation)
    engine = given["engine"]
    assert tokens == engine["tokens"], "other examples than the engine's"
    twin = {
        "devs": devs,
        "bestStep": next(s for s, l in devs if l == best),
        "sums": [float(f"{s:.5g}") for s in sums],
        "skipped": skipped if gated else None,
    }
    return given["id"] | {
        "tokens": tokens,
        "engine": engine | {"devs": given["devs"]},
        "twin": twin,
        "seconds": round(time.time() - began),
    }


@torch.no_grad()
def without(model, batch: Batch, left_out: list[tuple[int, int]]) -> list[float]:
    """Σ loss of one example for each (module, token) whose update alone is skipped."""
    gates, count, length = list(gated_modules(model).values()), len(left_out), batch.tokens
    for m, gate in enumerate(gates):
        gate.clear()
        gate.mask = torch.ones(count * length, dtype=torch.bool)
        for copy, (module, token) in enumerate(left_out):
            if module == m:
                gate.mask[copy * length + token] = False
    rows = (batch.targets >= 0).nonzero()[:, 0]
    all_rows = torch.cat([rows + copy * length for copy in range(count)])
    logits = packed_logits(model, batch.ids.repeat(count), [copy * length for copy in range(count + 1)], all_rows)
    return (
        F.cross_entropy(logits, batch.targets[rows].repeat(count), reduction="none")
        .view(count, -1)
        .sum(1, dtype=torch.float64)
        .tolist()
    )


def leave_one_out(given: dict) -> dict:
    """What the loss of its example rises by where an update is left out, beside what it is worth along the path."""
    began, modules = time.time(), len(given["modules"])
    model = build(given["id"]["model"], given["run"], given["adapter"])
    assert list(gated_modules(model)) == given["modules"]
    model.gate_context.mode = "given"
    updates, error = [], 0.0
    for number, example in enumerate(given["examples"]):
        batch = batch_of(example["batch"])
        chosen = [i for e, i in given["updates"] if e == number]
        whole = without(model, batch, [(modules, 0)])[0]  # no module has that number: nothing is left out
        error = max(error, abs(whole - example["adapted"]))
        for first in range(0, len(chosen), COPIES):
            part = chosen[first : first + COPIES]
            for i, loss in zip(part, without(model, batch, [divmod(i, batch.tokens) for i in part])):
                updates.append([number, *divmod(i, batch.tokens), example["worth"][i], float(f"{loss - whole:.6g}")])
    ends = {k: sum(e[k] for e in given["examples"]) for k in ("base", "adapted")}
    rest = {
        "points": given["points"],
        "examples": len(given["examples"]),
        **ends,
        "worth": sum(sum(e["worth"]) for e in given["examples"]),
    }
    return given["id"] | rest | {"largestError": error, "updates": updates, "seconds": round(time.time() - began)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", help="another folder than docs/claims/cells: to see that it works")
    parser.add_argument(
        "--only", default="*", help="a pattern of the files' names, without .json; the results then hold these alone"
    )
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    logging.disable_progress_bar()
    files = sorted(HANDED.glob(f"{args.only}.json"))
    if not files:
        raise SystemExit(f"nothing is handed over in {HANDED}: npm run claims -- hand-over")
    lines: dict[str, list[str]] = {}
    for file in files:
        given = json.loads(file.read_text())
        left_out = file.name.startswith("leave-one-out")
        name, row = ("leave-one-out", leave_one_out(given)) if left_out else ("twin", train_cell(given))
        lines.setdefault(name, []).append(json.dumps(row, separators=(",", ":")))
        folder = (ROOT / args.out if args.out else CELLS) / given["id"]["model"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jsonl").write_text("\n".join(lines[name]) + "\n")
        print(f"{file.stem}: {row['seconds']} s", flush=True)


if __name__ == "__main__":
    main()
