"""The BERT of the families' fixtures as an ONNX file, as optimum exports it: `python -m sieve_ref.encoder_onnx`.

Writes fixtures/families/bert/model.onnx, which tests open and hold against ONNX Runtime. Needs the package onnx, which nothing else
here does.
"""
import torch

from .models import FAMILIES, load_base

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def main() -> None:
    ids = torch.tensor([[1, 2, 3, 4]])
    given = ids, torch.ones_like(ids), torch.zeros_like(ids)
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS}
    path = FAMILIES / "bert" / "model.onnx"
    torch.onnx.export(
        load_base("families/bert"), given, path, input_names=list(INPUTS), output_names=["logits"], dynamic_axes=axes, opset_version=18, dynamo=False,
    )
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
