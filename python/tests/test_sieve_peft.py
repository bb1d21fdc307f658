"""The package beside the golden fixtures, which the engine is held to: the same logits, steps and thresholds in real
PEFT.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from peft import PeftModel, get_peft_model
from peft.tuners.lora.config import KasaConfig
from torch import nn

import sieve_peft
from conftest import NANO, Stored, close
from sieve_peft import (
    Thresholds,
    ThresholdSettings,
    TsDoraConfig,
    TsDoraConstantConfig,
    TsDoraSoftConfig,
    TsLoraConfig,
    TsLoraConstantConfig,
    TsLoraSoftConfig,
    from_zip,
    gated_layers,
)
from sieve_ref.methods import CASES as CASES_OF_TWIN, Start, build, make_run
from sieve_ref.models import MODULE_PATHS, load_base
from sieve_ref.train import Batch, Settings, batch_logits, learning_rate, loss_sum
from sieve_ref.ts_lora import gated_modules

TARGETS = [path.split(".")[-1] for path in MODULE_PATHS.values()]
CASES = {
    "sieve-stories-nano-ts-lora": TsLoraConfig,
    "methods-ts-dora": TsDoraConfig,
    "methods-ts-lora-literal": TsLoraConfig,
    "methods-ts-lora-exact": TsLoraConfig,
    "methods-ts-lora-averaged": TsLoraConfig,
    "methods-ts-lora-target": TsLoraConfig,
    "methods-ts-lora-coin": TsLoraConfig,
    "methods-ts-lora-late": TsLoraConstantConfig,
    "methods-ts-dora-late": TsDoraConstantConfig,
}


def batch_of(stored: Stored, i: int) -> Batch:
    return Batch(
        stored[f"batch{i}.ids"].long(), stored[f"batch{i}.targets"].long(), stored[f"batch{i}.starts"].tolist()
    )


def gated(stored: Stored, config_class) -> PeftModel:
    """The fixture's adapter at its start, on the nano model."""
    config = config_class(
        r=stored.json["rank"], lora_alpha=stored.json["alpha"], target_modules=TARGETS, task_type="CAUSAL_LM"
    )
    model = get_peft_model(load_base(NANO), config).eval()
    with torch.no_grad():
        for i, (path, layer) in enumerate(gated_layers(model).items()):
            name = path.removeprefix("base_model.model.")
            layer.lora_A["default"].weight.copy_(stored[f"initA.{name}"])
            layer.lora_B["default"].weight.copy_(stored[f"initB.{name}"])
            layer.lora_tau["default"].copy_(stored["tau"][i])
            if issubclass(config_class, TsDoraConfig):
                layer.lora_magnitude_vector["default"].weight.copy_(stored[f"initM.{name}"])
            if issubclass(config_class, (TsLoraConstantConfig, TsDoraConstantConfig)):
                layer.lora_constant["default"].copy_(stored[f"initC.{name}"])
    return model


def logits_of(model: nn.Module, batch: Batch) -> torch.Tensor:
    return torch.cat([model(input_ids=ids[None], use_cache=False).logits[0] for ids, _ in batch.sequences()])


@pytest.mark.parametrize("stem", CASES)
def test_ten_steps_are_the_fixtures(stem):
    stored = Stored(stem)
    s = Settings(**stored.json["settings"] | stored.json.get("run", {}).get("gate", {}))
    model = gated(stored, CASES[stem])
    thresholds = Thresholds(
        model,
        ThresholdSettings(
            steps=s.steps,
            rule=s.rule,
            warmup=s.tauWarmup,
            tau_learning_rate=None if s.tauStep == "auto" else s.tauStep,
            sparsity_penalty=s.lambdaBar,
            target_sparsity=1 - s.keep if s.rule == "late" else s.target,
            gate_start=s.gateStart,
            eta=None if s.eta == "auto" else s.eta,
            seed=stored.json.get("seed", 0),
        ),
    )
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=s.learningRate, betas=(s.beta1, s.beta2), eps=s.epsilon, weight_decay=s.weightDecay
    )
    thresholds.hook(optimizer)
    train = stored.json["train"]
    for t, index in enumerate(train["batch"]):
        batch = batch_of(stored, index)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_sum(logits_of(model, batch), batch.targets) / batch.supervised
        loss.backward()
        assert loss.item() == pytest.approx(train["loss"][t], rel=1e-5), t
        norm = torch.nn.utils.clip_grad_norm_(parameters, s.clipNorm)
        assert norm.item() == pytest.approx(train["gradNorm"][t], rel=1e-4), t
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(s, t)
        optimizer.step()
        close(thresholds.tau, stored["trainTau"][t], 1e-4, f"τ after step {t}")
        expected = 1 - stored["trainActive"][t].float() / batch.tokens
        assert list(thresholds.skipped.values()) == pytest.approx(expected.tolist(), abs=1e-6), t
    for path, layer in gated_layers(model).items():
        name = path.removeprefix("base_model.model.")
        # AdamW divides by the root of a gradient's square, however small: 1.2e-4 was seen where all else agrees to
        # 1e-6.
        close(layer.lora_A["default"].weight, stored[f"finalA.{name}"], 3e-4, name)
        close(layer.lora_B["default"].weight, stored[f"finalB.{name}"], 3e-4, name)
        if s.rule == "late":
            close(layer.lora_constant["default"], stored[f"finalC.{name}"], 3e-4, name)


