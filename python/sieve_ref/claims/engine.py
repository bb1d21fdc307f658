"""One set, five seeds, three methods on the nano model, for the engine to repeat: `python -m sieve_ref.claims.engine`.

Writes what the engine shall train on (.out/claims-plan.json: batches, A at the start, settings in the app's names) and
trains the same here (claims/engine/twin.jsonl). `npm run accept -- claims` then lets the engine do it
(claims/engine/engine.jsonl); the report holds the two side by side. Same batches and A; the random gates draw their
tokens each in its own way.
"""

import base64
import json

import torch
from transformers.utils import logging

from ..fused import FusedLora
from ..models import load_base, lora_weights, set_lora_weights
from ..train import Batch, Run, Settings
from ..ts_lora import attach_ts_lora, gated_modules
from . import store
from .cell import mean_loss
from .plan import ALPHA, BATCH, MAX_TOKENS, RANK, SEEDS
from .sets import ROOT, Order, batches_of, split

FOLDER = store.FOLDER.parent / "engine"
PLAN = ROOT / ".out" / "claims-plan.json"
MODEL, SET = "sieve-stories-nano", "ships-log"
STEPS, EXAMPLES, HELD_OUT, TARGET = 40, 48, 48, 0.5
TRAIN = dict(steps=STEPS, learningRate=1e-2, warmupSteps=STEPS // 10)
# id -> (method, gate), in the app's names; the random gate follows the run before it.
RUNS = {
    "lora": ("lora", {}),
    "ts-lora-50": ("ts-lora", {"target": TARGET}),
    "random-50": ("ts-lora", {"rule": "random", "follows": "ts-lora-50"}),
}


def floats(tensor: torch.Tensor) -> str:
    """float32, little-endian, base64."""
    return base64.b64encode(tensor.detach().contiguous().numpy().astype("<f4").tobytes()).decode()


def batch_json(batch: Batch) -> dict:
    return {"ids": batch.ids.tolist(), "targets": batch.targets.tolist(), "starts": batch.starts}


def start_of(seed: int) -> dict:
    """A and B of every module before the first step."""
    torch.manual_seed(seed)
    model = attach_ts_lora(load_base(MODEL), RANK, ALPHA)
    return {n: (a.detach().clone(), b.detach().clone()) for n, (a, b) in lora_weights(model).items()}


def data_of(seed: int) -> tuple[list[Batch], list[Batch]]:
    """Batches of every step, and those of the held-out set."""
    data = split(SET, seed, EXAMPLES, 0, HELD_OUT, MAX_TOKENS)
    order = Order(data.train, BATCH, seed)
    return [order.next() for _ in range(STEPS)], batches_of(data.held_out, BATCH)


def train(name: str, seed: int, shares: list[torch.Tensor] | None) -> tuple[dict, list[torch.Tensor]]:
    """The twin's row, and the kept shares of every step and module."""
    method, gate = RUNS[name]
    batches, held_out = data_of(seed)
    model = attach_ts_lora(load_base(MODEL), RANK, ALPHA, linear=FusedLora)
    set_lora_weights(model, start_of(seed))
    settings = {k: v for k, v in gate.items() if k != "follows"}
    run = Run(model, Settings(**TRAIN, tauWarmup=TRAIN["warmupSteps"], **settings), forward="packed")
    if method == "lora":
        run.rule, model.gate_context.mode = None, "dense"
    losses, kept = [], []
    for t, batch in enumerate(batches):
        if shares:
            for module, share in zip(run.gates, shares[t]):
                module.keep = share.item()
        model.gate_context.generator.manual_seed(1_000_003 * seed + t)
        result = run.step([batch])
        losses.append(round(result.loss, 6))
        kept.append(torch.stack([s.gate for s in result.stats]).float().mean(1))
    loss = mean_loss(model, held_out)
    active = torch.stack([g.stats().gate for g in gated_modules(model).values()]).float().mean().item()
    tail = torch.stack(kept[-STEPS // 4 :]).mean().item()
    row = {"by": "twin", "run": name, "seed": seed, "trainLoss": losses, "heldOut": round(loss, 6)}
    return row | (
        {} if method == "lora" else {"skipped": {"train": round(1 - tail, 4), "heldOut": round(1 - active, 4)}}
    ), kept


def plan() -> dict:
    """All the engine needs."""
    seeds = []
    for seed in SEEDS:
        batches, held_out = data_of(seed)
        adapters = {n: {"a": floats(a), "b": floats(b)} for n, (a, b) in start_of(seed).items()}
        seeds.append(
            {
                "seed": seed,
                "start": adapters,
                "batches": [batch_json(b) for b in batches],
                "heldOut": [batch_json(b) for b in held_out],
            }
        )
    runs = [
        {"id": name, "name": name, "method": method, "rank": RANK, "alpha": ALPHA, "gate": gate}
        for name, (method, gate) in RUNS.items()
    ]
    return {"model": MODEL, "train": TRAIN, "runs": runs, "seeds": seeds}


def main() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    logging.disable_progress_bar()
    PLAN.parent.mkdir(exist_ok=True)
    PLAN.write_text(json.dumps(plan(), separators=(",", ":")))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "twin.jsonl").open("w") as file:
        for seed in SEEDS:
            shares = None
            for name, (_, gate) in RUNS.items():
                row, kept = train(name, seed, shares if "follows" in gate else None)
                shares = kept if name == "ts-lora-50" else shares
                file.write(json.dumps(row, separators=(",", ":")) + "\n")
                print(f"{name}, seed {seed}: {row['heldOut']:.4f}", flush=True)
    print(f"{PLAN.relative_to(ROOT)} and {(FOLDER / 'twin.jsonl').relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
