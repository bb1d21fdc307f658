"""Writes the golden fixtures of every method and rule: `python -m sieve_ref.methods [name ...]`. Format: README.md.

Each is ten optimizer steps on the nano model over the batches of fixtures.py.
"""

import argparse
import math
from dataclasses import dataclass, field, replace

import torch

from . import fixtures
from .fixtures import (
    ALPHA,
    BATCHES,
    FOLDER,
    RANK,
    FixtureFile,
    basic,
    describe_modules,
    make_batch,
    place_tau,
    smallest_gap,
)
from .gatera import attach_gatera
from .models import attach_adalora, attach_peft, extra_weights, load_base, lora_weights, set_lora_weights
from .train import Run, Settings
from .ts_lora import attach_ts_lora, constants, gated_modules, set_tau

MODEL = "sieve-stories-nano"
# The batch of the slice that held-out prices come from: (text index, length).
SLICE = [(1, 21), (7, 8), (0, 34)]


@dataclass
class Case:
    """One fixture: the run as the app configures it, and where its random start comes from."""

    method: str
    rslora: bool = False
    settings: Settings = field(default_factory=lambda: fixtures.SETTINGS)
    adalora: dict | None = None  # the app's names
    seed: int = 1  # of m, E and τ; chosen so that no gate and no rank stands on a knife's edge
    forward: str = "loop"


def gate(**changes) -> Settings:
    return replace(fixtures.SETTINGS, **changes)


CASES = {
    "rslora": Case("lora", rslora=True),
    "loraplus": Case("lora", settings=gate(loraPlusRatio=16.0, learningRate=1e-3)),
    "dropout": Case("lora", settings=gate(dropout=0.25, seed=7), forward="packed"),
    "token-dropout": Case("lora", settings=gate(tokenDropout=0.4, seed=7), forward="packed"),
    "dora": Case("dora"),
    "adalora": Case(
        "adalora", adalora=dict(initRank=6, tinit=1, tfinal=3, deltaT=2, beta1=0.85, beta2=0.85, orthRegWeight=0.5)
    ),
    "gatera": Case("gatera", settings=gate(entropyWeight=0.5)),
    "ts-dora": Case("ts-dora", seed=7),
    "ts-lora-rho-module": Case("ts-lora", settings=gate(rhoPer="module"), seed=4),
    "ts-lora-literal": Case("ts-lora", settings=gate(rule="literal", tauStep=1e-4), seed=6),
    "ts-lora-coin": Case("ts-lora", settings=gate(rule="coin", tauStep=1e-3, seed=11), seed=2),
    "ts-lora-soft": Case("ts-lora", settings=gate(rule="soft", tauStep=1e-3, lambdaBar=0.5), seed=2),
    "ts-dora-soft": Case("ts-dora", settings=gate(rule="soft", tauStep=1e-3, lambdaBar=0.5), seed=7),
    "ts-lora-exact": Case("ts-lora", settings=gate(rule="exact", eta=0.5, lambdaBar=0.01), seed=5),
    "ts-lora-exact-unbounded": Case("ts-lora", settings=gate(rule="exact", lambdaBar=0.01), seed=3),
    "ts-lora-averaged": Case("ts-lora", settings=gate(rule="averaged", lambdaBar=0.01), seed=4),
    "ts-lora-quantile": Case("ts-lora", settings=gate(rule="quantile", keep=0.38), forward="padded"),
    "ts-lora-held-out": Case(
        "ts-lora", settings=gate(rule="averaged", prices="held-out", pricesEvery=3, lambdaBar=0.01), seed=2
    ),
    "ts-lora-target": Case("ts-lora", settings=gate(target=0.4), seed=4),
    "ts-lora-late": Case("ts-lora", settings=gate(rule="late", keep=0.38, gateStart=0.3), seed=9),
    "ts-dora-late": Case("ts-dora", settings=gate(rule="late", keep=0.38, gateStart=0.3), seed=11),
    "ts-lora-oracle": Case("ts-lora", settings=gate(rule="oracle"), forward="packed"),
}


def attach(case: Case, base):
    s = case.settings
    if case.method == "adalora":
        a = case.adalora
        return attach_adalora(
            base,
            RANK,
            ALPHA,
            s.steps,
            init_rank=a["initRank"],
            tinit=a["tinit"],
            tfinal=a["tfinal"],
            delta_t=a["deltaT"],
            beta1=a["beta1"],
            beta2=a["beta2"],
            orth_reg_weight=a["orthRegWeight"],
        )
    if case.method == "gatera":
        return attach_gatera(base, RANK, ALPHA)
    if case.method in ("ts-lora", "ts-dora"):
        return attach_ts_lora(
            base, RANK, ALPHA, rslora=case.rslora, dora=case.method == "ts-dora", constant=case.settings.rule == "late"
        )
    return attach_peft(base, RANK, ALPHA, rslora=case.rslora, dora=case.method == "dora")


