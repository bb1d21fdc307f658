import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers.utils import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
torch.set_num_threads(1)
logging.disable_progress_bar()

NANO = "sieve-stories-nano"
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.fixture(scope="session")
def nano():
    """(batch, A and B, τ) of nano's golden fixture, made anew."""
    from sieve_ref import fixtures

    batch = fixtures.make_batch(NANO, fixtures.BATCHES[0])
    weights = fixtures.initial_weights(NANO, batch)
    return batch, weights, fixtures.initial_tau(NANO, weights, batch)


def close(actual, expected, tolerance, name=""):
    """Largest difference against the largest entry; where all are zero (a gate that is shut) both must be."""
    error = (actual - expected).abs().max() / expected.abs().max().clamp_min(1e-30)
    assert error <= tolerance, f"{name}: {error:.2e} > {tolerance:.0e}"


class Stored:
    """A committed fixture."""

    def __init__(self, stem):
        self.json = json.loads((FIXTURES / f"{stem}.json").read_text())
        self.bin = (FIXTURES / f"{stem}.json").with_name(self.json["bin"]).read_bytes()
        assert len(self.bin) == self.json["byteLength"]

    def __getitem__(self, name):
        t = self.json["tensors"][name]
        kind = {"f32": "<f4", "f16": "<f2", "i32": "<i4", "u32": "<u4", "u8": "u1"}[t["dtype"]]
        count = int(np.prod(t["shape"]))
        return torch.from_numpy(np.frombuffer(self.bin, kind, count, t["offset"]).reshape(t["shape"]).copy())
