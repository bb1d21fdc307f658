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
