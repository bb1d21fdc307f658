"""The twin on the nano model: against PEFT, against itself under padding and accumulation, against the fixtures."""

import pytest
import torch

from conftest import NANO, Stored, close
from sieve_ref import fixtures
from sieve_ref.models import attach_peft, load_base, lora_weights
from sieve_ref.train import Run, Settings, batch_logits, learning_rate
from sieve_ref.ts_lora import attach_ts_lora, set_tau


def gated(weights, tau):
    return fixtures.build(NANO, "ts-lora", weights, tau)


def test_open_gates_train_as_peft_does(nano):
    batch, weights, tau = nano
    peft = fixtures.build(NANO, "lora", weights, tau)
    twin = gated(weights, torch.zeros_like(tau))
    twin.gate_context.mode = "dense"
    settings = Settings(steps=4, warmupSteps=1, weightDecay=0.1, tauWarmup=100)
    runs = [Run(peft, settings), Run(twin, settings)]
    for _ in range(settings.steps):
        a, b = (run.step([batch]) for run in runs)
        assert a.loss == pytest.approx(b.loss, rel=1e-6) and a.grad_norm == pytest.approx(b.grad_norm, rel=1e-5)
    for name, (a, b) in lora_weights(peft).items():
        close(lora_weights(twin)[name][0], a, 1e-5, name)
        close(lora_weights(twin)[name][1], b, 1e-5, name)


def test_fresh_adapter_and_closed_gates_equal_the_base(nano):
    batch, weights, tau = nano
    with torch.no_grad():
        base = batch_logits(load_base(NANO), batch)
        fresh = attach_ts_lora(load_base(NANO), 4, 8.0)
        assert torch.equal(batch_logits(fresh, batch), base)
        peft = attach_peft(load_base(NANO), 4, 8.0)
        assert torch.equal(batch_logits(peft, batch), base)
        model = gated(weights, torch.full_like(tau, 1e9))
        assert torch.equal(batch_logits(model, batch), base)
        set_tau(model, tau)
        assert not torch.equal(batch_logits(model, batch), base)
        model.gate_context.mode = "off"
        assert torch.equal(batch_logits(model, batch), base)


def test_every_module_skips_30_to_70_percent(nano):
    batch, weights, tau = nano
    run = Run(gated(weights, tau), fixtures.SETTINGS)
    run.backward([batch])
    for gate in run.gates:
        stats = gate.stats()
        assert stats.gate.numel() == batch.tokens and 0.3 <= 1 - stats.gate.float().mean() <= 0.7


def test_mu_is_the_derivative_of_the_loss_by_the_gate(nano):
    """Scales one module's updates by 1 ± h: the slope of the loss must be Σμ over its kept tokens."""
    batch, weights, tau = nano
    model = gated(weights, torch.zeros_like(tau)).double()
    run = Run(model, fixtures.SETTINGS)
    # Only the probed module skips, so that no other gate can flip under the change.
    for index in (0, 12, 27):
        module, step, losses = run.gates[index], 0.03, []
        plain = module.scaling
        module.tau.copy_(tau[index])
        run.backward([batch])
        stats = module.stats()
        for factor in (1 + step, 1 - step):
            module.scaling = plain * factor
            module.tau.copy_(tau[index] * factor)  # r scales with the update, the gate must not move
            losses.append(run.backward([batch]))
        module.scaling = plain
        module.tau.zero_()
        # HF's RMSNorm works in float32 whatever the model's type: that noise is part of the bar.
        slope, kept = (losses[0] - losses[1]) / (2 * step), stats.mu[stats.gate]
        assert slope == pytest.approx(stats.mu_kept, abs=2e-3 * kept.abs().sum().item()), index


def test_mu_equals_the_engines_formula(nano):
    """μ_i = (α/r)·(Bᵀg_i)·z_i, and only kept tokens reach A and B."""
    batch, weights, tau = nano
    model = gated(weights, tau)
    run = Run(model, fixtures.SETTINGS)
    module = run.gates[5]
    seen = {"x": [], "g": []}
    module.register_forward_pre_hook(lambda m, args: seen["x"].append(args[0].detach()[0]))
    module.register_forward_hook(lambda m, args, out: out.register_hook(lambda g: seen["g"].append(g[0])) and None)
    run.backward([batch])
    stats = module.stats()
    # Sequences go through one after the other inside one backward: put their gradients in row order.
    lengths = [len(x) for x in seen["x"]]
    x, g = torch.cat(seen["x"]), torch.cat([next(t for t in seen["g"] if len(t) == n) for n in lengths])
    z, u = x @ module.lora_A.weight.T, g @ module.lora_B.weight
    close(module.scaling * (u * z).sum(-1), stats.mu, 1e-5, "mu")
    kept = stats.gate.float()[:, None]
    close(module.scaling * (g * kept).T @ z, module.lora_B.weight.grad, 1e-5, "dB")
    close((module.scaling * u * kept).T @ x, module.lora_A.weight.grad, 1e-5, "dA")


