"""Writes docs/claims/first-runs.md from the raw results: `python -m sieve_ref.claims.report`."""

import itertools

from . import store
from .agreement import agreement, rows_by
from .answers import answers, compared, subset_rows
from .plan import (
    ALPHA,
    BATCH,
    EVAL_SIZE,
    MAX_TOKENS,
    METHODS,
    RANK,
    REGIMES,
    SEEDS,
    SETTINGS,
    SHARES,
    START,
    SUBSET_SETTINGS,
    TUNING_SEED,
    Results,
)
from .rankings import NAMES, RANKINGS, SOURCES, scores
from .sets import ROOT
from .stats import Mean, spearman
from .tables import ENDS, Difference, rows_of, table

OUT = ROOT / "docs" / "claims" / "first-runs.md"


def more_comparisons(results: Results) -> list[str]:
    lines = []
    asked = [
        ("Does the learned gate beat a fixed quantile of r?", [("ts-lora-50", "quantile-50")]),
        (
            "Do gates beat LoRA?",
            [(m, "lora") for m in ("random-50", "quantile-50", "reconstructed", "averaged-own", "averaged-held-out")],
        ),
        (
            "Are gate gradients from the dev split better than those from the train batch?",
            [("averaged-held-out", "averaged-own")],
        ),
        ("The other baselines", [("dora", "lora"), ("adalora", "lora")]),
    ]
    for question, pairs in asked:
        lines += [f"### {question}", "", *compared(results, pairs)]
    return lines


def setting_tables(results: Results) -> list[str]:
    lines = []
    for setting in SETTINGS:
        lora = rows_of(results, setting, "lora")
        body = []
        for method in SETTINGS[setting]:
            spec, rows = METHODS[method], rows_of(results, setting, method)
            if not rows:
                continue
            cells = [spec.title, f"{results.chosen(setting, method):g}", str(len(rows))]
            for end, _ in ENDS:
                cells.append(Mean.of([r[end]["heldOut"] for r in rows.values()]).text())
                difference = Difference(rows, lora, end).mean
                cells.append("" if method == "lora" or difference is None else difference.text(signed=True))
            cells.append(Mean.of([r["best"]["step"] for r in rows.values()]).text(0))
            gated = [r for r in rows.values() if "skipped" in r]
            cells.append(Mean.of([r["skipped"]["heldOut"] for r in gated]).text(0, scale=100) if gated else "")
            cells.append(Mean.of([r["finalOpen"] for r in gated]).text() if gated else "")
            body.append(cells)
        if body:
            base = next(iter(lora.values()))["base"] if lora else None
            lines += [f"### {setting[0]}, {setting[1]}" + (f" (no adapter: {base:.3f})" if base else ""), ""]
            lines += table(
                [
                    "method",
                    "learning rate",
                    "seeds",
                    "early-stopped",
                    "− LoRA",
                    "at the end",
                    "− LoRA",
                    "best step",
                    "skipped at the end %",
                    "end, all tokens active",
                ],
                body,
            )
    return lines


def noise_over_time(results: Results) -> list[str]:
    body = []
    for setting in SETTINGS:
        for method in (m for m in SETTINGS[setting] if METHODS[m].watched):
            rows = [r for r in rows_of(results, setting, method).values() if "helpful" in r]
            if not rows:
                continue
            cells = [", ".join(setting), METHODS[method].title]
            for which in ("ownKept", "ownSkipped"):
                quarters = [
                    [r["helpful"][which][i] for r in rows if r["helpful"][which][i] is not None]
                    for i in range(len(rows[0]["helpful"][which]))
                ]
                cells += [Mean.of(values).text(1, scale=100) if values else "" for values in quarters]
            body.append(
                cells
                + [
                    Mean.of([r["helpful"][where]["muKept"] for r in rows]).text(signed=True)
                    for where in ("own", "fresh")
                ]
            )
    if not body:
        return ["No runs yet.", ""]
    return table(
        [
            "setting",
            "method",
            *(f"{which}, {q} quarter" for which in ("active", "skipped") for q in ("1st", "2nd", "3rd", "4th")),
            "Σμ active, own",
            "Σμ active, fresh",
        ],
        body,
    )


