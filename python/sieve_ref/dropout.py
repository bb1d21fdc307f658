"""Dropout whose mask follows from seed, step, micro-batch, module, row and column alone, as in the engine."""

import numpy as np
import torch
from peft import PeftModel
from torch import nn

from sieve_peft.coin import added, mix_bits, module_salt
from .models import PEFT_PREFIX, lora_weights


def dropout_key(seed: int, step: int, micro_batch: int) -> int:
    """The key of a micro-batch's masks."""
    return int(mix_bits(added(mix_bits(added(mix_bits(seed), step)), micro_batch))) | 1


def dropout_mask(key: int, salt: int, rows: int, width: int, p: float, of_rows: float = 0.0) -> torch.Tensor:
    """1 where an entry stays, float32 [rows, width]: with probability 1 − p, where its row stays, with 1 − of_rows."""
    by_row = mix_bits(added(mix_bits(added(mix_bits(key), salt)), np.arange(rows)))
    hashes = mix_bits(added(by_row[:, None], np.arange(width)[None]))
    rows_stay = mix_bits(by_row ^ np.uint32(0x3C6EF372)) >= np.uint64(round(of_rows * 2**32))
    return torch.from_numpy(((hashes >= np.uint64(round(p * 2**32))) & rows_stay[:, None]).astype(np.float32))


class GivenDropout(nn.Module):
    """x · mask / (share that stays) in the place of PEFT's dropout; without a mask: x."""

    def __init__(self, stays: float):
        super().__init__()
        self.stays, self.mask = stays, None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if self.mask is None else x * self.mask / self.stays


def set_dropout(model: PeftModel, p: float, of_rows: float, key: int | None, rows: int = 0) -> None:
    """Masks of one micro-batch for every module of a PEFT LoRA whose rows lie behind one another; key None switches
    off.
    """
    for name, (a, _) in lora_weights(model).items():
        dropout = GivenDropout((1 - p) * (1 - of_rows))
        if key is not None:
            dropout.mask = dropout_mask(key, module_salt(name), rows, a.shape[1], p, of_rows)
        model.get_submodule(PEFT_PREFIX + name).lora_dropout["default"] = dropout
