"""The curves of a run as `metrics.json` has them (src/shared/savedSession.ts), so that the page's History opens them
again.
"""

import math
import re
import struct

import torch
from sieve_peft.gate import BINS, GateStats, ratio_histograms

# Rows that a series per module keeps; when it is full every second goes.
MODULE_ROWS = 1024


def number(x: float) -> float | None:
    """As the page writes an f32: nine digits, null where it is not finite."""
    if not math.isfinite(x):
        return None
    return float(f"{struct.unpack('f', struct.pack('f', x))[0]:.9g}")


def numbers(values) -> list[float | None]:
    return [number(float(x)) for x in values]


def layer_of(path: str) -> int | None:
    found = re.search(r"\.(\d+)\.", path)
    return int(found[1]) if found else None


def kind_of(path: str, linears: list[str]) -> str:
    """A module's name within its layer, as the page has it (src/shared/model.ts): the shortest end of its path that no
    other has.

    linears: paths of all linear layers of that layer. BERT's `output.dense` is the end of `attention.output.dense`,
    too; what follows the layer's number is its name then.
    """
    parts = path.split(".")
    ends = (".".join(parts[-n:]) for n in range(1, len(parts)))
    name = next((e for e in ends if sum(p == e or p.endswith(f".{e}") for p in linears) == 1), path)
    inner = re.search(rf"(?:^|\.){layer_of(path)}\.(.+)$", name)
    return inner[1] if inner else name


def module_ids(paths: list[str], linears: list[str]) -> list[dict]:
    """[{layer, kind}] of modules by their paths: model.layers.3.self_attn.q_proj is q_proj of layer 3. linears: of the
    whole model.
    """
    by_layer: dict[int | None, list[str]] = {}
    for path in linears:
        by_layer.setdefault(layer_of(path), []).append(path)
    return [{"layer": layer_of(p) or 0, "kind": kind_of(p, by_layer.get(layer_of(p), []))} for p in paths]


def gate_json(stats: list[GateStats], tau: torch.Tensor, rule=None, shift=None, price: float = 0.0) -> dict:
    """Gate statistics of a step or an evaluation, per module. rule: what moved τ; shift: how far each module was
    steered.
    """
    ratios = torch.stack([s.ratio for s in stats])
    active, helps = torch.stack([s.gate for s in stats]), torch.stack([s.mu for s in stats]) < 0
    tokens = active.shape[1]
    sizes = getattr(rule, "step_sizes", None)
    per_module = getattr(rule, "rho_per", "run") == "module"
    return {
        "tau": numbers(tau),
        "tokens": [tokens] * len(stats),
        "active": active.sum(1).tolist(),
        "muActive": numbers(s.mu_kept for s in stats),
        "muSkipped": numbers(s.mu_skipped for s in stats),
        "measured": [tokens] * len(stats),
        "activeHelpful": (active & helps).sum(1).tolist(),
        "skippedHelpful": (~active & helps).sum(1).tolist(),
        "histogram": ratio_histograms(ratios).flatten().tolist(),
        "rho": number(getattr(rule, "rho", None) or 0.0),
        "tauLearningRate": number(getattr(rule, "step_size", None) or 0.0),
        "moduleTauLearningRates": numbers(sizes or [0.0] * len(stats)) if per_module else None,
        "lambda": number(price),
        "shift": shift,
        "activeOutsideTraining": False,
    }


def skipped_share(gate: dict) -> float:
    """Over all modules, 0 to 1."""
    return 1 - sum(gate["active"]) / sum(gate["tokens"])


class Series:
    """One value per module and kept step."""

    def __init__(self, modules: int, json: dict | None = None):
        self.json = json or {"modules": modules, "steps": [], "data": [], "stride": 1, "seen": 0}

    def push(self, step: int, values: list[float | None]) -> None:
        s = self.json
        due = s["seen"] % s["stride"] == 0
        s["seen"] += 1
        if not due:
            return
        if len(s["steps"]) == MODULE_ROWS:
            m = s["modules"]
            s["data"] = [x for r in range(0, MODULE_ROWS, 2) for x in s["data"][r * m : (r + 1) * m]]
            s["steps"], s["stride"], s["seen"] = s["steps"][::2], 2 * s["stride"], 1
        s["steps"].append(step)
        s["data"] += values


