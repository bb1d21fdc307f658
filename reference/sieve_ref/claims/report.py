"""Writes docs/claims.md from the raw results: `python -m sieve_ref.claims.report`."""
import itertools

from . import store
from .plan import (
    ALPHA, BATCH, EVAL_SIZE, GRID, MAX_TOKENS, METHODS, RANK, REGIMES, SEEDS, SETTINGS, SHARES, SUBSET_SETTINGS, SUBSET_TUNING, TUNING_SEED, Cell, Results,
)
from .rankings import NAMES, RANKINGS, SOURCES, scores
from .sets import MODEL, ROOT
from .stats import Mean, spearman, verdict

OUT = ROOT / "docs" / "claims.md"
LEARNT = ("ts-lora-30", "ts-lora-50", "ts-lora-70", "ts-dora-30", "ts-dora-50", "ts-dora-70")
ENDS = (("best", "early-stopped"), ("final", "at the end"))


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *("| " + " | ".join(r) + " |" for r in rows), ""]


def rows_of(results: Results, setting, method: str) -> dict[int, dict]:
    """Seed -> row at the chosen learning rate; runs that diverged are kept out (and counted elsewhere)."""
    found = {seed: results.main(setting, method, seed) for seed in SEEDS}
    return {seed: row for seed, row in found.items() if row is not None and row["best"] is not None}


def paired(a: dict[int, dict], b: dict[int, dict], end: str) -> Mean | None:
    """Mean of a − b over the seeds that both have."""
    seeds = sorted(a.keys() & b.keys())
    return Mean.of([a[s][end]["heldOut"] - b[s][end]["heldOut"] for s in seeds]) if seeds else None


def compare(results: Results, setting, one: str, other: str) -> list[str] | None:
    """Cells of a table line: seeds, and per end the paired difference and its verdict; None where there is no pair."""
    a, b = rows_of(results, setting, one), rows_of(results, setting, other)
    seeds = sorted(a.keys() & b.keys())
    if not seeds:
        return None
    cells = [str(len(seeds))]
    for end, _ in ENDS:
        difference = paired(a, b, end)
        cells += [difference.text(signed=True), verdict(difference, sum(b[s][end]["heldOut"] for s in seeds) / len(seeds))]
    return cells


COMPARE_HEAD = ["seeds", *(x for _, name in ENDS for x in (f"difference {name}", "so"))]


def questions(results: Results) -> list[str]:
    """The document's questions, each answered per setting by a paired difference (negative: the first is better)."""
    lines = []
    asked = [
        ("Does TS-LoRA match or beat LoRA at 30, 50, 70 % target skip?", [(m, "lora") for m in LEARNT[:3]]),
        ("Does TS-DoRA match or beat DoRA?", [(m, "dora") for m in LEARNT[3:]]),
        ("Does TS-LoRA beat a random gate of the same share?", [("ts-lora-50", "random-50")]),
        ("Does the learnt gate beat a fixed quantile of r?", [("ts-lora-50", "quantile-50")]),
        ("Do other gates beat LoRA?", [(m, "lora") for m in ("reconstructed", "random-50", "quantile-50", "averaged-own", "averaged-held-out")]),
        ("Do held-out prices beat own prices?", [("averaged-held-out", "averaged-own")]),
        ("The other baselines", [("dora", "lora"), ("adalora", "lora")]),
    ]
    for question, pairs in asked:
        body = []
        for one, other in pairs:
            for setting in SETTINGS:
                cells = compare(results, setting, one, other)
                if cells:
                    body.append([f"{METHODS[one].title} − {METHODS[other].title}", ", ".join(setting), *cells])
        lines += [f"### {question}", ""]
        lines += table(["what", "setting", *COMPARE_HEAD], body) if body else ["No pair of runs yet.", ""]
        lines += summary(results, pairs)
    return lines


def summary(results: Results, pairs) -> list[str]:
    """One sentence: in how many settings which verdict fell."""
    said = []
    for end, name in ENDS:
        counts: dict[str, int] = {}
        total = 0
        for (one, other), setting in itertools.product(pairs, SETTINGS):
            a, b = rows_of(results, setting, one), rows_of(results, setting, other)
            seeds = a.keys() & b.keys()
            if len(seeds) < len(SEEDS):
                continue
            total += 1
            word = verdict(paired(a, b, end), sum(b[s][end]["heldOut"] for s in seeds) / len(seeds)).split(",")[0]
            word = "no difference shown" if word.startswith("no difference") else word
            counts[word] = counts.get(word, 0) + 1
        if total:
            said.append(f"{name}: " + ", ".join(f"{word} in {n}" for word, n in sorted(counts.items())) + f" of {total}")
    return [f"With all {len(SEEDS)} seeds, {'; '.join(said)}.", ""] if said else []


