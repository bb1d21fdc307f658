"""Base models in float32, the names of their adaptable modules, and LoRA, DoRA and AdaLoRA through HF PEFT."""

import re
from pathlib import Path

import torch
from peft import AdaLoraConfig, LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    PreTrainedModel,
)
from transformers.pytorch_utils import Conv1D

MODELS = Path(__file__).resolve().parents[2] / "public" / "models"
FAMILIES = Path(__file__).resolve().parents[1] / "fixtures" / "families"

# The seven adaptable linear layers of a Llama block, in forward order: kind -> path inside the block.
MODULE_PATHS = {
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
PEFT_PREFIX = "base_model.model."
# Families of texts that tell classes apart.
ENCODERS = ("bert", "distilbert", "roberta", "modernbert")


def tells_classes(config) -> bool:
    """Whether it reads texts as a whole: an encoder, or a decoder that was published as a classifier."""
    return config.model_type in ENCODERS or "ForSequenceClassification" in str(config.architectures)


def auto_model(config):
    """The class that makes a model of its kind."""
    if tells_classes(config):
        return AutoModelForSequenceClassification
    return AutoModelForImageClassification if config.model_type == "vit" else AutoModelForCausalLM


def load_base(name: str) -> PreTrainedModel:
    """The frozen base `public/models/<name>`, or `families/<name>` of the fixtures, in float32 (stored in float16; the
    values are the same).
    """
    parent, _, leaf = name.rpartition("/")
    folder = FAMILIES / leaf if parent == "families" else MODELS / name
    model = auto_model(AutoConfig.from_pretrained(folder)).from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    return model.eval().requires_grad_(False)


def linear_names(base: nn.Module) -> list[str]:
    """Paths of every linear layer inside the numbered layers of a model of any family, in the order of its module tree."""
    linear = (nn.Linear, Conv1D)
    return [name for name, module in base.named_modules() if isinstance(module, linear) and re.search(r"\.\d+\.", name)]


def linear_weight(linear: nn.Module) -> torch.Tensor:
    """The weight as [d_out, d_in]; GPT-2's Conv1D stores it the other way round."""
    return linear.weight.T if isinstance(linear, Conv1D) else linear.weight


def module_names(layers: int, kinds=tuple(MODULE_PATHS)) -> list[str]:
    """Paths of the adapted modules, bottom up: layer by layer, in forward order."""
    return [f"model.layers.{i}.{path}" for i in range(layers) for kind, path in MODULE_PATHS.items() if kind in kinds]


def target_modules(kinds, only=None):
    """PEFT's `target_modules`: leaf names of whole kinds, or the full paths of exactly the modules in `only`."""
    return [MODULE_PATHS[k].split(".")[-1] for k in kinds] if only is None else list(only)


def attach_peft(
    base: PreTrainedModel, rank: int, alpha: float, kinds=tuple(MODULE_PATHS), *, only=None, rslora=False, dora=False
) -> PeftModel:
    """Wraps the base with LoRA (or DoRA) from HF PEFT. A, B and m start as PEFT starts them.

    only: full paths (`module_names`, `linear_names`) of exactly the modules to adapt.
    """
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        target_modules=target_modules(kinds, only),
        lora_dropout=0.0,
        bias="none",
        task_type=None if any(map(is_head, dict(base.named_children()))) else "CAUSAL_LM",
        use_rslora=rslora,
        use_dora=dora,
    )
    return get_peft_model(base, config).eval()


def attach_adalora(
    base: PreTrainedModel,
    rank: int,
    alpha: float,
    steps: int,
    kinds=tuple(MODULE_PATHS),
    *,
    init_rank=12,
    tinit=0,
    tfinal=0,
    delta_t=1,
    beta1=0.85,
    beta2=0.85,
    orth_reg_weight=0.5,
    only=None,
) -> PeftModel:
    """AdaLoRA from HF PEFT; `rank` is the target rank. After each optimizer step call
    `base_model.update_and_allocate(t)`.
    """
    config = AdaLoraConfig(
        target_r=rank,
        init_r=init_rank,
        lora_alpha=alpha,
        target_modules=target_modules(kinds, only),
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
        tinit=tinit,
        tfinal=tfinal,
        deltaT=delta_t,
        beta1=beta1,
        beta2=beta2,
        orth_reg_weight=orth_reg_weight,
        total_step=steps,
    )
    return get_peft_model(base, config).eval()


def orthogonality(model: nn.Module) -> torch.Tensor:
    """AdaLoRA's term as PEFT adds it to the loss, weight included: w · mean over all A and B of ‖PPᵀ − I‖_F (‖PᵀP −
    I‖_F for B).
    """
    norms = []
    for a, b in lora_weights(model).values():
        for cov in (a @ a.T, b.T @ b):
            norms.append((cov - torch.eye(len(cov))).norm())
    return model.peft_config["default"].orth_reg_weight * torch.stack(norms).mean()


def is_head(name: str) -> bool:
    """Whether a part of a model is what PEFT means by `classifier` or `score` among its modules to save: DistilBERT's
    pre_classifier as well.
    """
    return name.endswith("classifier") or name == "score"


def train_head(model: nn.Module) -> nn.Module:
    """Lets a class head learn whole, as PEFT's `modules_to_save` does; a head of a vocabulary stays frozen."""
    for name, module in inner_model(model).named_children():
        if is_head(name):
            module.requires_grad_(True)
    return model


def whole_weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """Name -> what is trained whole beside the adapter: a class head's weight and bias."""
    return {n: p for n, p in inner_model(model).named_parameters() if is_head(n.split(".")[0]) and p.requires_grad}


def inner_model(model: nn.Module) -> PreTrainedModel:
    """The base inside a PEFT model, or the model itself."""
    return model.base_model.model if isinstance(model, PeftModel) else model


def lora_weights(model: nn.Module) -> dict[str, tuple[nn.Parameter, nn.Parameter]]:
    """Module name -> (A [r, d_in], B [d_out, r]) in the order of the module tree, for a PEFT model or a TS-LoRA model."""
    peft = isinstance(model, PeftModel)
    found = {}
    for name, module in inner_model(model).named_modules():
        if not hasattr(module, "lora_A"):
            continue
        a, b = (module.lora_A["default"], module.lora_B["default"]) if peft else (module.lora_A, module.lora_B)
        found[name] = (getattr(a, "weight", a), getattr(b, "weight", b))  # AdaLoRA keeps bare parameters
    return found


def extra_weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """Module name -> what is trained besides A and B: DoRA's magnitude m [d_out], AdaLoRA's E [r, 1] or GateRA's w
    [d_in]; empty for LoRA.
    """
    inner, found = inner_model(model), {}
    for name in lora_weights(model):
        module = inner.get_submodule(name)
        if "default" in getattr(module, "lora_magnitude_vector", {}):
            found[name] = module.lora_magnitude_vector["default"].weight
        elif hasattr(module, "lora_E"):
            found[name] = module.lora_E["default"]
        elif hasattr(module, "magnitude"):
            found[name] = module.magnitude
        elif hasattr(module, "token_gate"):
            found[name] = module.token_gate
    return found


@torch.no_grad()
def set_lora_weights(model: nn.Module, weights: dict[str, tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Copies A and B into the model. The module names must be exactly the adapted ones."""
    own = lora_weights(model)
    if own.keys() != weights.keys():
        raise ValueError(f"adapted modules differ: {sorted(own.keys() ^ weights.keys())}")
    for name, (a, b) in weights.items():
        own[name][0].copy_(a)
        own[name][1].copy_(b)
