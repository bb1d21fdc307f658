"""Trains every cell that has no row yet, one after the other: `python -m sieve_ref.claims.run`.

Stops between cells at the end of its time budget, and at once on SIGTERM or Ctrl-C (the cell under way is lost, nothing
else); its process id is in claims/results/running.local. Can be run again at any time; only one process may write.
"""

import argparse
import fcntl
import os
import signal
import sys
import time

import torch
from transformers.utils import logging

from . import store
from .plan import METHODS, REGIMES, TUNING_SEED, Results, planned
from .sets import SETS, DataError


def wanted(cell, args) -> bool:
    kind = "subset" if cell.ranking else "method"
    return (
        (not args.set or cell.set in args.set)
        and (not args.regime or cell.regime in args.regime)
        and (not args.method or cell.method in args.method)
        and (not args.kind or kind == args.kind)
    )


def missing(results: Results, args):
    """Cells to train, in the plan's order. A filter that leaves out what others depend on ends there."""
    try:
        for cell in planned(results):
            if results.get(cell) is None:
                if not wanted(cell, args):
                    raise LookupError(f"{cell.key} is filtered out, and what follows may need it")
                yield cell
    except LookupError as reason:
        print(f"stopped: {reason}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs="*", choices=list(SETS))
    parser.add_argument("--regime", nargs="*", choices=list(REGIMES))
    parser.add_argument("--method", nargs="*", choices=list(METHODS))
    parser.add_argument("--kind", choices=["method", "subset"])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="time budget; no cell starts after it")
    parser.add_argument("--limit", type=int, default=sys.maxsize, help="most cells to train")
    parser.add_argument("--next", action="store_true", help="print the next cell's key and stop")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    from .cell import train  # after the flags are read: it loads the model

    store.FOLDER.mkdir(parents=True, exist_ok=True)
    lock = (store.FOLDER / "running.local").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("another process is training; only one may write results")
        return 1
    lock.truncate(0)
    print(os.getpid(), file=lock, flush=True)
    results, began, done = Results(store.load()), time.time(), 0
    try:
        for cell in missing(results, args):
            if args.next:
                print(cell.key)
                return 0
            if done >= args.limit or time.time() - began > 60 * args.minutes:
                print(f"budget used up; next is {cell.key}")
                return 0
            row = train(cell)
            store.append(row)
            results.add(row)
            done += 1
            best, judged = row["best"], "slice" if cell.seed == TUNING_SEED else "heldOut"
            outcome = (
                "diverged"
                if best is None
                else f"{judged} {best[judged]:.4f} at step {best['step']}, {row['final'][judged]:.4f} at the end"
            )
            print(f"{row['key']}: {outcome}, {row['seconds']['wall']:.0f} s", flush=True)
    except DataError as error:
        print(error)
        return 1
    print(f"{done} cells trained, nothing else is missing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
