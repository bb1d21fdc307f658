"""How τ moves: one object per run, asked once per optimizer step for the thresholds of the next one."""

import math

import numpy as np
import torch

from .gate import (
    BIN_OFFSET,
    BIN_SHIFT,
    BINS,
    GateStats,
    histogram_medians,
    lower_edge,
    median_of,
    ratio_bin,
    ratio_histograms,
    wanted_changes,
)

EMA = 0.9
# float32: smallest normal number, the next value above 0 that no implementation flushes away.
SMALLEST_NORMAL = 2.0**-126


class PriceList:
    """λ of every module, in units of lambdaBar (price against a mean loss); `per_token` divides by T."""

    def __init__(self, modules: int, lambda_bar: float):
        self.lambda_bar = [lambda_bar] * modules

    def per_token(self, module: int, tokens: int) -> float:
        return self.lambda_bar[module] / tokens


class StepRule:
    """Reconstructed or literal: a signed, Adam-normalised step of size s per module.

    A reconstruction of the paper's update from secondary sources, not its own pseudo-code. literal: the sums are
    multiplied by s before the moments, as the paper's constants expect, so that ε is not negligible.
    updates: how often τ will move, steps − tauWarmup (over pricesEvery for held-out prices).
    tau_step: a number, or 'auto' for s_t = 3·ρ_t / updates. rho_per 'run': ρ from the median module;
    'module': from each module's own median.
    """

    def __init__(
        self,
        modules: int,
        updates: float,
        prices: PriceList,
        tau_step="auto",
        tau_warmup=0,
        rho_per="run",
        literal=False,
        beta1=0.9,
        beta2=0.98,
        eps=1e-8,
    ):
        self.updates, self.prices, self.tau_step, self.tau_warmup = updates, prices, tau_step, tau_warmup
        self.rho_per, self.literal = rho_per, literal
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.m, self.v = [0.0] * modules, [0.0] * modules
        self.count = 0
        self.rhos: list[float] | None = None  # one, or one per module
        self.step_sizes: list[float] | None = None

    @property
    def rho(self) -> float | None:
        """The run's ρ; None while τ rests, or with one ρ per module."""
        return self.rhos[0] if self.rhos and self.rho_per == "run" else None

    @property
    def step_size(self) -> float | None:
        return self.step_sizes[0] if self.step_sizes and self.rho_per == "run" else None

    def update(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        """tau [modules] float32 after the 0-based optimizer step t. During the warm-up tau comes back unchanged."""
        if t < self.tau_warmup:
            return tau.clone()
        tokens = stats[0].mu.numel()
        medians = histogram_medians(ratio_histograms(torch.stack([s.ratio for s in stats])))
        if self.rho_per == "run":
            medians = [median_of(medians)]
        self.rhos = (
            medians if self.rhos is None else [EMA * old + (1 - EMA) * new for old, new in zip(self.rhos, medians)]
        )
        auto = self.tau_step == "auto"
        self.step_sizes = [3 * rho / self.updates if auto else self.tau_step for rho in self.rhos]
        self.count += 1
        lam = [self.prices.per_token(i, tokens) for i in range(len(stats))]
        wanted = self.wanted(stats, lam).tolist()
        moved = tau.tolist()
        for i, g in enumerate(wanted):
            size = self.step_sizes[i if self.rho_per == "module" else 0]
            g *= size if self.literal else 1
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g * g
            m_hat = self.m[i] / (1 - self.beta1**self.count)
            v_hat = self.v[i] / (1 - self.beta2**self.count)
            moved[i] = max(0.0, moved[i] - size * m_hat / (v_hat**0.5 + self.eps))
        return torch.tensor(moved)

    def wanted(self, stats: list[GateStats], lam: list[float]) -> torch.Tensor:
        """g, float64 [modules]; lam: λ of each."""
        return wanted_changes(torch.stack([s.gate for s in stats]), torch.stack([s.mu for s in stats]), lam)


class SoftRule(StepRule):
    """Of the soft threshold h = y + max(0, 1 − τ/r) Δ: g is τ's gradient, −Σ S μ/r − λ Σ S, with the penalty λ Σ max(0,
    r − τ).
    """

    def wanted(self, stats: list[GateStats], lam: list[float]) -> torch.Tensor:
        slopes = [torch.where(s.gate & (s.ratio > 0), s.mu.double() / s.ratio.double(), 0.0).sum() for s in stats]
        active = torch.tensor([int(s.gate.sum()) for s in stats], dtype=torch.float64)
        return -torch.stack(slopes) - torch.tensor(lam, dtype=torch.float64) * active


def next_up(value: torch.Tensor) -> torch.Tensor:
    """The next float32 above; above 0 the smallest normal one."""
    up = torch.nextafter(value, torch.full_like(value, math.inf))
    return torch.where(value < SMALLEST_NORMAL, torch.full_like(value, SMALLEST_NORMAL), up)


def best_candidate(candidates: torch.Tensor, sums: torch.Tensor, tau: float, eta: float) -> tuple[int, float]:
    """(index of the smallest sum + (τ' − τ)²/2η, its distance to the best other sum). A tie keeps τ, then takes the
    lowest.
    """
    offset = (candidates.double() - tau).abs()
    objective, distance = (sums + offset**2 / (2 * eta)).tolist(), offset.tolist()
    best = min(range(len(objective)), key=lambda i: (objective[i], distance[i] != 0, candidates[i].item()))
    others = [o for o, s in zip(objective, sums.tolist()) if s != sums[best].item()]
    return best, min(others, default=math.inf) - objective[best]


def exact_step(ratio: torch.Tensor, price: torch.Tensor, tau: float, eta: float = math.inf) -> tuple[float, float]:
    """argmin over τ' ≥ 0 of Σ 1[r_i ≥ τ']·p_i + (τ' − τ)²/(2η), and the margin to the next best set of tokens.

    ratio: float32 [tokens] ≥ 0; price: p_i = μ_i + λ [tokens]; tau: a float32 value. A token opens at τ' = r_i and
    closes just above, so only τ itself, every r_i < τ and nextUp(r_i) of every r_i ≥ τ can be best. Sort and suffix
    sum, in float64, O(T log T). A tie keeps τ, then takes the lowest.
    """
    tau = torch.tensor(tau, dtype=torch.float32).item()
    values, where = torch.unique(ratio, return_inverse=True)  # sorted
    at = torch.zeros(len(values), dtype=torch.float64).index_add_(0, where, price.double())
    suffix = torch.cat([at.flip(0).cumsum(0).flip(0), torch.zeros(1, dtype=torch.float64)])  # of values[k:]
    below = int((values < tau).sum())
    candidates = torch.cat([torch.tensor([tau], dtype=torch.float32), values[:below], next_up(values[below:])])
    sums = torch.cat([suffix[below : below + 1], suffix[:below], suffix[below + 1 :]])
    best, margin = best_candidate(candidates, sums, tau, eta)
    return candidates[best].item(), margin


def brute_force_step(
    ratio: torch.Tensor, price: torch.Tensor, tau: float, eta: float = math.inf
) -> tuple[float, list[bool]]:
    """(objective, mask) of the best interval of τ' ≥ 0, in float64: every interval between neighbouring ratios at its
    point nearest to τ.

    Where that point is the open end of the interval its limit counts. The same preferences among ties as `exact_step`.
    """
    r, p = [float(x) for x in ratio], [float(x) for x in price]
    edges = [-math.inf, *sorted(set(r)), math.inf]
    found = []
    for low, high in zip(edges, edges[1:]):  # (low, high]: open are exactly the tokens with r ≥ high
        if high < 0:
            continue
        point = min(max(tau, low, 0.0), high)
        mask = [x >= high for x in r]
        objective = math.fsum(q for q, s in zip(p, mask) if s) + (point - tau) ** 2 / (2 * eta)
        found.append((objective, not low < tau <= high, point, mask))
    objective, _, _, mask = min(found, key=lambda f: f[:3])
    return objective, mask


class ExactRule:
    """τ ← exact proximal point of this step's prices. eta inf: the unbounded step."""

    def __init__(self, modules: int, prices: PriceList, eta: float = math.inf, tau_warmup=0):
        self.prices, self.eta, self.tau_warmup = prices, eta, tau_warmup
        self.margins: list[float] = []  # of the last update

    def update(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        if t < self.tau_warmup:
            return tau.clone()
        tokens, moved, self.margins = stats[0].mu.numel(), tau.clone(), []
        for i, s in enumerate(stats):
            value, margin = exact_step(
                s.ratio, s.mu.double() + self.prices.per_token(i, tokens), tau[i].item(), self.eta
            )
            moved[i] = value
            self.margins.append(margin)
        return moved


# Bin edges a threshold can stand on: 0 opens all; the upper edge of the last bin closes all below r = 8.
EDGES = torch.tensor([0.0, *(lower_edge(b) for b in range(1, BINS + 1))], dtype=torch.float32)


def nearest_edges(sums: torch.Tensor, tau: torch.Tensor, eta: float) -> tuple[torch.Tensor, list[float]]:
    """Per module the edge with the smallest sum + (edge − τ)²/2η, and its distance to the best other sum.

    Empty bins tie: of equal ones the nearest to τ, then the lowest. sums float64 [modules, 65].
    """
    offset = (EDGES.double() - tau.double()[:, None]).abs()
    objective = sums + offset**2 / (2 * eta)
    least = objective.amin(1, keepdim=True)
    best = torch.where(objective == least, offset, math.inf).argmin(1, keepdim=True)
    others = torch.where(sums == sums.gather(1, best), math.inf, objective).amin(1)
    return best[:, 0], (others - least[:, 0]).tolist()


class AveragedRule:
    """The same over prices averaged in r's histogram: EMA 0.9 of Σμ and of the token count per bin, first values as
    they are.

    The price of a bin is M_b + λ·C_b, so that a new λ counts at once; for a constant λ that is the EMA of Σp.
    """

    def __init__(self, modules: int, prices: PriceList, eta: float = math.inf, tau_warmup=0):
        self.prices, self.eta, self.tau_warmup = prices, eta, tau_warmup
        self.mu = self.count = None  # [modules, bins]
        self.margins: list[float] = []

    def update(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        if t < self.tau_warmup:
            return tau.clone()
        tokens = stats[0].mu.numel()
        bins = ratio_bin(torch.stack([s.ratio for s in stats]))
        mu = torch.zeros(len(stats), BINS, dtype=torch.float64).scatter_add_(
            1, bins, torch.stack([s.mu for s in stats]).double()
        )
        count = torch.zeros_like(mu).scatter_add_(1, bins, torch.ones(bins.shape, dtype=torch.float64))
        self.mu = mu if self.mu is None else EMA * self.mu + (1 - EMA) * mu
        self.count = count if self.count is None else EMA * self.count + (1 - EMA) * count
        lam = torch.tensor([self.prices.per_token(i, tokens) for i in range(len(stats))], dtype=torch.float64)
        price = self.mu + lam[:, None] * self.count
        sums = torch.cat([price.flip(1).cumsum(1).flip(1), torch.zeros(len(stats), 1, dtype=torch.float64)], 1)
        best, self.margins = nearest_edges(sums, tau, self.eta)
        return EDGES[best]


class Below:
    """Tokens of each histogram of r below its x, linear inside a bin. counts int64 [modules, 64]; x float64 [modules].
    In numpy: asked often.
    """

    EDGES = EDGES.double().numpy()

    def __init__(self, counts: torch.Tensor):
        self.counts, self.upto, self.modules = counts.numpy(), counts.cumsum(1).numpy(), np.arange(len(counts))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        b = np.clip((x.astype(np.float32).view(np.int32) >> BIN_SHIFT) - BIN_OFFSET, 0, BINS - 1)
        low, high = self.EDGES[b], self.EDGES[b + 1]
        inside = np.minimum((x - low) / (high - low), 1.0)
        last = self.counts[self.modules, b]
        return self.upto[self.modules, b] - last + inside * last


class TargetSkip:
    """Steers the skipped share of a run, or of each module, to a target by shifting thresholds after the rule has moved
    them.

    Integral control of λ alone overshoots, since τ moves slowly; so τ itself is moved: τ_m + δ · (module's median r),
    with the one δ (or one per module) at which this step's histograms, linear inside a bin, would skip the target plus
    a correction. The modules' differences stay the rule's. The correction adds up three tenths of what each step missed
    and stays within ±0.15, so that it can't wind up. Modules whose median r lies in the first bin (B = 0) stay where
    they are.
    """

    GAIN, BOUND, WIDEST, HALVINGS = 0.3, 0.15, 4096.0, 40

    def __init__(self, target: float, tau_warmup: int, per: str = "run"):
        self.target, self.tau_warmup, self.per = target, tau_warmup, per
        self.corrections: dict[int, float] = {}  # by module, or the run's at 0

    def steer(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        """tau [modules] for the next step."""
        if t < self.tau_warmup:
            return tau
        counts = ratio_histograms(torch.stack([s.ratio for s in stats]))
        medians = torch.tensor(histogram_medians(counts), dtype=torch.float64)
        medians = torch.where(medians >= lower_edge(1), medians, 0.0)
        moved = tau.clone()
        for i in range(1 if self.per == "run" else len(stats)):
            group = slice(None) if self.per == "run" else slice(i, i + 1)
            moved[group] = self.shifted(i, tau[group].double(), medians[group], counts[group], stats[group]).float()
        return moved

    def shifted(
        self, key: int, tau: torch.Tensor, medians: torch.Tensor, counts: torch.Tensor, stats: list[GateStats]
    ) -> torch.Tensor:
        """τ of modules that reach the target together; `key`: whose correction it is."""
        tokens = int(counts.sum())
        skipped = 1 - int(torch.stack([s.gate for s in stats]).sum()) / tokens
        if key in self.corrections:
            self.corrections[key] = min(
                self.BOUND, max(-self.BOUND, self.corrections[key] + self.GAIN * (self.target - skipped))
            )
        elif medians.any():
            self.corrections[key] = 0.0
        aim = min(1.0, max(0.0, self.target + self.corrections.get(key, 0.0))) * tokens
        low, high, below = -self.WIDEST, self.WIDEST, Below(counts)
        start, slope = tau.numpy(), medians.numpy()
        for _ in range(self.HALVINGS):
            middle = (low + high) / 2
            fewer = below(np.maximum(start + middle * slope, 0.0)).sum() < aim
            low, high = (middle, high) if fewer else (low, middle)
        return (tau + low * medians).clamp_min(0.0)


class LateSkip(TargetSkip):
    """The late gate: every token is active for the share `start` of the run, then each module skips a share that grows
    to `share`, halfway from there to the end.
    """

    def __init__(self, share: float, start: float, steps: int):
        super().__init__(0.0, tau_warmup=0, per="module")
        self.share = share
        self.first = math.floor(start * steps + 0.5)
        self.full = self.first + math.ceil((steps - self.first) / 2)

    def steer(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        if t + 1 < self.first:
            return tau
        self.target = self.share * min(1.0, (t + 2 - self.first) / max(1, self.full - self.first))
        return super().steer(t, tau, stats)
