"""TS_LORA, TS_DORA and their other forms among PEFT's methods: get_peft_model, from_pretrained and save_pretrained as
ever.
"""

from peft import LoraModel
from peft.utils import register_peft_method
from torch import nn

from .config import (
    GateRaConfig,
    TsDoraConfig,
    TsDoraConstantConfig,
    TsDoraSoftConfig,
    TsLoraConfig,
    TsLoraConstantConfig,
    TsLoraSoftConfig,
    gives_constant,
    is_soft,
)
from .layer import NOT_MERGED, Context, attach, attach_token_gate


class TsLoraModel(LoraModel):
    """LoRA layers as PEFT makes them, on whatever base they lie, with a gate around each."""

    def _prepare_model(self, peft_config, model: nn.Module):
        super()._prepare_model(peft_config, model)
        if not hasattr(model, "gate_context"):
            model.gate_context = Context()
            model.register_forward_pre_hook(_know_padding, with_kwargs=True)

    def _create_and_replace(
        self, lora_config, adapter_name, target, target_name, parent, current_key, **kwargs
    ) -> None:
        super()._create_and_replace(lora_config, adapter_name, target, target_name, parent, current_key, **kwargs)
        layer = getattr(parent, target_name)
        if not hasattr(layer, "lora_A") or adapter_name not in layer.lora_A:
            raise ValueError(f"{current_key}: only linear layers can have a gate, not {type(target).__name__}.")
        attach(
            layer,
            adapter_name,
            self.model.gate_context,
            soft=is_soft(lora_config),
            constant=gives_constant(lora_config),
        )

    def _check_merge_allowed(self):
        raise ValueError(NOT_MERGED)

    def merge_adapter(self, *args, **kwargs):
        raise ValueError(NOT_MERGED)

    def add_weighted_adapter(self, *args, **kwargs):
        raise ValueError("Gated adapters cannot be added up: each has thresholds of its own.")


class GateRaModel(LoraModel):
    """LoRA layers as PEFT makes them, with GateRA's gate around each."""

    def _create_and_replace(
        self, lora_config, adapter_name, target, target_name, parent, current_key, **kwargs
    ) -> None:
        super()._create_and_replace(lora_config, adapter_name, target, target_name, parent, current_key, **kwargs)
        layer = getattr(parent, target_name)
        if not hasattr(layer, "lora_A") or adapter_name not in layer.lora_A:
            raise ValueError(f"{current_key}: only linear layers can have a gate, not {type(target).__name__}.")
        attach_token_gate(layer, adapter_name)

    def _check_merge_allowed(self):
        raise ValueError(NOT_MERGED)

    def merge_adapter(self, *args, **kwargs):
        raise ValueError(NOT_MERGED)


def _know_padding(model: nn.Module, args, kwargs):
    """Padded tokens have no gate and no part in its statistics; the attention mask [sequences, tokens] says which they
    are.
    """
    mask = kwargs.get("attention_mask")
    model.gate_context.valid = mask.bool() if mask is not None and mask.dim() == 2 else None


register_peft_method(name="ts_lora", config_cls=TsLoraConfig, model_cls=TsLoraModel, prefix="lora_")
register_peft_method(name="ts_dora", config_cls=TsDoraConfig, model_cls=TsLoraModel, prefix="lora_")
register_peft_method(name="ts_lora_soft", config_cls=TsLoraSoftConfig, model_cls=TsLoraModel, prefix="lora_")
register_peft_method(name="ts_dora_soft", config_cls=TsDoraSoftConfig, model_cls=TsLoraModel, prefix="lora_")
register_peft_method(name="ts_lora_constant", config_cls=TsLoraConstantConfig, model_cls=TsLoraModel, prefix="lora_")
register_peft_method(name="ts_dora_constant", config_cls=TsDoraConstantConfig, model_cls=TsLoraModel, prefix="lora_")
register_peft_method(name="gatera", config_cls=GateRaConfig, model_cls=GateRaModel, prefix="lora_")
