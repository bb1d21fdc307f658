"""The base model with a run's adapter, and AdamW as the page has it."""
import math

import sieve_peft  # noqa: F401 - registers the gated methods
import torch
from peft import PeftModel, get_peft_model, set_peft_model_state_dict
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.utils.peft_types import PeftType
from sieve_peft import Thresholds, ThresholdSettings
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_optimizer_state_dict

from .run_file import NotCarried, RunPart

ADAPTER = "default"


def adapter_config(part: RunPart):
    """PEFT's configuration of the run, to be trained."""
    fields = {k: v for k, v in part.adapter_config.items() if k not in ("peft_type", "base_model_name_or_path", "revision")}
    config = PEFT_TYPE_TO_CONFIG_MAPPING[PeftType(part.adapter_config["peft_type"])](**fields)
    config.inference_mode = False
    return config


def in_model(name: str) -> str:
    """The model's own name of a tensor that PEFT saves as `name`."""
    head, dot, tail = name.rpartition(".")
    return f"{head}.{ADAPTER}.{tail}" if tail == "weight" and ".lora_" in head else f"{name}.{ADAPTER}"


def saved_name(name: str) -> str:
    """The counterpart: DoRA's magnitudes are saved without the `weight`."""
    plain = name.replace(f".{ADAPTER}", "")
    return plain.removesuffix(".weight") if ".lora_magnitude_vector." in plain else plain


def attach(base: nn.Module, part: RunPart, seed: int) -> PeftModel:
    """The base with the run's adapter as the session left it.

    A base of other shapes than the session's begins with an adapter of PEFT's own start, by the seed.
    @raises NotCarried: the run has learnt on another base
    """
    torch.manual_seed(seed)
    model = get_peft_model(base, adapter_config(part), ADAPTER)
    own = {saved_name(name): p.shape for name, p in model.named_parameters() if ".lora_" in name}
    given = {name: t.shape for name, t in part.tensors.items() if not name.endswith(".lora_tau")}
    fits = all(own.get(name) == shape for name, shape in given.items()) and {n for n in own if "_magnitude_" not in n} <= given.keys()
    if fits:
        set_peft_model_state_dict(model, part.tensors, ADAPTER)
    elif part.taken > 0:
        raise NotCarried(f"{part.config['name']} has learnt on a base with other modules: prepare a session for this base")
    return model


def optimizer_of(model: PeftModel, part: RunPart, train: dict) -> torch.optim.AdamW:
    """AdamW over what is trained; with LoRA+ B and all vectors have a group of their own, `rate` times as fast."""
    ratio = part.config["loraPlusRatio"]
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    fast = [p for name, p in named if ratio != 1 and ".lora_A." not in name]
    slow = [p for _, p in named if not any(p is q for q in fast)]
    groups = [{"params": slow, "rate": 1.0}] + ([{"params": fast, "rate": ratio}] if fast else [])
    return torch.optim.AdamW(groups, lr=train["learningRate"], betas=(train["beta1"], train["beta2"]), eps=train["epsilon"], weight_decay=train["weightDecay"])


@torch.no_grad()
def restore_moments(model: nn.Module, optimizer: torch.optim.Optimizer, part: RunPart, train: dict) -> None:
    """AdamW goes on from the session's moments. model and optimizer as they are prepared, whatever wraps them."""
    if not part.moments:
        return
    names = {in_model(n.removeprefix("exp_avg.")): n.removeprefix("exp_avg.") for n in part.moments if n.startswith("exp_avg.")}
    names = {k + (".weight" if ".lora_magnitude_vector" in k else ""): v for k, v in names.items()}
    taken = torch.tensor(float(part.taken))
    state = {
        own: {"step": taken.clone(), "exp_avg": part.moments[f"exp_avg.{name}"].clone(), "exp_avg_sq": part.moments[f"exp_avg_sq.{name}"].clone()}
        for own, name in names.items()
    }
    load_optimizer(model, optimizer, state)


def load_optimizer(model: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, dict[str, torch.Tensor]]) -> None:
    """state: by the parameters' names in the unwrapped model; whole tensors, which each process takes its part of."""
    by_parameter = {id(p): clean(name) for name, p in model.named_parameters()}
    groups = [
        {**{k: v for k, v in group.items() if k != "params"}, "params": [by_parameter[id(p)] for p in group["params"]]}
        for group in optimizer.param_groups
    ]
    options = StateDictOptions(full_state_dict=True)
    set_optimizer_state_dict(model, optimizer, {"state": state, "param_groups": groups}, options=options)


def clean(name: str) -> str:
    """A parameter's name without what DistributedDataParallel, FSDP and torch.compile put before it."""
    for wrapper in ("module.", "_fsdp_wrapped_module.", "_orig_mod.", "_checkpoint_wrapped_module."):
        name = name.removeprefix(wrapper) if wrapper == "module." else name.replace(wrapper, "")
    return name


def thresholds_of(model: PeftModel, part: RunPart, train: dict, step: int) -> Thresholds | None:
    """What moves the run's thresholds, from where the session left them after `step` steps; None without gates."""
    if not part.gated:
        return None
    gate = part.config["gate"]
    warmup = train["warmupSteps"] if gate["tauWarmup"] == "auto" else gate["tauWarmup"]
    thresholds = Thresholds(model, ThresholdSettings(
        steps=train["steps"], rule=gate["rule"], warmup=warmup, seed=train["seed"],
        tau_learning_rate=None if gate["tauLearningRate"] == "auto" else gate["tauLearningRate"],
        sparsity_penalty=gate["sparsityPenalty"], target_sparsity=gate["targetSparsity"], eta=None if gate["eta"] == "auto" else gate["eta"],
        per_module=gate["rhoPer"] == "module", target_per_module=gate["targetPer"] == "module",
    ))
    if part.gate is not None:
        restore_rule(thresholds, part.gate)
        thresholds.step_count = step
    return thresholds


def restore_rule(thresholds: Thresholds, state: dict) -> None:
    """The rule goes on from what the page's own has."""
    rule = thresholds.rule
    if hasattr(rule, "rhos") and state["updates"] > 0:
        rule.m, rule.v, rule.count, rule.rhos = list(state["m"]), list(state["v"]), state["updates"], list(state["rho"])
    if state["average"] is not None and state["updates"] > 0:
        rule.mu, rule.count = (torch.tensor(state["average"][k], dtype=torch.float64) for k in ("mu", "count"))
    if thresholds.target is not None:
        thresholds.target.corrections = {i: c for i, c in enumerate(state["corrections"]) if c is not None}


def learning_rate(train: dict, step: int) -> float:
    """Of the 0-based step: linear warm-up, then constant, linear or cosine down to 0 at `steps`."""
    rate, warmup, steps = train["learningRate"], train["warmupSteps"], train["steps"]
    if step < warmup:
        return rate * (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    if train["schedule"] == "linear":
        return rate * (1 - done)
    if train["schedule"] == "cosine":
        return rate / 2 * (1 + math.cos(math.pi * done))
    return rate