@pytest.mark.parametrize(
    "stem, config_class", [("methods-ts-lora-soft", TsLoraSoftConfig), ("methods-ts-dora-soft", TsDoraSoftConfig)]
)
def test_a_soft_threshold_has_the_twins_logits_and_gradients(stem, config_class, tmp_path):
    stored = Stored(stem)
    model, batch = gated(stored, config_class), batch_of(stored, 0)
    case = replace(CASES_OF_TWIN[stem.removeprefix("methods-")])
    case.settings = replace(case.settings, lambdaBar=0.0)
    names = stored.json["modules"]
    pairs = {m["name"]: (stored[f"initA.{m['name']}"], stored[f"initB.{m['name']}"]) for m in names}
    extra = {"M": {m["name"]: stored[f"initM.{m['name']}"] for m in names}} if "dora" in stem else {}
    twin = build(case, Start(pairs, extra, stored["tau"]))
    make_run(case, twin).backward([batch])
    (loss_sum(logits_of(model, batch), batch.targets) / batch.supervised).backward()
    layers = {path.removeprefix("base_model.model."): layer for path, layer in gated_layers(model).items()}
    for name, module in gated_modules(twin).items():
        close(layers[name].lora_A["default"].weight.grad, module.lora_A.weight.grad, 1e-4, name)
        close(layers[name].lora_B["default"].weight.grad, module.lora_B.weight.grad, 1e-4, name)
    with torch.no_grad():
        logits = logits_of(model, batch)
        close(logits, batch_logits(twin, batch), 1e-5)
        model.save_pretrained(tmp_path)
        assert json.loads((tmp_path / "adapter_config.json").read_text())["peft_type"].endswith("_SOFT")
        assert torch.equal(logits_of(PeftModel.from_pretrained(load_base(NANO), tmp_path).eval(), batch), logits)


def test_the_soft_rule_follows_taus_own_gradient():
    stored = Stored("methods-ts-lora-soft")
    model, batch = gated(stored, TsLoraSoftConfig), batch_of(stored, 0)
    thresholds = Thresholds(model, ThresholdSettings(steps=10, rule="soft", warmup=0))
    for layer in gated_layers(model).values():
        layer.lora_tau["default"].requires_grad_(True)
    (loss_sum(logits_of(model, batch), batch.targets) / batch.supervised).backward()
    wanted = thresholds.rule.wanted(thresholds.take(), [0.0] * len(thresholds.gates))
    slopes = torch.stack([layer.lora_tau["default"].grad for layer in gated_layers(model).values()])
    close(wanted.float(), slopes, 1e-4)
    with pytest.raises(ValueError, match="part of the loss"):
        ThresholdSettings(steps=10, rule="soft", sparsity_penalty=0.1)
    with pytest.raises(ValueError, match="soft threshold"):
        Thresholds(model, ThresholdSettings(steps=10, warmup=0))


def test_logits_of_a_saved_adapter_are_the_same(tmp_path):
    stored = Stored("sieve-stories-nano-ts-lora")
    model, batch = gated(stored, TsLoraConfig), batch_of(stored, 0)
    with torch.no_grad():
        logits = logits_of(model, batch)
        close(logits[stored["logitRows"].long()], stored["logits"], 1e-5)
        model.save_pretrained(tmp_path)
        assert json.loads((tmp_path / "adapter_config.json").read_text())["peft_type"] == "TS_LORA"
        again = PeftModel.from_pretrained(load_base(NANO), tmp_path).eval()
        assert torch.equal(logits_of(again, batch), logits)
        with again.disable_adapter():
            base = logits_of(again, batch)
        close(base[stored["baseLogitRows"].long()], stored["baseLogits"], 1e-5)


