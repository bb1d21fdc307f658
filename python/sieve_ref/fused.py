"""The gated linears of ts_lora.py with forward and backward written out: the same figures up to rounding (a test holds
it), a fraction of the tensor operations. For long experiments; only over rows without padding (packed.py).
"""

import torch
from torch import nn

from sieve_peft.gate import RATIO_EPSILON, delta_norm
from .ts_lora import GateContext, TsDoraLinear, TsLoraLinear


def row_norm(x: torch.Tensor) -> torch.Tensor:
    """‖x_i‖₂ of every row. vecdot, because norm() over short rows is slow on a CPU."""
    return torch.linalg.vecdot(x, x).sqrt()


class LoraUpdate(torch.autograd.Function):
    """h = y + S Δ for Δ = scaling · B A x; notes ratio and gate in `chunk`, and μ = scaling · ⟨Bᵀg, z⟩ in its backward."""

    @staticmethod
    def forward(ctx, x, a, b, module, chunk):
        y, z = x @ module.base_layer.weight.T, x @ a.T
        gate = module.look(chunk, len(x), lambda: delta_norm(z, b, module.scaling) / (row_norm(y) + RATIO_EPSILON))
        scale = gate.unsqueeze(1) * module.scaling
        kept = z * scale
        ctx.module, ctx.chunk = module, chunk
        ctx.save_for_backward(x, a, b, z, kept, scale)
        return y.addmm_(kept, b.T)

    @staticmethod
    def backward(ctx, g):
        x, a, b, z, kept, scale = ctx.saved_tensors
        u = g @ b.T.contiguous().T  # so laid out, the product is three times as fast
        ctx.chunk["mu"] = torch.linalg.vecdot(u, z) * ctx.module.scaling
        u *= scale
        dx = (g @ ctx.module.base_layer.weight).addmm_(u, a) if ctx.needs_input_grad[0] else None
        return dx, u.T @ x, (kept.T @ g).T.contiguous(), None, None


class DoraUpdate(torch.autograd.Function):
    """The same for DoRA's Δ = c ⊙ y + (1 + c) ⊙ scaling · B A x, c = m/n − 1."""

    @staticmethod
    def forward(ctx, x, a, b, magnitude, module, chunk):
        weight, scaling = module.base_layer.weight, module.scaling
        # ‖W0 + scaling · B A‖² by rows, without the matrix.
        cross, own = (b * (weight @ a.T)).sum(1), ((b @ (a @ a.T)) * b).sum(1)
        norms = (module.squared_norms + 2 * scaling * cross + scaling * scaling * own).sqrt()
        factor = magnitude / norms
        y, z = x @ weight.T, (x @ a.T) * scaling
        full = torch.addmm(y, z, b.T)  # (W0 + scaling · B A) x
        delta = full * factor - y
        gate = module.look(chunk, len(x), lambda: row_norm(delta) / (row_norm(y) + RATIO_EPSILON))
        scale = gate.unsqueeze(1).to(x.dtype)
        ctx.module, ctx.chunk = module, chunk
        ctx.save_for_backward(x, a, b, z, full, delta, scale, factor, norms)
        return torch.addcmul(y, delta, scale)

    @staticmethod
    def backward(ctx, g):
        x, a, b, z, full, delta, scale, factor, norms = ctx.saved_tensors
        weight, scaling = ctx.module.base_layer.weight, ctx.module.scaling
        ctx.chunk["mu"] = torch.linalg.vecdot(g, delta)
        kept = g * scale
        d_magnitude = (kept * full).sum(0) / norms
        d_full = kept * factor
        u = (d_full @ b.T.contiguous().T) * scaling
        dx = ((g - kept + d_full) @ weight).addmm_(u, a) if ctx.needs_input_grad[0] else None
        return dx, u.T @ x, (z.T @ d_full).T.contiguous(), d_magnitude, None, None


class Fused:
    """What both kinds share. Open gates ('dense') are not compared with anything: their ratios stay NaN."""

    update: type[torch.autograd.Function]

    def __init__(self, base: nn.Linear, rank: int, alpha: float, context: GateContext, rslora=False):
        super().__init__(base, rank, alpha, context, rslora)
        if base.bias is not None:
            raise ValueError("the written-out backward knows no bias")

    def trained(self) -> tuple[torch.Tensor, ...]:
        return self.lora_A.weight, self.lora_B.weight

    def look(self, chunk: dict, tokens: int, ratio) -> torch.Tensor:
        """The gate of every token; `ratio()` is asked only where it decides."""
        dense = self.context.mode == "dense"
        chunk["ratio"] = torch.full((tokens,), torch.nan) if dense else ratio()
        chunk["gate"] = self.decide(chunk["ratio"], torch.ones(tokens, dtype=torch.bool))
        return chunk["gate"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() != 2 or self.context.valid is not None:
            raise ValueError("the written-out gate takes rows without padding, [tokens, width]")
        if self.context.mode == "off":
            return self.base_layer(x)
        chunk: dict[str, torch.Tensor] = {}
        self.chunks.append(chunk)
        return self.update.apply(x, *self.trained(), self, chunk)


class FusedLora(Fused, TsLoraLinear):
    update = LoraUpdate


class FusedDora(Fused, TsDoraLinear):
    update = DoraUpdate

    def __init__(self, base: nn.Linear, rank: int, alpha: float, context: GateContext, rslora=False):
        super().__init__(base, rank, alpha, context, rslora)
        self.squared_norms = base.weight.detach().square().sum(1)

    def trained(self):
        return self.lora_A.weight, self.lora_B.weight, self.magnitude
