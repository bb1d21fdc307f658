"""The gate's arithmetic, without a model."""

import math

import pytest
import torch

from sieve_peft.gate import (
    GateStats,
    delta_norm,
    histogram_median,
    lower_edge,
    median_of,
    ratio_bin,
    ratio_histogram,
    wanted_change,
)
from sieve_peft.rules import PriceList, StepRule


def test_gram_norm_equals_direct_norm():
    generator = torch.Generator().manual_seed(1)
    for d_out, rank, tokens in ((57, 3, 41), (192, 8, 23), (512, 16, 5)):
        z = torch.randn(tokens, rank, generator=generator)
        b = torch.randn(d_out, rank, generator=generator)
        direct = (2.5 * (z.double() @ b.double().T)).norm(dim=-1)
        torch.testing.assert_close(delta_norm(z, b, 2.5).double(), direct, rtol=1e-5, atol=0)


def test_gram_norm_is_never_nan():
    # Columns of B that cancel: the quadratic form may round below zero.
    b = torch.tensor([[1.0, -1.0]]).repeat(300, 1)
    z = torch.full((1000, 2), 1.0) * torch.linspace(0.1, 3, 1000)[:, None]
    assert delta_norm(z, b, 1.0).isfinite().all()


def test_bin_edges_are_exact():
    assert lower_edge(0) == 2**-13 and lower_edge(63) == 7.0 and lower_edge(64) == 8.0
    for b in range(64):
        edge = torch.tensor(lower_edge(b))
        assert ratio_bin(edge).item() == b
        assert ratio_bin(torch.nextafter(edge, torch.tensor(0.0))).item() == max(0, b - 1)
        assert lower_edge(b) == 2.0 ** (b // 4 - 13) * (1 + b % 4 / 4)
    assert ratio_bin(torch.tensor([0.0, 1e-30, 100.0, math.inf])).tolist() == [0, 0, 63, 63]


def test_histogram_median_lies_in_the_bin_of_the_true_median():
    ratio = torch.rand(1001, generator=torch.Generator().manual_seed(2))
    counts = ratio_histogram(ratio)
    assert counts.sum() == 1001
    middle = int(ratio_bin(ratio.median()))
    assert lower_edge(middle) <= histogram_median(counts) <= lower_edge(middle + 1)
    # By hand, eight tokens: the half is reached at the end of bin 0, two thirds into it, or a third into bin 40.
    for low, wanted in (
        (4, lower_edge(1)),
        (6, lower_edge(1) * 4 / 6),
        (2, lower_edge(40) + (lower_edge(41) - lower_edge(40)) * 2 / 6),
    ):
        by_hand = torch.zeros(64, dtype=torch.long)
        by_hand[0], by_hand[40] = low, 8 - low
        assert histogram_median(by_hand) == pytest.approx(wanted)
    assert median_of([3.0, 1.0, 2.0]) == 2 and median_of([4.0, 1.0, 3.0, 2.0]) == 2.5


def simulate(mu, tau=0.1, ratio=None, steps=20, lambda_bar=0.0):
    """τ under constant μ and r; the gates follow τ."""
    mu = torch.tensor(mu)
    ratio = torch.linspace(0.05, 0.4, len(mu)) if ratio is None else torch.tensor(ratio)
    rule = StepRule(1, steps, PriceList(1, lambda_bar), "auto", 0)
    path = [torch.tensor([tau])]
    for t in range(steps):
        path.append(rule.update(t, path[-1], [GateStats(ratio, ratio >= path[-1][0], mu)]))
    return [p.item() for p in path], ratio


def test_sign_open_and_half_harmful_raises_tau():
    path, ratio = simulate([0.01, -0.01] * 20, tau=0.0)
    assert path[1] > 0 and path[-1] > path[1]
    assert (ratio < path[-1]).sum() > 0  # the skipped share grew from 0


def test_sign_all_helpful_keeps_tau_at_zero():
    path, _ = simulate([-0.01] * 40, tau=0.0)
    assert path == [0.0] * len(path)


def test_sign_closed_and_helpful_lowers_tau():
    path, _ = simulate([-0.01] * 40, tau=1.0)
    assert all(b < a for a, b in zip(path, path[1:]))


def test_price_per_active_token_raises_tau():
    path, _ = simulate([-1e-4] * 40, tau=0.0, lambda_bar=0.5)
    assert path[-1] > 0


def test_zero_mu_counts_as_harmful():
    stats = GateStats(torch.tensor([1.0, 1.0]), torch.tensor([True, False]), torch.tensor([0.0, 0.0]))
    assert wanted_change(stats, 0.25) == -0.25  # λ only: the c_i μ_i are zero whatever c is
    mixed = GateStats(torch.ones(4), torch.tensor([True, True, False, False]), torch.tensor([0.5, -0.25, 2.0, -1.0]))
    assert wanted_change(mixed, 0.1) == pytest.approx(-(0.5 - 1.0) - 0.2)


def test_warmup_and_first_step_size():
    ratio = torch.full((8,), 0.3)
    stats = [GateStats(ratio, torch.ones(8, dtype=torch.bool), torch.full((8,), 0.1))]
    rule = StepRule(1, 8, PriceList(1, 0.0), tau_warmup=2)
    tau = torch.tensor([0.2])
    for t in (0, 1):
        assert rule.update(t, tau, stats).item() == tau.item() and rule.rho is None and rule.count == 0
    moved = rule.update(2, tau, stats).item()
    rho = histogram_median(ratio_histogram(ratio))
    assert rule.rho == rho and rule.step_size == 3 * rho / 8
    # The first bias-corrected Adam step has length one.
    assert moved == pytest.approx(0.2 + rule.step_size, rel=1e-6)
