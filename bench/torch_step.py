"""One LoRA training step in PyTorch, eager fp32 without TF32, on the shapes of bench/rows/torch{Cpu,Gpu}.ts.

Prints {"device": ..., "ms": {"4m": [...], "135m": [...]}}, every step that was timed. Weights are random: only their
sizes matter.
    python3 bench/torch_step.py [--device cuda] [--repeats 20] [--shapes 4m,135m] [--threads 1]
"""

import argparse
import json
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

SHAPES = {
    '4m': dict(layers=8, d=192, heads=6, kv=3, hd=32, ffn=512, vocab=4096, rank=8, sequences=4, tokens=128),
    '4m-short': dict(layers=8, d=192, heads=6, kv=3, hd=32, ffn=512, vocab=4096, rank=8, sequences=4, tokens=64),
    '135m': dict(layers=30, d=576, heads=9, kv=3, hd=64, ffn=1536, vocab=49152, rank=16, sequences=1, tokens=512),
}


class LoraLinear(nn.Module):
    """y = x Wᵀ + (α/r) (x Aᵀ) Bᵀ with W frozen and α = 2 r."""

    def __init__(self, d_in, d_out, rank):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d_out, d_in) / math.sqrt(d_in), requires_grad=False)
        self.a = nn.Parameter(torch.randn(rank, d_in) / math.sqrt(d_in))
        self.b = nn.Parameter(0.02 * torch.randn(d_out, rank))

    def forward(self, x):
        return F.linear(x, self.weight) + 2.0 * F.linear(F.linear(x, self.a), self.b)


class Norm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d), requires_grad=False)

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, 1e-5)


def rotate(x, cos, sin):
    """RoPE on [sequences, heads, tokens, head size]."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        linear = lambda d_in, d_out: LoraLinear(d_in, d_out, s['rank'])
        q, kv = s['heads'] * s['hd'], s['kv'] * s['hd']
        self.q, self.k, self.v, self.o = linear(s['d'], q), linear(s['d'], kv), linear(s['d'], kv), linear(q, s['d'])
        self.gate, self.up, self.down = linear(s['d'], s['ffn']), linear(s['d'], s['ffn']), linear(s['ffn'], s['d'])
        self.before, self.between = Norm(s['d']), Norm(s['d'])

    def forward(self, x, cos, sin):
        n, t, _ = x.shape
        h = self.before(x)
        split = lambda y, heads: y.view(n, t, heads, self.s['hd']).transpose(1, 2)
        q, k, v = split(self.q(h), self.s['heads']), split(self.k(h), self.s['kv']), split(self.v(h), self.s['kv'])
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        shared = self.s['heads'] // self.s['kv']
        k, v = k.repeat_interleave(shared, dim=1), v.repeat_interleave(shared, dim=1)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(mixed.transpose(1, 2).reshape(n, t, -1))
        h = self.between(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Model(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.embed = nn.Parameter(0.05 * torch.randn(s['vocab'], s['d']), requires_grad=False)
        self.blocks = nn.ModuleList(Block(s) for _ in range(s['layers']))
        self.last = Norm(s['d'])
        angle = torch.arange(s['tokens'])[:, None] / 10_000 ** (torch.arange(0, s['hd'], 2) / s['hd'])[None]
        self.register_buffer('cos', torch.cat((angle, angle), -1).cos())
        self.register_buffer('sin', torch.cat((angle, angle), -1).sin())

    def forward(self, ids):
        x = F.embedding(ids, self.embed)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        # Each sequence's last token has no target.
        logits = F.linear(self.last(x)[:, :-1], self.embed)
        return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


def measure(s, device, repeats):
    """Milliseconds of each step: forward, backward, clipping, AdamW."""
    torch.manual_seed(1)
    model = Model(s).to(device)
    learnt = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=1e-12, weight_decay=0)
    ids = torch.randint(s['vocab'], (s['sequences'], s['tokens']), device=device)
    wait = torch.cuda.synchronize if device == 'cuda' else (lambda: None)

    def step():
        optimizer.zero_grad()
        model(ids).backward()
        nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()

    for _ in range(3):
        step()
    wait()
    # Several in a row, so that waiting for the last does not count.
    steps = 10 if device == 'cuda' else 1
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        times.append(1000 * (time.perf_counter() - start) / steps)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--repeats', type=int, default=20)
    parser.add_argument('--shapes', default='4m,135m')
    parser.add_argument('--threads', type=int)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    name = (
        torch.cuda.get_device_name()
        if options.device == 'cuda'
        else f'{options.device}, {torch.get_num_threads()} threads, torch {torch.__version__}'
    )
    ms = {shape: measure(SHAPES[shape], options.device, options.repeats) for shape in options.shapes.split(',')}
    print(json.dumps({'device': name, 'ms': ms}))


if __name__ == '__main__':
    main()
