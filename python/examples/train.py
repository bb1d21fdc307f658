"""Trains LoRA with gates on a few made sentences and prints loss and skipped share: python train.py <model folder or id>"""
import sys

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from sieve_peft import Thresholds, ThresholdSettings, TsLoraConfig

STEPS = 40
name = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(name)
config = TsLoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
model = get_peft_model(AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32), config)
texts = [f"The {color} {animal} sat by the {place}." for color in ("red", "old", "small") for animal in ("cat", "dog") for place in ("door", "sea")]
batch = [torch.tensor([tokenizer(text)["input_ids"]]) for text in texts]
optimizer = torch.optim.AdamW((p for p in model.parameters() if p.requires_grad), lr=3e-3)
thresholds = Thresholds(model, ThresholdSettings(steps=STEPS, target_sparsity=0.5)).hook(optimizer)
for step in range(STEPS):
    optimizer.zero_grad()
    loss = sum(model(input_ids=ids, labels=ids).loss for ids in batch) / len(batch)
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        shares = thresholds.skipped.values()
        print(f"step {step + 1}: loss {loss.item():.3f}, skipped {sum(shares) / len(shares):.0%}")
model.save_pretrained("gated-adapter")
