"""Base models in float32, the names of their adaptable modules, and plain LoRA through HF PEFT."""
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import LlamaForCausalLM

MODELS = Path(__file__).resolve().parents[2] / "public" / "models"

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


def load_base(name: str) -> LlamaForCausalLM:
    """The frozen base `public/models/<name>` in float32 (stored in float16; the values are the same)."""
    model = LlamaForCausalLM.from_pretrained(MODELS / name, dtype=torch.float32, attn_implementation="eager")
    return model.eval().requires_grad_(False)


def module_names(layers: int, kinds=tuple(MODULE_PATHS)) -> list[str]:
    """Paths of the adapted modules, bottom up: layer by layer, in forward order."""
    return [f"model.layers.{i}.{path}" for i in range(layers) for kind, path in MODULE_PATHS.items() if kind in kinds]


def attach_peft(base: LlamaForCausalLM, rank: int, alpha: float, kinds=tuple(MODULE_PATHS)) -> PeftModel:
    """Wraps the base with plain LoRA from HF PEFT. A and B start as PEFT starts them."""
    targets = [MODULE_PATHS[k].split(".")[-1] for k in kinds]
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM")
    return get_peft_model(base, config).eval()


def lora_weights(model: nn.Module) -> dict[str, tuple[nn.Parameter, nn.Parameter]]:
    """Module name -> (A [r, d_in], B [d_out, r]) in forward order, for a PEFT model or a TS-LoRA model."""
    peft = isinstance(model, PeftModel)
    prefix = PEFT_PREFIX if peft else ""
    found = {}
    for name in module_names(model.config.num_hidden_layers):
        module = model.get_submodule(prefix + name)
        if not hasattr(module, "lora_A"):
            continue
        a, b = (module.lora_A["default"], module.lora_B["default"]) if peft else (module.lora_A, module.lora_B)
        found[name] = (a.weight, b.weight)
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
