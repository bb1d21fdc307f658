"""Adapters of older versions of Sieve's page: LORA, with the thresholds of a gated one beside it in ts_peft.json."""

import json
import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .config import TS_DORA, TS_LORA

CONFIG, WEIGHTS, THRESHOLDS = "adapter_config.json", "adapter_model.safetensors", "ts_peft.json"
MOST_BYTES = 2**32


@contextmanager
def _unpacked(source: Path):
    """The folder of an adapter, or a zip's files in a folder that is deleted afterwards."""
    if source.is_dir():
        yield source
        return
    folder = Path(tempfile.mkdtemp())
    try:
        with zipfile.ZipFile(source) as archive:
            members = {Path(m.filename).name: m for m in archive.infolist() if not m.is_dir()}
            wanted = [members[name] for name in (CONFIG, WEIGHTS, THRESHOLDS) if name in members]
            if sum(m.file_size for m in wanted) > MOST_BYTES:
                raise ValueError(f"{source} unpacks to more than {MOST_BYTES} bytes")
            for member in wanted:
                with archive.open(member) as data, open(folder / Path(member.filename).name, "wb") as out:
                    shutil.copyfileobj(data, out)
        yield folder
    finally:
        shutil.rmtree(folder)


def from_zip(source: str | Path, out: str | Path) -> Path:
    """Writes the adapter in `source` (a zip of the page, or its folder) to the folder `out` as PEFT reads it; returns
    `out`.

    A gated adapter becomes TS_LORA or TS_DORA, its thresholds `lora_tau` tensors; any other stays what it is.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with _unpacked(Path(source)) as folder:
        config = json.loads((folder / CONFIG).read_text())
        tensors = load_file(folder / WEIGHTS)
        if (folder / THRESHOLDS).exists():
            config["peft_type"] = TS_DORA if config.get("use_dora") else TS_LORA
            for path, tau in json.loads((folder / THRESHOLDS).read_text())["thresholds"].items():
                tensors[f"base_model.model.{path}.lora_tau"] = torch.tensor(float(tau), dtype=torch.float32)
    (out / CONFIG).write_text(json.dumps(config, indent=1))
    save_file(tensors, out / WEIGHTS, {"format": "pt"})
    return out
