"""The families' fixtures: they come out again, and nothing of a family can be forgotten unseen."""

import contextlib
import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from conftest import Stored, close
from sieve_ref import families
from sieve_ref.models import FAMILIES, load_base
from sieve_ref.train import Run, batch_logits

NAMES = list(families.FAMILIES_OF)
# What the battery (src/train/families.cpu.test.ts) lets the engine's logits differ by, of the largest logit: a thing
# left out must move them ten times as far. The two kinds of GELU are the closest.
TOLERANCE = 1e-5
# Without RoPE a key's bias adds the same to all of a query's scores, and softmax does not see it.
WITHOUT_EFFECT = {("opt", "k_proj"), ("vit", "k_proj"), ("bert", "key"), ("distilbert", "k_lin"), ("roberta", "key")}


class Twin(Stored):
    """A family's committed fixture, and its adapter at the start."""

    def __init__(self, name):
        super().__init__(f"families/{name}/twin")
        self.name = name
        for module in self.json["modules"]:
            module["name"] = families.name_in_model(module["name"])

    def flat(self, tensor, extra=True):
        """(pairs, magnitudes) of a flat tensor."""
        values, at, pairs, magnitudes = self[tensor].float(), 0, {}, {}
        for m in self.json["modules"]:
            sizes = {
                "a": (self.json["rank"], m["dIn"]),
                "b": (m["dOut"], self.json["rank"]),
                **({"m": (m["dOut"],)} if extra else {}),
            }
            parts = {}
            for key, shape in sizes.items():
                parts[key] = values[at : at + torch.Size(shape).numel()].view(shape)
                at += parts[key].numel()
            pairs[m["name"]] = parts["a"], parts["b"]
            if extra:
                magnitudes[m["name"]] = parts["m"]
        assert at == len(values)
        return pairs, magnitudes

    def start(self, method):
        pairs, at, magnitudes = self.flat("init", extra=False)[0], 0, {}
        for m in self.json["modules"]:
            magnitudes[m["name"]] = self["initM"].float()[at : at + m["dOut"]]
            at += m["dOut"]
        tau = self[f"{method}.tau"] if method.startswith("ts-") else None
        return families.Start(pairs, magnitudes, tau)


@pytest.mark.parametrize("name", NAMES)
def test_the_random_base_comes_out_again(name, tmp_path):
    stored = load_file(FAMILIES / name / "model.safetensors")
    families.draw_base(name).half().save_pretrained(tmp_path)
    drawn = load_file(tmp_path / "model.safetensors")
    assert drawn.keys() == stored.keys() and all(torch.equal(drawn[key], stored[key]) for key in stored)
    read = lambda folder: {**json.loads((folder / "config.json").read_text()), "transformers_version": None}
    assert read(tmp_path) == read(FAMILIES / name)
    twin, batches = Twin(name), families.batches_of(load_base(f"families/{name}").config)
    for i, batch in enumerate(batches):
        stored = twin[f"batch{i}.targets"]
        targets = stored[stored >= 0] if batch.whole else stored
        assert torch.equal(batch.ids.int(), twin[f"batch{i}.ids"]) and torch.equal(batch.targets.int(), targets)
    start = families.make_start(name)
    for module, (a, b) in twin.flat("init", extra=False)[0].items():
        assert torch.equal(start.pairs[module][0].float(), a) and torch.equal(start.pairs[module][1].float(), b)


@pytest.mark.parametrize("name", NAMES)
def test_fixture_reproduces(name):
    """From what is stored: logits, loss, every gradient and the first steps of each method."""
    twin = Twin(name)
    base = load_base(f"families/{name}")
    batches = families.batches_of(base.config)
    rows = slice(None) if batches[0].whole else families.LOGIT_ROWS
    with torch.no_grad():
        close(batch_logits(base, batches[0]), twin["baseLogits"], 1e-5)
    for method in families.METHODS:
        values, start = twin.json["methods"][method], twin.start(method)
        model = families.build(name, method, start)
        with torch.no_grad():
            close(batch_logits(model, batches[0])[rows], twin[f"{method}.logits"], 1e-5)
        run = Run(model, families.SETTINGS)
        assert run.backward([batches[0]]) == pytest.approx(values["loss"], rel=1e-6)
        pairs, magnitudes = twin.flat(f"{method}.grad", extra=method.endswith("dora"))
        own, own_magnitudes = families.weights_of(model, lambda p: p.grad)
        for module, (a, b) in pairs.items():
            close(own[module][0], a, 1e-4, module)
            close(own[module][1], b, 1e-4, module)
        for module, m in magnitudes.items():
            close(own_magnitudes[module], m, 1e-4, module)
        if f"{method}.wholeGrad" in twin.json["tensors"]:
            close(families.flat_whole(model, lambda p: p.grad), twin[f"{method}.wholeGrad"], 1e-4)
        for gate, stored in zip(run.gates, twin[f"{method}.gate"] if run.gates else []):
            assert torch.equal(gate.stats().gate, stored.bool()) and 0.3 <= stored.float().mean() <= 0.7
        run = Run(families.build(name, method, start), families.SETTINGS)
        losses = [run.step([batches[t % 2]]).loss for t in range(4)]
        assert losses == pytest.approx(values["train"]["loss"][:4], rel=1e-5)


@contextlib.contextmanager
def changed(tensor, value):
    """A tensor with another value for a while."""
    kept = tensor.clone()
    tensor.copy_(value)
    yield
    tensor.copy_(kept)


def left_out(name):
    """(what, model without it) of everything that a reader of this family could forget."""
    for what, changes in families.FAMILIES_OF[name].controls.items():
        yield what, families.draw_base(name, changes)
    model = families.draw_base(name)
    for path, module in model.named_modules():
        if families.is_norm(module):
            parent, _, leaf = path.rpartition(".")
            setattr(model.get_submodule(parent), leaf, nn.Identity())
            yield f"{path} left out", model
            setattr(model.get_submodule(parent), leaf, module)
            neutral = 0.0 if families.adds_one(module) else 1.0
            with changed(module.weight, torch.full_like(module.weight, neutral)):
                yield f"{path}.weight", model
        elif isinstance(module, nn.Embedding) and len(module.weight) != getattr(model.config, "vocab_size", None):
            with changed(module.weight, module.weight.roll(2, 0)):
                yield f"offset of {path}", model
        if hasattr(module, "embed_scale"):
            with changed(module.embed_scale, torch.ones(())):
                yield "embedding scale", model
        if getattr(module, "bias", None) is not None and (name, path.rpartition(".")[2]) not in WITHOUT_EFFECT:
            with changed(module.bias, torch.zeros_like(module.bias)):
                yield f"{path}.bias", model


@torch.no_grad()
@pytest.mark.parametrize("name", NAMES)
def test_nothing_can_be_forgotten(name):
    twin, batch = Twin(name), families.batches_of(load_base(f"families/{name}").config)[0]
    stored, seen = twin["baseLogits"], 0
    for what, model in left_out(name):
        moved = ((batch_logits(model, batch) - stored).abs().max() / stored.abs().max()).item()
        assert moved > 10 * TOLERANCE, f"{name} without {what}: the logits move by {moved:.1e}"
        seen += 1
    assert seen >= 5
