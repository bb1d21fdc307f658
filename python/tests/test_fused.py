"""The written-out gates of the experiments against the twin's, on the nano model."""

from dataclasses import replace

import pytest
import torch

from conftest import NANO, close
from sieve_ref import fixtures
from sieve_ref.fused import FusedDora, FusedLora
from sieve_ref.models import extra_weights, load_base, lora_weights, set_lora_weights
from sieve_ref.train import Run
from sieve_ref.ts_lora import attach_ts_lora, gated_modules, get_tau, set_tau


def pair(weights, tau, dora=False, only=None):
    """The same adapter twice: as the twin has it, and written out."""
    models = [
        attach_ts_lora(load_base(NANO), 4, 8.0, dora=dora, only=only, linear=linear)
        for linear in (None, FusedDora if dora else FusedLora)
    ]
    for model in models:
        set_lora_weights(model, {n: w for n, w in weights.items() if only is None or n in only})
        with torch.no_grad():
            for m in extra_weights(model).values():
                m.mul_(1 + 0.05 * torch.randn(m.shape, generator=torch.Generator().manual_seed(1)))
        set_tau(model, tau if only is None else tau[[list(weights).index(n) for n in only]])
    return models


@pytest.mark.parametrize("mode", ["gate", "dense", "quantile"])
@pytest.mark.parametrize("dora", [False, True], ids=["lora", "dora"])
def test_gates_gradients_and_mu_agree(nano, dora, mode):
    batch, weights, tau = nano
    runs = []
    for model in pair(weights, tau, dora):
        run = Run(model, fixtures.SETTINGS, forward="packed")
        model.gate_context.mode = mode
        runs.append(run)
    losses = [run.backward([batch]) for run in runs]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    for name, (twin, fused) in zip(gated_modules(runs[0].model), zip(runs[0].gates, runs[1].gates)):
        a, b = twin.stats(), fused.stats()
        if mode == "dense":
            assert b.gate.all() and b.ratio.isnan().all()
        else:
            assert torch.equal(a.gate, b.gate), name
            close(b.ratio, a.ratio, 1e-5, name)
        close(b.mu, a.mu, 1e-4, name)
        for x, y in zip(twin.parameters(), fused.parameters()):
            if x.grad is not None:
                close(y.grad, x.grad, 1e-4, name)


@pytest.mark.parametrize("dora", [False, True], ids=["lora", "dora"])
def test_ten_steps_agree(nano, dora):
    batch, weights, tau = nano
    settings = replace(fixtures.SETTINGS, steps=10, target=0.5)
    runs = [Run(model, settings, forward="packed") for model in pair(weights, tau, dora)]
    for _ in range(settings.steps):
        a, b = (run.step([batch]) for run in runs)
        assert a.loss == pytest.approx(b.loss, rel=1e-4)
    close(get_tau(runs[1].gates), get_tau(runs[0].gates), 1e-2)
    for name, (a, b) in lora_weights(runs[0].model).items():
        close(lora_weights(runs[1].model)[name][0].detach(), a.detach(), 1e-2, name)


def test_a_part_of_the_modules_and_no_adapter(nano):
    batch, weights, tau = nano
    runs = [Run(model, fixtures.SETTINGS, forward="packed") for model in pair(weights, tau, only=list(weights)[3:9])]
    assert runs[0].backward([batch]) == pytest.approx(runs[1].backward([batch]), rel=1e-6)
    for a, b in zip(*(run.gates for run in runs)):
        close(b.lora_A.weight.grad, a.lora_A.weight.grad, 1e-4)
    runs[1].model.gate_context.mode = "off"
    with torch.no_grad():
        assert runs[1].loss_sum(batch) == Run(
            attach_ts_lora(load_base(NANO), 4, 8.0), fixtures.SETTINGS, forward="packed"
        ).loss_sum(batch)


def test_padding_is_refused(nano):
    batch, weights, tau = nano
    with pytest.raises(ValueError, match="without padding"):
        Run(pair(weights, tau)[1], fixtures.SETTINGS, forward="padded").backward([batch])
