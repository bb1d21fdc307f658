"""TS-PEFT (arXiv 2511.16147) for Hugging Face PEFT: importing this package registers TS_LORA, TS_DORA, their _SOFT and
_CONSTANT forms, and GATERA.
"""

from .config import (
    GateRaConfig,
    TsDoraConfig,
    TsDoraConstantConfig,
    TsDoraSoftConfig,
    TsLoraConfig,
    TsLoraConstantConfig,
    TsLoraSoftConfig,
)
from .convert import from_zip
from .layer import gated_layers
from .model import TsLoraModel
from .thresholds import ThresholdCallback, Thresholds, ThresholdSettings

__all__ = [
    "GateRaConfig",
    "ThresholdCallback",
    "ThresholdSettings",
    "Thresholds",
    "TsDoraConfig",
    "TsDoraConstantConfig",
    "TsDoraSoftConfig",
    "TsLoraConfig",
    "TsLoraConstantConfig",
    "TsLoraModel",
    "TsLoraSoftConfig",
    "from_zip",
    "gated_layers",
]