@dataclass
class Start:
    """Tensors of a run before its first step."""

    pairs: dict
    extra: dict  # letter -> module -> values; see `trained`
    tau: torch.Tensor | None


# What names the tensors of what a method trains besides A and B; C is what skipped tokens get.
LETTERS = {"dora": "M", "ts-dora": "M", "adalora": "E", "gatera": "W"}


def trained(case: Case, model) -> dict[str, dict[str, torch.nn.Parameter]]:
    """What is trained besides A and B: letter -> module -> parameter, with as many letters as there are such things."""
    found = {LETTERS.get(case.method): extra_weights(model), "C": constants(model)}
    return {letter: values for letter, values in found.items() if values}


def each(values: dict, change) -> dict:
    """The same letters and modules, of `change(letter, value)`."""
    return {letter: {n: change(letter, v) for n, v in modules.items()} for letter, modules in values.items()}


@torch.no_grad()
def build(case: Case, start: Start):
    """A fresh model in that state."""
    model = attach(case, load_base(MODEL))
    set_lora_weights(model, start.pairs)
    own = trained(case, model)
    for letter, modules in start.extra.items():
        for name, value in modules.items():
            own[letter][name].copy_(value)
    if start.tau is not None:
        set_tau(model, start.tau)
    return model


@torch.no_grad()
def make_start(case: Case, batch) -> Start:
    """Seeded tensors away from the methods' zeros, so that every gradient and every gate has something to show."""
    generator = torch.Generator().manual_seed(case.seed)
    noise = lambda like: torch.randn(like.shape, generator=generator)
    model = attach(case, load_base(MODEL))
    if case.method == "adalora":
        pairs = {n: (noise(a) * 0.1, noise(b) * 0.1) for n, (a, b) in lora_weights(model).items()}
    else:
        pairs = fixtures.initial_weights(MODEL, batch)
    random = {
        "M": lambda m: m * (1 + 0.03 * noise(m)),
        "E": noise,
        "W": lambda w: 0.1 * noise(w),
        "C": lambda c: 0.05 * noise(c),
    }
    start = Start(pairs, each(trained(case, model), lambda letter, value: random[letter](value)), None)
    if gated_modules(model):
        start.tau = place_tau(build(case, start), batch, generator)
    return start


class RankWatch:
    """How clearly AdaLoRA's threshold parts the triplets: smallest relative gap between the scores on both of its
    sides.
    """

    def __init__(self, model):
        self.gaps, self.budgets, self.masks = [], [], []
        self.allocator = model.base_model.rankallocator
        plain = self.allocator.mask_to_budget

        def watched(module, budget):
            scores = torch.cat([self.score(module, n) for n in lora_weights(model)])
            ordered, k = scores.sort().values, self.allocator.init_bgt - budget
            self.gaps.append(((ordered[k] - ordered[k - 1]) / ordered[k]).item())
            return plain(module, budget)

        self.allocator.mask_to_budget = watched

    def score(self, module, name):
        """Mean over the row of A plus mean over the column of B plus E's own (sensitivity × uncertainty)."""
        part = lambda kind: self.allocator._element_score(f"{name}.{kind}.default")
        return part("lora_A").mean(1) + part("lora_B").mean(0) + part("lora_E").flatten()


def edge_gap(case: Case, results, start: Start) -> float:
    """How close the nearest token comes to the other side of its gate."""
    if case.settings.rule == "oracle":
        return min((s.mu[s.mu != 0].abs().min() / s.mu.abs().max()).item() for r in results for s in r.stats)
    if case.settings.rule != "quantile":
        return smallest_gap(results, start.tau)
    gaps = [(s.ratio[s.gate].min() - s.ratio[~s.gate].max()).item() for r in results for s in r.stats]
    return min(gap for gap in gaps if gap)  # equal tokens of the first layer tie exactly; then their order decides


def make_run(case: Case, model) -> Run:
    return Run(model, case.settings, case.forward, held_out=lambda: make_batch(MODEL, SLICE))


def run_case(case: Case):
    """(start, gradients of batch 0, its loss, ten results, model after them, watched values)."""
    batches = [make_batch(MODEL, plan) for plan in BATCHES]
    start = make_start(case, batches[0])
    model = build(case, start)
    first = make_run(case, model)
    loss = first.backward([batches[0]])
    gradients = (fixtures.gradients(model), each(trained(case, model), lambda _, p: p.grad.clone()))
    first_stats = [g.stats() for g in first.gates]
    model = build(case, start)
    run = make_run(case, model)
    watch = RankWatch(model) if case.method == "adalora" else None
    results, extras, margins, rhos = [], [], [], []
    for t in range(case.settings.steps):
        results.append(run.step([batches[t % len(batches)]]))
        extras.append(each(trained(case, model), lambda _, p: p.detach().clone()))
        margins += getattr(run.rule, "margins", [])
        rhos.append(getattr(run.rule, "rhos", None))
    return batches, start, loss, gradients, first_stats, model, results, extras, watch, margins, rhos


