"""Tiny random models of every family, and what HF transformers and PEFT make of them: `python -m sieve_ref.families
[name ...]`.

Each is a folder `fixtures/families/<family>`: `config.json` and `model.safetensors` (float16) as transformers writes
them, and a fixture `twin` of four methods on every linear layer. Format: README.md.
"""

import argparse
import copy
import shutil
from dataclasses import dataclass, field, replace

import torch
from torch import nn
from transformers import AutoConfig, PreTrainedModel
from transformers.utils import logging

from . import fixtures
from .fixtures import FixtureFile, basic, place_tau, smallest_gap
from .models import (
    ENCODERS,
    FAMILIES,
    attach_peft,
    auto_model,
    extra_weights,
    linear_names,
    linear_weight,
    load_base,
    lora_weights,
    set_lora_weights,
    tells_classes,
    train_head,
    whole_weights,
)
from .train import Batch, Run, batch_logits
from .ts_lora import attach_ts_lora, gated_modules, set_tau

RANK, ALPHA = 2, 3.0
METHODS = ("lora", "ts-lora", "dora", "ts-dora")
# (length, tokens of the prompt) of each sequence; one has no more than two tokens, most are longer than any window.
BATCHES = [[(11, 4), (2, 0), (17, 0)], [(7, 2), (16, 5), (4, 0)]]
SETTINGS = replace(fixtures.SETTINGS, lambdaBar=0.02)
# A token's r keeps this far from τ in every step, so that rounding cannot flip a gate.
SMALLEST_GAP = 4e-5


@dataclass
class Family:
    """A family's configuration at a small, odd size, and changes of it that the logits must show."""

    config: dict
    controls: dict[str, dict] = field(default_factory=dict)
    embedding: float = 0.5  # standard deviation of the token embeddings
    type: str | None = None  # its model_type, where that is not its name here


def rope(theta: float, kind="default", **more) -> dict:
    return {"rope_type": kind, "rope_theta": theta, **more}


