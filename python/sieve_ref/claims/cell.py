"""Trains one cell and returns its row."""

import base64
import copy
import functools
import math
import time
import zlib

import torch

from ..fused import FusedDora, FusedLora
from ..models import attach_adalora, extra_weights, load_base, lora_weights, module_names
from ..train import Batch, Run, Settings, packed_loss_sum
from ..ts_lora import attach_ts_lora, gated_modules
from .plan import ALPHA, BATCH, EVAL_SIZE, MAX_TOKENS, METHODS, RANK, REGIMES, TUNING_SEED, VERSION, Cell, Regime
from .rankings import NAMES
from .sets import Order, batches_of, split

# Steps whose gates, losses and signs of μ are averaged for the row: the last quarter.
TAIL = 0.25
PROBES = 4
EVAL_BATCH = 24


@functools.cache
def base(model: str):
    return load_base(model)


def settings_of(cell: Cell) -> Settings:
    steps = REGIMES[cell.regime].steps
    warmup = steps // 10
    return Settings(
        steps=steps, learningRate=cell.lr, warmupSteps=warmup, tauWarmup=warmup, **dict(METHODS[cell.method].gate)
    )


def build(cell: Cell):
    """The adapted model. LoRA and DoRA run as open gates, which equal PEFT's (a test holds it), so that their μ is
    known.
    """
    torch.manual_seed(cell.seed)  # A starts alike for all methods of a seed
    regime, kind, only = REGIMES[cell.regime], METHODS[cell.method].kind, cell.modules
    model = copy.deepcopy(base(regime.model))
    if only is None and regime.kinds:
        only = module_names(model.config.num_hidden_layers, regime.kinds)
    if kind == "adalora":
        steps = regime.steps
        return attach_adalora(model, RANK, ALPHA, steps, init_rank=12, tinit=steps // 10, tfinal=steps // 3, only=only)
    model = attach_ts_lora(
        model, RANK, ALPHA, only=only, linear=FusedDora if kind in ("dora", "ts-dora") else FusedLora
    )
    if kind in ("lora", "dora"):
        model.gate_context.mode = "dense"
    return model


@torch.inference_mode()
def mean_loss(model, batches: list[Batch]) -> float:
    """Mean loss per supervised token; the gates act as they stand."""
    gates = gated_modules(model).values()
    for gate in gates:
        gate.clear()
    context = getattr(model, "gate_context", None)
    if context is not None:
        context.generator.manual_seed(7)  # the random gate draws alike at every evaluation
        # A share within the evaluated batch would make a token depend on later ones: the last step's threshold serves.
        mode, context.mode = context.mode, "gate" if context.mode == "quantile" else context.mode
    total = sum(packed_loss_sum(model, b).item() for b in batches) / sum(b.supervised for b in batches)
    if context is not None:
        context.mode = mode
    return total


class Snapshot:
    """Everything that makes the adapter what it is at a step."""

    def __init__(self, model):
        self.tensors = [p for pair in lora_weights(model).values() for p in pair] + list(extra_weights(model).values())
        self.tensors += [g.tau for g in gated_modules(model).values()]
        self.values = [t.detach().clone() for t in self.tensors]
        self.gates = list(gated_modules(model).values())
        self.keeps = [g.keep for g in self.gates]

    @torch.no_grad()
    def restore(self) -> None:
        for tensor, value in zip(self.tensors, self.values):
            tensor.copy_(value)
        for gate, keep in zip(self.gates, self.keeps):
            gate.keep = keep


def pack_shares(steps: list[list[float]]) -> str:
    """Kept shares of every step and module in 1/255, as text."""
    flat = bytes(round(255 * share) for row in steps for share in row)
    return base64.b85encode(zlib.compress(flat, 9)).decode()


def unpack_shares(text: str, modules: int) -> list[list[float]]:
    flat = zlib.decompress(base64.b85decode(text))
    return [[b / 255 for b in flat[i : i + modules]] for i in range(0, len(flat), modules)]


class Signs:
    """What updates would do to the loss, kept and skipped ones apart: the share of tokens with μ < 0 among those with
    μ ≠ 0 (prompt tokens of the last layer have none), and Σμ per look."""

    def __init__(self):
        self.looks, self.counts, self.sums = 0, [0, 0, 0, 0], [0.0, 0.0]

    def add(self, stats) -> None:
        gate, mu = torch.stack([s.gate for s in stats]), torch.stack([s.mu for s in stats])
        self.looks += 1
        for i, chosen in enumerate((gate, ~gate)):
            self.counts[2 * i] += int((chosen & (mu != 0)).sum())
            self.counts[2 * i + 1] += int((chosen & (mu < 0)).sum())
            self.sums[i] += torch.where(chosen, mu, 0.0).sum(dtype=torch.float64).item()

    def share(self, i: int) -> float | None:
        """Of the kept (0) or skipped (1) ones."""
        return round(self.counts[2 * i + 1] / self.counts[2 * i], 4) if self.counts[2 * i] else None

    def row(self) -> dict:
        total = lambda i: round(self.sums[i] / max(1, self.looks), 5)
        return {"kept": self.share(0), "skipped": self.share(1), "muKept": total(0), "muSkipped": total(1)}


def watch_sensitivity(model) -> list[float]:
    """Filled, before AdaLoRA forgets them, with the sums of its triplets' scores per module."""
    found, allocator = [], model.base_model.rankallocator
    plain = allocator.reset_ipt

    def watched():
        for name in NAMES:
            part = lambda kind: allocator._element_score(f"{name}.{kind}.default")
            found.append((part("lora_A").mean(1) + part("lora_B").mean(0) + part("lora_E").flatten()).sum().item())
        plain()

    allocator.reset_ipt = watched
    return found


def significant(values: list[float], digits: int = 4) -> list[float]:
    return [float(f"{v:.{digits}g}") for v in values]


@functools.cache
def start_loss(name: str, regime: Regime, seed: int) -> float:
    """Loss on a seed's slice without an adapter: where every method starts."""
    data = split(name, seed, regime.examples, regime.slice, EVAL_SIZE, MAX_TOKENS)
    return mean_loss(base(regime.model), batches_of(data.slice, EVAL_BATCH))


@functools.cache
def base_loss(name: str, model: str) -> float:
    """Held-out loss without an adapter."""
    return mean_loss(base(model), batches_of(split(name, 0, None, 0, EVAL_SIZE, MAX_TOKENS).held_out, EVAL_BATCH))


def train(cell: Cell) -> dict:
    """Runs the cell. A loss that is no number ends it; its row then says so.

    Trials of learning rates are judged by the slice alone: their rows have no held-out loss, and nothing is measured on
    the way.
    """
    started, used = time.time(), time.process_time()
    regime, method, settings, trial = (
        REGIMES[cell.regime],
        METHODS[cell.method],
        settings_of(cell),
        cell.seed == TUNING_SEED,
    )
    data = split(cell.set, cell.seed, regime.examples, regime.slice, EVAL_SIZE, MAX_TOKENS)
    slice_batches, held_out = batches_of(data.slice, EVAL_BATCH), batches_of(data.held_out, EVAL_BATCH)
    order, prices = Order(data.train, BATCH, cell.seed), Order(data.slice, BATCH, cell.seed + 1)
    model = build(cell)
    dense, watched = method.kind in ("lora", "dora"), method.watched and not trial and not cell.ranking
    run = Run(model, settings, forward="packed", held_out=prices.next)
    if dense:
        run.rule, model.gate_context.mode = None, "dense"
    if cell.kept_shares:
        followed = unpack_shares(cell.kept_shares, len(run.gates))
    sensitivity = watch_sensitivity(model) if run.adalora else None
    pairs = list(lora_weights(model).values())
    own, fresh = [Signs() for _ in range(round(1 / TAIL))], Signs()
    curve, slice_curve, shares, grads, probes = (
        [],
        [],
        [],
        torch.zeros(len(pairs)),
        Order(data.slice, BATCH, cell.seed + 2),
    )
    best, diverged = (start_loss(cell.set, regime, cell.seed), 0, Snapshot(model)), False
    slice_curve.append([0, round(best[0], 5)])
    tail = settings.steps * (1 - TAIL)

    for t in range(settings.steps):
        if cell.kept_shares:
            for gate, share in zip(run.gates, followed[t]):
                gate.keep = share
        if watched and t >= tail and t % max(1, int(settings.steps * TAIL) // PROBES) == 0:
            fresh.add(run.measure(probes.next()))
        if run.gates:
            model.gate_context.generator.manual_seed(1_000_003 * cell.seed + t)
        result = run.step([order.next()])
        if not math.isfinite(result.loss) or not math.isfinite(result.grad_norm):
            diverged = True
            break
        curve.append(result.loss)
        if run.gates and not dense:
            shares.append(torch.stack([s.gate for s in result.stats]).float().mean(1).tolist())
        if settings.rule == "quantile":
            for gate, s in zip(run.gates, result.stats):
                gate.tau.copy_(s.ratio[s.gate].min())  # what an evaluation goes by
        if watched:
            own[int(t / settings.steps / TAIL)].add(result.stats)
        if cell.method == "lora" and watched:
            for i, (a, b) in enumerate(pairs):
                grads[i] += (a.grad.norm() ** 2 + b.grad.norm() ** 2).sqrt() / settings.steps
        if (t + 1) % regime.eval_every == 0:
            loss = mean_loss(model, slice_batches)
            slice_curve.append([t + 1, round(loss, 5)])
            if math.isfinite(loss) and loss < best[0]:
                best = (loss, t + 1, Snapshot(model))

    row = {
        "key": cell.key,
        "version": VERSION,
        "set": cell.set,
        "regime": cell.regime,
        "method": cell.method,
        "seed": cell.seed,
        "lr": cell.lr,
        "base": round(base_loss(cell.set, regime.model), 5),
        "trainLoss": [round(x, 4) for x in curve[:: max(1, settings.steps // 20)]],
        "sliceLoss": slice_curve,
    }
    if cell.ranking:
        row |= {
            "ranking": cell.ranking,
            "share": cell.share,
            "modules": [n.removeprefix("model.layers.") for n in cell.modules],
        }
    if diverged or not math.isfinite(slice_curve[-1][1]):
        row |= {
            "diverged": True,
            "sliceLoss": [x for x in slice_curve if math.isfinite(x[1])],
            "final": None,
            "best": None,
        }
    else:
        loss, step, snapshot = best
        row["final"], row["best"] = {"slice": slice_curve[-1][1]}, {"step": step, "slice": round(loss, 5)}
        if not trial:
            row["final"]["heldOut"] = round(mean_loss(model, held_out), 5)
            if run.gates and not dense:
                row |= gate_row(model, run, shares, held_out)
        if watched:
            row["helpful"] = {
                "own": own[-1].row(),
                "fresh": fresh.row(),
                "ownKept": [s.share(0) for s in own],
                "ownSkipped": [s.share(1) for s in own],
            }
            if cell.method == "lora":
                row["deltaNorm"] = significant(
                    [(g.scaling * g.lora_B.weight @ g.lora_A.weight).norm().item() for g in run.gates]
                )
                row["gradNorm"] = significant(grads.tolist())
        if run.adalora and not trial:
            row["sensitivity"] = significant(sensitivity)
            row["kept"] = [int((e != 0).sum()) for e in extra_weights(model).values()]
        if any(m.follows == cell.method for m in METHODS.values()):
            row["keptShares"] = pack_shares(shares)
        if not trial:
            at_end = step == settings.steps
            if not at_end:
                snapshot.restore()
            row["best"]["heldOut"] = (
                row["final"]["heldOut"]
                if at_end
                else row["base"]
                if step == 0
                else round(mean_loss(model, held_out), 5)
            )
    row["seconds"] = {"wall": round(time.time() - started, 1), "cpu": round(time.process_time() - used, 1)}
    return row


def gate_row(model, run: Run, shares: list[list[float]], held_out: list[Batch]) -> dict:
    """What the gates did: in training (last quarter), on the held-out set at the end, and what opening them all would
    give.
    """
    tail = torch.tensor(shares[-int(TAIL * len(shares)) :])
    active = [g.stats().gate.float().mean().item() for g in run.gates]  # of the held-out evaluation just made
    context = model.gate_context
    mode, context.mode = context.mode, "dense"
    opened = mean_loss(model, held_out)
    context.mode = mode
    return {
        "skipped": {"train": round(1 - tail.mean().item(), 4), "heldOut": round(1 - sum(active) / len(active), 4)},
        "skippedCurve": [round(1 - sum(s) / len(s), 3) for s in shares[:: max(1, len(shares) // 20)]],
        "activeShare": [round(a, 4) for a in active],
        "finalOpen": round(opened, 5),
    }
