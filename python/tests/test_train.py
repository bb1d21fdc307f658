"""`sieve-train` on what the tests of the terminal left in .out/training: the page's losses, whatever the processes."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from peft import get_peft_model
from safetensors.torch import load
from transformers import AutoConfig

from sieve_peft import Thresholds, ThresholdSettings, TsLoraConfig, gated_layers
from sieve_ref.models import FAMILIES, auto_model, load_base
from sieve_train import BatchOrder, NotCarried, read_run_file
from sieve_train.main import DONE, FAILED, INTERRUPTED, USAGE, main, without_dropout
from sieve_train.metrics import kind_of
from sieve_train.model import learning_rate
from sieve_train.order import Rng, split_dev
from sieve_train.run_file import RunPart, refuse_foreign
from sieve_train.trainer import as_listed

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ROOT / ".out" / "training"
LEFT = TRAINING / "stories"
STORIES = str(ROOT / "public" / "models" / "sieve-stories-nano")
# Of each session that was handed over: the base of its model.
BASES = {"stories": STORIES, "bert": str(TRAINING / "bert" / "model"), "stories-classes": STORIES}
left = pytest.mark.skipif(
    not (LEFT / "losses.json").exists(), reason="“npx vitest run --project cpu src/cli” has left no .out/training"
)


def run(*arguments: str, out: Path, capsys, base: str = STORIES) -> tuple[int, list[dict]]:
    """The command in this process: its exit code, and its lines."""
    code = main([*arguments, "--base", base, "--out", str(out), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def losses(lines: list[dict], kind: str = "step") -> dict[tuple[str, int], float]:
    return {(line["runId"], line["step"]): line["loss"] for line in lines if line["type"] == kind}


def skipped(lines: list[dict]) -> dict[tuple[str, int], float]:
    return {
        (line["runId"], line["step"]): line["skipped"]
        for line in lines
        if line["type"] == "step" and line.get("skipped") is not None
    }


def told(session: str) -> list[dict]:
    return json.loads((TRAINING / session / "losses.json").read_text())


@left
@pytest.mark.parametrize("session", BASES)
def test_a_prepared_session_has_the_terminals_losses(session, tmp_path, capsys):
    code, lines = run(str(TRAINING / session / "prepared.zip"), out=tmp_path, capsys=capsys, base=BASES[session])
    assert code == DONE
    theirs = told(session)
    assert losses(lines) == pytest.approx(losses(theirs), rel=1e-4)
    assert losses(lines, "eval") == pytest.approx(losses(theirs, "eval"), rel=1e-4)
    assert skipped(lines) == pytest.approx(skipped(theirs), abs=2e-3)
    assert sum(skipped(theirs).values()) > 1
    # What goes back to the page: `.ci/run` opens it there.
    kept = TRAINING / session / "back"
    kept.mkdir(exist_ok=True)
    for path in kept.glob("*.zip"):
        path.unlink()
    for path in tmp_path.glob("*.zip"):
        (kept / path.name).write_bytes(path.read_bytes())
    with zipfile.ZipFile(next(tmp_path.glob("sieve-session-*.zip"))) as archive:
        metrics = json.loads(archive.read("metrics.json"))
        record = json.loads(archive.read("session.json"))
    logs = {log["runId"]: log for log in metrics["runs"]}
    assert [len(log["step"]) for i, log in logs.items() if i != "base"] == [record["config"]["train"]["steps"]] * len(
        record["config"]["runs"]
    )
    gated = logs["ts-lora"]
    assert (
        gated["watch"]["ratio"]
        and len(gated["tau"]["steps"]) == len(gated["step"])
        and gated["evals"][-1]["gate"]["measured"]
    )
    assert record["finals"][0]["loss"] == pytest.approx(
        losses(theirs, "eval")["lora", record["finals"][0]["steps"]], rel=1e-4
    )
    assert [p["step"] for p in gated["accuracy"]] == (
        [] if session == "stories" else [p["step"] for p in gated["evals"]]
    )


@left
@pytest.mark.parametrize("session", BASES)
def test_an_interrupted_session_goes_on_with_the_pages_losses(session, tmp_path, capsys):
    file = read_run_file(TRAINING / session / "handed.zip")
    assert 0 < file.step < file.settings["steps"]
    code, lines = run(str(TRAINING / session / "handed.zip"), out=tmp_path, capsys=capsys, base=BASES[session])
    assert code == DONE
    theirs = [line for line in told(session) if line["step"] > file.step]
    assert losses(lines) == pytest.approx(losses(theirs), rel=1e-4)
    assert skipped(lines) == pytest.approx(skipped(theirs), abs=2e-3)
    with zipfile.ZipFile(TRAINING / session / "handed.zip") as archive:
        listed = {log["runId"]: log["modules"] for log in json.loads(archive.read("metrics.json"))["runs"]}
    with zipfile.ZipFile(next(tmp_path.glob("sieve-session-*.zip"))) as archive:
        assert {log["runId"]: log["modules"] for log in json.loads(archive.read("metrics.json"))["runs"]} == listed


@left
def test_a_checkpoint_goes_on_to_the_same_bits(tmp_path, capsys, monkeypatch):
    chosen = ("--only", "ts-lora-target", "--only", "ts-dora", "--checkpoint-every", "3")
    _, whole = run(str(LEFT / "prepared.zip"), *chosen, out=tmp_path / "whole", capsys=capsys)
    asked = iter([False, False, False, True])
    monkeypatch.setattr("sieve_train.main.Stop.__call__", lambda self: next(asked, False))
    code, first = run(str(LEFT / "prepared.zip"), *chosen, out=tmp_path / "cut", capsys=capsys)
    assert code == INTERRUPTED and len(losses(first)) == 4
    code, rest = run(str(LEFT / "prepared.zip"), *chosen, out=tmp_path / "cut", capsys=capsys)
    assert code == DONE and losses(first) | losses(rest) == losses(whole)
    code, _ = run(str(LEFT / "prepared.zip"), *chosen, "--steps", "9", out=tmp_path / "cut", capsys=capsys)
    assert code == FAILED


SHARDED = """compute_environment: LOCAL_MACHINE
distributed_type: FSDP
fsdp_config:
  fsdp_version: 2
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_transformer_layer_cls_to_wrap: LAYER
  fsdp_state_dict_type: FULL_STATE_DICT