def test_padding_does_not_count(nano):
    batch, weights, tau = nano
    loop, padded = (Run(gated(weights, tau), fixtures.SETTINGS) for _ in range(2))
    a, b = loop.backward([batch]), padded.backward([batch], padded=True)
    assert a == pytest.approx(b, rel=1e-6)
    for x, y in zip(loop.gates, padded.gates):
        left, right = x.stats(), y.stats()
        assert left.ratio.shape == right.ratio.shape and torch.equal(left.gate, right.gate)
        close(right.ratio, left.ratio, 1e-5)
        close(right.mu, left.mu, 1e-4)
        close(y.lora_A.weight.grad, x.lora_A.weight.grad, 1e-4)
        close(y.lora_B.weight.grad, x.lora_B.weight.grad, 1e-4)


def test_accumulation_does_not_change_the_step(nano):
    _, weights, tau = nano
    batch = fixtures.make_batch(NANO, fixtures.ACCUM)
    results = [Run(gated(weights, tau), fixtures.ACCUM_SETTINGS).step(batch.split(size)) for size in (1, 4, 8)]
    for other in results[1:]:
        assert results[0].loss == pytest.approx(other.loss, rel=1e-6)
        assert results[0].grad_norm == pytest.approx(other.grad_norm, rel=1e-5)
        close(other.tau, results[0].tau, 1e-6, "tau")
        for a, b in zip(results[0].stats, other.stats):
            assert torch.equal(a.gate, b.gate)
            close(b.mu, a.mu, 1e-4, "mu")


def test_learning_rate_schedule():
    s = Settings(steps=10, learningRate=1.0, warmupSteps=2)
    assert [learning_rate(s, t) for t in (0, 1, 2, 6, 9)] == pytest.approx([0.5, 1, 1, 0.5, 0.125])
    s.schedule = "cosine"
    assert [learning_rate(s, t) for t in (2, 6)] == pytest.approx([1, 0.5])
    s.schedule = "constant"
    assert learning_rate(s, 9) == 1


@pytest.mark.parametrize("method", ["lora", "ts-lora"])
def test_nano_fixture_reproduces(method):
    """From the stored start, not from a new one: the stored ten losses, τ and final weights come out again."""
    stored = Stored(f"{NANO}-{method}")
    batches = [fixtures.make_batch(NANO, plan) for plan in fixtures.BATCHES]
    for i, batch in enumerate(batches):
        assert torch.equal(stored[f"batch{i}.ids"].long(), batch.ids)
        assert torch.equal(stored[f"batch{i}.targets"].long(), batch.targets)
        assert stored[f"batch{i}.starts"].tolist() == batch.starts
    names = [m["name"] for m in stored.json["modules"]]
    weights = {n: (stored[f"initA.{n}"], stored[f"initB.{n}"]) for n in names}
    gates = method == "ts-lora"
    model = fixtures.build(NANO, method, weights, stored["tau"] if gates else None)
    with torch.no_grad():
        close(batch_logits(model, batches[0])[stored["logitRows"]], stored["logits"], 1e-5, "logits")
    run = Run(model, fixtures.SETTINGS)
    assert run.backward([batches[0]]) == pytest.approx(stored.json["loss"], rel=1e-6)
    for name, (a, b) in fixtures.gradients(model).items():
        close(a, stored[f"gradA.{name}"], 1e-4, name)
        close(b, stored[f"gradB.{name}"], 1e-4, name)
    results = fixtures.train_ten(model, batches)
    assert [r.loss for r in results] == pytest.approx(stored.json["train"]["loss"], rel=1e-5)
    if gates:
        torch.testing.assert_close(torch.stack([r.tau for r in results]), stored["trainTau"], rtol=0, atol=1e-5)
        active = torch.tensor([[int(s.gate.sum()) for s in r.stats] for r in results])
        assert (active - stored["trainActive"].long()).abs().max() <= 1
    for name, (a, b) in lora_weights(model).items():
        close(a.detach(), stored[f"finalA.{name}"], 1e-3, name)
        close(b.detach(), stored[f"finalB.{name}"], 1e-3, name)
