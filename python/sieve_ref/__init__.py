"""PyTorch twin of Sieve's engine: plain LoRA through HF PEFT, TS-LoRA as a small module of its own.

Names and conventions are those of the method's documentation; README.md in the parent folder lists them.
"""
