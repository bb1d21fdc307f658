"""Encoders as ONNX files, as optimum and ONNX Runtime's tools write them: `python -m sieve_ref.encoder_onnx`.

Writes fixtures/families/bert/model.onnx, and fixtures/encoders/<family>: config.json, model_fp16.onnx and model_q4.onnx
of small random classifiers, whose matrices are whole blocks of 32, and of BERT states.onnx, which ends with hidden
states. Tests open them and hold them against ONNX Runtime. Needs the packages onnx, onnx-ir and onnxruntime beside
requirements.txt.
"""

import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.float16 import convert_float_to_float16
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from .models import FAMILIES, load_base

ENCODERS = FAMILIES.parent / "encoders"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SIZES = dict(
    vocab_size=64,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    max_position_embeddings=32,
    pad_token_id=0,
)
OF = {
    "bert": dict(SIZES, intermediate_size=64),
    "distilbert": dict(SIZES, hidden_dim=64),
    "modernbert": dict(
        SIZES,
        intermediate_size=64,
        local_attention=6,
        global_attn_every_n_layers=2,
        cls_token_id=1,
        sep_token_id=2,
        bos_token_id=1,
        eos_token_id=2,
    ),
}


def write(model: nn.Module, path: Path, output: str, types: bool) -> None:
    ids = torch.tensor([[1, 2, 3, 4]])
    given = (ids, torch.ones_like(ids), torch.zeros_like(ids))[: 3 if types else 2]
    names = INPUTS[: len(given)]
    torch.onnx.export(
        model,
        given,
        path,
        input_names=list(names),
        output_names=[output],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names},
        opset_version=18,
        dynamo=False,
    )
    print(f"{path.parent.name}/{path.name}: {path.stat().st_size} bytes")


def random_classifier(family: str) -> nn.Module:
    config = AutoConfig.for_model(family, **OF[family], id2label=dict(enumerate("abc")), num_labels=3)
    config.reference_compile = False
    torch.manual_seed(7)
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager").float().eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            # Away from what a forgotten one would be.
            p.add_(torch.randn_like(p) * (0.2 if p.ndim < 2 else 0.1))
    return model


def without_head(classifier: nn.Module) -> nn.Module:
    """Its base, which gives hidden states alone, as optimum's feature extraction has it."""
    base, forward = classifier.bert, classifier.bert.forward
    base.pooler = None
    base.forward = lambda ids, mask, types: (
        forward(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
    )
    return base


def main() -> None:
    write(load_base("families/bert"), FAMILIES / "bert" / "model.onnx", "logits", True)
    for family in OF:
        folder = ENCODERS / family
        folder.mkdir(parents=True, exist_ok=True)
        model = random_classifier(family)
        model.config.to_json_file(folder / "config.json")
        with tempfile.TemporaryDirectory() as scratch:
            whole = Path(scratch) / "model.onnx"
            write(model, whole, "logits", family == "bert")
            onnx.save(convert_float_to_float16(onnx.load(whole), keep_io_types=True), folder / "model_fp16.onnx")
            quantizer = MatMulNBitsQuantizer(onnx.load(whole), block_size=32, is_symmetric=True)
            quantizer.process()
            onnx.save(quantizer.model.model, folder / "model_q4.onnx")
    write(without_head(random_classifier("bert")), ENCODERS / "bert" / "states.onnx", "last_hidden_state", True)


if __name__ == "__main__":
    main()
