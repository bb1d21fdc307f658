"""What the report's tables are made of: rows by seed, paired differences, Markdown."""

from .plan import LADDER, METHODS, SEEDS, TUNING_SEED, Cell, Results
from .stats import Mean, verdict

ENDS = (("best", "early-stopped"), ("final", "at the end"))


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "|" + " --- |" * len(head),
        *("| " + " | ".join(r) + " |" for r in rows),
        "",
    ]


def rows_of(results: Results, setting, method: str) -> dict[int, dict]:
    """Seed -> row at the chosen learning rate; runs that diverged are kept out (and counted elsewhere)."""
    found = {seed: results.main(setting, method, seed) for seed in SEEDS}
    return {seed: row for seed, row in found.items() if row is not None and row["best"] is not None}


class Difference:
    """Of held-out losses, one − other, paired by the seeds that both have; None in `mean` where there is no pair."""

    def __init__(self, one: dict[int, dict], other: dict[int, dict], end: str):
        self.seeds = sorted(one.keys() & other.keys())
        self.mean = (
            Mean.of([one[s][end]["heldOut"] - other[s][end]["heldOut"] for s in self.seeds]) if self.seeds else None
        )
        self.reference = sum(other[s][end]["heldOut"] for s in self.seeds) / len(self.seeds) if self.seeds else None

    @staticmethod
    def of(results: Results, setting, one: str, other: str, end: str = "best") -> "Difference":
        return Difference(rows_of(results, setting, one), rows_of(results, setting, other), end)

    @property
    def complete(self) -> bool:
        return len(self.seeds) == len(SEEDS)

    @property
    def verdict(self) -> str:
        return verdict(self.mean, self.reference)

    @property
    def word(self) -> str:
        """The verdict without its size."""
        return "no difference shown" if self.verdict.startswith("no difference") else self.verdict.split(",")[0]

    @property
    def matches(self) -> bool:
        """At worst 1 % above the other's loss, the whole interval."""
        return self.mean.half is not None and self.mean.mean + self.mean.half < 0.01 * self.reference

    def text(self) -> str:
        if self.mean is None:
            return "–"
        seeds = "" if self.complete else f" ({len(self.seeds)} of {len(SEEDS)} seeds)"
        return f"{self.mean.text(signed=True)}, {self.word if self.mean.half is not None else 'one seed only'}{seeds}"


def counted(differences: list[Difference]) -> str:
    """'better in 2, worse in 3 of 5', of the complete ones."""
    complete = [d for d in differences if d.complete]
    words = sorted({d.word for d in complete})
    return ", ".join(f"{word} in {sum(d.word == word for d in complete)}" for word in words) + f" of {len(complete)}"


def trials(results: Results, setting, methods: list[str]) -> list[list[str]]:
    """Per learning rate the loss on the slice at its best and at the end, of every method side by side; seed
    TUNING_SEED alone.
    """
    body = []
    for lr in LADDER:
        found = [results.get(Cell(*setting, m, TUNING_SEED, lr)) for m in methods]
        if sum(r is not None for r in found) < 2:
            continue
        cells = [
            "–"
            if r is None
            else "diverged"
            if r["best"] is None
            else f"{r['best']['slice']:.3f} / {r['final']['slice']:.3f}"
            for r in found
        ]
        body.append([", ".join(setting), f"{lr:g}", *cells])
    return body


def title(method: str) -> str:
    return METHODS[method].title
