"""What gguf-py calls the tensors of the families' fixtures.

    pip install gguf==0.19.0 && python -m sieve_ref.gguf_names     (from python/)

Writes src/hub/gguf/testing/names.json: by fixture, the architecture, and by each name of the state dict the file's.
"""

import json
import struct
from pathlib import Path

from gguf import MODEL_ARCH_NAMES, get_tensor_name_map

FIXTURES = Path(__file__).parents[1] / "fixtures/families"
FILE = Path(__file__).parents[2] / "src/hub/gguf/testing/names.json"
# Where llama.cpp calls the family otherwise; OPT it does not know.
OTHERS = {"mistral": "llama", "gpt_neox": "gptneox", "phi": "phi2", "gemma3_text": "gemma3"}


def main() -> None:
    arches = {name: arch for arch, name in MODEL_ARCH_NAMES.items()}
    out = {}
    for folder in sorted(FIXTURES.iterdir()):
        name = OTHERS.get(folder.name, folder.name)
        if name not in arches:
            continue
        raw = (folder / "model.safetensors").read_bytes()
        tensors = [t for t in json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]]) if t != "__metadata__"]
        names = get_tensor_name_map(arches[name], 8)
        out[folder.name] = {
            "architecture": name,
            "tensors": {t: names.get_name(t, try_suffixes=(".weight", ".bias")) for t in tensors},
        }
    FILE.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
