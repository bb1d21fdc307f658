"""The control rule: the reconstructed one, with a seeded coin in the place of the sign of every μ, as the engine throws
them.
"""

from dataclasses import replace

import numpy as np
import torch

from .gate import GateStats
from .rules import StepRule


def mix_bits(value) -> np.ndarray:
    """Every bit of the result depends on every bit of the uint32 value."""
    with np.errstate(over="ignore"):
        v = np.asarray(value, np.uint32)
        v = (v ^ (v >> np.uint32(16))) * np.uint32(0x21F0AAAD)
        v = (v ^ (v >> np.uint32(15))) * np.uint32(0x735A2D97)
        return v ^ (v >> np.uint32(15))


def added(a, b) -> np.ndarray:
    return (np.asarray(a, np.uint64) + np.asarray(b, np.uint64)).astype(np.uint32)


def module_salt(name: str) -> int:
    """Tells the modules apart, by their whole path (`model.layers.3.self_attn.q_proj`): FNV-1a."""
    salt = 0x811C9DC5
    for byte in name.encode():
        salt = ((salt ^ byte) * 0x01000193) & 0xFFFFFFFF
    return salt


def coin_signs(seed: int, step: int, name: str, tokens: int) -> torch.Tensor:
    """+1 or −1 for each of a step's tokens in a module, float32 [tokens]."""
    of_module = mix_bits(
        mix_bits(mix_bits(added(seed, 0x6D2B79F5)) ^ np.uint32(step)) ^ added(module_salt(name), 0xC2B2AE35)
    )
    heads = mix_bits(of_module ^ np.arange(tokens, dtype=np.uint32)) & np.uint32(1)
    return torch.from_numpy(np.where(heads == 1, 1.0, -1.0).astype(np.float32))


class CoinRule(StepRule):
    """names: of the modules, in the order of their gates."""

    def __init__(self, names: list[str], seed: int, *args):
        super().__init__(len(names), *args)
        self.names, self.seed = names, seed

    def update(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        drawn = [
            replace(s, mu=s.mu.abs() * coin_signs(self.seed, t, name, len(s.mu))) for name, s in zip(self.names, stats)
        ]
        return super().update(t, tau, drawn)
