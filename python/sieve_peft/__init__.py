"""TS-PEFT (arXiv 2511.16147) for Hugging Face PEFT: importing this package registers TS_LORA and TS_DORA."""
from .config import TsDoraConfig, TsLoraConfig
from .convert import from_zip
from .layer import gated_layers
from .model import TsLoraModel
from .thresholds import ThresholdCallback, Thresholds, ThresholdSettings

__all__ = [
    "ThresholdCallback",
    "ThresholdSettings",
    "Thresholds",
    "TsDoraConfig",
    "TsLoraConfig",
    "TsLoraModel",
    "from_zip",
    "gated_layers",
]
