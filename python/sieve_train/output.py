"""What a finished training leaves: an adapter of each run as PEFT reads it, and the session as the page's History opens
it.
"""

import json
import secrets
import time
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

CHECK_ROWS, CHECK_TOKENS, TOP = 3, 16, 32
WHEN = (1980, 1, 1, 0, 0, 0)


def check_json(model: str, ids: list[int], logits: torch.Tensor) -> dict:
    """check.json (src/train/adapterCheck.ts): the largest logits of the last rows, and a sum over all of each.

    logits: [tokens, vocabulary], or [1, classes] of a head with classes.
    """
    v = np.arange(logits.shape[1], dtype=np.uint64)
    weights = np.where(v % 2 == 0, 1.0, -1.0) * (1 + (v * np.uint64(2654435761) % np.uint64(2**32)) / 2**32)
    rows = []
    for row in range(len(logits) - 1, max(-1, len(logits) - 1 - CHECK_ROWS), -1):
        values = logits[row].double().numpy()
        top = np.lexsort((v, -values))[:TOP]
        rows.append(
            {
                "row": row,
                "top": {"tokens": top.tolist(), "logits": values[top].tolist()},
                "checksum": float(values @ weights),
            }
        )
    return {"format": "sieve-check", "version": 2, "model": model, "ids": ids, "width": logits.shape[1], "rows": rows}


def adapter_files(config: dict, sieve: dict, tensors: dict[str, torch.Tensor], check: dict) -> dict[str, bytes]:
    """An adapter's files by name. config, sieve: adapter_config.json and sieve.json."""
    text = lambda value: (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
    return {
        "adapter_config.json": text(config | {"inference_mode": True}),
        "adapter_model.safetensors": save(tensors, {"format": "pt"}),
        "sieve.json": text(sieve),
        "check.json": text(check),
    }


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), content, zipfile.ZIP_DEFLATED)
    return path


def session_record(record: dict, *, logs: list[dict], device: dict, model: dict, ended: str, size: int) -> dict:
    """session.json of what was trained here: the handed-over one, with where its runs have come to."""
    by_run = {log["runId"]: log for log in logs}
    finals = []
    for run, before in zip(record["config"]["runs"], record["finals"], strict=True):
        log = by_run.get(run["id"])
        if log is None:
            finals.append(before)
            continue
        last = log["evals"][-1] if log["evals"] else None
        gate = last["gate"] if last else None
        skipped = 1 - sum(gate["active"]) / sum(gate["tokens"]) if gate else None
        finals.append(
            {
                "steps": int(log["step"][-1]) if log["step"] else 0,
                "loss": last and last["loss"],
                "skipped": skipped,
                "failed": before["failed"],
            }
        )
    base = by_run.get("base")
    ended_at = int(time.time() * 1000)
    return record | {
        "id": f"{_base36(ended_at)}-{secrets.token_hex(4)}",
        "endedAt": ended_at,
        "ended": ended,
        "model": model,
        "devices": [*record["devices"], device],
        "base": base["evals"][-1]["loss"] if base and base["evals"] else record["base"],
        "finals": finals,
        "bytes": size,
    }


def _base36(n: int) -> str:
    digits = ""
    while n:
        n, d = divmod(n, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[d] + digits
    return digits or "0"
