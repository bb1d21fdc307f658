"""Reads the file in which Sieve's page or terminal hands a session over. Its format: src/train/handOver.ts,
docs/machines.md.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load

RECORD, METRICS, TRAINING = "session.json", "metrics.json", "training.json"
FOLDER = "training"
MOST_BYTES = 2**32
RULES = ("reconstructed", "literal", "coin", "soft", "exact", "averaged", "late")


class NotCarried(ValueError):
    """The session has something that is not trained here; the message names it."""


@dataclass
class TokenSet:
    """Examples behind one another. ids int32 [tokens], offsets [examples + 1], supervised uint8 [tokens].

    labels: the class of each example [examples]; None where the next token is learnt.
    """

    ids: np.ndarray
    offsets: np.ndarray
    supervised: np.ndarray
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def example(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """(ids, targets) of one: a target is the next token where that one is supervised, else -1; with labels there is
        one, the class.
        """
        a, b = self.offsets[i], self.offsets[i + 1]
        ids = self.ids[a:b].astype(np.int64)
        if self.labels is not None:
            return ids, self.labels[i : i + 1].astype(np.int64)
        targets = np.full(len(ids), -1, np.int64)
        targets[:-1] = np.where(self.supervised[a + 1 : b] != 0, ids[1:], -1)
        return ids, targets

    def supervised_tokens(self, examples: list[int]) -> int:
        return sum(int((self.example(i)[1] >= 0).sum()) for i in examples)


@dataclass
class RunPart:
    """One run of the session. tensors: its adapter by PEFT's names; moments: AdamW's, `exp_avg.` and `exp_avg_sq.`
    before them.
    """

    config: dict
    taken: int
    rate: float
    gate: dict | None
    adapter_config: dict
    sieve: dict
    tensors: dict[str, torch.Tensor]
    moments: dict[str, torch.Tensor]

    @property
    def id(self) -> str:
        return self.config["id"]

    @property
    def gated(self) -> bool:
        return self.config["method"].startswith("ts-")


@dataclass
class RunFile:
    record: dict
    metrics: dict
    step: int
    order: dict | None
    vocab: int
    classes: list[str] | None  # what the head's logits stand for; None: those of the next token
    train: TokenSet
    validation: TokenSet
    runs: list[RunPart]

    @property
    def settings(self) -> dict:
        """What all runs share: `train` of the session's configuration."""
        return self.record["config"]["train"]

    def unused_token(self, vocab: int) -> int:
        """An id below vocab that stands in no example, or where there is none at the end of none. @raises ValueError:
        every id does
        """
        sets = (self.train, self.validation)
        for taken in ([s.ids for s in sets], [s.ids[s.offsets[1:] - 1] for s in sets]):
            free = np.setdiff1d(np.arange(vocab), np.concatenate(taken))
            if len(free):
                return int(free[0])
        raise ValueError("every token of the vocabulary ends an example: none is left to pad with")


def _reader(source: Path) -> Callable[[str], bytes | None]:
    """A function that gives the content of a file of a zip, or of a folder, by its path; None where it has none."""
    if zipfile.is_zipfile(source):
        archive = zipfile.ZipFile(source)
        sizes = {m.filename: m.file_size for m in archive.infolist()}

        def from_zip(name: str) -> bytes | None:
            if name not in sizes:
                return None
            if sizes[name] > MOST_BYTES:
                raise ValueError(f"{name} unpacks to more than {MOST_BYTES} bytes")
            return archive.read(name)

        return from_zip
    home = source if source.is_dir() else source.parent
    return lambda name: (home / name).read_bytes() if (home / name).is_file() else None


