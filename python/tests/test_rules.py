"""The threshold rules without a model: the exact step against brute force, signs, the closing trap."""

import math

import pytest
import torch

from sieve_peft.gate import GateStats, lower_edge, ratio_bin
from sieve_peft.rules import (
    EDGES,
    SMALLEST_NORMAL,
    AveragedRule,
    Below,
    ExactRule,
    PriceList,
    StepRule,
    TargetSkip,
    brute_force_step,
    exact_step,
)


def random_case(generator):
    """Ratios with many ties, zeros among them; prices in eighths, so that sums and their ties are exact."""
    draw = lambda high: int(torch.randint(high, (), generator=generator))
    tokens = 1 + draw(40)
    levels = 1 + draw(12)
    ratio = torch.randint(levels + 1, (tokens,), generator=generator).float() / levels * (0.0 if draw(25) == 0 else 0.5)
    price = torch.randint(-8, 9, (tokens,), generator=generator).double() / 8
    tau = [0.0, ratio[draw(tokens)].item(), torch.rand((), generator=generator).item(), 2.0][draw(4)]
    eta = [math.inf, 0.01, 0.2, 5.0][draw(4)]
    return ratio, price, torch.tensor(tau).item(), eta


def test_exact_step_equals_brute_force_on_1000_cases_with_ties():
    generator = torch.Generator().manual_seed(5)
    moved = 0
    for case in range(1000):
        ratio, price, tau, eta = random_case(generator)
        found, _ = exact_step(ratio, price, tau, eta)
        best, mask = brute_force_step(ratio, price, tau, eta)
        opened = (ratio >= found).tolist()
        objective = math.fsum(p for p, s in zip(price.tolist(), opened) if s) + (found - tau) ** 2 / (2 * eta)
        # The brute force takes limits at open ends; a float32 beside the end costs no more than its rounding.
        assert found >= 0 and objective == pytest.approx(best, abs=1e-5), case
        assert opened == mask, case
        moved += found != tau
    assert 300 < moved < 1000


def test_a_breakpoint_opens_at_r_and_closes_just_above():
    ratio = torch.tensor([0.2, 0.4, 0.6])
    helpful = torch.tensor([-1.0, -1.0, -1.0])
    assert exact_step(ratio, helpful, 1.0)[0] == ratio[0].item()  # from above: r itself is enough to open
    found, _ = exact_step(ratio, -helpful, 0.1)
    assert (
        found == torch.nextafter(ratio[2], torch.tensor(1.0)).item()
    )  # from below: only beyond r is the last one shut
    at_zero, _ = exact_step(torch.zeros(3), -helpful, 0.0)
    assert at_zero == SMALLEST_NORMAL


def test_a_tie_keeps_tau():
    ratio = torch.tensor([0.2, 0.4])
    assert exact_step(ratio, torch.tensor([1.0, -1.0]), 0.1)[0] > 0.2  # shut the first
    assert exact_step(ratio, torch.tensor([1.0, -1.0]), 0.3)[0] == torch.tensor(0.3).item()
    assert exact_step(ratio, torch.zeros(2), 0.3)[0] == torch.tensor(0.3).item()


def test_proximal_term_holds_tau_back():
    ratio, price = torch.tensor([0.2, 0.9]), torch.tensor([0.25, 0.25])
    assert exact_step(ratio, price, 0.1, math.inf)[0] > 0.9
    assert 0.2 < exact_step(ratio, price, 0.1, 0.5)[0] < 0.21  # closing the far token costs 0.64, it saves 0.25


def stats_of(ratio, mu, tau):
    return [GateStats(ratio, ratio >= tau[0], mu)]


@pytest.mark.parametrize(
    "make",
    [
        lambda prices: StepRule(1, 20, prices),
        lambda prices: StepRule(1, 20, prices, literal=True),
        lambda prices: StepRule(1, 20, prices, rho_per="module"),
        lambda prices: ExactRule(1, prices),
        lambda prices: ExactRule(1, prices, eta=5.0),
        lambda prices: AveragedRule(1, prices),
        lambda prices: AveragedRule(1, prices, eta=5.0),
    ],
    ids=["reconstructed", "literal", "per-module", "exact", "exact-eta", "averaged", "averaged-eta"],
)
def test_sign_check_of_every_learned_rule(make):
    ratio = torch.linspace(0.05, 0.4, 40)

    def simulate(mu, tau):
        rule, path = make(PriceList(1, 0.0)), [torch.tensor([tau])]
        for t in range(20):
            path.append(rule.update(t, path[-1], stats_of(ratio, mu, path[-1])))
        return torch.cat(path)

    # All open, half of the tokens harmful (the small ones): τ rises, the skipped share grows.
    half = torch.where(torch.arange(40) < 20, 0.02, -0.01)
    path = simulate(half, 0.0)
    assert path[1] > 0 and (ratio < path[-1]).sum() > 0
    assert (simulate(torch.full((40,), -0.01), 0.0) == 0).all()
    closed = simulate(torch.full((40,), -0.01), 1.0)
    assert closed[1] < 1 and closed[-1] < closed[1] or closed[-1] <= ratio.min()


