"""The report's first part: every question of the project answered in plain words, each with its intervals."""

import itertools

from . import rankings
from .plan import METHODS, SEARCHED, SEEDS, SETS, SETTINGS, SHARES, SUBSET_SETTINGS, SUBSET_TUNING, Cell, Results
from .stats import Mean
from .tables import Difference, counted, rows_of, table, title, trials

MAIN = [(s, r) for r in ("over-fit", "under-fit") for s in SETS]
SEARCH = [s for s in SETTINGS if s not in MAIN]
TARGETS = ("ts-lora-30", "ts-lora-50", "ts-lora-70")


def names(settings) -> list[str]:
    return [", ".join(s) for s in settings]


def compared(results: Results, pairs, settings=MAIN) -> list[str]:
    """A table of paired differences, one line a pair, one column a setting, and what they add up to."""
    differences = {pair: [Difference.of(results, s, *pair) for s in settings] for pair in pairs}
    everything = list(itertools.chain(*differences.values()))
    if not any(d.seeds for d in everything):
        return ["No pair of runs yet.", ""]
    lines = table(
        ["early-stopped validation loss", *names(settings)],
        [[f"{title(a)} − {title(b)}", *(d.text() for d in ds)] for (a, b), ds in differences.items()],
    )
    if any(d.complete for d in everything):
        lines += [f"With all {len(SEEDS)} seeds: {counted(everything)}."]
        for regime in regimes(settings):
            part = [d for ds in differences.values() for d, s in zip(ds, settings) if s[1] == regime]
            if any(d.complete for d in part):
                lines += [f"{regime}: {counted(part)}."]
        ends = [Difference.of(results, s, *pair, "final") for pair in pairs for s in settings]
        lines += [f"At the end of training instead of early-stopped: {counted(ends)}.", ""]
    return lines


def regimes(settings) -> list[str]:
    return list(dict.fromkeys(r for _, r in settings))


def matching(results: Results) -> list[str]:
    lines = ["### Does TS-LoRA match or beat LoRA at 30, 50, 70 % target skip?", ""]
    for regime in regimes(MAIN):
        said = []
        for method in TARGETS:
            found = [
                d for s in MAIN if s[1] == regime for d in [Difference.of(results, s, method, "lora")] if d.complete
            ]
            if found:
                said.append(
                    f"{100 * dict(METHODS[method].gate)['target']:.0f} % matches or beats it on {sum(d.matches for d in found)} of {len(found)} sets and is worse on {sum(d.word == 'worse' for d in found)}"
                )
        if said:
            lines += [f"- {regime}: {'; '.join(said)}."]
    if len(lines) > 2:
        lines += [
            "",
            "Matches or beats: the whole interval lies under +1 % of LoRA's loss. Where neither is said, five seeds cannot tell.",
            "",
        ]
    return lines + compared(results, [(m, "lora") for m in TARGETS])


def random_gate(results: Results) -> list[str]:
    return [
        "### Does TS-LoRA beat a random gate of the same share?",
        "",
        *compared(results, [("ts-lora-50", "random-50")]),
    ]


def subset_rows(results: Results, setting) -> dict[tuple, dict[int, dict]]:
    """(ranking, share) -> seed -> row."""
    if not results.tried(setting, "lora", SUBSET_TUNING[0]):
        return {}
    lr, found = results.chosen(setting, "lora", SUBSET_TUNING[0]), {}
    if lr is None:
        return {}
    for ranking, share, seed in itertools.product(rankings.RANKINGS, SHARES, SEEDS):
        row = results.get(Cell(*setting, "lora", seed, lr, ranking, share))
        if row is not None and row["best"] is not None:
            found.setdefault((ranking, share), {})[seed] = row
    return found


def importance(results: Results) -> list[str]:
    settings = [(s, share) for s in SUBSET_SETTINGS for share in SHARES]
    found = {s: subset_rows(results, s) for s in SUBSET_SETTINGS}
    lines, all_differences = ["### Does sparsity rank modules better than weight norms?", ""], []
    body = []
    for one, other in itertools.product(
        ("active-reconstructed", "active-held-out"),
        ("weight-norm", "delta-norm", "delta-relative", "gradient-norm", "random-1", "random-2"),
    ):
        differences = [
            Difference(found[s].get((one, share), {}), found[s].get((other, share), {}), "best")
            for s, share in settings
        ]
        if any(d.seeds for d in differences):
            body.append(
                [
                    f"{rankings.SOURCES[one][2]} − {other if other.startswith('random') else rankings.SOURCES[other][2]}",
                    *(d.text() for d in differences),
                ]
            )
            all_differences += [d for d in differences if other == "weight-norm"]
    if not body:
        return [*lines, "No pair of runs yet.", ""]
    lines += [
        "Plain LoRA on the modules that a ranking puts first, within a share of all modules' adapter parameters.",
        "",
    ]
    lines += table(
        ["early-stopped validation loss", *(f"{', '.join(s)}, top {share:.0%}" for s, share in settings)], body
    )
    return lines + (
        [f"Against ‖W0‖_F, with all {len(SEEDS)} seeds: {counted(all_differences)}.", ""]
        if any(d.complete for d in all_differences)
        else []
    )


def signs(rows: dict[int, dict], where: str, which: str) -> dict[int, float]:
    """Seed -> share of helpful updates."""
    return {
        s: r["helpful"][where][which]
        for s, r in rows.items()
        if "helpful" in r and r["helpful"][where][which] is not None
    }


