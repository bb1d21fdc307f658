"""Every method on the nano model: against PEFT, against itself, against the committed fixtures."""

import math
from dataclasses import replace

import pytest
import torch

from conftest import NANO, Stored, close
from sieve_ref import fixtures, methods
from sieve_peft.coin import mix_bits, module_salt
from sieve_ref.dropout import dropout_key, dropout_mask, set_dropout
from sieve_ref.models import (
    PEFT_PREFIX,
    attach_adalora,
    attach_peft,
    extra_weights,
    load_base,
    lora_weights,
    orthogonality,
    set_lora_weights,
)
from sieve_ref.packed import packed_logits
from sieve_ref.train import Run, Settings, batch_logits
from sieve_ref.ts_lora import attach_ts_lora, constants, gated_modules, kept_count


def copy_extra(source, target):
    with torch.no_grad():
        for name, value in extra_weights(source).items():
            extra_weights(target)[name].copy_(value)


@pytest.mark.parametrize("dora", [False, True], ids=["rslora", "dora"])
def test_open_gates_train_as_peft_does(nano, dora):
    batch, weights, _ = nano
    peft = attach_peft(load_base(NANO), 4, 8.0, rslora=not dora, dora=dora)
    twin = attach_ts_lora(load_base(NANO), 4, 8.0, rslora=not dora, dora=dora)
    for model in (peft, twin):
        set_lora_weights(model, weights)
    if dora:
        with torch.no_grad():
            for m in extra_weights(peft).values():
                m.mul_(1 + 0.05 * torch.randn(m.shape, generator=torch.Generator().manual_seed(1)))
        assert len(extra_weights(twin)) == 28
        copy_extra(peft, twin)
    twin.gate_context.mode = "dense"
    settings = Settings(steps=3, warmupSteps=1, tauWarmup=100)
    runs = [Run(peft, settings), Run(twin, settings)]
    for _ in range(settings.steps):
        a, b = (run.step([batch]) for run in runs)
        assert a.loss == pytest.approx(b.loss, rel=1e-6) and a.grad_norm == pytest.approx(b.grad_norm, rel=1e-5)
    for name, (a, b) in lora_weights(peft).items():
        close(lora_weights(twin)[name][0], a, 1e-4, name)
        close(lora_weights(twin)[name][1], b, 1e-4, name)
    for name, m in extra_weights(peft).items():
        close(extra_weights(twin)[name], m, 1e-5, name)


def test_fresh_dora_equals_the_base_and_closed_ts_dora_too(nano):
    batch, weights, tau = nano
    with torch.no_grad():
        base = batch_logits(load_base(NANO), batch)
        close(batch_logits(attach_peft(load_base(NANO), 4, 8.0, dora=True), batch), base, 1e-5)
        twin = attach_ts_lora(load_base(NANO), 4, 8.0, dora=True)
        set_lora_weights(twin, weights)
        for gate in gated_modules(twin).values():
            gate.tau.fill_(1e9)
        assert torch.equal(batch_logits(twin, batch), base)
        assert torch.equal(batch_logits(attach_adalora(load_base(NANO), 4, 8.0, 10), batch), base)


def test_packed_forward_equals_hf(nano):
    batch, weights, tau = nano
    model = fixtures.build(NANO, "ts-lora", weights, tau)
    with torch.no_grad():
        whole, packed = batch_logits(model, batch), batch_logits(model, batch, packed=True)
        close(packed, whole, 2e-5)
        rows = torch.tensor([3, 57, 120])
        assert torch.equal(packed_logits(model, batch.ids, batch.starts, rows).argmax(-1), whole[rows].argmax(-1))
    loop, lean = (
        Run(fixtures.build(NANO, "ts-lora", weights, tau), fixtures.SETTINGS, forward=f) for f in ("loop", "packed")
    )
    assert loop.backward([batch]) == pytest.approx(lean.backward([batch]), rel=1e-6)
    for a, b in zip(loop.gates, lean.gates):
        assert torch.equal(a.stats().gate, b.stats().gate)
        close(b.stats().mu, a.stats().mu, 1e-4)
        close(b.lora_A.weight.grad, a.lora_A.weight.grad, 1e-4)


