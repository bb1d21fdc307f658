"""Exported adapters: PEFT's two files, and the thresholds in ts_peft.json beside them."""
import contextlib
import json
import math
import tempfile
import zipfile
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch import nn

from sieve_peft.gate import RATIO_EPSILON
from .models import PEFT_PREFIX, extra_weights, load_base, lora_weights, set_lora_weights
from .ts_lora import attach_ts_lora, gated_modules, get_tau, set_tau

CONFIG, WEIGHTS, THRESHOLDS = "adapter_config.json", "adapter_model.safetensors", "ts_peft.json"
NOTE = (
    "Per-module thresholds of a token-gated adapter: a module keeps a token's update where "
    "||delta|| / (||y|| + epsilon) >= threshold. Loaders that ignore this file apply the adapter to every token."
)


class AdapterError(Exception):
    """An exported adapter that does not fit its own description or the model."""


def write_adapter(model: nn.Module, folder: Path, base_model: str) -> None:
    """Writes a TS-LoRA model as Sieve exports it."""
    folder.mkdir(parents=True, exist_ok=True)
    gates = gated_modules(model)
    first = next(iter(gates.values()))
    rank = first.lora_A.out_features
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base_model, "r": rank,
        "lora_alpha": first.scaling * rank, "lora_dropout": 0.0, "bias": "none", "inference_mode": True,
        "target_modules": list(dict.fromkeys(n.split(".")[-1] for n in gates)),
    }
    tensors = {}
    for name, (a, b) in lora_weights(model).items():
        tensors[f"{PEFT_PREFIX}{name}.lora_A.weight"] = a.detach().contiguous()
        tensors[f"{PEFT_PREFIX}{name}.lora_B.weight"] = b.detach().contiguous()
    thresholds = {
        "format": "sieve-ts-peft", "version": 1, "rule": "reconstructed", "epsilon": RATIO_EPSILON,
        "thresholds": dict(zip(gates, get_tau(model).tolist())), "scaling": first.scaling, "note": NOTE,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2))
    save_file(tensors, folder / WEIGHTS)
    (folder / THRESHOLDS).write_text(json.dumps(thresholds, indent=2))


@contextlib.contextmanager
def adapter_folder(path: Path):
    """The folder with adapter_config.json: `path` itself, or a zip unpacked for the time being."""
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory() as temporary:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(temporary)
        found = list(Path(temporary).rglob(CONFIG))
        if len(found) != 1:
            raise AdapterError(f"{path.name}: {len(found)} files named {CONFIG}, one expected")
        yield found[0].parent


def load_plain(folder: Path, model_name: str) -> PeftModel:
    """The adapter through real PEFT, all tokens updated. PEFT skips tensors it can't place, so that is checked."""
    model = PeftModel.from_pretrained(load_base(model_name), folder).eval()
    stored = load_file(folder / WEIGHTS)
    placed = {f"{PEFT_PREFIX}{name}.lora_magnitude_vector": m for name, m in extra_weights(model).items()}
    for name, (a, b) in lora_weights(model).items():
        placed[f"{PEFT_PREFIX}{name}.lora_A.weight"], placed[f"{PEFT_PREFIX}{name}.lora_B.weight"] = a, b
    if stored.keys() != placed.keys():
        raise AdapterError(f"tensors that only the file or only PEFT knows: {sorted(stored.keys() ^ placed.keys())[:4]}")
    for key, value in stored.items():
        if not torch.equal(value.float(), placed[key].detach()):
            raise AdapterError(f"{key} is not what PEFT loaded")
    return model


def load_gated(folder: Path, model_name: str) -> nn.Module:
    """The same adapter with its gates, in the twin."""
    adapted = load_plain(folder, model_name)
    plain = lora_weights(adapted)
    config = json.loads((folder / CONFIG).read_text())
    saved = json.loads((folder / THRESHOLDS).read_text())
    if saved.get("format") != "sieve-ts-peft" or saved.get("version") != 1:
        raise AdapterError(f"{THRESHOLDS}: format {saved.get('format')!r} version {saved.get('version')!r} is not known")
    if saved["epsilon"] != RATIO_EPSILON:
        raise AdapterError(f"{THRESHOLDS}: epsilon {saved['epsilon']} is not {RATIO_EPSILON}")
    if saved["thresholds"].keys() != plain.keys():
        raise AdapterError(f"{THRESHOLDS}: thresholds and adapted modules differ: {sorted(saved['thresholds'].keys() ^ plain.keys())[:4]}")
    if any(not math.isfinite(t) or t < 0 for t in saved["thresholds"].values()):
        raise AdapterError(f"{THRESHOLDS}: a threshold is negative or not a number")
    if not math.isclose(saved["scaling"], config["lora_alpha"] / config["r"], rel_tol=1e-6):
        raise AdapterError(f"{THRESHOLDS}: scaling {saved['scaling']} is not lora_alpha / r of {CONFIG}")
    dora = config.get("use_dora", False)
    model = attach_ts_lora(load_base(model_name), config["r"], config["lora_alpha"], only=list(plain), dora=dora)
    set_lora_weights(model, plain)
    with torch.no_grad():
        for name, m in extra_weights(model).items():
            m.copy_(extra_weights(adapted)[name])
    set_tau(model, torch.tensor([saved["thresholds"][n] for n in gated_modules(model)], dtype=torch.float32))
    return model


@torch.no_grad()
def row_logits(model: nn.Module, ids: list[int], rows: list[int]) -> torch.Tensor:
    """Logits of chosen rows of one sequence, [rows, vocab]."""
    return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, rows]
