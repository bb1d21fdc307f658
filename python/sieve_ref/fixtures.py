"""Writes the golden fixtures: `python -m sieve_ref.fixtures [model ...]`. Format: README.md."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer

from .fixture_texts import TEXTS
from sieve_peft.gate import histogram_median, ratio_histogram, wanted_change
from .models import MODELS, MODULE_PATHS, attach_peft, load_base, lora_weights, module_names, set_lora_weights
from .train import Batch, Run, Settings, batch_logits
from .ts_lora import attach_ts_lora, gated_modules, get_tau, set_tau

FOLDER = Path(__file__).resolve().parents[1] / "fixtures"
RANK, ALPHA = 4, 8.0
SETTINGS = Settings(
    steps=10, learningRate=3e-3, warmupSteps=2, clipNorm=1.0, lambdaBar=0.05, tauStep="auto", tauWarmup=2
)
# The accumulation case moves τ at once.
ACCUM_SETTINGS = Settings(
    steps=10, learningRate=3e-3, warmupSteps=2, clipNorm=1.0, lambdaBar=0.05, tauStep="auto", tauWarmup=0
)
# Tokens per sequence; (text index, length). Odd on purpose, and down to two tokens.
BATCHES = [[(0, 57), (1, 23), (2, 41)], [(3, 31), (4, 64), (5, 2), (6, 17)], [(7, 5), (2, 48), (6, 29)]]
ACCUM = [(0, 19), (1, 7), (2, 23), (3, 11), (4, 13), (5, 6), (6, 17), (7, 9)]
SEED = 20


def make_batch(model_name: str, plan: list[tuple[int, int]]) -> Batch:
    """Cuts the texts to the planned lengths; at least one token of each sequence stays supervised."""
    tokenizer = AutoTokenizer.from_pretrained(MODELS / model_name)
    sequences = []
    for index, length in plan:
        prompt, completion = TEXTS[index]
        prompt_ids = tokenizer.encode(prompt, add_special_tokens=False) if prompt else []
        ids = (prompt_ids + tokenizer.encode(completion, add_special_tokens=False))[:length]
        if len(ids) != length:
            raise ValueError(f"text {index} has {len(ids)} tokens, {length} wanted")
        sequences.append((ids, min(len(prompt_ids), length - 1)))
    return Batch.of(sequences)


def initial_weights(model_name: str, batch: Batch) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Seeded A (Kaiming-uniform) and non-zero B, so that median ratios lie around 0.1 and differ between modules."""
    generator = torch.Generator().manual_seed(SEED)
    model = attach_ts_lora(load_base(model_name), RANK, ALPHA)
    model.gate_context.mode = "dense"
    weights = {}
    for name, (a, b) in lora_weights(model).items():
        bound = a.shape[1] ** -0.5
        weights[name] = (
            (torch.rand(a.shape, generator=generator) * 2 - 1) * bound,
            torch.randn(b.shape, generator=generator) * 0.05,
        )
    set_lora_weights(model, weights)
    with torch.no_grad():
        batch_logits(model, batch)
    for name, module in gated_modules(model).items():
        wanted = 0.1 * 2 ** (torch.rand((), generator=generator).item() * 2 - 1)
        weights[name] = (weights[name][0], weights[name][1] * (wanted / module.stats().ratio.median().item()))
    return weights


def initial_tau(model_name: str, weights, batch: Batch) -> torch.Tensor:
    """Per module a threshold that skips 36–64 % of the batch's tokens, set bottom up, in a wide gap between ratios."""
    model = attach_ts_lora(load_base(model_name), RANK, ALPHA)
    set_lora_weights(model, weights)
    return place_tau(model, batch, torch.Generator().manual_seed(SEED + 1))


def place_tau(model, batch: Batch, generator: torch.Generator, spread=0.04) -> torch.Tensor:
    """Sets such thresholds on a gated model and returns them: in the widest gap within `spread` of all tokens around
    the wanted share.
    """
    for module in gated_modules(model).values():
        for m in gated_modules(model).values():
            m.clear()
        with torch.no_grad():
            batch_logits(model, batch)
        ordered = module.stats().ratio.sort().values
        centre = (0.4 + 0.2 * torch.rand((), generator=generator).item()) * len(ordered)
        low, high = int(centre - spread * len(ordered)), int(centre + spread * len(ordered))
        gap = low + int((ordered[low + 1 : high + 1] - ordered[low:high]).argmax())
        module.tau.copy_((ordered[gap] + ordered[gap + 1]) / 2)
    return get_tau(model)


