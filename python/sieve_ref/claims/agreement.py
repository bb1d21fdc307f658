"""The report's part on the engine: its repetition of the twin's runs on the nano model, side by side (engine.py)."""

import json

from .engine import EXAMPLES, FOLDER, HELD_OUT, MODEL, RUNS, SET, TARGET, TRAIN
from .plan import BATCH, MAX_TOKENS, METHODS
from .stats import Mean, verdict
from .tables import table

PAIRS = (("ts-lora-50", "lora"), ("ts-lora-50", "random-50"))


def rows_by(name: str) -> dict[str, dict[int, dict]]:
    """Run -> seed -> row; empty where there is no file."""
    path, found = FOLDER / f"{name}.jsonl", {}
    for line in path.read_text().splitlines() if path.exists() else []:
        row = json.loads(line)
        found.setdefault(row["run"], {})[row["seed"]] = row
    return found


def losses(rows: dict[int, dict]) -> dict[int, float]:
    return {seed: row["heldOut"] for seed, row in rows.items()}


def paired(a: dict[int, float], b: dict[int, float]) -> Mean:
    return Mean.of([a[s] - b[s] for s in sorted(a.keys() & b.keys())])


def farthest(a: dict[int, dict], b: dict[int, dict]) -> float:
    """Largest difference of two training losses of the same step and seed."""
    return max(abs(x - y) for s in a.keys() & b.keys() for x, y in zip(a[s]["trainLoss"], b[s]["trainLoss"]))


def within_noise(difference: Mean, seeds: Mean) -> bool:
    """Whether the interval of engine − twin lies inside what seeds alone move."""
    return abs(difference.mean) + difference.half <= seeds.half


def agreement(twin: dict[str, dict[int, dict]], engine: dict[str, dict[int, dict]]) -> list[str]:
    about = (
        f"{SET}, {MODEL}, {EXAMPLES} examples, {TRAIN['steps']} steps of {BATCH} sequences of at most {MAX_TOKENS} tokens, learning rate {TRAIN['learningRate']:g} for all, "
        f"no early stopping, {HELD_OUT} validation examples; the same A, batches and order on both sides (`python -m sieve_ref.claims.engine`, then "
        f"`npm run accept -- claims`). The random gates draw their tokens each in its own way, at the shares of their own TS-LoRA {100 * TARGET:.0f} %."
    )
    if not twin.keys() & engine.keys():
        return [about, "", "The engine has not repeated it yet.", ""]
    body, inside = [], []
    for run in RUNS:
        a, b = engine[run], twin[run]
        ours, theirs, difference = (
            Mean.of(list(losses(a).values())),
            Mean.of(list(losses(b).values())),
            paired(losses(a), losses(b)),
        )
        inside.append(within_noise(difference, theirs))
        shares = [
            Mean.of([r["skipped"]["heldOut"] for r in rows.values()]).text(1, scale=100) if run != "lora" else ""
            for rows in (a, b)
        ]
        body.append(
            [
                METHODS[run].title,
                ours.text(4),
                theirs.text(4),
                difference.text(4, signed=True),
                f"{farthest(a, b):.1e}",
                *shares,
            ]
        )
    lines = [
        about,
        "",
        *table(
            [
                "validation loss at the end",
                "engine",
                "twin",
                "engine − twin, paired",
                "largest difference of a train loss",
                "engine skips %",
                "twin skips %",
            ],
            body,
        ),
    ]
    said = (
        "Engine and twin agree within seed noise: the interval of their difference lies inside the interval over seeds, for every method."
        if all(inside)
        else (
            "Engine and twin do not agree within seed noise for "
            + ", ".join(METHODS[run].title for run, ok in zip(RUNS, inside) if not ok)
            + "."
        )
    )
    body = []
    for one, other in PAIRS:
        cells = []
        for rows in (engine, twin):
            difference = paired(losses(rows[one]), losses(rows[other]))
            cells += [
                difference.text(4, signed=True),
                verdict(difference, sum(losses(rows[other]).values()) / len(rows[other])),
            ]
        body.append([f"{METHODS[one].title} − {METHODS[other].title}", *cells])
    return [*lines, said, "", *table(["paired by seed", "engine", "so", "twin", "so"], body)]
