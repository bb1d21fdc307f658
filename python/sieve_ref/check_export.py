"""Holds adapters exported by the app against Python PEFT: `python -m sieve_ref.check_export <dir> ...`.

Each <dir> holds one zip, or the unpacked adapter, or a merged model; its check.json names the model (a folder under
public/models, or families/<family> of the fixtures) and has the app's logits. PEFT must give them, a gated adapter's
with sieve_peft, and so must the script in a gated adapter's zip. A directory fails when a difference exceeds 2e-4 of
the largest logit. The last line says how many passed and failed; exits with 1 when one failed.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from transformers.utils import logging

import sieve_peft

from .export import (
    CHECK,
    CONFIG,
    MERGED,
    OUR_SCRIPT,
    SCRIPT,
    AdapterError,
    adapter_folder,
    is_gated,
    load_merged,
    load_own,
    load_peft,
    load_script,
)

OURS = load_script(OUR_SCRIPT)


# The same of a model whose weights were rounded to 16 bits.
HALF_TOLERANCE = 1e-2


def compare(kind: str, model, check: dict, bar: float = OURS.TOLERANCE) -> bool:
    """Prints one line; true when the app's logits agree with ours."""
    off = OURS.difference(model, check)
    good = off <= bar  # false for NaN, too
    print(f"{kind}: largest difference {off:.2e} of max|logit| (bar {bar:.0e}) {'ok' if good else 'TOO LARGE'}")
    return good


def check(directory: Path, base: Path | None = None) -> bool:
    """Compares the adapter of a directory in every way in which it is to be loaded."""
    zips = list(directory.glob("*.zip"))
    if len(zips) > 1 or not zips and not any((directory / name).exists() for name in (CONFIG, MERGED)):
        raise AdapterError(f"{directory} holds {len(zips)} zips and no unpacked adapter; one adapter expected")
    with adapter_folder(zips[0] if zips else directory) as folder:
        if not (folder / CHECK).exists():
            raise AdapterError(f"{CHECK} is missing")
        expected = json.loads((folder / CHECK).read_text())
        model = str(base.resolve()) if base else expected["model"]
        if (folder / MERGED).exists():
            exact = json.loads((folder / MERGED).read_text()).get("dtype") == "float32"
            return compare("merged", load_merged(folder), expected, OURS.TOLERANCE if exact else HALF_TOLERANCE)
        good = compare("PEFT", load_peft(folder, model), expected)
        if not is_gated(folder):
            return good
        return compare(SCRIPT, load_own(folder, model), expected) and good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", type=Path, nargs="+")
    parser.add_argument("--base", type=Path, help="folder of the adapters' base, where it is none of the project's")
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    arguments = parser.parse_args()
    failed, directories = 0, arguments.directories
    print(f"sieve_peft of {Path(sieve_peft.__file__).parent}")
    for directory in directories:
        print(directory)
        try:
            good = check(directory, arguments.base)
        except AdapterError as error:
            print(f"export check failed: {error}")
            good = False
        failed += not good
    print(f"{len(directories) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
