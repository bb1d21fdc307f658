"""Module importance: scores of every module, made from the rows of full-size runs, and what fits a parameter budget."""

import functools
import random

from safetensors.torch import load_file

from ..models import MODELS, module_names
from .sets import MODEL

RANK, LAYERS = 8, 8
NAMES = module_names(LAYERS)

# ranking -> (method of the run it comes from, field of its row, what it is)
SOURCES = {
    "active-reconstructed": ("reconstructed", "activeShare", "active share, reconstructed rule"),
    "active-held-out": ("averaged-held-out", "activeShare", "active share, dev-split μ"),
    "weight-norm": (None, None, "‖W0‖_F"),
    "delta-norm": ("lora", "deltaNorm", "‖ΔW‖_F of LoRA"),
    "delta-relative": ("lora", "deltaNorm", "‖ΔW‖_F / ‖W0‖_F of LoRA"),
    "gradient-norm": ("lora", "gradNorm", "gradient norm of A and B, mean over LoRA's run"),
    "adalora-sensitivity": ("adalora", "sensitivity", "AdaLoRA's sensitivity × uncertainty, summed over the module"),
    "random-1": (None, None, "random"),
    "random-2": (None, None, "random"),
}
RANKINGS = list(SOURCES)


@functools.cache
def weights() -> dict[str, tuple[float, int]]:
    """Module name -> (‖W0‖_F, dIn + dOut)."""
    stored = load_file(MODELS / MODEL / "model.safetensors")
    return {n: (stored[f"{n}.weight"].float().norm().item(), sum(stored[f"{n}.weight"].shape)) for n in NAMES}


def scores(results, setting, ranking: str, seed: int) -> dict[str, float]:
    """Module name -> score; higher is more important. Rankings by training come from the same seed's full-size run."""
    norms = [weights()[n][0] for n in NAMES]
    if ranking.startswith("random"):
        generator = random.Random(f"{ranking} {seed}")
        values = [generator.random() for _ in NAMES]
    elif ranking == "weight-norm":
        values = norms
    else:
        method, field, _ = SOURCES[ranking]
        row = results.main(setting, method, seed)
        if row is None or row.get(field) is None:
            raise LookupError(f"{ranking} needs the row of {method}, seed {seed}")
        values = row[field]
        if ranking == "delta-relative":
            values = [v / n for v, n in zip(values, norms)]
    return dict(zip(NAMES, values))


def choose(score: dict[str, float], share: float) -> tuple[str, ...]:
    """Modules from the top while they fit into `share` of all modules' adapter parameters; what doesn't fit is passed
    over.

    Equal scores (several modules shut altogether) are taken in the model's order. Returned in the model's order.
    """
    budget = share * sum(size for _, size in weights().values())
    taken, used = set(), 0
    for name in sorted(NAMES, key=lambda n: -score[n]):
        if used + weights()[name][1] <= budget:
            taken.add(name)
            used += weights()[name][1]
    return tuple(n for n in NAMES if n in taken)
