"""Exported adapters: through real PEFT, through the twin, and the ways in which the check must fail."""
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from conftest import NANO
from sieve_ref import fixtures
from sieve_ref.check_export import check
from sieve_ref.export import THRESHOLDS, WEIGHTS, AdapterError, load_gated, load_plain, row_logits, write_adapter
from sieve_ref.ts_lora import attach_ts_lora, get_tau
from sieve_ref.models import load_base

ROOT = Path(__file__).resolve().parents[1]
IDS, ROWS = [0, 312, 87, 1290, 55, 406, 2011, 9, 733], [0, 3, 8]


@pytest.fixture
def exported(nano, tmp_path):
    """An adapter folder, and the logits that its model gives dense and gated."""
    _, weights, tau = nano
    model = fixtures.build(NANO, "ts-lora", weights, tau)
    write_adapter(model, tmp_path / "adapter", NANO)
    logits = {"gated": row_logits(model, IDS, ROWS)}
    model.gate_context.mode = "dense"
    logits["dense"] = row_logits(model, IDS, ROWS)
    assert (logits["gated"] - logits["dense"]).abs().max() > 0.01  # or the test could not tell them apart
    return tmp_path / "adapter", logits


def case(tmp_path, folder, **logits):
    """A directory as the app leaves it for CI: a zip and expected.json."""
    directory = tmp_path / "case"
    directory.mkdir(exist_ok=True)
    shutil.make_archive(str(directory / "adapter"), "zip", folder)
    values = {k: v.tolist() for k, v in logits.items()}
    (directory / "expected.json").write_text(json.dumps({"model": NANO, "ids": IDS, "rows": ROWS, **values}))
    return directory


def test_round_trip_through_peft_and_twin(exported):
    folder, logits = exported
    torch.testing.assert_close(row_logits(load_plain(folder, NANO), IDS, ROWS), logits["dense"], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(row_logits(load_gated(folder, NANO), IDS, ROWS), logits["gated"], rtol=1e-5, atol=1e-5)


def test_subset_of_modules_round_trip(tmp_path):
    model = attach_ts_lora(load_base(NANO), 3, 5.0, ("q", "down"))
    generator = torch.Generator().manual_seed(4)
    for module in model.modules():
        if hasattr(module, "lora_B"):
            module.lora_B.weight.data = torch.randn(module.lora_B.weight.shape, generator=generator) * 0.1
            module.tau.fill_(0.2)
    write_adapter(model, tmp_path, NANO)
    loaded = load_gated(tmp_path, NANO)
    assert torch.equal(get_tau(loaded), get_tau(model)) and len(get_tau(loaded)) == 8
    assert torch.equal(row_logits(loaded, IDS, ROWS), row_logits(model, IDS, ROWS))


def test_command_line(exported, tmp_path):
    folder, logits = exported
    directory = case(tmp_path, folder, **logits)
    run = [sys.executable, "-m", "sieve_ref.check_export", str(directory)]
    good = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert good.returncode == 0 and good.stdout.count(" ok") == 2, good.stdout + good.stderr
    case(tmp_path, folder, gated=logits["dense"], dense=logits["dense"])
    bad = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert bad.returncode == 1 and bad.stdout.count(" ok") == 1 and "TOO LARGE" in bad.stdout
    command = [sys.executable, "load_adapter.py", str(directory / "adapter.zip"), "--model", NANO, "--ids", ",".join(map(str, IDS)), "--rows", "0,3,8"]
    written = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    torch.testing.assert_close(torch.tensor(written["gated"]), logits["gated"], rtol=1e-5, atol=1e-5)


def test_small_differences_and_wrong_shapes_are_found(exported, tmp_path):
    folder, logits = exported
    off = logits["gated"].clone()
    off[1, 7] += 4e-4 * off.abs().max()
    assert not check(case(tmp_path, folder, gated=off))
    off[1, 7] = float("nan")
    assert not check(case(tmp_path, folder, gated=off))
    assert not check(case(tmp_path, folder, gated=logits["gated"][:2]))
    with pytest.raises(AdapterError, match="no gated logits"):
        check(case(tmp_path, folder, dense=logits["dense"]))


def test_damaged_adapters_are_refused(exported):
    folder, _ = exported
    saved = json.loads((folder / THRESHOLDS).read_text())
    name = next(iter(saved["thresholds"]))
    for change, message in (
        ({"thresholds": {k: v for k, v in saved["thresholds"].items() if k != name}}, "differ"),
        ({"thresholds": {**saved["thresholds"], name: -1.0}}, "negative"),
        ({"scaling": saved["scaling"] * 2}, "scaling"),
        ({"version": 2}, "version"),
    ):
        (folder / THRESHOLDS).write_text(json.dumps({**saved, **change}))
        with pytest.raises(AdapterError, match=message):
            load_gated(folder, NANO)
    tensors = load_file(folder / WEIGHTS)
    key = next(iter(tensors))
    # A misspelt key: PEFT itself only warns.
    save_file({(k + "s" if k == key else k): v for k, v in tensors.items()}, folder / WEIGHTS)
    with pytest.raises(AdapterError, match="only"):
        load_plain(folder, NANO)