def test_orthogonality_is_what_peft_adds_to_the_loss(nano):
    batch, _, _ = nano
    model = attach_adalora(load_base(NANO), 4, 8.0, 10, init_rank=6, orth_reg_weight=0.3)
    ids = batch.ids[:20][None]
    with torch.no_grad():
        plain = model.base_model.model(input_ids=ids, labels=ids).loss
        whole = model(input_ids=ids, labels=ids).loss
    assert (whole - plain).item() == pytest.approx(orthogonality(model).item(), rel=1e-4)


def test_adalora_ends_at_its_budget():
    stored = Stored("methods-adalora")
    kept = stored["trainKept"].sum(-1).tolist()
    assert kept[:2] == [6 * 28] * 2 and kept[7:] == [4 * 28] * 3
    # Between two prunings (deltaT 2) the optimizer moves zeroed E away from 0 again; PEFT masks only when it prunes.
    assert kept[2] > kept[4] > kept[6] and kept[3] == kept[5] == 6 * 28


def test_lora_plus_moves_b_faster(nano):
    batch, weights, tau = nano
    moves = []
    for ratio in (1.0, 8.0):
        model = fixtures.build(NANO, "lora", weights, None)
        Run(model, Settings(steps=10, learningRate=1e-4, warmupSteps=1, loraPlusRatio=ratio)).step([batch])
        a, b = next(iter(lora_weights(model).values()))
        a0, b0 = next(iter(weights.values()))
        moves.append(((a - a0).abs().max().item(), (b - b0).abs().max().item()))
    assert moves[0] == pytest.approx((1e-4, 1e-4), rel=1e-2) and moves[1] == pytest.approx((1e-4, 8e-4), rel=1e-2)


def test_dropout_sits_where_peft_has_it(nano):
    """The adapter sees x · mask / (1 − p), the frozen part all of x; off, nothing is dropped."""
    batch, weights, tau = nano
    model = fixtures.build(NANO, "lora", weights, None)
    name = "model.layers.0.self_attn.q_proj"
    module = model.get_submodule(PEFT_PREFIX + name)
    assert isinstance(module.lora_dropout["default"], torch.nn.Identity)
    set_dropout(model, 0.25, 0.0, 5, batch.tokens)
    seen = {}
    handle = module.register_forward_hook(lambda m, args, out: seen.update(x=args[0], h=out))
    with torch.no_grad():
        packed_logits(model, batch.ids, batch.starts)
        handle.remove()
        a, b = weights[name]
        dropped = seen["x"] * dropout_mask(5, module_salt(name), batch.tokens, 64, 0.25) / 0.75
        close(seen["h"], module.base_layer(seen["x"]) + 2.0 * dropped @ a.T @ b.T, 1e-5)
        set_dropout(model, 0.25, 0.0, None)
        close(batch_logits(model, batch), batch_logits(fixtures.build(NANO, "lora", weights, None), batch), 1e-6)


def test_dropout_masks_are_fair_and_differ():
    one = dropout_mask(dropout_key(1, 0, 0), module_salt("model.layers.0.self_attn.q_proj"), 200, 64, 0.25)
    assert one.mean().item() == pytest.approx(0.75, abs=0.015)
    for other in (
        dropout_mask(dropout_key(1, 1, 0), module_salt("model.layers.0.self_attn.q_proj"), 200, 64, 0.25),
        dropout_mask(dropout_key(1, 0, 0), module_salt("model.layers.1.self_attn.q_proj"), 200, 64, 0.25),
        one.roll(1, 0),
    ):
        assert (one == other).float().mean().item() == pytest.approx(0.625, abs=0.02)
    # From JavaScript, with the engine's formulas: mixBits(1), and the key of seed 7, step 3, micro-batch 1.
    assert int(mix_bits(0)) == 0 and int(mix_bits(1)) == 2261973619 and dropout_key(7, 3, 1) == 2197628487


