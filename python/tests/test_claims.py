"""The experiment harness: what is trained, in which order, and what the report makes of it."""

import json
import math

import pytest
import torch

from sieve_ref.claims import cell as cells
from sieve_ref.claims import plan, rankings, report, store
from sieve_ref.claims.agreement import agreement
from sieve_ref.claims.engine import RUNS
from sieve_ref.claims.plan import METHODS, SEEDS, SETTINGS, TUNING_SEED, Cell, Results, planned
from sieve_ref.claims.sets import Order, split
from sieve_ref.claims.stats import Mean, ranks, spearman, verdict
from sieve_peft.gate import GateStats


def fake_row(cell: Cell) -> dict:
    """A row whose loss has its optimum at 1e-2 for adalora, 3e-3 for others; gates cost 0.1."""
    loss = (
        4
        + abs(math.log10(cell.lr / (1e-2 if cell.method == "adalora" else 3e-3)))
        + (0.1 if cell.method.startswith("ts-lora") else 0)
    )
    loss += {1: 0.02, 2: -0.02, 3: 0.01, 4: 0.0, 5: -0.01}.get(cell.seed, 0)
    score = [((i * 7 + cell.seed) % 56) / 56 for i in range(56)]
    row = {
        "key": cell.key,
        "version": plan.VERSION,
        "set": cell.set,
        "regime": cell.regime,
        "method": cell.method,
        "seed": cell.seed,
        "lr": cell.lr,
        "base": 5.0,
        "final": {"heldOut": loss + 0.5, "slice": loss},
        "best": {"step": 40, "slice": loss, "heldOut": loss},
        "activeShare": score,
        "deltaNorm": score,
        "gradNorm": score,
        "sensitivity": score,
        "keptShares": f"of {cell.key}",
    }
    return row | ({"ranking": cell.ranking, "share": cell.share} if cell.ranking else {})


@pytest.fixture(scope="module")
def whole():
    """(every cell in order, results) of a plan carried out with fake rows."""
    results, order = Results([]), []
    for cell in planned(results):
        if results.get(cell) is None:
            order.append(cell)
            results.add(fake_row(cell))
    return order, results


def test_plan_covers_every_method_and_seed_once(whole):
    order, results = whole
    assert len({c.key for c in order}) == len(order)
    for setting, methods in SETTINGS.items():
        for method in methods:
            assert all(results.main(setting, method, seed) is not None for seed in SEEDS)
    assert sum(c.ranking is not None and c.seed != TUNING_SEED for c in order) == 2 * 2 * len(SEEDS) * len(
        rankings.RANKINGS
    )
    assert {m for methods in SETTINGS.values() for m in methods} == set(METHODS)
    # What is most telling does not wait for the rest: the core methods on all sets, in both regimes, then the
    # importance of modules.
    rest = next(i for i, c in enumerate(order) if c.method not in plan.CORE)
    assert {(c.set, c.regime) for c in order[:rest]} == {(s, r) for s in plan.SETS for r in ("over-fit", "under-fit")}
    assert max(i for i, c in enumerate(order) if c.ranking) < min(i for i, c in enumerate(order) if c.method == "dora")


def test_learning_rates_are_chosen_on_a_seed_of_their_own(whole):
    order, results = whole
    first = ("alpaca", "over-fit")
    assert results.chosen(first, "lora") == 3e-3 and sorted(results.tried(first, "lora")) == [1e-3, 3e-3, 1e-2]
    # Better than LoRA's rate was the next one up, so the one above that was tried.
    assert results.chosen(first, "adalora") == 1e-2 and sorted(results.tried(first, "adalora")) == [
        1e-3,
        3e-3,
        1e-2,
        3e-2,
    ]
    assert not results.tried(first, "ts-lora-70") and results.chosen(first, "ts-lora-70") == results.chosen(
        first, "ts-lora-50"
    )
    assert TUNING_SEED not in SEEDS
    assert all(c.lr == results.chosen((c.set, c.regime), c.method) for c in order if c.seed in SEEDS and not c.ranking)


def test_random_gate_follows_the_run_of_its_own_seed(whole):
    order, results = whole
    for cell in order:
        if cell.method == "random-50":
            leader = Cell(
                cell.set, cell.regime, "ts-lora-50", cell.seed, results.chosen((cell.set, cell.regime), "ts-lora-50")
            )
            assert cell.kept_shares == f"of {leader.key}"


def test_report_says_what_the_rows_say_and_what_is_missing(whole):
    _, results = whole
    text = report.build(results)
    # TS-LoRA is 0.1 worse for every seed, so its interval has no width; six settings, three targets.
    line = "| TS-LoRA, target 30 % − LoRA |" + " +0.100 ± 0.000, worse |" * 6
    assert line in text and "With all 5 seeds: worse in 18 of 18." in text and "under-fit: worse in 9 of 9." in text
    assert "Nothing is missing." in text and "(not finished)" not in text
    half = report.build(Results([r for r in results.rows.values() if r["method"] != "dora" and r["seed"] != 2]))
    assert (
        "DoRA (0 of 5)" in half
        and "LoRA (4 of 5)" in half
        and "worse (4 of 5 seeds)" in half
        and "Nothing is missing" not in half
    )
    assert "No pair of runs yet." in report.build(Results([]))


def test_signs_of_updates_are_counted_by_gate():
    signs = cells.Signs()
    signs.add(
        [
            GateStats(torch.ones(4), torch.tensor([True, True, True, False]), torch.tensor([-1.0, 2.0, 0.0, -3.0])),
            GateStats(torch.ones(4), torch.tensor([True, False, False, False]), torch.tensor([-1.0, 1.0, 1.0, 0.0])),
        ]
    )
    assert signs.row() == {
        "kept": pytest.approx(2 / 3, abs=1e-4),
        "skipped": pytest.approx(1 / 3, abs=1e-4),
        "muKept": 0.0,
        "muSkipped": -1.0,
    }


