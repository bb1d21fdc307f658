"""Means with 95 % intervals, paired differences in words, rank correlation."""

import math
from dataclasses import dataclass

# Two-sided 95 % points of Student's t by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


@dataclass
class Mean:
    """Mean of n values; half: half the width of its 95 % t-interval, None for a single value."""

    mean: float
    half: float | None
    n: int

    @staticmethod
    def of(values: list[float]) -> "Mean":
        n, mean = len(values), sum(values) / len(values)
        if n < 2:
            return Mean(mean, None, n)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
        return Mean(mean, T95[n - 1] * deviation / math.sqrt(n), n)

    def text(self, digits=3, signed=False, scale=1.0) -> str:
        sign = "+" if signed else ""
        head = f"{self.mean * scale:{sign}.{digits}f}".replace("-", "−")
        return head if self.half is None else f"{head} ± {self.half * scale:.{digits}f}"


def verdict(difference: Mean, reference: float) -> str:
    """What a paired difference of losses (lower is better) shows; `reference` is the loss that 1 % is taken of."""
    if difference.half is None:
        return "one seed only"
    low, high = difference.mean - difference.half, difference.mean + difference.half
    near = ", by less than 1 %" if max(abs(low), abs(high)) < 0.01 * reference else ""
    if high < 0:
        return "better" + near
    if low > 0:
        return "worse" + near
    return "equal within 1 %" if near else f"no difference that {difference.n} seeds can show"


def ranks(values: list[float]) -> list[float]:
    """Ranks from 0, ties share their mean."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    found, i = [0.0] * len(values), 0
    while i < len(order):
        j = i
        while j < len(order) and values[order[j]] == values[order[i]]:
            j += 1
        for k in order[i:j]:
            found[k] = (i + j - 1) / 2
        i = j
    return found


def spearman(a: list[float], b: list[float]) -> float:
    """Rank correlation; 0 where one side does not vary."""
    x, y = ranks(a), ranks(b)
    mx, my = sum(x) / len(x), sum(y) / len(y)
    cov = sum((p - mx) * (q - my) for p, q in zip(x, y))
    norm = math.sqrt(sum((p - mx) ** 2 for p in x) * sum((q - my) ** 2 for q in y))
    return cov / norm if norm else 0.0
