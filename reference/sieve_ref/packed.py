"""A lean forward of the same model: rows of all sequences behind one another, no padding in any linear.

It calls the model's own linears (plain, PEFT's or gated), so that every method runs through it unchanged; only what
stands between them is written out here. Held against HF's forward by a test.
"""
import torch
import torch.nn.functional as F
from torch import nn

from .models import llama


def rotation(length: int, head_dim: int, theta: float) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin of rotary positions 0 … length − 1, [length, head_dim], halves as in HF Llama."""
    inverse = 1.0 / (theta ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim))
    angle = torch.outer(torch.arange(length, dtype=torch.float32), inverse)
    angle = torch.cat([angle, angle], -1)
    return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """x [tokens, heads, head_dim] with one angle per token."""
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return x * cos[:, None] + turned * sin[:, None]


def attention(q, k, v, starts: list[int]) -> torch.Tensor:
    """Causal attention inside each sequence. q [tokens, heads, d], k and v [tokens, kv heads, d] -> [tokens, heads · d]."""
    lengths = [b - a for a, b in zip(starts, starts[1:])]
    grouped = q.shape[1] // k.shape[1]
    # Right padding is harmless under a causal mask: real rows never look at it.
    padded = [nn.utils.rnn.pad_sequence(t.split(lengths), batch_first=True).transpose(1, 2) for t in (q, k, v)]
    q, k, v = padded[0], padded[1].repeat_interleave(grouped, 1), padded[2].repeat_interleave(grouped, 1)
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
    return torch.cat([out[i, :n] for i, n in enumerate(lengths)]).flatten(1)


def packed_hidden(model: nn.Module, ids: torch.Tensor, starts: list[int]) -> torch.Tensor:
    """Rows after the last block, before the final norm, [tokens, width]."""
    inner = llama(model).model
    config = inner.config
    dim, eps = config.head_dim, config.rms_norm_eps
    lengths = [b - a for a, b in zip(starts, starts[1:])]
    position = torch.cat([torch.arange(n) for n in lengths])
    cos, sin = (t[position] for t in rotation(max(lengths), dim, config.rope_parameters["rope_theta"]))
    x = F.embedding(ids, inner.embed_tokens.weight)
    for layer in inner.layers:
        a, m = layer.self_attn, layer.mlp
        n = F.rms_norm(x, (x.shape[-1],), layer.input_layernorm.weight, eps)
        q, k, v = (p(n).unflatten(-1, (-1, dim)) for p in (a.q_proj, a.k_proj, a.v_proj))
        x = x + a.o_proj(attention(rotate(q, cos, sin), rotate(k, cos, sin), v, starts))
        n = F.rms_norm(x, (x.shape[-1],), layer.post_attention_layernorm.weight, eps)
        x = x + m.down_proj(F.silu(m.gate_proj(n)) * m.up_proj(n))
    return x


def packed_logits(model: nn.Module, ids: torch.Tensor, starts: list[int], rows: torch.Tensor | None = None) -> torch.Tensor:
    """Logits of all rows, or of the chosen ones only, [rows, vocab]. ids int64 [tokens]; sequence s is rows starts[s] … starts[s+1]."""
    outer = llama(model)
    x = packed_hidden(model, ids, starts)
    x = x if rows is None else x[rows]
    x = F.rms_norm(x, (x.shape[-1],), outer.model.norm.weight, outer.config.rms_norm_eps)
    return F.linear(x, outer.lm_head.weight)