def test_padding_has_no_gate_and_no_statistics():
    stored = Stored("sieve-stories-nano-ts-lora")
    model, batch = gated(stored, TsLoraConfig), batch_of(stored, 0)
    thresholds = Thresholds(model, ThresholdSettings(steps=100, rule="fixed"))
    longest = max(b - a for a, b in zip(batch.starts, batch.starts[1:]))
    ids, mask, targets = (
        torch.zeros(3, longest, dtype=torch.long),
        torch.zeros(3, longest, dtype=torch.long),
        torch.full((3, longest), -1),
    )
    for i, (seq, wanted) in enumerate(batch.sequences()):
        ids[i, : len(seq)], mask[i, : len(seq)], targets[i, : len(seq)] = seq, 1, wanted
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    (loss_sum(logits.flatten(0, 1), targets.flatten()) / batch.supervised).backward()
    stats = thresholds.take()
    assert all(s.ratio.numel() == batch.tokens for s in stats)
    close(torch.stack([s.ratio for s in stats]), stored["ratio"], 1e-5)
    close(torch.stack([s.mu for s in stats]), stored["mu"], 1e-4)
    assert torch.equal(torch.stack([s.gate for s in stats]), stored["gate"].bool())


def test_merging_is_refused_with_its_reason():
    model = gated(Stored("sieve-stories-nano-ts-lora"), TsLoraConfig)
    for merge in (model.merge_and_unload, model.merge_adapter):
        with pytest.raises(ValueError, match="depends on the token"):
            merge()


def test_settings_that_cannot_be_are_refused():
    for field, value in {
        "lora_bias": True,
        "use_qalora": True,
        "init_lora_weights": "mica",
        "alora_invocation_tokens": [1],
        "kasa_config": KasaConfig(),
    }.items():
        with pytest.raises(ValueError, match=field):
            TsLoraConfig(**{field: value})
    with pytest.raises(ValueError, match="no threshold rule"):
        ThresholdSettings(steps=10, rule="quantile")
    with pytest.raises(ValueError, match="target_sparsity"):
        ThresholdSettings(steps=20, rule="late")
    with pytest.raises(ValueError, match="no gated adapter"):
        Thresholds(load_base(NANO), ThresholdSettings(steps=20))


def test_a_state_goes_on_where_it_was():
    stored = Stored("sieve-stories-nano-ts-lora")
    batch = batch_of(stored, 0)
    settings = ThresholdSettings(steps=100, warmup=0, target_sparsity=0.4)

    def steps(model, thresholds, n):
        for _ in range(n):
            model.zero_grad()
            (loss_sum(logits_of(model, batch), batch.targets) / batch.supervised).backward()
            thresholds.step()

    one = gated(stored, TsLoraConfig)
    whole = Thresholds(one, settings)
    steps(one, whole, 2)
    state, tau = whole.state_dict(), whole.tau
    steps(one, whole, 2)
    two = gated(stored, TsLoraConfig)
    resumed = Thresholds(two, settings)
    resumed.set_tau(tau)
    resumed.load_state_dict(state)
    steps(two, resumed, 2)
    assert torch.equal(resumed.tau, whole.tau)
    with pytest.raises(ValueError, match="other settings"):
        resumed.load_state_dict({**state, "settings": {}})


def test_a_zip_of_the_page_becomes_a_gated_adapter(tmp_path):
    from safetensors.torch import save_file

    stored = Stored("sieve-stories-nano-ts-lora")
    model, batch = gated(stored, TsLoraConfig), batch_of(stored, 0)
    layers = {path.removeprefix("base_model.model."): layer for path, layer in gated_layers(model).items()}
    old = tmp_path / "old"
    old.mkdir()
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": stored.json["rank"],
        "lora_alpha": stored.json["alpha"],
        "target_modules": TARGETS,
    }
    (old / "adapter_config.json").write_text(json.dumps(config))
    (old / "ts_peft.json").write_text(
        json.dumps({"thresholds": {n: layer.lora_tau["default"].item() for n, layer in layers.items()}})
    )
    save_file(
        {
            f"base_model.model.{n}.lora_{m}.weight": getattr(layer, f"lora_{m}")["default"].weight.detach().clone()
            for n, layer in layers.items()
            for m in "AB"
        },
        old / "adapter_model.safetensors",
    )
    loaded = PeftModel.from_pretrained(load_base(NANO), from_zip(old, tmp_path / "new")).eval()
    with torch.no_grad():
        assert torch.equal(logits_of(loaded, batch), logits_of(model, batch))
    assert sieve_peft.TsLoraModel is type(loaded.base_model)


