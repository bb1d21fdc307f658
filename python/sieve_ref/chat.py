"""Chats as `apply_chat_template` tokenises them, with the mask of the assistant's tokens: fixtures/chat-templates.json.

The templates say with `{% generation %}` where an answer is, for Python; the app leaves the tags out and finds the
answers by itself.
"""

import json
import os
from pathlib import Path

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SIEVE_MODELS", ROOT.parent / "shared" / "models"))
OUT = ROOT / "reference" / "fixtures" / "chat-templates.json"

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ message['content'] + '<|im_end|>' + '\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# As Llama 2 has it: a beginning before every question, an answer that is trimmed, no mark of its beginning.
LLAMA = (
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}"
    "{% else %}{% set rest = messages %}{% set system = false %}{% endif %}"
    "{% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if loop.index0 == 0 and system %}{% set content = '<<SYS>>\n' + system + '\n<</SYS>>\n\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% else %}{% generation %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endgeneration %}{% endif %}{% endfor %}"
)
CHATS = [
    [("user", "What did the fox see?"), ("assistant", "The sea, and a small red boat.")],
    [
        ("system", "Answer in one sentence."),
        ("user", "Who are you?"),
        ("assistant", "A lamp.\nI stand by the window."),
        ("user", "And who lit you?"),
        ("assistant", "The boy, in the evening: 3 + 4 = 7.  "),
    ],
    [
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
        ("assistant", "Four"),
        ("user", "Five"),
        ("assistant", "Six, seven \u2014 \u201ceight\u201d."),
    ],
]
CASES = [
    ("public/models/sieve-stories-nano", LLAMA),
    ("smollm-360m-tokenizer-only", CHATML),
    ("tinystories-656k-llama", LLAMA),
]


def read(path):
    """The tokenizer, whose special tokens are never normalized: where they are, the app's library reads them otherwise."""
    own = json.loads((path / "tokenizer.json").read_text(encoding="utf-8"))
    for token in own["added_tokens"]:
        token["normalized"] = token["normalized"] and not token["special"]
    config = json.loads((path / "tokenizer_config.json").read_text(encoding="utf-8"))
    special = {key: config[key] for key in ("bos_token", "eos_token") if config.get(key)}
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(own)), **special)


def main():
    cases = []
    for folder, template in CASES:
        path = ROOT / folder if folder.startswith("public/") else SHARED / folder
        if not path.exists():
            raise SystemExit(f"{path} is not at hand: name the folder of the models in SIEVE_MODELS")
        tokenizer = read(path)
        chats = []
        for chat in CHATS:
            messages = [{"role": role, "content": content} for role, content in chat]
            made = tokenizer.apply_chat_template(
                messages, chat_template=template, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
            )
            asked = tokenizer.apply_chat_template(
                messages[:-1], chat_template=template, tokenize=True, return_dict=True, add_generation_prompt=True
            )
            chats.append(
                {
                    "turns": [{"role": role, "text": content} for role, content in chat],
                    "ids": made["input_ids"],
                    "mask": made["assistant_masks"],
                    "prompt": asked["input_ids"],
                }
            )
        cases.append({"tokenizer": folder, "template": template, "chats": chats})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    OUT.write_text(
        f'{{"made_with": "transformers apply_chat_template, see sieve_ref/chat.py", "cases": [\n{lines}\n]}}\n',
        encoding="utf-8",
    )
    print(OUT, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