def make(name: str) -> None:
    case = CASES[name]
    s = case.settings
    batches, start, loss, (grad_pairs, grad_extra), first_stats, model, results, extras, watch, margins, rhos = (
        run_case(case)
    )
    gated = bool(first_stats)
    file = FixtureFile()
    for i, batch in enumerate(batches):
        file.add_batch(f"batch{i}", batch)
    if s.prices == "held-out":
        file.add_batch("slice", make_batch(MODEL, SLICE))
    file.add_weights("init", start.pairs)
    file.add_weights("grad", grad_pairs)
    file.add_weights("final", lora_weights(model))
    for prefix, values in (("init", start.extra), ("grad", grad_extra), ("final", extras[-1])):
        for letter, modules in values.items():
            for module, value in modules.items():
                file.add(f"{prefix}{letter}.{module}", value, "f32")
    if gated:
        file.add("tau", start.tau, "f32")
        fixtures.add_gate_tensors(file, "", first_stats, s.lambdaBar)
        file.add("trainTau", torch.stack([r.tau for r in results]), "f32")
        file.add("trainActive", [[int(x.gate.sum()) for x in r.stats] for r in results], "u32")
    if s.rhoPer == "module":
        file.add("trainRho", [r or [0.0] * len(first_stats) for r in rhos], "f32")
    if watch:
        file.add(
            "trainKept",
            torch.stack([torch.cat([e.flatten() != 0 for e in step["E"].values()]) for step in extras]),
            "u8",
        )
    train = {
        "batch": [t % len(batches) for t in range(s.steps)],
        "loss": [r.loss for r in results],
        "learningRate": [r.lr for r in results],
        "gradNorm": [r.grad_norm for r in results],
    }
    if gated:
        train |= {"smallestGap": edge_gap(case, results, start)}
        if s.rule in ("reconstructed", "literal"):
            train |= {"rho": [r.rho for r in results], "tauStep": [r.tau_step for r in results]}
    if margins:
        train["smallestMargin"] = min(margins)
    if watch:
        train |= {"orthogonality": [r.orthogonality for r in results], "smallestRankGap": min(watch.gaps)}
    run = {
        "method": case.method,
        "rank": RANK,
        "alpha": ALPHA,
        "rslora": case.rslora,
        "loraPlusRatio": s.loraPlusRatio,
        "dropout": s.dropout,
    }
    if s.tokenDropout:
        run["tokenDropout"] = s.tokenDropout
    if gated:
        run["gate"] = {k: getattr(s, k) for k in ("rule", "lambdaBar", "tauStep", "tauWarmup", "rhoPer", "eta", "keep")}
        run["gate"] |= {
            k: getattr(s, k)
            for k in ("prices", "pricesEvery", "target", "gateStart")
            if getattr(s, k) != getattr(Settings(), k)
        }
    if s.entropyWeight:
        run["gatera"] = {"entropyWeight": s.entropyWeight}
    if case.adalora:
        run["adalora"] = case.adalora
    rank = case.adalora["initRank"] if case.adalora else RANK
    values = {
        "model": MODEL,
        "method": case.method,
        "rank": rank,
        "alpha": ALPHA,
        "scaling": ALPHA / (math.sqrt(rank) if case.rslora else rank + 1e-5 if case.adalora else rank),
        "run": run,
        "modules": describe_modules(start.pairs),
        "settings": basic(s),
        "batches": [{"tokens": b.tokens, "supervised": b.supervised} for b in batches],
        "loss": loss,
        "train": train,
    }
    if s.dropout or s.tokenDropout or s.rule == "coin":
        values["seed"] = s.seed
    file.write(FOLDER, f"methods-{name}", values)
    shares = (
        f", skipped {1 - sum(x.gate.float().mean().item() for x in results[-1].stats) / len(first_stats):.2f}"
        if gated
        else ""
    )
    notes = ", ".join(f"{k} {v:.1e}" for k, v in train.items() if k.startswith("smallest"))
    print(
        f"{name}: {len(file.data)} bytes, loss {loss:.5f}, ten steps {results[0].loss:.5f} -> {results[-1].loss:.5f}{shares} {notes}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CASES))
    torch.set_num_threads(1)
    for chosen in parser.parse_args().names:
        make(chosen)
