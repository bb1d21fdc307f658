"""GateRA over LoRA, straight from its definition: h = y + σ(w·x) Δ, and the entropy of its gates, which is added to the
loss.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel

from .models import MODULE_PATHS, linear_names, linear_weight, module_names


class GateRaLinear(nn.Module):
    """Frozen linear + LoRA with a gate for each token. `entropy`: Σ H(g) of all tokens since it was last 0."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float):
        super().__init__()
        self.base_layer = base
        d_out, d_in = linear_weight(base).shape
        self.lora_A, self.lora_B = nn.Linear(d_in, rank, bias=False), nn.Linear(rank, d_out, bias=False)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)
        self.token_gate = nn.Parameter(torch.zeros(d_in))
        self.scaling = alpha / rank
        self.entropy: torch.Tensor | float = 0.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logit = x @ self.token_gate
        g = torch.sigmoid(logit)
        # −g ln g − (1 − g) ln(1 − g), also where g rounds to 0 or 1.
        self.entropy = self.entropy + (F.softplus(logit) - logit * g).sum()
        return self.base_layer(x) + g.unsqueeze(-1) * self.lora_B(self.lora_A(x)) * self.scaling


def attach_gatera(base: PreTrainedModel, rank: int, alpha: float) -> PreTrainedModel:
    """Replaces the linears of the base in place."""
    chosen = module_names(base.config.num_hidden_layers, tuple(MODULE_PATHS))
    for name in linear_names(base):
        if name not in chosen:
            continue
        parent, _, leaf = name.rpartition(".")
        setattr(base.get_submodule(parent), leaf, GateRaLinear(base.get_submodule(name), rank, alpha))
    return base.eval()


def mean_entropy(model: nn.Module, tokens: int) -> torch.Tensor | float:
    """Mean entropy of the gates of the last forward, over its tokens and modules; 0 where there are none."""
    gates = [m for m in model.modules() if isinstance(m, GateRaLinear)]
    total = sum(m.entropy for m in gates)
    for m in gates:
        m.entropy = 0.0
    return total / (tokens * len(gates)) if gates else 0.0
