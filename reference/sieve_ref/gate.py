"""The token gate's arithmetic: ratio, histogram, median, step size and the reconstructed threshold rule."""
from dataclasses import dataclass

import torch

RATIO_EPSILON = 1e-6
BINS = 64
# Four bins per octave: exponent and the two highest mantissa bits of a float32; bin 0 starts at 2^-13.
BIN_SHIFT = 21
BIN_OFFSET = ((127 - 13) << 23) >> BIN_SHIFT


def delta_norm(z: torch.Tensor, lora_b: torch.Tensor, scaling: float) -> torch.Tensor:
    """‖scaling · B z_i‖₂ through the Gram matrix G = BᵀB. z [..., r], lora_b [d_out, r] -> [...]."""
    gram = lora_b.T @ lora_b
    squared = (scaling * scaling) * ((z @ gram) * z).sum(-1)
    return squared.clamp_min(0).sqrt()


def token_ratio(z: torch.Tensor, lora_b: torch.Tensor, scaling: float, y_base: torch.Tensor) -> torch.Tensor:
    """r_i = ‖Δ_i‖₂ / (‖y_i‖₂ + 1e-6)."""
    return delta_norm(z, lora_b, scaling) / (y_base.norm(dim=-1) + RATIO_EPSILON)


def ratio_bin(ratio: torch.Tensor) -> torch.Tensor:
    """Bin of each float32 ratio, by integer arithmetic on its bits, so that every implementation agrees."""
    bits = ratio.to(torch.float32).contiguous().view(torch.int32)
    return ((bits >> BIN_SHIFT) - BIN_OFFSET).clamp(0, BINS - 1).long()


def lower_edge(index: int) -> float:
    """Lower edge of a bin (64 = upper edge of the last one), exact."""
    return torch.tensor((index + BIN_OFFSET) << BIN_SHIFT, dtype=torch.int32).view(torch.float32).item()


def ratio_histogram(ratio: torch.Tensor) -> torch.Tensor:
    """Counts per bin, int64 [64]. Below 2^-13 counts in bin 0, from 7 up in bin 63."""
    return torch.bincount(ratio_bin(ratio).flatten(), minlength=BINS)


def histogram_median(counts: torch.Tensor) -> float:
    """Median of r from the histogram, linear inside the bin; bin 0 is taken to start at 0."""
    total, below = int(counts.sum()), 0
    half = total / 2
    for b, count in enumerate(counts.tolist()):
        if below + count >= half and count > 0:
            low = 0.0 if b == 0 else lower_edge(b)
            return low + (lower_edge(b + 1) - low) * (half - below) / count
        below += count
    return 0.0


def median_of(values: list[float]) -> float:
    """Median of the modules' medians: the middle value, or the mean of the two middle ones."""
    ordered, n = sorted(values), len(values)
    return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2


@dataclass
class GateStats:
    """One module's tokens of one optimizer step, unpadded, in row order. All [tokens]."""

    ratio: torch.Tensor
    gate: torch.Tensor
    mu: torch.Tensor

    @property
    def mu_kept(self) -> float:
        return self.mu.double()[self.gate].sum().item()

    @property
    def mu_skipped(self) -> float:
        return self.mu.double()[~self.gate].sum().item()


def wanted_change(stats: GateStats, lam: float) -> float:
    """g = −Σ c_i μ_i − λ Σ S_i with c_i = [(μ_i ≥ 0) == S_i]. lam: λ = lambdaBar / T. Summed in float64."""
    mu = stats.mu.double()
    disagree = (mu >= 0) == stats.gate
    return -(mu[disagree].sum().item()) - lam * int(stats.gate.sum())


class ReconstructedRule:
    """Moves one threshold per module once per optimizer step.

    A reconstruction of the paper's update from secondary sources, not its own pseudo-code.
    tau_step: a number, or 'auto' for s_t = 3·ρ_t / (steps − tau_warmup).
    """

    def __init__(self, modules: int, steps: int, lambda_bar=0.0, tau_step="auto", tau_warmup=0, beta1=0.9, beta2=0.98, eps=1e-8):
        self.steps, self.lambda_bar, self.tau_step, self.tau_warmup = steps, lambda_bar, tau_step, tau_warmup
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.m, self.v = [0.0] * modules, [0.0] * modules
        self.count = 0
        self.rho: float | None = None
        self.step_size: float | None = None

    def update(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        """tau [modules] float32 after the 0-based optimizer step t. During the warm-up tau comes back unchanged."""
        if t < self.tau_warmup:
            return tau.clone()
        tokens = stats[0].mu.numel()
        median = median_of([histogram_median(ratio_histogram(s.ratio)) for s in stats])
        self.rho = median if self.rho is None else 0.9 * self.rho + 0.1 * median
        auto = self.tau_step == "auto"
        self.step_size = 3 * self.rho / (self.steps - self.tau_warmup) if auto else self.tau_step
        self.count += 1
        moved = tau.clone()
        for i, s in enumerate(stats):
            g = wanted_change(s, self.lambda_bar / tokens)
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g * g
            m_hat = self.m[i] / (1 - self.beta1**self.count)
            v_hat = self.v[i] / (1 - self.beta2**self.count)
            moved[i] = max(0.0, tau[i].item() - self.step_size * m_hat / (v_hat**0.5 + self.eps))
        return moved
