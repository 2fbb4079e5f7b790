"""One contender of `training_step.py`: reads step counts and writes how many seconds they took.

python benchmarks/contender.py MODULE VARIANT NETWORK SHAPE BATCH
"""

from __future__ import annotations

import sys
import time
from importlib import import_module

from convscope.network.notation import parse_shape


def main() -> None:
    """Take the requested numbers of steps until standard input ends."""
    module, variant, network, shape, batch = sys.argv[1:]
    take = import_module(f"contenders.{module}").make(variant, network, parse_shape(shape), int(batch))
    for line in sys.stdin:
        start = time.perf_counter()
        take(int(line))
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