def importance(results: Results) -> list[str]:
    lines = []
    for setting in SUBSET_SETTINGS:
        found = subset_rows(results, setting)
        body = []
        for ranking in RANKINGS:
            if not any((ranking, share) in found for share in SHARES):
                continue
            cells = [ranking if ranking.startswith("random") else SOURCES[ranking][2]]
            for share in SHARES:
                rows, norm = found.get((ranking, share), {}), found.get(("weight-norm", share), {})
                cells.append(Mean.of([r["best"]["heldOut"] for r in rows.values()]).text() if rows else "")
                cells.append("" if ranking == "weight-norm" else Difference(rows, norm, "best").text())
            body.append(cells)
        if body:
            lr = next(iter(next(iter(found.values())).values()))["lr"]
            lines += [f"### {', '.join(setting)}: LoRA (learning rate {lr:g}) on a part of the modules", ""]
            lines += table(["ranking", *(x for s in SHARES for x in (f"top {s:.0%}", "− ‖W0‖_F"))], body)
        lines += stability(results, setting)
    return lines or ["No runs yet.", ""]


def stability(results: Results, setting) -> list[str]:
    """Rank correlation of each ranking with itself on another seed, and with ‖W0‖_F."""
    body = []
    for ranking in RANKINGS:
        if ranking.startswith("random") or ranking == "weight-norm":
            continue
        by_seed = {}
        for seed in SEEDS:
            try:
                by_seed[seed] = list(scores(results, setting, ranking, seed).values())
            except LookupError:
                continue
        if len(by_seed) < 2:
            continue
        norm = list(scores(results, setting, "weight-norm", 1).values())
        pairs = [spearman(by_seed[a], by_seed[b]) for a, b in itertools.combinations(by_seed, 2)]
        shut = sum(v == 0 for values in by_seed.values() for v in values) / len(by_seed)
        body.append(
            [
                SOURCES[ranking][2],
                str(len(by_seed)),
                f"{sum(pairs) / len(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})".replace("-", "−"),
                Mean.of([spearman(v, norm) for v in by_seed.values()]).text(2),
                f"{shut:.0f}",
            ]
        )
    if not body:
        return []
    head = [
        "ranking",
        "seeds",
        "rank correlation between seeds, mean (range)",
        "with ‖W0‖_F",
        f"modules of {len(NAMES)} at 0",
    ]
    return [f"### {setting[0]}, {setting[1]}: is the ranking stable?", "", *table(head, body)]


def tuning(results: Results) -> list[str]:
    body = []
    for setting, method in ((s, m) for s, methods in SETTINGS.items() for m in methods):
        tried = results.tried(setting, method)
        if tried:
            chosen = results.chosen(setting, method)
            text = ", ".join(
                f"{'**' if lr == chosen else ''}{lr:g}: {loss:.3f}{'**' if lr == chosen else ''}"
                for lr, loss in sorted(tried.items())
            )
            body.append([", ".join(setting), METHODS[method].title, text + ("" if chosen else " (not finished)")])
    return table(["setting", "method", "learning rate: best dev loss"], body) if body else ["Nothing tried yet.", ""]


def missing(results: Results) -> list[str]:
    """What the plan still asks for, and what diverged."""
    body, done, total = [], 0, 0
    for setting, methods in SETTINGS.items():
        counts = {m: sum(results.main(setting, m, s) is not None for s in SEEDS) for m in methods}
        done, total = done + sum(counts.values()), total + len(SEEDS) * len(methods)
        lacking = [f"{METHODS[m].title} ({n} of {len(SEEDS)})" for m, n in counts.items() if n < len(SEEDS)]
        if lacking:
            body.append(
                f"- {', '.join(setting)}: " + ("every method" if not any(counts.values()) else "; ".join(lacking))
            )
    for setting in SUBSET_SETTINGS:
        rows = [
            r
            for r in results.rows.values()
            if r.get("ranking") and (r["set"], r["regime"]) == setting and r["seed"] in SEEDS
        ]
        wanted = len(RANKINGS) * len(SHARES) * len(SEEDS)
        done, total = done + len(rows), total + wanted
        if len(rows) < wanted:
            body.append(f"- module importance, {', '.join(setting)}: {len(rows)} of {wanted} runs")
    diverged = [r["key"] for r in results.rows.values() if r.get("diverged") and r["seed"] != TUNING_SEED]
    lines = [
        f"Runs: {done} of {total}, learning-rate trials not counted." + ("" if body else " Nothing is missing.")
    ] + ([""] + body if body else [])
    return lines + ["", "Diverged and excluded from the means: " + (", ".join(diverged) or "none") + ".", ""]


