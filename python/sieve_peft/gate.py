"""The token gate's arithmetic: ratio, histogram, median, and what a step wants of the threshold. Rules: rules.py."""

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


def shrinkage(ratio: torch.Tensor, gate: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
    """κ of the soft threshold: 1 − τ/r where the gate is open (1 where τ = 0), else 0. Differentiable in r and τ."""
    cut = gate & (tau > 0)
    return torch.where(cut, 1 - tau / torch.where(cut, ratio, 1), gate.to(ratio.dtype))


def ratio_bin(ratio: torch.Tensor) -> torch.Tensor:
    """Bin of each float32 ratio, by integer arithmetic on its bits, so that every implementation agrees."""
    bits = ratio.to(torch.float32).contiguous().view(torch.int32)
    return ((bits >> BIN_SHIFT) - BIN_OFFSET).clamp(0, BINS - 1).long()


def lower_edge(index: int) -> float:
    """Lower edge of a bin (64 = upper edge of the last one), exact."""
    return torch.tensor((index + BIN_OFFSET) << BIN_SHIFT, dtype=torch.int32).view(torch.float32).item()


# Lower edges of all bins and the last one's upper edge, exact in float64.
LOWER_EDGES = torch.tensor([lower_edge(b) for b in range(BINS + 1)], dtype=torch.float64)


def ratio_histograms(ratio: torch.Tensor) -> torch.Tensor:
    """Counts per module and bin, int64 [modules, 64], of ratios [modules, tokens]. Below 2^-13 counts in bin 0, from 7
    up in bin 63.
    """
    modules = len(ratio)
    bins = ratio_bin(ratio) + BINS * torch.arange(modules)[:, None]
    return torch.bincount(bins.flatten(), minlength=BINS * modules).view(modules, BINS)


def ratio_histogram(ratio: torch.Tensor) -> torch.Tensor:
    """The same of one module, int64 [64]."""
    return ratio_histograms(ratio.flatten()[None])[0]


def histogram_medians(counts: torch.Tensor) -> list[float]:
    """Medians of r from histograms [modules, 64], linear inside the bin; bin 0 is taken to start at 0."""
    half, upto = counts.sum(1, keepdim=True) / 2, counts.cumsum(1)
    at = ((upto.double() >= half) & (counts > 0)).int().argmax(1, keepdim=True)  # the first such bin
    count = counts.gather(1, at)
    low, high = (torch.where(at + i == 0, 0.0, LOWER_EDGES[at + i]) for i in (0, 1))
    inside = half - (upto.gather(1, at) - count)
    return torch.where(count > 0, low + (high - low) * inside / count.clamp_min(1), 0.0)[:, 0].tolist()


def histogram_median(counts: torch.Tensor) -> float:
    """The same of one histogram [64]."""
    return histogram_medians(counts[None])[0]


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


def wanted_changes(gate: torch.Tensor, mu: torch.Tensor, lam: list[float]) -> torch.Tensor:
    """g = −Σ c_i μ_i − λ Σ S_i with c_i = [(μ_i ≥ 0) == S_i], float64 [modules]. gate, mu: [modules, tokens]; lam: λ =
    lambdaBar / T of each.
    """
    mu = mu.double()
    return -torch.where((mu >= 0) == gate, mu, 0.0).sum(1) - torch.tensor(lam, dtype=torch.float64) * gate.sum(1)


def wanted_change(stats: GateStats, lam: float) -> float:
    """The same of one module."""
    return wanted_changes(stats.gate[None], stats.mu[None], [lam]).item()
