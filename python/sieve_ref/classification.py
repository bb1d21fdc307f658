"""Accuracy, precision, recall, F1 and confusion matrices as scikit-learn has them, for src/shared/classification.ts.

Needs scikit-learn, which nothing else here does: pip install scikit-learn==1.9.1
Run in python/:
  python -m sieve_ref.classification    rewrites fixtures/classification.json, which every test run reads

Each case: number of classes, labels, predictions, and what scikit-learn and SciPy say of them. The macro average is
over the classes that are there as a label or as a prediction, scikit-learn's default. `confusion` lists [label,
predicted, n].
"""

import json
import random
from pathlib import Path

from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

HERE = Path(__file__).resolve().parents[1] / "fixtures" / "classification.json"


def case(name, classes, labels, predicted):
    every = list(range(classes))
    precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    matrix = confusion_matrix(labels, predicted, labels=every)
    right = sum(a == b for a, b in zip(labels, predicted))
    interval = binomtest(right, len(labels)).proportion_ci(confidence_level=0.95, method="wilson")
    return {
        "name": name,
        "classes": classes,
        "labels": labels,
        "predicted": predicted,
        "accuracy": accuracy_score(labels, predicted),
        "low": interval.low,
        "high": interval.high,
        "macroF1": f1_score(labels, predicted, average="macro", zero_division=0),
        "precision": [float(x) for x in precision],
        "recall": [float(x) for x in recall],
        "f1": [float(x) for x in f1],
        "support": [int(x) for x in support],
        "confusion": [[i, k, int(matrix[i, k])] for i in every for k in every if matrix[i, k]],
    }


def drawn(rng, classes, n, right, weights=None):
    labels = rng.choices(range(classes), weights=weights, k=n)
    return labels, [y if rng.random() < right else rng.randrange(classes) for y in labels]


def main():
    rng = random.Random(16)
    skewed = drawn(rng, 5, 61, 0.6, weights=[40, 10, 6, 3, 1])
    one = skewed[0], [0 for _ in skewed[0]]
    cases = [
        case("two classes", 2, *drawn(rng, 2, 33, 0.8)),
        case("all right", 3, [0, 1, 2, 1], [0, 1, 2, 1]),
        case("all wrong", 3, [0, 0, 1], [1, 2, 2]),
        case("five classes, one of them rare", 5, *skewed),
        case("always the most frequent", 5, *one),
        case("a class that is only predicted, and one that is not there", 4, [0, 0, 1, 1, 0], [0, 2, 1, 2, 0]),
        case("200 classes, many of them not there", 200, *drawn(rng, 200, 257, 0.5)),
    ]
    HERE.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"{HERE.name}: {len(cases)} cases, {HERE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
