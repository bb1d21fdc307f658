"""One optimizer step at a time, in the order that the method fixes."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from peft.optimizers import create_loraplus_optimizer
from torch import nn

from sieve_peft.coin import CoinRule
from sieve_peft.gate import GateStats
from sieve_peft.rules import AveragedRule, ExactRule, LateSkip, PriceList, SoftRule, StepRule, TargetSkip
from .dropout import dropout_key, set_dropout
from .gatera import mean_entropy
from .models import extra_weights, inner_model, lora_weights, orthogonality, whole_weights
from .packed import packed_logits
from .ts_lora import constants, gated_modules, get_tau, set_tau


@dataclass
class Batch:
    """Sequences behind one another, unpadded. ids, targets: int64 [rows]; a target of -1 carries no loss.

    starts: [sequences + 1] row offsets.
    whole: every sequence has a class, and targets is one for each of them.
    pixels: of pictures [sequences, channels, side, side]; ids are then the places of tokens, and sequences are whole.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    starts: list[int]
    pixels: torch.Tensor | None = None
    whole: bool = False

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


def batch_logits(model: nn.Module, batch: Batch, padded: bool = False, packed: bool = False) -> torch.Tensor:
    """Logits of all real rows, [tokens, vocab], or of whole sequences [sequences, classes]. Sequences never see one
    another.

    padded: one right-padded forward with an attention mask instead of one forward per sequence; packed: one forward
    over the rows behind one another. Same result.
    """
    if batch.pixels is not None:
        return torch.cat([inner_model(model)(pixel_values=picture[None]).logits for picture in batch.pixels])
    if batch.whole:
        return torch.cat(
            [inner_model(model)(input_ids=ids[None]).logits for ids in batch.ids.tensor_split(batch.starts[1:-1])]
        )
    if packed:
        return packed_logits(model, batch.ids, batch.starts)
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


def packed_loss_sum(model: nn.Module, batch: Batch) -> torch.Tensor:
    """The same through the packed forward: only supervised rows meet the head."""
    rows = (batch.targets >= 0).nonzero()[:, 0]
    return F.cross_entropy(packed_logits(model, batch.ids, batch.starts, rows), batch.targets[rows], reduction="sum")


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
    rule: str = "reconstructed"  # or literal, coin, soft, exact, averaged, quantile, late, random, oracle
    rhoPer: str = "run"
    eta: float | str = "auto"
    target: float | None = None
    targetPer: str = "run"
    prices: str = "own"  # or held-out
    pricesEvery: int = 4
    keep: float = 0.5
    gateStart: float = 0.5
    loraPlusRatio: float = 1.0
    dropout: float = 0.0
    tokenDropout: float = 0.0
    entropyWeight: float = 0.0
    seed: int = 1


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
    loss: float  # cross-entropy, without AdaLoRA's term
    lr: float
    grad_norm: float  # global over everything trained, before clipping
    stats: list[GateStats] = field(default_factory=list)  # per module, empty for plain LoRA
    tau: torch.Tensor | None = None  # after the step
    rho: float | None = None
    tau_step: float | None = None
    orthogonality: float | None = None  # AdaLoRA's term, before the step


# Rules that learn a threshold; the others decide inside the forward or from a pass before it.
LEARNED = ("reconstructed", "literal", "coin", "soft", "exact", "averaged")


def make_rule(s: Settings, names: list[str], prices: PriceList):
    """The threshold rule of a run whose gated modules have these names, None where nothing is learned."""
    modules = len(names)
    eta = math.inf if s.eta == "auto" else s.eta
    if s.rule in ("reconstructed", "literal", "coin", "soft"):
        updates = (s.steps - s.tauWarmup) / (s.pricesEvery if s.prices == "held-out" else 1)
        if s.rule == "coin":
            return CoinRule(names, s.seed, updates, prices, s.tauStep, s.tauWarmup, s.rhoPer)
        if s.rule == "soft":
            return SoftRule(modules, updates, prices, s.tauStep, s.tauWarmup, s.rhoPer)
        return StepRule(modules, updates, prices, s.tauStep, s.tauWarmup, s.rhoPer, s.rule == "literal")
    if s.rule == "exact":
        return ExactRule(modules, prices, eta, s.tauWarmup)
    if s.rule == "averaged":
        return AveragedRule(modules, prices, eta, s.tauWarmup)
    return None