def test_verdicts():
    assert verdict(Mean.of([0.1, 0.12, 0.11]), 1.0) == "worse"
    assert verdict(Mean.of([-0.1, -0.12, -0.11]), 1.0) == "better"
    assert verdict(Mean.of([-0.001, -0.0012, -0.0011]), 1.0) == "better, by less than 1 %"
    assert verdict(Mean.of([-0.1, 0.12, 0.01]), 1.0) == "no difference that 3 seeds can show"
    assert verdict(Mean.of([-0.001, 0.001, 0.0]), 1.0) == "equal within 1 %"
    assert verdict(Mean.of([0.1]), 1.0) == "one seed only"


def test_interval_and_rank_correlation():
    mean = Mean.of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean.mean == 3 and mean.half == pytest.approx(1.9632, abs=1e-3)  # 2.776 · √2.5 / √5
    assert ranks([3.0, 1.0, 3.0]) == [1.5, 0.0, 1.5]
    assert spearman([1, 2, 3, 4], [10, 20, 30, 50]) == pytest.approx(1) and spearman(
        [1, 2, 3], [3, 2, 1]
    ) == pytest.approx(-1)


def test_a_torn_line_is_passed_over_and_ended(tmp_path):
    row = fake_row(Cell("alpaca", "under-fit", "lora", 1, 3e-3))
    store.append(row, tmp_path)
    path = tmp_path / "alpaca-under-fit.jsonl"
    path.write_text(path.read_text() + '{"key": "half')
    store.append(row | {"key": "next"}, tmp_path)
    assert [r["key"] for r in store.load(tmp_path)] == [row["key"], "next"]


def test_rankings_fill_one_budget():
    total = sum(size for _, size in rankings.weights().values())
    for seed in range(5):
        for share in plan.SHARES:
            chosen = rankings.choose(rankings.scores(None, None, "random-2", seed), share)
            used = sum(rankings.weights()[n][1] for n in chosen)
            assert 0.97 * share * total < used <= share * total
    by_norm = rankings.choose(rankings.scores(None, None, "weight-norm", 1), 0.25)
    assert max(rankings.weights(), key=lambda n: rankings.weights()[n][0]) in by_norm


def test_splits_share_the_held_out_examples_only():
    one, two = (split("ships-log", seed, 60, 12, 128, 48) for seed in (1, 2))
    assert len(one.train) == 48 and len(one.slice) == 12 and one.held_out == two.held_out and one.train != two.train
    seen = {tuple(ids) for ids, _ in one.held_out}
    assert not seen & {tuple(ids) for part in (one, two) for ids, _ in part.train + part.slice}
    a, b = Order(one.train, 8, 3), Order(one.train, 8, 3)
    for _ in range(10):
        assert torch.equal(a.next().ids, b.next().ids)


def test_shares_survive_packing():
    shares = [[0.0, 0.5, 1.0], [0.25, 0.75, 0.1]]
    back = cells.unpack_shares(cells.pack_shares(shares), 3)
    assert all(abs(x - y) <= 0.5 / 255 for a, b in zip(shares, back) for x, y in zip(a, b))


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(plan.REGIMES, "over-fit", plan.Regime(20, 8, 8, 4))
    monkeypatch.setattr(cells, "EVAL_SIZE", 8)
    caches = (cells.base_loss, cells.start_loss)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_a_cell_repeats_bit_for_bit_and_is_plain_json(tiny):
    cell = Cell("ships-log", "over-fit", "ts-lora-50", 1, 3e-3)
    one, two = cells.train(cell), cells.train(cell)
    assert {k: v for k, v in one.items() if k != "seconds"} == {k: v for k, v in two.items() if k != "seconds"}
    assert json.loads(json.dumps(one, allow_nan=False)) == one
    assert one["best"]["heldOut"] < one["base"] and len(one["activeShare"]) == 56
    random = cells.train(Cell("ships-log", "over-fit", "random-50", 1, 3e-3, kept_shares=one["keptShares"]))
    assert random["skipped"]["train"] == pytest.approx(one["skipped"]["train"], abs=0.01)


def test_trials_are_judged_by_the_slice_alone(tiny):
    row = cells.train(Cell("ships-log", "over-fit", "ts-lora-50", TUNING_SEED, 3e-3))
    assert "heldOut" not in row["best"] and "heldOut" not in row["final"] and "helpful" not in row
    assert row["best"]["slice"] < row["sliceLoss"][0][1] and row["keptShares"]


def test_a_run_that_diverges_says_so(tiny):
    row = cells.train(Cell("ships-log", "over-fit", "lora", 1, 1e30))
    assert row["diverged"] and row["best"] is None and row["final"] is None


def test_agreement_of_engine_and_twin():
    row = lambda run, seed, shift: {
        "run": run,
        "seed": seed,
        "trainLoss": [5.0, 4.0 + shift],
        "heldOut": 4 + 0.1 * seed + (0.05 if run == "lora" else 0) + shift,
        "skipped": {"train": 0.5, "heldOut": 0.5},
    }
    rows = lambda shift: {run: {seed: row(run, seed, shift * (-1) ** seed) for seed in SEEDS} for run in RUNS}
    text = "\n".join(agreement(rows(0), rows(0.01)))
    assert "agree within seed noise" in text and "| 1.0e-02 |" in text
    assert "do not agree within seed noise for LoRA" in "\n".join(agreement(rows(0), rows(0.5)))
    assert "has not repeated it yet" in "\n".join(agreement(rows(0), {}))