def test_closing_trap_and_its_cure():
    """While B = 0 every r is 0. A τ that moves then shuts everything for good; tauWarmup prevents it."""
    ratio, harmful = torch.zeros(8), torch.full((8,), 0.1)
    later = torch.linspace(1e-6, 2e-6, 8)  # B has just begun to grow
    for rule in (StepRule(1, 10, PriceList(1, 0.0), tau_step=0.01), ExactRule(1, PriceList(1, 0.0))):
        tau = rule.update(0, torch.zeros(1), stats_of(ratio, harmful, torch.zeros(1)))
        assert tau > 0 and not (ratio >= tau).any()
    assert not (later >= 0.01).any()
    for rule in (
        StepRule(1, 10, PriceList(1, 0.0), tau_step=0.01, tau_warmup=1),
        ExactRule(1, PriceList(1, 0.0), tau_warmup=1),
    ):
        tau = rule.update(0, torch.zeros(1), stats_of(ratio, harmful, torch.zeros(1)))
        assert tau == 0 and (ratio >= tau).all()


def test_averaged_rule_stands_on_edges_and_remembers():
    ratio = torch.tensor([0.1, 0.1, 0.3])
    rule = AveragedRule(1, PriceList(1, 0.0))
    harmful_low = torch.tensor([0.5, 0.5, -0.1])
    tau = rule.update(0, torch.tensor([0.05]), stats_of(ratio, harmful_low, torch.tensor([0.05])))
    edge = lower_edge(int(ratio_bin(torch.tensor(0.1))) + 1)
    assert tau.item() == edge and edge in EDGES.tolist()
    # One batch that says otherwise does not outweigh the average: 0.9 · 1.0 − 0.1 · 1.0 > 0.
    tau = rule.update(1, tau, stats_of(ratio, torch.tensor([-0.5, -0.5, -0.1]), tau))
    assert tau.item() == edge
    assert rule.mu[0].sum().item() == pytest.approx(0.9 * 0.9 - 0.1 * 1.1)


def test_prices_of_lambda():
    """λ = lambdaBar / T per token: a price above every gain shuts all, a negative one opens all."""
    ratio, mu = torch.linspace(0.1, 0.5, 10), torch.full((10,), -0.01)
    for make in (lambda p: ExactRule(1, p), lambda p: AveragedRule(1, p)):
        tau = torch.tensor([0.2])
        assert (make(PriceList(1, 0.2)).update(0, tau, stats_of(ratio, mu, tau)) > 0.5).all()
        assert (make(PriceList(1, -0.2)).update(0, tau, stats_of(ratio, -mu, tau)) <= 0.1).all()


@pytest.mark.parametrize(("target", "per"), [(0.3, "run"), (0.7, "run"), (0.5, "module")])
def test_target_skip_is_reached_by_half_of_the_run_and_held(target, per):
    """Ratios that grow over the run, as they do while B grows, and differ between modules."""
    generator = torch.Generator().manual_seed(2)
    steps, warmup, modules = 100, 10, 6
    rule, steering = (
        StepRule(modules, steps - warmup, PriceList(modules, 0.0), tau_warmup=warmup),
        TargetSkip(target, warmup, per),
    )
    scale, tau, skipped = torch.rand(modules, generator=generator) + 0.2, torch.zeros(modules), []
    for t in range(steps):
        stats = []
        for i in range(modules):
            ratio = scale[i] * (0.02 + t / steps) * torch.rand(200, generator=generator).exp()
            mu = torch.randn(200, generator=generator) * 0.01 - 0.004
            stats.append(GateStats(ratio, ratio >= tau[i], mu))
        skipped.append([1 - s.gate.float().mean().item() for s in stats])
        tau = steering.steer(t, rule.update(t, tau, stats), stats)
    skipped = torch.tensor(skipped) if per == "module" else torch.tensor(skipped).mean(1, keepdim=True)
    means = torch.stack([skipped[t : t + 10].mean(0) for t in range(45, 91)])
    assert (skipped[: warmup + 1] == 0).all() and (means - target).abs().max() < 0.03


def test_target_skip_leaves_an_untrained_adapter_alone():
    stats = [GateStats(torch.zeros(50), torch.ones(50, dtype=torch.bool), torch.zeros(50))]
    assert TargetSkip(0.5, 0).steer(0, torch.zeros(1), stats).item() == 0


def test_tokens_below_is_linear_inside_a_bin():
    counts = torch.zeros(64, dtype=torch.long)
    counts[0], counts[40], counts[63] = 3, 8, 2
    low, high = lower_edge(40), lower_edge(41)
    x = torch.tensor([0.0, low, low + 0.25 * (high - low), high, 100.0], dtype=torch.float64)
    assert Below(counts.expand(5, 64))(x.numpy()).tolist() == pytest.approx([0, 3, 5, 11, 13])
