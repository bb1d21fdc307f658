"""The data sets, tokenised: lists of (ids, prompt length).

Shared sets are read where they lie, `$SIEVE_DATA` or `shared/data` beside the repository; nothing is copied.
"""

import csv
import functools
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

from transformers import AutoTokenizer

from ..models import MODELS
from ..train import Batch

ROOT = Path(__file__).resolve().parents[3]
EMBEDDED = ROOT / "public" / "datasets"
MODEL = "sieve-stories-4m"
EVAL_SEED = 2026
END_OF_TEXT = 0


class DataError(Exception):
    """A data set that is not where it should be."""


def shared(path: str) -> Path:
    folder = Path(os.environ.get("SIEVE_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / path).exists():
        raise DataError(f"{path} is not in {folder}; set SIEVE_DATA to the folder that holds the shared data sets")
    return folder / path


def alpaca() -> list[tuple[str, str]]:
    rows = json.loads(shared("llama-factory-demo/alpaca_en_demo.json").read_text())
    return [
        (f"{r['instruction']}\n{r['input']}\n" if r["input"] else f"{r['instruction']}\n", r["output"]) for r in rows
    ]


def sst2() -> list[tuple[str, str]]:
    lines = shared("sst2/train.tsv").read_text().splitlines()
    return [
        (f"{text}\nThis is", " good" if label == "1" else " bad")
        for text, label in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    ]


def ships_log() -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in (EMBEDDED / "ships-log" / "ships-log.jsonl").read_text().splitlines()]
    return [(r["prompt"] + "\n", r["completion"]) for r in rows]


SETS = {"alpaca": alpaca, "ships-log": ships_log, "sst2": sst2}
LABELS = ("sst2",)  # the answer is one word: only that is learnt and judged, not how a text ends


@functools.cache
def examples(name: str, max_tokens: int) -> list[tuple[list[int], int]]:
    """All examples of a set, cut at the end; those whose prompt leaves no room for the answer's beginning are left out."""
    tokenizer = AutoTokenizer.from_pretrained(MODELS / MODEL)
    found, end = [], [] if name in LABELS else [END_OF_TEXT]
    for prompt, completion in SETS[name]():
        head = tokenizer.encode(prompt, add_special_tokens=False)
        ids = (head + tokenizer.encode(completion, add_special_tokens=False) + end)[:max_tokens]
        if len(ids) > len(head):
            found.append((ids, len(head)))
    return found


@dataclass
class Split:
    """What one seed trains on, keeps aside of it, and is judged by. The held-out set is the same for all seeds."""

    train: list
    slice: list
    held_out: list


def split(name: str, seed: int, total: int | None, slice_size: int, eval_size: int, max_tokens: int) -> Split:
    """total: training examples drawn for this seed, slice included; None = all that are left."""
    all_examples = list(examples(name, max_tokens))
    random.Random(EVAL_SEED).shuffle(all_examples)
    held_out, rest = all_examples[:eval_size], all_examples[eval_size:]
    random.Random(seed).shuffle(rest)
    rest = rest[:total]
    return Split(rest[slice_size:], rest[:slice_size], held_out)


class Order:
    """Batches of a list, reshuffled every epoch; the same seed gives the same batches."""

    def __init__(self, items: list, size: int, seed: int):
        self.items, self.size, self.random = items, size, random.Random(seed)
        self.left: list = []

    def next(self) -> Batch:
        taken = []
        while len(taken) < self.size:
            if not self.left:
                self.left = list(self.items)
                self.random.shuffle(self.left)
            taken.append(self.left.pop())
        return Batch.of(taken)


def batches_of(items: list, size: int) -> list[Batch]:
    """All items once, in order."""
    return [Batch.of(items[i : i + size]) for i in range(0, len(items), size)]