def shift(a: dict[int, float], b: dict[int, float]) -> Mean | None:
    """Paired difference of shares."""
    seeds = sorted(a.keys() & b.keys())
    return Mean.of([a[s] - b[s] for s in seeds]) if seeds else None


def points(difference: Mean | None) -> str:
    """In percentage points."""
    return "–" if difference is None else difference.text(1, signed=True, scale=100)


def clear(differences: list[Mean | None]) -> str:
    """In how many sets a paired difference of shares lies above 0, or below; of those with all seeds."""
    found = [d for d in differences if d is not None and d.n == len(SEEDS)]
    above, below = sum(d.mean - d.half > 0 for d in found), sum(d.mean + d.half < 0 for d in found)
    parts = {
        "more often": above,
        "less often": below,
        "as often as far as five seeds can tell": len(found) - above - below,
    }
    return (
        ", ".join(f"{word} on {n}" for word, n in parts.items() if n) + f" of {len(found)} sets"
        if found
        else "(not known yet)"
    )


def noise(results: Results) -> list[str]:
    body, gaps, of_random = [], {}, {}
    for setting, method in itertools.product(
        MAIN, ("lora", "ts-lora-50", "random-50", "quantile-50", "reconstructed", "averaged-held-out")
    ):
        rows = rows_of(results, setting, method) if method in SETTINGS[setting] else {}
        if not any("helpful" in r for r in rows.values()):
            continue
        share = {(w, k): signs(rows, w, k) for w in ("own", "fresh") for k in ("kept", "skipped")}
        if setting not in of_random:
            control = rows_of(results, setting, "random-50") if "random-50" in SETTINGS[setting] else {}
            of_random[setting] = {(w, k): signs(control, w, k) for w in ("own", "fresh") for k in ("kept", "skipped")}
        cells = [Mean.of(list(v.values())).text(1, scale=100) if v else "–" for v in share.values()]
        gap = {at: shift(s, of_random[setting][at]) for at, s in share.items()} | {
            "lost": shift(share["own", "kept"], share["fresh", "kept"])
        }
        gaps[setting, method] = gap
        # LoRA skips nothing, so that no share of tokens is there to compare; the random gate is the control itself.
        against = ["–"] * 4 if method in ("lora", "random-50") else [points(gap[at]) for at in share]
        body.append([", ".join(setting), title(method), *cells, *against, points(gap["lost"])])
    lines = ["### Does the noise show?", ""]
    if not body:
        return [*lines, "No runs yet.", ""]
    for regime in regimes(MAIN):
        of = lambda method, kind: [g[kind] for (s, m), g in gaps.items() if s[1] == regime and m == method]
        lines += [
            f"- {regime}: on their own train batch, LoRA's updates help {clear(of('lora', 'lost'))}, compared with a fresh one. "
            f"On a fresh batch, the active updates of TS-LoRA 50 % help {clear(of('ts-lora-50', ('fresh', 'kept')))}, and the skipped ones "
            f"{clear(of('ts-lora-50', ('fresh', 'skipped')))}, compared with the random gate's."
        ]
    lines += [
        "",
        "Of the updates that change the loss at all, the share that helps (gate gradient μ < 0), in per cent, over the last quarter of training: on the train "
        "batch (own) and on one of the dev split, on which A and B are never trained (fresh). If indiscriminate updates add noise, LoRA's share on a fresh batch lies "
        "well under its share on its own batch. μ of an active token is taken with its update applied, μ of a skipped one without it, so that even a random gate shows a difference between "
        "the two: each is compared with the random gate's of the same share (paired by seed) and never with the other. A gate that finds the updates that help has more helpful active ones, "
        "and fewer helpful skipped ones, than the random gate.",
        "",
    ]
    return lines + table(
        [
            "setting",
            "method",
            "own: active",
            "own: skipped",
            "fresh: active",
            "fresh: skipped",
            "own: active − random's",
            "own: skipped − random's",
            "fresh: active − random's",
            "fresh: skipped − random's",
            "active: own − fresh",
        ],
        body,
    )


def searched(results: Results) -> list[str]:
    rules = ["reconstructed", "averaged-own", "averaged-held-out", "quantile-50", *SEARCHED]
    lines = ["### Where else an effect was looked for", ""]
    lines += [
        "Other rules, gate gradients and τ learning rates (alpaca, over-fit; ε counts in the literal rule):",
        "",
        *compared(results, [(m, "lora") for m in rules], [("alpaca", "over-fit")]),
    ]
    lines += [
        "Other models and modules:",
        "",
        *compared(results, [*((m, "lora") for m in TARGETS), ("ts-lora-50", "random-50")], SEARCH),
    ]
    lines += ["On top of DoRA:", "", *compared(results, [(f"ts-dora-{t}", "dora") for t in (30, 50, 70)])]
    body = [line for setting in MAIN for line in trials(results, setting, ["lora", "ts-lora-50", "random-50"])]
    if body:
        lines += [
            "The same learning rate for both, where both were tried (one seed, dev loss at its best / at the end):",
            "",
        ]
        lines += table(["setting", "learning rate", *(title(m) for m in ("lora", "ts-lora-50", "random-50"))], body)
    return lines


def answers(results: Results) -> list[str]:
    return [*matching(results), *random_gate(results), *importance(results), *noise(results), *searched(results)]
