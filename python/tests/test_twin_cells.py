"""The twin's part of the plan: an update that is skipped alone, and a cell that is trained as the engine was."""

import base64
from dataclasses import asdict

import torch

from sieve_ref.claims.twin_cells import leave_one_out, train_cell, without
from sieve_ref.models import load_base, lora_weights, set_lora_weights
from sieve_ref.fused import FusedLora
from sieve_ref.train import Batch, Run, Settings, batch_logits, loss_sum
from sieve_ref.ts_lora import attach_ts_lora, gated_modules

from conftest import NANO, close

RANK, ALPHA = 4, 8.0


def text(tensor: torch.Tensor) -> str:
    return base64.b64encode(tensor.detach().contiguous().numpy().astype("<f4").tobytes()).decode()


def one_example(nano) -> tuple[Batch, dict]:
    batch, weights, _ = nano
    end = batch.starts[1]
    return Batch(batch.ids[:end], batch.targets[:end], [0, end]), weights


def rank_and_alpha(weights: dict) -> tuple[int, float]:
    rank = next(iter(weights.values()))[0].shape[0]
    return rank, 2.0 * rank


@torch.no_grad()
def test_an_update_is_skipped_alone(nano):
    batch, weights = one_example(nano)
    rank, alpha = rank_and_alpha(weights)
    fused = attach_ts_lora(load_base(NANO), rank, alpha, linear=FusedLora)
    plain = attach_ts_lora(load_base(NANO), rank, alpha)
    for model in (fused, plain):
        set_lora_weights(model, weights)
        model.gate_context.mode = "given"
    gates = list(gated_modules(plain).values())
    pairs = [(len(gates), 0), (3, 1), (0, 0), (len(gates) - 1, batch.tokens - 2)]
    expected = []
    for module, token in pairs:
        for gate in gates:
            gate.clear()
            gate.mask = torch.ones(1, batch.tokens, dtype=torch.bool)
        if module < len(gates):
            gates[module].mask[0, token] = False
        expected.append(loss_sum(batch_logits(plain, batch), batch.targets).item())
    close(torch.tensor(without(fused, batch, pairs)), torch.tensor(expected), 1e-5)
    # The pair that no module has leaves all updates; the others do not.
    assert len({round(x, 6) for x in expected}) > 1
    given = {
        "id": {"model": NANO},
        "run": {"method": "lora", "rank": rank, "alpha": alpha, "gate": {"rule": "reconstructed"}},
        "points": 5,
        "modules": list(gated_modules(fused)),
        "adapter": {n: {"a": text(a), "b": text(b)} for n, (a, b) in weights.items()},
        "examples": [
            {
                "batch": {"ids": batch.ids.tolist(), "targets": batch.targets.tolist(), "starts": batch.starts},
                "worth": [0.5] * (len(gates) * batch.tokens),
                "base": 2.0,
                "adapted": expected[0],
            }
        ],
        "updates": [[0, 3 * batch.tokens + 1]],
    }
    row = leave_one_out(given)
    example, module, token, worth, rise = row["updates"][0]
    assert (example, module, token, worth) == (0, 3, 1, 0.5) and row["largestError"] < 1e-4
    assert abs(rise - (expected[1] - expected[0])) < 1e-4


def test_a_cell_stops_early_and_is_measured_at_its_best(nano):
    batch, _, _ = nano
    run = {"method": "ts-lora", "rank": RANK, "alpha": ALPHA, "gate": {"rule": "reconstructed", "targetSparsity": 0.5}}
    settings = Settings(steps=8, learningRate=0.3, warmupSteps=1)
    train = {k: v for k, v in asdict(settings).items()} | {"maxGradientNorm": 1.0, "evalInterval": 1, "patience": 2}
    torch.manual_seed(1)
    start = lora_weights(attach_ts_lora(load_base(NANO), RANK, ALPHA))
    start = {n: (a.detach().clone(), b.detach().clone()) for n, (a, b) in start.items()}
    plain = {"ids": batch.ids.tolist(), "targets": batch.targets.tolist(), "starts": batch.starts}
    tokens = [int((batch.targets[a:b] >= 0).sum()) for a, b in zip(batch.starts, batch.starts[1:])]
    row = train_cell(
        {
            "id": {"model": NANO},
            "run": run,
            "train": train,
            "start": {n: {"a": text(a), "b": text(b)} for n, (a, b) in start.items()},
            "batches": [plain] * 8,
            "dev": [plain],
            "validation": [plain],
            "devs": [],
            "engine": {"tokens": tokens},
        }
    )
    devs = row["twin"]["devs"]
    best = min(devs, key=lambda d: d[1])
    assert row["twin"]["bestStep"] == best[0] and len(devs) == min(8, best[0] + 2)
    assert abs(sum(row["twin"]["sums"]) / sum(tokens) - best[1]) < 1e-4
    # The first step is the twin's own from this A on this batch.
    model = attach_ts_lora(load_base(NANO), RANK, ALPHA)
    set_lora_weights(model, start)
    first = Run(model, Settings(steps=8, learningRate=0.3, warmupSteps=1, tauWarmup=1, target=0.5))
    first.step([batch])
    with torch.no_grad():
        assert abs(loss_sum(batch_logits(model, batch), batch.targets).item() / batch.supervised - devs[0][1]) < 1e-4
