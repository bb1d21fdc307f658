"""Holds adapters exported by the app against Python PEFT: `python -m sieve_ref.check_export <dir> ...`.

Each <dir> holds one zip (or the unpacked adapter) and expected.json:
{"model": folder under public/models, or families/<family> of the fixtures, "ids": [...], "rows": [...], "dense": [rows][vocab] or null, "gated": the same}.
`dense`: logits with every token updated (plain PEFT); `gated`: with the thresholds of ts_peft.json (the twin).
A directory fails when a difference exceeds 2e-4 of the largest logit, or when nothing could be compared. The last line says
how many passed and failed; exits with 1 when one failed.
"""
import argparse
import json
import sys
from pathlib import Path

import torch
from transformers.utils import logging

from .export import CONFIG, THRESHOLDS, AdapterError, adapter_folder, load_gated, load_plain, row_logits

TOLERANCE = 2e-4


def compare(kind: str, actual: torch.Tensor, expected: list) -> bool:
    """Prints one line; true when the app's logits agree with ours."""
    theirs = torch.tensor(expected, dtype=torch.float32)
    if theirs.shape != actual.shape:
        print(f"{kind}: app wrote logits of shape {list(theirs.shape)}, expected {list(actual.shape)}")
        return False
    error = ((theirs - actual).abs().max() / actual.abs().max()).item()
    good = error <= TOLERANCE  # false for NaN, too
    print(f"{kind}: largest difference {error:.2e} of max|logit| (bar {TOLERANCE:.0e}) {'ok' if good else 'TOO LARGE'}")
    return good


def check(directory: Path) -> bool:
    """Compares everything that expected.json holds. A gated adapter must come with gated logits."""
    expected = json.loads((directory / "expected.json").read_text())
    zips = list(directory.glob("*.zip"))
    if len(zips) > 1 or not zips and not (directory / CONFIG).exists():
        raise AdapterError(f"{directory} holds {len(zips)} zips and no unpacked adapter; one adapter expected")
    model, ids, rows = expected["model"], expected["ids"], expected["rows"]
    dense, gated = expected.get("dense"), expected.get("gated")
    results = []
    with adapter_folder(zips[0] if zips else directory) as folder:
        has_gates = (folder / THRESHOLDS).exists()
        if has_gates != (gated is not None):
            there, missing = (THRESHOLDS, "gated logits") if has_gates else ("gated logits", THRESHOLDS)
            raise AdapterError(f"there is {there}, but no {missing}")
        if dense is not None:
            results.append(compare("dense (PEFT)", row_logits(load_plain(folder, model), ids, rows), dense))
        if gated is not None:
            results.append(compare("gated (twin)", row_logits(load_gated(folder, model), ids, rows), gated))
    if not results:
        raise AdapterError("expected.json holds neither dense nor gated logits")
    return all(results)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", type=Path, nargs="+")
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    failed, directories = 0, parser.parse_args().directories
    for directory in directories:
        print(directory)
        try:
            good = check(directory)
        except AdapterError as error:
            print(f"export check failed: {error}")
            good = False
        failed += not good
    print(f"{len(directories) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
