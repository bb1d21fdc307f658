"""What is trained, and in which order. A cell is one training run; its key says everything that sets it apart."""
from collections.abc import Iterator
from dataclasses import dataclass

from . import rankings

# Raised whenever a change makes old rows incomparable; rows of another version are ignored.
VERSION = 1
SEEDS = (1, 2, 3, 4, 5)
TUNING_SEED = 100
RANK, ALPHA = 8, 16.0
EVAL_SIZE = 128
MAX_TOKENS, BATCH = 48, 8


@dataclass(frozen=True)
class Regime:
    """examples: drawn for a seed, slice included (None = all). Warm-up is a tenth of the steps, then linear decay."""

    examples: int | None
    slice: int
    steps: int
    eval_every: int = 10


REGIMES = {"under-fit": Regime(None, 32, 80), "over-fit": Regime(60, 12, 100)}
SETTINGS = [(s, r) for s in ("alpaca", "ships-log", "sst2") for r in REGIMES]


@dataclass(frozen=True)
class Method:
    """kind: lora, dora, adalora, ts-lora or ts-dora; gate: what differs from the gate's defaults, in the app's names.

    tuned_as: whose learning rate it takes (its own if None). follows: the random gate's model.
    """

    title: str
    kind: str
    gate: tuple = ()
    tuned_as: str | None = None
    follows: str | None = None


def ts(kind: str, target: int, tuned_as: str | None) -> Method:
    return Method(f"TS-{'DoRA' if kind == 'ts-dora' else 'LoRA'}, target {target} %", kind, (("target", target / 100),), tuned_as)


METHODS = {
    "lora": Method("LoRA", "lora"),
    "ts-lora-50": ts("ts-lora", 50, None),
    "random-50": Method("random gate, shares of TS-LoRA 50 %", "ts-lora", (("rule", "random"),), follows="ts-lora-50"),
    "quantile-50": Method("quantile gate 50 %", "ts-lora", (("rule", "quantile"), ("keep", 0.5))),
    "averaged-held-out": Method("averaged exact step, held-out prices", "ts-lora", (("rule", "averaged"), ("prices", "held-out"))),
    "reconstructed": Method("TS-LoRA, reconstructed at defaults", "ts-lora"),
    "averaged-own": Method("averaged exact step, own prices", "ts-lora", (("rule", "averaged"),)),
    "ts-lora-30": ts("ts-lora", 30, "ts-lora-50"),
    "ts-lora-70": ts("ts-lora", 70, "ts-lora-50"),
    "dora": Method("DoRA", "dora"),
    "adalora": Method("AdaLoRA", "adalora"),
    "ts-dora-50": ts("ts-dora", 50, None),
    "ts-dora-30": ts("ts-dora", 30, "ts-dora-50"),
    "ts-dora-70": ts("ts-dora", 70, "ts-dora-50"),
}
FIRST = (["lora", "ts-lora-50", "random-50"], ["quantile-50", "averaged-held-out"])

# Learning rates tried first; where the best is at an end, the next half decade is tried, too.
GRID = (1e-3, 3e-3, 1e-2)
LADDER = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)

# Module importance: plain LoRA on what a ranking puts first, within a share of all modules' adapter parameters.
SUBSET_SETTINGS = (("alpaca", "under-fit"), ("ships-log", "under-fit"))
SHARES = (0.25, 0.5)
SUBSET_TUNING = ("random-1", 0.25)


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
            if (r["set"], r["regime"]) == setting and r["method"] == method and r["seed"] == TUNING_SEED and r.get("ranking") == ranking:
                found[r["lr"]] = float("inf") if r["best"] is None else r["best"]["slice"]
        return found

    def to_try(self, setting, method, ranking=None) -> list[float]:
        """Learning rates still to be tried; empty once the best one has a neighbour tried on both sides."""
        tried = self.tried(setting, method, ranking)
        missing = [lr for lr in GRID if lr not in tried]
        if missing:
            return missing
        at = LADDER.index(min(tried, key=lambda lr: (tried[lr], lr)))
        return [LADDER[i] for i in (at - 1, at + 1) if 0 <= i < len(LADDER) and LADDER[i] not in tried]

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
            yield Cell(*setting, method, seed, results.chosen(setting, method), kept_shares=leader and leader["keptShares"])


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
    """Every cell, the most telling first. Decides as it goes: a row must be in `results` before the next cell is asked for."""
    rest = [m for m in METHODS if m not in FIRST[0] + FIRST[1]]
    for setting in SETTINGS[:4]:
        for methods in FIRST:
            yield from method_cells(results, setting, methods)
    for setting in SETTINGS[:2]:
        yield from method_cells(results, setting, rest)
    yield from subset_cells(results, SUBSET_SETTINGS[0])
    for setting in SETTINGS[4:]:
        for methods in FIRST:
            yield from method_cells(results, setting, methods)
    for setting in SETTINGS[2:]:
        yield from method_cells(results, setting, rest)
    yield from subset_cells(results, SUBSET_SETTINGS[1])