class FixtureFile:
    """Collects named tensors and values; writes `<stem>.json` beside `<stem>.bin`."""

    def __init__(self):
        self.tensors, self.data = {}, bytearray()

    def add(self, name: str, value, dtype: str) -> None:
        array = np.ascontiguousarray(
            np.asarray(value), dtype={"f32": "<f4", "f16": "<f2", "i32": "<i4", "u32": "<u4", "u8": "u1"}[dtype]
        )
        self.data += b"\0" * (-len(self.data) % 4)
        self.tensors[name] = {"dtype": dtype, "shape": list(array.shape), "offset": len(self.data)}
        self.data += array.tobytes()

    def add_batch(self, name: str, batch: Batch) -> None:
        self.add(f"{name}.ids", batch.ids, "i32")
        self.add(f"{name}.targets", batch.targets, "i32")
        self.add(f"{name}.starts", batch.starts, "u32")

    def add_weights(self, prefix: str, pairs) -> None:
        for name, (a, b) in pairs.items():
            self.add(f"{prefix}A.{name}", a.detach(), "f32")
            self.add(f"{prefix}B.{name}", b.detach(), "f32")

    def write(self, folder: Path, stem: str, values: dict) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        head = {"format": "sieve-fixture", "version": 1, "bin": f"{stem}.bin", "byteLength": len(self.data)}
        (folder / f"{stem}.bin").write_bytes(self.data)
        (folder / f"{stem}.json").write_text(json.dumps({**head, **values, "tensors": self.tensors}, indent=1) + "\n")


def build(model_name: str, method: str, weights, tau):
    """A fresh model of that method with the given A, B and thresholds."""
    base = load_base(model_name)
    model = attach_peft(base, RANK, ALPHA) if method == "lora" else attach_ts_lora(base, RANK, ALPHA)
    set_lora_weights(model, weights)
    if method == "ts-lora":
        set_tau(model, tau)
    return model


def gradients(model) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    return {n: (a.grad.clone(), b.grad.clone()) for n, (a, b) in lora_weights(model).items()}


def add_gate_tensors(file: FixtureFile, prefix: str, stats, lambda_bar: float) -> None:
    """Everything the gates of one batch did, modules bottom up."""
    file.add(f"{prefix}ratio", torch.stack([s.ratio for s in stats]).detach(), "f32")
    file.add(f"{prefix}gate", torch.stack([s.gate for s in stats]), "u8")
    file.add(f"{prefix}mu", torch.stack([s.mu for s in stats]).detach(), "f32")
    file.add(f"{prefix}active", [int(s.gate.sum()) for s in stats], "u32")
    file.add(f"{prefix}muKept", [s.mu_kept for s in stats], "f32")
    file.add(f"{prefix}muSkipped", [s.mu_skipped for s in stats], "f32")
    histograms = [ratio_histogram(s.ratio) for s in stats]
    file.add(f"{prefix}histogram", torch.stack(histograms), "u32")
    file.add(f"{prefix}median", [histogram_median(h) for h in histograms], "f32")
    lam = lambda_bar / stats[0].mu.numel()
    file.add(f"{prefix}tauGradient", [wanted_change(s, lam) for s in stats], "f32")


def train_ten(model, batches: list[Batch]) -> list:
    run = Run(model, SETTINGS)
    return [run.step([batches[t % len(batches)]]) for t in range(SETTINGS.steps)]


def smallest_gap(results, tau0) -> float:
    """Smallest |r − τ| of all tokens, modules and steps: how close a gate comes to flipping."""
    before = [tau0] + [r.tau for r in results[:-1]]
    return min((s.ratio - t).abs().min().item() for r, tau in zip(results, before) for s, t in zip(r.stats, tau))


# What `settings` holds in these files; methods.py describes a run in full.
BASIC = (
    "steps",
    "learningRate",
    "warmupSteps",
    "schedule",
    "beta1",
    "beta2",
    "epsilon",
    "weightDecay",
    "clipNorm",
    "lambdaBar",
    "tauStep",
    "tauWarmup",
)