def setting_tables(results: Results) -> list[str]:
    lines = []
    for setting in SETTINGS:
        lora = rows_of(results, setting, "lora")
        body = []
        for method, spec in METHODS.items():
            rows = rows_of(results, setting, method)
            if not rows:
                continue
            cells = [spec.title, f"{results.chosen(setting, method):g}", str(len(rows))]
            for end, _ in ENDS:
                cells.append(Mean.of([r[end]["heldOut"] for r in rows.values()]).text())
                difference = None if method == "lora" else paired(rows, lora, end)
                cells.append("" if difference is None else difference.text(signed=True))
            cells.append(Mean.of([r["best"]["step"] for r in rows.values()]).text(0))
            gated = [r for r in rows.values() if "skipped" in r]
            cells.append(Mean.of([r["skipped"]["heldOut"] for r in gated]).text(0, scale=100) if gated else "")
            cells.append(Mean.of([r["finalOpen"] for r in gated]).text() if gated else "")
            body.append(cells)
        if body:
            base = next(iter(lora.values()))["base"] if lora else None
            lines += [f"### {setting[0]}, {setting[1]}" + (f" (no adapter: {base:.3f})" if base else ""), ""]
            lines += table(["method", "learning rate", "seeds", "early-stopped", "− LoRA", "at the end", "− LoRA", "best step", "skipped %", "end, gates opened"], body)
    return lines


def noise(results: Results) -> list[str]:
    body = []
    for setting in SETTINGS:
        for method in ("lora", "ts-lora-50", "random-50", "quantile-50", "averaged-held-out"):
            rows = [r for r in rows_of(results, setting, method).values() if "helpful" in r]
            if not rows:
                continue
            cells = [", ".join(setting), METHODS[method].title]
            for where, which in itertools.product(("own", "fresh"), ("kept", "skipped")):
                values = [r["helpful"][where][which] for r in rows if r["helpful"][where][which] is not None]
                cells.append(Mean.of(values).text(1, scale=100) if values else "")
            for where in ("own", "fresh"):
                cells.append(Mean.of([r["helpful"][where]["muKept"] for r in rows]).text(signed=True))
            body.append(cells)
    if not body:
        return ["No runs yet.", ""]
    head = ["setting", "method", "own: kept %", "own: skipped %", "fresh: kept %", "fresh: skipped %", "own: Σμ kept", "fresh: Σμ kept"]
    return table(head, body)


def importance(results: Results) -> list[str]:
    lines = []
    for setting in SUBSET_SETTINGS:
        lr = results.chosen(setting, "lora", SUBSET_TUNING[0]) if results.tried(setting, "lora", SUBSET_TUNING[0]) else None
        found: dict[tuple, dict[int, dict]] = {}
        for ranking, share, seed in itertools.product(RANKINGS, SHARES, SEEDS):
            row = None if lr is None else results.get(Cell(*setting, "lora", seed, lr, ranking, share))
            if row is not None and row["best"] is not None:
                found.setdefault((ranking, share), {})[seed] = row
        body = []
        for ranking in RANKINGS:
            if not any((ranking, share) in found for share in SHARES):
                continue
            cells = [ranking if ranking.startswith("random") else SOURCES[ranking][2]]
            for share in SHARES:
                rows = found.get((ranking, share), {})
                cells.append(Mean.of([r["best"]["heldOut"] for r in rows.values()]).text() if rows else "")
                if ranking == "weight-norm" or not rows or ("weight-norm", share) not in found:
                    cells.append("")
                else:
                    difference = paired(rows, found["weight-norm", share], "best")
                    cells.append("" if difference is None else f"{difference.text(signed=True)}: {verdict(difference, 4.0)}")
            body.append(cells)
        if body:
            lines += [f"### {setting[0]}, {setting[1]}: LoRA (learning rate {lr:g}) on a part of the modules", ""]
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
        body.append([SOURCES[ranking][2], str(len(by_seed)), f"{sum(pairs) / len(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})".replace("-", "−"),
                     Mean.of([spearman(v, norm) for v in by_seed.values()]).text(2), f"{shut:.0f}"])
    if not body:
        return []
    head = ["ranking", "seeds", "rank correlation between seeds, mean (range)", "with ‖W0‖_F", f"modules of {len(NAMES)} at 0"]
    return [f"### {setting[0]}, {setting[1]}: is the ranking stable?", "", *table(head, body)]


def tuning(results: Results) -> list[str]:
    body = []
    for setting, method in itertools.product(SETTINGS, METHODS):
        tried = results.tried(setting, method)
        if tried:
            chosen = results.chosen(setting, method)
            text = ", ".join(f"{'**' if lr == chosen else ''}{lr:g}: {loss:.3f}{'**' if lr == chosen else ''}" for lr, loss in sorted(tried.items()))
            body.append([", ".join(setting), METHODS[method].title, text + ("" if chosen else " (not finished)")])
    return table(["setting", "method", "learning rate: best loss on the slice"], body) if body else ["Nothing tried yet.", ""]