class MetricLog:
    """One run's curves. json: those that it goes on from, of which what lies behind `step` is left out."""

    def __init__(self, run_id: str, json: dict | None = None, step: int = 0):
        self.json = json or self._new(run_id)
        self._cut(step)

    @staticmethod
    def _new(run_id: str) -> dict:
        return {
            "runId": run_id,
            **{
                k: []
                for k in (
                    "step",
                    "loss",
                    "learningRate",
                    "gradNorm",
                    "speeds",
                    "evals",
                    "modules",
                    "noise",
                    "samples",
                    "accuracy",
                    "skipsAll",
                )
            },
            **{k: None for k in ("skipped", "tau", "gate", "work", "watch", "classified", "stopped", "dev", "shrunk")},
            "parameters": 0,
            "noiseSince": {k: 0 for k in ("active", "activeHelpful", "skipped", "skippedHelpful")},
            "workDone": 0,
            "workDense": 0,
            "workStep": 0,
            "tokens": 0,
            "ms": 0,
        }

    def _cut(self, step: int) -> None:
        j = self.json
        kept = sum(s is not None and s <= step for s in j["step"])
        for column in ("step", "loss", "learningRate", "gradNorm", "speeds"):
            j[column] = j[column][:kept]
        for points in ("evals", "accuracy", "samples", "noise"):
            j[points] = [p for p in j[points] if p["step"] <= step]
        for name in ("skipped", "tau"):
            if j[name] is not None:
                rows = sum(s <= step for s in j[name]["steps"])
                j[name]["steps"], j[name]["data"] = (
                    j[name]["steps"][:rows],
                    j[name]["data"][: rows * j[name]["modules"]],
                )

    def began(self, modules: list[dict], parameters: int) -> None:
        self.json |= {"modules": modules, "parameters": parameters}

    def add_step(
        self, step: int, *, loss: float, rate: float, norm: float, tokens: int, ms: float, gate: dict | None
    ) -> None:
        j = self.json
        for column, value in (
            ("step", step),
            ("loss", loss),
            ("learningRate", rate),
            ("gradNorm", norm),
            ("speeds", 1000 * tokens / ms),
        ):
            j[column].append(number(value))
        # The work of the adapters is counted by the page's engine only.
        j |= {
            "work": None,
            "workDone": 0,
            "workDense": 0,
            "workStep": 0,
            "tokens": j["tokens"] + tokens,
            "ms": (j["ms"] or 0) + ms,
            "gate": gate,
        }
        if gate is None:
            return
        for name, values in (
            ("skipped", [number(1 - a / t) for a, t in zip(gate["active"], gate["tokens"])]),
            ("tau", gate["tau"]),
        ):
            series = Series(len(values), j[name])
            series.push(step, values)
            j[name] = series.json

    def add_eval(self, step: int, loss: float, examples: int, supervised: int, gate: dict | None) -> None:
        evals = self.json["evals"]
        if evals and evals[-1]["step"] == step:
            evals.pop()
        for earlier in evals:
            earlier["gate"] = None
        evals.append({"step": step, "loss": loss, "examples": examples, "supervised": supervised, "gate": gate})

    def add_accuracy(self, step: int, right: int, examples: int) -> None:
        points = self.json["accuracy"]
        if points and points[-1]["step"] == step:
            points.pop()
        points.append({"step": step, "right": right, "examples": examples})

    def watch(self, step: int, tokens: list[str], ratio: torch.Tensor, active: torch.Tensor, tau: torch.Tensor) -> None:
        """ratio, active: [modules, tokens] of the watched text."""
        self.json["watch"] = {
            "type": "watch",
            "runId": self.json["runId"],
            "step": step,
            "tokens": tokens,
            "modules": self.json["modules"],
            "active": active.int().flatten().tolist(),
            "ratio": numbers(ratio.flatten()),
            "tau": numbers(tau),
        }


__all__ = ["BINS", "MetricLog", "Series", "gate_json", "kind_of", "module_ids", "number", "numbers", "skipped_share"]