def read_run_file(source: str | Path) -> RunFile:
    """source: the zip, the folder that it was unpacked to, or the training.json in it.

    @raises ValueError: it is no such file, or is damaged; NotCarried: a run needs what is not trained here
    """
    source = Path(source)
    if not source.exists():
        raise ValueError(f"{source}: there is no such file")
    read = _reader(source)

    def need(name: str) -> bytes:
        content = read(name)
        if content is None:
            raise ValueError(
                f"{source} has no {name}: it is not a session that Sieve has handed over (“sieve prepare”, “--hand-over”, or Export on the page)"
            )
        return content

    training = json.loads(need(TRAINING))
    if training.get("format") != "sieve-training" or training.get("version") not in (1, 2):
        raise ValueError(f"{TRAINING} is of another version: {training.get('format')} {training.get('version')}")
    tokens = need(f"{FOLDER}/tokens.bin")
    if hashlib.sha256(tokens).hexdigest() != training["tokens"]["sha256"]:
        raise ValueError("the tokens are not those that the session was prepared with: their SHA-256 differs")
    classes = training.get("classes")
    sets = _token_sets(tokens, training["tokens"], classes)
    record = json.loads(need(RECORD))
    runs = []
    for config in record["config"]["runs"]:
        state = training["runs"].get(config["id"])
        if state is None:
            continue
        at = f"{FOLDER}/{config['id']}"
        moments = read(f"{at}/optimizer.safetensors")
        part = RunPart(
            config=config,
            taken=state["taken"],
            rate=state["rate"],
            gate=state["gate"],
            adapter_config=json.loads(need(f"{at}/adapter_config.json")),
            sieve=json.loads(need(f"{at}/sieve.json")),
            tensors=load(need(f"{at}/adapter_model.safetensors")),
            moments=load(moments) if moments else {},
        )
        refuse_foreign(part, record["config"]["train"])
        runs.append(part)
    return RunFile(
        record, json.loads(need(METRICS)), training["step"], training["order"], training["vocab"], classes, *sets, runs
    )


def _token_sets(content: bytes, sizes: dict, classes: list[str] | None) -> list[TokenSet]:
    sets, at = [], 0
    for name in ("train", "validation"):
        examples, tokens = sizes[name]["examples"], sizes[name]["tokens"]
        ids = np.frombuffer(content, "<i4", tokens, at)
        offsets = np.frombuffer(content, "<u4", examples + 1, at + 4 * tokens).astype(np.int64)
        supervised = np.frombuffer(content, np.uint8, tokens, at + 4 * (tokens + examples + 1))
        at += 5 * tokens + 4 * (examples + 1)
        if offsets[0] != 0 or offsets[-1] != tokens or (np.diff(offsets) < 1).any():
            raise ValueError(f"the {name} split's examples do not lie behind one another")
        labels = None
        if classes is not None:
            labels = np.frombuffer(content, "<u4", examples, at)
            at += 4 * examples
            if (labels >= len(classes)).any():
                raise ValueError(f"the {name} split has labels of no class")
        sets.append(TokenSet(ids, offsets, supervised, labels))
    return sets


def refuse_foreign(part: RunPart, train: dict) -> None:
    """@raises NotCarried: naming the setting and what can be done"""
    config, gate = part.config, part.config["gate"]
    # Late gates do not go by μ, and have no penalty.
    learns = part.gated and gate["rule"] != "late"
    if config["method"] in ("adalora", "gatera"):
        raise NotCarried(f"{config['name']}: {config['method']} goes on in Sieve only; train the others with --only")
    wrong = {
        "tokenDropout": config["tokenDropout"] > 0,
        "shrink": config["shrink"],
        "loadBestCheckpoint": train["loadBestCheckpoint"],
        "patience": train["patience"] is not None,
        "gate.rule": part.gated and gate["rule"] not in RULES,
        "gate.gradientFrom": learns and gate["gradientFrom"] == "dev",
        "gate.sparsityPenalty with the soft rule": part.gated
        and gate["rule"] == "soft"
        and gate["sparsityPenalty"] != 0,
    }
    named = [name for name, used in wrong.items() if used]
    if named:
        raise NotCarried(
            f"{config['name']}: {', '.join(named)} is not trained here; set it off in Sieve, or train the others with --only"
        )
