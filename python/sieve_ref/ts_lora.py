"""TS-LoRA and TS-DoRA: a gate around an adapted linear. h_i = y_i + S_i Δ_i with S_i = 1[r_i ≥ τ]."""

import math

import torch
from torch import nn
from transformers import PreTrainedModel

from sieve_peft.gate import RATIO_EPSILON, GateStats, shrinkage, token_ratio
from .models import MODULE_PATHS, linear_names, linear_weight, module_names


class GateContext:
    """Shared by all gated modules of a model: which rows are real, and what the gates do.

    valid: bool [sequences, length], or None when nothing is padded.
    mode: 'gate' (r ≥ τ), 'dense' (all open), 'off' (base), 'quantile' (the share `keep` with the largest r of one
    forward), 'random' (as many, or each module's own `keep`, drawn with `generator`), 'given' (each module's `mask`).
    soft: h = y + max(0, 1 − τ/r) Δ, ‖y‖ held constant; `penalty` is then Σ max(0, r − τ) of all modules since it was
    last 0.
    """

    def __init__(self):
        self.valid: torch.Tensor | None = None
        self.mode = "gate"
        self.soft = False
        self.penalty: torch.Tensor | float = 0.0
        self.keep = 0.5
        self.generator = torch.Generator()


def kept_count(keep: float, tokens: int) -> int:
    """Tokens that a gate with the share `keep` leaves open: keep · T rounded half up."""
    return min(tokens, math.floor(keep * tokens + 0.5))


