"""The configurations of gated adapters, and their names in PEFT's list of methods."""

from dataclasses import dataclass, field, fields

from peft import LoraConfig
from peft.utils.peft_types import PeftType

TS_LORA, TS_DORA = "TS_LORA", "TS_DORA"
# Behind a soft threshold: the active update is shrunk.
TS_LORA_SOFT, TS_DORA_SOFT = "TS_LORA_SOFT", "TS_DORA_SOFT"
# Skipped tokens get a trained vector of the module.
TS_LORA_CONSTANT, TS_DORA_CONSTANT = "TS_LORA_CONSTANT", "TS_DORA_CONSTANT"
GATERA = "GATERA"

# Fields of LoraConfig that change what Δ is, and that the gate was never defined for, beside those that PEFT calls
# variants.
UNGATED = ("lora_bias", "target_parameters", "use_qalora")


def add_peft_type(name: str) -> PeftType:
    """A member of PEFT's enum of methods that is not in it; `register_peft_method` wants one to be there (peft 0.21)."""
    if name not in PeftType.__members__:
        member = str.__new__(PeftType, name)
        member._name_, member._value_ = name, name
        PeftType._member_map_[name] = PeftType._value2member_map_[name] = member
        PeftType._member_names_.append(name)
        type.__setattr__(PeftType, name, member)
    return PeftType(name)


for _name in (TS_LORA, TS_DORA, TS_LORA_SOFT, TS_DORA_SOFT, TS_LORA_CONSTANT, TS_DORA_CONSTANT, GATERA):
    add_peft_type(_name)


@dataclass
class TsLoraConfig(LoraConfig):
    """LoRA whose update is applied to a token only where ‖Δ‖ / (‖y‖ + 1e-6) ≥ τ; every module has a τ of its own, at
    first 0.

    All options of LoraConfig that leave Δ = scaling · B A x (rslora, dropout, rank and alpha patterns …) may be used.
    How τ learns is not part of the adapter: see `sieve_peft.Thresholds`.
    """

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = PeftType(TS_LORA)
        variants = [f.name for f in fields(self) if f.metadata.get("is_lora_variant") and f.name != "use_dora"]
        used = [name for name in (*UNGATED, *variants) if getattr(self, name, None)]
        if self.init_lora_weights == "mica":
            used.append("init_lora_weights='mica'")
        if used:
            raise ValueError(f"{', '.join(used)}: a gate is defined for plain LoRA and DoRA updates only.")
        if self.use_dora and not isinstance(self, TsDoraConfig):
            raise ValueError("TS_LORA with use_dora is TS_DORA.")


@dataclass
class TsDoraConfig(TsLoraConfig):
    """DoRA behind the same gate; Δ is what DoRA adds to the frozen output."""

    use_dora: bool = field(default=True, metadata={"help": "The update is DoRA's.", "is_lora_variant": True})

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = PeftType(TS_DORA)
        if not self.use_dora:
            raise ValueError("TS_DORA without use_dora is TS_LORA.")


@dataclass
class TsLoraSoftConfig(TsLoraConfig):
    """LoRA behind a soft threshold: the output is y + max(0, 1 − τ/r) Δ."""

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = PeftType(TS_LORA_SOFT)


@dataclass
class TsDoraSoftConfig(TsDoraConfig):
    """DoRA behind a soft threshold."""

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = PeftType(TS_DORA_SOFT)


@dataclass
class TsLoraConstantConfig(TsLoraConfig):
    """LoRA behind the gate; a skipped token gets y + b, b [d_out] of each module trained, at first 0."""

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = PeftType(TS_LORA_CONSTANT)


@dataclass
class TsDoraConstantConfig(TsDoraConfig):
    """DoRA behind the gate; a skipped token gets y + b."""

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = PeftType(TS_DORA_CONSTANT)


def gives_constant(config: TsLoraConfig) -> bool:
    """Whether skipped tokens get something."""
    return isinstance(config, (TsLoraConstantConfig, TsDoraConstantConfig))


def is_soft(config: TsLoraConfig) -> bool:
    """Whether an adapter's updates are shrunk and not only left out."""
    return isinstance(config, (TsLoraSoftConfig, TsDoraSoftConfig))


@dataclass
class GateRaConfig(LoraConfig):
    """GateRA (arXiv 2511.17582) over LoRA: a token's update is multiplied by σ(w·x), w [d_in] of each module trained,
    at first 0.

    The entropy penalty of its gates belongs to the loss, which is not made here.
    """

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = PeftType(GATERA)
        if self.use_dora:
            raise ValueError("GATERA is made of LoRA, without use_dora.")
