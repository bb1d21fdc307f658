"""TS-PEFT (arXiv 2511.16147) for Hugging Face PEFT: importing this package registers TS_LORA, TS_DORA, TS_LORA_SOFT, TS_DORA_SOFT and GATERA."""
from .config import GateRaConfig, TsDoraConfig, TsDoraSoftConfig, TsLoraConfig, TsLoraSoftConfig
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
    "TsDoraSoftConfig",
    "TsLoraConfig",
    "TsLoraModel",
    "TsLoraSoftConfig",
    "from_zip",
    "gated_layers",
]
