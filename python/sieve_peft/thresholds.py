"""How τ learns while a gated adapter is trained: once per optimizer step, from the gradients of that step."""

import copy
import math
from dataclasses import asdict, dataclass

import torch
import torch.distributed as dist
from torch import nn

from .coin import CoinRule
from .gate import GateStats
from .layer import gated_layers
from .rules import AveragedRule, ExactRule, LateSkip, PriceList, SoftRule, StepRule, TargetSkip

try:
    from transformers import TrainerCallback
except ImportError:  # the package works without transformers' Trainer

    class TrainerCallback:
        """Stands in where transformers is absent."""


RULES = ("reconstructed", "literal", "exact", "averaged", "coin", "soft", "late", "fixed")


@dataclass
class ThresholdSettings:
    """How the thresholds of one adapter move. Names and defaults as in Sieve's page.

    rule: 'reconstructed' (of the paper's update, from secondary sources), 'literal' (the same, for the paper's own
    constants), 'exact' (proximal step over the step's tokens), 'averaged' (the same over EMAs in r's histogram), 'coin'
    (a control: the reconstructed rule with coins for the signs of μ, thrown by `seed`), 'soft' (by τ's own gradient:
    for adapters with a soft threshold, and without a sparsity penalty, which would belong to the loss), 'late' (every
    token is active for the share `gate_start` of the steps, then each module skips a share that grows to
    `target_sparsity`) or 'fixed' (τ rests). steps, warmup: optimizer steps of the whole run, and those before τ first
    moves. tau_learning_rate: step size of τ; None: 3 · median r / (steps − warmup). sparsity_penalty: λ̄, the price of
    an active token against a mean loss (λ = λ̄ / T). target_sparsity: share of tokens to be skipped, None: what the
    rule gives. eta: of the proximal rules, None: ∞. per_module: each module's own median of r sets its step.
    target_per_module: each module reaches the target by itself; None: as per_module.
    """

    steps: int
    rule: str = "reconstructed"
    warmup: int = 10
    tau_learning_rate: float | None = None
    sparsity_penalty: float = 0.0
    target_sparsity: float | None = None
    per_module: bool = False
    target_per_module: bool | None = None
    eta: float | None = None
    seed: int = 0
    gate_start: float = 0.5

    def __post_init__(self):
        if self.rule not in RULES:
            raise ValueError(f"there is no threshold rule {self.rule!r}, only {', '.join(RULES)}")
        if self.rule == "soft" and self.sparsity_penalty:
            raise ValueError("the soft rule's sparsity penalty is a part of the loss, which is not made here")
        if self.rule == "late" and self.target_sparsity is None:
            raise ValueError("the late rule needs a target_sparsity")
        if not 0 <= self.warmup < self.steps:
            raise ValueError(f"warmup {self.warmup} must lie below steps {self.steps}")
        if self.target_sparsity is not None and not 0 <= self.target_sparsity < 1:
            raise ValueError(f"target_sparsity {self.target_sparsity} must lie in [0, 1)")


def _make_rule(s: ThresholdSettings, names: list[str]):
    """The rule for modules of these names, which are the base model's."""
    modules = len(names)
    prices, eta = PriceList(modules, s.sparsity_penalty), math.inf if s.eta is None else s.eta
    if s.rule == "exact":
        return ExactRule(modules, prices, eta, s.warmup)
    if s.rule == "averaged":
        return AveragedRule(modules, prices, eta, s.warmup)
    if s.rule in ("fixed", "late"):
        return None
    size = "auto" if s.tau_learning_rate is None else s.tau_learning_rate
    per = "module" if s.per_module else "run"
    if s.rule == "soft":
        return SoftRule(modules, s.steps - s.warmup, prices, size, s.warmup, per)
    if s.rule == "coin":
        return CoinRule(names, s.seed, s.steps - s.warmup, prices, size, s.warmup, per)
    return StepRule(modules, s.steps - s.warmup, prices, size, s.warmup, per, s.rule == "literal")


