"""One optimizer step at a time, in the order that the method fixes."""
import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from .gate import GateStats, ReconstructedRule
from .models import lora_weights
from .ts_lora import gated_modules, get_tau, set_tau


@dataclass
class Batch:
    """Sequences behind one another, unpadded. ids, targets: int64 [rows]; a target of -1 carries no loss.

    starts: [sequences + 1] row offsets.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    starts: list[int]

    @staticmethod
    def of(sequences: list[tuple[list[int], int]]) -> "Batch":
        """From (ids, prompt length): targets are the next tokens, only those from `prompt length` on count."""
        ids, targets, starts = [], [], [0]
        for seq, prompt in sequences:
            ids += seq
            targets += [seq[i + 1] if i + 1 >= prompt else -1 for i in range(len(seq) - 1)] + [-1]
            starts.append(len(ids))
        return Batch(torch.tensor(ids), torch.tensor(targets), starts)

    @property
    def tokens(self) -> int:
        return len(self.ids)

    @property
    def supervised(self) -> int:
        return int((self.targets >= 0).sum())

    def sequences(self):
        for a, b in zip(self.starts, self.starts[1:]):
            yield self.ids[a:b], self.targets[a:b]

    def split(self, size: int) -> list["Batch"]:
        """Micro-batches of `size` sequences each."""
        parts = []
        for i in range(0, len(self.starts) - 1, size):
            edges = self.starts[i : i + size + 1]
            a, b = edges[0], edges[-1]
            parts.append(Batch(self.ids[a:b], self.targets[a:b], [e - a for e in edges]))
        return parts


def batch_logits(model: nn.Module, batch: Batch, padded: bool = False) -> torch.Tensor:
    """Logits of all real rows, [tokens, vocab]. Sequences never see one another.

    padded: one right-padded forward with an attention mask instead of one forward per sequence; same result.
    """
    if not padded:
        return torch.cat([model(input_ids=ids[None], use_cache=False).logits[0] for ids, _ in batch.sequences()])
    longest = max(b - a for a, b in zip(batch.starts, batch.starts[1:]))
    sequences = list(batch.sequences())
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    valid = torch.zeros(len(sequences), longest, dtype=torch.bool)
    for i, (seq, _) in enumerate(sequences):
        ids[i, : len(seq)], valid[i, : len(seq)] = seq, True
    context = getattr(model, "gate_context", None)
    if context is not None:
        context.valid = valid
    try:
        logits = model(input_ids=ids, attention_mask=valid.long(), use_cache=False).logits
    finally:
        if context is not None:
            context.valid = None
    return logits[valid]


def loss_sum(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy summed over supervised rows."""
    return F.cross_entropy(logits, targets, ignore_index=-1, reduction="sum")


@dataclass
class Settings:
    """Names and defaults as in the app's configuration. clipNorm 0 switches clipping off."""

    steps: int = 100
    learningRate: float = 3e-3
    warmupSteps: int = 10
    schedule: str = "linear"
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weightDecay: float = 0.0
    clipNorm: float = 1.0
    lambdaBar: float = 0.0
    tauStep: float | str = "auto"
    tauWarmup: int = 10


def learning_rate(s: Settings, t: int) -> float:
    """Learning rate of the 0-based step t."""
    if t < s.warmupSteps:
        return s.learningRate * (t + 1) / s.warmupSteps
    done = (t - s.warmupSteps) / max(1, s.steps - s.warmupSteps)
    if s.schedule == "linear":
        return s.learningRate * (1 - done)
    if s.schedule == "cosine":
        return s.learningRate * 0.5 * (1 + math.cos(math.pi * done))
    return s.learningRate


@dataclass
class StepResult:
    loss: float
    lr: float
    grad_norm: float  # global over A and B, before clipping
    stats: list[GateStats] = field(default_factory=list)  # per module, empty for plain LoRA
    tau: torch.Tensor | None = None  # after the step
    rho: float | None = None
    tau_step: float | None = None


class Run:
    """Trains A and B (and, when gated, the thresholds) of one model."""

    def __init__(self, model: nn.Module, settings: Settings):
        self.model, self.settings, self.t = model, settings, 0
        self.parameters = [p for pair in lora_weights(model).values() for p in pair]
        self.gates = list(gated_modules(model).values())
        s = settings
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=s.learningRate, betas=(s.beta1, s.beta2), eps=s.epsilon, weight_decay=s.weightDecay
        )
        self.rule = ReconstructedRule(len(self.gates), s.steps, s.lambdaBar, s.tauStep, s.tauWarmup)

    def backward(self, micro_batches: list[Batch], padded: bool = False) -> float:
        """Gradients (and μ) of the mean loss over all supervised tokens of the accumulated batch; the loss."""
        supervised = sum(b.supervised for b in micro_batches)
        self.optimizer.zero_grad(set_to_none=True)
        for gate in self.gates:
            gate.clear()
        total = 0.0
        for batch in micro_batches:
            loss = loss_sum(batch_logits(self.model, batch, padded), batch.targets) / supervised
            loss.backward()
            total += loss.item()
        return total

    def step(self, micro_batches: list[Batch]) -> StepResult:
        loss = self.backward(micro_batches)
        stats = [g.stats() for g in self.gates]
        clip = self.settings.clipNorm or math.inf
        grad_norm = torch.nn.utils.clip_grad_norm_(self.parameters, clip).item()
        lr = learning_rate(self.settings, self.t)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        result = StepResult(loss, lr, grad_norm, stats)
        if self.gates:
            result.tau = self.rule.update(self.t, get_tau(self.model), stats)
            set_tau(self.model, result.tau)
            result.rho, result.tau_step = self.rule.rho, self.rule.step_size
        self.t += 1
        return result
