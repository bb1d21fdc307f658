"""A lean forward of the same model: rows of all sequences behind one another, no padding in any linear.

It calls the model's own linears (plain, PEFT's or gated), so that every method runs through it unchanged; only what
stands between them is written out here. Held against HF's forward by a test.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .models import inner_model


class Layout:
    """Where the rows of packed sequences lie in a right-padded block, and the angles of their positions.

    rows: index of each row in the block [sequences · longest]; cos, sin: of each row's rotary position, [tokens, 1,
    head_dim / 2].
    """

    def __init__(self, starts: list[int], head_dim: int, theta: float):
        lengths = [b - a for a, b in zip(starts, starts[1:])]
        self.sequences, self.longest = len(lengths), max(lengths)
        position = torch.cat([torch.arange(n) for n in lengths])
        self.rows = (
            torch.repeat_interleave(torch.arange(self.sequences) * self.longest, torch.tensor(lengths)) + position
        )
        inverse = 1.0 / (theta ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim))
        angle = torch.outer(torch.arange(self.longest, dtype=torch.float32), inverse)
        self.cos, self.sin = (t[position][:, None] for t in (angle.cos(), angle.sin()))


class Rotate(torch.autograd.Function):
    """Turns x [tokens, heads, head_dim], halves as in HF Llama, by one angle per token; its backward turns back."""

    @staticmethod
    def turn(x, cos, sin, back):
        first, second = x.chunk(2, -1)
        out = torch.empty_like(x)
        one, two = out.chunk(2, -1)
        torch.mul(first, cos, out=one).addcmul_(second, sin, value=1 if back else -1)
        torch.mul(second, cos, out=two).addcmul_(first, sin, value=-1 if back else 1)
        return out

    @staticmethod
    def forward(ctx, x, cos, sin):
        ctx.save_for_backward(cos, sin)
        return Rotate.turn(x, cos, sin, back=False)

    @staticmethod
    def backward(ctx, grad):
        return Rotate.turn(grad.contiguous(), *ctx.saved_tensors, back=True), None, None


class RmsNorm(torch.autograd.Function):
    """x / √(mean x² + eps) · weight by rows, with a frozen weight: fewer passes over x than autograd makes."""

    @staticmethod
    def forward(ctx, x, weight, eps):
        inverse = torch.rsqrt(torch.linalg.vecdot(x, x) / x.shape[-1] + eps)[..., None]
        unit = x * inverse
        ctx.save_for_backward(unit, weight, inverse)
        return unit * weight

    @staticmethod
    def backward(ctx, grad):
        unit, weight, inverse = ctx.saved_tensors
        grad = grad * weight
        along = torch.linalg.vecdot(grad, unit)[..., None] / unit.shape[-1]
        return torch.addcmul(grad, unit, along, value=-1).mul_(inverse), None, None


def attention(q, k, v, layout: Layout) -> torch.Tensor:
    """Causal attention inside each sequence. q [tokens, heads, d], k and v [tokens, kv heads, d] -> [tokens, heads ·
    d].
    """
    count, longest, kv, dim = layout.sequences, layout.longest, k.shape[1], k.shape[2]
    group = q.shape[1] // kv

    def padded(t):
        """[sequences, kv heads, heads of each, longest, d], the last three in one: heads of a group share their k and
        v.
        """
        block = t.new_zeros(count * longest, *t.shape[1:]).index_copy(0, layout.rows, t)
        return block.view(count, longest, kv, -1, dim).permute(0, 2, 3, 1, 4).reshape(count * kv, -1, dim)

    # Right padding is harmless under a causal mask: real rows never look at it.
    mask = torch.full((longest, longest), -torch.inf).triu(1).repeat(group, 1)
    scores = torch.baddbmm(mask, padded(q), padded(k).transpose(1, 2), alpha=dim**-0.5)
    out = (scores.softmax(-1) @ padded(v)).view(count, kv, group, longest, dim).permute(0, 3, 1, 2, 4)
    return out.reshape(count * longest, -1).index_select(0, layout.rows)


def packed_hidden(model: nn.Module, ids: torch.Tensor, starts: list[int]) -> torch.Tensor:
    """Rows after the last block, before the final norm, [tokens, width]."""
    inner = inner_model(model).model
    config = inner.config
    dim, eps = config.head_dim, config.rms_norm_eps
    layout = Layout(starts, dim, config.rope_parameters["rope_theta"])
    x = F.embedding(ids, inner.embed_tokens.weight)
    for layer in inner.layers:
        a, m = layer.self_attn, layer.mlp
        n = RmsNorm.apply(x, layer.input_layernorm.weight, eps)
        q, k, v = (p(n).unflatten(-1, (-1, dim)) for p in (a.q_proj, a.k_proj, a.v_proj))
        q, k = (Rotate.apply(t, layout.cos, layout.sin) for t in (q, k))
        x = x + a.o_proj(attention(q, k, v, layout))
        n = RmsNorm.apply(x, layer.post_attention_layernorm.weight, eps)
        x = x + m.down_proj(F.silu(m.gate_proj(n)) * m.up_proj(n))
    return x


def packed_logits(
    model: nn.Module, ids: torch.Tensor, starts: list[int], rows: torch.Tensor | None = None
) -> torch.Tensor:
    """Logits of all rows, or of the chosen ones only, [rows, vocab]. ids int64 [tokens]; sequence s is rows starts[s] …
    starts[s+1].
    """
    outer = inner_model(model)
    x = packed_hidden(model, ids, starts)
    x = x if rows is None else x[rows]
    x = RmsNorm.apply(x, outer.model.norm.weight, outer.config.rms_norm_eps)
    return F.linear(x, outer.lm_head.weight)
