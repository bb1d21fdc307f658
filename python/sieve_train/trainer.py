"""One run under Accelerate: the page's batches, schedule, clipping, AdamW and gate rules, on as many processes as there
are.
"""

import math
import time
from contextlib import nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import DistributedType, parse_flag_from_env
from peft import PeftModel
from peft.tuners.lora.layer import LoraLayer
from sieve_peft import gated_layers
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_optimizer_state_dict
from transformers.pytorch_utils import Conv1D

from .metrics import MetricLog, gate_json, module_ids, skipped_share
from .model import (
    clean,
    is_trained,
    learning_rate,
    load_optimizer,
    optimizer_of,
    restore_moments,
    saved_name,
    thresholds_of,
)
from .order import BatchOrder, split_dev
from .run_file import NotCarried, RunFile, RunPart, TokenSet

# Steps in a row whose loss or gradient is not finite, after which a run ends.
MOST_BAD = 3


class Diverged(RuntimeError):
    """The run cannot go on: its numbers are not finite."""


@dataclass
class Examples:
    """Some examples side by side, padded on the right. ids and mask [examples, longest]; a target of -1 carries no
    loss.

    targets: the next tokens [examples, longest], or of a head with classes the class of each example [examples].
    """

    ids: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor

    @staticmethod
    def of(tokens: TokenSet, chosen: list[int], device: torch.device, pad: int) -> "Examples":
        rows = [tokens.example(i) for i in chosen]
        longest = max(len(ids) for ids, _ in rows)
        ids, mask = torch.full((len(rows), longest), pad), torch.zeros(len(rows), longest, dtype=torch.long)
        targets = torch.full((len(rows), longest if tokens.labels is None else 1), -1)
        for i, (own, wanted) in enumerate(rows):
            ids[i, : len(own)], mask[i, : len(own)], targets[i, : len(wanted)] = (
                torch.from_numpy(own),
                1,
                torch.from_numpy(wanted),
            )
        return Examples(
            ids.to(device), mask.to(device), targets.to(device) if tokens.labels is None else targets[:, 0].to(device)
        )

    @property
    def whole(self) -> bool:
        """Whether a head with classes tells each example apart."""
        return self.targets.dim() == 1


def logits_of(model: torch.nn.Module, batch: Examples) -> torch.Tensor:
    """[examples, longest, vocabulary], or of a head with classes [examples, classes]."""
    return model(input_ids=batch.ids, attention_mask=batch.mask, **({} if batch.whole else {"use_cache": False})).logits


def loss_sum(model: torch.nn.Module, batch: Examples) -> tuple[torch.Tensor, int]:
    """Cross-entropy summed over the supervised tokens, float32; of how many the target had the largest logit."""
    logits = logits_of(model, batch)
    chosen = batch.targets >= 0
    scores, targets = logits[chosen].float(), batch.targets[chosen]
    right = int((scores.detach().argmax(-1) == targets).sum()) if batch.whole else 0
    return F.cross_entropy(scores, targets, reduction="sum"), right