class TsLoraLinear(nn.Module):
    """Frozen linear + LoRA, with one threshold. Keeps ratio, gate and μ of every real token until `clear`."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float, context: GateContext, rslora=False):
        super().__init__()
        self.base_layer = base
        d_out, d_in = linear_weight(base).shape
        self.lora_A = nn.Linear(d_in, rank, bias=False)  # Kaiming-uniform(a=√5), as in PEFT
        self.lora_B = nn.Linear(rank, d_out, bias=False)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)
        self.scaling = alpha / math.sqrt(rank) if rslora else alpha / rank
        self.register_buffer("tau", torch.zeros((), dtype=torch.float32))
        self.context = context
        self.keep: float | None = None  # the random gate's share of this module, None = the context's
        self.mask: torch.Tensor | None = None
        self.constant: nn.Parameter | None = None  # [d_out]: what skipped tokens get
        self.chunks: list[dict[str, torch.Tensor]] = []

    def delta(self, x: torch.Tensor, y_base: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The update Δ of every token and its ratio r (no gradient)."""
        z = self.lora_A(x)
        with torch.no_grad():
            ratio = token_ratio(z, self.lora_B.weight, self.scaling, y_base)
        return self.lora_B(z) * self.scaling, ratio

    def decide(self, ratio: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """The gate of every token; padded rows are shut."""
        mode = self.context.mode
        if mode == "gate":
            return (ratio >= self.tau) & valid
        if mode == "dense":
            return valid.clone()
        if mode == "given":
            return self.mask & valid
        real = ratio[valid]
        kept = kept_count(self.context.keep if self.keep is None else self.keep, len(real))
        chosen = torch.zeros(len(real), dtype=torch.bool)
        if mode == "quantile":
            chosen[real.sort(descending=True, stable=True).indices[:kept]] = True  # of equal ratios the first
        elif mode == "random":
            chosen[torch.randperm(len(real), generator=self.context.generator)[:kept]] = True
        else:
            raise ValueError(f"no gate mode {mode!r}")
        gate = torch.zeros_like(valid)
        gate[valid] = chosen
        return gate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y_base = self.base_layer(x)
        if self.context.mode == "off":
            return y_base
        delta, ratio = self.delta(x, y_base)
        # The mask is hard: no gradient flows through r or S.
        with torch.no_grad():
            padding = self.context.valid
            valid = torch.ones_like(ratio, dtype=torch.bool) if padding is None else padding
            gate = self.decide(ratio, valid)
        real = (lambda rows: rows.flatten()) if padding is None else (lambda rows: rows[padding])
        added = delta
        if self.context.soft:
            reach = delta.norm(dim=-1) / (y_base.detach().norm(dim=-1) + RATIO_EPSILON)
            added = shrinkage(reach, gate, self.tau).unsqueeze(-1) * delta
            self.context.penalty = self.context.penalty + torch.where(gate, reach - self.tau, 0).sum()
        instead = 0 if self.constant is None else self.constant
        h = y_base + (added if gate.all() else torch.where(gate.unsqueeze(-1), added, instead))
        chunk = {"ratio": real(ratio), "gate": real(gate)}
        if h.requires_grad:
            # μ straight from its definition ⟨∂L/∂h_i, Δ_i⟩, not from u·z as the engine computes it.
            detached = delta.detach()
            h.register_hook(lambda grad: chunk.update(mu=real(torch.linalg.vecdot(grad, detached))))
        self.chunks.append(chunk)
        return h

    def clear(self) -> None:
        self.chunks = []

    def stats(self) -> GateStats:
        """Everything since `clear`. μ is zero for forwards without a backward."""
        joined = {k: torch.cat([c[k] for c in self.chunks]) for k in ("ratio", "gate")}
        mu = torch.cat([c.get("mu", torch.zeros_like(c["ratio"])) for c in self.chunks])
        return GateStats(mu=mu, **joined)


class TsDoraLinear(TsLoraLinear):
    """DoRA's update behind the same gate: Δ = c ⊙ (W0 x) + (1 + c) ⊙ scaling · B A x, c = m/n − 1, n = row norms of W0
    + scaling · B A (detached).
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float, context: GateContext, rslora=False):
        super().__init__(base, rank, alpha, context, rslora)
        self.magnitude = nn.Parameter(linear_weight(base).detach().norm(dim=1))

    def delta(self, x, y_base):
        base = self.base_layer
        with torch.no_grad():
            norms = (linear_weight(base) + self.scaling * self.lora_B.weight @ self.lora_A.weight).norm(dim=1)
        scale = self.magnitude / norms
        w0x = y_base if base.bias is None else y_base - base.bias
        delta = (scale - 1) * w0x + scale * self.lora_B(self.lora_A(x)) * self.scaling
        with torch.no_grad():
            ratio = delta.norm(dim=-1) / (y_base.norm(dim=-1) + RATIO_EPSILON)
        return delta, ratio


def attach_ts_lora(
    base: PreTrainedModel,
    rank: int,
    alpha: float,
    kinds=tuple(MODULE_PATHS),
    *,
    only=None,
    rslora=False,
    dora=False,
    constant=False,
    linear=None,
) -> PreTrainedModel:
    """Replaces the chosen linears of the base in place (`only`: full paths). `model.gate_context` switches the gates.

    constant: skipped tokens get a vector of each module, 0 at first. linear: the class to put there instead of this
    file's (fused.py).
    """
    context, linear_class = GateContext(), linear or (TsDoraLinear if dora else TsLoraLinear)
    chosen = module_names(base.config.num_hidden_layers, kinds) if only is None else only
    for name in linear_names(base):
        if name not in chosen:
            continue
        parent, _, leaf = name.rpartition(".")
        gated = linear_class(base.get_submodule(name), rank, alpha, context, rslora)
        if constant:
            gated.constant = nn.Parameter(torch.zeros(len(gated.lora_B.weight)))
        setattr(base.get_submodule(parent), leaf, gated)
    base.gate_context = context
    return base.eval()


def gated_modules(model: nn.Module) -> dict[str, TsLoraLinear]:
    """Module name -> gated linear, in the order of the module tree; empty for a plain LoRA model."""
    return {n: m for n, m in model.named_modules() if isinstance(m, TsLoraLinear)}


def constants(model: nn.Module) -> dict[str, nn.Parameter]:
    """Module name -> what its skipped tokens get; empty where they get nothing."""
    return {n: m.constant for n, m in gated_modules(model).items() if m.constant is not None}


def get_tau(model: nn.Module | list[TsLoraLinear]) -> torch.Tensor:
    """All thresholds, float32 [modules], of a model or of its gates."""
    return torch.stack([m.tau for m in (model if isinstance(model, list) else gated_modules(model).values())])


@torch.no_grad()
def set_tau(model: nn.Module | list[TsLoraLinear], tau: torch.Tensor) -> None:
    for module, value in zip(model if isinstance(model, list) else gated_modules(model).values(), tau, strict=True):
        module.tau.copy_(value)