machine_rank: 0
num_machines: 1
num_processes: 2
mixed_precision: 'no'
use_cpu: true
"""


@left
@pytest.mark.parametrize("how", ["data-parallel", "fsdp"])
@pytest.mark.parametrize(
    "session, layer, runs",
    [
        ("stories", "LlamaDecoderLayer", ("lora", "ts-lora-target", "dora", "ts-dora")),
        ("bert", "BertLayer", ("ts-lora", "late")),
    ],
)
def test_two_processes_have_the_losses_of_one(how, session, layer, runs, tmp_path, capsys):
    chosen = [word for i in runs for word in ("--only", i)]
    handed, base = str(TRAINING / session / "handed.zip"), BASES[session]
    arguments = [
        "-m",
        "sieve_train",
        handed,
        "--base",
        base,
        "--out",
        str(tmp_path / "two"),
        "--json",
        "--micro-batch",
        "1",
        *chosen,
    ]
    launch = ["-m", "torch.distributed.run", "--nproc_per_node", "2"]
    if how == "fsdp":
        (tmp_path / "fsdp.yaml").write_text(SHARDED.replace("LAYER", layer))
        launch = [
            "-m",
            "accelerate.commands.launch",
            "--config_file",
            str(tmp_path / "fsdp.yaml"),
            "--main_process_port",
            "29531",
        ]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "python"), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, *launch, *arguments], capture_output=True, text=True, env=environment, cwd=ROOT / "python"
    )
    assert done.returncode == 0, done.stderr[-4000:]
    two = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert (two[0]["processes"], two[0]["strategy"]) == (2, "FSDP" if how == "fsdp" else "MULTI_CPU")
    _, one = run(handed, *chosen, out=tmp_path / "one", capsys=capsys, base=base)
    for kind in ("step", "eval"):
        assert losses(two, kind) == pytest.approx(losses(one, kind), rel=1e-5)
    for name in (f"sieve-{i}.zip" for i in runs):
        tensors = [load(zipfile.ZipFile(tmp_path / n / name).read("adapter_model.safetensors")) for n in ("one", "two")]
        assert tensors[0].keys() == tensors[1].keys()
        for key, tensor in tensors[0].items():
            assert torch.allclose(tensors[1][key], tensor, atol=1e-4), (name, key)


@left
def test_what_cannot_be_trained_is_told(tmp_path, capsys):
    assert run(str(tmp_path / "none.zip"), out=tmp_path, capsys=capsys)[0] == USAGE
    assert run(str(LEFT / "prepared.zip"), "--only", "nobody", out=tmp_path, capsys=capsys)[0] == USAGE
    damaged = tmp_path / "damaged"
    with zipfile.ZipFile(LEFT / "prepared.zip") as archive:
        archive.extractall(damaged)
    tokens = damaged / "training" / "tokens.bin"
    tokens.write_bytes(tokens.read_bytes()[:-1] + b"\x07")
    with pytest.raises(ValueError, match="SHA-256"):
        read_run_file(damaged / "training.json")
    part = read_run_file(LEFT / "prepared.zip").runs[1]
    train = {"loadBestCheckpoint": False, "patience": 3}
    part.config["gate"]["rule"] = "quantile"
    with pytest.raises(NotCarried, match="patience, gate.rule"):
        refuse_foreign(part, train)


@pytest.mark.parametrize("family", sorted(p.name for p in FAMILIES.iterdir()))
def test_a_frozen_base_drops_nothing(family):
    config = without_dropout(AutoConfig.from_pretrained(FAMILIES / family))
    model = auto_model(config).from_config(config)
    assert all(m.p == 0 for m in model.modules() if isinstance(m, torch.nn.Dropout))
    numbers = {
        f"{name}.{k}": v
        for name, m in model.named_modules()
        for k, v in vars(m).items()
        if "drop" in k and isinstance(v, float)
    }
    assert not any(numbers.values()), numbers


def test_modules_are_listed_as_the_page_lists_them():
    # OPT's attention makes its key before its query, and the page lists the query first.
    base = load_base("families/opt")
    config = TsLoraConfig(r=2, target_modules=["q_proj", "k_proj"])
    part = RunPart({"name": "x", "method": "ts-lora"}, 3, 1.0, None, {}, {}, {}, {})
    listed = [{"layer": layer, "kind": kind} for layer in (0, 1) for kind in ("q_proj", "k_proj")]
    model = get_peft_model(base, config)
    assert [n.rsplit(".", 1)[1] for n in gated_layers(model)][:2] == ["k_proj", "q_proj"]
    paths, ids = as_listed(model, listed, part)
    assert ids == listed and paths == [
        f"model.decoder.layers.{i}.self_attn.{kind}" for i in (0, 1) for kind in ("q_proj", "k_proj")
    ]
    order = [f"base_model.model.{path}" for path in paths]
    assert list(Thresholds(model, ThresholdSettings(steps=4, warmup=0), order=order).layers) == order
    with pytest.raises(NotCarried, match="other names"):
        as_listed(model, listed[1:], part)
    # What follows the layer's number, where an end of the path is another's too.
    layer = [
        "bert.encoder.layer.1.attention.output.dense",
        "bert.encoder.layer.1.intermediate.dense",
        "bert.encoder.layer.1.output.dense",
    ]
    assert [kind_of(path, layer) for path in layer] == ["attention.output.dense", "intermediate.dense", "output.dense"]


def test_the_order_is_the_pages():
    # Of `new Rng(7)` and `new BatchOrder(5, 3)` in src/.
    rng = Rng(7)
    assert [rng.uint32() for _ in range(3)] == [1953209201, 274027627, 1787915724]
    order = BatchOrder(5, 3)
    assert order.next(12) == [0, 3, 2, 4, 1, 2, 0, 1, 3, 4, 3, 0]
    again = BatchOrder(5, 3, order.state())
    assert again.next(9) == order.next(9)
    learnt, dev = split_dev(10, 1, 0.25)
    assert sorted(learnt + dev) == list(range(10)) and dev == [3, 6, 8]


def test_the_schedules_are_the_pages():
    train = {"learningRate": 1.0, "warmupSteps": 2, "steps": 6, "schedule": "linear"}
    assert [learning_rate(train, t) for t in range(6)] == [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    assert learning_rate(train | {"schedule": "cosine"}, 4) == pytest.approx(0.5)
    assert learning_rate(train | {"schedule": "constant"}, 5) == 1.0
