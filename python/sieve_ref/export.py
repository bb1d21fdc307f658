"""Exported adapters as people load them: by PEFT, where they are gated with sieve_peft, and by the script in their zip."""

import contextlib
import importlib.util
import json
import re
import tempfile
import zipfile
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig

from .models import FAMILIES, MODELS, auto_model

CONFIG, WEIGHTS, CHECK, SCRIPT, README = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "check.json",
    "load_gated.py",
    "README.md",
)
# The configuration of a model that needs no adapter: transformers' own.
MERGED = "config.json"


# What the page puts into zips.
OUR_SCRIPT = Path(__file__).resolve().parents[2] / "src" / "train" / SCRIPT


class AdapterError(Exception):
    """An exported adapter that does not fit its own description or the model."""


@contextlib.contextmanager
def adapter_folder(path: Path):
    """The folder with adapter_config.json or, of a merged model, config.json: `path` itself, or a zip unpacked for the
    time being.
    """
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory() as temporary:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(temporary)
        found = [path for name in (CONFIG, MERGED) for path in Path(temporary).rglob(name)]
        if len(found) != 1:
            raise AdapterError(f"{path.name}: {len(found)} files named {CONFIG} or {MERGED}, one expected")
        yield found[0].parent


def is_gated(folder: Path) -> bool:
    return json.loads((folder / CONFIG).read_text())["peft_type"].startswith("TS_")


def base_folder(model_name: str) -> Path:
    """Where a model lies: `public/models/<name>`, families/<name> of the fixtures, or the absolute path that it is."""
    parent, _, leaf = model_name.rpartition("/")
    return FAMILIES / leaf if parent == "families" else MODELS / model_name


def load_peft(folder: Path, model_name: str) -> PeftModel:
    """The adapter through real PEFT, as the Python in its README says. PEFT skips tensors it can't place, so that is
    checked.
    """
    code = re.search(r"```python\n(.*?)```", (folder / README).read_text(), re.S)[1]
    code = re.sub(
        r'(AutoModelFor\w+\.from_pretrained)\("[^"]*"', lambda m: f"{m[1]}({str(base_folder(model_name))!r}", code
    )
    scope = {}
    exec(code.replace('"this folder"', repr(str(folder))), scope)
    model = scope["model"].eval()
    stored, placed = load_file(folder / WEIGHTS), get_peft_model_state_dict(model)
    if stored.keys() != placed.keys():
        raise AdapterError(
            f"tensors that only the file or only PEFT knows: {sorted(stored.keys() ^ placed.keys())[:4]}"
        )
    for key, value in stored.items():
        if not torch.equal(value.float(), placed[key].detach()):
            raise AdapterError(f"{key} is not what PEFT loaded")
    return model


def load_merged(folder: Path) -> nn.Module:
    """A merged model: through the Python in its README where it has one, in float32 whatever its weights are in."""
    config = json.loads((folder / MERGED).read_text())
    if not (folder / README).exists():
        return auto_model(AutoConfig.from_pretrained(folder)).from_pretrained(folder, dtype=torch.float32).eval()
    code = re.search(r"```python\n(.*?)```", (folder / README).read_text(), re.S)[1].replace(
        '"path/to/this/folder"', repr(str(folder))
    )
    scope = {}
    exec(code, scope)
    return scope["model"].float().eval()


def load_script(path: Path):
    """load_gated.py of a folder as a module."""
    spec = importlib.util.spec_from_file_location("load_gated", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_own(folder: Path, model_name: str) -> nn.Module:
    """A gated adapter through the script that lies beside it."""
    return load_script(folder / SCRIPT).load(base_folder(model_name))