class Run:
    """Trains A and B (and m or E, and, when gated, the thresholds) of one model.

    held_out: called for a batch of the slice that A and B never see, when `prices` is 'held-out': measured at the start
    of every pricesEvery-th step, with that step's weights and gates; τ moves by it at the step's end, else not.

    forward: 'loop' (one HF forward per sequence), 'padded' (one HF forward) or 'packed' (packed.py); same results, but
    the quantile, random and oracle gates must see all tokens of a micro-batch at once and refuse 'loop'.
    """

    def __init__(
        self, model: nn.Module, settings: Settings, forward: str = "loop", held_out: Callable[[], Batch] | None = None
    ):
        self.model, self.settings, self.forward, self.held_out, self.t = model, settings, forward, held_out, 0
        self.parameters = [p for pair in lora_weights(model).values() for p in pair] + list(
            extra_weights(model).values()
        )
        self.parameters += [*constants(model).values(), *whole_weights(model).values()]
        self.gates = list(gated_modules(model).values())
        s = settings
        adam = dict(betas=(s.beta1, s.beta2), eps=s.epsilon)
        if s.loraPlusRatio == 1:
            self.optimizer = torch.optim.AdamW(
                self.parameters, lr=s.learningRate, weight_decay=s.weightDecay, fused=True, **adam
            )
        else:
            self.optimizer = create_loraplus_optimizer(
                model,
                torch.optim.AdamW,
                lr=s.learningRate,
                loraplus_lr_ratio=s.loraPlusRatio,
                loraplus_weight_decay=s.weightDecay,
                **adam,
            )
        self.factors = [group["lr"] / s.learningRate for group in self.optimizer.param_groups]
        self.adalora = hasattr(getattr(model, "base_model", None), "rankallocator")
        self.prices = PriceList(len(self.gates), s.lambdaBar)
        self.rule = make_rule(s, list(gated_modules(model)), self.prices)
        if self.gates:
            model.gate_context.soft = s.rule == "soft"
        self.target = None if s.target is None else TargetSkip(s.target, s.tauWarmup, s.targetPer)
        if s.rule == "late":
            self.target = LateSkip(1 - s.keep, s.gateStart, s.steps)
        self.drops = s.dropout > 0 or s.tokenDropout > 0
        if self.drops and (forward != "packed" or self.gates):
            raise ValueError("dropout is for plain LoRA through the packed forward")
        if self.gates and s.rule not in (*LEARNED, "late"):
            if forward == "loop":
                raise ValueError(f"the {s.rule} gate needs a whole micro-batch in one forward")
            model.gate_context.mode, model.gate_context.keep = "given" if s.rule == "oracle" else s.rule, s.keep

    def loss_sum(self, batch: Batch, forward: str | None = None) -> torch.Tensor:
        """Cross-entropy summed over a batch's supervised rows."""
        forward = forward or self.forward
        if forward == "packed":
            return packed_loss_sum(self.model, batch)
        return loss_sum(batch_logits(self.model, batch, padded=forward == "padded"), batch.targets)

    def backward(self, micro_batches: list[Batch], padded: bool = False) -> float:
        """Gradients (and μ) of the mean loss over all supervised tokens of the accumulated batch; the loss
        (cross-entropy).
        """
        if self.gates and self.settings.rule == "oracle":
            self.look_ahead(micro_batches)
        supervised = sum(b.supervised for b in micro_batches)
        self.clear()
        total = 0.0
        for i, batch in enumerate(micro_batches):
            if self.drops:
                key = dropout_key(self.settings.seed, self.t, i)
                set_dropout(self.model, self.settings.dropout, self.settings.tokenDropout, key, batch.tokens)
            loss = self.loss_sum(batch, "padded" if padded else None) / supervised
            tokens = sum(b.tokens for b in micro_batches)
            (loss + self.penalty(tokens) + self.settings.entropyWeight * mean_entropy(self.model, tokens)).backward()
            total += loss.item()
        if self.drops:
            set_dropout(self.model, self.settings.dropout, self.settings.tokenDropout, None)
        if self.adalora:
            orthogonality(self.model).backward()
        return total

    def penalty(self, tokens: int) -> torch.Tensor | float:
        """λ Σ max(0, r − τ) of the last forward, behind a soft threshold."""
        if self.settings.rule != "soft" or not self.gates:
            return 0.0
        context = self.model.gate_context
        penalty, context.penalty = context.penalty, 0.0
        return self.settings.lambdaBar / tokens * penalty

    def clear(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        for gate in self.gates:
            gate.clear()

    def measure(self, batch: Batch) -> list[GateStats]:
        """What every module's tokens of a batch would do to its mean loss, through the gates as they are; nothing is
        learnt.
        """
        self.clear()
        (self.loss_sum(batch) / batch.supervised).backward()
        self.penalty(batch.tokens)
        stats = [g.stats() for g in self.gates]
        self.clear()
        return stats

    def look_ahead(self, micro_batches: list[Batch]) -> None:
        """The oracle's first pass, all gates open: the second one skips exactly the tokens with μ ≥ 0, where Δ is not
        0.
        """
        if len(micro_batches) != 1 or self.forward != "packed":
            raise ValueError("the oracle takes one micro-batch, packed")
        batch, context = micro_batches[0], self.model.gate_context
        context.mode = "dense"
        for gate, stats in zip(self.gates, self.measure(batch)):
            gate.mask = (stats.mu < 0) | (stats.ratio == 0)  # rows behind one another, as the packed forward has them
        context.mode = "given"

    def step(self, micro_batches: list[Batch]) -> StepResult:
        s, prices = self.settings, None
        if (
            s.prices == "held-out"
            and self.rule is not None
            and self.t >= s.tauWarmup
            and (self.t - s.tauWarmup) % s.pricesEvery == 0
        ):
            prices = self.measure(self.held_out())
        loss = self.backward(micro_batches)
        stats = [g.stats() for g in self.gates]
        if s.prices == "own":
            prices = stats
        clip = s.clipNorm or math.inf
        grad_norm = torch.nn.utils.clip_grad_norm_(self.parameters, clip).item()
        lr = learning_rate(s, self.t)
        for group, factor in zip(self.optimizer.param_groups, self.factors):
            group["lr"] = lr * factor
        result = StepResult(loss, lr, grad_norm, stats)
        if self.adalora:
            with torch.no_grad():
                result.orthogonality = orthogonality(self.model).item()
        self.optimizer.step()
        if self.adalora:
            self.model.base_model.update_and_allocate(self.t)  # sees the clipped gradients, as in a HF training loop
        if self.gates:
            if prices is not None and (self.rule or self.target):
                tau = get_tau(self.gates)
                tau = tau if self.rule is None else self.rule.update(self.t, tau, prices)
                set_tau(self.gates, tau if self.target is None else self.target.steer(self.t, tau, stats))
            result.tau = get_tau(self.gates)
            result.rho, result.tau_step = getattr(self.rule, "rho", None), getattr(self.rule, "step_size", None)
        self.t += 1
        return result
