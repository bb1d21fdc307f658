"""TS-LoRA: a gate around a LoRA linear. h_i = y_i + S_i Δ_i with S_i = 1[r_i ≥ τ]."""
import math

import torch
from torch import nn
from transformers import LlamaForCausalLM

from .gate import GateStats, token_ratio
from .models import MODULE_PATHS, module_names


class GateContext:
    """Shared by all gated modules of a model: which rows are real, and what the gates do.

    valid: bool [sequences, length], or None when nothing is padded. mode: 'gate', 'dense' (all open) or 'off' (base).
    """

    def __init__(self):
        self.valid: torch.Tensor | None = None
        self.mode = "gate"


class TsLoraLinear(nn.Module):
    """Frozen linear + LoRA, with one threshold. Keeps ratio, gate and μ of every real token until `clear`."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float, context: GateContext):
        super().__init__()
        self.base_layer = base
        self.lora_A = nn.Linear(base.in_features, rank, bias=False)  # Kaiming-uniform(a=√5), as in PEFT
        self.lora_B = nn.Linear(rank, base.out_features, bias=False)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)
        self.scaling = alpha / rank
        self.register_buffer("tau", torch.zeros((), dtype=torch.float32))
        self.context = context
        self.chunks: list[dict[str, torch.Tensor]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y_base = self.base_layer(x)
        if self.context.mode == "off":
            return y_base
        z = self.lora_A(x)
        delta = self.lora_B(z) * self.scaling
        # The mask is hard: no gradient flows through r or S.
        with torch.no_grad():
            ratio = token_ratio(z, self.lora_B.weight, self.scaling, y_base)
            gate = ratio >= self.tau if self.context.mode == "gate" else torch.ones_like(ratio, dtype=torch.bool)
            valid = torch.ones_like(gate) if self.context.valid is None else self.context.valid
            gate = gate & valid
        h = y_base + torch.where(gate.unsqueeze(-1), delta, 0)
        chunk = {"ratio": ratio[valid], "gate": gate[valid]}
        if h.requires_grad:
            # μ straight from its definition ⟨∂L/∂h_i, Δ_i⟩, not from u·z as the engine computes it.
            detached = delta.detach()
            h.register_hook(lambda grad: chunk.update(mu=(grad * detached).sum(-1)[valid]))
        self.chunks.append(chunk)
        return h

    def clear(self) -> None:
        self.chunks = []

    def stats(self) -> GateStats:
        """Everything since `clear`. μ is zero for forwards without a backward."""
        joined = {k: torch.cat([c[k] for c in self.chunks]) for k in ("ratio", "gate")}
        mu = torch.cat([c.get("mu", torch.zeros_like(c["ratio"])) for c in self.chunks])
        return GateStats(mu=mu, **joined)


def attach_ts_lora(base: LlamaForCausalLM, rank: int, alpha: float, kinds=tuple(MODULE_PATHS)) -> LlamaForCausalLM:
    """Replaces the chosen linears of the base in place. `model.gate_context` switches the gates."""
    context = GateContext()
    for name in module_names(base.config.num_hidden_layers, kinds):
        parent, _, leaf = name.rpartition(".")
        linear = base.get_submodule(name)
        setattr(base.get_submodule(parent), leaf, TsLoraLinear(linear, rank, alpha, context))
    base.gate_context = context
    return base.eval()


def gated_modules(model: nn.Module) -> dict[str, TsLoraLinear]:
    """Module name -> gated linear, in forward order; empty for a plain LoRA model."""
    by_name = {n: m for n, m in model.named_modules() if isinstance(m, TsLoraLinear)}
    return {n: by_name[n] for n in module_names(model.config.num_hidden_layers) if n in by_name}


def get_tau(model: nn.Module) -> torch.Tensor:
    """All thresholds, float32 [modules]."""
    return torch.stack([m.tau for m in gated_modules(model).values()]).clone()


@torch.no_grad()
def set_tau(model: nn.Module, tau: torch.Tensor) -> None:
    for module, value in zip(gated_modules(model).values(), tau, strict=True):
        module.tau.copy_(value)
