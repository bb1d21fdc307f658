"""Loads an adapter exported by Sieve (folder or zip) and writes logits for given ids as JSON.

python load_adapter.py adapter.zip --model sieve-stories-nano --ids 0,17,403 [--rows 1,2] [--dense] > logits.json
With ts_peft.json the gates are applied (the twin); --dense, or an adapter without it, goes through plain PEFT.
"""
import argparse
import json
import sys
from pathlib import Path

import torch

from sieve_ref.export import THRESHOLDS, adapter_folder, load_gated, load_plain, row_logits


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("--model", required=True, help="folder under public/models, or families/<family> of the fixtures")
    parser.add_argument("--ids", type=numbers, required=True)
    parser.add_argument("--rows", type=numbers, help="default: all")
    parser.add_argument("--dense", action="store_true", help="update every token, whatever the thresholds say")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = args.rows if args.rows is not None else list(range(len(args.ids)))
    with adapter_folder(args.adapter) as folder:
        gated = (folder / THRESHOLDS).exists() and not args.dense
        model = (load_gated if gated else load_plain)(folder, args.model)
        logits = row_logits(model, args.ids, rows).tolist()
    json.dump({"model": args.model, "ids": args.ids, "rows": rows, "gated" if gated else "dense": logits}, sys.stdout)


if __name__ == "__main__":
    main()
