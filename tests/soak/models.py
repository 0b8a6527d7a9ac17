"""Hostile model files, in processes that are watched from inside."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

from soak.found import Found

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_MB = 500
SLOWEST = 10.0
AT_A_TIME = 250
"""Files of one process."""


def try_models(count: int, seed: int) -> Iterator[Found]:
    """Read and score with hostile files."""
    found = Found("hostile model files")
    variables = {"PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT / "tests")])}
    for start in range(0, count, AT_A_TIME):
        files = min(AT_A_TIME, count - start)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "tests/hostile.py", str(files), str(seed + start)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **variables},
            check=False,
        )
        if done.returncode:
            found.wrong.append(f"exit code {done.returncode}: {done.stderr[-1500:]}")
            continue
        told = json.loads(done.stdout)
        for outcome in ("refused at once", "refused when scoring", "scored"):
            found.add(outcome, told.get(outcome, 0))
        found.check(told["called"] == [], f"called: {told['called'][:3]}")
        found.check(told["peak_mb"] < MOST_MB, f"{told['peak_mb']} MB of memory")
        found.check(told["slowest"][0] < SLOWEST, f"slow: {told['slowest']}")
    found.check(found.count == count, f"{found.count} of {count}")
    yield found