NO_ROPE_SCALING = {"rope_parameters": rope(500.0)}
CLASSES = {0: "a", 1: "b", 2: "c"}
MODERNBERT_ROPE = {"sliding_attention": rope(50.0), "full_attention": rope(900.0)}
GEMMA3_ROPE = {"sliding_attention": rope(50.0), "full_attention": rope(3000.0, "linear", factor=4.0)}
# fmt: off
FAMILIES_OF = {
    "llama": Family(
        dict(
            vocab_size=61, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
            num_key_value_heads=1, head_dim=16,
            rms_norm_eps=0.02, max_position_embeddings=256, tie_word_embeddings=False,
            rope_parameters=rope(
                500.0, "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                original_max_position_embeddings=64,
            ),
        ),
        {"scaled RoPE": NO_ROPE_SCALING, "epsilon": {"rms_norm_eps": 1e-6}, "activation": {"hidden_act": "gelu"}},
    ),
    "mistral": Family(
        dict(
            vocab_size=59, hidden_size=20, intermediate_size=36, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, head_dim=8,
            rms_norm_eps=0.01, max_position_embeddings=64, sliding_window=5, tie_word_embeddings=False,
            rope_parameters=rope(1000.0),
        ),
        {
            "window": {"sliding_window": None}, "window by one": {"sliding_window": 6},
            "base of RoPE": {"rope_parameters": rope(10000.0)},
        },
    ),
    "smollm3": Family(
        dict(
            vocab_size=67, hidden_size=24, intermediate_size=36, num_hidden_layers=3, num_attention_heads=3,
            num_key_value_heads=1,
            rms_norm_eps=0.01, max_position_embeddings=64, no_rope_layers=[1, 0, 1], pad_token_id=0, bos_token_id=0,
            eos_token_id=1,
            rope_parameters=rope(5000.0),
        ),
        {"layer without RoPE": {"no_rope_layers": [1, 1, 1]}, "layers with RoPE": {"no_rope_layers": [0, 0, 0]}},
    ),
    "granite": Family(
        dict(
            vocab_size=71, hidden_size=24, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3,
            num_key_value_heads=1,
            rms_norm_eps=0.01, max_position_embeddings=64, tie_word_embeddings=True, rope_parameters=rope(2000.0),
            embedding_multiplier=3.0, residual_multiplier=0.7, attention_multiplier=0.21, logits_scaling=2.5,
        ),
        {
            "embedding multiplier": {"embedding_multiplier": 1.0}, "residual multiplier": {"residual_multiplier": 1.0},
            "attention multiplier": {"attention_multiplier": 8**-0.5}, "logits scaling": {"logits_scaling": 1.0},
        },
    ),
    "qwen2": Family(
        dict(
            vocab_size=73, hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=6,
            num_key_value_heads=2,
            rms_norm_eps=0.01, max_position_embeddings=64, tie_word_embeddings=True, rope_parameters=rope(3000.0),
        ),
        {"base of RoPE": {"rope_parameters": rope(10000.0)}},
    ),
    "qwen3": Family(
        dict(
            vocab_size=53, hidden_size=20, intermediate_size=36, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, head_dim=12,
            rms_norm_eps=0.01, max_position_embeddings=64, tie_word_embeddings=True, rope_parameters=rope(2000.0),
        ),
    ),
    "gemma2": Family(
        dict(
            vocab_size=57, hidden_size=20, intermediate_size=36, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, head_dim=12,
            rms_norm_eps=0.01, max_position_embeddings=64, rope_parameters=rope(1000.0), query_pre_attn_scalar=7,
            sliding_window=4,
            attn_logit_softcapping=1.5, final_logit_softcapping=4.0,
        ),
        {
            "window": {"sliding_window": 64}, "window by one": {"sliding_window": 5},
            "windows in turn": {"layer_types": ["full_attention", "sliding_attention"]},
            "attention scale": {"query_pre_attn_scalar": 12}, "attention softcap": {"attn_logit_softcapping": None},
            "logit softcap": {"final_logit_softcapping": None}, "activation": {"hidden_activation": "gelu"},
        },
        embedding=0.3,
    ),
    "gemma3_text": Family(
        dict(
            vocab_size=69, hidden_size=24, intermediate_size=36, num_hidden_layers=3, num_attention_heads=2,
            num_key_value_heads=1, head_dim=16,
            rms_norm_eps=0.01, max_position_embeddings=64, query_pre_attn_scalar=10, sliding_window=5,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"], rope_parameters=GEMMA3_ROPE,
        ),
        {
            "window": {"sliding_window": 64}, "window by one": {"sliding_window": 6},
            "attention scale": {"query_pre_attn_scalar": 16},
            "activation": {"hidden_activation": "gelu"},
            "local RoPE": {"rope_parameters": {**GEMMA3_ROPE, "sliding_attention": rope(3000.0)}},
            "global RoPE": {"rope_parameters": {**GEMMA3_ROPE, "full_attention": rope(50.0, "linear", factor=4.0)}},
            "scaled RoPE": {"rope_parameters": {**GEMMA3_ROPE, "full_attention": rope(3000.0)}},
        },
        embedding=0.3,
    ),
    "gpt2": Family(
        dict(
            vocab_size=63, n_embd=24, n_head=3, n_layer=2, n_inner=44, n_positions=32, layer_norm_epsilon=0.02,
            bos_token_id=0, eos_token_id=0,
        ),
        {
            "epsilon": {"layer_norm_epsilon": 1e-6}, "activation": {"activation_function": "gelu"},
            "attention scale": {"scale_attn_weights": False},
        },
    ),
    "gpt_neox": Family(
        dict(
            vocab_size=55, hidden_size=32, intermediate_size=44, num_hidden_layers=2, num_attention_heads=2,
            layer_norm_eps=0.01,
            max_position_embeddings=32, rope_parameters=rope(100.0, partial_rotary_factor=0.25),
            tie_word_embeddings=False,
        ),
        {
            "parallel residual": {"use_parallel_residual": False},
            "share of RoPE": {"rope_parameters": rope(100.0, partial_rotary_factor=1.0)},
            "activation": {"hidden_act": "gelu_new"},
        },
    ),
    "phi": Family(
        dict(
            vocab_size=51, hidden_size=32, intermediate_size=44, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, layer_norm_eps=0.01,
            max_position_embeddings=32, rope_parameters=rope(200.0, partial_rotary_factor=0.5),
        ),
        {
            "share of RoPE": {"rope_parameters": rope(200.0, partial_rotary_factor=1.0)},
            "activation": {"hidden_act": "gelu"},
        },
    ),
    "phi3": Family(
        dict(
            vocab_size=65, hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=3,
            num_key_value_heads=1, rms_norm_eps=0.01,
            max_position_embeddings=64, original_max_position_embeddings=64, sliding_window=6, pad_token_id=0,
            bos_token_id=1, eos_token_id=2,
            rope_parameters=rope(300.0, partial_rotary_factor=0.5),
        ),
        {
            "window": {"sliding_window": None},
            "share of RoPE": {"rope_parameters": rope(300.0, partial_rotary_factor=1.0)},
        },
    ),
    "opt": Family(
        dict(
            vocab_size=75, hidden_size=24, ffn_dim=44, num_hidden_layers=2, num_attention_heads=3,
            word_embed_proj_dim=24,
            max_position_embeddings=32, pad_token_id=1, bos_token_id=2, eos_token_id=2,
        ),
        {"activation": {"activation_function": "gelu"}},
    ),
    "vit": Family(
        dict(
            image_size=12, patch_size=4, hidden_size=24, intermediate_size=44, num_hidden_layers=2,
            num_attention_heads=3, layer_norm_eps=0.02,
            id2label={0: "a", 1: "b", 2: "c"},
        ),
        {"epsilon": {"layer_norm_eps": 1e-6}, "activation": {"hidden_act": "relu"}},
    ),
    "bert": Family(
        dict(
            vocab_size=61, hidden_size=24, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3,
            layer_norm_eps=0.02,
            max_position_embeddings=32, type_vocab_size=3, id2label=CLASSES,
        ),
        {"epsilon": {"layer_norm_eps": 1e-6}, "activation": {"hidden_act": "relu"}},
    ),
    "distilbert": Family(
        dict(
            vocab_size=57, dim=24, hidden_dim=44, n_layers=2, n_heads=3, max_position_embeddings=32, id2label=CLASSES,
        ),
        {"activation": {"activation": "relu"}},
    ),
    "roberta": Family(
        dict(
            vocab_size=63, hidden_size=24, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3,
            layer_norm_eps=0.02,
            max_position_embeddings=34, type_vocab_size=3, pad_token_id=1, bos_token_id=0, eos_token_id=2,
            id2label=CLASSES,
        ),
        {"epsilon": {"layer_norm_eps": 1e-6}, "activation": {"hidden_act": "relu"}},
    ),
    "modernbert": Family(
        dict(
            vocab_size=59, hidden_size=24, intermediate_size=36, num_hidden_layers=3, num_attention_heads=3,
            norm_eps=0.02, norm_bias=True,
            max_position_embeddings=64, local_attention=6,
            layer_types=["full_attention", "sliding_attention", "full_attention"],
            rope_parameters=MODERNBERT_ROPE, attention_bias=True, classifier_bias=True, pad_token_id=0, bos_token_id=1,
            eos_token_id=2,
            cls_token_id=1, sep_token_id=2, id2label=CLASSES,
        ),
        {
            "epsilon": {"norm_eps": 1e-6}, "activation": {"hidden_activation": "relu"},
            "activation of the head": {"classifier_activation": "relu"},
            "window": {"local_attention": 64}, "window by one": {"local_attention": 8},
            "local RoPE": {"rope_parameters": {**MODERNBERT_ROPE, "sliding_attention": rope(900.0)}},
            "global RoPE": {"rope_parameters": {**MODERNBERT_ROPE, "full_attention": rope(50.0)}},
        },
    ),
}
# fmt: on