def basic(settings: Settings) -> dict:
    return {name: getattr(settings, name) for name in BASIC}


def describe_modules(weights) -> list[dict]:
    return [
        {
            "name": n,
            "layer": int(n.split(".")[2]),
            "kind": k,
            "dIn": weights[n][0].shape[1],
            "dOut": weights[n][1].shape[0],
        }
        for n in weights
        for k, path in MODULE_PATHS.items()
        if n.endswith("." + path)
    ]


def make(model_name: str, folder: Path = FOLDER) -> None:
    """Writes both methods' fixtures of one model."""
    batches = [make_batch(model_name, plan) for plan in BATCHES]
    accum = make_batch(model_name, ACCUM) if model_name.endswith("nano") else None
    weights = initial_weights(model_name, batches[0])
    tau = initial_tau(model_name, weights, batches[0])
    for method in ("lora", "ts-lora"):
        gated = method == "ts-lora"
        file = FixtureFile()
        for i, batch in enumerate(batches):
            file.add_batch(f"batch{i}", batch)
        file.add_weights("init", weights)

        rows = sorted({0, 1, 7, *range(9, batches[0].tokens, 9), 56, 57, batches[0].tokens - 1})
        file.add("logitRows", rows, "i32")
        base_rows = rows[::4]
        file.add("baseLogitRows", base_rows, "i32")
        with torch.no_grad():
            file.add("logits", batch_logits(build(model_name, method, weights, tau), batches[0])[rows], "f32")
            file.add("baseLogits", batch_logits(load_base(model_name), batches[0])[base_rows], "f32")

        model = build(model_name, method, weights, tau)
        run = Run(model, SETTINGS)
        loss = run.backward([batches[0]])
        file.add_weights("grad", gradients(model))
        if gated:
            file.add("tau", tau, "f32")
            add_gate_tensors(file, "", [g.stats() for g in run.gates], SETTINGS.lambdaBar)

        model = build(model_name, method, weights, tau)
        results = train_ten(model, batches)
        if gated:
            file.add("trainTau", torch.stack([r.tau for r in results]), "f32")
            file.add("trainActive", [[int(s.gate.sum()) for s in r.stats] for r in results], "u32")
        if accum is not None:
            file.add_weights("final", lora_weights(model))

        values = {
            "model": model_name,
            "method": method,
            "rank": RANK,
            "alpha": ALPHA,
            "scaling": ALPHA / RANK,
            "modules": describe_modules(weights),
            "settings": basic(SETTINGS),
            "batches": [{"tokens": b.tokens, "supervised": b.supervised} for b in batches],
            "loss": loss,
            "train": {
                "batch": [t % len(batches) for t in range(SETTINGS.steps)],
                "loss": [r.loss for r in results],
                "learningRate": [r.lr for r in results],
                "gradNorm": [r.grad_norm for r in results],
                **({"rho": [r.rho for r in results], "tauStep": [r.tau_step for r in results]} if gated else {}),
                **({"smallestGap": smallest_gap(results, tau)} if gated else {}),
            },
        }

        if accum is not None:
            file.add_batch("accum", accum)
            model = build(model_name, method, weights, tau)
            run = Run(model, ACCUM_SETTINGS)
            accum_loss = run.backward(accum.split(4))
            file.add_weights("accumGrad", gradients(model))
            if gated:
                add_gate_tensors(file, "accum.", [g.stats() for g in run.gates], ACCUM_SETTINGS.lambdaBar)
                result = Run(build(model_name, method, weights, tau), ACCUM_SETTINGS).step(accum.split(1))
                file.add("accum.tauAfter", result.tau, "f32")
            values["accum"] = {
                "loss": accum_loss,
                "tokens": accum.tokens,
                "supervised": accum.supervised,
                "settings": basic(ACCUM_SETTINGS),
                **({"rho": result.rho, "tauStep": result.tau_step} if gated else {}),
            }
        file.write(folder, f"{model_name}-{method}", values)
        print(
            f"{model_name}-{method}: {len(file.data)} bytes, loss {loss:.6f}, ten steps {results[0].loss:.6f} -> {results[-1].loss:.6f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=["sieve-stories-nano", "sieve-stories-4m"])
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.models:
        make(name, args.out)
