"""The fields that PEFT writes of an adapter, with their values when nothing is chosen, for
src/train/peftFields.test.ts.

Run in python/:
  python -m sieve_ref.peft_fields    rewrites fixtures/peft-fields.json, which every test run reads
"""

import json
from dataclasses import fields
from pathlib import Path

import peft
from peft import AdaLoraConfig, LoraConfig

HERE = Path(__file__).resolve().parents[1] / "fixtures" / "peft-fields.json"
# It is about the machine that trains, and PEFT drops it from what it writes.
NEVER_WRITTEN = {"runtime_config"}


def written() -> dict:
    """{version, LORA, ADALORA}: adapter_config.json of each type, but for the modules that are adapted."""
    configs = {"LORA": LoraConfig(), "ADALORA": AdaLoraConfig(total_step=10)}
    out = {"version": peft.__version__}
    for kind, config in configs.items():
        own = config.to_dict()
        unsaid = {f.name for f in fields(config)} ^ own.keys()
        if unsaid != NEVER_WRITTEN:
            raise ValueError(f"{kind}: {sorted(unsaid ^ NEVER_WRITTEN)} is written otherwise than is known here")
        out[kind] = dict(sorted(own.items()))
    return out


def text() -> str:
    return json.dumps(written(), indent=1) + "\n"


if __name__ == "__main__":
    HERE.write_text(text())
    print(f"{HERE.name}: PEFT {peft.__version__}")
