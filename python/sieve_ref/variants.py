"""Random Llamas of unusual shape for the engine: `python -m sieve_ref.variants`.

Odd head counts and ratios, head sizes that do not follow from the width, untied heads, other rope_theta and
epsilon, vocabularies that are no multiple of 4, LoRA on a subset of modules. Each fixture holds the frozen weights
(as `weight.<name in the checkpoint>`), the adapter, a batch, logits, loss and every adapter gradient, by HF PEFT.
"""

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

from .fixtures import FOLDER, FixtureFile
from .models import attach_peft, lora_weights

VARIANTS = {
    # five query heads on one key/value head, head size 16 on a width of 60, untied head, 61 words
    "tiny-untied": (
        dict(
            vocab_size=61,
            hidden_size=60,
            intermediate_size=100,
            num_hidden_layers=2,
            num_attention_heads=5,
            num_key_value_heads=1,
            head_dim=16,
            rope_theta=500000.0,
            rms_norm_eps=1e-6,
            tie_word_embeddings=False,
        ),
        ("q", "v"),
        3,
    ),
    # as many key/value heads as query heads, tied, backward that stops at layer 0's MLP
    "tiny-mha": (
        dict(
            vocab_size=96,
            hidden_size=48,
            intermediate_size=68,
            num_hidden_layers=3,
            num_attention_heads=3,
            num_key_value_heads=3,
            head_dim=16,
            rope_theta=10000.0,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
        ),
        ("down", "up"),
        5,
    ),
    # only the output projection, rank 1, head size 20
    "tiny-o": (
        dict(
            vocab_size=50,
            hidden_size=40,
            intermediate_size=52,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=20,
            rope_theta=1000.0,
            rms_norm_eps=1e-5,
            tie_word_embeddings=False,
        ),
        ("o",),
        1,
    ),
}
LENGTHS = (13, 2, 37)


def make(name: str) -> None:
    shape, kinds, rank = VARIANTS[name]
    torch.manual_seed(7)
    base = (
        LlamaForCausalLM(LlamaConfig(**shape, max_position_embeddings=64, attn_implementation="eager")).float().eval()
    )
    with torch.no_grad():
        for parameter in base.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)  # norms away from 1, everything else larger
    weights = {key: value.clone() for key, value in base.state_dict().items()}
    model = attach_peft(base, rank, 2.0 * rank, kinds)
    with torch.no_grad():
        for _, b in lora_weights(model).values():
            b.copy_(torch.randn_like(b) * 0.2)
    sequences = [torch.randint(shape["vocab_size"], (length,)) for length in LENGTHS]
    logits = [model(ids[None]).logits[0] for ids in sequences]
    # every token but the first of a sequence is a target
    targets = [torch.cat([ids[1:], torch.tensor([-1])]) for ids in sequences]
    total = sum(cross_entropy(lg, t, ignore_index=-1, reduction="sum") for lg, t in zip(logits, targets))
    loss = total / sum(length - 1 for length in LENGTHS)
    loss.backward()
    file = FixtureFile()
    file.add("batch0.ids", torch.cat(sequences), "i32")
    file.add("batch0.targets", torch.cat(targets), "i32")
    file.add("batch0.starts", [0, *torch.tensor(LENGTHS).cumsum(0).tolist()], "u32")
    file.add("logits", torch.cat(logits).detach(), "f32")
    for key, value in weights.items():
        if not (key == "lm_head.weight" and shape["tie_word_embeddings"]):
            file.add(f"weight.{key}", value, "f32")
    pairs = lora_weights(model)
    file.add_weights("init", pairs)
    file.add_weights("grad", {module: (a.grad, b.grad) for module, (a, b) in pairs.items()})
    manifest = {
        "model": name,
        "method": "lora",
        "rank": rank,
        "alpha": 2.0 * rank,
        "kinds": kinds,
        "loss": loss.item(),
        "modules": [{"name": module} for module in pairs],
        "config": {
            "layers": shape["num_hidden_layers"],
            "dModel": shape["hidden_size"],
            "heads": shape["num_attention_heads"],
            "kvHeads": shape["num_key_value_heads"],
            "headDim": shape["head_dim"],
            "ffn": shape["intermediate_size"],
            "vocab": shape["vocab_size"],
            "context": 64,
            "ropeTheta": shape["rope_theta"],
            "rmsEps": shape["rms_norm_eps"],
            "tied": shape["tie_word_embeddings"],
            "bosId": None,
            "eosIds": [0],
        },
    }
    file.write(FOLDER, name, manifest)


if __name__ == "__main__":
    for variant in VARIANTS:
        make(variant)
