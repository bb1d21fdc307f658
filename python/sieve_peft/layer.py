"""The gate of one adapted module, as a variant of PEFT's LoRA layers (Linear, Conv1D, bitsandbytes)."""

from dataclasses import dataclass, field

import torch
from peft.tuners._buffer_dict import BufferDict
from peft.tuners.lora.layer import LoraLayer, LoraVariant
from torch import nn

from .gate import RATIO_EPSILON, delta_norm, shrinkage

NOT_MERGED = "A gated adapter cannot be merged into the weights: whether a token gets the update depends on the token."


@dataclass
class Context:
    """What all gates of an adapter share. `valid`: bool, the tokens' shape, False where padded; None: no padding."""

    valid: torch.Tensor | None = None
    recording: bool = False


@dataclass
class Record:
    """Tokens of one forward through one module: r, whether the update was applied, μ = ⟨∂L/∂h, Δ⟩. All [tokens].

    μ is there once the backward came by; it never comes where activations are computed a second time.
    """

    ratio: torch.Tensor
    gate: torch.Tensor
    mu: torch.Tensor | None = None


@dataclass
class Gate(LoraVariant):
    """h = y + 1[r ≥ τ] Δ with r = ‖Δ‖ / (‖y‖ + 1e-6). No gradient flows through r or the gate.

    soft: h = y + max(0, 1 − τ/r) Δ, and the gradient of Δ flows through r; ‖y‖ is held constant.
    constant: a skipped token gets y + b with the module's `lora_constant` b.
    """

    dora: bool
    context: Context
    soft: bool = False
    constant: bool = False
    records: list[Record] = field(default_factory=list)

    def supports_lora_conversion(self) -> bool:
        return False

    def init(self, module: LoraLayer, adapter_name: str, **kwargs) -> None:
        """Nothing: `attach` is told when PEFT has made the layer."""

    @staticmethod
    def _refuse(*args, **kwargs):
        raise ValueError(NOT_MERGED)

    merge_safe = merge_unsafe = unmerge = _refuse

    def forward(
        self, module: LoraLayer, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **kwargs
    ) -> torch.Tensor:
        """The module's output [..., d_out] from its input x [..., d_in] and the frozen output `result`."""
        lora_a, lora_b = module.lora_A[active_adapter], module.lora_B[active_adapter]
        scaling = module.scaling[active_adapter]
        tau = module.lora_tau[active_adapter].to(result.device)
        dropped = module.lora_dropout[active_adapter](x)
        if self.dora:
            same = dropped is x or isinstance(module.lora_dropout[active_adapter], nn.Identity) or not module.training
            delta = module.lora_magnitude_vector[active_adapter](
                dropped,
                lora_A=lora_a,
                lora_B=lora_b,
                scaling=scaling,
                base_layer=module.get_base_layer(),
                base_result=result if same else None,
                adapter_name=active_adapter,
            )
            with torch.set_grad_enabled(self.soft and torch.is_grad_enabled()):
                size = delta.float().norm(dim=-1)
        else:
            z = lora_a(dropped)
            with torch.no_grad():
                size = delta_norm(z.float(), lora_b.weight.float(), scaling)
            if self.soft and torch.is_grad_enabled():
                size = (lora_b(z) * scaling).float().norm(dim=-1)  # its gradient needs Δ itself
        reach = size / (result.detach().float().norm(dim=-1) + RATIO_EPSILON)
        with torch.no_grad():
            ratio = reach.detach()
            valid = self.context.valid
            if valid is not None and valid.shape != ratio.shape:
                valid = None
            gate = ratio >= tau.float()
            if valid is not None:
                gate &= valid.to(gate.device)
        kappa = shrinkage(reach, gate, tau.float()).unsqueeze(-1) if self.soft else None
        if self.dora:
            added = delta if kappa is None else kappa * delta
            out = torch.where(gate.unsqueeze(-1), result + added.to(result.dtype), result)
        else:
            # B z is computed for active tokens only.
            rows = gate.flatten().nonzero()[:, 0]
            flat = result.reshape(-1, result.shape[-1])
            update = lora_b(z.reshape(-1, z.shape[-1])[rows]) * scaling
            if kappa is not None:
                update = kappa.reshape(-1, 1)[rows] * update
            update = update.to(flat.dtype)
            out = flat.index_add(0, rows, update).view_as(result)
        if self.constant:
            skipped = ~gate if valid is None else ~gate & valid.to(gate.device)
            out = torch.where(skipped.unsqueeze(-1), (result + module.lora_constant[active_adapter]).to(out.dtype), out)
        if self.context.recording and out.requires_grad:
            self._record(
                out, ratio, gate, valid, delta.detach() if self.dora else (z.detach(), lora_b.weight.detach(), scaling)
            )
        return out

    def _record(self, out, ratio, gate, valid, update) -> None:
        """Keeps the forward's r and gates, and has μ added when the gradient of `out` is known."""
        real = (lambda t: t.flatten()) if valid is None else (lambda t: t[valid.to(t.device)])
        record = Record(real(ratio), real(gate))
        self.records.append(record)

        def add_mu(gradient: torch.Tensor) -> None:
            g = gradient.float()
            if torch.is_tensor(update):
                mu = torch.linalg.vecdot(g, update.float())
            else:
                z, b, scaling = update
                mu = scaling * torch.linalg.vecdot(g @ b.float(), z.float())
            record.mu = real(mu)

        out.register_hook(add_mu)