YARN = rope(2000.0, "yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=2.0, beta_slow=0.25)
LONGROPE = rope(
    300.0,
    "longrope",
    partial_rotary_factor=0.5,
    short_factor=[1.1, 1.7],
    long_factor=[3.0, 5.0],
    original_max_position_embeddings=64,
    factor=4.0,
)


def as_classifier(name: str, architecture: str, controls: dict | None = None, **changes) -> Family:
    """A family of decoders as classifiers of it are published: the same model under a head that reads the last token."""
    family = FAMILIES_OF[name]
    config = {**family.config, "architectures": [architecture], "id2label": CLASSES, **changes}
    return replace(family, config=config, controls=controls or {}, type=name)


FAMILIES_OF["modernbert_mean"] = replace(
    FAMILIES_OF["modernbert"],
    config={
        **FAMILIES_OF["modernbert"].config,
        "classifier_pooling": "mean",
        "num_hidden_layers": 2,
        "layer_types": ["full_attention", "sliding_attention"],
    },
    controls={"pooling": {"classifier_pooling": "cls"}},
    type="modernbert",
)
FAMILIES_OF |= {
    "gpt2_classes": as_classifier("gpt2", "GPT2ForSequenceClassification"),
    "llama_classes": as_classifier("llama", "LlamaForSequenceClassification", pad_token_id=0),
    # Two ways to stretch RoPE that no other family here has.
    "phi3_classes": as_classifier(
        "phi3",
        "Phi3ForSequenceClassification",
        {
            "scaled RoPE": {"rope_parameters": rope(300.0, partial_rotary_factor=0.5)},
            "factors of RoPE": {"rope_parameters": {**LONGROPE, "short_factor": LONGROPE["long_factor"]}},
        },
        rope_parameters=LONGROPE,
        max_position_embeddings=256,
    ),
    "qwen3_classes": as_classifier(
        "qwen3",
        "Qwen3ForSequenceClassification",
        {
            "scaled RoPE": {"rope_parameters": rope(2000.0)},
            "lengths under RoPE": {"rope_parameters": {**YARN, "attention_factor": 1.0}},
        },
        rope_parameters=YARN,
    ),
}


def is_norm(module: nn.Module) -> bool:
    return "Norm" in type(module).__name__


def adds_one(norm: nn.Module) -> bool:
    """Gemma's norms multiply by 1 + weight."""
    return type(norm).__name__.startswith("Gemma")


@torch.no_grad()
def draw_base(name: str, changes: dict | None = None) -> PreTrainedModel:
    """The family's random model: values exact in float16, every bias, norm and table away from what would do nothing.

    changes: of the configuration; the weights are the same ones.
    """
    family = FAMILIES_OF[name]
    config = AutoConfig.for_model(family.type or name, **copy.deepcopy({**family.config, **(changes or {})}))
    model = auto_model(config).from_config(config, attn_implementation="eager").float()
    generator = torch.Generator().manual_seed(fixtures.SEED)
    noise = lambda like: torch.randn(like.shape, generator=generator)
    drawn = set()
    for module in model.modules():
        for key, value in module.named_parameters(recurse=False):
            if value in drawn:  # a tied head
                continue
            drawn.add(value)
            if is_norm(module) and key == "weight":
                value.copy_(noise(value) * 0.3 + (0 if adds_one(module) else 1))
            elif value.ndim == 1:
                value.copy_(noise(value) * 0.3)
            elif isinstance(module, nn.Embedding) or value.ndim == 3:  # ViT's class token and positions
                value.copy_(noise(value) * family.embedding)
            else:
                inputs = value[0].numel() if isinstance(module, nn.Conv2d) else linear_weight(module).shape[1]
                value.copy_(noise(value) * inputs**-0.5)
            value.copy_(value.half())
    return model.eval().requires_grad_(False)


def make_batches(vocab: int) -> list[Batch]:
    """Random tokens, the first and the last of the vocabulary among them."""
    generator = torch.Generator().manual_seed(fixtures.SEED + 2)
    batches = []
    for plan in BATCHES:
        sequences = [(torch.randint(vocab, (length,), generator=generator).tolist(), prompt) for length, prompt in plan]
        sequences[0][0][1], sequences[-1][0][2] = 0, vocab - 1
        batches.append(Batch.of(sequences))
    return batches


def picture_batches(config) -> list[Batch]:
    """Random pictures, each of a class; the last class among them."""
    generator = torch.Generator().manual_seed(fixtures.SEED + 2)
    tokens, classes = 1 + (config.image_size // config.patch_size) ** 2, config.num_labels
    batches = []
    for count in (3, 2):
        pixels = torch.randn(count, config.num_channels, config.image_size, config.image_size, generator=generator)
        labels = torch.tensor([*torch.randint(classes, (count - 1,), generator=generator).tolist(), classes - 1])
        batches.append(
            Batch(
                torch.arange(tokens).repeat(count), labels, [tokens * i for i in range(count + 1)], pixels, whole=True
            )
        )
    return batches


def labelled_batches(config) -> list[Batch]:
    """Random tokens but for the padding's, whose place RoBERTa does not count; each sequence of a class, the last class
    among them.
    """
    classes, batches = config.num_labels, make_batches(config.vocab_size)
    generator = torch.Generator().manual_seed(fixtures.SEED + 4)
    for batch in batches:
        count = len(batch.starts) - 1
        batch.ids[batch.ids == config.pad_token_id] = 3
        batch.targets = torch.tensor([*torch.randint(classes, (count - 1,), generator=generator).tolist(), classes - 1])
        batch.whole = True
    return batches


def batches_of(config) -> list[Batch]:
    if tells_classes(config):
        return labelled_batches(config)
    return picture_batches(config) if config.model_type == "vit" else make_batches(config.vocab_size)


def reads_last(config) -> bool:
    """Whether a class head reads the last token of a sequence, not the first."""
    return tells_classes(config) and config.model_type not in ENCODERS


def add_whole(file: FixtureFile, name: str, batch: Batch, last: bool = False) -> None:
    """A batch of whole sequences as the engine takes it: the class at the row that the head reads."""
    targets = torch.full((batch.tokens,), -1)
    targets[[end - 1 for end in batch.starts[1:]] if last else batch.starts[:-1]] = batch.targets
    file.add_batch(name, Batch(batch.ids, targets, batch.starts))


def add_pictures(file: FixtureFile, name: str, batch: Batch, patch: int) -> None:
    """The same of pictures, and every row's patch [channels, patch, patch]; zero at the first."""
    patches = (
        batch.pixels.unfold(2, patch, patch).unfold(3, patch, patch).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
    )
    add_whole(file, name, batch)
    file.add(f"{name}.patches", torch.cat([torch.zeros_like(patches[:, :1]), patches], dim=1), "f32")


@dataclass
class Start:
    """An adapter before its first step; every value but τ exact in float16."""

    pairs: dict[str, tuple[torch.Tensor, torch.Tensor]]
    magnitudes: dict[str, torch.Tensor]
    tau: torch.Tensor | None = None


def attach(base: PreTrainedModel, method: str) -> nn.Module:
    """The method on every linear layer of the base's layers."""
    names, dora = linear_names(base), method.endswith("dora")
    if method.startswith("ts-"):
        return train_head(attach_ts_lora(base, RANK, ALPHA, only=names, dora=dora))
    return train_head(attach_peft(base, RANK, ALPHA, only=names, dora=dora))


@torch.no_grad()
def build(name: str, method: str, start: Start) -> nn.Module:
    """The stored base with the adapter in that state."""
    model = attach(load_base(f"families/{name}"), method)
    set_lora_weights(model, start.pairs)
    for module, m in extra_weights(model).items():
        m.copy_(start.magnitudes[module])
    if start.tau is not None:
        set_tau(model, start.tau)
    return model


@torch.no_grad()
def make_start(name: str) -> Start:
    """Random A and B, and magnitudes some percent off the norms that they start from."""
    generator = torch.Generator().manual_seed(fixtures.SEED + 3)
    noise = lambda like: torch.randn(like.shape, generator=generator)
    model = attach(load_base(f"families/{name}"), "ts-dora")
    pairs = {
        n: ((noise(a) * a.shape[1] ** -0.5).half(), (noise(b) * 0.1).half())
        for n, (a, b) in lora_weights(model).items()
    }
    return Start(pairs, {n: (m * (1 + 0.05 * noise(m))).half() for n, m in extra_weights(model).items()})


def add_flat(file: FixtureFile, name: str, dtype: str, pairs, magnitudes=None) -> None:
    """A, B and, where there is one, m of every module, all behind one another in the modules' order."""
    parts = [p for n, (a, b) in pairs.items() for p in (a, b, *([magnitudes[n]] if magnitudes else []))]
    file.add(name, torch.cat([p.detach().float().flatten() for p in parts]), dtype)


def weights_of(model, of=lambda p: p.detach().clone()):
    """(pairs, magnitudes) of a model's trained parameters, or of something of each."""
    pairs = {n: (of(a), of(b)) for n, (a, b) in lora_weights(model).items()}
    return pairs, {n: of(m) for n, m in extra_weights(model).items()}


def flat_whole(model, of=lambda p: p.detach()):
    """What is trained whole, or something of it, behind one another; None where nothing is."""
    parts = [of(p).flatten() for p in whole_weights(model).values()]
    return torch.cat(parts) if parts else None


def run_method(name: str, method: str, start: Start, batches: list[Batch]):
    """(logits of batch 0, its loss, gradients, those of what is trained whole, what its gates did, ten steps, the model
    after them).
    """
    model = build(name, method, start)
    with torch.no_grad():
        logits = batch_logits(model, batches[0])
    run = Run(model, SETTINGS)
    loss = run.backward([batches[0]])
    gradients = weights_of(model, lambda p: p.grad.clone())
    whole = flat_whole(model, lambda p: p.grad.clone())
    gates = [g.stats() for g in run.gates]
    trained = build(name, method, start)
    run = Run(trained, SETTINGS)
    results = [run.step([batches[t % len(batches)]]) for t in range(SETTINGS.steps)]
    return logits, loss, gradients, whole, gates, results, trained


def gated_start(name: str, method: str, start: Start, batches: list[Batch]) -> Start:
    """With thresholds at which every module skips 30 to 70 %, chosen so that no gate stands on a knife's edge in ten
    steps.
    """
    for seed in range(1, 40):
        generator = torch.Generator().manual_seed(seed)
        start = replace(start, tau=None)
        start.tau = place_tau(build(name, method, start), batches[0], generator, spread=0.1)
        results = run_method(name, method, start, batches)[5]
        if smallest_gap(results, start.tau) >= SMALLEST_GAP:
            return start
    raise ValueError(f"{name} {method}: no thresholds keep their distance")


def add_method(file: FixtureFile, name: str, method: str, start: Start, batches: list[Batch]) -> dict:
    """One method's tensors under `<method>.`; its values for the manifest."""
    gated = method.startswith("ts-")
    if gated:
        start = gated_start(name, method, start, batches)
    logits, loss, gradients, whole, gates, results, trained = run_method(name, method, start, batches)
    file.add(f"{method}.logits", logits if batches[0].whole else logits[LOGIT_ROWS], "f32")
    add_flat(file, f"{method}.grad", "f32", *gradients)
    add_flat(file, f"{method}.final", "f16", *weights_of(trained))
    if whole is not None:
        file.add(f"{method}.wholeGrad", whole, "f32")
        file.add(f"{method}.wholeFinal", flat_whole(trained), "f32")
    train = {
        "batch": [t % len(batches) for t in range(SETTINGS.steps)],
        "loss": [r.loss for r in results],
        "gradNorm": [r.grad_norm for r in results],
    }
    if gated:
        file.add(f"{method}.tau", start.tau, "f32")
        file.add(f"{method}.gate", torch.stack([s.gate for s in gates]), "u8")
        file.add(f"{method}.active", [int(s.gate.sum()) for s in gates], "u32")
        file.add(f"{method}.muKept", [s.mu_kept for s in gates], "f32")
        file.add(f"{method}.muSkipped", [s.mu_skipped for s in gates], "f32")
        file.add(f"{method}.trainTau", torch.stack([r.tau for r in results]), "f32")
        train["smallestGap"] = smallest_gap(results, start.tau)
    return {"loss": loss, "train": train}


# What transformers 5 calls modules of ViT, and what files (and transformers 4) do.
VIT_NAMES = {
    "vit.layers.": "vit.encoder.layer.",
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


def name_in_file(module: str) -> str:
    """A module's path as the names of its weights in a file have it."""
    for own, stored in VIT_NAMES.items() if module.startswith("vit.") else ():
        module = module.replace(own, stored)
    return module


def name_in_model(module: str) -> str:
    """The other way round."""
    for own, stored in VIT_NAMES.items() if module.startswith("vit.") else ():
        module = module.replace(stored, own)
    return module


# Rows of batch 0 whose adapted logits are stored: first, middle, of the sequence of two, last.
LOGIT_ROWS = [0, 6, 12, 21, 29]


def make(name: str) -> None:
    folder = FAMILIES / name
    shutil.rmtree(folder, ignore_errors=True)
    base = draw_base(name)
    base.half().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    base = load_base(f"families/{name}")
    batches, start = batches_of(base.config), make_start(name)
    file = FixtureFile()
    for i, batch in enumerate(batches):
        if batch.pixels is not None:
            add_pictures(file, f"batch{i}", batch, base.config.patch_size)
        elif batch.whole:
            add_whole(file, f"batch{i}", batch, reads_last(base.config))
        else:
            file.add_batch(f"batch{i}", batch)
    with torch.no_grad():
        file.add("baseLogits", batch_logits(base, batches[0]), "f32")
    add_flat(file, "init", "f16", start.pairs)
    file.add("initM", torch.cat(list(start.magnitudes.values())), "f16")
    values = {
        "family": name,
        "rank": RANK,
        "alpha": ALPHA,
        "scaling": ALPHA / RANK,
        "settings": basic(SETTINGS),
        "logitRows": batches[0].starts[:-1] if batches[0].whole else LOGIT_ROWS,
        "modules": [{"name": name_in_file(n), "dIn": a.shape[1], "dOut": len(b)} for n, (a, b) in start.pairs.items()],
        "methods": {method: add_method(file, name, method, start, batches) for method in METHODS},
    }
    file.write(folder, "twin", values)
    size = sum(f.stat().st_size for f in folder.iterdir())
    steps = {
        method: f"{v['train']['loss'][0]:.3f} -> {v['train']['loss'][-1]:.3f}"
        for method, v in values["methods"].items()
    }
    print(f"{name}: {size} bytes, {len(start.pairs)} modules, {steps}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(FAMILIES_OF))
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    for chosen in parser.parse_args().names:
        make(chosen)