class Thresholds:
    """The thresholds of one adapter of a model, and what moves them.

    Either `thresholds.hook(optimizer)`, and every `optimizer.step()` moves τ afterwards; or give
    `ThresholdCallback(thresholds)` to a transformers Trainer. Gradients must be those of the mean loss over the whole
    batch: of all micro-batches together, and of all processes (`gradient_scale` says by what they were multiplied,
    where a scaler or an average is in between). `skipped` maps module -> share of tokens skipped in the last step,
    whose tokens are in `stats`.
    """

    def __init__(
        self, model: nn.Module, settings: ThresholdSettings, adapter: str = "default", order: list[str] | None = None
    ):
        """order: names of all gated modules as `stats`, `tau` and the state list them; the model's own order unless
        given.
        """
        self.layers = gated_layers(model, adapter)
        if not self.layers:
            raise ValueError(f"the model has no gated adapter {adapter!r}")
        if order is not None:
            if set(order) != self.layers.keys():
                raise ValueError(
                    f"the order names other modules than are gated: {sorted(set(order) ^ self.layers.keys())}"
                )
            self.layers = {name: self.layers[name] for name in order}
        self.settings, self.adapter = settings, adapter
        self.gates = [layer.lora_variant[adapter] for layer in self.layers.values()]
        if settings.rule not in ("fixed", "late") and self.gates[0].soft != (settings.rule == "soft"):
            raise ValueError("the soft rule, and no other that learns, is for adapters with a soft threshold")
        self.rule = _make_rule(settings, [name.removeprefix("base_model.model.") for name in self.layers])
        own = settings.per_module if settings.target_per_module is None else settings.target_per_module
        per = "module" if own else "run"
        target = settings.target_sparsity
        self.target = None if target is None or self.rule is None else TargetSkip(target, settings.warmup, per)
        if settings.rule == "late":
            self.target = LateSkip(target, settings.gate_start, settings.steps)
        self.step_count = 0
        self.gradient_scale = 1.0
        self.skipped: dict[str, float] = {}
        self.stats: list[GateStats] = []
        self.context = self.gates[0].context
        self.context.recording = True
        self.clear()

    @property
    def tau(self) -> torch.Tensor:
        """All thresholds, float32 [modules] on the CPU, in the order of `layers`."""
        return torch.stack([layer.lora_tau[self.adapter].detach().float().cpu() for layer in self.layers.values()])

    @torch.no_grad()
    def set_tau(self, tau: torch.Tensor) -> None:
        for layer, value in zip(self.layers.values(), tau, strict=True):
            layer.lora_tau[self.adapter].copy_(value)

    def hook(self, optimizer: torch.optim.Optimizer) -> "Thresholds":
        """τ moves whenever `optimizer` has stepped. Returns itself."""
        optimizer.register_step_post_hook(lambda *_: self.step())
        return self

    def step(self) -> None:
        """Moves τ by what was recorded since the last call: once after each optimizer step."""
        stats = self.take()
        if stats is None:
            return
        self.stats = stats
        self.skipped = {name: 1 - s.gate.float().mean().item() for name, s in zip(self.layers, stats)}
        tau = self.tau if self.rule is None else self.rule.update(self.step_count, self.tau, stats)
        self.set_tau(tau if self.target is None else self.target.steer(self.step_count, tau, stats))
        self.step_count += 1

    def detach(self) -> None:
        """Ends recording: the gates stay, their thresholds rest."""
        self.context.recording = False
        self.clear()

    def state_dict(self) -> dict:
        """All that `load_state_dict` needs to go on as if nothing had happened; τ itself is saved with the adapter."""
        rule = {k: v for k, v in vars(self.rule).items() if k != "prices"} if self.rule else {}
        corrections = dict(self.target.corrections) if self.target else {}
        return copy.deepcopy(
            {"settings": asdict(self.settings), "step": self.step_count, "rule": rule, "corrections": corrections}
        )

    def load_state_dict(self, state: dict) -> None:
        """@raises ValueError: the state is of other settings."""
        if state["settings"] != asdict(self.settings):
            raise ValueError("the state of these thresholds was saved with other settings")
        self.step_count = state["step"]
        if self.rule:
            vars(self.rule).update(copy.deepcopy(state["rule"]))
        if self.target:
            self.target.corrections = dict(state["corrections"])

    def clear(self) -> None:
        """Forgets what was recorded: it was no training step, or one that is left out."""
        for gate in self.gates:
            gate.records.clear()

    def take(self) -> list[GateStats] | None:
        """Every module's tokens since the last call, of all processes, in the order of ranks; None where nothing came
        backward.
        """
        recorded = [[r for r in gate.records if r.mu is not None] for gate in self.gates]
        self.clear()
        if not any(recorded):
            return None
        silent = [name for name, records in zip(self.layers, recorded) if not records]
        if silent:
            raise RuntimeError(f"no gradient came by {', '.join(silent)}: its threshold cannot learn")
        stats = []
        for records in recorded:
            ratio = torch.cat([r.ratio for r in records]).float()
            gate = torch.cat([r.gate for r in records]).float()
            mu = torch.cat([r.mu for r in records]).float() / self.gradient_scale
            ratio, gate, mu = _gather(torch.stack([ratio, gate, mu])).cpu()
            stats.append(GateStats(ratio=ratio, gate=gate.bool(), mu=mu))
        return stats


def _gather(rows: torch.Tensor) -> torch.Tensor:
    """[3, tokens] of every process behind one another. μ is divided by their number: each holds the gradient of its own
    mean.
    """
    if not dist.is_available() or not dist.is_initialized() or dist.get_world_size() == 1:
        return rows
    world = dist.get_world_size()
    count = torch.tensor([rows.shape[1]], device=rows.device)
    counts = [torch.zeros_like(count) for _ in range(world)]
    dist.all_gather(counts, count)
    most = int(max(counts))
    padded = torch.zeros(3, most, device=rows.device)
    padded[:, : rows.shape[1]] = rows
    parts = [torch.zeros_like(padded) for _ in range(world)]
    dist.all_gather(parts, padded)
    rows = torch.cat([part[:, : int(n)] for part, n in zip(parts, counts)], 1)
    rows[2] /= world
    return rows


class ThresholdCallback(TrainerCallback):
    """Moves τ after each optimizer step of a transformers Trainer, and logs the skipped share as `skipped`."""

    def __init__(self, thresholds: Thresholds):
        self.thresholds = thresholds

    def on_optimizer_step(self, args, state, control, **kwargs):
        self.thresholds.step()

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not logs or "loss" not in logs or not self.thresholds.skipped:
            return
        shares = self.thresholds.skipped.values()
        # The Trainer has put a copy of `logs` into its history before it asks.
        for entry in (logs, state.log_history[-1]):
            entry["skipped"] = round(sum(shares) / len(shares), 4)
