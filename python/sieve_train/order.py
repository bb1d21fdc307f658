"""The order of examples, by the seed alone: the page's own random numbers and shuffles (src/shared/rng.ts,
src/data/batches.ts).
"""

import math

MASK = 0xFFFFFFFF
# Makes the dev split's random numbers others than the order's.
DEV_SEED = 0x51CE51CE


class Rng:
    """sfc32, seeded through splitmix32. seed: a number, or the four integers of a state."""

    def __init__(self, seed: int | list[int]):
        if not isinstance(seed, int):
            self.state = list(seed)
            return
        x, words = seed & MASK, []
        for _ in range(3):
            x = (x + 0x9E3779B9) & MASK
            z = ((x ^ (x >> 16)) * 0x21F0AAAD) & MASK
            z = ((z ^ (z >> 15)) * 0x735A2D97) & MASK
            words.append(z ^ (z >> 15))
        self.state = [*words, 1]
        for _ in range(12):
            self.uint32()

    def uint32(self) -> int:
        a, b, c, count = self.state
        t = (a + b + count) & MASK
        self.state = [
            b ^ (b >> 9),
            (c + (c << 3)) & MASK,
            ((((c << 21) & MASK) | (c >> 11)) + t) & MASK,
            (count + 1) & MASK,
        ]
        return t

    def below(self, n: int) -> int:
        """An integer in [0, n)."""
        return math.floor(self.uint32() / 4294967296 * n)

    def shuffle(self, items: list[int]) -> list[int]:
        """In place; the same list."""
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


def split_dev(n: int, seed: int, share: float) -> tuple[list[int], list[int]]:
    """(examples that are trained on, those of the dev split, which no run learns from) of the train split's n."""
    if share == 0:
        return list(range(n)), []
    count = min(n - 1, max(1, math.floor(share * n + 0.5)))
    dev = set(Rng((seed ^ DEV_SEED) & MASK).shuffle(list(range(n)))[:count])
    return [i for i in range(n) if i not in dev], [i for i in range(n) if i in dev]


class BatchOrder:
    """Endless: every epoch is a fresh shuffle of all of n examples. state: where an order stood, as the page writes it."""

    def __init__(self, n: int, seed: int, state: dict | None = None):
        if state is not None and state["n"] != n:
            raise ValueError(f"the order is one of {state['n']} examples, and there are {n}")
        self.n = n
        self.rng = Rng(seed if state is None else state["rng"])
        self.cursor = 0
        self._shuffle()
        if state is not None:
            self.cursor = state["cursor"]

    def _shuffle(self) -> None:
        self.before = list(self.rng.state)
        self.epoch = self.rng.shuffle(list(range(self.n)))
        self.cursor = 0

    def next(self, count: int) -> list[int]:
        out: list[int] = []
        while len(out) < count:
            if self.cursor == self.n:
                self._shuffle()
            taken = self.epoch[self.cursor : self.cursor + count - len(out)]
            self.cursor += len(taken)
            out += taken
        return out

    def state(self) -> dict:
        return {"n": self.n, "rng": list(self.before), "cursor": self.cursor}
