"""Time the statistics over time of a clip of 10 s: python benchmarks/pooling_speed.py.

313 frames of 128 bands of noise; processor time of one thread, the least of five rounds. Mean,
deviation, maximum and mean step by NumPy and by compiled code, which give the same bytes, and all
of the default embedding.
"""

import time
from collections.abc import Callable

import numpy as np

from pygoodvibes.embeddings import pooling, pooling_kernel

CALLS = 400


def milliseconds(function: Callable[[], object]) -> float:
    """Return the processor time of a call, ms."""
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(CALLS):
            function()
        rounds.append((time.process_time() - start) / CALLS)
    return 1000 * min(rounds)


def main() -> None:
    """Print the times."""
    frames = np.random.default_rng(0).normal(-40, 10, size=(313, 128)).astype(np.float32)
    settings = pooling.Pooling(method="statistics")
    ranked = pooling.Pooling(
        method="statistics", mean=False, std=False, max=False, delta=False, gwrp=[0.9]
    )
    if not pooling_kernel.prepare():
        raise SystemExit("statistics over time can't be compiled on this machine")
    for name, function in (
        ("NumPy", lambda: pooling.moments(frames)),
        ("compiled", lambda: pooling_kernel.moments(frames)),
        ("ranked pooling", lambda: pooling.pool(frames, ranked)),
        ("all", lambda: pooling.pool(frames, settings)),
    ):
        print(f"{name:15} {milliseconds(function):.3f} ms a clip")


if __name__ == "__main__":
    main()