class RunTrainer:
    """model: with the run's adapter, not yet wrapped. micro_batch: sequences of one forward in each process."""

    def __init__(
        self,
        accelerator: Accelerator,
        model: PeftModel,
        run_file: RunFile,
        part: RunPart,
        micro_batch: int | None = None,
    ):
        self.accelerator, self.part, self.run_file = accelerator, part, run_file
        self.train = dict(run_file.settings)
        if part.config["learningRate"] is not None:
            self.train["learningRate"] = part.config["learningRate"]
        self.world, self.rank = accelerator.num_processes, accelerator.process_index
        self.sequences = self.train["batchSize"] * self.train["gradientAccumulationSteps"]
        if self.sequences % self.world != 0:
            raise ValueError(
                f"a step's {self.sequences} sequences cannot be shared evenly by {self.world} processes: choose --batch-size as a multiple of {self.world}"
            )
        self.micro = min(micro_batch or self.train["batchSize"], self.sequences // self.world)
        self.learnt, _ = split_dev(len(run_file.train), self.train["seed"], self.train["devShare"])
        self.order = BatchOrder(len(self.learnt), self.train["seed"], run_file.order)
        self.step, self.bad = run_file.step, 0
        self.pad = 0 if run_file.classes is None else model.config.get_text_config().pad_token_id or 0
        log = next((r for r in run_file.metrics["runs"] if r["runId"] == part.id), None)
        self.paths, modules = as_listed(model, (log or {}).get("modules", []), part)
        parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
        optimizer = optimizer_of(model, part, self.train)
        self.rates = [group.pop("rate") for group in optimizer.param_groups]
        for layer in gated_layers(model).values():
            # FSDP shards whatever a state dict has; a threshold is one number, the same on every process.
            layer.lora_tau._non_persistent_buffers_set.update(layer.lora_tau.keys())
        self.model, self.optimizer = accelerator.prepare(model, optimizer)
        if accelerator.distributed_type == DistributedType.MULTI_CPU and parse_flag_from_env("ACCELERATE_USE_FSDP"):
            raise RuntimeError("Accelerate was asked for FSDP, and has not sharded the model")
        self.deepspeed = accelerator.distributed_type == DistributedType.DEEPSPEED
        if not self.deepspeed:
            restore_moments(self.model, self.optimizer.optimizer, part, self.train)
        elif part.moments:
            raise ValueError(
                "DeepSpeed keeps AdamW's moments in a form of its own: start a session from its first step, or use FSDP"
            )
        self.thresholds = thresholds_of(accelerator.unwrap_model(self.model), part, self.train, self.step, self.paths)
        self.log = MetricLog(part.id, log, self.step)
        self.log.began(modules, parameters)

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        return [p for p in self.model.parameters() if p.requires_grad]

    def train_step(self) -> dict[str, float]:
        """One optimizer step; what it showed, by name. @raises Diverged: after three that could not be computed"""
        began = time.perf_counter()
        chosen = [self.learnt[i] for i in self.order.next(self.sequences)]
        supervised = self.run_file.train.supervised_tokens(chosen)
        tokens = sum(len(self.run_file.train.example(i)[0]) for i in chosen)
        share = len(chosen) // self.world
        own = chosen[self.rank * share : (self.rank + 1) * share]
        rate = self.part.rate * learning_rate(self.train, self.step)
        for group, factor in zip(self.optimizer.param_groups, self.rates):
            group["lr"] = rate * factor
        self.model.train()
        total = torch.zeros((), device=self.accelerator.device)
        for at in range(0, share, self.micro):
            batch = Examples.of(self.run_file.train, own[at : at + self.micro], self.accelerator.device, self.pad)
            with nullcontext() if at + self.micro >= share else self.accelerator.no_sync(self.model):
                loss = loss_sum(self.model, batch)[0] / supervised
                # Gradients are averaged over the processes, and the loss is a mean over all their tokens.
                self.accelerator.backward(loss * self.world)
                total += loss.detach()
        total = self.accelerator.reduce(total, "sum").item()
        norm = self._clip()
        self.step += 1
        if not (math.isfinite(total) and math.isfinite(norm)):
            self._leave_out(total, norm)
        else:
            self.bad = 0
            self.optimizer.step()
            if self.thresholds is not None:
                self.thresholds.step()
        self.optimizer.zero_grad()
        gate = self._gate_json(tokens) if self.thresholds is not None and self.thresholds.stats else None
        self.log.add_step(
            self.step,
            loss=total,
            rate=rate,
            norm=norm,
            tokens=tokens,
            ms=1000 * (time.perf_counter() - began),
            gate=gate,
        )
        shown = {"loss": total, "learningRate": rate, "gradNorm": norm}
        return shown | ({"skipped": skipped_share(gate)} if gate else {})

    def _clip(self) -> float:
        """Clips the gradients; their norm before that."""
        clip = self.train["maxGradientNorm"] or math.inf
        norm = self.accelerator.clip_grad_norm_(self.parameters, clip)
        scaler = self.accelerator.scaler
        if scaler is not None and self.thresholds is not None:
            self.thresholds.gradient_scale = scaler.get_scale()
        if norm is None:  # DeepSpeed clips inside, by its own configuration.
            return 0.0
        return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)

    def _leave_out(self, loss: float, norm: float) -> None:
        """As the page: a step that cannot be computed changes nothing, and three in a row end the run."""
        self.bad += 1
        if self.thresholds is not None:
            self.thresholds.clear()
        self.accelerator.print(f"step {self.step} was left out: loss {loss}, gradient norm {norm}")
        if self.bad >= MOST_BAD:
            raise Diverged(f"{MOST_BAD} steps in a row could not be computed: loss {loss}, gradient norm {norm}")

    def _gate_json(self, tokens: int) -> dict:
        t = self.thresholds
        penalty = t.settings.sparsity_penalty / tokens if self.step > t.settings.warmup else 0.0
        return gate_json(t.stats, t.tau, t.rule, price=penalty)

    def evaluate(self, last: bool = False) -> float:
        """Mean loss over the first `evalExamples` of the validation split. last: the gates are measured as well, which
        takes a backward.
        """
        tokens, size = self.run_file.validation, self.train["batchSize"]
        n = min(self.train["evalExamples"], len(tokens))
        batches = [list(range(i, min(i + size, n))) for i in range(0, n, size)]
        supervised = tokens.supervised_tokens(list(range(n)))
        measure = last and self.thresholds is not None
        self.model.eval()
        total = torch.zeros(2, device=self.accelerator.device, dtype=torch.float64)
        with torch.set_grad_enabled(measure), self.accelerator.no_sync(self.model) if measure else nullcontext():
            for first in range(0, len(batches), self.world):
                # Every process takes part in every forward: who has no batch left counts nothing.
                mine = first + self.rank
                counts = float(mine < len(batches))
                batch = Examples.of(tokens, batches[mine if counts else 0], self.accelerator.device, self.pad)
                summed, right = loss_sum(self.model, batch)
                loss = counts * summed / supervised
                if measure:
                    (self.world * loss).backward()
                    if not counts:
                        self._drop_last()
                total += torch.stack(
                    [loss.detach().double(), torch.tensor(counts * right, dtype=torch.float64, device=total.device)]
                )
        total, right = self.accelerator.reduce(total, "sum").tolist()
        stats = self.thresholds.take() if measure else None
        if measure:
            self.optimizer.zero_grad()
        elif self.thresholds is not None:
            self.thresholds.clear()
        gate = gate_json(stats, self.thresholds.tau) if stats else None
        self.log.add_eval(self.step, total, n, supervised, gate)
        if tokens.labels is not None:
            self.log.add_accuracy(self.step, int(right), n)
        return total

    def _drop_last(self) -> None:
        for gate in self.thresholds.gates:
            record = gate.records[-1]
            record.ratio, record.gate, record.mu = record.ratio[:0], record.gate[:0], record.mu[:0]

    def watch(self, pieces: list[str]) -> None:
        """Which modules apply the update to which token of the first validation example. pieces: its tokens as text."""
        if self.thresholds is None:
            return
        batch = Examples.of(self.run_file.validation, [0], self.accelerator.device, self.pad)
        self.model.eval()
        # Gates keep what they decided where a gradient may come; none does here.
        with torch.enable_grad(), self.accelerator.no_sync(self.model):
            logits_of(self.model, batch)
        records = [gate.records[-1] for gate in self.thresholds.gates]
        ratio, active = (
            torch.stack([getattr(r, k).detach().float().cpu() for r in records]) for k in ("ratio", "gate")
        )
        self.thresholds.clear()
        self.log.watch(self.step, pieces, ratio, active, self.thresholds.tau)

    @torch.no_grad()
    def logits(self, ids: list[int]) -> torch.Tensor:
        """Of one text, float32 [tokens, vocabulary], or of a head with classes [1, classes], on every process."""
        self.model.eval()
        text = torch.tensor([ids], device=self.accelerator.device)
        targets = text if self.run_file.classes is None else text[:, 0]
        out = logits_of(self.model, Examples(text, torch.ones_like(text), targets))
        out = (out[0] if self.run_file.classes is None else out).float().cpu()
        if self.thresholds is not None:
            self.thresholds.clear()
        return out

    def adapter(self) -> dict[str, torch.Tensor]:
        """All that the run has learnt, whole, by PEFT's names; on the first process, and empty on others where it is
        gathered.
        """
        if self.deepspeed:
            state = self.accelerator.get_state_dict(self.model) or {}
        else:
            state = get_model_state_dict(
                self.model, options=StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
            )
        tensors = {
            saved_name(clean(name)): t.detach().cpu().float().contiguous()
            for name, t in state.items()
            if is_trained(name)
        }
        if self.thresholds is not None and tensors:
            for path, tau in zip(self.paths, self.thresholds.tau):
                tensors[f"base_model.model.{path}.lora_tau"] = tau.clone()
        return tensors

    def state(self) -> dict:
        """All that `restore` needs to go on as if nothing had happened, but the adapter."""
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        optimizer = (
            {}
            if self.deepspeed
            else get_optimizer_state_dict(self.model, self.optimizer.optimizer, options=options).get("state", {})
        )
        return {
            "step": self.step,
            "order": self.order.state(),
            "optimizer": {clean(name): s for name, s in optimizer.items()},
            "thresholds": self.thresholds.state_dict() if self.thresholds else None,
        }

    def restore(self, state: dict, log: dict) -> None:
        """Goes on where `state` was taken; the model had that step's adapter when this was made."""
        self.step = state["step"]
        self.order = BatchOrder(len(self.learnt), self.train["seed"], state["order"])
        if state["optimizer"]:
            load_optimizer(self.model, self.optimizer.optimizer, state["optimizer"])
        if self.thresholds is not None:
            self.thresholds.load_state_dict(state["thresholds"])
        self.log = MetricLog(self.part.id, log, self.step)