def test_quantile_random_and_oracle_gates(nano):
    batch, weights, tau = nano

    def stats(rule, keep=0.3, seed=1):
        model = fixtures.build(NANO, "ts-lora", weights, tau)
        model.gate_context.generator.manual_seed(seed)
        run = Run(model, replace(fixtures.SETTINGS, rule=rule, keep=keep), forward="packed")
        run.backward([batch])
        return run, [g.stats() for g in run.gates]

    kept = kept_count(0.3, batch.tokens)
    assert kept == 36 and kept_count(0.5, 121) == 61
    for s in stats("quantile")[1]:
        # Equal tokens of the first layer have equal ratios; of those the first are kept.
        assert s.gate.sum() == kept and s.ratio[s.gate].min() >= s.ratio[~s.gate].max()
    drawn, again, other = (stats("random", seed=n)[1] for n in (1, 1, 2))
    assert all(s.gate.sum() == kept for s in drawn)
    assert all(torch.equal(a.gate, b.gate) for a, b in zip(drawn, again))
    assert not torch.equal(drawn[0].gate, other[0].gate) and not torch.equal(drawn[0].gate, drawn[1].gate)
    # The oracle's masks are the signs of μ with all gates open.
    run, oracle = stats("oracle")
    dense, whole = stats("quantile", keep=1.0)
    assert all(torch.equal(o.gate, w.mu < 0) for o, w in zip(oracle, whole))
    assert dense.backward([batch]) > run.backward([batch])
    # While B is 0 no update can hurt: all are kept, or B would stay 0.
    fresh = Run(attach_ts_lora(load_base(NANO), 4, 8.0), replace(fixtures.SETTINGS, rule="oracle"), forward="packed")
    fresh.backward([batch])
    assert all(g.stats().gate.all() for g in fresh.gates)


@pytest.mark.parametrize("name", list(methods.CASES))
def test_fixture_reproduces(name):
    """From the stored start: gradients, ten losses, thresholds and final weights come out again."""
    stored, case = Stored(f"methods-{name}"), methods.CASES[name]
    names = [m["name"] for m in stored.json["modules"]]
    letters = [k for k in "MEWC" if f"init{k}.{names[0]}" in stored.json["tensors"]]
    gated = "tau" in stored.json["tensors"]
    start = methods.Start(
        {n: (stored[f"initA.{n}"], stored[f"initB.{n}"]) for n in names},
        {k: {n: stored[f"init{k}.{n}"] for n in names} for k in letters},
        stored["tau"] if gated else None,
    )
    batches = [fixtures.make_batch(NANO, plan) for plan in fixtures.BATCHES]
    model = methods.build(case, start)
    run = methods.make_run(case, model)
    assert run.backward([batches[0]]) == pytest.approx(stored.json["loss"], rel=1e-6)
    for n, (a, b) in fixtures.gradients(model).items():
        close(a, stored[f"gradA.{n}"], 1e-4, n)
        close(b, stored[f"gradB.{n}"], 1e-4, n)
    trained = methods.trained(case, model)
    assert list(trained) == letters
    for letter, modules in trained.items():
        for n, p in modules.items():
            close(p.grad, stored[f"grad{letter}.{n}"], 1e-4, n)
    run = methods.make_run(case, methods.build(case, start))
    results = [run.step([batches[t % 3]]) for t in range(10)]
    assert [r.loss for r in results] == pytest.approx(stored.json["train"]["loss"], rel=1e-5)
    assert [r.grad_norm for r in results] == pytest.approx(stored.json["train"]["gradNorm"], rel=1e-3)
    if gated:
        torch.testing.assert_close(torch.stack([r.tau for r in results]), stored["trainTau"], rtol=0, atol=1e-5)
    for n, (a, b) in lora_weights(run.model).items():
        close(a.detach(), stored[f"finalA.{n}"], 1e-3, n)
        close(b.detach(), stored[f"finalB.{n}"], 1e-3, n)
    for letter, modules in methods.trained(case, run.model).items():
        for n, p in modules.items():
            close(p.detach(), stored[f"final{letter}.{n}"], 1e-3, n)
    assert math.isfinite(results[-1].loss)
