"""The base model with a run's adapter, and AdamW as the page has it."""

import math

import sieve_peft  # noqa: F401 - registers the gated methods
import torch
from peft import PeftModel, get_peft_model, set_peft_model_state_dict
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.utils import ModulesToSaveWrapper
from peft.utils.peft_types import PeftType
from sieve_peft import Thresholds, ThresholdSettings
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_optimizer_state_dict

from .run_file import NotCarried, RunPart

ADAPTER, WHOLE = "default", "modules_to_save"


# Tensors that every adapter has; magnitudes, constants and heads may be made anew.
MATRICES = (".lora_A.weight", ".lora_B.weight")


def adapter_config(part: RunPart):
    """PEFT's configuration of the run, to be trained."""
    fields = {
        k: v for k, v in part.adapter_config.items() if k not in ("peft_type", "base_model_name_or_path", "revision")
    }
    config = PEFT_TYPE_TO_CONFIG_MAPPING[PeftType(part.adapter_config["peft_type"])](**fields)
    config.inference_mode = False
    return config


def is_trained(name: str) -> bool:
    """Whether a parameter or buffer of the model is the adapter's, or of a module that is trained whole beside it."""
    return ".lora_" in name or f".{WHOLE}." in name


def saved_name(name: str) -> str:
    """What PEFT saves a tensor of the model as: DoRA's magnitudes without the `weight`, whole modules by their own
    path.
    """
    plain = name.replace(f".{WHOLE}.{ADAPTER}", "").replace(f".{ADAPTER}", "")
    return plain.removesuffix(".weight") if ".lora_magnitude_vector." in plain else plain


def attach(base: nn.Module, part: RunPart, seed: int) -> PeftModel:
    """The base with the run's adapter, and what is trained whole beside it, as the session left them.

    A base of other shapes than the session's begins with an adapter of PEFT's own start, by the seed.
    @raises NotCarried: the run has learnt on another base
    """
    torch.manual_seed(seed)
    model = get_peft_model(base, adapter_config(part), ADAPTER)
    for module in model.modules():
        if isinstance(module, ModulesToSaveWrapper):
            keep_float(module.modules_to_save[ADAPTER])
    own = {saved_name(name): p.shape for name, p in model.named_parameters() if is_trained(name)}
    given = {name: t.shape for name, t in part.tensors.items() if not name.endswith(".lora_tau")}
    fits = (
        all(own.get(name) == shape for name, shape in given.items())
        and {n for n in own if n.endswith(MATRICES)} <= given.keys()
    )
    if fits:
        set_peft_model_state_dict(model, part.tensors, ADAPTER)
    elif part.taken > 0:
        raise NotCarried(
            f"{part.config['name']} has learnt on a base with other modules: prepare a session for this base"
        )
    return model


def keep_float(module: nn.Module) -> None:
    """What is trained whole stays in float32 however the frozen weights are stored."""
    if any(p.is_meta for p in module.parameters()):
        # Under FSDP transformers makes what a file lacks on the first process alone, which the others are then sent it
        # from.
        module.to_empty(device="cpu")
    module.float()
    module.register_forward_pre_hook(lambda _, inputs: tuple(x.float() if x.is_floating_point() else x for x in inputs))


def optimizer_of(model: PeftModel, part: RunPart, train: dict) -> torch.optim.AdamW:
    """AdamW over what is trained; with LoRA+ B and all vectors have a group of their own, `rate` times as fast, as in
    PEFT.
    """
    ratio = part.config["loraPlusRatio"]
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    fast = [p for name, p in named if ratio != 1 and (".lora_B." in name or p.ndim == 1)]
    slow = [p for _, p in named if not any(p is q for q in fast)]
    groups = [{"params": slow, "rate": 1.0}] + ([{"params": fast, "rate": ratio}] if fast else [])
    return torch.optim.AdamW(
        groups,
        lr=train["learningRate"],
        betas=(train["beta1"], train["beta2"]),
        eps=train["epsilon"],
        weight_decay=train["weightDecay"],
    )


@torch.no_grad()
def restore_moments(model: nn.Module, optimizer: torch.optim.Optimizer, part: RunPart, train: dict) -> None:
    """AdamW goes on from the session's moments. model and optimizer as they are prepared, whatever wraps them."""
    if not part.moments:
        return
    own = {clean(name): saved_name(clean(name)) for name, p in model.named_parameters() if p.requires_grad}
    taken = torch.tensor(float(part.taken))
    state = {
        name: {"step": taken.clone(), **{k: part.moments[f"{k}.{saved}"].clone() for k in ("exp_avg", "exp_avg_sq")}}
        for name, saved in own.items()
    }
    load_optimizer(model, optimizer, state)


def load_optimizer(
    model: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, dict[str, torch.Tensor]]
) -> None:
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


def thresholds_of(model: PeftModel, part: RunPart, train: dict, step: int, paths: list[str]) -> Thresholds | None:
    """What moves the run's thresholds, from where the session left them after `step` steps; None without gates.

    paths: of the modules, in the order in which the session lists them.
    """
    if not part.gated:
        return None
    gate = part.config["gate"]
    order = [f"base_model.model.{path}" for path in paths]
    if gate["rule"] == "late":
        settings = ThresholdSettings(
            steps=train["steps"],
            rule="late",
            warmup=0,
            target_sparsity=1 - gate["activeShare"],
            gate_start=gate["gateStart"],
        )
        return started(Thresholds(model, settings, order=order), part, step)
    warmup = train["warmupSteps"] if gate["tauWarmup"] == "auto" else gate["tauWarmup"]
    settings = ThresholdSettings(
        steps=train["steps"],
        rule=gate["rule"],
        warmup=warmup,
        seed=train["seed"],
        tau_learning_rate=None if gate["tauLearningRate"] == "auto" else gate["tauLearningRate"],
        sparsity_penalty=gate["sparsityPenalty"],
        target_sparsity=gate["targetSparsity"],
        eta=None if gate["eta"] == "auto" else gate["eta"],
        per_module=gate["rhoPer"] == "module",
        target_per_module=gate["targetPer"] == "module",
    )
    return started(Thresholds(model, settings, order=order), part, step)


def started(thresholds: Thresholds, part: RunPart, step: int) -> Thresholds:
    """The thresholds where the session left them."""
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
