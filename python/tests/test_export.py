"""Exported adapters: through PEFT, through the script in their zip, and the ways in which the check must fail."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification

from conftest import NANO
from sieve_peft import (
    GateRaConfig,
    TsDoraConfig,
    TsDoraConstantConfig,
    TsDoraSoftConfig,
    TsLoraConfig,
    TsLoraConstantConfig,
    TsLoraSoftConfig,
    gated_layers,
)
from sieve_ref.check_export import OURS, check
from sieve_ref.export import CHECK, OUR_SCRIPT, README, SCRIPT, WEIGHTS, AdapterError, load_own, load_peft, load_script
from sieve_ref.gatera import attach_gatera
from sieve_ref.models import MODELS, load_base
from sieve_ref.peft_fields import HERE as FIELDS, text as peft_fields

ROOT = Path(__file__).resolve().parents[1]
SNIPPET = """```python
import sieve_peft
from peft import PeftModel
from transformers import AutoModelForCausalLM
base = AutoModelForCausalLM.from_pretrained("path/to/model", dtype="float32")
model = PeftModel.from_pretrained(base, "this folder")
```"""
IDS, ROWS = [0, 312, 87, 1290, 55, 406, 2011, 9, 733], [8, 3]


@torch.no_grad()
def written_check(model, name: str, ids=IDS, rows=ROWS) -> dict:
    """check.json as the page writes it, in plain Python where load_gated.py has tensors."""
    logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].double()
    vocab = logits.shape[1]
    found = []
    for row in rows:
        top = logits[row].topk(min(32, vocab))
        checksum = sum((-1) ** v * (1 + v * 2654435761 % 2**32 / 2**32) * x for v, x in enumerate(logits[row].tolist()))
        found.append(
            {"row": row, "top": {"tokens": top.indices.tolist(), "logits": top.values.tolist()}, "checksum": checksum}
        )
    return {"format": "sieve-check", "version": 2, "model": name, "ids": ids, "width": vocab, "rows": found}


def export(folder: Path, base_name=NANO, config_class=TsLoraConfig, ids=IDS, **options) -> PeftModel:
    """A gated adapter with random B, half of its tokens skipped, in the folder as the page leaves it; returns the
    model.
    """
    targets = options.pop("target_modules", ["q_proj", "down_proj"])
    config = config_class(r=3, lora_alpha=5, target_modules=targets, task_type="CAUSAL_LM", **options)
    model = get_peft_model(load_base(base_name), config).eval()
    generator = torch.Generator().manual_seed(4)
    taken = {}
    for name, layer in gated_layers(model).items():
        layer.lora_B["default"].weight.data = (
            torch.randn(layer.lora_B["default"].weight.shape, generator=generator) * 0.1
        )
        if hasattr(layer, "lora_constant"):
            layer.lora_constant["default"].data = (
                torch.randn(layer.lora_constant["default"].shape, generator=generator) * 0.1
            )
        layer.register_forward_hook(lambda layer, inputs, out, name=name: taken.update({name: (inputs[0], out)}))
    model(input_ids=torch.tensor([ids]), use_cache=False)
    for name, layer in gated_layers(model).items():
        x, y = taken[name][0], layer.base_layer(taken[name][0])
        layer.lora_tau["default"].copy_(
            (taken[name][1] - y).norm(dim=-1).div(y.norm(dim=-1) + 1e-6).sort(dim=-1).values[0, 3:5].mean()
        )
        layer._forward_hooks.clear()
    model.save_pretrained(folder)
    shutil.copy(OUR_SCRIPT, folder)
    (folder / README).write_text(SNIPPET)
    (folder / "sieve.json").write_text("{}")
    (folder / CHECK).write_text(json.dumps(written_check(model, base_name, ids)))
    return model


def dense(model: PeftModel) -> PeftModel:
    """The same adapter with every token updated."""
    for layer in gated_layers(model).values():
        layer.lora_tau["default"].zero_()
    return model


@pytest.mark.parametrize(
    "base_name, config_class, options",
    [
        (NANO, TsLoraConfig, {}),
        (NANO, TsLoraConfig, {"use_rslora": True, "target_modules": "all-linear"}),
        (NANO, TsDoraConfig, {"target_modules": ["model.layers.1.self_attn.v_proj", "model.layers.3.mlp.up_proj"]}),
        (NANO, TsLoraSoftConfig, {}),
        (NANO, TsDoraSoftConfig, {"target_modules": ["v_proj", "up_proj"]}),
        (NANO, TsLoraConstantConfig, {"target_modules": "all-linear"}),
        (NANO, TsDoraConstantConfig, {}),
        ("families/gpt2", TsLoraConfig, {"target_modules": ["c_attn", "mlp.c_proj"], "fan_in_fan_out": True}),
        ("families/gpt2", TsDoraConfig, {"target_modules": ["c_attn", "mlp.c_proj"], "fan_in_fan_out": True}),
    ],
)
def test_the_script_and_peft_load_the_same_model(base_name, config_class, options, tmp_path):
    ids = IDS if base_name == NANO else [5, 60, 2, 33, 17, 8, 9, 41, 0]
    model = export(tmp_path, base_name, config_class, ids, **options)
    expected = json.loads((tmp_path / CHECK).read_text())
    assert OURS.difference(load_own(tmp_path, base_name), expected) < 1e-5
    assert OURS.difference(load_peft(tmp_path, base_name), expected) < 1e-6
    assert OURS.difference(dense(model), expected) > 1e-3  # or the check could not tell them apart


def test_gatera_is_the_same_in_peft_the_script_and_the_twin(tmp_path):
    config = GateRaConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(load_base(NANO), config).eval()
    twin, generator = attach_gatera(load_base(NANO), 4, 8.0), torch.Generator().manual_seed(4)
    modules = {n.removeprefix("base_model.model."): m for n, m in model.named_modules() if hasattr(m, "lora_gate")}
    assert [n for n in modules if modules[n].lora_gate["default"].requires_grad]
    with torch.no_grad():
        for name, layer in modules.items():
            own = twin.get_submodule(name)
            for theirs, ours in (
                (layer.lora_A["default"].weight, own.lora_A.weight),
                (layer.lora_B["default"].weight, own.lora_B.weight),
                (layer.lora_gate["default"], own.token_gate),
            ):
                ours.copy_(torch.randn(ours.shape, generator=generator) * 0.1)
                theirs.copy_(ours)
        expected = twin(input_ids=torch.tensor([IDS]), use_cache=False).logits
        assert torch.allclose(model(input_ids=torch.tensor([IDS]), use_cache=False).logits, expected, atol=1e-4)
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["peft_type"] == "GATERA"
    shutil.copy(OUR_SCRIPT, tmp_path)
    (tmp_path / README).write_text(SNIPPET)
    (tmp_path / "sieve.json").write_text("{}")
    (tmp_path / CHECK).write_text(json.dumps(written_check(model, NANO)))
    check = json.loads((tmp_path / CHECK).read_text())
    assert OURS.difference(load_own(tmp_path, NANO), check) < 1e-5
    assert OURS.difference(load_peft(tmp_path, NANO), check) < 1e-6
    assert OURS.difference(load_base(NANO), check) > 1e-3
    with pytest.raises(ValueError, match="depends on the token"):
        model.merge_and_unload()


def test_a_head_with_classes_comes_along(tmp_path):
    base, folder = tmp_path / "base", tmp_path / "adapter"
    bert = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
    BertForSequenceClassification(bert).save_pretrained(base)
    labels = ["good", "bad", "neither"]
    fresh = BertForSequenceClassification.from_pretrained(base, num_labels=3, ignore_mismatched_sizes=True)
    model = get_peft_model(
        fresh, TsLoraConfig(r=2, target_modules=["query"], task_type="SEQ_CLS", modules_to_save=["classifier"])
    ).eval()
    for layer in gated_layers(model).values():
        torch.nn.init.normal_(layer.lora_B["default"].weight)
        layer.lora_tau["default"].fill_(0.5)
    model.save_pretrained(folder)
    shutil.copy(OUR_SCRIPT, folder)
    (folder / "sieve.json").write_text(json.dumps({"labels": labels}))
    (folder / CHECK).write_text("{}")
    ids = [3, 9, 41, 7]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0]
        loaded = load_script(folder / SCRIPT).load(base)
        assert torch.allclose(loaded(input_ids=torch.tensor([ids])).logits[0], logits, atol=1e-6)
    top = logits.topk(3)
    checksum = sum((-1) ** v * (1 + v * 2654435761 % 2**32 / 2**32) * x for v, x in enumerate(logits.tolist()))
    rows = [{"row": 0, "top": {"tokens": top.indices.tolist(), "logits": top.values.tolist()}, "checksum": checksum}]
    assert OURS.difference(loaded, {"ids": ids, "width": 3, "rows": rows}) < 1e-6


def test_the_script_runs_as_it_stands(tmp_path):
    model = export(tmp_path)
    base = str(MODELS / NANO)
    run = lambda *args: subprocess.run(
        [sys.executable, "load_gated.py", *args], cwd=tmp_path, capture_output=True, text=True
    )
    good = run(base)
    assert good.returncode == 0 and "largest difference" in good.stdout, good.stderr
    # The base that the configuration names, where none is given.
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    (tmp_path / "adapter_config.json").write_text(
        json.dumps({**config, "base_model_name_or_path": base, "revision": None})
    )
    (tmp_path / CHECK).write_text(json.dumps(written_check(dense(model), NANO)))
    assert run().returncode == 1


def test_small_differences_are_found(tmp_path):
    export(tmp_path)
    assert check(tmp_path)
    expected = json.loads((tmp_path / CHECK).read_text())
    largest = max(expected["rows"][0]["top"]["logits"])

    def changed(**change):
        row = {**expected["rows"][0], **change}
        (tmp_path / CHECK).write_text(json.dumps({**expected, "rows": [row, *expected["rows"][1:]]}))
        return check(tmp_path)

    top = expected["rows"][0]["top"]
    assert not changed(top={**top, "logits": [top["logits"][0] + 4e-4 * largest, *top["logits"][1:]]})
    assert not changed(checksum=expected["rows"][0]["checksum"] + 4e-4 * largest * expected["width"] ** 0.5)
    assert not changed(checksum=float("nan"))
    (tmp_path / CHECK).unlink()
    with pytest.raises(AdapterError, match="check.json is missing"):
        check(tmp_path)


def test_the_command_counts(tmp_path):
    for name in ("good", "bad"):
        model = export(tmp_path / name)
    shutil.make_archive(str(tmp_path / "zip" / "adapter"), "zip", tmp_path / "good")
    (tmp_path / "bad" / CHECK).write_text(json.dumps(written_check(dense(model), NANO)))
    run = [sys.executable, "-m", "sieve_ref.check_export", *(str(tmp_path / name) for name in ("good", "zip", "bad"))]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout.endswith("2 passed, 1 failed\n"), done.stdout + done.stderr
    assert done.stdout.count(" ok") == 4 and done.stdout.count("TOO LARGE") == 2


def test_tensors_that_peft_cannot_place_are_found(tmp_path):
    export(tmp_path)
    tensors = load_file(tmp_path / WEIGHTS)
    key = next(iter(tensors))
    # A misspelt key: PEFT itself only warns.
    save_file({(k + "s" if k == key else k): v for k, v in tensors.items()}, tmp_path / WEIGHTS)
    with pytest.raises(AdapterError, match="only"):
        load_peft(tmp_path, NANO)


def test_a_method_that_is_none():
    with pytest.raises(ValueError, match="is TS_DORA"):
        TsLoraConfig(use_dora=True)


def test_the_fields_that_the_page_knows_are_pefts():
    assert FIELDS.read_text() == peft_fields()
