"""The control rule: the reconstructed one, with a seeded coin in the place of the sign of every μ, as the engine throws them."""
from dataclasses import replace

import numpy as np
import torch

from sieve_peft.gate import GateStats
from sieve_peft.rules import StepRule
from .dropout import added, mix_bits, module_salt


def coin_signs(seed: int, step: int, name: str, tokens: int) -> torch.Tensor:
    """+1 or −1 for each of a step's tokens in a module, float32 [tokens]."""
    of_module = mix_bits(mix_bits(mix_bits(added(seed, 0x6D2B79F5)) ^ np.uint32(step)) ^ added(module_salt(name), 0xC2B2AE35))
    heads = mix_bits(of_module ^ np.arange(tokens, dtype=np.uint32)) & np.uint32(1)
    return torch.from_numpy(np.where(heads == 1, 1.0, -1.0).astype(np.float32))


class CoinRule(StepRule):
    """names: of the modules, in the order of their gates."""

    def __init__(self, names: list[str], seed: int, *args):
        super().__init__(len(names), *args)
        self.names, self.seed = names, seed

    def update(self, t: int, tau: torch.Tensor, stats: list[GateStats]) -> torch.Tensor:
        drawn = [replace(s, mu=s.mu.abs() * coin_signs(self.seed, t, name, len(s.mu))) for name, s in zip(self.names, stats)]
        return super().update(t, tau, drawn)
