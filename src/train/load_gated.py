"""Loads the gated adapter in this folder on its base model and compares its logits with check.json.

    python load_gated.py [base]

base: folder or Hugging Face id of the base model, where it is not what adapter_config.json names. In a program:
`from load_gated import load`, then `model = load()`. Needs torch, safetensors and transformers 4.56 or later, for
pictures 5.9 or later; PEFT is not needed. Every adapted module gives y + Δ for a token where r = ‖Δ‖ / (‖y‖ + 1e-6) ≥
τ, and y, the frozen output, for any other; where the adapter is of a soft kind (TS_LORA_SOFT, TS_DORA_SOFT), y + max(0,
1 − τ/r) Δ; of TS_LORA_CONSTANT and TS_DORA_CONSTANT any other token gets y + b, b the module's lora_constant. GATERA: y
+ σ(w·x) Δ.
"""

import base64
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForImageClassification, AutoModelForSequenceClassification

FOLDER = Path(__file__).resolve().parent
PREFIX = "base_model.model."
EPSILON = 1e-6
# Largest difference from the page's logits that rounding explains, relative to the largest logit.
TOLERANCE = 2e-4


def read(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def add_gate(linear, a, b, tau, scaling, magnitude=None, soft=False, constant=None):
    """Puts LoRA (DoRA with a magnitude [d_out]) and its gate behind a linear layer. a [r, d_in], b [d_out, r], tau [],
    constant [d_out].
    """
    scale = None
    if magnitude is not None:
        weight = linear.weight.detach().float().cpu()
        if type(linear).__name__ == "Conv1D":  # GPT-2 keeps [d_in, d_out]
            weight = weight.T
        scale = magnitude / (weight + scaling * b @ a).norm(dim=1)
    values = [a.T.contiguous(), scaling * b.T, tau, scale, constant]

    def gate(module, inputs, y):
        if values[0].device != y.device:
            values[:] = [None if v is None else v.to(y.device) for v in values]
        a, b, tau, scale, constant = values
        out = y.float()
        delta = inputs[0].float() @ a @ b
        if scale is not None:
            frozen = out if module.bias is None else out - module.bias.float()
            delta = (scale - 1) * frozen + scale * delta
        ratio = delta.norm(dim=-1, keepdim=True) / (out.norm(dim=-1, keepdim=True) + EPSILON)
        if soft:  # where τ = 0 nothing is cut off, even of r = 0
            delta = delta * torch.where(tau > 0, 1 - tau / ratio.clamp(min=torch.finfo(ratio.dtype).tiny), 1)
        return torch.where(ratio >= tau, out + delta, out if constant is None else out + constant).to(y.dtype)

    linear.register_forward_hook(gate)


def add_token_gate(linear, a, b, w, scaling):
    """Puts LoRA behind a linear layer, weighed by GateRA's gate. w [d_in]."""
    values = [a.T.contiguous(), scaling * b.T, w]

    def gate(module, inputs, y):
        if values[0].device != y.device:
            values[:] = [v.to(y.device) for v in values]
        a, b, w = values
        x = inputs[0].float()
        return (y.float() + torch.sigmoid(x @ w).unsqueeze(-1) * (x @ a @ b)).to(y.dtype)

    linear.register_forward_hook(gate)


def load(base=None, **options):
    """The base model with the adapter. options: of from_pretrained; float32 where no dtype is given."""
    config = read("adapter_config.json")
    if base is None:
        options = {"revision": config.get("revision") or "main", **options}
    sieve = read("sieve.json")
    labels = sieve.get("labels")
    if labels:
        options = {"num_labels": len(labels), "ignore_mismatched_sizes": True, **options}
    pictures = sieve.get("reads") == "pictures"
    of_classes = AutoModelForImageClassification if pictures else AutoModelForSequenceClassification
    auto = of_classes if labels else AutoModelForCausalLM
    model = auto.from_pretrained(base or config["base_model_name_or_path"], **{"dtype": torch.float32, **options})
    scaling = config["lora_alpha"] / (config["r"] ** 0.5 if config.get("use_rslora") else config["r"])
    tensors = {
        name.removeprefix(PREFIX): value.float()
        for name, value in load_file(FOLDER / "adapter_model.safetensors").items()
    }
    for path in [name.removesuffix(".lora_tau") for name in tensors if name.endswith(".lora_tau")]:
        a, b, tau = (tensors[f"{path}.{name}"] for name in ("lora_A.weight", "lora_B.weight", "lora_tau"))
        magnitude, constant = (tensors.get(f"{path}.{name}") for name in ("lora_magnitude_vector", "lora_constant"))
        add_gate(
            model.get_submodule(path), a, b, tau, scaling, magnitude, config["peft_type"].endswith("_SOFT"), constant
        )
    for path in [name.removesuffix(".lora_gate") for name in tensors if name.endswith(".lora_gate")]:
        add_token_gate(
            model.get_submodule(path),
            *(tensors[f"{path}.{name}"] for name in ("lora_A.weight", "lora_B.weight", "lora_gate")),
            scaling,
        )
    for name, value in tensors.items():
        if ".lora_" not in name:  # a head, trained whole
            model.get_parameter(name).data.copy_(value)
    return model.eval()


def inputs(check):
    """What the model is asked: token ids, or a picture's values, scaled as the page scaled them."""
    picture = check.get("picture")
    if picture is None:
        return {"input_ids": torch.tensor([check["ids"]])}
    if "scale" not in picture:
        raise SystemExit("check.json does not say how its picture is scaled; load() has loaded the adapter")
    pixels = torch.tensor(list(base64.b64decode(picture["values"])), dtype=torch.float32).view(
        picture["size"], picture["size"], 3
    )
    return {
        "pixel_values": (pixels * torch.tensor(picture["scale"]) + torch.tensor(picture["shift"])).permute(2, 0, 1)[
            None
        ]
    }


@torch.no_grad()
def difference(model, check=None):
    """Largest difference from the logits in check.json, relative to the largest of them."""
    check = check or read("check.json")
    given = {name: value.to(model.device) for name, value in inputs(check).items()}
    logits = torch.atleast_2d(model(**given).logits[0]).double().cpu()
    token = torch.arange(check["width"])
    # Weights of the checksum, by Knuth's multiplicative hash of the token.
    weights = (1 - 2 * (token % 2)) * (1 + (token * 2654435761 % 2**32).double() / 2**32)
    largest, off = 0.0, []
    for row in check["rows"]:
        there = torch.tensor(row["top"]["logits"], dtype=torch.float64)
        here = logits[row["row"]]
        off += [
            (here[row["top"]["tokens"]] - there).abs().max(),
            (weights @ here - row["checksum"]).abs() / len(weights) ** 0.5,
        ]
        largest = max(largest, there.abs().max().item())
    return torch.stack(off).max().item() / largest


if __name__ == "__main__":
    off = difference(load(*sys.argv[1:2]))
    print(f"largest difference from the page's logits: {off:.1e} of the largest logit")
    sys.exit(not off <= TOLERANCE)