def test_peft_without_the_package_refuses_by_name(tmp_path):
    gated(Stored("sieve-stories-nano-ts-lora"), TsLoraConfig).save_pretrained(tmp_path)
    script = f"from peft import PeftConfig; PeftConfig.from_pretrained({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode != 0 and "TS_LORA" in done.stderr


def one_step(batch: Batch, whole: Batch, world: int) -> tuple[torch.Tensor, list[float]]:
    """τ and skipped shares after a step on `batch`, a part of `whole`, in a process group of `world`."""
    model = gated(Stored("sieve-stories-nano-ts-lora"), TsLoraConfig)
    thresholds = Thresholds(model, ThresholdSettings(steps=100, warmup=0, sparsity_penalty=0.05))
    # What DistributedDataParallel averages is the gradient of the mean loss over all processes' tokens.
    (world * loss_sum(logits_of(model, batch), batch.targets) / whole.supervised).backward()
    thresholds.step()
    return thresholds.tau, list(thresholds.skipped.values())


def rank_of_two(rank: int, file: str, out: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    whole = batch_of(Stored("sieve-stories-nano-ts-lora"), 0)
    parts = whole.split(2)  # three sequences: two here, one there
    torch.save(one_step(parts[rank], whole, 2), f"{out}{rank}")
    dist.destroy_process_group()


def test_two_processes_move_thresholds_as_one_does(tmp_path):
    whole = batch_of(Stored("sieve-stories-nano-ts-lora"), 0)
    tau, skipped = one_step(whole, whole, 1)
    mp.spawn(rank_of_two, (str(tmp_path / "group"), str(tmp_path / "rank")), nprocs=2)
    for rank in range(2):
        theirs, their_skipped = torch.load(tmp_path / f"rank{rank}")
        close(theirs, tau, 1e-6)
        assert their_skipped == pytest.approx(skipped)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_convolutions_of_gpt2_and_lower_precision(dtype):
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    base = GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=40, n_positions=16)).to(dtype).eval()
    ids = torch.arange(12)[None]
    plain = base(ids).logits
    model = get_peft_model(base, TsLoraConfig(r=4, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True)).eval()
    layers = gated_layers(model)
    assert len(layers) == 6
    for layer in layers.values():
        torch.nn.init.normal_(layer.lora_B["default"].weight)
    assert not torch.equal(model(ids).logits, plain)  # τ = 0: every update is applied
    one = next(iter(layers.values()))
    x = torch.randn(1, 7, 16).to(dtype)
    y, z = one.base_layer(x), one.lora_A["default"](x.float())
    delta = one.lora_B["default"](z) * one.scaling["default"]
    r = delta.norm(dim=-1) / (y.float().norm(dim=-1) + 1e-6)
    tau = r.median()
    one.lora_tau["default"].copy_(tau)
    wanted = torch.where((r >= tau)[..., None], y.float() + delta, y.float())
    close(one(x).float(), wanted, 1e-6 if dtype == torch.float32 else 1e-2)
    for layer in layers.values():
        layer.lora_tau["default"].fill_(1e9)
    assert torch.equal(model(ids).logits, plain)  # all tokens skipped: the base, bit for bit


def test_recomputed_activations_count_once():
    stored = Stored("sieve-stories-nano-ts-lora")
    batch, model = batch_of(stored, 0), gated(stored, TsLoraConfig)
    model.enable_input_require_grads()
    model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    thresholds = Thresholds(model, ThresholdSettings(steps=100, rule="fixed"))
    (loss_sum(logits_of(model, batch), batch.targets) / batch.supervised).backward()
    close(torch.stack([s.mu for s in thresholds.take()]), stored["mu"], 1e-4)


def test_a_trainer_moves_and_logs_them(tmp_path):
    from transformers import Trainer, TrainingArguments

    stored = Stored("sieve-stories-nano-ts-lora")
    model, batch = gated(stored, TsLoraConfig), batch_of(stored, 0)
    rows = [{"input_ids": ids[:20], "labels": ids[:20]} for ids, _ in batch.sequences()] * 4
    thresholds = Thresholds(model, ThresholdSettings(steps=4, warmup=0))
    before = thresholds.tau
    arguments = TrainingArguments(
        str(tmp_path),
        max_steps=4,
        per_device_train_batch_size=3,
        logging_steps=1,
        report_to=[],
        use_cpu=True,
        save_strategy="no",
    )
    trainer = Trainer(model, arguments, train_dataset=rows, callbacks=[sieve_peft.ThresholdCallback(thresholds)])
    trainer.train()
    assert thresholds.step_count == 4 and not torch.equal(thresholds.tau, before)
    assert all(0 <= log["skipped"] <= 1 for log in trainer.state.log_history if "loss" in log)
