"""Trains LoRA with gates on a few made sentences and prints loss and skipped share: python train.py <model folder or
id>
"""

import sys

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from sieve_peft import Thresholds, ThresholdSettings, TsLoraConfig

STEPS = 20
name = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(name)
tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
config = TsLoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
model = get_peft_model(AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32), config)
texts = [
    f"The {color} {animal} sat by the {place}."
    for color in ("red", "old", "small")
    for animal in ("cat", "dog")
    for place in ("door", "sea")
]
batch = tokenizer(texts, return_tensors="pt", padding=True)
ids, mask = batch["input_ids"], batch["attention_mask"]
labels = ids.masked_fill(mask == 0, -100)
optimizer = torch.optim.AdamW((p for p in model.parameters() if p.requires_grad), lr=3e-3)
thresholds = Thresholds(model, ThresholdSettings(steps=STEPS, warmup=5, target_sparsity=0.5)).hook(optimizer)
for step in range(STEPS):
    optimizer.zero_grad()
    loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
    loss.backward()
    optimizer.step()
    if step % 5 == 4:
        shares = thresholds.skipped.values()
        print(f"step {step + 1}: loss {loss.item():.3f}, skipped {sum(shares) / len(shares):.0%}")
model.save_pretrained("gated-adapter")