def attach(layer: LoraLayer, adapter: str, context: Context, soft: bool = False, constant: bool = False) -> None:
    """Puts a gate with τ = 0 around an adapter that PEFT has just made. A τ is a buffer: nothing but its rule may move
    it.

    constant: with a vector for skipped tokens, which is a parameter and 0 at first.
    """
    if "lora_tau" not in layer._modules:
        layer.lora_tau = BufferDict({}, persistent=True)
        layer.other_param_names = (*layer.other_param_names, "lora_tau")
    layer.lora_tau[adapter] = torch.zeros((), dtype=torch.float32, device=layer.lora_A[adapter].weight.device)
    if constant:
        if "lora_constant" not in layer._modules:
            layer.lora_constant = nn.ParameterDict({})
            layer.adapter_layer_names = (*layer.adapter_layer_names, "lora_constant")
        weight = layer.lora_B[adapter].weight
        layer.lora_constant[adapter] = nn.Parameter(
            torch.zeros(weight.shape[0], dtype=torch.float32, device=weight.device)
        )
    layer.lora_variant[adapter] = Gate(dora=layer.use_dora[adapter], context=context, soft=soft, constant=constant)


def gated_layers(model: nn.Module, adapter: str = "default") -> dict[str, LoraLayer]:
    """Module path -> layer, of every module that the adapter gates, in the model's order."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, LoraLayer) and isinstance(module.lora_variant.get(adapter), Gate)
    }


@dataclass
class TokenGate(LoraVariant):
    """GateRA: h = y + σ(w·x) Δ."""

    def supports_lora_conversion(self) -> bool:
        return False

    def init(self, module: LoraLayer, adapter_name: str, **kwargs) -> None:
        """Nothing: `attach_token_gate` is told when PEFT has made the layer."""

    merge_safe = merge_unsafe = unmerge = Gate._refuse

    def forward(
        self, module: LoraLayer, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **kwargs
    ) -> torch.Tensor:
        lora_a, lora_b = module.lora_A[active_adapter], module.lora_B[active_adapter]
        gate = torch.sigmoid(x @ module.lora_gate[active_adapter].to(x.dtype)).unsqueeze(-1)
        return result + gate * lora_b(lora_a(module.lora_dropout[active_adapter](x))) * module.scaling[active_adapter]


def attach_token_gate(layer: LoraLayer, adapter: str) -> None:
    """Puts GateRA's gate with w = 0 around an adapter that PEFT has just made."""
    if "lora_gate" not in layer._modules:
        layer.lora_gate = nn.ParameterDict({})
        layer.adapter_layer_names = (*layer.adapter_layer_names, "lora_gate")
    weight = layer.lora_A[adapter].weight
    layer.lora_gate[adapter] = nn.Parameter(torch.zeros(weight.shape[1], dtype=torch.float32, device=weight.device))
    layer.lora_variant[adapter] = TokenGate()