def missing(results: Results) -> list[str]:
    """What the plan still asks for, and what diverged."""
    body, done, total = [], 0, 0
    for setting in SETTINGS:
        counts = {m: sum(results.main(setting, m, s) is not None for s in SEEDS) for m in METHODS}
        done, total = done + sum(counts.values()), total + len(SEEDS) * len(METHODS)
        lacking = [f"{METHODS[m].title} ({n} of {len(SEEDS)})" for m, n in counts.items() if n < len(SEEDS)]
        if lacking:
            everything = len(lacking) == len(METHODS) and not any(counts.values())
            body.append(f"- {', '.join(setting)}: " + ("every method" if everything else "; ".join(lacking)))
    for setting in SUBSET_SETTINGS:
        rows = [r for r in results.rows.values() if r.get("ranking") and (r["set"], r["regime"]) == setting and r["seed"] in SEEDS]
        wanted = len(RANKINGS) * len(SHARES) * len(SEEDS)
        if len(rows) < wanted:
            body.append(f"- module importance, {', '.join(setting)}: {len(rows)} of {wanted} runs")
    diverged = [r["key"] for r in results.rows.values() if r.get("diverged") and r["seed"] != TUNING_SEED]
    lines = [f"Runs of methods: {done} of {total}, learning-rate trials not counted."] + ([""] + body if body else [])
    return lines + ["", "Diverged and left out of the means: " + (", ".join(diverged) or "none") + ".", ""]


def about() -> list[str]:
    regimes = [
        [name, "all but the held-out ones" if r.examples is None else str(r.examples), str(r.slice), str(r.steps), f"{r.eval_every}"]
        for name, r in REGIMES.items()
    ]
    return [
        f"Model {MODEL}, PyTorch twin on CPU; adapters on all seven linear layers of every block, rank {RANK}, α {ALPHA:g}; AdaLoRA from 12 to {RANK} "
        f"(a tenth of the run before pruning, a third after it). Batches of {BATCH} sequences of at most {MAX_TOKENS} tokens, AdamW without weight decay, "
        "clipping at 1, warm-up over a tenth of the steps (τ rests as long), then linear decay. λ = 0 everywhere.", "",
        *table(["regime", "examples of a seed", "of them the slice", "steps", "slice looked at every"], regimes),
        "alpaca: instructions and answers, far from the stories that the model knows. ships-log: the app's own set, a style. sst2: film reviews, the answer is "
        f"one word, good or bad, and only that word is learnt. Held out are {EVAL_SIZE} examples, the same for every seed; a seed draws the training examples, "
        "the slice, their order and A. So an interval speaks of training anew on other examples, not of other held-out texts.", "",
        "Every method keeps the slice out of training: early stopping takes the step with the lowest loss on it (step 0, no adapter, included), and held-out "
        f"prices take their batches from it. Each method's learning rate is the one with the lowest such loss on seed {TUNING_SEED}, which is in no table; the "
        f"grid is {', '.join(f'{lr:g}' for lr in GRID)}, half a decade more where the best lies at an end. TS-LoRA and TS-DoRA at 30 and 70 % take the learning "
        "rate found at 50 %; LoRA on a part of the modules takes the one found for random modules. Losses are means per supervised token, in nats.", "",
        "Gates act at evaluation, too. The random gate keeps, per module and step, the share that TS-LoRA at 50 % of the same seed kept (each at its own "
        "learning rate). The quantile gate is judged by its last training step's thresholds. Targets are steered per run: all thresholds are shifted "
        "together after the reconstructed rule has moved them.", "",
    ]


def build(results: Results) -> str:
    reading = store.FOLDER.parent / "reading.md"
    lines = [
        "# The paper's claims, put to the test", "",
        "Written by `python -m sieve_ref.claims.report` from `reference/claims/results`; don't edit it by hand. `python -m sieve_ref.claims.run` trains what "
        "is missing. ± is a 95 % t-interval over seeds, differences are paired by seed, lower is better. Each interval stands for itself: of twenty comparisons "
        "without any effect, one would seem to show one.", "",
        *(["## Reading", "", reading.read_text().strip(), ""] if reading.exists() else []),
        "## Still missing", "", *missing(results),
        "## Questions", "", *questions(results),
        "## Does sparsity rank modules better than weight norms?", "",
        "Plain LoRA on the modules that a ranking puts first, as many as fit into a quarter or a half of all modules' adapter parameters; early-stopped held-out loss.", "",
        *importance(results),
        "## Every method", "", "Held-out loss. Skipped: on the held-out set at the end. Gates opened: the same adapter, at the end, with all gates open.", "",
        *setting_tables(results),
        "## Noise", "",
        "Of the tokens whose update changes the loss at all, the share whose update would help (μ < 0), in the last quarter of training: measured on the batch "
        "that is being learnt from (own) and on one of the slice (fresh). Σμ is over all modules: negative, the adapter as a whole should grow.", "",
        *noise(results),
        "## Settings", "", *about(),
        "## Learning rates tried", "", f"Seed {TUNING_SEED}; chosen in bold.", "", *tuning(results),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    OUT.write_text(build(Results(store.load())))
    print(f"{OUT.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