def linear_paths(model: PeftModel) -> tuple[list[str], list[str]]:
    """Paths in the base, in the model's order: (modules with an adapter, all linear layers)."""
    named = [(n.removeprefix("base_model.model."), m) for n, m in model.named_modules()]
    adapted = [n for n, m in named if isinstance(m, LoraLayer)]
    inside = tuple(f"{path}." for path in adapted)
    return adapted, [
        n for n, m in named if isinstance(m, (LoraLayer, torch.nn.Linear, Conv1D)) and not n.startswith(inside)
    ]


def as_listed(model: PeftModel, listed: list[dict], part: RunPart) -> tuple[list[str], list[dict]]:
    """Paths of the modules with an adapter, and what the page calls them, in the order in which the session lists them.

    Some models make their modules in another order than the page, whose lists of thresholds and curves are by place.
    @raises NotCarried: the session lists other modules
    """
    adapted, linears = linear_paths(model)
    if part.gated:
        adapted = [n.removeprefix("base_model.model.") for n in gated_layers(model)]
    ids = module_ids(adapted, linears)
    if len(listed) != len(ids) or any(i not in listed for i in ids):
        if listed and part.taken > 0:
            raise NotCarried(f"{part.config['name']} has learnt modules of other names than this base has")
        return adapted, ids
    order = sorted(range(len(ids)), key=lambda i: listed.index(ids[i]))
    return [adapted[i] for i in order], [ids[i] for i in order]
