import sys
from pathlib import Path

import pytest
import torch
from transformers.utils import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
torch.set_num_threads(1)
logging.disable_progress_bar()

NANO = "sieve-stories-nano"


@pytest.fixture(scope="session")
def nano():
    """(batch, A and B, τ) of nano's golden fixture, made anew."""
    from sieve_ref import fixtures

    batch = fixtures.make_batch(NANO, fixtures.BATCHES[0])
    weights = fixtures.initial_weights(NANO, batch)
    return batch, weights, fixtures.initial_tau(NANO, weights, batch)