def about() -> list[str]:
    regimes = [
        [
            name,
            "all but the validation examples" if r.examples is None else str(r.examples),
            str(r.slice),
            str(r.steps),
            f"{r.eval_every}",
            r.model,
            ", ".join(r.kinds or ["all seven"]),
        ]
        for name, r in REGIMES.items()
    ]
    return [
        f"PyTorch twin, one CPU core, some ten seconds a run; rank {RANK}, α {ALPHA:g}; AdaLoRA from 12 to {RANK} "
        f"(a tenth of the run before pruning, a third after it). Batches of {BATCH} sequences of at most {MAX_TOKENS} tokens, AdamW without weight decay, "
        "clipping at 1, warm-up over a tenth of the steps (τ rests as long), then linear decay. λ = 0 everywhere.",
        "",
        *table(
            [
                "regime",
                "examples of a seed",
                "of them the dev split",
                "steps",
                "dev eval interval (steps)",
                "model",
                "linears of every block",
            ],
            regimes,
        ),
        f"over-fit: {REGIMES['over-fit'].examples - REGIMES['over-fit'].slice} train examples, {REGIMES['over-fit'].steps * BATCH // (REGIMES['over-fit'].examples - REGIMES['over-fit'].slice)} "
        "epochs. alpaca: instructions and answers, far from the stories that the model knows. ships-log: the app's own set, a style. sst2: film reviews, the answer is "
        f"one word, good or bad, and only that word counts in the loss. The validation split has {EVAL_SIZE} examples, the same for every seed; a seed draws the train examples, "
        "the dev split, their order and A. So an interval covers training on other examples, not other validation examples.",
        "",
        "No method trains on the dev split: early stopping takes the step with the lowest dev loss (step 0, no adapter, included), and dev-split gate "
        f"gradients take their batches from it. Each method's learning rate is the one with the lowest dev loss on seed {TUNING_SEED}, which is in no table: the search "
        f"begins at {START:g} (LoRA) or at LoRA's rate (all others) and goes on by half decades until both neighbours of the best are worse. TS-LoRA and TS-DoRA at 30 and 70 %, "
        "and the variants of TS-LoRA 50 %, take the rate found at 50 %; LoRA on a part of the modules takes the one found for random modules. Losses are means per loss token, in nats.",
        "",
        "Gates act at evaluation, too. The random gate keeps, per module and step, the active share of TS-LoRA at 50 % with the same seed (each at its own "
        "learning rate). The quantile gate is judged by its last training step's thresholds. Target sparsity is per run: all thresholds are shifted "
        "together after each update of the reconstructed rule.",
        "",
    ]


def build(results: Results) -> str:
    reading = store.FOLDER.parent / "reading.md"
    lines = [
        "# The first runs, by the PyTorch twin",
        "",
        "Written by `python -m sieve_ref.claims.report` from `python/claims/results`; don't edit it by hand. `python -m sieve_ref.claims.run` trains what "
        "is missing. ± is a 95 % t-interval over seeds, differences are paired by seed; losses, so lower is better. The intervals are not corrected for multiple comparisons: of twenty comparisons "
        "without any effect, one would seem to show an effect.",
        "",
        "Figures are of commit 5acde2c, the engine's own repetition is of dad1e3e. Since then the engine's random numbers follow from each module's path; of all figures here "
        "only those of its random gate in that repetition came from the earlier ones, since A is given there and the twin draws with PyTorch.",
        "",
        *(["## Reading", "", reading.read_text().strip(), ""] if reading.exists() else []),
        "## Answers",
        "",
        *answers(results),
        "## Still missing",
        "",
        *missing(results),
        "## More comparisons",
        "",
        *more_comparisons(results),
        "## Every ranking of modules",
        "",
        "Plain LoRA on the modules that a ranking puts first, as many as fit into a quarter or a half of all modules' adapter parameters; early-stopped validation loss.",
        "",
        *importance(results),
        "## Every method",
        "",
        "Validation loss. Skipped: on the validation split at the end. All tokens active: the same adapter, at the end, without skipping.",
        "",
        *setting_tables(results),
        "## Helpful updates over time",
        "",
        "Share of the updates with gate gradient μ < 0 on the train batch, in per cent, by quarters of the run; Σμ is over all modules in the last quarter: where it is negative, the adapter as a whole should grow.",
        "",
        *noise_over_time(results),
        "## The engine's own repetition",
        "",
        *agreement(rows_by("twin"), rows_by("engine")),
        "## Settings",
        "",
        *about(),
        "## Learning rates tried",
        "",
        f"Seed {TUNING_SEED}; chosen in bold.",
        "",
        *tuning(results),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    OUT.write_text(build(Results(store.load())))
    print(f"{OUT.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
