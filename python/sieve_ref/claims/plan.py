"""What is trained, and in which order. A cell is one training run; its key says everything that sets it apart."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from . import rankings

# Raised whenever a change makes old rows incomparable; rows of another version are ignored.
VERSION = 2
SEEDS = (1, 2, 3, 4, 5)
TUNING_SEED = 100
RANK, ALPHA = 8, 16.0
EVAL_SIZE = 96
MAX_TOKENS, BATCH = 40, 8


@dataclass(frozen=True)
class Regime:
    """examples: drawn for a seed, slice included (None = all). Warm-up is a tenth of the steps, then linear decay.

    kinds: the linears that get an adapter, all if None.
    """

    examples: int | None
    slice: int
    steps: int
    eval_every: int
    model: str = "sieve-stories-4m"
    kinds: tuple[str, ...] | None = None


REGIMES = {
    "over-fit": Regime(48, 16, 48, 6),
    "under-fit": Regime(None, 24, 48, 12),
    # Where else an effect might hide: another model size, another set of modules.
    "over-fit, nano model": Regime(48, 16, 48, 6, "sieve-stories-nano"),
    "over-fit, q and v only": Regime(48, 16, 48, 6, kinds=("q", "v")),
}
SETS = ("alpaca", "ships-log", "sst2")


@dataclass(frozen=True)
class Method:
    """kind: lora, dora, adalora, ts-lora or ts-dora; gate: what differs from the gate's defaults, in the app's names.

    tuned_as: whose learning rate it takes (its own if None). follows: the random gate's model. watched: signs of μ are
    counted.
    """

    title: str
    kind: str
    gate: tuple = ()
    tuned_as: str | None = None
    follows: str | None = None
    watched: bool = False


def ts(kind: str, target: int, tuned_as: str | None, **more) -> Method:
    title = f"TS-{'DoRA' if kind == 'ts-dora' else 'LoRA'}, target {target} %"
    return Method(
        title + (f", {more.pop('called')}" if "called" in more else ""),
        kind,
        (("target", target / 100), *more.pop("gate", ())),
        tuned_as,
        **more,
    )


METHODS = {
    "lora": Method("LoRA", "lora", watched=True),
    "ts-lora-50": ts("ts-lora", 50, None, watched=True),
    "ts-lora-30": ts("ts-lora", 30, "ts-lora-50"),
    "ts-lora-70": ts("ts-lora", 70, "ts-lora-50"),
    "random-50": Method(
        "random gate, shares of TS-LoRA 50 %", "ts-lora", (("rule", "random"),), follows="ts-lora-50", watched=True
    ),
    "quantile-50": Method("quantile gate 50 %", "ts-lora", (("rule", "quantile"), ("keep", 0.5)), watched=True),
    "reconstructed": Method("TS-LoRA, reconstructed at defaults", "ts-lora", watched=True),
    "averaged-own": Method("averaged exact step, train-batch μ", "ts-lora", (("rule", "averaged"),)),
    "averaged-held-out": Method(
        "averaged exact step, dev-split μ", "ts-lora", (("rule", "averaged"), ("prices", "held-out")), watched=True
    ),
    "dora": Method("DoRA", "dora"),
    "adalora": Method("AdaLoRA", "adalora"),
    "ts-dora-50": ts("ts-dora", 50, None),
    "ts-dora-30": ts("ts-dora", 30, "ts-dora-50"),
    "ts-dora-70": ts("ts-dora", 70, "ts-dora-50"),
    # Where else an effect might hide: other forms of the threshold rule.
    "ts-lora-50-held-out": ts("ts-lora", 50, "ts-lora-50", called="dev-split μ", gate=(("prices", "held-out"),)),
    "ts-lora-50-per-module": ts(
        "ts-lora",
        50,
        "ts-lora-50",
        called="target and τ learning rate per module",
        gate=(("targetPer", "module"), ("rhoPer", "module")),
    ),
    "ts-lora-50-literal": ts(
        "ts-lora", 50, "ts-lora-50", called="literal rule (its ε counts)", gate=(("rule", "literal"),)
    ),
}
CORE = ["lora", "ts-lora-50", "ts-lora-30", "ts-lora-70", "random-50"]
# What the importance of modules is read from, besides LoRA.
PROBED = ["reconstructed", "averaged-held-out", "adalora"]
SEARCHED = ["ts-lora-50-held-out", "ts-lora-50-per-module", "ts-lora-50-literal"]
EVERY = [m for m in METHODS if m not in SEARCHED]

# Module importance: plain LoRA on what a ranking puts first, within a share of all modules' adapter parameters.
SUBSET_SETTINGS = (("alpaca", "under-fit"), ("ships-log", "under-fit"))
SHARES = (0.25, 0.5)
SUBSET_TUNING = ("random-1", 0.25)

# Methods of every setting that is planned.
SETTINGS: dict[tuple[str, str], list[str]] = {
    ("alpaca", "over-fit"): EVERY + SEARCHED,
    ("ships-log", "over-fit"): EVERY,
    ("sst2", "over-fit"): EVERY,
    ("alpaca", "under-fit"): EVERY,
    ("ships-log", "under-fit"): EVERY,
    ("sst2", "under-fit"): EVERY,
    ("alpaca", "over-fit, nano model"): CORE,
    ("alpaca", "over-fit, q and v only"): CORE,
}

# Learning rates: LoRA's search begins at START, those of the others at LoRA's; it ends once the best has worse ones on
# both sides.
START = 3e-3
LADDER = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


@dataclass(frozen=True)
class Cell:
    set: str
    regime: str
    method: str
    seed: int
    lr: float
    ranking: str | None = None  # subset cells: LoRA on the modules that this ranking puts first
    share: float | None = None
    modules: tuple[str, ...] | None = None  # not part of the key: it follows from the ranking
    kept_shares: str | None = None  # likewise: from the run that a random gate follows

    @property
    def key(self) -> str:
        subset = f"/{self.ranking}@{self.share:g}" if self.ranking else ""
        return f"v{VERSION}/{self.set}/{self.regime}/{self.method}{subset}/seed {self.seed}/lr {self.lr:g}"


class Results:
    """Rows by key, with what the plan asks of them."""

    def __init__(self, rows: list[dict]):
        self.rows = {r["key"]: r for r in rows if r["version"] == VERSION}

    def add(self, row: dict) -> None:
        self.rows[row["key"]] = row

    def get(self, cell: Cell) -> dict | None:
        return self.rows.get(cell.key)

    def tried(self, setting, method, ranking=None) -> dict[float, float]:
        """Learning rate -> loss on the slice at its best (inf where it diverged), on the tuning seed."""
        found = {}
        for r in self.rows.values():
            if (
                (r["set"], r["regime"]) == setting
                and r["method"] == method
                and r["seed"] == TUNING_SEED
                and r.get("ranking") == ranking
            ):
                found[r["lr"]] = float("inf") if r["best"] is None else r["best"]["slice"]
        return found

    def to_try(self, setting, method, ranking=None) -> list[float]:
        """Learning rates still to be tried; empty once the best one has a neighbour tried on both sides."""
        tried = self.tried(setting, method, ranking)
        if not tried:
            return [START if method == "lora" and not ranking else self.chosen(setting, "lora") or START]
        at = LADDER.index(min(tried, key=lambda lr: (tried[lr], lr)))
        return [lr for lr in LADDER[max(0, at - 1) : at + 2] if lr not in tried]

    def chosen(self, setting, method, ranking=None) -> float | None:
        """The learning rate with the lowest loss on the slice; None while some are still to be tried."""
        family = METHODS[method].tuned_as or method
        if self.to_try(setting, family, ranking):
            return None
        tried = self.tried(setting, family, ranking)
        return min(tried, key=lambda lr: (tried[lr], lr))

    def main(self, setting, method, seed) -> dict | None:
        """The row of a method at its chosen learning rate."""
        lr = self.chosen(setting, method)
        return None if lr is None else self.get(Cell(*setting, method, seed, lr))


def method_cells(results: Results, setting, methods) -> Iterator[Cell]:
    """First every learning rate to be chosen, then seed by seed, so that pairs are complete as early as possible."""
    for method in methods:
        spec = METHODS[method]
        if spec.tuned_as:
            continue
        while rates := results.to_try(setting, method):
            leader = results.main(setting, spec.follows, TUNING_SEED) if spec.follows else None
            yield Cell(*setting, method, TUNING_SEED, rates[0], kept_shares=leader and leader["keptShares"])
    for seed in SEEDS:
        for method in methods:
            spec = METHODS[method]
            leader = results.main(setting, spec.follows, seed) if spec.follows else None
            yield Cell(
                *setting, method, seed, results.chosen(setting, method), kept_shares=leader and leader["keptShares"]
            )


def subset_cells(results: Results, setting) -> Iterator[Cell]:
    """Needs the setting's method cells: the rankings are made from them."""

    def cell(seed, lr, ranking, share):
        chosen = rankings.choose(rankings.scores(results, setting, ranking, seed), share)
        return Cell(*setting, "lora", seed, lr, ranking, share, chosen)

    while rates := results.to_try(setting, "lora", SUBSET_TUNING[0]):
        yield cell(TUNING_SEED, rates[0], *SUBSET_TUNING)
    lr = results.chosen(setting, "lora", SUBSET_TUNING[0])
    for share in SHARES:
        for seed in SEEDS:
            for ranking in rankings.RANKINGS:
                yield cell(seed, lr, ranking, share)


def planned(results: Results) -> Iterator[Cell]:
    """Every cell, the most telling first. Decides as it goes: a row must be in `results` before the next cell is asked
    for.
    """

    def of(regime, methods, sets=SETS):
        for setting in itertools.product(sets, [regime]):
            yield from method_cells(results, setting, [m for m in SETTINGS[setting] if m in methods])

    yield from of("over-fit", CORE)
    yield from of("under-fit", CORE)
    for setting in SUBSET_SETTINGS:
        yield from of(setting[1], PROBED, [setting[0]])
        yield from subset_cells(results, setting)
    yield from of("over-fit", ["quantile-50", "averaged-held-out"])
    yield from of("over-fit", METHODS)
    yield from of("under-fit", ["quantile-50"])
    # The searches next, which are short, then the rest of the under-fit settings.
    for name, regime in sorted(SETTINGS, key=lambda setting: setting[1] == "under-fit"):
        yield from of(regime, METHODS, [name])
